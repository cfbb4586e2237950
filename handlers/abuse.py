"""Abuse: which rule holds a new case back until somebody who leads looks at it.

Nothing is refused or deleted here: who is held back gets the same receipt and the same day. Only
counts decide, never who somebody is or what they wrote before; a cry for help is never held back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from content.crisis import Danger
from storage.cases import Cases
from storage.database import Transaction
from storage.newcomers import Newcomers

WATCHED = timedelta(hours=1)
FLOOD, CROWD = "flood", "crowd"


class Abuse:
    """Knows the rules."""

    def __init__(
        self,
        *,
        alarm: Callable[[str], Danger | None],
        cases_per_hour: int,
        newcomers_per_hour: int,
        newcomer: timedelta,
    ) -> None:
        """`alarm` hears words of people in danger. `cases_per_hour` one conversation may bring;
        `newcomers_per_hour` all those of an office that began less than `newcomer` ago."""
        self._alarm = alarm
        self._most = cases_per_hour
        self._most_new = newcomers_per_hour
        self._newcomer = newcomer
        self._cases = Cases()
        self._newcomers = Newcomers()

    def urgent(self, text: str) -> bool:
        """Whether somebody who writes this may be in danger."""
        return self._alarm(text) is not None

    async def rule(
        self, tx: Transaction, *, conversation: int, units: Collection[str], text: str, at: datetime
    ) -> str:
        """The rule that holds back what comes in for these units, or nothing."""
        if self.urgent(text):
            return ""
        since, began = at - WATCHED, at - self._newcomer
        if await self._cases.count_since(tx, conversation, since) >= self._most:
            return FLOOD
        # Every case of a new conversation counts, not only its first: else each could bring as
        # many as one conversation may, and a few dozen of them would fill the lists all the same.
        if not await self._newcomers.among(tx, conversation, began=began):
            return ""
        count = await self._newcomers.cases(tx, units, since=since, began=began)
        return CROWD if count >= self._most_new else ""
