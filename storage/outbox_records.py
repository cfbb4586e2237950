"""What the outbox holds: messages with their states and lanes, senders, and what a claim is.

What is done with them is in `outbox`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, Integer, SmallInteger, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Utc
from storage.people import Id

BELL = "outbox"
LEASE = timedelta(seconds=8)
"""A sender that has not shown itself for so long is taken for dead."""


class Lane(IntEnum):
    """What goes first."""

    EMERGENCY = 0
    REPLY = 1
    CAMPAIGN = 2


class State(StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"  # on purpose: they want no more, or the broadcast was cancelled
    HELD = "held"  # its broadcast is paused


BY_TEMPLATE = "template"
"""The reason of a message that was sent, but by an approved template; others have none."""

UNFINISHED = (State.PENDING.value, State.CLAIMED.value)
WAITING = (State.PENDING.value, State.HELD.value)
IN_HAND = text("outbox.state IN ('pending', 'claimed')")
"""Written out, not bound: only so can both databases see that the partial index serves."""

ENDED = text("outbox.state NOT IN ('pending', 'claimed')")
"""What waits no more, also for as long as its broadcast is paused; written out for the same."""

FIRST = text("state = 'pending' AND attempts >= 0")
"""As all that wait; but who claims does not say so, and cannot take that index, by which SQLite
would sort a million messages for each handful."""


class OutboxRecord(Record):
    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_conversation", "conversation_id", "id"),
        Index("ix_outbox_inbox", "inbox_id"),
        Index(
            "ix_outbox_unfinished",
            "conversation_id",
            sqlite_where=text("state IN ('pending', 'claimed')"),
            postgresql_where=text("state IN ('pending', 'claimed')"),
        ),
        Index(  # to count by: a row comes into it when it ends, not on the way
            "ix_outbox_ended",
            "broadcast_id",
            "state",
            sqlite_where=text("state NOT IN ('pending', 'claimed')"),
            postgresql_where=text("state NOT IN ('pending', 'claimed')"),
        ),
        Index(
            "ix_outbox_due",
            "account",
            "state",
            "lane",
            "id",
            sqlite_where=text("state IN ('pending', 'claimed')"),
            postgresql_where=text("state IN ('pending', 'claimed')"),
        ),
        Index(
            "ix_outbox_first",
            "account",
            "lane",
            "not_before",
            sqlite_where=FIRST,
            postgresql_where=FIRST,
        ),
        Index(
            "uq_outbox_broadcast_person",
            "broadcast_id",
            "person_id",
            unique=True,
            sqlite_where=text("broadcast_id IS NOT NULL"),
            postgresql_where=text("broadcast_id IS NOT NULL"),
        ),
        Index(
            "ix_outbox_person",
            "person_id",
            sqlite_where=text("person_id IS NOT NULL"),
            postgresql_where=text("person_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE")
    )
    inbox_id: Mapped[int | None] = mapped_column(Id, ForeignKey("inbox.id", ondelete="SET NULL"))
    lane: Mapped[int] = mapped_column(SmallInteger)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    not_before: Mapped[datetime] = mapped_column(Utc)
    owner: Mapped[str | None] = mapped_column(String(128), default=None)
    created_at: Mapped[datetime] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    platform_id: Mapped[str] = mapped_column(String(128), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    broadcast_id: Mapped[int | None] = mapped_column(Id, ForeignKey("broadcasts.id"), default=None)
    person_id: Mapped[int | None] = mapped_column(Id, default=None)  # goes with the conversation
    again: Mapped[int] = mapped_column(Integer, default=0)  # times, though it may have arrived
    # The platform's id of the message whose place it takes, if it can.
    target: Mapped[str] = mapped_column(String(128), default="", server_default="")
    arrived: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class SenderRecord(Record):
    __tablename__ = "senders"

    owner: Mapped[str] = mapped_column(String(128), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that this sender may send now. `attempts` counts earlier tries; `body` is JSON.

    `target` is the platform's id of the message whose place it takes, or empty.
    """

    id: int
    owner: str
    account: str
    conversation: int
    chat: str
    thread: str
    lane: Lane
    body: str
    attempts: int
    broadcast: int | None = None
    target: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something of this account and lane waits; the first may go at `first` (UTC)."""

    account: str
    lane: Lane
    first: datetime


def after_lost_claim(lane: Lane) -> State:
    """What becomes of a message whose sender died between the platform's yes and our commit.

    A reply or an emergency goes out again: better twice than never. An ordinary notice waits for
    a person to decide.
    """
    return State.UNCERTAIN if lane is Lane.CAMPAIGN else State.PENDING


def conversation_bell(conversation: int) -> str:
    """The topic that rings when a conversation's message came to its end."""
    return f"conversation:{conversation}"
