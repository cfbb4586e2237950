"""Who `--by` names on the command line: an official, who may do there what their chat lets them do.

A name or number of somebody who works here binds the command to their role and unit. Any other name
is the operator's own word: whoever can run commands on this machine can do all of it anyway.
"""

from __future__ import annotations

from handlers.official.notices_rights import NoticeRights
from handlers.staff.staff import RIGHTS, Right
from handlers.units import Units
from storage.broadcasts import Broadcast, Broadcasts, same_name
from storage.database import Transaction
from storage.notices import Notices
from storage.officials import Official, Officials


class MayNot(Exception):
    """The official may not do this; the message tells an operator why."""


class Acting:
    """Asks for whoever `by` names. `by` is a name, or an official's number as `officials list`
    shows it. All methods raise MayNot."""

    def __init__(self, units: Units, by: str) -> None:
        self._by = by.strip()
        self._units = units
        self._rights = NoticeRights(units)
        self._officials = Officials()
        self._broadcasts = Broadcasts()
        self._notices = Notices()

    async def write(self, tx: Transaction, unit: str) -> str:
        """May they write for this unit, or mend what others wrote for it? Return their name."""
        official = await self._official(tx)
        if official is None:
            return self._by
        if not self._rights.writes(official):
            raise MayNot(f"{official.name} is {official.role}: that role writes no notices")
        await self._covered(official, unit)
        return official.name

    async def wrote(self, tx: Transaction, number: int) -> None:
        """Note whose it is, so that they are told in their chat what becomes of it."""
        if (official := await self._official(tx)) is not None:
            await self._notices.wrote(tx, number, official.id)

    async def release(self, tx: Transaction, number: int) -> str:
        """May they approve it? Their own only in an emergency. Return their name."""
        official = await self._official(tx)
        if official is None:
            return self._by
        it = await self._broadcasts.get(tx, number, lock=True)
        if not self._rights.releases(official):
            raise MayNot(f"{official.name} is {official.role}: that role approves nothing")
        await self._covered(official, it.draft.unit)
        if not it.draft.emergency and await self._rights.wrote(
            tx, official, it, await self._notices.of(tx, number)
        ):
            raise MayNot(f"{official.name} wrote broadcast {number}: another person approves it")
        await self._notices.released(tx, number, official.id)
        return official.name

    async def leads(self, tx: Transaction, unit: str) -> bool:
        """Whether they may release for this unit; the operator's own word may do all."""
        official = await self._official(tx)
        if official is None:
            return True
        return self._rights.releases(official) and self._rights.covers(official, unit)

    async def change(self, tx: Transaction, number: int) -> str:
        """May they move, pause, resume, cancel or send it again? Return their name."""
        official = await self._official(tx)
        if official is None:
            return self._by
        it: Broadcast = await self._broadcasts.get(tx, number, lock=True)
        owners = await self._notices.of(tx, number)
        if not self._rights.may_change(official, it, owners):
            raise MayNot(
                f"{official.name} neither wrote broadcast {number} nor leads "
                f"{it.draft.unit or 'all units'}"
            )
        return official.name

    async def settle(self, tx: Transaction) -> tuple[int | None, str]:
        """May they change settings? Return their number (None: the operator's own word), and for
        which unit and all below it; an empty one is the whole installation."""
        official = await self._official(tx)
        if official is None:
            return None, ""
        if Right.SETTINGS not in RIGHTS[official.role]:
            raise MayNot(f"{official.name} is {official.role}: that role changes no settings")
        return official.id, official.unit

    async def _covered(self, official: Official, unit: str) -> None:
        if not self._rights.covers(official, unit):
            below = ", ".join(sorted(self._units.below(official.unit)))
            raise MayNot(
                f"{official.name} has no say over {unit or 'all units'}; --unit may be: {below}"
            )

    async def _official(self, tx: Transaction) -> Official | None:
        """Who works here under that name or number; None: the operator's own word."""
        known = await self._officials.all(tx)
        if self._by.isdecimal():
            found = [one for one in known if one.id == int(self._by)]
            if not found:
                raise MayNot(f"--by: no official has the number {self._by}")
            return found[0]
        found = [one for one in known if same_name(one.name, self._by)]
        if len(found) > 1:
            numbers = ", ".join(str(one.id) for one in found)
            raise MayNot(f"--by: several officials are called {self._by!r}: name one of {numbers}")
        return found[0] if found else None
