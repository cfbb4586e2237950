"""The commands `units list`, `import`, `export`: the units that the database keeps, in one go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bot.broadcast_officials import Acting
from bot.broadcast_running import stop, with_database
from bot.config import Settings
from bot.terminal import out, settings_or_exit, units_or_exit
from bot.unit_keeping import units_in
from bot.wiring import now, texts_of
from content.texts import Texts
from handlers.errands import VIETNAM
from handlers.unit_changes import UnitChanges
from handlers.unit_files import LARGEST, MOST_ROWS, Unreadable, read
from handlers.unit_sheet import Plan, UnitSheets
from handlers.unit_words import FORMS, change_said, fault_said, rows_of, written
from storage.database import Transaction
from storage.units import UnitBook, UnitChanged

SHOWN = 50

app = typer.Typer(no_args_is_help=True, help="Communes and villages, kept in the database.")


@app.command("list")
def list_units(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")] = False,
) -> None:
    """All units: those of the settings file, and those that the database keeps."""
    units = units_or_exit(settings_or_exit())
    if as_json:
        rows = [
            {"code": one.code, "name": one.name, "parent": one.parent, "source": one.source.value}
            for one in units
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("code", "name", "parent", "kept in", box=None)
    for one in units:
        table.add_row(one.code, one.name, one.parent, one.source.value)
    out.print(table)


@app.command("export")
def export_units(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="It ends in .xlsx or .csv.")],
) -> None:
    """Write all units as a list that `units import` and the console take in again."""
    settings, form = settings_or_exit(), target.suffix.removeprefix(".")
    if form not in FORMS:
        stop(f"{target}: the name has to end in one of .{', .'.join(FORMS)}")
    units = units_or_exit(settings)
    try:
        target.write_bytes(written(rows_of(units), form, texts_of(settings)))
    except OSError as fault:
        stop(f"{target} cannot be written: {fault.strerror}")
    out.print(f"{len(units)} units", highlight=False)


@app.command("import")
def import_units(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A spreadsheet: .xlsx, or CSV.")],
    by: Annotated[
        str,
        typer.Option(
            help="Who does this. An official's name or number binds the command to what their "
            "role and unit allow."
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking back.")] = False,
) -> None:
    """Add and change units by a list; says first what it would do. Nothing is ever taken away."""
    settings = settings_or_exit()
    texts = texts_of(settings)
    try:
        with file.open("rb") as opened:
            sheet = read(opened.read(LARGEST + 1))
    except OSError as fault:
        stop(f"{file} cannot be read: {fault.strerror}")
    except Unreadable as bad:
        megabytes = LARGEST // 1024**2
        stop(texts(f"units.file.{bad.reason}", megabytes=megabytes, rows=MOST_ROWS))

    async def look(tx: Transaction) -> tuple[Plan, int, int | None]:
        units, book = await units_in(tx, settings), UnitBook()
        who, own = await Acting(units, by).settle(tx)
        plan = UnitSheets(texts).plan(
            sheet, kept={unit.code: unit for unit in await book.all(tx)}, units=units, own=own,
            today=now().astimezone(VIETNAM).date(),
        )  # fmt: skip
        return plan, await book.revision(tx), who

    plan, seen, who = with_database(settings, look)
    _show(plan, texts)
    if plan.faults:
        stop(f"{len(plan.faults)} faults: nothing was done")
    if not plan.does:
        out.print("Nothing changes.")
        return
    if not yes:
        typer.confirm("Do it?", abort=True)
    _carry_out(settings, plan, seen, who)
    out.print(f"{len(plan.new)} added, {len(plan.changed)} changed.", highlight=False)


def _carry_out(settings: Settings, plan: Plan, seen: int, who: int | None) -> None:
    async def work(tx: Transaction) -> None:
        await UnitChanges(now).carry_out(tx, plan, seen=seen, by=who)

    try:
        with_database(settings, work)
    except UnitChanged:
        stop("somebody changed units meanwhile: nothing was done; run the command again")


def _show(plan: Plan, texts: Texts) -> None:
    """The first of everything, and how much there is."""
    lines = [
        *(fault_said(texts, one) for one in plan.faults[:SHOWN]),
        *(f"+ {one.code}  {one.name}  {one.parent}".rstrip() for one in plan.new[:SHOWN]),
        *(f"  {change.new.code}  {line}" for change in plan.changed[:SHOWN]
          for line in change_said(texts, change)),
    ]  # fmt: skip
    for line in lines:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    if plan.of_file:
        told = f"{len(plan.of_file)} stand in the settings file, which is what counts"
        out.print(told, highlight=False)
    counts = f"{len(plan.new)} new, {len(plan.changed)} changed, {plan.same} as they are"
    out.print(counts, highlight=False)
