"""When something is to be sent, as people type it: "7h sáng mai", "thứ 2 tuần sau 8h30", "5/12".

Also what is repeated ("thứ hai hằng tuần 7h", "ngày 5 hằng tháng") and what stands before a
deadline ("10 ngày trước 25/12"). Nothing is guessed: what is past, impossible or leaves the time
open is refused. All times are in Vietnam's zone, which the caller gives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from content.understanding.vietnamese import fold, tidy

MORNING = time(7, 0)
"""The hour of a day that is named without one."""

_CLOCK = re.compile(
    r"\b(?:luc |vao )?(?P<hour>\d{1,2})(?:\s*(?:gio|h|:)\s*)(?P<minute>\d{2}|ruoi)?(?: ?phut)?"
    r"(?:\s*(?P<part>sang|trua|chieu|toi|dem))?\b"
)
_PART = re.compile(r"\b(?P<part>sang|trua|chieu|toi|dem)\b")
_WEEKDAY = re.compile(
    r"\b(?:thu (?P<day>2|3|4|5|6|7|hai|ba|tu|nam|sau|bay)|(?P<sunday>chu nhat|cn))\b"
)
_WEEKDAYS = {w: n for n, pair in enumerate(
    (("2", "hai"), ("3", "ba"), ("4", "tu"), ("5", "nam"), ("6", "sau"), ("7", "bay"))
) for w in pair}  # fmt: skip
_DATE = re.compile(
    r"\b(?:ngay )?(?P<day>\d{1,2})(?:\s*[/\-.]\s*| thang )(?P<month>\d{1,2})"
    r"(?:(?:\s*[/\-.]\s*| nam )(?P<year>20\d\d))?\b"
)
_ISO = re.compile(r"\b(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?:t| |$)")
_MONTHLY = re.compile(r"\b(?:ngay |mung )(?P<day>\d{1,2}) (?:hang|moi) thang\b")
_MONTHLY_FIRST = re.compile(r"\b(?:hang|moi) thang (?:vao )?(?:ngay |mung )(?P<day>\d{1,2})\b")
_WEEKLY = re.compile(r"\b(?:hang tuan|moi tuan|tuan nao cung)\b|\bmoi (?=thu |chu nhat|cn)")
_DAILY = re.compile(r"\b(?:hang|moi) ngay\b")
_NUMBERS = ("mot", "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "muoi")
_COUNTS = {w: n for n, w in enumerate(_NUMBERS, 1)}
_BEFORE = re.compile(rf"\b(?P<days>\d{{1,3}}|{'|'.join(_COUNTS)}) ngay truoc\b(?: han)?(?: ngay)?")
_IN = re.compile(r"\b(?P<count>\d{1,3}) (?P<unit>phut|gio|tieng|ngay) (?:nua|toi)\b")
_NEXT = re.compile(r"\b(tuan|thang) toi\b")
"""Next week, not a week's evening: without marks both are written alike."""

_DAYS = {"hom nay": 0, "nay": 0, "ngay mai": 1, "mai": 1, "ngay kia": 2, "mot": 2}
_FILLER = re.compile(r"\b(?:luc|vao|hoi|ngay|tuan|nay|nua|dung|khoang)\b|[^\w]+")


class NotATime(ValueError):
    """The words name no time to send at. `key` is why, `said` the words that are in the way."""

    def __init__(self, key: str, said: str) -> None:
        super().__init__(f"{key}: {said}")
        self.key, self.said = key, said


@dataclass(frozen=True, slots=True)
class When:
    """The first time, aware, and the rule by which it is repeated.

    `repeats` is "", "daily@07:00", "weekly:0@07:00" (0 is Monday), or "monthly:5@07:00".
    """

    first: datetime
    repeats: str = ""


def read_when(text: str, *, now: datetime, zone: ZoneInfo) -> When:
    """Read a time. `now` is aware. Raises NotATime: unknown, open, impossible or past, with the
    words as they were typed."""
    try:
        return _read(text, now=now, zone=zone)
    except NotATime as fault:
        raise NotATime(fault.key, _as_typed(fault.said, text)) from fault


def _as_typed(folded: str, text: str) -> str:
    """The part of the text that was folded so; all of it where no one part is."""
    whole = tidy(text)
    at = fold(whole).find(folded)
    same = len(fold(whole)) == len(whole)  # else the places are not the same
    return whole[at : at + len(folded)] if same and at >= 0 else text


