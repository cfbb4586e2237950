"""The desk for the report of a year, or any period: a Word document and a workbook, by one button
each. What it adds up is what the command adds up, of the units and cases that somebody may see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from aiohttp import web

from content.library import Library
from content.texts import Texts
from handlers.casework import Casework
from handlers.errands import VIETNAM
from handlers.periods import Period, day_in, last_year, this_quarter, this_year
from handlers.report_document import write_document
from handlers.report_gathering import file_name, gather
from handlers.report_workbook import write_workbook
from handlers.staff.case_query import EXPORT
from handlers.staff.door import Door
from handlers.staff.downloads import draft, sent
from handlers.staff.staff import Right, Staff
from handlers.units import Unit, Units
from storage.audit import Kind, Verb
from storage.database import Database

ADDRESS = "/staff/report"
FORMS = {"docx": write_document, "xlsx": write_workbook}

PERIODS: Mapping[str, Callable[[date], Period]] = {
    "this_year": this_year,
    "last_year": last_year,
    "this_quarter": this_quarter,
}
"""What one click asks for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which unit (None: all) and time; `wrong` says that the days stand the wrong way round."""

    unit: Unit | None
    period: Period
    wrong: bool


def _days(period: Period) -> dict[str, str]:
    """As the list of cases takes them."""
    return {"first": str(period.first), "last": str(period.last)}


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
        units: Units,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._casework = casework
        self._library = library
        self._texts = texts
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
                unit=asked.unit.code if asked.unit else "",
            )  # fmt: skip
        report = await gather(
            self._database, self._units, asked.unit, asked.period, self._clock(),
            sight=self._casework.sight(staff.official),
        )  # fmt: skip
        async with draft() as file:
            await asyncio.to_thread(
                FORMS[ending], report, file, texts=self._texts, title_of=self._title
            )
            return await sent(request, file, file_name(report, ending))

    def _asked(self, staff: Staff, typed: Mapping[str, str]) -> Asked:
        """What is not said is this year until today, of their own unit. Raises HTTPNotFound for a
        unit that is not theirs."""
        today = self._clock().astimezone(VIETNAM).date()
        code = typed.get("unit", staff.unit)
        unit = self._units.get(code) if code else None
        if (code and unit is None) or not staff.covers(unit.code if unit else ""):
            raise self._door.gone(staff)
        usual = PERIODS.get(typed.get("period", ""), this_year)(today)
        first = day_in(typed.get("first", "")) or usual.first
        last = day_in(typed.get("last", "")) or usual.last
        wrong = first > last
        return Asked(unit, Period(last, first) if wrong else Period(first, last), wrong)

    def _page(self, staff: Staff, asked: Asked, *, status: int = 200) -> web.Response:
        code = asked.unit.code if asked.unit else ""
        today = self._clock().astimezone(VIETNAM).date()
        return self._door.page(
            "report.html",
            staff=staff,
            status=status,
            period=asked.period,
            unit=code,
            units=[(unit.code, unit.name) for unit in self._units if staff.covers(unit.code)],
            periods=[
                (
                    f"{ADDRESS}?{urlencode({'unit': code, 'period': name})}",
                    self._texts(f"staff.period.{name}"),
                    of(today) == asked.period,
                )
                for name, of in PERIODS.items()
            ],
            exported=f"{EXPORT}?{urlencode(_days(asked.period) | {'unit': code})}",
            leads=staff.official.leads,
            problem=self._texts("staff.period.turned") if asked.wrong else "",
        )

    def _title(self, slug: str) -> str:
        cards = self._library.shelf.cards
        return cards[slug].title if slug in cards else ""
