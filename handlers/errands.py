"""What an errand is given and what it gives back: the contract between reception and errands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from handlers.actions import Action
from handlers.messages import Attachment, Reply
from storage.conversations import Conversation, Talk
from storage.database import Transaction
from storage.people import Person

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at the door: who, where, when, and the transaction in which they are served.

    `now` is in UTC; `text` is what they wrote, empty for a button; in a `group` others read along.
    `attachments` and `location` came with it.
    """

    tx: Transaction
    person: Person
    conversation: Conversation
    now: datetime
    text: str = ""
    group: bool = False
    attachments: tuple[Attachment, ...] = ()
    location: tuple[float, float] | None = None

    @property
    def talk(self) -> Talk:
        return self.conversation.talk

    @property
    def today(self) -> date:
        """The day in Vietnam."""
        return self.now.astimezone(VIETNAM).date()


@dataclass(frozen=True, slots=True)
class Served:
    """What to say, and where the conversation stands afterwards.

    `urgent`: somebody is in danger, so nothing may stand before these words. `aside`: it was about
    a message that came unasked, so the screen before it goes on to mean what it did.
    """

    replies: tuple[Reply, ...]
    talk: Talk
    urgent: bool = False
    aside: bool = False


Errand = Callable[[Visit], Awaitable[Served]]
ActionErrand = Callable[[Visit, Action], Awaitable[Served]]
