"""The desk for the report of a year, or any period: a Word document and a workbook, by one button
each. What it adds up is what the command adds up, of the units and cases that somebody may see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, datetime

from aiohttp import web

from content.library import Library
from content.texts import Texts
from handlers.casework import Casework
from handlers.errands import VIETNAM
from handlers.report_document import write_document
from handlers.report_gathering import file_name, gather
from handlers.report_workbook import write_workbook
from handlers.staff.case_query import EXPORT
from handlers.staff.chosen import Chosen, NotTheirs
from handlers.staff.door import Door
from handlers.staff.downloads import draft, sent
from handlers.staff.staff import Right, Staff
from handlers.units import Units
from storage.audit import Kind, Verb
from storage.database import Database

ADDRESS = "/staff/report"
FORMS = {"docx": write_document, "xlsx": write_workbook}


class ReportDesk:
    """Shows what can be asked for, and writes it."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        casework: Casework,
        library: Library,
        texts: Texts,
        written: Texts,
        units: Units,
        clock: Callable[[], datetime],
    ) -> None:
        """`written` are the texts of the files, whatever the page speaks."""
        self._door = door
        self._database = database
        self._casework = casework
        self._library = library
        self._texts, self._in_file = texts, written
        self._units = units
        self._clock = clock

    async def show(self, request: web.Request) -> web.Response:
        """The form, filled in for this year."""
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.EXPORT)
        return self._page(staff, self._asked(staff, request.query))

    async def write(self, request: web.Request) -> web.StreamResponse:
        """One of the two files."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.EXPORT)
        asked, ending = self._asked(staff, form), form.get("form", "")
        if asked.wrong or ending not in FORMS:
            return self._page(staff, asked, status=422)
        async with self._database.begin() as tx:
            await self._door.note(
                tx, staff, Verb.EXPORTED, Kind.LIST, f"report.{ending}",
                unit=asked.code,
            )  # fmt: skip
        report = await gather(
            self._database, self._units, asked.unit, asked.period, self._clock(),
            sight=self._casework.sight(staff.official),
        )  # fmt: skip
        async with draft() as file:
            await asyncio.to_thread(
                FORMS[ending], report, file, texts=self._in_file, title_of=self._title
            )
            return await sent(request, file, file_name(report, ending))

    def _asked(self, staff: Staff, typed: Mapping[str, str]) -> Chosen:
        """Raises HTTPNotFound for a unit that is not theirs."""
        try:
            return Chosen.of(typed, staff, self._units, self._today())
        except NotTheirs as fault:
            raise self._door.gone(staff) from fault

    def _page(self, staff: Staff, asked: Chosen, *, status: int = 200) -> web.Response:
        return self._door.page(
            "report.html",
            staff=staff,
            status=status,
            exported=asked.address(EXPORT),
            leads=staff.official.leads,
            **asked.fields(ADDRESS, staff, self._units, self._texts, self._today()),
        )

    def _today(self) -> date:
        return self._clock().astimezone(VIETNAM).date()

    def _title(self, slug: str) -> str:
        cards = self._library.shelf.cards
        return cards[slug].title if slug in cards else ""
