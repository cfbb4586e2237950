"""The commands about saved lists: audiences with a name, counted anew each time they are shown."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from bot.broadcast_languages import one_language
from bot.broadcast_officials import Acting
from bot.broadcast_reach import with_house
from bot.broadcast_running import By, stop, with_database
from bot.config import Settings
from bot.terminal import out, settings_or_exit, units_or_exit
from bot.unit_keeping import units_in
from bot.wiring import House, now
from content.shelf import SHIPPED
from storage.audiences import LONGEST_NAME, Audience, Audiences
from storage.broadcasts import Draft
from storage.consents import Purpose
from storage.database import Transaction

Name = Annotated[str, typer.Argument(metavar="NAME")]
Unit = Annotated[str, typer.Option(help="The people of this unit and all below it; else all.")]
OnlyUnit = Annotated[bool, typer.Option("--only-unit/--below", help="Without the units below it.")]
For = Annotated[Purpose, typer.Option(help="What people said yes to.")]
Tongue = Annotated[str, typer.Option(help='Who chose this language; "vi": who chose none.')]
About = Annotated[
    str, typer.Option(help="Those alone who said yes to hearing when this card changes.")
]


def audience(
    settings: Settings,
    *,
    unit: str,
    only_unit: bool,
    purpose: Purpose,
    language: str,
    asked_about: str,
) -> Audience:
    """What these options mean together; ends the command with why they cannot be."""
    if unit and unit not in {one.code for one in units_or_exit(settings)}:
        stop(f"--unit: {unit!r} is none of the units")
    if only_unit and not unit:
        stop("--only-unit goes with --unit")
    cards = (settings.content.folder or SHIPPED) / "cards" / "vi"
    if asked_about and not (cards / f"{asked_about}.md").exists():
        stop(f"--asked-about: there is no card {asked_about!r}")
    if asked_about and purpose is Purpose.NOTICES:
        purpose = Purpose.TOPIC
    if (purpose is Purpose.TOPIC) is not bool(asked_about):
        stop("--asked-about is a purpose of its own, and goes with no other")
    return Audience(
        unit, only_unit, purpose, asked_about, one_language(language) if language else ""
    )


def save_list(
    *,
    name: Name,
    by: By,
    unit: Unit = "",
    only_unit: OnlyUnit = False,
    purpose: For = Purpose.NOTICES,
    language: Tongue = "",
    asked_about: About = "",
) -> None:
    """Give an audience a name, for `draft --list NAME`; an earlier one of that name is replaced."""
    settings, called = settings_or_exit(), name.strip()
    if not 0 < len(called) <= LONGEST_NAME:
        stop(f"NAME has 1 to {LONGEST_NAME} letters")
    who = audience(
        settings, unit=unit, only_unit=only_unit, purpose=purpose, language=language,
        asked_about=asked_about,
    )  # fmt: skip

    async def work(tx: Transaction) -> None:
        earlier = await Audiences().get(tx, called)
        acting = Acting(await units_in(tx, settings), by)
        if earlier is not None:
            await acting.write(tx, earlier.unit)
        await Audiences().save(tx, called, who, by=await acting.write(tx, unit), at=now())

    with_database(settings, work)
    out.print(f"{called} is saved.", markup=False, highlight=False)


def drop_list(name: Name, by: By) -> None:
    """Forget a saved list; notices that were written for it stay as they are."""
    settings = settings_or_exit()

    async def work(tx: Transaction) -> bool:
        found = await Audiences().get(tx, name)
        if found is not None:
            await Acting(await units_in(tx, settings), by).write(tx, found.unit)
        return await Audiences().drop(tx, name)

    if not with_database(settings, work):
        stop(f"there is no list {name!r}; `broadcast lists` shows them")
    out.print(f"{name} is dropped.", markup=False, highlight=False)


def lists(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")] = False,
) -> None:
    """Show the saved lists, and how many people each reaches now."""

    async def work(house: House, tx: Transaction) -> list[tuple[str, Audience, int]]:
        found = []
        for name, who in await Audiences().all(tx):
            reach = await house.notices.words.count(tx, who.of(Draft("")), now=now())
            found.append((name, who, reach.reached))
        return found

    found = with_house(work)
    if as_json:
        shown = [
            {
                "name": name, "unit": who.unit, "only_unit": who.only_unit,
                "purpose": who.purpose.value, "asked_about": who.topic, "language": who.language,
                "reached": count,
            }
            for name, who, count in found
        ]  # fmt: skip
        typer.echo(json.dumps(shown, ensure_ascii=False))
        return
    table = Table("list", "unit", "purpose", "language", "people now", box=None)
    for name, who, count in found:
        unit = f"{who.unit or 'all'}{' alone' if who.only_unit else ''}"
        purpose = f"{who.purpose} {who.topic}".strip()
        table.add_row(name, unit, purpose, who.language or "all", str(count))
    out.print(table)


async def of_list(tx: Transaction, draft: Draft, name: str) -> Draft:
    """The draft, to the saved list of that name."""
    found = await Audiences().get(tx, name)
    if found is None:
        stop(f"--list: there is no list {name!r}; `broadcast lists` shows them")
    return found.of(draft)
