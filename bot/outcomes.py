"""What becomes of a message after its sending: each outcome as a note for the outbox.

A note is what has to be done in one transaction, as often as the database has to be asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.channels.channel import (
    ByTemplate,
    FailedForGood,
    Moved,
    RetryAt,
    StopWriting,
    TooFast,
    Uncertain,
    Unreachable,
)
from storage.conversations import Conversations
from storage.database import Transaction
from storage.outbox import BY_TEMPLATE, Claim, Outbox, State, after_lost_claim

Note = Callable[[Transaction], Awaitable[None]]

TRIES = 8
UNCERTAIN_TRIES = 3


@dataclass(frozen=True, slots=True)
class Sent:
    """The note that the platform took a message, by itself; or many are written together."""

    claim: Claim
    number: str
    outbox: Outbox
    clock: Callable[[], datetime]

    @property
    def way(self) -> str:
        return BY_TEMPLATE if isinstance(self.number, ByTemplate) else ""

    async def __call__(self, tx: Transaction) -> None:
        at = self.clock()
        await self.outbox.sent(tx, self.claim, platform_id=self.number, at=at, way=self.way)


class Outcomes:
    """Makes the notes. `clock` returns aware UTC."""

    def __init__(self, outbox: Outbox, clock: Callable[[], datetime]) -> None:
        self._outbox, self._clock = outbox, clock
        self._conversations = Conversations()

    def sent(self, claim: Claim, platform_id: str) -> Note:
        """The platform took it."""
        return Sent(claim, platform_id, self._outbox, self._clock)

    def after(self, claim: Claim, failure: Exception) -> Note:
        """What follows from a failure; one that is no SendFailed is a mistake of the channel."""
        reason = str(failure)
        match failure:
            case TooFast(when=when) | Unreachable(when=when):
                return self.later(claim, when, reason, counts=False)
            case RetryAt(when=when, account_wide=wide):
                return self.later(claim, when, reason, counts=not wide)
            case StopWriting():
                return self._stop_writing(claim, reason)
            case Moved(chat=chat):
                return self._move(claim, chat)
            case FailedForGood():
                return self.failed(claim, reason)
            case Uncertain():
                return self._unknown(claim, reason)
        # No row may stay without an end.
        when = self._clock() + timedelta(seconds=2**claim.attempts)
        return self.later(claim, when, type(failure).__name__)

    def later(
        self, claim: Claim, when: datetime, reason: str, *, counts: bool = True, doubt: bool = False
    ) -> Note:
        """Due again at `when`; given up after `TRIES` that count. `doubt`: it may have arrived."""

        async def note(tx: Transaction) -> None:
            if counts and claim.attempts + 1 >= TRIES:
                await self._outbox.failed(tx, claim, reason=reason, at=self._clock())
            else:
                await self._outbox.retry(
                    tx, claim, when=when, reason=reason, counts=counts, doubt=doubt
                )

        return note

    def failed(self, claim: Claim, reason: str) -> Note:
        """It can never be delivered."""

        async def note(tx: Transaction) -> None:
            await self._outbox.failed(tx, claim, reason=reason, at=self._clock())

        return note

    def _unknown(self, claim: Claim, reason: str) -> Note:
        again = after_lost_claim(claim.lane) is State.PENDING
        if again and claim.attempts + 1 < UNCERTAIN_TRIES:
            return self.later(claim, self._clock() + timedelta(seconds=2), reason, doubt=True)

        async def note(tx: Transaction) -> None:
            await self._outbox.uncertain(tx, claim, reason=reason, at=self._clock())

        return note

    def _stop_writing(self, claim: Claim, reason: str) -> Note:
        async def note(tx: Transaction) -> None:
            now = self._clock()
            await self._outbox.failed(tx, claim, reason=reason, at=now)
            await self._conversations.stop_writing(tx, claim.conversation, at=now)
            await self._outbox.fail_all_pending(tx, claim.conversation, reason=reason, at=now)

        return note

    def _move(self, claim: Claim, chat: str) -> Note:
        async def note(tx: Transaction) -> None:
            now = self._clock()
            if await self._conversations.move(tx, claim.conversation, chat=chat):
                await self._outbox.retry(tx, claim, when=now, reason="the chat moved", counts=False)
            else:
                reason = "the chat moved to one that has a conversation of its own"
                await self._outbox.failed(tx, claim, reason=reason, at=now)

        return note
