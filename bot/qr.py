"""QR codes that open a conversation for one unit: pictures, and a sheet to print and hang up.

Which address that is, each channel says itself; the sheet's layout is `content/sheets/qr.html`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

from bot.config import Settings
from bot.qr_codes import EDGE, coded, picture
from bot.unit_keeping import codes_of
from bot.wiring import House, build
from content.library import holding
from content.shelf import SHIPPED
from handlers.units import Unit
from storage.database import DatabaseFault

SHEET = "sheets/qr.html"


class NoCode(Exception):
    """There is nothing to encode; says to the operator what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The files that were written, and in an operator's words the accounts that were left out."""

    files: tuple[Path, ...]
    left_out: tuple[str, ...]


async def draw(settings: Settings, unit: str, *, account: str, folder: Path) -> Drawn:
    """Write <unit>-<account>.png, .svg and .html (A5) for every account that has an address.

    An empty `account` means all of them. Raises NoCode, and OSError for the folder.
    """
    files: list[Path] = []
    async with build(settings, renews=False) as house:
        place = house.units.get(unit)
        if place is None:
            raise NoCode(f"there is no unit {unit!r}: take one of {codes_of(house.units)}")
        left_out = await take_up(house)
        names = sorted(house.channels)
        if account and account not in names:
            told = "\n  ".join([f"take one of {', '.join(names)}", *left_out])
            raise NoCode(f"there is no account {account!r}: {told}")
        chosen = [account] if account else names
        asked = await asyncio.gather(*(house.press.address_of(name, place) for name in chosen))
        for name, (address, problem) in zip(chosen, asked, strict=True):
            if problem:
                left_out.append(f"{name}: {problem}")
                continue
            drawn = _files(house, name, place, address)
            files += await asyncio.to_thread(_write, folder, f"{place.code}-{name}", drawn)
    if not files:
        raise NoCode("no account has an address that a code could hold\n  " + "\n  ".join(left_out))
    return Drawn(tuple(files), tuple(left_out))


async def take_up(house: House) -> list[str]:
    """Take up the accounts that were added while the program ran; tell of those that cannot be."""
    try:
        await house.accounts.take_up()
    except DatabaseFault:
        return ["accounts that were added: run `python -m bot migrate`, then try again"]
    return [f"{name}: {problem}" for name, problem in house.accounts.problems.items()]


def _files(house: House, account: str, unit: Unit, address: str) -> Iterable[tuple[str, bytes]]:
    """Each file's ending and content."""
    code = coded(address)
    folder = holding(house.settings.content.folder or SHIPPED, SHEET)
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    page = pages.get_template(SHEET).render(
        texts=house.texts,
        unit=unit.name,
        address=address,
        platform=house.accounts.platforms[account],
        # Drawn by us from an address: nothing in it is anybody's markup.
        code=Markup(code.svg_inline(border=EDGE, omitsize=True)),  # noqa: S704 - see above
    )
    pictures = [(f".{ending}", picture(address, ending)) for ending in ("png", "svg")]
    return (*pictures, (".html", page.encode()))


def _write(folder: Path, name: str, files: Iterable[tuple[str, bytes]]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for ending, content in files:
        path = folder / f"{name}{ending}"
        path.write_bytes(content)
        written.append(path)
    return written
