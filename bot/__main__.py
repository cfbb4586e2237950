"""The commands: `python -m bot run` is all of the program; each role also runs by itself."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bot import worker
from bot.account_commands import app as accounts
from bot.api_key_commands import app as api_keys
from bot.broadcast_commands import app as broadcast
from bot.config import ConfigFaults, Settings, load
from bot.doctor import Finding, examine
from bot.export_commands import app as exports
from bot.group_commands import app as groups
from bot.official_commands import app as officials
from bot.official_commands import invite
from bot.pack import pack
from bot.qr import NoCode, draw
from bot.report_commands import report
from bot.terminal import (
    CANNOT_START,
    CannotStart,
    Explained,
    allow_many_files,
    err,
    out,
    settings_or_exit,
)
from bot.unit_commands import app as units
from bot.wiring import House, build
from storage.database import Database
from storage.migrate import current, migrate, newest

app = typer.Typer(
    help="Loa Bản, the village loudspeaker: answers villagers' questions about public policy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(accounts, name="accounts")
app.add_typer(exports, name="export")
app.add_typer(groups, name="groups")
app.command()(invite)
app.add_typer(officials, name="officials")
app.add_typer(broadcast, name="broadcast")
app.add_typer(api_keys, name="api-key")
app.add_typer(units, name="units")


@app.command("run")
def run_all() -> None:
    """Everything in one process: web chat, channels, sender and clock. Migrates first."""
    _start(worker.ALL, first_migrate=True)


@app.command("web")
def run_web() -> None:
    """Only the web: web chat, webhooks, staff pages, fetching by long polling."""
    _start([worker.WEB])


@app.command("worker")
def run_worker() -> None:
    """Only the sender: takes replies and notices from the outbox and sends them."""
    _start([worker.WORKER])


@app.command("clock")
def run_clock() -> None:
    """Only the clock: starts what has to happen at a time. Run one; a second one waits."""
    _start([worker.CLOCK])


@app.command("migrate")
def run_migrate() -> None:
    """Bring the database to the shape that this version needs."""
    settings = settings_or_exit()

    async def work() -> tuple[str, str]:
        database = Database.at(settings.database_url)
        try:
            before = await current(database)
            await migrate(database)
            return before, await current(database)
        finally:
            await database.close()

    with Explained():
        before, after = asyncio.run(work())
    out.print(
        f"The database is at {after} already." if before == after else f"Migrated to {after}."
    )


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")] = False,
) -> None:
    """Check config, database, migrations, cards, accounts and clock; say how to mend what fails."""
    try:
        settings = load()
    except ConfigFaults as faults:
        findings = [
            Finding("config", False, fault, "mend it in the file") for fault in faults.faults
        ]
    else:
        with out.status("Asking the database and the platforms…"):
            findings = asyncio.run(examine(settings))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        _show(findings)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command()
def qr(
    unit: Annotated[str, typer.Argument(help="The unit's code, as in [[units]].")],
    account: Annotated[str, typer.Option(help="This account alone.")] = "",
    out_folder: Annotated[Path, typer.Option("--out", help="Where to write the files.")] = Path(),
) -> None:
    """Write QR codes that open a conversation for a unit: PNG, SVG, and an A5 sheet to print."""
    settings = settings_or_exit()
    try:
        with (
            Explained(),
            out.status("Preparing the cards and asking the platforms for their addresses…"),
        ):
            drawn = asyncio.run(draw(settings, unit, account=account, folder=out_folder))
    except NoCode as fault:
        err.print(f"No QR code: {fault}", style="red", highlight=False, markup=False)
        raise typer.Exit(CANNOT_START) from fault
    for line in drawn.left_out:
        err.print(f"left out: {line}", style="yellow", highlight=False, markup=False)
    for path in drawn.files:
        out.print(str(path), highlight=False, markup=False, soft_wrap=True)


app.command("pack")(pack)
app.command("report")(report)


def _show(findings: Iterable[Finding]) -> None:
    table = Table(show_edge=False, pad_edge=False)
    for heading in ("", "what", "how it is", "what to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        mark = "[green]ok[/]" if finding.ok else "[bold red]!![/]"
        table.add_row(mark, finding.what, finding.state, finding.remedy)
    out.print(table)


def _start(roles: Iterable[str], *, first_migrate: bool = False) -> None:
    settings = settings_or_exit()
    with Explained():
        asyncio.run(_run(settings, list(roles), first_migrate=first_migrate))


async def _run(settings: Settings, roles: list[str], *, first_migrate: bool) -> None:
    allow_many_files()
    with out.status("Preparing the database and learning the cards…") as progress:
        database = Database.at(settings.database_url)
        try:
            if first_migrate:
                await migrate(database)
            elif await current(database) != newest():
                raise CannotStart(
                    "the database needs a migration: run `python -m bot migrate` "
                    "(Procfile: release)"
                )
        finally:
            await database.close()
        async with build(settings) as house:
            if worker.WEB in roles:
                await asyncio.to_thread(house.consoles.pages.read_all)
            # What is built stays. Looking through its 240,000 objects for rubbish held everybody up
            # for an eighth of a second and more, at some page or other.
            gc.collect()
            gc.freeze()
            async with house.database.begin() as tx:
                first = await house.console.inviting.first(tx) if worker.WEB in roles else ""

            def ready(address: str) -> None:
                progress.stop()
                _tell(house, roles, address, first)

            await worker.run(house, roles, ready)
    out.print("Loa Bản has stopped; nothing was lost.")


def _tell(house: House, roles: list[str], address: str, first: str) -> None:
    """Say what runs and where to open it; without an address no web is among the roles. `first` is
    the path for the first administrator, as long as there is none."""
    if not address:
        out.print(f"Loa Bản: {', '.join(roles)} is running. Stop it with Ctrl-C.")
        return
    out.print("[bold]Loa Bản is running.[/] Stop it with Ctrl-C.")
    out.print(f"  Web chat  {address}/", soft_wrap=True, highlight=False)
    out.print(f"  Staff     {address}{first or '/staff'}", soft_wrap=True, highlight=False)
    if first:
        out.print("            (opens once, for the first administrator; nobody is one yet)")
    names = ", ".join(f"{a.name} ({a.platform})" for a in house.settings.accounts)
    out.print(f"  Cards     {len(house.library.shelf.cards)} · Accounts  {names}", highlight=False)


if __name__ == "__main__":
    app()
