"""The desk for units: what each office's people are told, what is missing, and which numbers for
people in danger have to be dialled again. It shows; `unit_editing` and `unit_import` change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aiohttp import web

from content.texts import Texts
from handlers.staff.door import Door
from handlers.staff.staff import Right, Staff
from handlers.unit_rules import FACTS
from handlers.units import Hotlines, Source, Unit, Units

ADDRESS = "/staff/units"
WANTED = ("office_address", "office_hours", "office_phone", "contact")
"""Without these an answer can only say "at the commune's office"."""

WARN_BEFORE = timedelta(days=30)
MOST_WARNINGS = 50
PAGE = 100
DONE = {
    "edited": "staff.units.edited",
    "added": "staff.units.added",
    "removed": "staff.units.removed",
    "imported": "staff.units.imported",
}


class Confirmed(StrEnum):
    """How it stands with a unit's numbers for people in danger."""

    NONE = "none"
    WELL = "well"
    ENDING = "ending"
    OVER = "over"
    NOT_YET = "not_yet"


class Fact(NamedTuple):
    """One thing that people are told; empty if nobody said it. `of` names another unit's."""

    name: str
    told: str
    of: str


@dataclass(frozen=True, slots=True)
class Place:
    """A unit in words. `missing` are names of facts that neither it nor any above it has."""

    code: str
    name: str
    missing: tuple[str, ...]
    confirmed: Confirmed
    inside: int
    source: Source


def confirmed(hotlines: Hotlines, today: date) -> Confirmed:
    """How it stands on Vietnam's day `today`."""
    if not hotlines.numbers:
        return Confirmed.NONE
    if hotlines.confirmed > today:
        return Confirmed.NOT_YET
    if hotlines.last_day < today:
        return Confirmed.OVER
    return Confirmed.ENDING if hotlines.last_day - today <= WARN_BEFORE else Confirmed.WELL


class UnitDesk:
    """Shows units of one's own, from the highest down."""

    def __init__(
        self,
        *,
        door: Door,
        texts: Texts,
        units: Units,
        fresh: Callable[[], Awaitable[None]],
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        """`fresh` sees what other processes changed of the units."""
        self._door = door
        self._fresh = fresh
        self._texts = texts
        self._units = units
        self._zone = zone
        self._clock = clock

    async def show(self, request: web.Request) -> web.Response:
        """One unit with those right below it; without one, the highest that are theirs."""
        await self._fresh()  # first: what is theirs depends on it
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.SETTINGS)
        code = request.query.get("unit", "") or staff.unit
        unit = self._units.get(code)
        if code and (unit is None or not staff.covers(unit.code)):
            raise self._door.gone(staff)
        today = self._today()
        everywhere = self._units.common if unit is None else None
        hotlines = unit.hotlines if unit else self._units.common
        above = self._units.get(unit.parent) if unit else None
        inside, more = self._inside(unit, staff, request.query.get("after", ""))
        done = DONE.get(request.query.get("done", ""), "")
        return self._door.page(
            "units.html", staff=staff, unit=unit, facts=self._facts(unit) if unit else [],
            above=above if above and staff.covers(above.code) else None,
            inside=[self._place(one, today) for one in inside], more=more,
            notice=self._texts(done) if done else "",
            numbers=sorted(hotlines.numbers.items()), hotlines=hotlines, everywhere=everywhere,
            confirmed=confirmed(hotlines, today),
            day=f"{hotlines.confirmed:%d/%m/%Y}" if hotlines.numbers else "",
            last=f"{hotlines.last_day:%d/%m/%Y}" if hotlines.numbers else "",
            warned=self._warned(staff)[:MOST_WARNINGS],
        )  # fmt: skip

    def warnings(self, staff: Staff) -> int:
        """Of how many of their units somebody has to dial the numbers again."""
        return len(self._warned(staff)) if staff.has(Right.SETTINGS) else 0

    def _warned(self, staff: Staff) -> list[tuple[str, str, Confirmed]]:
        """Code, name and state; the whole house's numbers come first, without a code."""
        today = self._today()
        common = ("", self._texts("staff.whole"), confirmed(self._units.common, today))
        of_units = [(u.code, u.name, confirmed(u.hotlines, today)) for u in self._units]
        well = {Confirmed.NONE, Confirmed.WELL}
        theirs = [one for one in [common, *of_units] if one[2] not in well]
        return [one for one in theirs if staff.covers(one[0])]

    def _inside(self, unit: Unit | None, staff: Staff, after: str) -> tuple[list[Unit], str]:
        """One page of the units right below, and the code after which the next one begins."""
        theirs = [one for one in self._units.inside(unit.code if unit else "")
                  if staff.covers(one.code)]  # fmt: skip
        begin = next((n for n, one in enumerate(theirs, 1) if one.code == after), 0)
        page = theirs[begin : begin + PAGE]
        return page, page[-1].code if begin + PAGE < len(theirs) else ""

    def _facts(self, unit: Unit) -> list[Fact]:
        told = self._units.local(unit.code)
        line = self._units.line(unit.code)
        found = []
        for name in FACTS:
            value = getattr(told, name)
            giver = next((one for one in line if getattr(one.local, name)), unit)
            found.append(Fact(name, value, "" if giver is unit else giver.name))
        return found

    def _place(self, unit: Unit, today: date) -> Place:
        told = self._units.local(unit.code)
        missing = tuple(name for name in WANTED if not getattr(told, name))
        inside = len(self._units.inside(unit.code))
        state = confirmed(unit.hotlines, today)
        return Place(unit.code, unit.name, missing, state, inside, unit.source)

    def _today(self) -> date:
        return self._clock().astimezone(self._zone).date()
