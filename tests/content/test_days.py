"""The time that a question names, as people write it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.days import Span, named_time

TODAY = date(2026, 11, 24)


def year(number: int) -> Span:
    return Span(date(number, 1, 1), date(number, 12, 31))


def day(year: int, month: int, on: int) -> Span:
    return Span(date(year, month, on), date(year, month, on))


@pytest.mark.parametrize(
    ("question", "span"),
    [
        ("sang năm chuẩn nghèo là bao nhiêu", year(2027)),
        ("qua năm 2027 đổi căn cước có tăng tiền không", year(2027)),
        ("nam 2027 bhxh tu nguyen dong bao nhieu", year(2027)),
        ("năm sau đóng bảo hiểm mấy tiền", year(2027)),
        ("từ 1/3/2027 khai sinh làm ở đâu", day(2027, 3, 1)),
        ("ngày 1 tháng 3 năm 2027 khai sinh làm ở đâu", day(2027, 3, 1)),
        ("1-3-2027 làm khai sinh ở đâu", day(2027, 3, 1)),
        ("tháng 3/2027 làm khai sinh ở đâu", Span(date(2027, 3, 1), date(2027, 3, 31))),
        ("thang 2 nam sau lam the het bao nhieu", Span(date(2027, 2, 1), date(2027, 2, 28))),
        ("tháng sau đóng bao nhiêu", Span(date(2026, 12, 1), date(2026, 12, 31))),
        ("đầu năm 2027 tiền chuẩn nghèo", Span(date(2027, 1, 1), date(2027, 3, 31))),
        ("chuẩn nghèo 2027 là mấy", year(2027)),
        ("năm 2025 tiền trợ cấp tuổi già là bao nhiêu", year(2025)),
        ("năm ngoái đóng bao nhiêu", year(2025)),
        ("trước ngày 1/7/2026 được bao nhiêu tiền", day(2026, 6, 30)),
        (
            "con sinh tháng 3/2027 thì khai sinh ở đâu",
            Span(date(2027, 3, 1), date(2027, 3, 31)),
        ),
    ],
)
def test_a_time_that_is_named_is_found(question: str, span: Span) -> None:
    assert named_time(question, TODAY) == span


@pytest.mark.parametrize(
    "question",
    [
        "làm căn cước mất bao nhiêu tiền",
        "năm nay chuẩn nghèo là bao nhiêu",
        "năm 2026 đổi thẻ bao nhiêu",
        "bố tôi mất năm 2024, giờ nhận tiền mai táng bao nhiêu",
        "con tôi sinh năm 2012 có phải làm căn cước không",
        "mẹ tôi sinh ngày 1/1/2001 được gì",
        "nghị định 28/2022 cho vay bao nhiêu",
        "nghi dinh 7/2021 quy dinh gi",
        "mua hết 2030 đồng",
        "bà 2027 k",
        "con 3 tháng tuổi tiêm gì",
        "tháng 45/2027",
        "31/2/2027",
        "năm người cùng đi",
        "đến năm tuổi thì tiêm gì",
        "",
    ],
)
def test_what_names_no_other_time_is_about_today(question: str) -> None:
    assert named_time(question, TODAY) is None


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    named_time(text, TODAY)
