"""Broadcasts on their way: what is due begins, recipients get their rows, what has ended ends.

Whoever calls `tick` decides when; all that it knows stands in the database, so that calling it
twice, late, or in two processes at once sends nothing twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from handlers.messages import Capabilities
from handlers.notice_page import NoticePage
from handlers.units import Units
from storage.broadcast_recipients import Recipients
from storage.broadcasts import Broadcast, Broadcasts
from storage.database import Database

log = logging.getLogger(__name__)

NextTime = Callable[[str, datetime], datetime | None]
"""The next time (UTC) of a rule as `content.when` writes it, after that time; None for never."""


class Broadcasting:
    """Moves broadcasts on. `capabilities` are by account; `clock` gives aware UTC times."""

    def __init__(
        self,
        *,
        database: Database,
        capabilities: Mapping[str, Capabilities],
        page: NoticePage,
        units: Units,
        next_time: NextTime,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._capabilities = capabilities
        self._page = page
        self._units = units
        self._next_time = next_time
        self._clock = clock
        self._broadcasts = Broadcasts()
        self._recipients = Recipients()

    async def tick(self) -> None:
        """Begin what is due, expand what was begun, finish what has ended."""
        await self._begin_due()
        async with self._database.read() as tx:
            sending = await self._broadcasts.sending(tx)
        for it in sending:
            await self._expand(it)
            async with self._database.begin() as tx:
                if not await self._recipients.unfinished(tx, it.id):
                    await self._broadcasts.finish(tx, it.id, at=self._clock())

    async def _begin_due(self) -> None:
        async with self._database.begin() as tx:
            now = self._clock()
            for it in await self._broadcasts.due(tx, at=now):
                due = it.draft.due_at
                late = due is not None and due + it.draft.grace < now
                if late:
                    log.warning("broadcast %d was missed: it waits for a person", it.id)
                if it.draft.repeats:
                    await self._broadcasts.begin_one_of(
                        tx,
                        it,
                        next_due=self._next_time(it.draft.repeats, max(due or now, now)),
                        late=late,
                        at=now,
                    )
                elif late:
                    await self._broadcasts.miss(tx, it, at=now)
                else:
                    await self._broadcasts.begin(tx, it, at=now)

    async def _expand(self, it: Broadcast) -> None:
        """Write the messages chunk by chunk; after a crash it goes on where it was."""
        if it.expanded:
            return
        bodies = self.bodies(it)
        units = self._units.addressed(it.draft.unit, only=it.draft.only_unit)
        more = True
        while more:
            async with self._database.begin() as tx:
                more = await self._recipients.expand(
                    tx, it, bodies=bodies, units=units, at=self._clock()
                )

    def bodies(self, it: Broadcast) -> dict[str, str]:
        """The notice by account, as each channel shows it, with the way to stop it."""
        return {
            account: self._page.shown(it.draft, capabilities).to_json()
            for account, capabilities in dict(self._capabilities).items()
        }
