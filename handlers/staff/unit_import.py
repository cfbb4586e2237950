"""The desk for lists of units: taken in from a spreadsheet after a look at what it would do, and
given away, to fill in or as they are.

Between the look and the yes the rows travel in the page, and nothing is kept: the yes reads and
checks them anew, and does nothing if units changed meanwhile.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import zlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from content.texts import Texts
from handlers.staff.door import Door
from handlers.staff.downloads import draft, sent
from handlers.staff.staff import Right, Staff
from handlers.unit_changes import UnitChanges
from handlers.unit_files import LARGEST, MOST_ROWS, Reason, Sheet, Unreadable, read
from handlers.unit_sheet import COLUMNS, Plan, UnitSheets
from handlers.unit_words import change_said, column_name, fault_said, rows_of, written
from handlers.units import Units
from storage.audit import Kind, Verb
from storage.database import Database
from storage.units import UnitBook, UnitChanged

ADDRESS = "/staff/units/import"
SHOWN = 50
"""So many faults, new units and changes are named; the others are counted."""

FORM = LARGEST + 64 * 1024
"""So large may a form be that holds a file."""

UNPACKED = 4 * LARGEST


class UnitImport:
    """Reads lists for who may change units, of their own."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        changes: UnitChanges,
        texts: Texts,
        in_files: Texts,
        units: Units,
        fresh: Callable[[], Awaitable[None]],
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        """`in_files` are the texts of lists that come and go; `fresh` sees what was changed of the
        units, by whichever process."""
        self._door = door
        self._database = database
        self._changes = changes
        self._texts = texts
        self._in_files = in_files
        self._units = units
        self._fresh = fresh
        self._zone = zone
        self._clock = clock
        self._book = UnitBook()
        self._sheets = UnitSheets(in_files)
        self._one_at_a_time = asyncio.Semaphore()

    async def show(self, request: web.Request) -> web.Response:
        """How a list has to look, and where to hand one in."""
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.SETTINGS)
        return self._page(staff)

    async def look(self, request: web.Request) -> web.Response:
        """What a file would do, or what is wrong with it; nothing is done."""
        staff, content = await self._given(request)
        if not content:
            return self._page(staff, Reason.EMPTY)
        try:
            async with self._one_at_a_time:
                sheet = await asyncio.to_thread(read, content)
        except Unreadable as unreadable:
            return self._page(staff, unreadable.reason)
        plan, seen = await self._plan(staff, sheet)
        return self._preview(staff, sheet, plan, seen)

    async def confirm(self, request: web.Request) -> web.Response:
        """Do what was looked at."""
        request = await self._roomy(request)
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.SETTINGS)
        try:
            sheet = _unpacked(form.get("table", ""))
        except ValueError:
            return self._page(staff, Reason.BROKEN)
        plan, seen = await self._plan(staff, sheet)
        if form.get("seen", "") != str(seen) or not plan.does:
            return self._preview(staff, sheet, plan, seen, again=True)
        try:
            async with self._database.begin() as tx:
                await self._changes.carry_out(tx, plan, seen=seen, by=staff.id)
        except UnitChanged:
            plan, seen = await self._plan(staff, sheet)
            return self._preview(staff, sheet, plan, seen, again=True)
        await self._fresh()
        return web.Response(status=303, headers={"Location": "/staff/units?done=imported"})

    async def template(self, request: web.Request) -> web.StreamResponse:
        """A list to fill in."""
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.SETTINGS)
        return await self._send(request, [], self._in_files("units.file_name.template"))

    async def export(self, request: web.Request) -> web.StreamResponse:
        """All units of theirs."""
        await self._fresh()  # first: what is theirs depends on it
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.SETTINGS)
        rows = rows_of(unit for unit in self._units if staff.covers(unit.code))
        async with self._database.begin() as tx:
            await self._door.note(tx, staff, Verb.EXPORTED, Kind.UNIT, "", unit=staff.unit)
        return await self._send(request, rows, self._in_files("units.file_name.export"))

    async def _given(self, request: web.Request) -> tuple[Staff, bytes]:
        """Who handed in which file. What is too large is not read."""
        request = await self._roomy(request)
        try:
            staff, _ = await self._door.posted(request)
        except web.HTTPRequestEntityTooLarge:
            staff = await self._door.staff(request)
            return staff, b" " * (LARGEST + 1)
        self._door.need_anywhere(staff, Right.SETTINGS)
        file = (await request.post()).get("file")
        if not isinstance(file, web.FileField):
            return staff, b""
        return staff, await asyncio.to_thread(file.file.read, LARGEST + 1)

    async def _roomy(self, request: web.Request) -> web.Request:
        """The same request, with room for a file if whoever sends it may hand one in."""
        staff = await self._door.who(request)
        if staff is None or not staff.has(Right.SETTINGS):
            return request
        return request.clone(client_max_size=FORM)

    async def _plan(self, staff: Staff, sheet: Sheet) -> tuple[Plan, int]:
        """What the list would do now, and at which revision."""
        async with self._database.read() as tx:
            seen = await self._book.revision(tx)
            kept = {unit.code: unit for unit in await self._book.all(tx)}
        await self._fresh()
        plan = await asyncio.to_thread(
            self._sheets.plan, sheet, kept=kept, units=self._units, own=staff.unit,
            today=self._clock().astimezone(self._zone).date(),
        )  # fmt: skip
        return plan, seen

    def _preview(
        self, staff: Staff, sheet: Sheet, plan: Plan, seen: int, *, again: bool = False
    ) -> web.Response:
        return self._door.page(
            "unit_preview.html", staff=staff, status=422 if plan.faults else 200, plan=plan,
            again=again, seen=seen, table=_packed(sheet) if plan.does else "", shown=SHOWN,
            faults=[fault_said(self._texts, one) for one in plan.faults[:SHOWN]],
            new=[(one, self._name_of(one.parent, plan)) for one in plan.new[:SHOWN]],
            changed=[(one.new, change_said(self._texts, one)) for one in plan.changed[:SHOWN]],
        )  # fmt: skip

    def _name_of(self, code: str, plan: Plan) -> str:
        if unit := self._units.get(code):
            return unit.name
        return next((one.name for one in plan.new if one.code == code), "")

    def _page(self, staff: Staff, reason: Reason | None = None) -> web.Response:
        problem = self._texts(
            f"units.file.{reason}", megabytes=LARGEST // 1024**2, rows=MOST_ROWS
        ) if reason else ""  # fmt: skip
        return self._door.page(
            "unit_import.html", staff=staff, status=422 if reason else 200, problem=problem,
            columns=[(column_name(self._in_files, name), self._texts(f"units.meaning.{name}"))
                     for name in COLUMNS],
        )  # fmt: skip

    async def _send(
        self, request: web.Request, rows: list[list[str]], name: str
    ) -> web.StreamResponse:
        ending = request.match_info["ending"]
        content = await asyncio.to_thread(written, rows, ending, self._in_files)
        async with draft() as file:
            await asyncio.to_thread(file.write, content)
            return await sent(request, file, f"{name}.{ending}")


def _packed(sheet: Sheet) -> str:
    rows = json.dumps(sheet.rows, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(zlib.compress(rows)).decode()


def _unpacked(table: str) -> Sheet:
    """What `_packed` made. Raises ValueError for anything else."""
    try:
        packed = base64.urlsafe_b64decode(table.encode("ascii"))
        rows = json.loads(zlib.decompressobj().decompress(packed, UNPACKED))
        found = tuple((int(number), tuple(map(str, cells))) for number, cells in rows)
    except (binascii.Error, zlib.error, TypeError, RecursionError, OverflowError) as fault:
        raise ValueError(table[:20]) from fault
    if not found or len(found) > MOST_ROWS:
        raise ValueError(table[:20])
    return Sheet(found)
