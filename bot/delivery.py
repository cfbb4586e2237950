"""Delivery: takes from the outbox, asks whether it may go now, sends, notes what became of it.

Every claimed row becomes exactly one of: sent, failed, uncertain, or pending until a later time.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeVar

from bot.channels.channel import (
    Channel,
    FailedForGood,
    Moved,
    RetryAt,
    StopWriting,
    Uncertain,
)
from bot.pacing import Pace, quiet_until
from bot.waiting import first
from handlers.errands import VIETNAM
from handlers.messages import Address, Reply
from storage.conversations import Conversations
from storage.database import Database, DatabaseFault, Transaction
from storage.outbox import BELL, Claim, Outbox, State, after_lost_claim

log = logging.getLogger(__name__)
Result = TypeVar("Result")

HEARTBEAT = 2.0
LOOK = 0.25  # seconds between looks where no bell of another process can ring (SQLite)
DRAIN = 10.0
AT_ONCE = 16  # messages of one account on their way at the same time
TRIES = 8
UNCERTAIN_TRIES = 3


@dataclass(frozen=True, slots=True)
class Rules:
    """What delivery keeps to. Quiet hours are in Vietnam's time."""

    per_second: float
    per_chat_per_second: float
    quiet_start: time
    quiet_end: time


class Delivery:
    """One sender. `owner` is its name among all senders, never used again after it ends."""

    def __init__(
        self,
        *,
        database: Database,
        channels: Mapping[str, Channel],
        rules: Rules,
        owner: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._channels = channels
        self._rules = rules
        self._owner = owner
        self._clock = clock
        self._outbox = Outbox()
        self._conversations = Conversations()
        self._paces: defaultdict[str, Pace] = defaultdict(
            lambda: Pace(per_second=rules.per_second, per_chat_per_second=rules.per_chat_per_second)
        )
        self._bell = database.bell(BELL)
        self._held: dict[str, datetime] = {}
        self._on_their_way: defaultdict[str, set[asyncio.Task[None]]] = defaultdict(set)
        self._freed = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`; then finish what is due, for at most `DRAIN` seconds."""
        await self._retrying(self._beat)
        heart = asyncio.create_task(self._heart(), name="delivery heartbeat")
        try:
            while not stop.is_set():
                await self._round(stop)
            await self._drain()
        finally:
            heart.cancel()
            await asyncio.gather(heart, return_exceptions=True)
            await self._retrying(self._retire, tries=2)

    async def _round(self, stop: asyncio.Event) -> None:
        """Claim all that may go; when there is nothing, wait for a bell or the next due time."""
        heard = self._bell.rings
        self._freed.clear()
        try:
            claimed = await self._claim_and_send()
            wait = 0.0 if claimed else await self._seconds_to_wait()
        except DatabaseFault as fault:
            log.error("the database does not answer (%s): trying again", _in_short(fault))
            wait = 1.0
        if wait > 0:
            await first(
                self._bell.wait(heard, at_most=wait),
                self._freed.wait(),
                stop.wait(),
            )

    async def _claim_and_send(self) -> int:
        now = self._clock()
        count = 0
        async with self._database.read() as tx:
            due = await self._outbox.accounts_due(tx, at=now)
        for account in due:
            room = AT_ONCE - len(self._on_their_way[account])
            if account not in self._channels or room <= 0 or self._held_until(account):
                continue
            async with self._database.begin() as tx:
                claims = await self._outbox.claim(
                    tx, account=account, owner=self._owner, at=now, at_most=room
                )
            for claim in claims:
                self._start(claim)
            count += len(claims)
        return count

    async def _seconds_to_wait(self) -> float:
        async with self._database.read() as tx:
            due = await self._outbox.next_due(tx)
        longest = HEARTBEAT if self._database.on_postgresql else LOOK
        if due is None:
            return longest
        # What is due and could not be claimed waits for something that will ring or free us.
        return min(longest, max((due - self._clock()).total_seconds(), LOOK))

    def _start(self, claim: Claim) -> None:
        task = asyncio.create_task(self._deliver(claim), name=f"deliver {claim.id}")
        tasks = self._on_their_way[claim.account]
        tasks.add(task)

        def ended(done: asyncio.Task[None]) -> None:
            tasks.discard(done)
            self._freed.set()

        task.add_done_callback(ended)

    async def _deliver(self, claim: Claim) -> None:
        """Send one claimed message, and note how it ended."""
        channel = self._channels.get(claim.account)
        if channel is None:  # removed a moment ago: whatever waits for it is ended there
            await self._note(self._fail(claim, "the account was removed"))
            return
        rules = self._rules
        morning = quiet_until(
            claim.lane, self._clock(), start=rules.quiet_start, end=rules.quiet_end, zone=VIETNAM
        )
        if morning is not None:
            await self._note(self._later(claim, morning, "quiet hours", counts=False))
            return
        if channel.paced:
            turn = self._paces[claim.account].turn
            await asyncio.sleep(turn(claim.chat, asyncio.get_running_loop().time()))
        if (held := self._held_until(claim.account)) is not None:
            await self._note(self._later(claim, held, "the account must wait", counts=False))
            return
        try:
            platform_id = await channel.send(
                Address(claim.account, claim.chat, claim.thread), Reply.from_json(claim.body)
            )
        except RetryAt as refused:
            if refused.account_wide:
                self._hold(claim.account, refused.when)
            await self._note(
                self._later(claim, refused.when, str(refused), counts=not refused.account_wide)
            )
        except StopWriting as gone:
            await self._note(self._stop_writing(claim, str(gone)))
        except Moved as moved:
            await self._note(self._move(claim, moved.chat))
        except FailedForGood as failed:
            await self._note(self._fail(claim, str(failed)))
        except Uncertain as unknown:
            await self._note(self._unknown(claim, str(unknown)))
        except Exception as fault:  # a channel's own mistake: no row may stay without an end
            log.exception("sending message %d broke", claim.id)
            when = self._clock() + timedelta(seconds=2**claim.attempts)
            await self._note(self._later(claim, when, type(fault).__name__))
        else:

            async def sent(tx: Transaction) -> None:
                await self._outbox.sent(tx, claim, platform_id=platform_id, at=self._clock())

            await self._note(sent)

    def _later(
        self, claim: Claim, when: datetime, reason: str, *, counts: bool = True
    ) -> Callable[[Transaction], Awaitable[None]]:
        async def note(tx: Transaction) -> None:
            if counts and claim.attempts + 1 >= TRIES:
                await self._outbox.failed(tx, claim, reason=reason, at=self._clock())
            else:
                await self._outbox.retry(tx, claim, when=when, reason=reason, counts=counts)

        return note

    def _unknown(self, claim: Claim, reason: str) -> Callable[[Transaction], Awaitable[None]]:
        again = after_lost_claim(claim.lane) is State.PENDING
        if again and claim.attempts + 1 < UNCERTAIN_TRIES:
            return self._later(claim, self._clock() + timedelta(seconds=2), reason)

        async def note(tx: Transaction) -> None:
            await self._outbox.uncertain(tx, claim, reason=reason, at=self._clock())

        return note

    def _fail(self, claim: Claim, reason: str) -> Callable[[Transaction], Awaitable[None]]:
        async def note(tx: Transaction) -> None:
            await self._outbox.failed(tx, claim, reason=reason, at=self._clock())

        return note

    def _stop_writing(self, claim: Claim, reason: str) -> Callable[[Transaction], Awaitable[None]]:
        async def note(tx: Transaction) -> None:
            now = self._clock()
            await self._outbox.failed(tx, claim, reason=reason, at=now)
            await self._conversations.stop_writing(tx, claim.conversation, at=now)
            await self._outbox.fail_all_pending(tx, claim.conversation, reason=reason, at=now)

        return note

    def _move(self, claim: Claim, chat: str) -> Callable[[Transaction], Awaitable[None]]:
        async def note(tx: Transaction) -> None:
            now = self._clock()
            if await self._conversations.move(tx, claim.conversation, chat=chat):
                await self._outbox.retry(tx, claim, when=now, reason="the chat moved", counts=False)
            else:
                reason = "the chat moved to one that has a conversation of its own"
                await self._outbox.failed(tx, claim, reason=reason, at=now)

        return note

    async def _note(self, note: Callable[[Transaction], Awaitable[None]]) -> None:
        """Write an outcome down, however often the database has to be asked."""

        async def write() -> None:
            async with self._database.begin() as tx:
                await note(tx)

        await self._retrying(write)

    def _held_until(self, account: str) -> datetime | None:
        until = self._held.get(account)
        return until if until is not None and self._clock() < until else None

    def _hold(self, account: str, until: datetime) -> None:
        self._held[account] = max(until, self._held.get(account, until))
        log.warning("%s: the platform asks us to wait until %s", account, until.isoformat())

    async def _drain(self) -> None:
        """Send what is due and can go now, and wait for what is on its way."""
        loop = asyncio.get_running_loop()
        end = loop.time() + DRAIN
        while loop.time() < end:
            try:
                await self._claim_and_send()
            except DatabaseFault:
                log.warning("the database does not answer: what is left goes out at the next start")
            flying = [task for tasks in self._on_their_way.values() for task in tasks]
            if not flying:
                return
            await asyncio.wait(flying, timeout=max(end - loop.time(), 0))
        for task in [task for tasks in self._on_their_way.values() for task in tasks]:
            task.cancel()

    async def _heart(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            await self._retrying(self._beat)

    async def _beat(self) -> None:
        now = self._clock()
        async with self._database.begin() as tx:
            await self._outbox.alive(tx, self._owner, at=now)
            if freed := await self._outbox.free_lost_claims(tx, at=now):
                log.warning("%d messages of a sender that stopped are free again", freed)
                await tx.ring(BELL)

    async def _retire(self) -> None:
        async with self._database.begin() as tx:
            await self._outbox.retire(tx, self._owner)

    async def _retrying(
        self, work: Callable[[], Awaitable[Result]], tries: int | None = None
    ) -> None:
        """Do the work; while the database is away, try again, `tries` times or for ever.

        An outcome must be written: our lease would hold the row for as long as we live.
        """
        for attempt in itertools.count() if tries is None else range(tries):
            try:
                await work()
            except DatabaseFault as fault:
                log.warning("the database does not answer (%s): trying again", _in_short(fault))
                await asyncio.sleep(min(0.1 * 2 ** min(attempt, 5), 1.0))
            else:
                return


def _in_short(fault: BaseException) -> str:
    """A database's fault without its statement, which may hold what people wrote."""
    return type(getattr(fault, "orig", None) or fault).__name__
