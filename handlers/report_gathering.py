"""Gathers the report of a unit and a period from the books: for the command and for the console."""

from __future__ import annotations

from datetime import datetime

from handlers.periods import Period
from handlers.reporting import NoticeLine, Report, report_of
from handlers.units import Unit, Units
from storage.broadcast_outcomes import account_of
from storage.broadcast_records import begun
from storage.case_lists import EVERYTHING, Sight
from storage.case_rows import case_rows
from storage.database import Database
from storage.tallies import Tallies


async def gather(
    database: Database,
    units: Units,
    unit: Unit | None,
    period: Period,
    made_at: datetime,
    *,
    sight: Sight = EVERYTHING,
) -> Report:
    """The report of a unit and all below it, or of everybody (None); of cases, what `sight` lets
    somebody see. Whether the unit is theirs, the caller has to know."""
    codes = units.below(unit.code) if unit else None
    since, until = period.since, period.until
    async with database.read() as tx:
        notices = [
            NoticeLine(it, await account_of(tx, it.id))
            for it in await begun(tx, since=since, until=until, units=codes)
        ]
        tallies = await Tallies().sums(tx, first=period.first, last=period.last, units=codes)
        return await report_of(
            units,
            unit=unit,
            first=period.first,
            last=period.last,
            made_at=made_at,
            rows=case_rows(tx, sight, units=codes, since=since, until=until),
            tallies=tallies,
            notices=notices,
            whole=sight.leads,
        )


def file_name(report: Report, ending: str) -> str:
    """As the file is called: bao-cao-xa-mau-2026-01-01-2026-12-15.docx."""
    unit = report.unit.code if report.unit else "tat-ca"
    return f"bao-cao-{unit}-{report.first}-{report.last}.{ending}"
