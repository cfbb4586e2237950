"""The time that a question is about: "từ tháng 3/2027", "sang năm", "3 tháng nữa", "mùng 5/3".

What lies ahead is taken from anywhere in the question. What is past is more often part of a story
("bố tôi mất năm 2024"), so it counts only where the question itself asks about it. A day without a
year is the nearest one, and counts only where nothing tells of the past.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from content.understanding.vietnamese import asking_part, fold, tidy

FIRST_YEAR, LAST_YEAR = 2000, 2100

SOON = 183
"""Without a year, a month or day further ahead than so many days is rather the one gone by."""

_NUMBERS = {
    "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8,
    "chin": 9, "muoi": 10, "muoi mot": 11, "muoi hai": 12, "gieng": 1,
}  # fmt: skip
_PARTS = {"dau": (1, 3), "giua": (4, 9), "cuoi": (10, 12)}
_YEARS_ON = {"sau": 1, "toi": 1, "ngoai": -1, "truoc": -1, "kia": -2, "nay": 0}

_STORY = re.compile(
    r"\b(?:(?<!khai )sinh|de|mat|chet|cuoi|mua|lam|bi|nghi|hoc|vao|di|ve|xay|cap|nop|tu|nhan|len"
    r"|tot nghiep|ket hon|ly hon|dang ky|lay vo|lay chong|nhap ngu|thoat ngheo)\s+(?:\S+\s+){0,2}$"
)
_PAST = re.compile(r"\b(?:chua|da|roi|den nay|toi nay|toi gio|vua|hoi)\b")
"""A month or day without a year beside one of these is part of what happened."""

_LASTS = re.compile(r"\b(?:thieu|them|nghi|no|vay|dong|du|lam|hoc|tra)\s+$")
""" "Nghỉ thêm 3 tháng nữa" is how long, not when."""

_LAW = re.compile(r"\b(?:nghi dinh|luat|thong tu|quyet dinh|chi thi|nghi quyet|nd|tt|qd|nq|so)\s*$")

_SHORT_YEAR = r"[2-4]\d(?! ?(?:tuoi|ngay|thang|nam|nguoi|nghin|k)\b)"
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_WORD_MONTH = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_AFTER = r"(?![\d/]|[.,\-]\d)"

_NOT_AFTER = r"(?! (?:sinh|khi|de)\b)"  # "tuần sau sinh" is a week after a birth

_DAY = (
    r"(?<![\d/.\-])(?P<day>[0-3]?\d)(?:\s*[/.\-]\s*(?P<month>[01]?\d)\s*[/.\-]\s*(?P<year>20\d\d)"
    rf"|(?P<sign>[/\-])(?P<month2>[01]?\d)(?P=sign)(?P<year2>{_SHORT_YEAR})){_AFTER}"
)
_DAY_WORDS = (
    r"\b(?:ngay|mung|mong) (?P<day>[0-3]?\d) thang (?P<month>[01]?\d)(?: nam)?"
    rf" (?P<year>20\d\d){_AFTER}"
)
_MONTH_WORDS = (
    rf"\bthang (?:(?P<month>\d{{1,2}})(?: nam)? (?P<year>20\d\d)"
    rf"|(?P<month2>\d{{1,2}}|{_WORD_MONTH})"
    rf" (?:nam (?P<year2>20\d\d|sau|toi|ngoai|truoc|nay|{_SHORT_YEAR})|sang nam(?P<next>))){_AFTER}"
)
_MONTH = rf"\b(?:thang |t)(?P<month>\d{{1,2}})\s*[/\-]\s*(?P<year>20\d\d|{_SHORT_YEAR}){_AFTER}"
_MONTH_BARE = rf"(?<![\d/.])(?P<month>[01]?\d)\s*[/\-]\s*(?P<year>20\d\d){_AFTER}"
_MONTH_NEAR = rf"\bthang (?P<near>sau|toi|truoc|vua roi)\b{_NOT_AFTER}"
_QUARTER = rf"\bquy (?P<quarter>[1-4])(?: nam |\s*[/\-]\s*| )(?P<year>20\d\d|sau|toi|nay){_AFTER}"
_YEAR = rf"(?:(?P<part>dau|giua|cuoi) )?\bnam (?P<year>20\d\d|sau|toi|ngoai|kia)\b{_NOT_AFTER}"
_YEAR_SHORT = rf"\b(?P<part>dau|giua|cuoi|sang|qua) nam (?P<year>{_SHORT_YEAR}){_AFTER}"
_NEXT_YEAR = (
    r"(?:(?P<part>dau|giua|cuoi) )?\b(?:sang|qua) nam"
    r"(?! (?:20\d\d|sau|toi|nay|ngoai|kia|tuoi|\d))(?P<next>)\b"
)
_YEAR_END = r"\b(?P<part>cuoi) nam(?! (?:hoc|ngoai|truoc))(?: nay)?(?P<this>)\b"
_LAST_YEAR = r"(?<!\d )\b(?<!may )(?<!cac )(?<!nhieu )(?<!nhung )nam (?P<year>truoc)\b(?! khi)"
_YEARS_AGO = rf"\b(?:{_COUNT} nam truoc\b(?! khi)|cach day {_COUNT.replace('count', 'count2')} nam)"
_BARE = r"(?<![\d/.\-])(?P<year>20[2-9]\d)(?![\d/.\-]| *(?:dong|nghin|ngan|k|d|vnd|trieu|met|m2)\b)"
_IN_A_WHILE = (
    rf"\b(?:{_COUNT} (?P<unit>ngay|tuan|thang|nam)|(?P<half>nua) (?P<unit2>thang|nam)) nua\b"
)
_TOMORROW = r"\bngay (?P<tomorrow>mai)\b"
_WEEK = rf"\btuan (?P<week>sau|toi)\b{_NOT_AFTER}"
_DAY_ALONE = (
    r"\b(?:ngay|mung|mong) (?!24/7)(?P<day>[0-3]?\d)(?: thang | ?/ ?)(?P<month>[01]?\d)(?P<alone>)"
    rf"{_AFTER}(?! (?:tuoi|am)\b)"
)
_MONTH_ALONE = (
    rf"\b(?:thang (?P<month>\d{{1,2}}) (?P<turn>toi|sau|nay|sap toi)\b"
    rf"|(?:sang|qua|tu|den|ra|vao) thang (?P<month2>\d{{1,2}}){_AFTER})(?P<alone>)"
)
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        _DAY, _DAY_WORDS, _MONTH_WORDS, _QUARTER, _MONTH, _MONTH_BARE, _IN_A_WHILE, _YEARS_AGO,
        _MONTH_NEAR, _YEAR, _YEAR_SHORT, _NEXT_YEAR, _YEAR_END, _LAST_YEAR, _DAY_ALONE,
        _MONTH_ALONE, _TOMORROW, _WEEK, _BARE,
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last day, both in."""

    first: date
    last: date

    @property
    def whole_year(self) -> bool:
        return (self.first.month, self.first.day, self.last.month, self.last.day) == (1, 1, 12, 31)

    @property
    def whole_month(self) -> bool:
        return self.first.day == 1 and self.last == _month(self.first.year, self.first.month).last


