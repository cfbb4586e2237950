"""Makes what is read over the loudspeaker and hung on the board, of a card or an approved notice.

Who may have it and where it goes is for the command `pack` and for the console's desk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.accounts import Accounts
from bot.config import Settings
from bot.printing import Code, Paper, TooLong, print_script, print_sheet
from bot.qr_codes import link_of
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
from content.library import Library, holding
from content.media import media_of, read_media
from content.shelf import SHIPPED
from content.texts import Texts
from handlers.deep_links import DeepLink
from handlers.errands import VIETNAM
from handlers.staff.papers_desk import LOUD, LOUD_TEXT, NoPaper
from handlers.units import Unit, Units
from storage.broadcasts import Broadcast

MOST_CODES = 2
"""So many stand side by side on an A5 sheet."""

MOST_ASKED = 4
"""So many accounts a desk asks for their address: one that does not answer is waited for."""

PATIENCE = 15.0
ANY_PICTURE = "pictograms/chung.png"


class NoPack(Exception):
    """There is nothing to print; says to the operator what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Packed:
    """The files by their endings, how long the script takes (seconds), and what was left out."""

    files: Mapping[str, bytes]
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


@dataclass(frozen=True)
class Press:
    """Prints with the accounts that work now."""

    settings: Settings
    library: Library
    texts: Texts
    units: Units
    accounts: Accounts
    clock: Callable[[], datetime]
    patience: float = PATIENCE

    async def of_card(self, card: Card, unit: Unit, accounts: Sequence[str]) -> Packed:
        """For a card, with codes of these accounts. Raises NoPack."""
        today, local = self.clock().astimezone(VIETNAM).date(), self.units.local(unit.code)
        texts, shown = self.texts, {Paper.A4: LONG, Paper.A5: SHORT}
        wanted = _Wanted(
            name=card.slug,
            script=card_script(card, unit=unit.name, today=today, local=local, texts=texts),
            sheets={
                paper: card_sheet(card, facets, today=today, local=local, texts=texts)
                for paper, facets in shown.items()
            },
            picture=self._picture(card),
            card=card,
        )
        return await self._printed(wanted, unit, accounts)

    async def of_notice(self, it: Broadcast, unit: Unit, accounts: Sequence[str]) -> Packed:
        """For a notice; whether somebody released it is for the caller. Raises NoPack."""
        card = self.library.shelf.cards.get(it.draft.card)
        wanted = _Wanted(
            name=str(it.id),
            script=notice_script(it.draft.headline, unit=unit.name, texts=self.texts),
            sheets=dict.fromkeys(Paper, notice_sheet(it.draft.headline, self.texts)),
            picture=self._picture(card),
            card=card,
        )
        return await self._printed(wanted, unit, accounts)

    async def notice(self, it: Broadcast, unit: Unit) -> Mapping[str, bytes]:
        """`handlers.staff.papers_desk.Press`."""
        try:
            return (await self.of_notice(it, unit, self._serving(unit))).files
        except NoPack as fault:
            raise NoPaper from fault

    async def card(self, slug: str, unit: Unit) -> Mapping[str, bytes]:
        """The same of a card."""
        card = self.library.shelf.cards.get(slug)
        if card is None:
            raise NoPaper
        try:
            return (await self.of_card(card, unit, self._serving(unit))).files
        except NoPack as fault:
            raise NoPaper from fault

    def _serving(self, unit: Unit) -> list[str]:
        """A few accounts whose people may be this unit's."""
        line = {"", *(one.code for one in self.units.line(unit.code))}
        names = sorted(self.accounts.channels)
        return [one for one in names if self.accounts.home_units[one] in line][:MOST_ASKED]

    async def _printed(self, wanted: _Wanted, unit: Unit, accounts: Sequence[str]) -> Packed:
        codes, left_out = await self._codes(unit, wanted, accounts)
        files = await asyncio.to_thread(self._draw, unit, wanted, codes)
        return Packed(files, wanted.script.seconds, tuple(left_out))

    def _picture(self, card: Card | None) -> bytes | None:
        folder = self.settings.content.folder or SHIPPED
        found = [name for kind, name in media_of(folder, card) if kind == "image"] if card else []
        name = found[0] if found else ANY_PICTURE
        try:
            return read_media(holding(folder, name), name)
        except FileNotFoundError:
            return None

    async def _codes(
        self, unit: Unit, wanted: _Wanted, names: Sequence[str]
    ) -> tuple[list[Code], list[str]]:
        """A code for each account with an address, at most `MOST_CODES`; and why others have
        none."""
        slug = wanted.card.slug if wanted.card else ""
        found, left_out = list[Code](), list[str]()
        for name in names:
            if len(found) == MOST_CODES:
                left_out.append(f"{name}: {MOST_CODES} codes fit on a sheet; choose with --account")
                continue
            address, problem = await self.address_of(name, unit, card=slug)
            if problem:
                left_out.append(f"{name}: {problem}")
            else:
                found.append(self._code(name, address, wanted))
        return found, left_out

    async def address_of(self, account: str, unit: Unit, *, card: str = "") -> tuple[str, str]:
        """The address that opens this account for the unit, or what keeps it from having one.

        It opens the card too, where the platform's links can name something.
        """
        try:
            async with asyncio.timeout(self.patience):
                health = await self.accounts.channels[account].check()
        except TimeoutError:
            return "", "the platform does not answer: try again later"
        home, public = self.accounts.home_units[account], self.settings.web.public_url
        return link_of(health, DeepLink(unit.code, card), home=home, public_url=public)

    def _code(self, account: str, address: str, wanted: _Wanted) -> Code:
        """What to do with a code: where it cannot open the card, its name is to be typed."""
        texts, card = self.texts, wanted.card
        platform = self.accounts.platforms[account]
        opens = card is not None and card.slug in address
        how = "board.scan_card" if opens else "board.scan_type" if card else "board.scan"
        title = card.title if card else ""
        return Code(address, (texts(how, title=title), texts(f"sheet.app.{platform}"), address))

    def _draw(self, unit: Unit, wanted: _Wanted, codes: list[Code]) -> dict[str, bytes]:
        script, texts = wanted.script, self.texts
        title = texts("loudspeaker.title", unit=unit.name)
        subtitle = texts(
            "loudspeaker.time", minutes=script.seconds // 60, seconds=script.seconds % 60
        )
        words = "\n".join([title, subtitle, "", *script.lines, ""])
        files = {
            LOUD_TEXT: words.encode("utf-8-sig"),  # old programs know by its mark what it is
            LOUD: print_script(script.lines, title=title, subtitle=subtitle),
        }
        for paper, sheet in wanted.sheets.items():
            try:
                files[f"{paper}.pdf"] = print_sheet(
                    sheet, unit=unit.name, picture=wanted.picture, codes=codes, paper=paper
                )
            except TooLong as fault:
                raise NoPack(f"{wanted.name}: its words do not fit on one {paper} page") from fault
        return files
