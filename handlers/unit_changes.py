"""Changes of units and days off that are kept in the database, each with its line in the audit log.

Whether somebody may do so is decided before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime

from handlers.unit_rules import differences
from handlers.unit_sheet import Change, Plan
from storage.audit import Audit, Kind, Verb
from storage.database import Transaction
from storage.units import KeptUnit, UnitBook, UnitChanged

LONGEST_TOLD = 85
"""Letters of what something was, and of what it is: the log holds two hundred in all."""

Note = tuple[Verb, Kind, str, str, str]


class UnitInUse(Exception):
    """Something is of the unit; `uses` counts it, by what."""

    def __init__(self, uses: Mapping[str, int]) -> None:
        super().__init__(", ".join(uses))
        self.uses = uses


class UnitChanges:
    """Carries out what was decided. `by` is an official's number, None a command's own word.
    What finds something else than it was decided about raises UnitChanged."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._book = UnitBook()
        self._audit = Audit()

    async def carry_out(self, tx: Transaction, plan: Plan, *, seen: int, by: int | None) -> None:
        """All of a list, decided at the revision `seen`."""
        at = self._clock()
        await self._book.take_turn(tx, seen)
        await self._book.add(tx, plan.new, at=at)
        for change in plan.changed:
            await self._book.change(tx, change.new, at=at)
        notes = [_added(one) for one in plan.new]
        notes += [note for change in plan.changed for note in _edited(change)]
        await self._audit.note_all(tx, notes, by=by, at=at)

    async def add(self, tx: Transaction, unit: KeptUnit, *, by: int | None) -> None:
        """A new unit. Raises UnitChanged when its code is somebody's by now."""
        await self._book.take_turn(tx)
        if await self._book.get(tx, unit.code) is not None:
            raise UnitChanged
        at = self._clock()
        await self._book.add(tx, [unit], at=at)
        await self._audit.note_all(tx, [_added(unit)], by=by, at=at)

    async def edit(self, tx: Transaction, change: Change, *, by: int | None) -> None:
        """One unit."""
        at = self._clock()
        await self._book.take_turn(tx)
        await self._book.change(tx, change.new, at=at)
        await self._audit.note_all(tx, list(_edited(change)), by=by, at=at)

    async def remove(self, tx: Transaction, unit: KeptUnit, *, by: int | None) -> None:
        """A unit of which there is nothing. Raises UnitInUse."""
        await self._book.take_turn(tx)
        if uses := await self._book.uses(tx, unit.code):
            raise UnitInUse(uses)
        await self._book.remove(tx, unit.code)
        note = (Verb.DELETED, Kind.UNIT, unit.code, unit.code, unit.name)
        await self._audit.note_all(tx, [note], by=by, at=self._clock())

    async def add_days_off(
        self, tx: Transaction, days: Iterable[date], name: str, *, by: int | None
    ) -> int:
        """Those of the days that are none yet; how many."""
        await self._book.take_turn(tx)
        known = await self._book.days_off(tx)
        new = [day for day in days if day not in known]
        if new:
            await self._book.add_days_off(tx, dict.fromkeys(new, name))
        notes = [(Verb.ADDED, Kind.DAY_OFF, day.isoformat(), "", name) for day in new]
        await self._audit.note_all(tx, notes, by=by, at=self._clock())
        return len(new)

    async def remove_day_off(self, tx: Transaction, day: date, *, by: int | None) -> None:
        """It is a day as others; nothing happens if it was one already."""
        await self._book.take_turn(tx)
        name = await self._book.remove_day_off(tx, day)
        if name is not None:
            note = (Verb.DELETED, Kind.DAY_OFF, day.isoformat(), "", name)
            await self._audit.note_all(tx, [note], by=by, at=self._clock())


def _added(unit: KeptUnit) -> Note:
    return Verb.ADDED, Kind.UNIT, unit.code, unit.code, unit.name


def _edited(change: Change) -> Iterable[Note]:
    code = change.new.code
    for name, old, new in differences(change.old, change.new):
        told = f"{name}: {_short(old)} → {_short(new)}"
        yield Verb.EDITED, Kind.UNIT, code, code, told


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TOLD else f"{text[: LONGEST_TOLD - 1]}…"
