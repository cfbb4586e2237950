"""Times to send at, as people type them. It is Monday, 23 November 2026, ten in the morning."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from content.when import NotATime, read_when

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("7h sáng mai", "2026-11-24 07:00"),
        ("7h sang mai", "2026-11-24 07:00"),
        ("thứ 2 tuần sau 8h30", "2026-11-30 08:30"),
        ("thu hai tuan sau luc 8 gio ruoi", "2026-11-30 08:30"),
        ("ngày 5/12", "2026-12-05 07:00"),
        ("5/12 lúc 7 giờ rưỡi", "2026-12-05 07:30"),
        ("chiều nay 3h", "2026-11-23 15:00"),
        ("3h chiều", "2026-11-23 15:00"),
        ("chủ nhật 9h", "2026-11-29 09:00"),
        ("thứ sáu 19:15", "2026-11-27 19:15"),
        ("thứ hai 8h", "2026-11-30 08:00"),
        ("ngày 5 tháng 1 lúc 8h tối", "2027-01-05 20:00"),
        ("5/12/2027 8h", "2027-12-05 08:00"),
        ("2026-12-01 08:30", "2026-12-01 08:30"),
        ("ngày mai", "2026-11-24 07:00"),
        ("10 ngày trước 25/12 8h", "2026-12-15 08:00"),
        ("1h trưa nay", "2026-11-23 13:00"),
        ("30 phút nữa", "2026-11-23 10:30"),
        ("thứ 2 tuần tới 8h", "2026-11-30 08:00"),  # not of a week's evening
        ("7 gio ruoi thu tu tuan toi", "2026-12-02 07:30"),
        ("thứ 2 tuần tới 8h tối", "2026-11-30 20:00"),
        ("mười ngày trước hạn 25/12 lúc 7h", "2026-12-15 07:00"),
    ],
)
def test_a_time_as_people_type_it(typed: str, means: str) -> None:
    when = read_when(typed, now=NOW, zone=ZONE)
    assert when.first.strftime("%Y-%m-%d %H:%M") == means
    assert not when.repeats


@pytest.mark.parametrize(
    ("typed", "rule", "first"),
    [
        ("thứ hai hằng tuần 7h", "weekly:0", "2026-11-30 07:00"),
        ("mỗi thứ 2 lúc 14h", "weekly:0", "2026-11-23 14:00"),
        ("ngày 5 hằng tháng", "monthly:5", "2026-12-05 07:00"),
        ("hang thang ngay 5 luc 8h", "monthly:5", "2026-12-05 08:00"),
        ("hàng ngày 6h30 sáng", "daily", "2026-11-24 06:30"),
    ],
)
def test_what_is_repeated(typed: str, rule: str, first: str) -> None:
    when = read_when(typed, now=NOW, zone=ZONE)
    assert when.repeats.endswith(f"@{when.first:%H:%M}")
    assert (when.repeats.split("@")[0], when.first.strftime("%Y-%m-%d %H:%M")) == (rule, first)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("7h sáng nay", "past"),
        ("thứ hai tuần này 8h", "past"),
        ("5/11/2026", "past"),
        ("31/2", "impossible"),
        ("25h mai", "impossible"),
        ("8h75 mai", "impossible"),
        ("ngày 31 hằng tháng", "impossible"),
        ("chiều mai", "open"),
        ("12h đêm mai", "open"),
        ("lúc nào rảnh", "unknown"),
        ("", "unknown"),
        ("7h sáng mai hoặc mốt", "unknown"),
    ],
)
def test_what_is_past_impossible_or_open_is_refused(typed: str, why: str) -> None:
    with pytest.raises(NotATime) as refused:
        read_when(typed, now=NOW, zone=ZONE)
    assert refused.value.key == why


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("chiều mai", "chiều"),
        ("Chiều mai nhé", "chiều"),
        ("7h sáng hôm nọ", "7h sáng hôm nọ"),
        ("7h đầu năm", "7h đầu năm"),
        ("lúc nào rảnh", "lúc nào rảnh"),
    ],
)
def test_a_refusal_says_the_words_as_they_were_typed(typed: str, said: str) -> None:
    with pytest.raises(NotATime) as refused:
        read_when(typed, now=NOW, zone=ZONE)
    assert refused.value.said == said
