"""The desk for exports: the list as it is filtered, as a file, without what identifies somebody.

The address says what is wanted, as the list's does; the server keeps it to what they may see. Rows
come in batches, each read by itself: a slow browser holds nothing up, and a long list never stands
in memory. With names it goes to those alone who may, for a reason; both stand in the audit log.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from aiohttp import web

from content.texts import Texts
from handlers.casework import Casework
from handlers.errands import VIETNAM
from handlers.exports import MOST_ROWS, Columns, CsvSheet, JsonLines, Sheet, Value, Workbook
from handlers.staff.case_query import Query, has_words
from handlers.staff.door import Door
from handlers.staff.downloads import begun, draft, sent
from handlers.staff.forms import Cannot, reason
from handlers.staff.staff import Right, Staff
from handlers.units import Units
from storage.audit import Kind, Verb
from storage.case_lists import Sight
from storage.case_rows import CaseRow, rows_of
from storage.case_search import CaseSearch, Wanted
from storage.database import Database

FORMS = ("xlsx", "csv", "jsonl")
BATCH = 500


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported: whose sight it keeps to, how it stood at `now`, up to the case with
    the number `last`; `rows` are as many at most; `named` with what identifies somebody."""

    sight: Sight
    wanted: Wanted
    now: datetime
    rows: int
    last: int
    named: bool = False


class ExportDesk:
    """Shows how many rows there are, and writes them."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        casework: Casework,
        texts: Texts,
        written: Texts,
        units: Units,
        clock: Callable[[], datetime],
    ) -> None:
        """`written` are the texts of the files, whatever the page speaks."""
        self._door = door
        self._database = database
        self._casework = casework
        self._texts, self._in_file = texts, written
        self._units = units
        self._clock = clock
        self._search = CaseSearch()

    async def show(self, request: web.Request) -> web.Response:
        """What would be in the file, and in which forms there are files."""
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.EXPORT)
        query = self._query(staff, request.query)
        return self._page(staff, query, await self._order(staff, query))

    async def write(self, request: web.Request) -> web.StreamResponse:
        """The file. It stands in the audit log before its first letter goes out."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.EXPORT)
        query, ending = self._query(staff, form), form.get("form", "")
        named = bool(form.get("named"))
        if named:
            self._door.need_anywhere(staff, Right.IDENTIFY)
        order = await self._order(staff, query, named=named)
        try:
            if ending not in FORMS:
                raise Cannot("staff.export.no_form", 422)
            if ending == "xlsx" and order.rows > MOST_ROWS:
                raise Cannot("staff.export.too_many", 422)
            why = reason(form) if named else ""
        except Cannot as cannot:
            return self._page(staff, query, order, form=form, cannot=cannot)
        thing = f"cases-named.{ending}" if named else f"cases.{ending}"
        async with self._database.begin() as tx:
            await self._door.note(
                tx, staff, Verb.EXPORTED, Kind.LIST, thing,
                unit=query.unit or staff.unit, reason=why,
            )  # fmt: skip
        columns = Columns(unit_name=self._unit_name, now=order.now, named=named)
        name = f"viec-{order.now.astimezone(VIETNAM):%Y-%m-%d-%H%M}.{ending}"
        async with aclosing(self._rows(order, columns)) as batches:
            if ending == "xlsx":
                async with draft() as file:
                    await self._workbook(batches, file, columns)
                    return await sent(request, file, name)
            return await _streamed(request, batches, name, columns)

    async def _workbook(
        self, batches: AsyncIterator[list[list[Value]]], file: IO[bytes], columns: Columns
    ) -> None:
        sheet = await asyncio.to_thread(Workbook, file, self._in_file, columns.names)
        async for batch in batches:
            await asyncio.to_thread(_written, sheet, batch)
        await asyncio.to_thread(sheet.close)

    async def _rows(
        self, order: Order, columns: Columns
    ) -> AsyncGenerator[list[list[Value]], None]:
        """What stands in the rows, batch by batch, by the cases' numbers."""
        above = 0
        while above < order.last:
            async with self._database.read() as tx:
                page = await self._search.batch(
                    tx, order.sight, order.wanted, now=order.now,
                    above=above, last=order.last, at_most=BATCH,
                )  # fmt: skip
                if not page:
                    return
                rows = await rows_of(tx, page)
                words = order.wanted.words
                said = await self._search.texts(tx, [case.id for case in page]) if words else {}
            above = page[-1].id
            # Masking takes milliseconds a text, for which nobody else should have to wait.
            yield await asyncio.to_thread(_values, rows, said, words, columns)

    async def _order(self, staff: Staff, query: Query, *, named: bool = False) -> Order:
        sight, wanted = self._casework.sight(staff.official), query.wanted(self._units)
        now = self._clock()
        async with self._database.read() as tx:
            rows, last = await self._search.extent(tx, sight, wanted, now=now)
        if query.hidden:
            rows = last = 0
        return Order(sight, wanted, now, rows, last, named)

    def _query(self, staff: Staff, typed: Mapping[str, str]) -> Query:
        return Query.of(typed, (unit for unit in self._units if staff.covers(unit.code)))

    def _unit_name(self, code: str) -> str:
        return unit.name if (unit := self._units.get(code)) else ""

    def _page(
        self,
        staff: Staff,
        query: Query,
        order: Order,
        *,
        form: Mapping[str, str] | None = None,
        cannot: Cannot | None = None,
    ) -> web.Response:
        """With words in the query nothing is counted: how many cases have a word, told before it is
        known whether it is masked there, would tell it."""
        counted = not order.wanted.words
        key = "staff.export.rows" if counted else "staff.export.rows_with_words"
        return self._door.page(
            "export.html",
            staff=staff,
            status=cannot.status if cannot else 200,
            rows=self._texts(key, count=_shown(order.rows)),
            empty=counted and not order.rows,
            fields=query.pairs(),
            back=query.shown().address(),
            forms=FORMS,
            named=order.named,
            kept=form or {},
            problem=self._texts(cannot.key) if cannot else "",
        )


async def _streamed(
    request: web.Request,
    batches: AsyncIterator[list[list[Value]]],
    name: str,
    columns: Columns,
) -> web.StreamResponse:
    """Rows go out as they come."""
    held = io.BytesIO()
    kind = CsvSheet if name.endswith(".csv") else JsonLines
    sheet = kind(held, columns.names)
    response = await begun(request, name)
    async for batch in batches:
        await asyncio.to_thread(_written, sheet, batch)
        await response.write(_taken(held))
    sheet.close()
    await response.write(_taken(held))
    await response.write_eof()
    return response


def _taken(held: io.BytesIO) -> bytes:
    """What was written since; it is held no longer."""
    written = held.getvalue()
    held.seek(0)
    held.truncate()
    return written


def _values(
    rows: list[CaseRow],
    said: Mapping[int, Sequence[str]],
    words: tuple[str, ...],
    columns: Columns,
) -> list[list[Value]]:
    """The rows in which the words stand where they are not masked, as in the list."""
    return [
        columns.values(row)
        for row in rows
        if not words or has_words(said.get(row.case.id, ()), words)
    ]


def _written(sheet: Sheet, batch: list[list[Value]]) -> None:
    for values in batch:
        sheet.write(values)


def _shown(count: int) -> str:
    return f"{count:,}".replace(",", ".")
