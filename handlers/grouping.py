"""Grouping: cases that say the same are put together, under a title that the public may read.

What is answered to all of a group at once, `PublicAnswers.publish` does.
"""

from __future__ import annotations

from datetime import datetime

from content.redaction import asked, redact
from content.screens import shorten
from handlers.casework import Casework
from handlers.public_answers import PublicAnswers
from handlers.units import Units
from storage.case_groups import CaseGroup, CaseGroups, GroupFault, Trouble
from storage.case_records import Case
from storage.cases import Cases
from storage.database import Transaction
from storage.officials import Official

PROPOSED = 80
"""Letters of a title that is made of a villager's words."""


class Grouping:
    """The steps of a group until it is answered."""

    def __init__(self, *, units: Units, casework: Casework, answers: PublicAnswers) -> None:
        self._units = units
        self._casework = casework
        self._answers = answers
        self._cases = Cases()
        self._groups = CaseGroups()

    async def open(self, tx: Transaction, *, unit: str, title: str, at: datetime) -> int:
        """An empty group. Raises GroupFault: the title identifies somebody, or is too long."""
        self._answers.for_public(unit, title)
        return await self._groups.open(tx, unit=unit, title=title, at=at)

    async def rename(self, tx: Transaction, group: CaseGroup, title: str) -> None:
        """Raises GroupFault as `open` does, and for a group that was answered."""
        if title != group.title:
            self._answers.for_public(group.unit, title)
            await self._groups.rename(tx, group.id, title)

    async def put(
        self,
        tx: Transaction,
        case: Case,
        group: CaseGroup,
        *,
        at: datetime,
        by: Official | None = None,
    ) -> None:
        """The case says the same. Raises GroupFault for a case of elsewhere, one that is not for
        the public, and a group that was answered."""
        if case.unit not in self._units.below(group.unit):
            words = f"case {case.id} is of {case.unit}, the group of {group.unit}"
            raise GroupFault(words, Trouble.ELSEWHERE)
        await self._groups.put(tx, case, group, at=at, by=by.id if by else None)

    async def put_together(
        self, tx: Transaction, case: Case, other: Case, *, at: datetime, by: Official
    ) -> CaseGroup:
        """Two cases say the same: they are in one group from then on, a new one if need be.

        Raises GroupFault as `CaseGroups.join` does.
        """
        first, second = (case, other) if case.group is None else (other, case)
        title = "" if second.group is not None else await self._title(tx, case)
        return await self._groups.join(tx, first, second, title=title, at=at, by=by.id)

    async def take_out(
        self, tx: Transaction, case: Case, *, at: datetime, by: Official | None = None
    ) -> None:
        """The case stands alone again. Raises GroupFault when its group was answered."""
        await self._groups.take_out(tx, case, at=at, by=by.id if by else None)

    async def _title(self, tx: Transaction, case: Case) -> str:
        """What the villager asked, without who asked; else the case's kind and number."""
        words = await self._cases.words(tx, case.id)
        title = shorten(" ".join(asked(redact(words[0].text)).split()), PROPOSED) if words else ""
        if not title or redact(title) != title:
            title = self._casework.label(case)
        return title[0].upper() + title[1:]
