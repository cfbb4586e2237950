"""Delivery: takes from the outbox, asks whether it may go now, sends, notes what became of it.

One sender at a time sends for an account, so that its pace is kept however many there are.
Every claimed row becomes exactly one of: sent, failed, uncertain, or pending until a later time.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from bot.channels.channel import Channel, RetryAt, SendFailed, TooFast
from bot.outcomes import Note, Outcomes
from bot.pacing import Pace, quiet_until
from bot.waiting import first
from handlers.errands import VIETNAM
from handlers.messages import Address, Reply
from storage.account_leases import AccountLeases
from storage.broadcast_recipients import Recipients
from storage.database import Database, DatabaseFault, Transaction
from storage.outbox import BELL, Claim, Outbox

log = logging.getLogger(__name__)
Result = TypeVar("Result")

HEARTBEAT = 2.0
LOOK = 0.25  # seconds between looks where no bell of another process can ring (SQLite)
DRAIN = 10.0
AT_ONCE = 16  # messages of one account on their way at the same time
FRESH = 0.2  # seconds for which it holds that a person still wants a notice
MOMENT = 0.05  # seconds that are not worth putting a message back for


@dataclass(frozen=True, slots=True)
class Rules:
    """What delivery keeps to. Quiet hours are in Vietnam's time.

    After `idle` seconds without a message another sender may have the account.
    """

    quiet_start: time
    quiet_end: time
    idle: float = 6.0
    holidays: Collection[date] = ()
    weekly_cap: int = 3


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
        reveal: Callable[[str], str] = str,
    ) -> None:
        """`reveal` opens what is sealed in a stored message."""
        self._reveal = reveal
        self._database = database
        self._channels = channels
        self._rules = rules
        self._owner = owner
        self._clock = clock
        self._outbox = Outbox()
        self._recipients = Recipients()
        self._outcomes = Outcomes(self._outbox, clock)
        self._leases = AccountLeases()
        self._paces: dict[str, Pace] = {}
        self._claimed_at: dict[str, float] = {}  # by account that this sender sends for
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
            taken = await self._leases.of_others(tx, self._owner, at=now) if due else set()
        for account in due:
            channel, room = self._channels.get(account), AT_ONCE - len(self._on_their_way[account])
            waits = account in taken or self._held_until(account) is not None
            if channel is None or waits or room <= 0:
                continue
            async with self._database.begin() as tx:
                if channel.speed and not await self._leases.take(tx, account, self._owner, at=now):
                    continue
                claimed = await self._outbox.claim(
                    tx, account=account, owner=self._owner, at=now, at_most=room
                )
                refused = await self._refuse(tx, claimed)
            claims = [claim for claim in claimed if claim.id not in refused]
            self._claimed_at[account] = asyncio.get_running_loop().time()
            for claim in claims:
                self._start(claim)
            count += len(claimed)
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
        channel, outcomes = self._channels.get(claim.account), self._outcomes
        if channel is None:  # removed a moment ago: whatever waits for it is ended there
            await self._note(outcomes.failed(claim, "the account was removed"))
            return
        pace = self._pace(channel)
        try:
            number = await self._send(channel, claim, pace)
        except _Refused:
            return
        except _NotYet as early:
            note = outcomes.later(claim, early.when, str(early), counts=False)
        except Exception as failure:
            if isinstance(failure, RetryAt):
                self._obey(failure, claim, pace)
            elif not isinstance(failure, SendFailed):  # a channel's own mistake
                log.exception("sending message %d broke", claim.id)
            note = outcomes.after(claim, failure)
        else:
            note = outcomes.sent(claim, number)
        await self._note(note)

    async def _send(self, channel: Channel, claim: Claim, pace: Pace | None) -> str:
        """Send a message when its turn comes. Raises SendFailed, and _NotYet."""
        rules, asked = self._rules, asyncio.get_running_loop().time()
        morning = quiet_until(
            claim.lane,
            self._clock(),
            start=rules.quiet_start,
            end=rules.quiet_end,
            zone=VIETNAM,
            holidays=rules.holidays,
        )
        if morning is not None:
            raise _NotYet("quiet hours", morning)
        reply = Reply.from_json(self._reveal(claim.body))
        if pace is not None:
            await self._turn(pace, claim, messages=channel.capabilities.messages(reply))
        if (held := self._held_until(claim.account)) is not None:
            raise _NotYet("the account must wait", held)
        if asyncio.get_running_loop().time() > asked + FRESH and claim.broadcast is not None:
            async with self._database.begin() as tx:
                if await self._refuse(tx, [claim]):
                    raise _Refused
        return await channel.send(Address(claim.account, claim.chat, claim.thread), reply)

    async def _refuse(self, tx: Transaction, claims: Collection[Claim]) -> set[int]:
        """The messages of broadcasts that must not go after all: each has its end already."""
        return await self._recipients.refuse(
            tx, claims, cap=self._rules.weekly_cap, at=self._clock()
        )

    def _pace(self, channel: Channel) -> Pace | None:
        if channel.speed is None:
            return None
        return self._paces.setdefault(channel.speed.shared or channel.account, Pace(channel.speed))

    async def _turn(self, pace: Pace, claim: Claim, *, messages: int) -> None:
        """Wait until the message may go. Raises _NotYet when it would stand in others' way."""
        loop = asyncio.get_running_loop()
        while (wait := pace.chat_wait(claim.chat, loop.time(), messages=messages)) > 0:
            if wait > MOMENT:
                loop.call_later(wait + MOMENT / 10, self._freed.set)
                raise _NotYet("its chat must wait", self._clock() + timedelta(seconds=wait))
            await asyncio.sleep(wait)
        await asyncio.sleep(pace.turn(claim.chat, loop.time(), messages=messages))

    def _obey(self, refused: RetryAt, claim: Claim, pace: Pace | None) -> None:
        """Let the account wait, if it is the account that the platform means."""
        until: datetime | None = refused.when if refused.account_wide else None
        if isinstance(refused, TooFast) and pace is not None:
            now, clock = asyncio.get_running_loop().time(), self._clock()
            ends = now + (refused.when - clock).total_seconds()
            wide = pace.refused(claim.chat, now, until=ends, account_wide=refused.account_wide)
            until = None if wide is None else clock + timedelta(seconds=wide - now)
        if until is not None:
            self._hold(claim.account, until)

    async def _note(self, note: Note) -> None:
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
            if idle := self._idle():
                await self._leases.give_back(tx, idle, self._owner)
            if freed := await self._outbox.free_lost_claims(tx, at=now):
                log.warning("%d messages of a sender that stopped are free again", freed)
                await tx.ring(BELL)
        for account in idle:
            self._claimed_at.pop(account, None)

    def _idle(self) -> list[str]:
        """The accounts that had nothing to send for a while: another may take them.

        Not at once, for the other knows nothing of what was sent a moment ago.
        """
        long_ago = asyncio.get_running_loop().time() - self._rules.idle
        return [
            account
            for account, at in self._claimed_at.items()
            if at < long_ago and not self._on_their_way[account] and not self._held_until(account)
        ]

    async def _retire(self) -> None:
        async with self._database.begin() as tx:
            await self._outbox.retire(tx, self._owner)
            await tx.ring(BELL)  # what is due here is another's from now on

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


class _Refused(Exception):
    """The message must not go, and its row says why."""


class _NotYet(Exception):
    """A message's turn has not come; it goes back until `when`."""

    def __init__(self, reason: str, when: datetime) -> None:
        super().__init__(reason)
        self.when = when


def _in_short(fault: BaseException) -> str:
    """A database's fault without its statement, which may hold what people wrote."""
    return type(getattr(fault, "orig", None) or fault).__name__
