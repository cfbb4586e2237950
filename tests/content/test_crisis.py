"""Danger is heard in many ways of writing, and everyday talk is left in peace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.hotlines import KINDS
from content.crisis import FILE, Alarm
from content.danger import FILE as LINES
from content.danger import ORDINARY, UNSURE
from content.shelf import SHIPPED, Shelf
from content.texts import Texts
from content.understanding.training import read_sections
from content.understanding.vietnamese import fold

PHRASES_ALONE = Alarm.load(SHIPPED / FILE)
HELD_OUT = Path(__file__).parent / "crisis"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("danger")


@pytest.fixture(scope="module")
def alarm(kept: Path) -> Alarm:
    return Alarm.load(SHIPPED / FILE, cache=kept)


def heard(alarm: Alarm, text: str) -> str:
    danger = alarm.hear(text)
    return danger.kind if danger else ORDINARY


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("chồng đánh tôi, nó đang cầm dao, cứu", "violence"),
        ("CHONG TOI DANH TOI", "violence"),
        ("chồng đanh em hoai", "violence"),
        ("ck say rượu cầm dao đuổi", "violence"),
        ("anh ấy doạ giết", "violence"),
        ("có ai đó sờ vào người em", "child"),
        ("bé nhà bên bị xâm hại", "child"),
        ("em khong muon song nua", "suicide"),
        ("nó định tự tử", "suicide"),
        ("em ăn lá ngón rồi", "suicide"),
        ("con tôi bị lừa bán sang trung quốc", "trafficking"),
        ("đứa em họ bị rủ sang Campuchia làm việc giờ đòi tiền chuộc", "trafficking"),
        ("lũ về rồi", "flood"),
        ("sạt lỡ vùi nhà", "flood"),
        ("nuoc len nhanh qua toi nay", "flood"),
        ("nhà cháy rồi", "fire"),
        ("con bị rắn cắn", "medical"),
        ("cứu em với", "help"),
    ],
)
def test_danger_is_heard(text: str, kind: str) -> None:
    assert heard(PHRASES_ALONE, text) == kind


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
        "số định danh của em bé có từ lúc nào",
        "trợ cấp khi nhà bị cháy năm ngoái",
        "mẹ đơn thân sau ly hôn em nuôi con",
        "... ??? !!!",
    ],
)
def test_everyday_talk_raises_no_alarm(alarm: Alarm, text: str) -> None:
    assert heard(alarm, text) == ORDINARY


def test_what_happened_long_ago_is_danger_where_help_is_needed_now() -> None:
    assert heard(PHRASES_ALONE, "năm ngoái nhà cháy, xin hỗ trợ") == ORDINARY
    assert heard(PHRASES_ALONE, "năm ngoái nhà cháy, giờ lại đang cháy nữa cứu với") == "fire"


@pytest.mark.parametrize("before", ["Thưa cán bộ, nhà tôi ở bản xa. ", "em kể chuyện nhà em nghe "])
def test_danger_is_heard_at_the_end_of_a_long_story(before: str) -> None:
    assert heard(PHRASES_ALONE, before * 100 + "hôm nay chồng cầm dao dọa giết em") == "violence"


def kinds_heard(alarm: Alarm, file: str) -> Counter[str]:
    """What became of the lines of a file of which none was learned."""
    told: Counter[str] = Counter()
    for line in (HELD_OUT / file).read_text("utf-8").splitlines()[2:]:
        kinds, text = line.split("\t")
        kind = heard(alarm, text)
        if kinds == ORDINARY:
            told["false alarm" if kind != ORDINARY else "peace"] += 1
        elif kind == ORDINARY:
            told["missed"] += 1
        else:
            told["heard" if kind in {*kinds.split("|"), UNSURE} else "another kind"] += 1
    return told


@pytest.mark.parametrize("file", ["held_out.txt", "held_out_2.txt", "held_out_3.txt"])
def test_lines_never_learned_are_heard_as_well_as_measured(alarm: Alarm, file: str) -> None:
    """A point or two beyond what was measured in November 2026."""
    told = kinds_heard(alarm, file)
    dangers = told["missed"] + told["heard"] + told["another kind"]
    assert dangers > 50
    assert told["missed"] / dangers <= 0.08, told
    assert told["another kind"] / dangers <= 0.1, told
    assert told["false alarm"] / (told["false alarm"] + told["peace"]) <= 0.04, told


def test_no_line_that_measures_the_alarm_was_learned() -> None:
    learned = {
        line for lines in read_sections(SHIPPED / "phrases" / LINES).values() for line in lines
    }
    for path in HELD_OUT.glob("*.txt"):
        lines = path.read_text("utf-8").splitlines()[2:]
        assert not {line.split("\t")[1] for line in lines} & learned


@pytest.mark.parametrize(
    "text",
    [
        "xe tải chạy ẩu qua trường",
        "nước suối đục ngầu",
        "ok em",
        "em muốn gặp cán bộ",
        "em muốn nói chuyện với người thật",
        "mẹ em 80 tuổi",
        "em ở nhà",
        "đèn đường hỏng cả tháng nay",
        "bãi đá nổ mìn ầm ầm cả ngày",
    ],
)
@pytest.mark.parametrize("typed", [str, fold])
def test_complaints_and_facts_of_ones_own_raise_no_alarm(
    alarm: Alarm, text: str, typed: Callable[[str], str]
) -> None:
    assert heard(alarm, typed(text)) == ORDINARY


def test_nearly_every_line_that_was_learned_is_heard(alarm: Alarm) -> None:
    learned = read_sections(SHIPPED / "phrases" / LINES)
    for kind in KINDS:
        missed = [line for line in learned[kind] if heard(alarm, line) == ORDINARY]
        assert len(missed) <= 0.02 * len(learned[kind]), missed
    false = [line for line in learned[ORDINARY] if heard(alarm, line) != ORDINARY]
    assert len(false) <= 0.04 * len(learned[ORDINARY]), false


def test_what_was_learned_is_kept_and_found_again(alarm: Alarm, kept: Path) -> None:
    again = Alarm.load(SHIPPED / FILE, cache=kept)
    assert len(list(kept.iterdir())) == 1
    assert alarm.sense is not None
    assert again.sense is not None
    line = "hình như nhà bên có chuyện chẳng lành"
    assert again.sense.judge(line) == alarm.sense.judge(line)


def test_each_danger_has_its_words_its_setting_and_a_card_that_exists() -> None:
    texts = Texts.load(SHIPPED / "texts" / "vi.po")
    cards = Shelf.load().cards
    kinds = {danger.kind for danger, *_ in PHRASES_ALONE.dangers}
    assert kinds == {*KINDS, UNSURE}
    for danger, *_ in PHRASES_ALONE.dangers:
        assert any(
            number in texts(danger.text_key) for number in ("111", "112", "113", "114", "115")
        )
        assert not danger.card or cards[danger.card].urgent


def test_an_urgent_card_never_says_to_ask_first() -> None:
    texts = Texts.load(SHIPPED / "texts" / "vi.po")
    assert "hỏi lại" in texts("answer.sample")
    assert "hỏi lại" not in texts("answer.sample_urgent")
