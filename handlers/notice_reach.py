"""Counts ahead whom a notice will reach through the accounts that work now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from handlers.messages import Capabilities
from handlers.notice_template import goes
from handlers.units import Units
from storage.broadcast_corrections import Corrections
from storage.broadcasts import Draft
from storage.database import Transaction
from storage.reach import Reach, Way, reach


class NoticeReach:
    """Counts; `capabilities` gives those of the accounts that work now, `weekly_cap` is how many
    notices a person gets within seven days, emergencies not counted."""

    def __init__(
        self,
        *,
        units: Units,
        capabilities: Callable[[], Mapping[str, Capabilities]],
        weekly_cap: int,
    ) -> None:
        self._units = units
        self.capabilities = capabilities
        self._weekly_cap = weekly_cap
        self._corrections = Corrections()

    async def count(self, tx: Transaction, draft: Draft, *, now: datetime) -> Reach:
        """For the time at which it goes out, if nobody writes to us until then; of what takes
        another back, who received that."""
        working = self.capabilities()
        if draft.takes_back is not None:
            received = await self._corrections.received(tx, draft.takes_back)
            ways = {
                (account, Way.OPEN if account in working else Way.REMOVED): count
                for account, count in received.accounts.items()
            }
            return Reach(ways)
        return await reach(
            tx,
            draft.purpose,
            units=self._units.addressed(draft.unit, only=draft.only_unit),
            accounts=working.keys(),
            windows={name: able.window for name, able in working.items() if able.window},
            cap=None if draft.emergency else self._weekly_cap,
            at=max(now, draft.due_at or now),
            language=draft.language,
            topic=draft.topic,
            templates={name for name, able in working.items() if goes(draft, able)},
        )