@dataclass(frozen=True, slots=True)
class NoSuchTime:
    """A day or month that the calendar does not have, as it is read: "ngày 31/2/2027"."""

    said: str


Time = Span | NoSuchTime

_BESIDE = re.compile(
    r"(?:\W|\b(?:the|thi|sao|con|tu|den|toi|vao|hoi|luc|ah?|nhe|nhi|ha|vay|neu|nhu|nao)\b)*"
)
"""What may stand beside a time in a message that names nothing else."""


def only_time(text: str, today: date) -> bool:
    """Whether a message names a time and nothing else: "sang năm thì sao". Never raises."""
    said = _read(text)
    if named_time(text, today) is None:
        return False
    for pattern in _PATTERNS:
        said = pattern.sub(" ", said)
    return _BESIDE.fullmatch(said) is not None


def named_time(text: str, today: date) -> Time | None:
    """The time a question is about, if that is not today's. Never raises on any text.

    `today` is the day in Asia/Ho_Chi_Minh. Of several times the first ahead counts, else the last
    past one that the question asks about. One that does not exist is told before all others.
    """
    times = list(_times(_read(text), today))
    for time, _ in times:
        if isinstance(time, NoSuchTime):
            return time
    ahead = [time for time, _ in times if isinstance(time, Span) and time.first > today]
    if ahead:
        return ahead[0]
    asked = _times(_read(asking_part(text)), today)
    past = [time for time, story in asked if isinstance(time, Span) and not story]
    past = [time for time in past if time.last < today]
    return past[-1] if past else None


def _read(text: str) -> str:
    """Without diacritics, where "tôi" (I) is no longer "tới" (coming)."""
    return fold(re.sub(r"\btôi\b", "tui", tidy(text)))


