"""The commands: `python -m bot run` is all of the program; each role also runs by itself."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot import worker
from bot.config import ConfigFaults, Settings, load
from bot.doctor import Finding, examine
from bot.wiring import House, build
from content.library import NoCards
from content.texts import TextFault
from handlers.staff.door import BadKey
from storage.database import BadDatabaseUrl, Database, DatabaseFault
from storage.migrate import current, migrate, newest

CANNOT_START = 2

app = typer.Typer(
    help="Loa Bản, the village loudspeaker: answers villagers' questions about public policy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console()
err = Console(stderr=True)


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
    settings = _settings()

    async def work() -> tuple[str, str]:
        database = Database.at(settings.database_url)
        try:
            before = await current(database)
            await migrate(database)
            return before, await current(database)
        finally:
            await database.close()

    with _Explained():
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


def _show(findings: Iterable[Finding]) -> None:
    table = Table(show_edge=False, pad_edge=False)
    for heading in ("", "what", "how it is", "what to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        mark = "[green]ok[/]" if finding.ok else "[bold red]!![/]"
        table.add_row(mark, finding.what, finding.state, finding.remedy)
    out.print(table)


def _start(roles: Iterable[str], *, first_migrate: bool = False) -> None:
    settings = _settings()
    with _Explained():
        asyncio.run(_run(settings, list(roles), first_migrate=first_migrate))


async def _run(settings: Settings, roles: list[str], *, first_migrate: bool) -> None:
    with out.status("Preparing the database and learning the cards…") as progress:
        database = Database.at(settings.database_url)
        try:
            if first_migrate:
                await migrate(database)
            elif await current(database) != newest():
                raise _CannotStart(
                    "the database needs a migration: run `python -m bot migrate` "
                    "(Procfile: release)"
                )
        finally:
            await database.close()
        async with build(settings) as house:

            def ready(address: str) -> None:
                progress.stop()
                _tell(house, roles, address)

            await worker.run(house, roles, ready)
    out.print("Loa Bản has stopped; nothing was lost.")


def _tell(house: House, roles: list[str], address: str) -> None:
    """Say what runs and where to open it; without an address no web is among the roles."""
    if not address:
        out.print(f"Loa Bản: {', '.join(roles)} is running. Stop it with Ctrl-C.")
        return
    out.print("[bold]Loa Bản is running.[/] Stop it with Ctrl-C.")
    out.print(f"  Web chat  {address}/", soft_wrap=True, highlight=False)
    out.print(f"  Staff     {house.door.link(address)}", soft_wrap=True, highlight=False)
    names = ", ".join(f"{a.name} ({a.platform})" for a in house.settings.accounts)
    out.print(f"  Cards     {len(house.library.shelf.cards)} · Accounts  {names}", highlight=False)


class _CannotStart(Exception):
    """What an operator has to mend first."""


class _Explained:
    """Turns what an operator can mend into one clear line and exit code 2."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, fault: BaseException | None, _trace: object) -> None:
        match fault:
            case _CannotStart() | NoCards() | TextFault() | BadKey():
                words = str(fault)
            case BadDatabaseUrl():
                words = f"[database] url: {fault}"
            case PermissionError():
                words = f"no right to use {fault.filename or 'a file or port'}: {fault.strerror}"
            case OSError() if fault.errno in _ADDRESS_FAULTS:
                words = (
                    "[web] host and port: cannot listen there "
                    f"({fault.strerror or fault}); set PORT to a free one"
                )
            case Exception() if isinstance(fault, DatabaseFault):
                cause = getattr(fault, "orig", None) or fault
                words = f"the database cannot be used ({cause}); check [database] url"
            case _:
                return
        err.print(f"Loa Bản cannot start: {words}", style="red", highlight=False, markup=False)
        raise typer.Exit(CANNOT_START) from fault


_ADDRESS_FAULTS = {98, 99, 48, 49}  # address in use, not available (Linux, macOS)


def _settings() -> Settings:
    _log()
    try:
        return load()
    except ConfigFaults as faults:
        err.print("Loa Bản cannot start: the settings need mending.", style="red")
        err.print(str(faults), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(CANNOT_START) from faults


def _log() -> None:
    """To standard error; levels above INFO for libraries whose INFO holds addresses or words."""
    level = os.environ.get("LOG_LEVEL", "INFO").upper()
    logging.basicConfig(
        level=level if level in logging.getLevelNamesMapping() else "INFO",
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for name in ("httpx", "httpcore", "telegram", "apscheduler", "aiosqlite", "alembic", "bm25s"):
        logging.getLogger(name).setLevel(logging.WARNING)


if __name__ == "__main__":
    app()
