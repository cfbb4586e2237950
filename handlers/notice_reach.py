"""Counts ahead whom a notice will reach through the accounts that work now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from handlers.messages import Capabilities
from handlers.notice_template import goes
from handlers.units import Units
from storage.broadcasts import Draft
from storage.database import Transaction
from storage.reach import Reach, reach, reach_again


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

    async def count(self, tx: Transaction, draft: Draft, *, now: datetime) -> Reach:
        """For the time at which it goes out, if nobody writes to us until then; of what takes
        another back, who received that."""
        working = self.capabilities()
        windows = {name: able.window for name, able in working.items() if able.window}
        templates = {name for name, able in working.items() if goes(draft, able)}
        if draft.takes_back is not None:
            return await reach_again(
                tx, draft.takes_back, accounts=working.keys(), windows=windows,
                at=max(now, draft.due_at or now), templates=templates,
            )  # fmt: skip
        return await reach(
            tx,
            draft.purpose,
            units=self._units.addressed(draft.unit, only=draft.only_unit),
            accounts=working.keys(),
            windows=windows,
            cap=None if draft.emergency else self._weekly_cap,
            at=max(now, draft.due_at or now),
            language=draft.language,
            topic=draft.topic,
            templates=templates,
        )
