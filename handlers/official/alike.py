"""Joining cases that say the same, in an official's chat: one digit does it and undoes it.

What may be in one group, `storage.case_groups` decides, for `python -m bot groups` too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from content.likeness import same
from content.texts import Texts
from handlers.casework import Casework
from handlers.official_actions import Duty, Work
from storage.case_groups import CaseGroups, GroupFault
from storage.case_lists import CaseLists
from storage.case_records import OPEN, Case, CaseKind
from storage.cases import Cases
from storage.database import Transaction
from storage.officials import Official

SHOWN = 5
DIGIT = 8
"""Never beside RELEASE, which has it where a case is held back: such a case is in no group."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Numbers of cases: `joined` by somebody with the one at hand, or only `like` it."""

    joined: tuple[int, ...]
    like: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.joined) + len(self.like)


class AlikeCases:
    """Finds what says the same, and joins it when an official says so; never by itself."""

    def __init__(self, *, casework: Casework, texts: Texts) -> None:
        self._casework = casework
        self._texts = texts
        self._cases = Cases()
        self._lists = CaseLists()
        self._groups = CaseGroups()

    async def alike(self, tx: Transaction, official: Official, case: Case, text: str) -> Alike:
        """Open cases of the same unit, whoever told them, that say nearly the same: a hint, no
        more; and those that somebody joined with it."""
        if case.quarantine:
            return Alike((), ())
        if case.group is not None and (await self._groups.get(tx, case.group)).published_at:
            return Alike((), ())  # answered in public: it can be joined with nothing more
        members = await self._groups.waiting_with(tx, case)
        joined = tuple(one.id for one in members if self._casework.sees(official, one))
        sight = self._casework.sight(official)
        others = await self._lists.beside(tx, sight, case)
        like = same(text, await self._lists.openings(tx, sight, others))
        return Alike(joined, tuple(number for number in sorted(like) if number not in joined))

    def lines(self, alike: Alike) -> list[str]:
        """What a case's page says of it."""
        parts = (("official.joined_with", alike.joined), ("official.like", alike.like))
        return [
            self._texts(key, numbers=", ".join(map(str, numbers[:SHOWN])))
            for key, numbers in parts
            if numbers
        ]

    def in_list(self, label: str, alike: Alike) -> str:
        """How a case is called in the list, with how many say the same."""
        if not alike.count:
            return label
        return self._texts("official.line_alike", case=label, count=alike.count)

    def choice(self, official: Official, case: Case, alike: Alike) -> tuple[str, Work] | None:
        """What may be chosen: the words of the button, and what it does."""
        private = case.kind is CaseKind.COMPLAINT or case.quarantine
        if private or not official.answers or case.state not in OPEN:
            return None
        if alike.joined:
            return self._texts("official.duty.p"), Work(Duty.PART, case.id, case.version)
        if alike.like:
            first = alike.like[0]
            join = Work(Duty.JOIN, case.id, case.version, first)
            return self._texts("official.duty.j", id=first), join
        return None

    async def act(
        self, tx: Transaction, official: Official, action: Work, *, at: datetime
    ) -> str | None:
        """Join or part; the key of what is to be said, None: the other case is none of theirs."""
        numbers = sorted({action.case, action.value} - {0})  # in one order: two may do it at once
        locked = {number: await self._cases.get(tx, number, lock=True) for number in numbers}
        case, other = locked[action.case], locked.get(action.value)
        if case is None:
            return None
        try:
            if action.duty is Duty.PART:
                await self._groups.take_out(tx, case, at=at, by=official.id)
                return "official.parted"
            if other is None or not self._casework.sees(official, other):
                return None
            title = self._texts(f"public.kind.{case.kind}")
            await self._groups.join(tx, case, other, title=title, at=at, by=official.id)
        except GroupFault:
            return "official.may_not"
        return "official.joined"
