"""The export of cases over the API: the file of docs/exports.md, written as it is read.

Each page is read in a transaction of its own, so that whoever reads slowly holds up nobody.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from aiohttp import hdrs, web

from handlers.exports import Columns, CsvSheet, JsonLines
from handlers.staff.api_door import ApiDoor, too_soon
from handlers.staff.api_problems import HEADERS
from handlers.staff.api_queries import ExportQuery, Form, beginning, ending
from handlers.staff.api_route import Asked
from handlers.units import Units
from storage.case_lists import CaseLists
from storage.case_rows import CaseRow, rows_of
from storage.database import Database

PAGE = 200
AGAIN = 30
"""Seconds after which a key may ask for a second file, while it still reads the first."""

MEDIA = {Form.CSV: "text/csv; charset=utf-8", Form.JSONL: "application/jsonl; charset=utf-8"}
SHEETS: dict[Form, type[CsvSheet] | type[JsonLines]] = {
    Form.CSV: CsvSheet,
    Form.JSONL: JsonLines,
}


class Interrupted(Exception):
    """The file could not be written to its end: the connection breaks off, so that nobody takes
    what came for the whole."""


class ApiExport:
    """Writes the file into the answer, one at a time for each key."""

    def __init__(
        self,
        *,
        door: ApiDoor,
        database: Database,
        units: Units,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._units = units
        self._clock = clock
        self._lists = CaseLists()
        self._reading: set[int] = set()

    async def feedback(self, asked: Asked[ExportQuery]) -> web.StreamResponse:
        """Noted in the audit log before the first row goes out. Raises Problem."""
        query, key = asked.query, asked.caller.key.id
        units = self._door.units_of(asked.caller, query.unit)
        file = web.StreamResponse(
            headers={
                hdrs.CONTENT_TYPE: MEDIA[query.format],
                hdrs.CONTENT_DISPOSITION: f'attachment; filename="feedback.{query.format.value}"',
            }
            | HEADERS
        )
        if asked.request.method == hdrs.METH_HEAD:
            await file.prepare(asked.request)
            return file
        if key in self._reading:
            raise too_soon(AGAIN, "this key reads an export already")
        self._reading.add(key)
        try:
            await self._door.note_export(asked.caller, f"feedback: {_told(query)}")
            await file.prepare(asked.request)
            await self._write(file, asked, units)
        finally:
            self._reading.discard(key)
        return file

    async def _write(
        self, file: web.StreamResponse, asked: Asked[ExportQuery], units: frozenset[str] | None
    ) -> None:
        """Raises Interrupted."""
        try:
            async for part in self._parts(asked, units):
                try:
                    await file.write(part)
                except ConnectionError:  # who read it has left
                    return
        except Exception as fault:
            # Not as the fault that it is: no other answer may follow into a file that has begun.
            raise Interrupted(type(fault).__name__) from fault
        await file.write_eof()

    async def _parts(
        self, asked: Asked[ExportQuery], units: frozenset[str] | None
    ) -> AsyncIterator[bytes]:
        """The file, piece by piece."""
        query, last = asked.query, 0
        buffer = io.BytesIO()
        sheet = SHEETS[query.format](buffer)
        columns = Columns(unit_name=self._unit_name, now=self._clock())

        def written(rows: Sequence[CaseRow]) -> bytes:
            for row in rows:
                sheet.write(columns.values(row))
            part = buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
            return part

        while True:
            async with self._database.read() as tx:
                page = await self._lists.above(
                    tx,
                    asked.caller.sight,
                    last,
                    units=units,
                    since=beginning(query.received_from),
                    until=ending(query.received_to),
                    kind=query.kind,
                    at_most=PAGE,
                )
                rows = await rows_of(tx, page)
            # Masking takes milliseconds a text, for which nobody else should have to wait.
            if part := await asyncio.to_thread(written, rows):
                yield part
            if len(page) < PAGE:
                return
            last = page[-1].id

    def _unit_name(self, code: str) -> str:
        unit = self._units.get(code)
        return unit.name if unit else ""


def _told(query: ExportQuery) -> str:
    """What was asked for, for the audit log."""
    given = query.model_dump(mode="json", exclude_none=True)
    return " ".join(f"{name}={value}" for name, value in given.items())
