"""Who may write, release and change notices: the role says what, the unit says to whom.

A notice for a unit may be written in that unit and in every one above it, and released by who
leads there. Nobody releases their own words, but in an emergency, which says so.
"""

from __future__ import annotations

from collections.abc import Collection

from handlers.units import Units
from storage.audiences import Audience, Audiences
from storage.broadcasts import Broadcast, Phase, same_name
from storage.database import Transaction
from storage.notices import RELEASING, WRITING, Notice, Notices
from storage.officials import Desk, Official, Officials


class NoticeRights:
    """Answers whether; it changes nothing."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._officials = Officials()
        self._notices = Notices()
        self._audiences = Audiences()

    def writes(self, official: Official) -> bool:
        return official.role in WRITING

    def releases(self, official: Official) -> bool:
        return official.role in RELEASING

    def covers(self, official: Official, unit: str) -> bool:
        """Whether the people of this unit are theirs; an empty unit is everybody."""
        return not official.unit or unit in self._units.below(official.unit)

    def units_of(self, official: Official) -> frozenset[str] | None:
        """The units whose people are theirs; None for everybody."""
        return self._units.below(official.unit) if official.unit else None

    async def lists(self, tx: Transaction, official: Official) -> dict[str, Audience]:
        """The saved lists of people who are theirs, by name."""
        found = await self._audiences.all(tx)
        return {name: who for name, who in found if self.covers(official, who.unit)}

    def may_release(self, official: Official, it: Broadcast) -> bool:
        """By role and unit; whether they wrote it themselves is another question."""
        return self.releases(official) and self.covers(official, it.draft.unit)

    def sees(self, official: Official, it: Broadcast, notice: Notice, *, own: bool) -> bool:
        """Its author, and whose people it is for once it was handed in; `own`: they wrote it, as
        `wrote` tells."""
        if notice.author == official.id:
            return True
        shown = own or it.phase is not Phase.DRAFT or it.handed_in
        return shown and self.covers(official, it.draft.unit)

    def may_change(self, official: Official, it: Broadcast, notice: Notice) -> bool:
        """Pause, resume, cancel, send again: its author, and who may release it."""
        mine = notice.author == official.id and self.writes(official)
        return self.covers(official, it.draft.unit) and (mine or self.may_release(official, it))

    async def wrote(
        self, tx: Transaction, official: Official, it: Broadcast, notice: Notice
    ) -> bool:
        """Whether it is their own: by number, by name, or as the same person in a linked chat."""
        if notice.author == official.id or it.wrote(official.name):
            return True
        author = None
        if notice.author is not None:
            author = await self._officials.get(tx, notice.author)
        return author is not None and await self._notices.one_person(tx, author, official)

    async def leaders(self, tx: Transaction, unit: str, *, but: Official) -> list[str]:
        """The names of who may release a notice of theirs for this unit, wherever they work, in
        the nearest unit from below that has anybody."""
        known = [one for one in await self._officials.all(tx) if one.role in RELEASING]
        others = [one for one in known if not same_name(one.name, but.name)]
        for code in [*(one.code for one in self._units.line(unit)), ""]:
            found = [one for one in others if one.unit == code]
            names = [one.name for one in found if not await self._notices.one_person(tx, but, one)]
            if names:
                return list(dict.fromkeys(names))
        return []

    async def approvers(
        self,
        tx: Transaction,
        unit: str,
        *,
        but: Official | None,
        editors: Collection[str] = (),
    ) -> list[Desk]:
        """Who may release a notice for this unit, in the nearest unit from below that has
        anybody but its author and its `editors` (names)."""
        units = [one.code for one in self._units.line(unit)]
        for code in [*units, ""]:
            desks = await self._officials.desks(tx, units=[code], roles=RELEASING)
            others = [
                desk
                for desk in desks
                if not any(same_name(desk.official.name, one) for one in editors)
                and (
                    but is None
                    or not (
                        same_name(desk.official.name, but.name)
                        or await self._notices.one_person(tx, but, desk.official)
                    )
                )
            ]
            if others:
                return others
        return []
