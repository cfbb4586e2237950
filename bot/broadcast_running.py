"""What the commands about broadcasts share: one transaction, who does it, and refusals in words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, NoReturn, TypeVar

import typer

from bot.broadcast_officials import Acting, MayNot
from bot.config import Settings
from bot.terminal import CANNOT_START, CannotStart, Explained, err, settings_or_exit
from bot.unit_keeping import units_in
from storage.broadcasts import NoBroadcast, WrongState
from storage.database import Database, Transaction
from storage.migrate import current, newest

Result = TypeVar("Result")
By = Annotated[
    str,
    typer.Option(
        "--by",
        help="Who does this; noted with the broadcast. An official's name or number binds the "
        "command to what their role and unit allow.",
    ),
]
Number = Annotated[int, typer.Argument(metavar="ID")]

OPERATOR = "operator"


def change(number: int, by: str, deed: Callable[[Transaction, str], Awaitable[Result]]) -> Result:
    """Do something with a broadcast that was handed in, if whoever does it may."""
    settings = settings_or_exit()

    async def work(tx: Transaction) -> Result:
        name = await Acting(await units_in(tx, settings), by).change(tx, number)
        return await deed(tx, name)

    return with_database(settings, work)


def named(by: str) -> None:
    if not by.strip():
        stop("--by: name who does this")


async def _nothing(_database: Database) -> None:
    pass


def with_database(
    settings: Settings,
    work: Callable[[Transaction], Awaitable[Result]],
    *,
    before: Callable[[Database], Awaitable[None]] = _nothing,
) -> Result:
    """Do the work in one transaction on a database of this version's shape."""

    async def done() -> Result:
        database = Database.at(settings.database_url)
        try:
            if await current(database) != newest():
                raise CannotStart("the database needs a migration: run `python -m bot migrate`")
            await before(database)
            async with database.begin() as tx:
                return await work(tx)
        finally:
            await database.close()

    with Explained():
        try:
            return asyncio.run(done())
        except (WrongState, NoBroadcast, MayNot) as refused:
            stop(str(refused))


def stop(why: str) -> NoReturn:
    err.print(why, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(CANNOT_START)
