"""The desk for days off: on them no notices go out, nobody is reminded, and no answer is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aiohttp import web

from content.texts import Texts
from handlers.periods import day_in
from handlers.staff.door import Door
from handlers.staff.forms import Form
from handlers.staff.staff import Right, Staff
from handlers.unit_changes import UnitChanges
from handlers.working_days import DaysOff
from storage.database import Database
from storage.units import LONGEST_DAY, UnitBook

ADDRESS = "/staff/days-off"
DONE = {"added": "staff.days.added", "removed": "staff.days.removed"}
MOST_DAYS = 31
"""At once."""


class BadDays(Exception):
    """`key` is the text that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Day(NamedTuple):
    """A day off as the page shows it; `code` is empty for one of the settings file."""

    code: str
    day: str
    name: str


class DaysOffDesk:
    """Shows the days to all who may change settings; they are the whole installation's."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        changes: UnitChanges,
        texts: Texts,
        off: DaysOff,
        silent: DaysOff,
        fresh: Callable[[], Awaitable[None]],
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        """`off` are days on which offices are closed, `silent` those without notices; `fresh` sees
        what changed."""
        self._door = door
        self._database = database
        self._changes = changes
        self._texts = texts
        self._off, self._silent = off, silent
        self._fresh = fresh
        self._zone = zone
        self._clock = clock
        self._book = UnitBook()

    async def show(self, request: web.Request) -> web.Response:
        """Those from today on."""
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.SETTINGS)
        done = DONE.get(request.query.get("done", ""), "")
        return await self._page(staff, notice=self._texts(done) if done else "")

    async def add(self, request: web.Request) -> web.Response:
        """One day, or all from one to another."""
        staff, form = await self._door.posted(request)
        self._door.need(staff, Right.SETTINGS)
        try:
            days, name = self._typed(form)
        except BadDays as bad:
            return await self._page(staff, problem=self._texts(bad.key, most=MOST_DAYS))
        async with self._database.begin() as tx:
            await self._changes.add_days_off(tx, days, name, by=staff.id)
        await self._fresh()
        return _to(f"{ADDRESS}?done=added")

    async def remove(self, request: web.Request) -> web.Response:
        """It is a day as others."""
        staff, form = await self._door.posted(request)
        self._door.need(staff, Right.SETTINGS)
        if day := day_in(form.get("day", "")):
            async with self._database.begin() as tx:
                await self._changes.remove_day_off(tx, day, by=staff.id)
            await self._fresh()
        return _to(f"{ADDRESS}?done=removed")

    def _typed(self, form: Form) -> tuple[list[date], str]:
        """Raises BadDays."""
        first = day_in(form.get("first", ""))
        last = day_in(form.get("last", "")) or first
        name = " ".join(form.get("name", "").split())
        if first is None or last is None or not 0 <= (last - first).days < MOST_DAYS:
            raise BadDays("staff.days.bad")
        if first < self._today():
            raise BadDays("staff.days.past")
        if not 0 < len(name) <= LONGEST_DAY:
            raise BadDays("staff.days.nameless")
        return [first + timedelta(days=n) for n in range((last - first).days + 1)], name

    async def _page(self, staff: Staff, *, notice: str = "", problem: str = "") -> web.Response:
        today = self._today()
        async with self._database.read() as tx:
            kept = await self._book.days_off(tx)
        days = [Day(day.isoformat(), self._words(day), name)
                for day, name in kept.items() if day >= today]  # fmt: skip
        return self._door.page(
            "days_off.html", staff=staff, status=422 if problem else 200, days=days,
            of_file=[self._words(day) for day in sorted(self._off.always) if day >= today],
            silent=[self._words(day) for day in sorted(self._silent.always) if day >= today],
            today=today.isoformat(), notice=notice, problem=problem, changes=staff.everywhere,
        )  # fmt: skip

    def _words(self, day: date) -> str:
        weekday = self._texts(f"staff.calendar.weekday.{day.weekday()}")
        return f"{weekday} {day:%d/%m/%Y}"

    def _today(self) -> date:
        return self._clock().astimezone(self._zone).date()


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})