def _times(said: str, today: date) -> Iterator[tuple[Time, bool]]:
    """Each time named, in order, and whether it is part of what happened."""
    found: list[tuple[int, int, Time]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(said):
            before = said[: match.start()]
            overlaps = any(a < match.end() and match.start() < b for a, b, _ in found)
            if overlaps or _LAW.search(before):
                continue
            groups = match.groupdict().items()
            named = {name.rstrip("2"): value for name, value in groups if value is not None}
            time = _time(named, before, said, today)
            if time is not None:
                found.append((match.start(), match.end(), _before(before, time)))
    for start, _, time in sorted(found, key=lambda one: one[0]):
        yield time, _STORY.search(said[:start]) is not None


def _time(named: dict[str, str], before: str, said: str, today: date) -> Time | None:
    """One match of a pattern as a time; None where it is none."""
    if "unit" in named:
        return None if _LASTS.search(before) else _in_a_while(named, today)
    if "alone" in named:
        told = _STORY.search(before) or ("turn" not in named and _PAST.search(said))
        return None if told else _nearest(named, today)
    if "tomorrow" in named:
        return _one(today + timedelta(days=1))
    if "week" in named:
        monday = today + timedelta(days=7 - today.weekday())
        return Span(monday, monday + timedelta(days=6))
    if "near" in named:
        shift = -1 if named["near"] in {"truoc", "vua roi"} else 32
        then = today.replace(day=1) + timedelta(days=shift)
        return _month(then.year, then.month)
    year = _year(named, today)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    if "month" in named:
        return _day_or_month(named, year)
    first, last = _PARTS.get(named.get("part", ""), (1, 12))
    if "quarter" in named:
        last = int(named["quarter"]) * 3
        first = last - 2
    return Span(date(year, first, 1), _month(year, last).last)


def _day_or_month(named: dict[str, str], year: int) -> Time | None:
    month, day = _number(named["month"]), int(named.get("day", 0))
    if "day" in named:
        if not (1 <= month <= 12 and day):
            return None
        if day > monthrange(year, month)[1]:
            return NoSuchTime(f"ngày {day}/{month}/{year}")
        return _one(date(year, month, day))
    if not 1 <= month <= 12:
        return NoSuchTime(f"tháng {month}/{year}")
    return _month(year, month)


def _nearest(named: dict[str, str], today: date) -> Time | None:
    """A day or month without its year: the coming one, if it is not far."""
    month, day = _number(named["month"]), int(named.get("day", 0))
    if not 1 <= month <= 12 or ("day" in named and not day):
        return None
    if day > monthrange(2024, month)[1]:  # a leap year: 29/2 may exist
        return NoSuchTime(f"ngày {day}/{month}")
    years = range(today.year, today.year + 2)
    spans = [_one_or_none(year, month, day) if day else _month(year, month) for year in years]
    coming = next((span for span in spans if span and span.last >= today), None)
    near = coming is not None and (coming.first - today).days <= SOON
    return coming if near or named.get("turn") == "nay" else None


def _in_a_while(named: dict[str, str], today: date) -> Span | None:
    count = 1 if "half" in named else _number(named["count"])
    unit = named["unit"]
    if "half" in named:
        count, unit = (6, "thang") if unit == "nam" else (15, "ngay")
    if unit in {"ngay", "tuan"}:
        return _one(today + timedelta(days=count * (7 if unit == "tuan" else 1)))
    months = today.year * 12 + today.month - 1 + count * (12 if unit == "nam" else 1)
    year, month = divmod(months, 12)
    if year > LAST_YEAR:
        return None
    return _one(date(year, month + 1, min(today.day, monthrange(year, month + 1)[1])))


def _year(named: dict[str, str], today: date) -> int:
    if "count" in named:
        return today.year - _number(named["count"])
    if "next" in named:
        return today.year + 1
    word = named.get("year", "nay")
    if word in _YEARS_ON:
        return today.year + _YEARS_ON[word]
    return int(word) if len(word) == 4 else 2000 + int(word)


def _number(word: str) -> int:
    return _NUMBERS[word] if word in _NUMBERS else int(word)


def _one(day: date) -> Span:
    return Span(day, day)


def _one_or_none(year: int, month: int, day: int) -> Span | None:
    return _one(date(year, month, day)) if day <= monthrange(year, month)[1] else None


def _month(year: int, month: int) -> Span:
    return Span(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def _before(before: str, time: Time) -> Time:
    """ "trước 1/7/2025" is about the day before."""
    if isinstance(time, Span) and re.search(r"\btruoc(?: ngay)?\s*$", before):
        return _one(time.first - timedelta(days=1))
    return time
