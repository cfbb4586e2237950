"""What may not be shown at all: sums and rules without a time, figures without their source."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from content.shelf import SHIPPED, Shelf

SLUG = "tro-cap-huu-tri-xa-hoi"
NEW_LAW = 'number: "Nghị định 335/2026/NĐ-CP", in_force: 2026-10-05, counts_from: 2026-07-01'

Edit = Callable[[str, str], str]


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A good card in a folder of its own."""
    path = tmp_path / "cards" / "vi" / f"{SLUG}.md"
    path.parent.mkdir(parents=True)
    path.write_text((SHIPPED / "cards" / "vi" / path.name).read_text("utf-8"), "utf-8")
    return path


@pytest.fixture
def edit(card: Path, tmp_path: Path) -> Edit:
    """Saves the card with one thing replaced while it is on a shelf; what the shelf says then."""
    shelf = Shelf.load(tmp_path)
    assert not shelf.faults

    def save(old: str, new: str) -> str:
        text = card.read_text("utf-8")
        assert old in text, old
        before = shelf.cards[SLUG]
        card.write_text(text.replace(old, new, 1), "utf-8")
        os.utime(card, ns=(1, 1))
        shelf.reload_if_changed()
        if shelf.faults:
            assert shelf.cards[SLUG] == before  # the last good card stays
        return "\n".join(map(str, shelf.faults))

    return save


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Không mất tiền.", "Mất 20.000 đồng.", "số tiền “20.000 đồng”"),
        ("Không mất tiền.", "Làm trong 15 ngày.", "điều luật định “15 ngày”"),
        ("Không mất tiền.", "Người từ 80 tuổi.", "điều luật định “80 tuổi”"),
        ("Không mất tiền.", "Được giảm 50%.", "điều luật định “50%”"),
        ("Không mất tiền.", "Nhà xa 7 km.", "điều luật định “7 km”"),
        ('"540.000 đồng/tháng"', '"540.000"', "không rõ là gì"),
        ("until: 2026-06-30", "until: 2026-06-29", "hở giữa 2026-06-29 và 2026-07-01"),
        ("until: 2026-06-30", "until: 2026-07-01", "chồng lên"),
        (NEW_LAW, NEW_LAW.split(", counts", maxsplit=1)[0], "tới 2026-10-05 mới dùng"),
        (
            'until: 2026-06-30, source: "Nghị định 176/2025/NĐ-CP"',
            'until: 2026-06-30, source: "bỏ theo Nghị định 176/2025/NĐ-CP"',
            "không phải văn bản nào trong legal",
        ),
        (
            NEW_LAW,
            f'{NEW_LAW}, replaces: "Luật Bảo hiểm xã hội 41/2024/QH15"',
            "văn bản này bị thay từ 2026-07-01",
        ),
        ("## Bao lâu", "## Mấy ngày", "thiếu mục ## Bao lâu"),
    ],
)
def test_an_edit_that_makes_a_card_untrustworthy_is_refused_and_the_last_good_one_stays(
    edit: Edit, card: Path, old: str, new: str, told: str
) -> None:
    said = edit(old, new)
    assert told in said
    assert re.match(rf"{re.escape(str(card))}:\d+: .+ — .+", said)


@pytest.mark.parametrize(
    "words",
    [
        "Mang hồ sơ ra xã.",  # how it is worded is for editors to mend
        "Từ ngày 1/7/2026 thì hỏi xã.",
        "Làm trước ngày 15 tháng 7 năm 2027.",
        "Hỏi xã trong quý 1 năm 2027.",
        "Gọi 113, ở lớp 12 cũng được.",
        "Hỏi sau một hai ngày.",
    ],
)
def test_an_edit_with_no_more_than_faults_of_wording_takes_effect(edit: Edit, words: str) -> None:
    assert edit("Không mất tiền.", words) == ""
