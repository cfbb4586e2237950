"""The time that a question names, as people write it."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.days import NoSuchTime, Span, named_time, only_time

TODAY = date(2026, 11, 24)


def year(number: int) -> Span:
    return Span(date(number, 1, 1), date(number, 12, 31))


def day(year: int, month: int, on: int) -> Span:
    return Span(date(year, month, on), date(year, month, on))


def month(year: int, number: int) -> Span:
    return Span(date(year, number, 1), date(year, number, monthrange(year, number)[1]))


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
        ("con sinh tháng 3/2027 thì khai sinh ở đâu", month(2027, 3)),
        ("tháng 1/27 đổi căn cước mất bao nhiêu", month(2027, 1)),
        ("thang 1/27 doi can cuoc bao nhieu", month(2027, 1)),
        ("t3/2027 khai sinh ở đâu", month(2027, 3)),
        ("tháng 3 năm 2027 khai sinh ở đâu", month(2027, 3)),
        ("thang 3 nam 2027 khai sinh o dau", month(2027, 3)),
        ("tháng ba năm sau khai sinh ở đâu", month(2027, 3)),
        ("tháng 3 sang năm khai sinh ở đâu", month(2027, 3)),
        ("sang tháng 1 đóng bảo hiểm mấy tiền", month(2027, 1)),
        ("từ tháng 3 khai sinh làm ở đâu", month(2027, 3)),
        ("bao hiem thang 2 toi dong bao nhieu", month(2027, 2)),
        ("tháng 12 này đóng bao nhiêu", month(2026, 12)),
        ("3 tháng nữa đổi căn cước bao nhiêu tiền", day(2027, 2, 24)),
        ("3 thang nua doi can cuoc bao nhieu tien", day(2027, 2, 24)),
        ("hai năm nữa bao nhiêu tuổi thì có lương hưu", day(2028, 11, 24)),
        ("nửa năm nữa đóng bao nhiêu", day(2027, 5, 24)),
        ("10 ngày nữa đi đổi thẻ thì mất bao nhiêu", day(2026, 12, 4)),
        ("ngày mai đi làm căn cước mất bao nhiêu", day(2026, 11, 25)),
        ("tuần sau đi làm thì hết bao nhiêu", Span(date(2026, 11, 30), date(2026, 12, 6))),
        ("1-3-27 khai sinh ở đâu", day(2027, 3, 1)),
        ("từ 1/3/27 khai sinh ở đâu", day(2027, 3, 1)),
        ("mùng 5 tháng 3 đi khai sinh ở đâu", day(2027, 3, 5)),
        ("mung 5 thang 3 di khai sinh o dau", day(2027, 3, 5)),
        ("ngày 1/3 đi khai sinh thì ở đâu", day(2027, 3, 1)),
        ("ngày 20/12 đi đổi thẻ mất bao nhiêu", day(2026, 12, 20)),
        ("đầu năm sau đóng bao nhiêu", Span(date(2027, 1, 1), date(2027, 3, 31))),
        ("đầu sang năm đóng bao nhiêu", Span(date(2027, 1, 1), date(2027, 3, 31))),
        ("giữa năm 2027 đóng bao nhiêu", Span(date(2027, 4, 1), date(2027, 9, 30))),
        ("cuối năm sau đóng bao nhiêu", Span(date(2027, 10, 1), date(2027, 12, 31))),
        ("quý 1 năm 2027 đóng bao nhiêu", Span(date(2027, 1, 1), date(2027, 3, 31))),
        ("quý 2/2027 đóng bao nhiêu", Span(date(2027, 4, 1), date(2027, 6, 30))),
        ("đầu năm 27 đóng bao nhiêu", Span(date(2027, 1, 1), date(2027, 3, 31))),
        ("tháng trước được bao nhiêu tiền", month(2026, 10)),
        ("năm trước tiền tuổi già là bao nhiêu", year(2025)),
        ("2 năm trước chuẩn nghèo là bao nhiêu", year(2024)),
        ("tháng 6/2026 tiền tuổi già được bao nhiêu", month(2026, 6)),
        ("hồi tháng 6 năm nay được bao nhiêu tiền", month(2026, 6)),
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
        "con 6 tháng tiêm mũi gì",
        "con 3 thang tuoi tiem gi",
        "bảo hiểm tháng đóng bao nhiêu",
        "bao hiem thang",
        "bé 5/12 tuổi tiêm được chưa",
        "từ 5/12 tuổi tiêm được chưa",
        "mỗi tháng 500 nghìn đúng không",
        "tháng 500.000 đúng không",
        "tháng 3 con tôi sinh, giờ khai sinh ở đâu",
        "con sinh tháng 9 chưa khai sinh thì sao",
        "từ tháng 3 tôi chưa nhận được tiền",
        "từ tháng 9 đến nay chưa có tiền",
        "sinh mùng 5 tháng 3 thì khai sinh cần gì",
        "uống 1/2 viên thuốc",
        "phải 2/3 số hộ đồng ý à",
        "gọi số nào cả ngày 24/7",
        "giỗ mùng 10 tháng 3 âm lịch có nghỉ không",
        "tuần sau sinh khám ở đâu",
        "tháng sau khi đẻ được nghỉ không",
        "còn thiếu 3 tháng nữa mới đủ 15 năm thì sao",
        "nghỉ thêm 3 tháng nữa được không",
        "đầu năm học nộp đơn ở đâu",
        "cuối năm học có thưởng không",
        "nam 27 tuoi co vay duoc khong",
        "9 tháng năm học được mấy tiền",
        "tháng thứ 3 đi khám thai ở đâu",
        "năm người cùng đi",
        "đến năm tuổi thì tiêm gì",
        "",
    ],
)
def test_what_names_no_other_time_is_about_today(question: str) -> None:
    assert named_time(question, TODAY) is None


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("31/2/2027 làm khai sinh ở đâu", "31/2/2027"),
        ("ngày 31 tháng 2 năm 2027 khai sinh ở đâu", "31/2/2027"),
        ("31-4-27 khai sinh ở đâu", "31/4/2027"),
        ("mùng 31 tháng 2 đi làm được không", "31/2"),
        ("tháng 45/2027 đóng bao nhiêu", "tháng 45/2027"),
        ("tháng 13 năm 2027 đóng bao nhiêu", "tháng 13/2027"),
    ],
)
def test_a_day_or_month_that_does_not_exist_is_not_guessed(question: str, said: str) -> None:
    found = named_time(question, TODAY)
    assert isinstance(found, NoSuchTime)
    assert found.said.endswith(said)


def test_the_nearest_of_a_month_without_a_year_depends_on_the_day() -> None:
    january = date(2027, 1, 10)
    assert named_time("thang 2 toi dong bao nhieu", january) == month(2027, 2)
    assert named_time("ngày 5/2 đi đổi thẻ mất bao nhiêu", january) == day(2027, 2, 5)
    assert named_time("3 tháng nữa đóng bao nhiêu", date(2026, 11, 30)) == day(2027, 2, 28)


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("thế sang năm thì sao", True),
        ("3 tháng nữa thì sao", True),
        ("còn tháng 3 năm 2027", True),
        ("31/2/2027 thì sao", True),
        ("sang năm đóng bao nhiêu", False),
        ("con 6 tháng", False),
    ],
)
def test_a_time_alone_is_told_from_a_question_with_a_time(question: str, alone: bool) -> None:
    assert only_time(question, TODAY) is alone


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    named_time(text, TODAY)
    only_time(text, TODAY)


@given(
    st.from_regex(
        r"(?:(?:ngay|mung|thang|nam|quy|t|tu|sang|dau|cuoi|hai|ba|nua|sau|toi|truoc|nay)? ?"
        r"[0-9]{0,4}[ /.-]?){1,6}",
        fullmatch=True,
    )
)
def test_no_mixture_of_numbers_and_words_of_time_breaks_it(text: str) -> None:
    only_time(text, TODAY)
