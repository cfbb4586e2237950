"""What people write who want a person or to tell feedback, and what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from content.shelf import SHIPPED
from content.understanding.vietnamese import Abbreviations
from content.wishes import FILE, Wish, Wished, Wishes

LINES = [
    line.split("\t")
    for line in (Path(__file__).parent / "wishes.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]
PRECISION = 1.0
"""Nobody who asks about a policy may be sent elsewhere."""

RECALL = 0.85


@pytest.fixture(scope="module")
def wishes() -> Wishes:
    known = Abbreviations.load(SHIPPED / "phrases" / "abbreviations.toml")
    return Wishes.load(SHIPPED / FILE, known)


def heard(wishes: Wishes, text: str) -> str:
    """Which wish it is; a trouble that is told is offered as feedback too."""
    wished = wishes.hear(text)
    if wished:
        return wished.wish.value
    return "feedback" if wishes.tells_trouble(text) else "none"


@pytest.mark.parametrize("half", ["tune", "unseen"])
def test_wishes_are_heard_and_questions_about_policy_are_not_taken_for_them(
    wishes: Wishes, half: str
) -> None:
    got = [(want, heard(wishes, line), line) for want, part, line in LINES if part == half]
    assert len(got) >= 120
    wrong = [(line, is_) for want, is_, line in got if is_ not in {"none", want}]
    right = sum(want == is_ != "none" for want, is_, _ in got)
    wanted = sum(want != "none" for want, _, _ in got)
    assert right / (right + len(wrong)) >= PRECISION, wrong
    assert right / wanted >= RECALL, [line for want, is_, line in got if want != is_]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("đúng rồi", True),
        ("dung roi a", True),
        ("Dạ đúng ý em rồi ạ, cảm ơn nhé", True),
        ("ừ chuẩn rồi", True),
        ("👍", True),
        ("👍🏽", True),
        ("👍 Đúng rồi", True),
        ("chưa đúng", False),
        ("chua dung", False),
        ("ko phải cái này", False),
        ("khong phai cai nay", False),
        ("máy trả lời sai rồi", False),
        ("👎", False),
        ("👎 Chưa đúng", False),
        ("dạ chưa đúng ạ", False),
        ("cảm ơn", None),
        ("được rồi", None),
        ("dùng thẻ", None),
        ("dung the", None),
        ("thế có đúng không", None),
        ("không phải cái này, tôi hỏi thẻ bảo hiểm", None),
        ("không đúng tuyến thì được bao nhiêu", None),
        ("đúng tuyến", None),
        ("chưa đúng tuổi thì sao", None),
        ("không", None),
        ("?", None),
        ("", None),
    ],
)
def test_what_people_think_of_an_answer_is_heard_where_they_say_nothing_else(
    wishes: Wishes, text: str, right: bool | None
) -> None:
    assert wishes.rates(text) is right


def test_no_question_that_the_cards_know_is_taken_for_what_people_think(wishes: Wishes) -> None:
    files = (SHIPPED / "phrases").rglob("*.txt")
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    assert len(lines) > 10_000
    rating = {line for line in lines if wishes.rates(line) is not None}
    assert rating == {"đúng rồi", "không phải", "không phải cái đó"}, "none of them asks anything"


@pytest.mark.parametrize(
    ("text", "wished"),
    [
        ("góp ý: đường hỏng, không ai sửa", Wished(Wish.FEEDBACK, "", "đường hỏng, không ai sửa")),
        ("gop y gop y", Wished(Wish.FEEDBACK)),
        ("phan ah", Wished(Wish.FEEDBACK)),
        ("gop yy", Wished(Wish.FEEDBACK)),
        ("phản ánhh", Wished(Wish.FEEDBACK)),
        ("gops ys ạ", Wished(Wish.FEEDBACK)),
        ("phan anhh: duong hong may thang", Wished(Wish.FEEDBACK, "", "duong hong may thang")),
        ("phan bon", None),
        ("gap y ta", None),
        ("gop 1 ngay cong thi duoc gi", None),
        ("kêu với xã chuyện nước bẩn", Wished(Wish.FEEDBACK, "", "chuyện nước bẩn")),
        ("tui muốn phàn nàn về cán bộ xã", Wished(Wish.FEEDBACK, "complaint")),
        ("em khen cô y tá nhiệt tình", Wished(Wish.FEEDBACK, "praise", "cô y tá nhiệt tình")),
        ("tui muốn khiếu nại", Wished(Wish.FORMAL)),
        ("khiếu nại quyết định thu hồi đất thì làm sao", None),
        ("góp ý dự thảo luật đất đai", None),
        ("nhà tôi cần góp ý với xã thì gặp ai", None),
        ("", None),
        ("👍", None),
    ],
)
def test_what_is_told_at_once_and_its_kind(
    wishes: Wishes, text: str, wished: Wished | None
) -> None:
    assert wishes.hear(text) == wished


@pytest.mark.parametrize(
    "text",
    ["thoi khong gui nua", "thôi, không gửi nữa đâu", "hủy bỏ", "khong gui nua", "dừng", "thôi ạ"],
)
def test_giving_up_is_heard_in_many_forms(wishes: Wishes, text: str) -> None:
    assert wishes.stops(text)


@pytest.mark.parametrize(
    "text", ["thôi gửi đi", "thôn tôi không có điện", "bỏ rác ra suối", "dừng xe chắn đường"]
)
def test_words_of_a_story_do_not_give_it_up(wishes: Wishes, text: str) -> None:
    assert not wishes.stops(text)


@pytest.mark.parametrize("text", ["thôi khỏi ghi tên", "khong", "không cần tên đâu", "ẩn danh"])
def test_no_name_is_heard(wishes: Wishes, text: str) -> None:
    assert wishes.nameless(text)


@pytest.mark.parametrize("text", ["Mẹ của Mua", "Vừ Thị Mỷ", "ông Thôi", "Giàng A Không Tên"])
def test_a_name_is_a_name(wishes: Wishes, text: str) -> None:
    assert not wishes.nameless(text)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("to cao ong truong thon an tien", False),
        ("đường bản tôi lở mấy tháng không ai sửa", False),
        ("tố cáo cán bộ thì gửi lên đâu", True),
        ("đơn tố cáo cần ghi những gì", True),
        ("tố cáo có mất tiền không", True),
    ],
)
def test_a_story_is_told_apart_from_a_question(wishes: Wishes, text: str, asks: bool) -> None:
    assert wishes.asks(text) is asks


@pytest.mark.parametrize(
    ("text", "denounces"),
    [
        ("trưởng thôn ăn tiền của dân", True),
        ("ong chu tich xa an hoi lo", True),
        ("cán bộ ăn chặn gạo cứu đói", True),
        ("con lợn nhà em ăn chán không lớn", False),
        ("đi thăm ở viện có cần giấy không", False),
        ("con ăn tiền mừng tuổi hết rồi", False),
    ],
)
def test_corruption_is_a_denunciation_without_the_word(
    wishes: Wishes, text: str, denounces: bool
) -> None:
    assert wishes.denounces(text) is denounces
