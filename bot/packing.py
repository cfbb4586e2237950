"""Makes what is read over the loudspeaker and hung on the board, of a card or an approved notice,
in Vietnamese and in each further language in which it has words.

Who may have it and where it goes is for the command `pack` and for the console's desk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.accounts import Accounts
from bot.config import Settings
from bot.letters import SHIPPED as SANS
from bot.letters import NoLetters, font_for
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
from content.languages import CODES, VIETNAMESE
from content.library import Library, holding
from content.media import media_of, read_media
from content.shelf import SHIPPED, Shelf
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
    """In one language (empty: Vietnamese) the files by their endings, how long the script takes
    (seconds), and what was left out."""

    language: str
    files: Mapping[str, bytes]
    seconds: int
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is announced in one language (empty: Vietnamese), with what stands around it in `texts`.
    `card` is empty for a notice without one."""

    name: str
    language: str
    texts: Texts
    script: Script
    sheets: dict[Paper, Sheet]
    picture: bytes | None
    card: Card | None

    @property
    def words(self) -> str:
        """All that is printed but the codes."""
        lines = [*self.script.lines]
        for sheet in self.sheets.values():
            lines += [sheet.title, *sheet.lead, sheet.points_heading, *sheet.points, *sheet.notes]
            lines += [line for heading, block in sheet.blocks for line in (heading, *block)]
        return "\n".join(lines)


@dataclass(frozen=True)
class Press:
    """Prints with the accounts that work now."""

    settings: Settings
    library: Library
    texts: Texts
    others: Mapping[str, Texts]
    """The sentences of each further language, by its code."""
    units: Units
    accounts: Accounts
    clock: Callable[[], datetime]
    patience: float = PATIENCE

    async def of_card(self, card: Card, unit: Unit, accounts: Sequence[str]) -> list[Packed]:
        """For a card, with codes of these accounts, in Vietnamese first; of a file in a further
        language that is at fault only what is wrong. Raises NoPack."""
        packs = [await self._printed(self._card(card, unit), unit, accounts)]
        for language in sorted(CODES - {VIETNAMESE}):
            other, fault = await asyncio.to_thread(self._in_language, card.slug, language)
            if other is not None:
                packs.append(await self._printed(self._card(other, unit, language), unit, accounts))
            elif fault:
                packs.append(Packed(language, {}, 0, (f"{language}: {fault}",)))
        return packs

    async def of_notice(self, it: Broadcast, unit: Unit, accounts: Sequence[str]) -> list[Packed]:
        """For a notice; whether somebody released it is for the caller. Raises NoPack."""
        words = {"": it.draft.headline, **dict(it.draft.texts)}
        return [
            await self._printed(self._notice(it, unit, said, language), unit, accounts)
            for language, said in words.items()
        ]

    async def notice(self, it: Broadcast, unit: Unit) -> Mapping[str, bytes]:
        """`handlers.staff.papers_desk.Press`."""
        try:
            wanted = self._notice(it, unit, it.draft.headline)
            return (await self._printed(wanted, unit, self._serving(unit))).files
        except NoPack as fault:
            raise NoPaper from fault

    async def card(self, slug: str, unit: Unit) -> Mapping[str, bytes]:
        """The same of a card."""
        card = self.library.shelf.cards.get(slug)
        if card is None:
            raise NoPaper
        try:
            wanted = self._card(card, unit)
            return (await self._printed(wanted, unit, self._serving(unit))).files
        except NoPack as fault:
            raise NoPaper from fault

    def _serving(self, unit: Unit) -> list[str]:
        """A few accounts whose people may be this unit's."""
        line = {"", *(one.code for one in self.units.line(unit.code))}
        names = sorted(self.accounts.channels)
        return [one for one in names if self.accounts.home_units[one] in line][:MOST_ASKED]

    def _card(self, card: Card, unit: Unit, language: str = "") -> _Wanted:
        today, local = self.clock().astimezone(VIETNAM).date(), self.units.local(unit.code)
        texts, shown = self._around(language), {Paper.A4: LONG, Paper.A5: SHORT}
        return _Wanted(
            name=card.slug,
            language=language,
            texts=texts,
            script=card_script(card, unit=unit.name, today=today, local=local, texts=texts),
            sheets={
                paper: card_sheet(card, facets, today=today, local=local, texts=texts)
                for paper, facets in shown.items()
            },
            picture=self._picture(card),
            card=card,
        )

    def _notice(self, it: Broadcast, unit: Unit, words: str, language: str = "") -> _Wanted:
        card, texts = self.library.shelf.cards.get(it.draft.card), self._around(language)
        return _Wanted(
            name=str(it.id),
            language=language,
            texts=texts,
            script=notice_script(words, unit=unit.name, texts=texts),
            sheets=dict.fromkeys(Paper, notice_sheet(words, texts)),
            picture=self._picture(card),
            card=card,
        )

    def _around(self, language: str) -> Texts:
        other = self.others.get(language)
        return self.texts if other is None else other.over(self.texts)

    def _in_language(self, slug: str, language: str) -> tuple[Card | None, str]:
        """The card in that language, or what is wrong in its file; neither where there is none."""
        folder = self.settings.content.folder or SHIPPED
        if not (folder / "cards" / language / f"{slug}.md").exists():
            return None, ""
        shelf = Shelf.load(folder, language)
        faults = [str(one) for one in shelf.faults if one.path.stem == slug]
        return shelf.get(slug), "; ".join(faults[:1])

    async def _printed(self, wanted: _Wanted, unit: Unit, accounts: Sequence[str]) -> Packed:
        codes, left_out = await self._codes(unit, wanted, accounts)
        files, faults = await asyncio.to_thread(self._draw, unit, wanted, codes)
        return Packed(wanted.language, files, wanted.script.seconds, (*left_out, *faults))

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
        texts, card = wanted.texts, wanted.card
        platform = self.accounts.platforms[account]
        opens = card is not None and card.slug in address
        how = "board.scan_card" if opens else "board.scan_type" if card else "board.scan"
        title = card.title if card else ""
        return Code(address, (texts(how, title=title), texts(f"sheet.app.{platform}"), address))

    def _draw(
        self, unit: Unit, wanted: _Wanted, codes: list[Code]
    ) -> tuple[dict[str, bytes], list[str]]:
        """The files, and what cannot be drawn and why."""
        script, texts = wanted.script, wanted.texts
        title = texts("loudspeaker.title", unit=unit.name)
        subtitle = texts(
            "loudspeaker.time", minutes=script.seconds // 60, seconds=script.seconds % 60
        )
        words = "\n".join([title, subtitle, "", *script.lines, ""])
        files = {LOUD_TEXT: words.encode("utf-8-sig")}  # old programs know by its mark what it is
        font, left_out = SANS, list[str]()
        try:
            font = font_for(f"{words}{wanted.words}", self.settings.content.folder or SHIPPED)
        except NoLetters as fault:
            left_out.append(f"{wanted.language or VIETNAMESE}, PDF: {fault}")
            if wanted.language:  # a foreign word in Vietnamese ones may be blank
                return files, left_out
        files[LOUD] = print_script(script.lines, title=title, subtitle=subtitle, font=font)
        for paper, sheet in wanted.sheets.items():
            try:
                files[f"{paper}.pdf"] = print_sheet(
                    sheet,
                    unit=unit.name,
                    picture=wanted.picture,
                    codes=codes,
                    paper=paper,
                    font=font,
                )
            except TooLong as fault:
                raise NoPack(f"{wanted.name}: its words do not fit on one {paper} page") from fault
        return files, left_out
