"""The desk where one unit is changed: its office, its numbers for people in danger; added, removed.

What stands in the settings file is not changed here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from content.texts import Texts
from handlers.periods import day_in
from handlers.staff.door import Door
from handlers.staff.forms import Form
from handlers.staff.staff import Right, Staff
from handlers.staff.unit_choice import Offered
from handlers.unit_changes import UnitChanges, UnitInUse
from handlers.unit_rules import DANGERS, DEEPEST, FACTS, faults_of
from handlers.unit_sheet import Change
from handlers.unit_words import field_name, wrong
from handlers.units import Source, Units
from storage.database import Database
from storage.units import KeptUnit, UnitBook, UnitChanged

ADDRESS = "/staff/units"
NEW = "/staff/new-unit"


@dataclass(frozen=True, slots=True)
class Typed:
    """A unit as it was typed, and what is wrong: the ending of a text's key, by the field."""

    unit: KeptUnit
    faults: Mapping[str, str] = field(default_factory=dict)


class UnitEditing:
    """Changes units of one's own. Whoever has a unit adds below it, and moves none."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        changes: UnitChanges,
        texts: Texts,
        units: Units,
        fresh: Callable[[], Awaitable[None]],
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        """`fresh` sees what was changed of the units, by whichever process."""
        self._door = door
        self._database = database
        self._changes = changes
        self._texts = texts
        self._units = units
        self._fresh = fresh
        self._zone = zone
        self._clock = clock
        self._book = UnitBook()

    async def show(self, request: web.Request) -> web.Response:
        """The forms of one unit."""
        staff = await self._staff(request)
        return self._page(staff, Typed(await self._find(staff, request)))

    async def save(self, request: web.Request) -> web.Response:
        """Its name, and what people are told of its office."""
        staff, form = await self._posted(request)
        old = await self._find(staff, request)
        new = replace(old, **_words(form, ("name", *FACTS)))
        return await self._change(staff, form, old, new)

    async def numbers(self, request: web.Request) -> web.Response:
        """Its numbers for people in danger, with the day on which somebody dialled them."""
        staff, form = await self._posted(request)
        old = await self._find(staff, request)
        told = _words(form, DANGERS)
        crisis = {danger: number for danger, number in told.items() if number}
        confirmed = day_in(form.get("confirmed", "")) if crisis else None
        return await self._change(
            staff, form, old, replace(old, crisis=crisis, confirmed=confirmed)
        )

    async def remove(self, request: web.Request) -> web.Response:
        """It is gone, if there is nothing of it."""
        staff, _ = await self._posted(request)
        unit = await self._find(staff, request)
        if unit.code == staff.unit:
            return self._page(staff, Typed(unit), problem=self._texts("staff.units.own"))
        try:
            async with self._database.begin() as tx:
                await self._changes.remove(tx, unit, by=staff.id)
        except UnitInUse as used:
            told = ", ".join(
                self._texts(f"staff.units.use.{name}", count=count)
                for name, count in used.uses.items()
            )
            problem = self._texts("staff.units.in_use", uses=told)
            return self._page(staff, Typed(unit), problem=problem)
        await self._fresh()
        return _to(f"{ADDRESS}?done=removed")

    async def new(self, request: web.Request) -> web.Response:
        """The form for a unit that there is not yet."""
        staff = await self._staff(request)
        self._door.need_anywhere(staff, Right.SETTINGS)
        parent = self._units.get(request.query.get("unit", "") or staff.unit)
        inside = parent.code if parent and staff.covers(parent.code) else staff.unit
        return self._form(staff, Typed(KeptUnit("", "", inside)))

    async def add(self, request: web.Request) -> web.Response:
        """A new unit, without more than its name and what stands above it."""
        staff, form = await self._posted(request)
        self._door.need_anywhere(staff, Right.SETTINGS)
        told = _words(form, ("code", "name", "parent"))
        unit = KeptUnit(told["code"].casefold(), told["name"], told["parent"])
        faults = dict(faults_of(unit, self._today()))
        if self._units.get(unit.code) is not None:
            faults["code"] = "taken"
        if unit.parent not in self._parents(staff):
            faults["parent"] = "no_parent"
        elif len(self._units.line(unit.parent)) >= DEEPEST:
            faults["parent"] = "deep"
        if faults:
            return self._form(staff, Typed(unit, faults))
        try:
            async with self._database.begin() as tx:
                await self._changes.add(tx, unit, by=staff.id)
        except UnitChanged:
            return self._form(staff, Typed(unit, {"code": "taken"}))
        await self._fresh()
        return _to(f"{ADDRESS}?unit={unit.code}&done=added")

    async def _staff(self, request: web.Request) -> Staff:
        await self._fresh()  # first: what is theirs depends on it
        return await self._door.staff(request)

    async def _posted(self, request: web.Request) -> tuple[Staff, Form]:
        await self._fresh()
        return await self._door.posted(request)

    async def _change(self, staff: Staff, form: Form, old: KeptUnit, new: KeptUnit) -> web.Response:
        if faults := faults_of(new, self._today()):
            return self._page(staff, Typed(new, faults))
        seen = form.get("seen", "")
        if seen != str(old.version):
            return self._page(staff, Typed(old), problem=self._texts("staff.units.changed"))
        if new != old:
            try:
                async with self._database.begin() as tx:
                    await self._changes.edit(tx, Change(old, new), by=staff.id)
            except UnitChanged:
                unit = await self._kept(old.code) or old
                return self._page(staff, Typed(unit), problem=self._texts("staff.units.changed"))
            await self._fresh()
        return _to(f"{ADDRESS}?unit={old.code}&done=edited")

    async def _find(self, staff: Staff, request: web.Request) -> KeptUnit:
        """The unit of the address. Raises HTTPForbidden, and HTTPNotFound for another's and for
        one of the settings file."""
        self._door.need_anywhere(staff, Right.SETTINGS)
        known = self._units.get(request.match_info["unit"])
        if known is None or known.source is not Source.KEPT or not staff.covers(known.code):
            raise self._door.gone(staff)
        kept = await self._kept(known.code)
        if kept is None:
            raise self._door.gone(staff)
        return kept

    async def _kept(self, code: str) -> KeptUnit | None:
        async with self._database.read() as tx:
            return await self._book.get(tx, code)

    def _page(self, staff: Staff, typed: Typed, *, problem: str = "") -> web.Response:
        unit = typed.unit
        return self._door.page(
            "unit_edit.html", staff=staff, status=self._status(typed, problem), unit=unit,
            problem=problem, wrong=self._wrong(typed),
            facts=[(name, field_name(self._texts, name), getattr(unit, name)) for name in FACTS],
            dangers=[(name, field_name(self._texts, name), unit.crisis.get(name, ""))
                     for name in DANGERS],
            today=self._today().isoformat(),
        )  # fmt: skip

    def _form(self, staff: Staff, typed: Typed) -> web.Response:
        return self._door.page(
            "unit_new.html", staff=staff, status=self._status(typed, ""), unit=typed.unit,
            wrong=self._wrong(typed), parents=self._parents(staff),
        )  # fmt: skip

    def _status(self, typed: Typed, problem: str) -> int:
        return 409 if problem else 422 if typed.faults else 200

    def _wrong(self, typed: Typed) -> dict[str, str]:
        return {
            name: f"{field_name(self._texts, name)}: "
            + wrong(self._texts, key, str(getattr(typed.unit, name, "")))
            for name, key in typed.faults.items()
        }

    def _parents(self, staff: Staff) -> Offered:
        """Below which units they may add one; below none only who sees to the whole house."""
        top = "" if staff.unit else self._texts("staff.units.top")
        return Offered.of((u for u in self._units if staff.covers(u.code)), top)

    def _today(self) -> date:
        return self._clock().astimezone(self._zone).date()


def _words(form: Form, names: tuple[str, ...]) -> dict[str, Any]:
    """What was typed, in one line each, with composed letters."""
    return {
        name: " ".join(unicodedata.normalize("NFC", form.get(name, "")).split()) for name in names
    }


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})
