"""The command `python -m bot report`: a Word document and a workbook of a year, or any period."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bot.config import Settings
from bot.export_commands import BadChoice, day_of
from bot.terminal import CANNOT_START, Explained, err, out, settings_or_exit, units_or_exit
from bot.wiring import now, texts_of
from content.shelf import SHIPPED, Shelf
from handlers.errands import VIETNAM
from handlers.periods import Period, this_year
from handlers.report_document import write_document
from handlers.report_gathering import file_name, gather
from handlers.report_workbook import write_workbook
from handlers.reporting import Report
from handlers.units import Unit, Units
from storage.database import Database


def report(
    unit: Annotated[str, typer.Option(help="This unit and all below it.")] = "",
    first: Annotated[
        str, typer.Option("--from", help="2026-01-01; the first day. Else this year's.")
    ] = "",
    last: Annotated[str, typer.Option("--to", help="2026-12-31; the last day. Else today.")] = "",
    folder: Annotated[Path, typer.Option("--out", help="Where to write the files.")] = Path(),
) -> None:
    """Write the yearly report, or one of any period: a Word document and a workbook."""
    settings = settings_or_exit()
    units = units_or_exit(settings)
    try:
        place = _place(units, unit)
        period = _period(first, last)
        with Explained(), out.status("Adding up…"):
            files = asyncio.run(_write(settings, units, place, period, folder))
    except BadChoice as fault:
        err.print(f"No report: {fault}", style="red", highlight=False, markup=False)
        raise typer.Exit(CANNOT_START) from fault
    except OSError as fault:
        err.print(f"No report: {folder} cannot be written: {fault.strerror}", markup=False)
        raise typer.Exit(CANNOT_START) from fault
    for path in files:
        out.print(str(path), highlight=False, markup=False, soft_wrap=True)


async def _write(
    settings: Settings, units: Units, unit: Unit | None, period: Period, folder: Path
) -> list[Path]:
    database = Database.at(settings.database_url)
    try:
        found = await gather(database, units, unit, period, now())
    finally:
        await database.close()
    return await asyncio.to_thread(_files, settings, found, folder)


def _files(settings: Settings, found: Report, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    texts, title_of = texts_of(settings), _titles(settings)
    document, workbook = (folder / file_name(found, ending) for ending in ("docx", "xlsx"))
    write_document(found, document, texts=texts, title_of=title_of)
    write_workbook(found, workbook, texts=texts, title_of=title_of)
    return [document, workbook]


def _titles(settings: Settings) -> Callable[[str], str]:
    cards = Shelf.load(settings.content.folder or SHIPPED).cards
    return lambda slug: cards[slug].title if slug in cards else ""


def _place(units: Units, code: str) -> Unit | None:
    if not code:
        return None
    found = units.get(code)
    if found is None:
        known = ", ".join(sorted(u.code for u in units)[:20])
        raise BadChoice(f"--unit {code} is no unit; known: {known}")
    return found


def _period(first: str, last: str) -> Period:
    today = now().astimezone(VIETNAM).date()
    end = day_of(last, "--to") or today
    start = day_of(first, "--from") or this_year(end).first
    if start > end:
        raise BadChoice(f"--from {first or start} is after --to {last or end}: turn them round")
    return Period(start, end)
