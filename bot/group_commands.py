"""The commands `python -m bot groups`: cases that say the same, answered once in public."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from bot.terminal import CANNOT_START, Explained, err, out, settings_or_exit
from bot.wiring import House, build, now
from handlers.errands import VIETNAM
from storage.case_groups import CaseGroups, GroupFault, Trouble
from storage.database import Transaction

app = typer.Typer(
    no_args_is_help=True, help="Cases that say the same: group them, answer them once in public."
)
Result = TypeVar("Result")
Work = Callable[[House, Transaction], Awaitable[Result]]
Group = Annotated[int, typer.Argument(help="The group's number.")]
CaseNumbers = Annotated[list[int], typer.Argument(help="The cases' numbers.")]
GROUPS = CaseGroups()


@app.command("list")
def list_groups() -> None:
    """Every group: how many people reported it, and whether it was answered."""

    async def work(_house: House, tx: Transaction) -> Table:
        table = Table("group", "unit", "title", "people", "answered", box=None)
        for group in await GROUPS.all(tx):
            day = group.published_at
            answered = day.astimezone(VIETNAM).strftime("%d/%m/%Y") if day else "not yet"
            table.add_row(str(group.id), group.unit, group.title, str(group.people), answered)
        return table

    out.print(_with_house(work))


@app.command("new")
def new_group(
    unit: Annotated[str, typer.Option(help="The unit's code, as in [[units]].")],
    title: Annotated[str, typer.Option(help="What it is about; the public reads it.")],
) -> None:
    """Open an empty group; its number comes last."""

    async def work(house: House, tx: Transaction) -> int:
        if (found := house.units.get(unit)) is None:
            raise GroupFault(f"--unit {unit} is no unit; known: {_known(house)}", Trouble.NONE)
        return await house.grouping.open(tx, unit=found.code, title=title, at=now())

    out.print(_with_house(work))


@app.command("add")
def add_cases(group: Group, cases: CaseNumbers) -> None:
    """Put cases into a group."""

    async def work(house: House, tx: Transaction) -> int:
        into = await GROUPS.get(tx, group)
        for number in cases:
            case = await house.casework.get(tx, number)
            await house.grouping.put(tx, case, into, at=now())
        return len(cases)

    out.print(f"{_with_house(work)} cases are in group {group}.")


@app.command("remove")
def remove_cases(cases: CaseNumbers) -> None:
    """Take cases out of their group."""

    async def work(house: House, tx: Transaction) -> int:
        for number in cases:
            await GROUPS.take_out(tx, await house.casework.get(tx, number), at=now())
        return len(cases)

    out.print(f"{_with_house(work)} cases stand alone again.")


@app.command("publish")
def publish(
    group: Group,
    answer: Annotated[str, typer.Option(help="One short answer in plain words, for everybody.")],
    title: Annotated[str, typer.Option(help="Another title; the public reads it.")] = "",
) -> None:
    """Answer a group: everybody who reported it is told, its cases close, the public reads it."""

    async def work(house: House, tx: Transaction) -> int:
        if title:
            await house.grouping.rename(tx, await GROUPS.get(tx, group), title)
        return await house.public_answers.publish(tx, await GROUPS.get(tx, group), answer, at=now())

    out.print(f"{_with_house(work)} cases are answered.")


def _with_house(work: Work[Result]) -> Result:
    """Do the work in one transaction; what cannot be done is told in a line."""
    settings = settings_or_exit()

    async def inside() -> Result:
        async with build(settings, renews=False) as house:
            await house.accounts.take_up()
            async with house.database.begin() as tx:
                return await work(house, tx)

    try:
        with Explained():
            return asyncio.run(inside())
    except (GroupFault, LookupError) as fault:
        err.print(f"Not done: {fault}", style="red", highlight=False, markup=False)
        raise typer.Exit(CANNOT_START) from fault


def _known(house: House) -> str:
    return ", ".join(sorted(unit.code for unit in house.units))
