"""The commands `python -m bot export feedback`, `survey`: what was told or answered, as a file."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated

import typer

from bot.config import Settings
from bot.terminal import CANNOT_START, Explained, err, settings_or_exit, units_or_exit
from bot.wiring import now, texts_of
from handlers.errands import VIETNAM
from handlers.exports import (
    Columns,
    CsvSheet,
    JsonLines,
    Sheet,
    SurveyColumns,
    TooManyRows,
    Value,
    Workbook,
)
from handlers.survey_rows import survey_rows
from handlers.units import Units
from storage.broadcasts import Broadcasts, NoBroadcast, WrongState
from storage.case_lists import EVERYTHING
from storage.case_records import CaseKind
from storage.case_rows import case_rows
from storage.database import Database

app = typer.Typer(no_args_is_help=True, help="Write what was told into a file for spreadsheets.")
DAY_FORMS = ("%Y-%m-%d", "%d/%m/%Y")


class Kind(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"


class BadChoice(Exception):
    """An option that means nothing; says which and how to mend it."""


@dataclass(frozen=True)
class Wanted:
    """Which cases: of these units (None: all), received in this time (UTC), of this kind."""

    units: frozenset[str] | None
    since: datetime | None
    until: datetime | None
    kind: CaseKind | None


@app.callback()
def exports() -> None:
    """Write what was told into a file for spreadsheets."""


@app.command("feedback")
def feedback(  # noqa: PLR0917 - each is an option of the command
    form: Annotated[Kind, typer.Option("--format", help="csv, xlsx or jsonl")] = Kind.CSV,
    unit: Annotated[str, typer.Option(help="This unit and all below it.")] = "",
    first: Annotated[str, typer.Option("--from", help="2026-01-01; the first day.")] = "",
    last: Annotated[str, typer.Option("--to", help="2026-12-31; the last day.")] = "",
    kind: Annotated[CaseKind | None, typer.Option(help="Only this kind of case.")] = None,
    target: Annotated[
        Path | None, typer.Option("--out", help="The file; without it, standard output.")
    ] = None,
) -> None:
    """Write questions to officials and feedback, without what identifies a person."""
    settings = settings_or_exit()
    units = units_or_exit(settings)
    try:
        wanted = Wanted(
            units=_below(units, unit),
            since=_day(first, "--from"),
            until=_after(_day(last, "--to")),
            kind=kind,
        )
        if wanted.since and wanted.until and wanted.since >= wanted.until:
            raise BadChoice(f"--from {first} is after --to {last}: turn them round")
        with _file(target) as (file, path), Explained():
            count = asyncio.run(_write(settings, units, wanted, _sheet(form, file, path, settings)))
    except (BadChoice, TooManyRows) as fault:
        err.print(f"No export: {fault}", style="red", highlight=False, markup=False)
        raise typer.Exit(CANNOT_START) from fault
    except OSError as fault:
        err.print(f"No export: {target} cannot be written: {fault.strerror}", markup=False)
        raise typer.Exit(CANNOT_START) from fault
    err.print(f"{count} rows", highlight=False)


@app.command("survey")
def survey(
    number: Annotated[int, typer.Argument(metavar="ID", help="The broadcast that asked.")],
    form: Annotated[Kind, typer.Option("--format", help="What kind of file.")] = Kind.CSV,
    target: Annotated[
        Path | None, typer.Option("--out", help="The file; without it, standard output.")
    ] = None,
) -> None:
    """Write what was answered to a closed poll or survey, without what identifies a person."""
    settings = settings_or_exit()
    try:
        with _file(target) as (file, path), Explained():
            rows = asyncio.run(_answers(settings, number))
            sheet = _sheet(
                form, file, path, settings, names=SurveyColumns.NAMES, title="export.survey"
            )
            for row in rows:
                sheet.write(row)
            sheet.close()
    except (WrongState, NoBroadcast, TooManyRows) as fault:
        err.print(f"No export: {fault}", style="red", highlight=False, markup=False)
        raise typer.Exit(CANNOT_START) from fault
    except OSError as fault:
        err.print(f"No export: {target} cannot be written: {fault.strerror}", markup=False)
        raise typer.Exit(CANNOT_START) from fault
    err.print(f"{len(rows)} rows", highlight=False)


async def _answers(settings: Settings, number: int) -> list[list[Value]]:
    """The rows of what was answered. Raises WrongState while it is open."""
    database = Database.at(settings.database_url)
    try:
        async with database.read() as tx:
            return await survey_rows(tx, await Broadcasts().get(tx, number))
    finally:
        await database.close()


async def _write(settings: Settings, units: Units, wanted: Wanted, sheet: Sheet) -> int:
    database = Database.at(settings.database_url)
    count = 0
    try:
        columns = Columns(
            unit_name=lambda code: unit.name if (unit := units.get(code)) else "", now=now()
        )
        async with database.read() as tx:
            async for row in case_rows(
                tx, EVERYTHING, units=wanted.units, since=wanted.since, until=wanted.until
            ):
                if wanted.kind is None or row.case.kind is wanted.kind:
                    sheet.write(columns.values(row))
                    count += 1
    finally:
        await database.close()
    sheet.close()
    return count


def _sheet(
    form: Kind,
    file: IO[bytes],
    path: Path,
    settings: Settings,
    *,
    names: Sequence[str] = Columns.NAMES,
    title: str = "export.sheet",
) -> Sheet:
    match form:
        case Kind.CSV:
            return CsvSheet(file, names)
        case Kind.JSONL:
            return JsonLines(file, names)
    return Workbook(path, texts_of(settings), names, title)


@contextmanager
def _file(target: Path | None) -> Iterator[tuple[IO[bytes], Path]]:
    """A file beside the target, which takes its place once it is whole; or standard output."""
    folder = target.parent if target else None
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".loaban-", delete=False) as draft:
        path = Path(draft.name)
        try:
            yield draft, path
            draft.flush()
            if target:
                path.replace(target)
            else:
                with path.open("rb") as whole:
                    shutil.copyfileobj(whole, sys.stdout.buffer)
                sys.stdout.buffer.flush()
        finally:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


def _below(units: Units, code: str) -> frozenset[str] | None:
    if not code:
        return None
    unit = units.get(code)
    if unit is None:
        known = ", ".join(sorted(u.code for u in units)[:20])
        raise BadChoice(f"--unit {code} is no unit; known: {known}")
    return units.below(unit.code)


def _day(given: str, option: str) -> datetime | None:
    """The beginning of that day in Vietnam, in UTC."""
    day = day_of(given, option)
    return None if day is None else datetime.combine(day, time(), VIETNAM).astimezone(UTC)


def day_of(given: str, option: str) -> date | None:
    """The day that an option names; None for an empty one. Raises BadChoice."""
    if not given:
        return None
    for form in DAY_FORMS:
        with contextlib.suppress(ValueError):
            return datetime.strptime(given, form).date()  # noqa: DTZ007 - a day has no zone
    raise BadChoice(f"{option} {given} is no day: write it as 2026-12-31")


def _after(day: datetime | None) -> datetime | None:
    return None if day is None else day + timedelta(days=1)
