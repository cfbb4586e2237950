"""Delivery: takes from the outbox, asks whether it may go now, sends, notes what became of it.

One sender at a time sends for an account, so that its pace is kept however many there are.
Every claimed row becomes exactly one of: sent, failed, uncertain, or pending until a later time.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from bot.channels.channel import Channel, RetryAt, SendFailed, Speed, TooFast, Unreachable
from bot.noting import Noting, in_short, retrying
from bot.outcomes import Outcomes
from bot.pacing import FRESH, Pace, at_once, most_ahead, quiet_until
from bot.waiting import Holds, Watch, first
from handlers.errands import VIETNAM
from handlers.messages import Address, Reply
from storage.account_leases import AccountLeases
from storage.broadcast_recipients import Recipients
from storage.database import Database, DatabaseFault, Transaction
from storage.outbox import BELL, Claim, Lane, Outbox

log = logging.getLogger(__name__)

HEARTBEAT = 2.0
LOOK = 0.25  # seconds between looks where no bell of another process can ring (SQLite)
LOOK_AGAIN = 0.1  # seconds for which it is enough to see to the accounts whose messages flow
DRAIN = 10.0
LEASED = 1.0  # seconds for which a lease that was ours a moment ago is taken for ours
WITHOUT_FILE = timedelta(seconds=10)
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
        lost: Callable[[str], Awaitable[bool]] | None = None,
    ) -> None:
        """`reveal` opens what is sealed in a stored message; `lost` says of a stored file's name
        that it is not there."""
        self._lost = lost
        self._reveal = reveal
        self._database = database
        self._channels = channels
        self._rules = rules
        self._owner = owner
        self._clock = clock
        self._outbox = Outbox()
        self._recipients = Recipients()
        self._outcomes = Outcomes(self._outbox, clock)
        self._noting = Noting(database, self._outbox, clock)
        self._leases = AccountLeases()
        self._paces: dict[str, Pace] = {}
        self._claimed_at: dict[str, float] = {}  # by account that this sender sends for
        self._bell = database.bell(BELL)
        self._leased_at: dict[str, float] = {}
        self._holds = Holds(clock)
        self._queueing: defaultdict[str, int] = defaultdict(int)  # claimed, their turn to come
        self._on_their_way: defaultdict[str, set[asyncio.Task[None]]] = defaultdict(set)
        self._flowing: set[str] = set()  # accounts that had more than was claimed
        self._looked_at, self._looked_heard = -math.inf, 0
        self._freed = asyncio.Event()
        self._watch = Watch(clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`; then finish what is due, for at most `DRAIN` seconds."""
        await retrying(self._beat)
        heart = asyncio.create_task(self._heart(), name="delivery heartbeat")
        try:
            while not stop.is_set():
                await self._round(stop)
            await self._drain()
        finally:
            heart.cancel()
            await asyncio.gather(heart, return_exceptions=True)
            await self._noting.close()
            await retrying(self._retire, tries=2)

    async def _round(self, stop: asyncio.Event) -> None:
        """Claim all that may go; when there is nothing, wait for a bell or the next due time."""
        heard = self._bell.rings
        self._freed.clear()
        try:
            wait = await self._claim_and_send()
        except DatabaseFault as fault:
            log.error("the database does not answer (%s): trying again", in_short(fault))
            wait = 1.0
        if wait > 0:
            await first(
                self._bell.wait(heard, at_most=wait),
                self._freed.wait(),
                stop.wait(),
            )

    async def _claim_and_send(self) -> float:
        """Claim what may go now; return after how many seconds to look again, 0 if there was any.

        While an account's messages flow, they are claimed without looking at all others first.
        """
        now, count = self._watch.look(), 0
        morning = self._morning(now)
        accounts, wait = list(self._flowing), LOOK_AGAIN
        if not accounts or self._time_to_look():
            accounts, wait = await self._look(now, morning)
        for account in accounts:
            channel = self._channels.get(account)
            if channel is None or self._held_until(account) is not None:
                continue
            if room := self._room(account, channel.speed):
                last_lane = Lane.CAMPAIGN if morning is None else Lane.REPLY
                claimed = await self._claim(channel, now, room, last_lane)
                (self._flowing.add if claimed == room else self._flowing.discard)(account)
                count += claimed
        return 0.0 if count else wait

    def _time_to_look(self) -> bool:
        """Whether something may have come that has nothing to do with what flows."""
        long_ago = asyncio.get_running_loop().time() - LOOK_AGAIN
        return self._looked_at < long_ago or self._looked_heard != self._bell.rings

    async def _look(self, now: datetime, morning: datetime | None) -> tuple[list[str], float]:
        """The accounts that have something due and are no other's; and the seconds until the next.

        For what is due and cannot be claimed, something else will ring or free us.
        """
        self._looked_heard, self._looked_at = self._bell.rings, asyncio.get_running_loop().time()
        async with self._database.read() as tx:
            firsts = [
                (
                    w.account,
                    max(w.first, morning) if morning and w.lane is Lane.CAMPAIGN else w.first,
                )
                for w in await self._outbox.waiting(tx)
            ]
            due = {account for account, first in firsts if first <= now}
            taken = await self._leases.of_others(tx, self._owner, at=now) if due else set()
        longest = HEARTBEAT if self._database.on_postgresql else LOOK
        soonest = min((first - now for _, first in firsts), default=timedelta(seconds=longest))
        return sorted(due - taken), min(longest, max(soonest.total_seconds(), LOOK))

    async def _claim(self, channel: Channel, now: datetime, room: int, last_lane: Lane) -> int:
        """Claim up to `room` messages of an account and send those that may go; tell how many."""
        account = channel.account
        async with self._database.begin() as tx:
            if channel.speed and not await self._lease(tx, account, now):
                return 0
            claimed = await self._outbox.claim(
                tx, account=account, owner=self._owner, at=now, at_most=room, last_lane=last_lane
            )
            refused = await self._refuse(tx, claimed)
        self._claimed_at[account] = asyncio.get_running_loop().time()
        for claim in claimed:
            if claim.id not in refused:
                self._start(claim)
        return len(claimed)

    async def _lease(self, tx: Transaction, account: str, now: datetime) -> bool:
        """Whether the account is ours; what was a moment ago is not asked again."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._leased_at.get(account, -math.inf) < LEASED:
            return True
        if not await self._leases.take(tx, account, self._owner, at=now):
            return False
        self._leased_at[account] = loop.time()
        return True

    def _room(self, account: str, speed: Speed | None) -> int:
        """How many messages to claim: none, until it is worth a transaction.

        Claimed ahead of their turn are only those that go while their last look holds: what a dead
        sender held is uncertain, and what waits longer has to be asked for anew.
        """
        flying, queueing = len(self._on_their_way[account]), self._queueing[account]
        most, ahead = at_once(speed), most_ahead(speed)
        room = min(most - flying, ahead - queueing)
        return room if room * 2 >= min(most, ahead) else 0

    def _morning(self, now: datetime) -> datetime | None:
        """Until when campaigns have to wait, in quiet hours."""
        rules = self._rules
        return quiet_until(
            Lane.CAMPAIGN,
            now,
            start=rules.quiet_start,
            end=rules.quiet_end,
            zone=VIETNAM,
            holidays=rules.holidays,
        )

    def _start(self, claim: Claim) -> None:
        task = asyncio.create_task(self._deliver(claim), name=f"deliver {claim.id}")
        tasks = self._on_their_way[claim.account]
        tasks.add(task)

        def ended(done: asyncio.Task[None]) -> None:
            tasks.discard(done)
            channel = self._channels.get(claim.account)
            if channel is None or self._room(claim.account, channel.speed):
                self._freed.set()

        task.add_done_callback(ended)

    async def _deliver(self, claim: Claim) -> None:
        """Send one claimed message, and note how it ended."""
        channel, outcomes = self._channels.get(claim.account), self._outcomes
        if channel is None:  # removed a moment ago: whatever waits for it is ended there
            await self._noting.write(outcomes.failed(claim, "the account was removed"))
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
                self._obey(failure, channel, claim, pace)
            elif not isinstance(failure, SendFailed):  # a channel's own mistake
                log.exception("sending message %d broke", claim.id)
            note = outcomes.after(claim, failure)
        else:
            note = outcomes.sent(claim, number)
        await self._noting.write(note)

    async def _send(self, channel: Channel, claim: Claim, pace: Pace | None) -> str:
        """Send a message when its turn comes. Raises SendFailed, and _NotYet."""
        asked = asyncio.get_running_loop().time()
        if claim.lane is Lane.CAMPAIGN and (morning := self._morning(self._clock())) is not None:
            raise _NotYet("quiet hours", morning)
        reply = replace(_reply(self._reveal(claim.body)), mends=claim.target)
        if pace is not None:
            self._queueing[claim.account] += 1
            try:
                await self._turn(pace, claim, messages=channel.capabilities.messages(reply))
            finally:
                self._queueing[claim.account] -= 1
                if self._room(claim.account, channel.speed):
                    self._freed.set()
        if (held := self._held_until(claim.account)) is not None:
            raise _NotYet("the account must wait", held)
        if asyncio.get_running_loop().time() > asked + FRESH and claim.broadcast is not None:
            async with self._database.begin() as tx:
                if await self._refuse(tx, [claim]):
                    raise _Refused
        await self._see_whole(claim, reply)
        return await channel.send(Address(claim.account, claim.chat, claim.thread), reply)

    async def _see_whole(self, claim: Claim, reply: Reply) -> None:
        """No notice goes without its picture or sound: the clock pauses it. Raises _NotYet."""
        if claim.broadcast is None or self._lost is None:
            return
        for media in reply.media:
            if media.sent and await self._lost(media.name):
                raise _NotYet("a file of it is missing", self._clock() + WITHOUT_FILE)

    async def _refuse(self, tx: Transaction, claims: Collection[Claim]) -> set[int]:
        """The messages of broadcasts that must not go after all: each has its end already."""
        return await self._recipients.refuse(
            tx, claims, cap=self._rules.weekly_cap, at=self._clock()
        )

    def _pace(self, channel: Channel) -> Pace | None:
        if channel.speed is None:
            return None
        name = channel.speed.shared or channel.account
        pace = self._paces.setdefault(name, Pace(channel.speed))
        pace.keep_to(channel.speed)
        return pace

    async def _turn(self, pace: Pace, claim: Claim, *, messages: int) -> None:
        """Wait until the message may go. Raises _NotYet when it would stand in others' way."""
        loop = asyncio.get_running_loop()
        while (wait := pace.chat_wait(claim.chat, loop.time(), messages=messages)) > 0:
            if wait > MOMENT:
                loop.call_later(wait + MOMENT / 10, self._freed.set)
                raise _NotYet("its chat must wait", self._clock() + timedelta(seconds=wait))
            await asyncio.sleep(wait)
        await asyncio.sleep(pace.turn(claim.chat, loop.time(), messages=messages))

    def _obey(self, refused: RetryAt, channel: Channel, claim: Claim, pace: Pace | None) -> None:
        """Let the account wait, if it is the account that the platform means."""
        wide = refused.account_wide or isinstance(refused, Unreachable)
        until: datetime | None = refused.when if wide else None
        if isinstance(refused, TooFast) and pace is not None:
            now, clock = asyncio.get_running_loop().time(), self._clock()
            ends = now + (refused.when - clock).total_seconds()
            resumes = pace.refused(claim.chat, now, until=ends, account_wide=wide)
            until = None if resumes is None else clock + timedelta(seconds=resumes - now)
        if until is not None:
            self._holds.hold(channel, until)
            log.warning("%s: nothing goes out until %s", claim.account, until.isoformat())

    def _held_until(self, account: str) -> datetime | None:
        """Until when the account has to wait; what it was told before it was changed is over."""
        channel = self._channels.get(account)
        return None if channel is None else self._holds.until(channel)

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
            await retrying(self._beat)

    async def _beat(self) -> None:
        now = self._clock()
        async with self._database.begin() as tx:
            await self._outbox.alive(tx, self._owner, at=now)
            if idle := self._idle():
                await self._leases.give_back(tx, idle, self._owner)
            if freed := await self._outbox.free_lost_claims(tx, at=now):
                log.warning("%d messages of a sender that stopped are free again", freed)
                await tx.ring(BELL)
            if self._watch.set_back():
                log.warning("the machine's clock was set back")
                await self._outbox.hurry(tx, at=now)
        for account in idle:
            self._claimed_at.pop(account, None)
            self._leased_at.pop(account, None)

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


@lru_cache(maxsize=64)
def _reply(body: str) -> Reply:
    """Read a stored message: that of a notice is the same for thousands."""
    return Reply.from_json(body)


class _Refused(Exception):
    """The message must not go, and its row says why."""


class _NotYet(Exception):
    """A message's turn has not come; it goes back until `when`."""

    def __init__(self, reason: str, when: datetime) -> None:
        super().__init__(reason)
        self.when = when
