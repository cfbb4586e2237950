"""The command `python -m bot pack`: a card or a notice for the loudspeaker and the notice board,
in Vietnamese and in each further language in which it has words."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bot.config import Settings
from bot.packing import NoPack, Packed
from bot.qr import take_up
from bot.terminal import CANNOT_START, Explained, err, out, settings_or_exit
from bot.unit_keeping import codes_of
from bot.wiring import House, build
from handlers.units import Unit
from storage.broadcasts import Broadcast, Broadcasts, NoBroadcast, Phase


@dataclass(frozen=True, slots=True)
class Written:
    """The files that were written, how long the script takes (seconds), and what was left out."""

    files: tuple[Path, ...]
    seconds: int
    left_out: tuple[str, ...]


def pack(
    what: Annotated[str, typer.Argument(help="A card's name, or a broadcast's id.")],
    unit: Annotated[str, typer.Option(help="The unit's code, as in [[units]].")],
    account: Annotated[
        list[str] | None, typer.Option(help="A code for this account; up to two.")
    ] = None,
    out_folder: Annotated[Path, typer.Option("--out", help="Where to write the files.")] = Path(),
) -> None:
    """Write a reading script (text, PDF) and sheets for the board (A4 and A5, PDF), once more for
    each further language in which there are words."""
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
) -> Written:
    """Write <unit>-<what>-loa.txt and .pdf, -a4.pdf and -a5.pdf, for other languages than
    Vietnamese with the code behind <what>. Raises NoPack, and OSError."""
    async with build(settings, renews=False) as house:
        place = house.units.get(unit)
        if place is None:
            raise NoPack(f"there is no unit {unit!r}: take one of {codes_of(house.units)}")
        left_out, written = await take_up(house), list[Path]()
        packs = await _packed(house, what, place, accounts)
        for one in packs:
            name = "-".join(filter(None, [place.code, what, one.language]))
            written += await asyncio.to_thread(_write, folder, name, one.files)
            left_out += [line for line in one.left_out if line not in left_out]
    return Written(tuple(written), packs[0].seconds, tuple(left_out))


async def _packed(house: House, what: str, unit: Unit, accounts: list[str]) -> list[Packed]:
    names = sorted(house.channels)
    if unknown := [name for name in accounts if name not in names]:
        raise NoPack(f"there is no account {unknown[0]!r}: take one of {', '.join(names)}")
    if what.isdecimal():
        it = await _broadcast(house, int(what))
        return await house.press.of_notice(it, unit, accounts or names)
    if what not in house.library.shelf.cards:
        raise NoPack(f"there is no card {what!r}: see `python -m content status`")
    return await house.press.of_card(house.library.shelf.cards[what], unit, accounts or names)


async def _broadcast(house: House, number: int) -> Broadcast:
    """An approved broadcast: what nobody released is not read out either."""
    async with house.database.read() as tx:
        try:
            found = await Broadcasts().get(tx, number)
        except NoBroadcast as fault:
            raise NoPack(f"there is no broadcast {number}") from fault
    if found.phase is Phase.CANCELLED:
        raise NoPack(f"broadcast {number} was cancelled")
    if not found.approved:
        raise NoPack(
            f"broadcast {number} is not approved: a second person has to do that first "
            f"(`python -m bot broadcast approve {number} --by NAME`)"
        )
    return found


def _write(folder: Path, name: str, files: Mapping[str, bytes]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for ending, content in files.items():
        path = folder / f"{name}-{ending}"
        path.write_bytes(content)
        written.append(path)
    return written
