"""What every command shares: its settings, its log, and each fault in one clear line."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import typer
from rich.console import Console

from bot.config import ConfigFaults, Settings, load
from bot.key_file import BadKey
from bot.unit_keeping import units_now
from content.library import NoCards
from content.texts import TextFault
from handlers.units import Units
from storage.database import BadDatabaseUrl, Database, DatabaseFault, Transaction, lacks_tables

CANNOT_START = 2

Result = TypeVar("Result")

out = Console()
err = Console(stderr=True)


class CannotStart(Exception):
    """What an operator has to mend first."""


class Explained:
    """Turns what an operator can mend into one clear line and exit code 2."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, fault: BaseException | None, _trace: object) -> None:
        match fault:
            case CannotStart() | NoCards() | TextFault() | BadKey():
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
            case Exception() if isinstance(fault, DatabaseFault) and lacks_tables(fault):
                words = "the database needs a migration: run `python -m bot migrate`"
            case Exception() if isinstance(fault, DatabaseFault):
                cause = getattr(fault, "orig", None) or fault
                words = f"the database cannot be used ({cause}); check [database] url"
            case _:
                return
        err.print(f"Loa Bản cannot start: {words}", style="red", highlight=False, markup=False)
        raise typer.Exit(CANNOT_START) from fault


_ADDRESS_FAULTS = {98, 99, 48, 49}  # address in use, not available (Linux, macOS)


def settings_or_exit() -> Settings:
    log_to_stderr()
    try:
        return load()
    except ConfigFaults as faults:
        err.print("Loa Bản cannot start: the settings need mending.", style="red")
        err.print(str(faults), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(CANNOT_START) from faults


def units_or_exit(settings: Settings) -> Units:
    """All units that there are now, for a command that has opened no database yet."""
    with Explained():
        return units_now(settings)


def in_transaction(settings: Settings, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """Do the work in one transaction on the database of the settings."""

    async def done() -> Result:
        database = Database.at(settings.database_url)
        try:
            async with database.begin() as tx:
                return await work(tx)
        finally:
            await database.close()

    with Explained():
        return asyncio.run(done())


def refuse(why: str) -> NoReturn:
    """End with a line about what was asked for and cannot be done."""
    err.print(why, style="red", markup=False, highlight=False)
    raise typer.Exit(CANNOT_START)


def allow_many_files() -> None:
    """Let the process hold as many files as the system lets it: an account takes about three."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def log_to_stderr() -> None:
    """Log; levels above INFO for libraries whose INFO holds addresses or words."""
    level = os.environ.get("LOG_LEVEL", "INFO").upper()
    logging.basicConfig(
        level=level if level in logging.getLevelNamesMapping() else "INFO",
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for name in ("httpx", "httpcore", "telegram", "apscheduler", "aiosqlite", "alembic", "bm25s"):
        logging.getLogger(name).setLevel(logging.WARNING)
