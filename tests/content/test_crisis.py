"""Danger is heard in many ways of writing, and everyday talk is left in peace."""

from __future__ import annotations

import pytest

from content.crisis import FILE, Alarm
from content.shelf import SHIPPED, Shelf
from content.texts import Texts

ALARM = Alarm.load(SHIPPED / FILE)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("chồng đánh tôi, nó đang cầm dao, cứu", "violence"),
        ("CHONG TOI DANH TOI", "violence"),
        ("chồng đanh em hoai", "violence"),
        ("có ai đó sờ vào người em", "child"),
        ("bé nhà bên bị xâm hại", "child"),
        ("em khong muon song nua", "suicide"),
        ("nó định tự tử", "suicide"),
        ("em ăn lá ngón rồi", "suicide"),
        ("con tôi bị lừa bán sang trung quốc", "trafficking"),
        ("lũ về rồi", "flood"),
        ("nuoc len nhanh qua toi nay", "flood"),
        ("nhà cháy rồi", "fire"),
        ("con bị rắn cắn", "medical"),
    ],
)
def test_danger_is_heard(text: str, kind: str) -> None:
    danger = ALARM.hear(text)
    assert danger is not None
    assert danger.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "từ từ rồi tính",
        "tu tu roi tinh",
        "làm giấy khai sinh cần gì",
        "xe chạy quá tốc độ phạt bao nhiêu",
        "hợp tác xã hiệp thành ở đâu",
        "đánh bắt cá có được hỗ trợ không",
        "máy nước nóng",
    ],
)
def test_everyday_talk_raises_no_alarm(text: str) -> None:
    assert ALARM.hear(text) is None


def test_each_danger_has_its_words_and_a_card_that_exists() -> None:
    texts = Texts.load(SHIPPED / "texts" / "vi.po")
    cards = Shelf.load().cards
    for danger, *_ in ALARM.dangers:
        assert any(
            number in texts(danger.text_key) for number in ("111", "112", "113", "114", "115")
        )
        assert not danger.card or cards[danger.card].urgent


def test_an_urgent_card_never_says_to_ask_first() -> None:
    texts = Texts.load(SHIPPED / "texts" / "vi.po")
    assert "hỏi lại" in texts("answer.sample")
    assert "hỏi lại" not in texts("answer.sample_urgent")
