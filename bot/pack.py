"""The command `python -m bot pack`: a card or a notice for the loudspeaker and the notice board."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bot.config import Settings
from bot.printing import Code, Paper, TooLong, print_script, print_sheet
from bot.qr import address_of, take_up
from bot.terminal import CANNOT_START, Explained, err, out, settings_or_exit
from bot.wiring import House, build, now, units_of
from content.announcing import (
    LONG,
    SHORT,
    Script,
    Sheet,
    card_script,
    card_sheet,
    notice_script,
    notice_sheet,
)
from content.cards import Card
from content.library import holding
from content.media import media_of, read_media
from content.shelf import SHIPPED
from handlers.errands import VIETNAM
from handlers.units import Unit
from storage.broadcasts import Broadcast, Broadcasts, NoBroadcast

MOST_CODES = 2
"""So many stand side by side on an A5 sheet."""

ANY_PICTURE = "pictograms/chung.png"


class NoPack(Exception):
    """There is nothing to print; says to the operator what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Packed:
    """The files that were written, how long the script takes (seconds), and what was left out."""

    files: tuple[Path, ...]
    seconds: int
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is announced. `card` is empty for a notice without one."""

    name: str
    script: Script
    sheets: dict[Paper, Sheet]
    picture: bytes | None
    card: Card | None


def pack(
    what: Annotated[str, typer.Argument(help="A card's name, or a broadcast's id.")],
    unit: Annotated[str, typer.Option(help="The unit's code, as in [[units]].")],
    account: Annotated[
        list[str] | None, typer.Option(help="A code for this account; up to two.")
    ] = None,
    out_folder: Annotated[Path, typer.Option("--out", help="Where to write the files.")] = Path(),
) -> None:
    """Write a reading script (text, PDF) and sheets for the board (A4 and A5, PDF)."""
    settings = settings_or_exit()
    try:
        with Explained(), out.status("Preparing the cards and asking the platforms…"):
            packed = asyncio.run(
                write_pack(settings, what, unit=unit, accounts=account or [], folder=out_folder)
            )
    except NoPack as fault:
        err.print(f"No pack: {fault}", style="red", highlight=False, markup=False)
        raise typer.Exit(CANNOT_START) from fault
    for line in packed.left_out:
        err.print(f"left out: {line}", style="yellow", highlight=False, markup=False)
    out.print(f"It takes about {packed.seconds} seconds to read aloud.", highlight=False)
    for path in packed.files:
        out.print(str(path), highlight=False, markup=False, soft_wrap=True)


async def write_pack(
    settings: Settings, what: str, *, unit: str, accounts: list[str], folder: Path
) -> Packed:
    """Write <unit>-<what>-loa.txt and .pdf, -a4.pdf and -a5.pdf. Raises NoPack, and OSError."""
    place = units_of(settings).get(unit)
    if place is None:
        known = ", ".join(sorted(one.code for one in settings.units))
        raise NoPack(f"there is no unit {unit!r}: take one of {known}")
    async with build(settings, renews=False) as house:
        wanted = await _wanted(house, what, place)
        codes, left_out = await _codes(house, place, wanted, accounts)
        files = await asyncio.to_thread(_draw, house, place, wanted, codes)
        written = await asyncio.to_thread(_write, folder, f"{place.code}-{wanted.name}", files)
    return Packed(tuple(written), wanted.script.seconds, tuple(left_out))


async def _wanted(house: House, what: str, unit: Unit) -> _Wanted:
    if what.isdecimal():
        return _notice(house, await _broadcast(house, int(what)), unit)
    if what not in house.library.shelf.cards:
        raise NoPack(f"there is no card {what!r}: see `python -m content status`")
    card, texts = house.library.shelf.cards[what], house.texts
    today, local = now().astimezone(VIETNAM).date(), house.units.local(unit.code)
    shown = {Paper.A4: LONG, Paper.A5: SHORT}
    return _Wanted(
        name=card.slug,
        script=card_script(card, unit=unit.name, today=today, local=local, texts=texts),
        sheets={
            paper: card_sheet(card, facets, today=today, local=local, texts=texts)
            for paper, facets in shown.items()
        },
        picture=_picture(house, card),
        card=card,
    )


async def _broadcast(house: House, number: int) -> Broadcast:
    """An approved broadcast: what nobody released is not read out either."""
    async with house.database.read() as tx:
        try:
            found = await Broadcasts().get(tx, number)
        except NoBroadcast as fault:
            raise NoPack(f"there is no broadcast {number}") from fault
    if not found.approved:
        raise NoPack(
            f"broadcast {number} is not approved: a second person has to do that first "
            f"(`python -m bot broadcast approve {number} --by NAME`)"
        )
    return found


def _notice(house: House, it: Broadcast, unit: Unit) -> _Wanted:
    sheet = notice_sheet(it.draft.headline, house.texts)
    card = house.library.shelf.cards.get(it.draft.card)
    return _Wanted(
        name=str(it.id),
        script=notice_script(it.draft.headline, unit=unit.name, texts=house.texts),
        sheets=dict.fromkeys(Paper, sheet),
        picture=_picture(house, card),
        card=card,
    )


def _picture(house: House, card: Card | None) -> bytes | None:
    folder = house.settings.content.folder or SHIPPED
    found = [name for kind, name in media_of(folder, card) if kind == "image"] if card else []
    name = found[0] if found else ANY_PICTURE
    try:
        return read_media(holding(folder, name), name)
    except FileNotFoundError:
        return None


async def _codes(
    house: House, unit: Unit, wanted: _Wanted, accounts: list[str]
) -> tuple[list[Code], list[str]]:
    """A code for each account with an address, at most `MOST_CODES`; and why others have none."""
    left_out = await take_up(house)
    names = sorted(house.channels)
    if unknown := [name for name in accounts if name not in names]:
        raise NoPack(f"there is no account {unknown[0]!r}: take one of {', '.join(names)}")
    slug = wanted.card.slug if wanted.card else ""
    found: list[Code] = []
    for name in accounts or names:
        if len(found) == MOST_CODES:
            left_out.append(f"{name}: {MOST_CODES} codes fit on a sheet; choose with --account")
            continue
        address, problem = await address_of(house, name, unit, card=slug)
        if problem:
            left_out.append(f"{name}: {problem}")
        else:
            found.append(_code(house, name, address, wanted))
    return found, left_out


def _code(house: House, account: str, address: str, wanted: _Wanted) -> Code:
    """What to do with a code: where it cannot open the card, its name is to be typed."""
    texts, card = house.texts, wanted.card
    platform = house.accounts.platforms[account]
    opens = card is not None and card.slug in address
    how = "board.scan_card" if opens else "board.scan_type" if card else "board.scan"
    title = card.title if card else ""
    return Code(address, (texts(how, title=title), texts(f"sheet.app.{platform}"), address))


def _draw(
    house: House, unit: Unit, wanted: _Wanted, codes: list[Code]
) -> Iterable[tuple[str, bytes]]:
    script, texts = wanted.script, house.texts
    title = texts("loudspeaker.title", unit=unit.name)
    subtitle = texts("loudspeaker.time", minutes=script.seconds // 60, seconds=script.seconds % 60)
    words = "\n".join([title, subtitle, "", *script.lines, ""])
    files = [
        ("-loa.txt", words.encode("utf-8-sig")),  # old programs know by its mark what it is
        ("-loa.pdf", print_script(script.lines, title=title, subtitle=subtitle)),
    ]
    for paper, sheet in wanted.sheets.items():
        try:
            page = print_sheet(
                sheet, unit=unit.name, picture=wanted.picture, codes=codes, paper=paper
            )
        except TooLong as fault:
            raise NoPack(f"{wanted.name}: its words do not fit on one {paper} page") from fault
        files.append((f"-{paper}.pdf", page))
    return files


def _write(folder: Path, name: str, files: Iterable[tuple[str, bytes]]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for ending, content in files:
        path = folder / f"{name}{ending}"
        path.write_bytes(content)
        written.append(path)
    return written
