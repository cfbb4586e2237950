"""Abuse: which rule holds a new case back until somebody who leads looks at it.

Nothing is refused or deleted here: who is held back gets the same receipt and the same day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from content.crisis import Danger
from storage.cases import Cases
from storage.database import Transaction

WATCHED = timedelta(hours=1)
FLOOD = "flood"


class Abuse:
    """Knows the rules."""

    def __init__(self, *, alarm: Callable[[str], Danger | None], cases_per_hour: int) -> None:
        """`alarm` hears words of people in danger: those are never held back."""
        self._alarm = alarm
        self._most = cases_per_hour
        self._cases = Cases()

    async def rule(self, tx: Transaction, *, conversation: int, text: str, at: datetime) -> str:
        """The rule that holds this back, or nothing."""
        if await self._cases.count_since(tx, conversation, at - WATCHED) < self._most:
            return ""
        return "" if self._alarm(text) else FLOOD
