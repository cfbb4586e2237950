"""The ticking process: APScheduler lives here alone, and only wakes what the database decides.

One clock ticks among all processes: the others wait for its place.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from bot.waiting import Watch, first
from handlers.errands import VIETNAM
from storage.answers import forget_old_words
from storage.audit import forget_audit
from storage.case_presence import forget_presence
from storage.case_privacy import forget_drafts, forget_ended_cases
from storage.database import Database, DatabaseFault
from storage.forgetting import remove_forgotten
from storage.places import Place
from storage.privacy import forget_link_codes, forget_old_messages
from storage.sign_in_tries import forget_tries
from storage.staff_sessions import forget_sessions

log = logging.getLogger(__name__)

LAST_WORDS = timedelta(hours=1)
"""So long the last message to somebody who is forgotten may take."""

OLD_SESSION = timedelta(days=31)
"""So old no session serves, however long they are set to last."""

TICK = 1
"""Seconds between looks for broadcasts that are due."""


def next_time(repeats: str, after: datetime) -> datetime | None:
    """The next time of a rule as `content.when` writes it: "weekly:0@07:00"."""
    rule, _, clock = repeats.partition("@")
    kind, _, number = rule.partition(":")
    on = {"daily": {}, "weekly": {"day_of_week": number}, "monthly": {"day": number}}[kind]
    hour, minute = clock.split(":")
    trigger = CronTrigger(hour=hour, minute=minute, timezone=VIETNAM, **on)
    found: datetime | None = trigger.get_next_fire_time(after, after)
    return found


class Clock:
    """Runs what has to happen at a time."""

    def __init__(
        self,
        *,
        database: Database,
        keep_messages: timedelta,
        keep_cases: timedelta,
        keep_drafts: timedelta,
        keep_audit: timedelta,
        remind: Callable[[datetime], Awaitable[int]],
        tick: Callable[[], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        """How long messages are kept, words of cases after they ended, drafts of feedback, and the
        audit log; `remind` does what is to be done of cases at that time (UTC), `tick` moves
        broadcasts on."""
        self._tick_broadcasts = tick
        self._database = database
        self._keep = keep_messages
        self._keep_cases = keep_cases
        self._keep_drafts = keep_drafts
        self._keep_audit = keep_audit
        self._remind = remind
        self._now = now

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop`, once this process is the one that ticks."""
        while not stop.is_set():
            async with self._database.only_one("clock", stop) as place:
                if place is not None:
                    await self._tick(stop, place)

    async def _tick(self, stop: asyncio.Event, place: Place) -> None:
        """Tick until `stop`, or until the place is lost and another clock may tick."""
        scheduler = AsyncIOScheduler(timezone=VIETNAM)
        scheduler.add_job(
            self.forget,
            CronTrigger(hour=2, minute=30, timezone=VIETNAM),
            id="forget old messages",
            coalesce=True,
            misfire_grace_time=12 * 3600,
            next_run_time=self._now(),  # also at the start: the machine may be off at night
        )
        scheduler.add_job(
            self.remind,
            CronTrigger(minute="*/5", timezone=VIETNAM),
            id="remind of cases",
            coalesce=True,
            next_run_time=self._now(),
        )
        scheduler.start()
        # Not among the jobs: those wait for a time of day, and that may be set back.
        broadcasts = asyncio.create_task(self._until_set_back(), name="broadcasts")
        try:
            await first(stop.wait(), place.lost.wait(), asyncio.wait({broadcasts}))
        finally:
            scheduler.shutdown(wait=False)
            broadcasts.cancel()
            await asyncio.gather(broadcasts, return_exceptions=True)

    async def _until_set_back(self) -> None:
        """Move broadcasts on, until the machine's clock is set back: then all begins anew."""
        watch = Watch(self._now)
        while not watch.set_back():
            await self.broadcasts()
            await asyncio.sleep(TICK)
        log.warning("the machine's clock was set back: the clock begins anew")

    async def remind(self) -> int:
        """Remind officials of what is due, and forget who had which case open; return of how many
        cases they were reminded."""
        now = self._now()
        try:
            count = await self._remind(now)
            await forget_presence(self._database, now=now)
        except asyncio.CancelledError:
            return 0  # the program stops; the next tick goes on
        if count:
            log.info("reminded of, or closed, %d cases, or told officials of the night", count)
        return count

    async def broadcasts(self) -> None:
        """Move broadcasts on; while the database is away, the next tick does it."""
        try:
            await self._tick_broadcasts()
        except DatabaseFault as fault:
            log.warning("broadcasts wait for the database (%s)", type(fault).__name__)
        except Exception:  # one broadcast's fault must not end the clock
            log.exception("moving broadcasts on broke; it is tried again")

    async def forget(self) -> int:
        """Delete what is older than it may be kept; return how many messages there were."""
        now = self._now()
        before = now - self._keep
        try:
            count = await forget_old_messages(self._database, before=before)
            await forget_link_codes(self._database, now=now)
            await forget_ended_cases(self._database, before=now - self._keep_cases, at=now)
            await forget_old_words(self._database, before=now - self._keep_cases)
            await forget_drafts(self._database, before=now - self._keep_drafts)
            await forget_sessions(self._database, before=now - OLD_SESSION)
            await forget_tries(self._database, now=now)
            await forget_audit(self._database, before=now - self._keep_audit)
            await remove_forgotten(self._database, before=now - LAST_WORDS)
        except asyncio.CancelledError:
            return 0  # the program stops; what is left goes tomorrow
        if count:
            log.info("forgot %d messages from before %s", count, before.date())
        return count
