"""Questions that ask the same come together, however they are typed."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from content.likeness import Group, group
from content.shelf import SHIPPED
from content.understanding.vietnamese import Abbreviations, fold

ABBREVIATIONS = Abbreviations.load(SHIPPED / "phrases" / "abbreviations.toml")


def _lines(*files: Path) -> list[str]:
    read = [line for file in files for line in file.read_text("utf-8").splitlines()]
    return [line for line in read if line and line[0] not in "#["]


OTHERS = _lines(SHIPPED / "phrases" / "none.txt")
EVERYDAY = OTHERS + _lines(*sorted((SHIPPED / "phrases" / "questions").glob("*.txt")))[::4]

ASKED = [
    [
        "giá cà phê nhân hôm nay bao nhiêu một ký",
        "gia ca phe hom nay bn 1 ky",
        "cà phê nhân bữa nay bán được mấy tiền",
        "ca phe dak lak hom nay gia the nao roi",
    ],
    [
        "con trâu nhà tôi bỏ ăn hai ngày nay cho uống thuốc gì",
        "trau bo an cho uong thuoc gi",
        "trâu ốm bỏ ăn thì chữa răng",
    ],
    [
        "lịch cắt điện bản mình hôm nay",
        "hôm nay bản mình có bị cắt điện không",
        "khi nao cat dien vay",
    ],
    ["xe khách đi hà nội mấy giờ chạy", "may gio co xe di ha noi", "xe đi Hà Nội chạy giờ mô"],
    [
        "sóng điện thoại ở bản yếu quá báo cho ai",
        "ban minh khong co song dien thoai",
        "sóng điện thoại yếu gọi không được thì kêu ai",
    ],
    [
        "lúa bị rầy nâu phun thuốc gì",
        "ruong lua bi ray nau thi phun thuoc j",
        "rầy nâu ăn hết lúa rồi làm răng chừ",
    ],
    ["máy bơm nước bị hỏng sửa ở đâu", "sua may bom nuoc o dau", "may bom nuoc hong r sửa chỗ mô"],
    [
        "đi chợ phiên ngày nào",
        "chợ phiên họp ngày mấy",
        "chợ phiên tháng này họp hôm nào vậy cán bộ",
    ],
    [
        "mật khẩu wifi nhà văn hóa là gì",
        "nha van hoa co wifi mat khau j",
        "xin mật khẩu wifi nhà văn hoá thôn",
    ],
    [
        "gà chết hàng loạt là bệnh gì",
        "ga nha em chet hang loat",
        "đàn gà chết hàng loạt mấy hôm nay không biết bệnh gì",
    ],
    [
        "nuôi dúi có phải xin phép không",
        "nuoi dui can giay phep ko",
        "muốn nuôi dúi thì xin phép ai",
    ],
    [
        "lịch bóng đá tối nay",
        "toi nay co bong da khong",
        "tối nay đá bóng mấy giờ lịch bóng đá đâu",
    ],
    ["ngày mai có mưa không", "mai co mua to k", "dự báo mai mưa không để còn phơi lúa"],
    [
        "mất chìa khóa xe máy làm sao",
        "em lam mat chia khoa xe may",
        "chìa khóa xe máy mất rồi làm lại ở đâu",
    ],
    [
        "hàng xóm mở loa karaoke to quá",
        "karaoke on qua nua dem keu ai",
        "nhà bên hát karaoke loa kẹo kéo ồn cả đêm báo ai",
    ],
    [
        "cây sầu riêng bị rụng trái non",
        "sau rieng rung trai non la sao",
        "sầu riêng rụng trái hoài",
    ],
    ["đổi tiền rách ở đâu", "tien bi rach doi cho nao", "tiền rách đổi ngân hàng nào được"],
    [
        "tìm người đi làm thuê hái tiêu",
        "can nguoi hai tieu thue",
        "nhà mình cần thuê mấy người hái tiêu",
    ],
    ["bán măng khô cho ai", "mang kho ban o dau", "có ai mua măng khô không"],
    [
        "ong rừng làm tổ trong nhà phải làm sao",
        "ong lam to trong nha",
        "tổ ong trong nhà đuổi thế nào",
    ],
]
QUESTIONS = [(n, text) for n, text in enumerate(text for asked in ASKED for text in asked)]
TRUE = dict(enumerate(n for n, asked in enumerate(ASKED) for _ in asked))


def purity(groups: list[Group]) -> float:
    """The share of questions that stand in a group mostly of their own kind."""
    fits = [max(map([TRUE[m] for m in one.members].count, range(len(ASKED)))) for one in groups]
    return sum(fits) / len(QUESTIONS)


def completeness(groups: list[Group]) -> float:
    """The share of questions that are with the largest part of their own kind."""
    kept = [
        max(sum(TRUE[m] == n for m in one.members) for one in groups) for n in range(len(ASKED))
    ]
    return sum(kept) / len(QUESTIONS)


def test_groups_are_pure_and_nearly_complete() -> None:
    groups = group(QUESTIONS, ABBREVIATIONS, everyday=EVERYDAY)
    assert purity(groups) >= 0.95
    assert completeness(groups) >= 0.85


def test_groups_hold_together_among_a_thousand_other_questions() -> None:
    others = [(1000 + n, text) for n, text in enumerate(OTHERS[::3])]
    everyday = [text for n, text in enumerate(EVERYDAY) if n % 3 or n >= len(OTHERS)]
    groups = group(QUESTIONS + others, ABBREVIATIONS, everyday=everyday)
    kept = [
        max(sum(TRUE.get(m) == n for m in one.members) for one in groups) for n in range(len(ASKED))
    ]
    assert sum(kept) / len(QUESTIONS) >= 0.85
    assert groups[0].count <= 8


def test_the_order_of_the_questions_does_not_matter() -> None:
    mixed = list(QUESTIONS)
    random.Random(7).shuffle(mixed)
    assert group(mixed, ABBREVIATIONS) == group(QUESTIONS, ABBREVIATIONS)


def test_the_largest_group_comes_first_then_the_oldest() -> None:
    asked = [(9, "chó mất"), (4, "giá tiêu"), (5, "giá tiêu"), (2, "trăng tròn")]
    assert [one.members for one in group(asked)] == [(4, 5), (2,), (9,)]


def test_marks_and_capitals_do_not_keep_the_same_question_apart() -> None:
    text = "Trâu bỏ ăn thì chữa thế nào"
    (only,) = group([(1, text), (2, fold(text)), (3, text.upper())])
    assert only.members == (1, 2, 3)
    assert only.count == 3


def test_the_representative_is_a_member() -> None:
    texts = dict(QUESTIONS)
    for one in group(QUESTIONS, ABBREVIATIONS, everyday=EVERYDAY):
        assert one.representative in one.members
        assert one.text == texts[one.representative]


def test_of_two_equally_central_questions_the_shorter_represents() -> None:
    (only,) = group([(1, "giá tiêu ???!!!"), (2, "giá tiêu")])
    assert only.text == "giá tiêu"


def test_of_two_equally_central_questions_the_one_with_its_marks_represents() -> None:
    (only,) = group([(1, "gia tieu hom nay"), (2, "giá tiêu hôm nay vậy")])
    assert only.text == "giá tiêu hôm nay vậy"


def test_what_was_hidden_brings_no_questions_together() -> None:
    asked = ["trâu ốm báo ai", "giá tiêu bao nhiêu", "xe khách mấy giờ chạy", "loa to kêu ai"]
    for about in ("tôi tên là [tên], {}, gọi [số điện thoại]", "Em là [tên] {}. [số điện thoại]"):
        groups = group([(n, about.format(text)) for n, text in enumerate(asked)], everyday=EVERYDAY)
        assert [one.count for one in groups] == [1, 1, 1, 1]


def test_questions_without_a_shared_telling_word_stay_apart() -> None:
    asked = [
        (1, "trâu nhà tôi bị ốm thì làm sao"),
        (2, "xe khách chạy mấy giờ"),
        (3, "giá tiêu hôm nay bao nhiêu"),
    ]
    assert [one.count for one in group(asked, everyday=EVERYDAY)] == [1, 1, 1]


def test_nothing_to_read_is_no_fault() -> None:
    for texts in ([], [""], ["", "   ", "😀"], ["?"] * 5):
        groups = group(list(enumerate(texts)))
        assert sorted(m for one in groups for m in one.members) == list(range(len(texts)))


@given(st.lists(st.text(alphabet="abc tiêu giá", max_size=20), max_size=25))
@settings(max_examples=100, deadline=None)
def test_each_question_is_in_one_group(texts: list[str]) -> None:
    groups = group(list(enumerate(texts)))
    assert sorted(m for one in groups for m in one.members) == list(range(len(texts)))
    assert [one.count for one in groups] == sorted((one.count for one in groups), reverse=True)


def test_of_five_thousand_mixed_questions_no_heap_is_made() -> None:
    chance = random.Random(1)
    asked = [text for _, text in QUESTIONS] + OTHERS
    many = []
    for n in range(5000):
        words = chance.choice(asked).split()
        words.insert(chance.randrange(len(words) + 1), chance.choice(chance.choice(asked).split()))
        many.append((n, " ".join(words)))
    groups = group(many, ABBREVIATIONS)
    assert sum(one.count for one in groups) == 5000
    assert groups[0].count <= 50


def test_a_matter_that_all_ask_about_becomes_one_large_group() -> None:
    openings = [
        "",
        "cho em hỏi ",
        "cán bộ ơi ",
        "alo ",
        "bà con nhờ hỏi ",
        "xã cho biết ",
        "ad ơi ",
    ]
    cores = ["bao giờ có điện lại", "bao gio co dien lai", "khi nào có điện lại", "may gio co dien"]
    places = ["", "thôn 1", "thôn 5", "bản trên", "ban duoi", "xóm mới", "o ban", "nhà em", "tổ 2"]
    endings = ["", "vậy", "ạ", "the", "với"]
    asked = [" ".join(parts) for parts in product(openings, cores, places, endings)]
    groups = group(list(enumerate([*asked, "giá tiêu hôm nay"])), ABBREVIATIONS, everyday=EVERYDAY)
    assert groups[0].count >= len(asked) * 0.6
