"""Which messages are nothing but a choice, and which only hold a number."""

from __future__ import annotations

import pytest

from handlers.villager.spoken_digit import spoken_digit

ALL = "0123456789"


@pytest.mark.parametrize(
    ("typed", "digit"),
    [
        ("2", "2"),
        (" 2. ", "2"),
        ("(3)", "3"),
        ("2️⃣", "2"),
        ("２", "2"),
        ("0", "0"),
        ("hai", "2"),
        ("Hai ạ", "2"),
        ("năm", "5"),
        ("nam", "5"),
        ("số hai", "2"),
        ("so hai", "2"),
        ("so 2", "2"),
        ("cái số 9 đó", "9"),
        ("chọn cái thứ 3", "3"),
        ("chon cai thu ba nhe", "3"),
        ("2 nhé", "2"),
        ("2 nhé em", "2"),
        ("2 nhé cán bộ", ""),
        ("bấm số 1 ạ", "1"),
        ("em chọn số 4 ạ", "4"),
        ("cho tôi xem số 5", "5"),
        ("cho em cái số 1 nhé", "1"),
        ("dạ số 2 ạ", "2"),
        ("mục 3", "3"),
        ("tôi muốn xem mục 3", "3"),
        ("bấm số bẩy", "7"),
        ("số 2 đi", "2"),
    ],
)
def test_a_message_that_is_only_a_choice_names_its_digit(typed: str, digit: str) -> None:
    assert spoken_digit(typed, ALL) == digit


@pytest.mark.parametrize(
    "typed",
    [
        "2 con học mẫu giáo thì được gì",
        "2 con",
        "nhà có 2 em",
        "3 tháng",
        "thứ hai",
        "thứ 2",
        "thôn 2",
        "12",
        "1,5",
        "2/9",
        "0 đồng",
        "lớp 3 được gì",
        "bà",
        "ông bà",
        "sao",
        "bán",
        "cảm ơn",
        "không",
        "có",
        "năm nay",
        "ba mất",
        "số điện thoại",
        "hai mươi",
        "hộ nghèo được mấy số 2",
        "",
    ],
)
def test_a_number_within_other_words_is_no_choice(typed: str) -> None:
    assert not spoken_digit(typed, ALL)


def test_a_number_in_words_counts_only_where_it_was_offered() -> None:
    assert spoken_digit("hai", "13") == ""
    assert spoken_digit("số hai", "13") == ""
    assert spoken_digit("số 2", "13") == "2"
