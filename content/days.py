"""The time that a question is about: "từ tháng 3/2027", "sang năm", "ngày 1/7/2025".

What lies ahead is taken from anywhere in the question. What is past is more often part of a story
("bố tôi mất năm 2024"), so it counts only where the question itself asks about it.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from content.understanding.vietnamese import asking_part, fold, tidy

FIRST_YEAR, LAST_YEAR = 2000, 2100
_STORY = re.compile(
    r"\b(?:sinh|de|mat|chet|cuoi|mua|lam|bi|nghi|hoc|vao|di|ve|xay|cap|nop|tu|nhan|len|tot nghiep"
    r"|ket hon|ly hon|dang ky|lay vo|lay chong|nhap ngu|thoat ngheo)\s+(?:\S+\s+){0,2}$"
)
_LAW = re.compile(r"\b(?:nghi dinh|luat|thong tu|quyet dinh|chi thi|nghi quyet|nd|tt|qd|nq|so)\s*$")

_DAY = r"(?P<day>[0-3]?\d)\s*[/.\-]\s*(?P<month>[01]?\d)\s*[/.\-]\s*(?P<year>20\d\d)(?![\d/])"
_DAY_WORDS = r"ngay (?P<day>[0-3]?\d) thang (?P<month>[01]?\d)(?: nam)? (?P<year>20\d\d)\b"
_MONTH = r"(?:thang )?(?<![\d/.])(?P<month>[01]?\d)\s*[/\-]\s*(?P<year>20\d\d)(?![\d/])"
_MONTH_WORDS = r"thang (?P<month>[01]?\d)(?: nam)? (?P<year>20\d\d|sau|toi|ngoai)\b"
_MONTH_NEAR = r"thang (?P<near>sau|toi|truoc|vua roi)\b"
_YEAR = r"(?:(?P<part>dau|cuoi) )?nam (?P<year>20\d\d|sau|toi|ngoai|kia)\b"
_NEXT_YEAR = r"(?:sang|qua) nam(?! (?:20\d\d|sau|toi|nay|ngoai|kia|tuoi|\d))(?P<next>)\b"
_BARE = r"(?<![\d/.\-])(?P<year>20[2-9]\d)(?![\d/.\-]| *(?:dong|nghin|ngan|k|d|vnd|trieu|met|m2)\b)"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        _DAY,
        _DAY_WORDS,
        _MONTH_WORDS,
        _MONTH,
        _MONTH_NEAR,
        _YEAR,
        _NEXT_YEAR,
        _BARE,
    )
)


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


_BESIDE = re.compile(
    r"(?:\W|\b(?:the|thi|sao|con|tu|den|toi|vao|hoi|luc|ah?|nhe|nhi|ha|vay|neu|nhu|nao)\b)*"
)
"""What may stand beside a time in a message that names nothing else."""


def only_time(text: str, today: date) -> bool:
    """Whether a message names a time and nothing else: "sang năm thì sao". Never raises."""
    said = fold(tidy(text))
    if named_time(text, today) is None:
        return False
    for pattern in _PATTERNS:
        said = pattern.sub(" ", said)
    return _BESIDE.fullmatch(said) is not None


def named_time(text: str, today: date) -> Span | None:
    """The time a question is about, if that is not today's. Never raises on any text.

    `today` is the day in Asia/Ho_Chi_Minh. Of several times the first ahead counts, else the last
    past one that the question asks about.
    """
    said = fold(tidy(text))
    spans = list(_spans(said, today))
    ahead = [span for span, _ in spans if span.first > today]
    if ahead:
        return ahead[0]
    asked = fold(asking_part(text))
    past = [s for s, story in _spans(asked, today) if s.last < today and not story]
    return past[-1] if past else None


def _spans(said: str, today: date) -> Iterator[tuple[Span, bool]]:
    """Each time named, in order, and whether it is part of what happened."""
    found: list[tuple[int, int, Span]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(said):
            span = _span(match.groupdict(), today)
            overlaps = any(a < match.end() and match.start() < b for a, b, _ in found)
            if span and not overlaps and not _LAW.search(said[: match.start()]):
                found.append((match.start(), match.end(), _before(said, match.start(), span)))
    for start, _, span in sorted(found, key=lambda one: one[0]):
        yield span, _STORY.search(said[:start]) is not None


def _span(named: dict[str, str | None], today: date) -> Span | None:
    if "near" in named:
        first = today.replace(day=1)
        shift = -1 if named["near"] in {"truoc", "vua roi"} else 32
        then = first + timedelta(days=shift)
        return _month(then.year, then.month)
    year = _year(named.get("year") or "sau", today)
    month, day = int(named.get("month") or 0), int(named.get("day") or 0)
    if not FIRST_YEAR <= year <= LAST_YEAR or month > 12 or ("month" in named and month < 1):
        return None
    if day:
        on = date(year, month, day) if day <= monthrange(year, month)[1] else None
        return Span(on, on) if on else None
    if month:
        return _month(year, month)
    match named.get("part"):
        case "dau":
            return Span(date(year, 1, 1), date(year, 3, 31))
        case "cuoi":
            return Span(date(year, 10, 1), date(year, 12, 31))
    return Span(date(year, 1, 1), date(year, 12, 31))


def _year(word: str, today: date) -> int:
    shift = {"sau": 1, "toi": 1, "ngoai": -1, "kia": -2}
    return today.year + shift[word] if word in shift else int(word)


def _month(year: int, month: int) -> Span:
    return Span(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def _before(said: str, start: int, span: Span) -> Span:
    """ "trước 1/7/2025" is about the day before."""
    if re.search(r"\btruoc(?: ngay)?\s*$", said[:start]):
        eve = span.first - timedelta(days=1)
        return Span(eve, eve)
    return span
