"""The calendar of notices: a month as a table, and what was sent, is due or is repeated each day.

All days and hours are Vietnam's.
"""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aiohttp import web

from content.screens import shorten
from content.texts import Texts
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_words import IN_LIST, NoticeWords
from handlers.staff.door import Door
from handlers.staff.notice_list import sight_of
from storage.broadcasts import Broadcast, Phase
from storage.database import Database
from storage.notice_lists import NoticeLists

ADDRESS = "/staff/notices/calendar"
MOST = 400
"""Times of one repeated notice that are looked at."""

NextTime = Callable[[str, datetime], datetime | None]


class Entry(NamedTuple):
    """A notice at a time of its day."""

    id: int
    clock: str
    words: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the table; `month` says that it is of the month that is shown."""

    day: date
    month: bool
    today: bool
    name: str
    entries: tuple[Entry, ...] = ()


class NoticeCalendar:
    """Shows a month."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        texts: Texts,
        words: NoticeWords,
        rights: NoticeRights,
        next_time: NextTime,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        """`next_time` gives the next time of a rule of repeating after that time."""
        self._door = door
        self._database = database
        self._texts = texts
        self._words = words
        self._rights = rights
        self._next_time = next_time
        self._zone = zone
        self._clock = clock
        self._lists = NoticeLists()

    async def show(self, request: web.Request) -> web.Response:
        """The month that the address names, else this one."""
        staff = await self._door.staff(request)
        today = self._clock().astimezone(self._zone).date()
        first = _month(request.query.get("month", "")) or today.replace(day=1)
        after = _following(first)
        since, until = self._midnight(first), self._midnight(after)
        async with self._database.read() as tx:
            sight = sight_of(staff, self._rights)
            found = await self._lists.between(tx, sight, since=since, until=until)
        on: dict[date, list[tuple[datetime, Entry]]] = {}
        for it in found:
            for at in self._times(it, since, until):
                local = at.astimezone(self._zone)
                on.setdefault(local.date(), []).append((at, self._entry(it, local)))
        weeks = [
            [self._day(day, first, today, on) for day in week]
            for week in Calendar().monthdatescalendar(first.year, first.month)
        ]
        return self._door.page(
            "notice_calendar.html", staff=staff, weeks=weeks,
            title=self._texts("staff.calendar.month", month=first.month, year=first.year),
            weekdays=[self._texts(f"notice.weekday.{number}") for number in range(7)],
            days=[day for week in weeks for day in week if day.entries],
            before=f"{ADDRESS}?month={first - timedelta(days=1):%Y-%m}",
            after=f"{ADDRESS}?month={after:%Y-%m}", now=ADDRESS,
        )  # fmt: skip

    def _times(self, it: Broadcast, since: datetime, until: datetime) -> Iterator[datetime]:
        """When it began, or when it is to go out, within the month."""
        at = it.started_at or it.draft.due_at
        for _ in range(MOST):
            if at is None or at >= until:
                return
            if at >= since:
                yield at
            if it.started_at is not None or not it.draft.repeats:
                return
            at = self._next_time(it.draft.repeats, max(at, since - timedelta(seconds=1)))

    def _day(
        self, day: date, first: date, today: date, on: dict[date, list[tuple[datetime, Entry]]]
    ) -> Day:
        weekday = self._texts(f"notice.weekday.{day.weekday()}")
        name = self._texts("staff.calendar.day", weekday=weekday, day=day.day, month=day.month)
        blank = Day(day, day.month == first.month, day == today, name)
        entries = sorted(on.get(day, ()), key=lambda one: (one[0], one[1].id))
        return replace(blank, entries=tuple(e for _, e in entries)) if blank.month else blank

    def _entry(self, it: Broadcast, local: datetime) -> Entry:
        state = self._words.state(it)
        if it.draft.repeats and it.phase is not Phase.PAUSED:
            rule = it.draft.repeats.partition("@")[0].partition(":")[0]
            state = f"{state}, {self._texts(f'notice.rule.{rule}')}"
        text = shorten(" ".join(it.draft.headline.split()), IN_LIST)
        words = self._texts("notice.line", id=it.id, state=state, text=text)
        return Entry(it.id, f"{local.hour}:{local.minute:02}", words)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone).astimezone(UTC)


def _month(typed: str) -> date | None:
    """The first day of a month as its address names it: 2026-11. None for anything else."""
    try:
        day = date.fromisoformat(f"{typed}-01")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 9000 else None


def _following(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
