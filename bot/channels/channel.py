"""The contract of a channel: how one account on one platform receives and sends.

Channels know their platform and `handlers.messages`, nothing else of the house. To add one:
write a class with these members, name it in `bot/account_channels.py`, and write its emulator:
CONTRIBUTING.md has the steps.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.channels.calls import Cause
from handlers.messages import Address, Capabilities, Incoming, Reply

Accept = Callable[[Incoming], Awaitable[object]]
"""Stores one incoming message for good, or raises; a second copy is stored once."""


@dataclass(frozen=True, slots=True)
class Health:
    """How an account is. `problem` is for operators, in English: what is wrong, how to mend it;
    `cause` is what sort of problem it is, if there is one."""

    ok: bool
    problem: str = ""
    link: str = ""  # where a person opens a conversation, if the platform has such an address
    unit_link: str = ""  # the same for a unit, whose code takes the place of {unit}
    cause: Cause = Cause.OTHER


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast an account may write: messages a second, to all together and to one chat.

    `burst` messages to one chat may follow each other at once. What it has short of a whole number
    is the room for messages that overtake each other on their way. `chat_minute` tells how many
    one chat may get in a minute, where the platform counts that for some (groups); else None.
    Accounts with the same `shared` name have one pace together.
    """

    per_second: float
    per_chat: float
    burst: float = 2.9
    chat_minute: Callable[[str], int | None] = lambda _chat: None
    shared: str = ""


class Refused(Exception):
    """A request that is not from the platform, or is not readable. `status` goes back over HTTP."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


# Why a message was not delivered: keys of texts, which every channel shares.
UNREACHABLE = "unsent.unreachable"
UNKNOWN = "unsent.unknown"
TROUBLE = "unsent.trouble"
BUSY = "unsent.busy"
NO_ACCESS = "unsent.no_token"
CONTENT = "unsent.refused_content"
GONE = "unsent.gone"


class ByTemplate(str):
    """The platform's id of a message that went by an approved template, not as it was written."""

    __slots__ = ()


class SendFailed(Exception):
    """A message was not delivered: the subclass says what to do, its words are a text's key."""


class RetryAt(SendFailed):
    """Nothing was delivered; try again at `when` (UTC).

    With `account_wide`, the platform asks the whole account to wait until then.
    """

    def __init__(self, reason: str, when: datetime, *, account_wide: bool = False) -> None:
        super().__init__(reason)
        self.when = when
        self.account_wide = account_wide


class Unreachable(RetryAt):
    """No connection to the platform: no other message would fare better, and none is at fault."""


class TooFast(RetryAt):
    """The platform asks to slow down until then.

    Unless `account_wide` it did not say for whose sake: for the chat's, or the account's.
    """


class FailedForGood(SendFailed):
    """This message can never be delivered."""


class StopWriting(SendFailed):
    """The person blocked the bot or is gone: write no more to this conversation."""


class Moved(SendFailed):
    """The chat has a new id: send there, now and from now on."""

    def __init__(self, reason: str, chat: str) -> None:
        super().__init__(reason)
        self.chat = chat


class Uncertain(SendFailed):
    """The platform may or may not have delivered it (no answer came after the request left)."""


class FetchFailed(Exception):
    """What a person sent was not had. The subclass says what to do; no reason holds an address."""


class FetchLater(FetchFailed):
    """Try again at `when` (UTC) or after."""

    def __init__(self, reason: str, when: datetime) -> None:
        super().__init__(reason)
        self.when = when


class FetchGone(FetchFailed):
    """It can never be had: its link has expired, or it is nothing that we may ask for."""


class FetchForeign(FetchFailed):
    """It lies on `host`, which this account may not ask yet: an operator may allow it."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is none of the hosts that this account may ask")
        self.host = host


class FetchTooLarge(FetchFailed):
    """It is larger than was wanted, or than the platform gives out."""


class Channel(Protocol):
    """One account on one platform."""

    account: str
    capabilities: Capabilities

    @property
    def speed(self) -> Speed | None:
        """How fast the platform lets it write; None: as fast as it goes."""

    async def open(self) -> None:
        """Take resources (connections, the bot's own name). Must not need the platform to be up."""

    async def close(self) -> None:
        """Give resources back."""

    async def receive(self, headers: Mapping[str, str], body: bytes) -> list[Incoming]:
        """Read one webhook request: first who calls (constant time), then what it says.

        An event that is known and needs nothing gives an empty list. Raises Refused.
        """

    async def poll(self, accept: Accept) -> None:
        """Fetch messages until cancelled, each accepted before the platform forgets it.

        An account that receives by webhook returns at once.
        """

    async def send(self, address: Address, reply: Reply) -> str:
        """Send one message that is already laid out for `capabilities`; return the platform's id,
        which is a `ByTemplate` where the reply's template carried the words.

        Raises SendFailed: RetryAt, FailedForGood, StopWriting, Moved or Uncertain.
        """

    async def fetch(self, reference: str, *, at_most: int) -> bytes:
        """Return what a person sent, by the reference of its attachment, if it has no more bytes.

        Nothing it holds is to be trusted. Raises FetchFailed: FetchLater, FetchGone, FetchTooLarge.
        """

    async def check(self) -> Health:
        """Ask the platform whether the account works."""