def _read(text: str, *, now: datetime, zone: ZoneInfo) -> When:
    local = now.astimezone(zone)
    rest = fold(tidy(text)).strip()
    rest = _NEXT.sub(r"\1 sau", rest)
    if later := _IN.fullmatch(rest):
        unit = {"phut": "minutes", "gio": "hours", "tieng": "hours", "ngay": "days"}[later["unit"]]
        return When(local + timedelta(**{unit: int(later["count"])}))
    day_words, at, rest = _clock(rest, text)
    if rule := _repeats(rest, text):
        repeats, rest = rule
        if rest := _FILLER.sub("", rest):
            raise NotATime("unknown", rest)
        return When(_first(repeats, at, local), f"{repeats}@{at:%H:%M}")
    day, rest = _day(rest, local.date(), text)
    if left := _FILLER.sub("", rest):
        raise NotATime("unknown", left)
    if day is None:
        if not day_words:
            raise NotATime("unknown", text)
        day = local.date()
        if datetime.combine(day, at, zone) <= local:
            raise NotATime("past", text)
    moment = datetime.combine(day, at, zone)
    if moment <= local:
        raise NotATime("past", text)
    return When(moment)


def _clock(rest: str, text: str) -> tuple[bool, time, str]:
    """Whether a clock time is named, which, and the words without it."""
    found = _CLOCK.search(rest)
    if found is None:
        if open_part := _PART.search(rest):
            raise NotATime("open", open_part[0])  # "chiều mai": at which hour?
        return False, MORNING, rest
    rest = f"{rest[: found.start()]} {rest[found.end() :]}"
    part: str | None = found["part"]
    if part is None and (other := _PART.search(rest)):
        part = other["part"]
        rest = f"{rest[: other.start()]} {rest[other.end() :]}"
    hour, minute = int(found["hour"]), found["minute"]
    minutes = 30 if minute == "ruoi" else int(minute or 0)
    if (hour < 12 and (part in {"chieu", "toi"} or (part == "dem" and hour >= 7))) or (
        part == "trua" and hour <= 3
    ):
        hour += 12
    elif part == "sang" and hour > 11:
        raise NotATime("impossible", text)
    elif part == "dem" and hour == 12:
        raise NotATime("open", text)  # of which of two days?
    if hour > 23 or minutes > 59:
        raise NotATime("impossible", text)
    return True, time(hour, minutes), rest


def _repeats(rest: str, text: str) -> tuple[str, str] | None:
    """The rule of something repeated and the words without it."""
    if monthly := _MONTHLY.search(rest) or _MONTHLY_FIRST.search(rest):
        day = int(monthly["day"])
        if not 1 <= day <= 28:  # not every month has the others
            raise NotATime("impossible", text)
        return f"monthly:{day}", rest.replace(monthly[0], " ")
    if (weekly := _WEEKLY.search(rest)) and (named := _WEEKDAY.search(rest)):
        rest = rest.replace(weekly[0], " ").replace(named[0], " ")
        return f"weekly:{_weekday(named)}", rest
    if daily := _DAILY.search(rest):
        return "daily", rest.replace(daily[0], " ")
    return None


def _first(repeats: str, at: time, local: datetime) -> datetime:
    kind, _, number = repeats.partition(":")
    for ahead in range(62):
        day = local.date() + timedelta(days=ahead)
        fits = {
            "daily": True,
            "weekly": str(day.weekday()) == number,
            "monthly": str(day.day) == number,
        }[kind]
        moment = datetime.combine(day, at, local.tzinfo)
        if fits and moment > local:
            return moment
    raise NotATime("impossible", repeats)


def _day(rest: str, today: date, text: str) -> tuple[date | None, str]:
    """The day named, if any, and the words without it."""
    back = timedelta()
    if before := _BEFORE.search(rest):
        days = before["days"]
        back = timedelta(days=_COUNTS.get(days) or int(days))
        rest = rest.replace(before[0], " ")
    if found := _ISO.search(rest) or _DATE.search(rest):
        rest = rest.replace(found[0].rstrip("t "), " ").strip("t ")
        try:
            day = date(int(found["year"] or today.year), int(found["month"]), int(found["day"]))
            if not found["year"] and day - back < today:
                day = day.replace(year=today.year + 1)
        except ValueError as fault:
            raise NotATime("impossible", text) from fault
        return day - back, rest
    if back:
        raise NotATime("unknown", text)
    if named := _WEEKDAY.search(rest):
        rest = rest.replace(named[0], " ")
        monday = today - timedelta(days=today.weekday())
        if next_week := re.search(r"\btuan sau\b", rest):
            rest = rest.replace(next_week[0], " ")
            return monday + timedelta(days=7 + _weekday(named)), rest
        if "tuan nay" in rest:
            return monday + timedelta(days=_weekday(named)), rest.replace("tuan nay", " ")
        return today + timedelta(days=(_weekday(named) - today.weekday()) % 7 or 7), rest
    for words, ahead in _DAYS.items():
        if found := re.search(rf"\b{words}\b", rest):
            return today + timedelta(days=ahead), rest.replace(found[0], " ")
    return None, rest


def _weekday(named: re.Match[str]) -> int:
    return 6 if named["sunday"] else _WEEKDAYS[named["day"]]
