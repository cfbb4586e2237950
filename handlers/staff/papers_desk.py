"""The desk for what is read over the loudspeaker and hung on the board: of a card, or of a notice
that was approved, for one unit."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Protocol

from aiohttp import web

from content.library import Library
from content.texts import Texts
from handlers.official.notices_deeds import Deeds
from handlers.staff.door import Door
from handlers.staff.downloads import sent
from handlers.staff.forms import Form, number
from handlers.staff.staff import Right, Staff
from handlers.staff.unit_choice import Offered
from handlers.units import Unit, Units
from storage.audit import Kind, Verb
from storage.broadcasts import Broadcast, Phase
from storage.database import Database

LOUD, LOUD_TEXT = "loa.pdf", "loa.txt"
ENDINGS = (LOUD, LOUD_TEXT, "a4.pdf", "a5.pdf")
"""What can be had, by the ending of its name."""


class NoPaper(Exception):
    """It cannot be printed: there is no such card, or the words fit on no page."""


class Press(Protocol):
    """What prints: the files by their endings. Raises NoPaper."""

    async def notice(self, it: Broadcast, unit: Unit) -> Mapping[str, bytes]: ...
    async def card(self, slug: str, unit: Unit) -> Mapping[str, bytes]: ...


class PapersDesk:
    """Gives them away."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        texts: Texts,
        units: Units,
        library: Library,
        deeds: Deeds,
        press: Press,
    ) -> None:
        self._door = door
        self._database = database
        self._texts = texts
        self._units = units
        self._library = library
        self._deeds = deeds
        self._press = press

    async def show(self, request: web.Request) -> web.Response:
        """The cards and units to choose from."""
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.EXPORT)
        return self._page(staff, request.query)

    async def of_card(self, request: web.Request) -> web.StreamResponse:
        """A card's, as a file."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.EXPORT)
        unit, ending, slug = self._unit(staff, form), _ending(form), form.get("card", "")
        try:
            if unit is None or not ending:
                raise NoPaper
            files = await self._press.card(slug, unit)
        except NoPaper:
            told = self._texts("staff.papers.none")
            return self._page(staff, form, problem=told, status=422)
        async with self._database.begin() as tx:
            await self._door.note(
                tx, staff, Verb.EXPORTED, Kind.CARD, slug, unit=unit.code, reason=ending
            )
        return await sent(request, BytesIO(files[ending]), f"{unit.code}-{slug}-{ending}")

    async def of_notice(self, request: web.Request) -> web.StreamResponse:
        """That of a notice which a second person released."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.EXPORT)
        notice = number(request, "notice")
        async with self._database.read() as tx:
            seen = await self._deeds.look(tx, staff.official, notice)
        unit, ending = self._unit(staff, form), _ending(form)
        if seen is None:
            raise self._door.gone(staff)
        back = web.HTTPSeeOther(f"/staff/notices/{notice}?done=staff.papers.none#papers")
        if unit is None or not ending or not prints(seen.it):
            raise back
        try:
            files = await self._press.notice(seen.it, unit)
        except NoPaper:
            raise back from None
        async with self._database.begin() as tx:
            await self._door.note(
                tx, staff, Verb.EXPORTED, Kind.BROADCAST, notice, unit=unit.code, reason=ending
            )
        return await sent(request, BytesIO(files[ending]), f"{unit.code}-{notice}-{ending}")

    def units(self, staff: Staff) -> Offered:
        """The units for which they may have it."""
        return Offered.of(one for one in self._units if staff.covers(one.code))

    def _unit(self, staff: Staff, form: Form) -> Unit | None:
        unit = self._units.get(form.get("unit", ""))
        return unit if unit is not None and staff.covers(unit.code) else None

    def _page(
        self, staff: Staff, given: Mapping[str, str], *, problem: str = "", status: int = 200
    ) -> web.Response:
        cards = [
            (self._texts(f"group.{name}"), [(one.slug, one.title) for one in headings])
            for name, headings in self._library.shelf.groups.items()
        ]
        return self._door.page(
            "papers.html", staff=staff, status=status, cards=cards, units=self.units(staff),
            card=given.get("card", ""), unit=given.get("unit", ""), endings=ENDINGS,
            problem=problem,
        )  # fmt: skip


def prints(it: Broadcast) -> bool:
    """Whether it may be read out and hung up: a second person released it, and nobody took it
    off."""
    return bool(it.approved) and it.phase is not Phase.CANCELLED


def _ending(form: Form) -> str:
    ending = form.get("form", "")
    return ending if ending in ENDINGS else ""
