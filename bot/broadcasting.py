"""Broadcasts on their way: what is due begins, recipients get their rows, what has ended ends.

Whoever calls `tick` decides when; all that it knows stands in the database, so that calling it
twice, late, or in two processes at once sends nothing twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.broadcast_files import Found, NoticeFiles
from handlers.messages import Capabilities
from handlers.notice_page import NoticePage
from handlers.units import Units
from storage.answers import Answers
from storage.broadcast_corrections import Corrections
from storage.broadcast_recipients import Recipients
from storage.broadcast_records import Broadcast
from storage.broadcast_schedule import CHANGED, LOST, Schedule
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
        files: NoticeFiles,
        recipients: Recipients | None = None,
    ) -> None:
        self._database = database
        self._capabilities = capabilities
        self._page = page
        self._units = units
        self._next_time = next_time
        self._clock = clock
        self._files = files
        self._schedule = Schedule()
        self._corrections = Corrections()
        self._recipients = recipients or Recipients()
        self._answers = Answers()

    async def tick(self) -> None:
        """Begin what is due, expand what was begun, finish what has ended, close what asked."""
        while await self._begin_due():
            pass
        async with self._database.read() as tx:
            sending = await self._schedule.sending(tx)
        for it in sending:
            if not it.intact:
                log.error("broadcast %d: its words changed after the approval", it.id)
                await self._hold(it, CHANGED)
                continue
            match await self._files.look(it.draft):
                case Found.LOST:
                    log.error("broadcast %d: a file of it is not in the store", it.id)
                    await self._hold(it, LOST)
                    continue
                case Found.UNKNOWN:  # the store does not answer: nothing new begins meanwhile
                    continue
            await self._expand(it)
            async with self._database.begin() as tx:
                await self._schedule.finish(tx, it.id, at=self._clock())
        await self._close_ended()

    async def _begin_due(self) -> bool:
        """Begin what is due; tells whether more may be, as of a rule that was missed many times."""
        more = False
        async with self._database.begin() as tx:
            now = self._clock()
            await self._schedule.plan(tx)
            await self._schedule.recall(tx, at=now)
            for it in await self._schedule.due(tx, at=now):
                due = it.draft.due_at or now
                missed = due + it.draft.grace < now
                if missed:
                    log.warning("broadcast %d was missed: it waits for a person", it.id)
                if not it.intact:
                    await self._schedule.hold(tx, it)
                elif it.draft.repeats:
                    # From the time that was due: none in between is forgotten.
                    following = self._next_time(it.draft.repeats, due)
                    await self._schedule.begin_one_of(
                        tx, it, next_due=following, late=missed, at=now
                    )
                    more = True
                elif missed:
                    await self._schedule.miss(tx, it)
                else:
                    await self._schedule.begin(tx, it, at=now, note=_lateness(now - due))
        return more

    async def _close_ended(self) -> None:
        """Take no more answers to what has come to its end, or was cancelled."""
        now = self._clock()
        async with self._database.read() as tx:
            ended = await self._answers.to_close(tx, at=now)
        for number in ended:
            async with self._database.begin() as tx:
                await self._answers.close_ended(tx, number, at=now)

    async def _hold(self, it: Broadcast, why: str) -> None:
        async with self._database.begin() as tx:
            await self._schedule.hold(tx, it, why)

    async def _expand(self, it: Broadcast) -> None:
        """Write the messages chunk by chunk; after a crash it goes on where it was."""
        if it.expanded:
            return
        bodies = self.bodies(it)
        if it.draft.takes_back is not None:
            edits = {name for name in bodies if self._capabilities[name].edits}
            more = True
            while more:
                async with self._database.begin() as tx:
                    more = await self._corrections.expand(
                        tx, it, bodies=bodies, edits=edits, at=self._clock()
                    )
            return
        translated = {
            (account, language): self._page.shown(it.draft, able, language, number=it.id).to_json()
            for account, able in dict(self._capabilities).items()
            for language, _ in it.draft.texts
        }
        units = self._units.addressed(it.draft.unit, only=it.draft.only_unit)
        more = True
        while more:
            async with self._database.begin() as tx:
                more = await self._recipients.expand(
                    tx, it, bodies=bodies, translated=translated, units=units, at=self._clock()
                )
            await asyncio.sleep(0)  # whoever waits for the database comes in between

    def bodies(self, it: Broadcast) -> dict[str, str]:
        """The notice by account, as each channel shows it, with the way to stop it."""
        return {
            account: self._page.shown(it.draft, capabilities, number=it.id).to_json()
            for account, capabilities in dict(self._capabilities).items()
        }


def _lateness(late: timedelta) -> str:
    """What the account says of a notice that began after its time, if it is worth a word."""
    minutes = int(late.total_seconds() // 60)
    return f"began {minutes} minutes late" if minutes else ""
