"""The outbox: each message that must reach a person, until it has an end.

A row is pending, then claimed by one sender, then sent or failed. A claim holds as long as its
sender shows that it lives (`alive`); what a dead sender held goes back by `after_lost_claim`.
A conversation's rows go out in order: none is claimed while an earlier one is on its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from storage.conversations import ConversationRecord
from storage.database import Record, Transaction, Utc
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


UNFINISHED = (State.PENDING.value, State.CLAIMED.value)
IN_HAND = text("outbox.state IN ('pending', 'claimed')")
"""Written out, not bound: only so can both databases see that the partial index serves."""


class OutboxRecord(Record):
    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_conversation", "conversation_id", "id"),
        Index("ix_outbox_inbox", "inbox_id"),
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


class SenderRecord(Record):
    __tablename__ = "senders"

    owner: Mapped[str] = mapped_column(String(128), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that this sender may send now. `attempts` counts earlier tries; `body` is JSON."""

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


def after_lost_claim(lane: Lane) -> State:
    """What becomes of a message whose sender died between the platform's yes and our commit.

    A reply or an emergency goes out again: better twice than never. An ordinary notice waits for
    a person to decide.
    """
    return State.UNCERTAIN if lane is Lane.CAMPAIGN else State.PENDING


class Outbox:
    """The book of messages to send."""

    async def put(
        self,
        tx: Transaction,
        bodies: list[str],
        *,
        account: str,
        conversation: int,
        inbox: int | None,
        lane: Lane,
        at: datetime,
        not_before: datetime | None = None,
    ) -> None:
        """Queue messages for a conversation, in their order, and wake the senders.

        They wait until `not_before`, if it is given; all times are in UTC.
        """
        if not bodies:
            return
        await tx.connection.execute(
            insert(OutboxRecord),
            [
                {
                    "account": account,
                    "conversation_id": conversation,
                    "inbox_id": inbox,
                    "lane": int(lane),
                    "body": body,
                    "state": State.PENDING.value,
                    "not_before": not_before or at,
                    "created_at": at,
                }
                for body in bodies
            ],
        )
        await tx.ring(BELL)

    async def alive(self, tx: Transaction, owner: str, *, at: datetime) -> None:
        """The sender `owner` works: its claims hold for another `LEASE`.

        PostgreSQL's own time is taken, for the clocks of several machines differ; on SQLite, which
        serves one machine, it is `at`.
        """
        seen = server_time(tx, at)
        shown = await tx.connection.execute(
            update(SenderRecord).where(SenderRecord.owner == owner).values(seen_at=seen)
        )
        if not shown.rowcount:
            await tx.connection.execute(insert(SenderRecord).values(owner=owner, seen_at=seen))

    async def retire(self, tx: Transaction, owner: str) -> None:
        """The sender is gone: what it holds is free from now on."""
        await tx.connection.execute(delete(SenderRecord).where(SenderRecord.owner == owner))

    async def free_lost_claims(self, tx: Transaction, *, at: datetime) -> int:
        """Give back what dead senders held; return how many rows there were."""
        await tx.connection.execute(
            delete(SenderRecord).where(SenderRecord.seen_at < server_time(tx, at, ago=LEASE))
        )
        freed = 0
        for lane in Lane:
            state = after_lost_claim(lane)
            result = await tx.connection.execute(
                update(OutboxRecord)
                .where(
                    IN_HAND,
                    OutboxRecord.state == State.CLAIMED,
                    OutboxRecord.lane == int(lane),
                    OutboxRecord.owner.not_in(select(SenderRecord.owner)),
                )
                .values(
                    state=state.value,
                    owner=None,
                    reason="the sender stopped before it could note the outcome",
                    ended_at=at if state is State.UNCERTAIN else None,
                )
            )
            freed += result.rowcount
        return freed

    async def accounts_due(self, tx: Transaction, *, at: datetime) -> list[str]:
        """The accounts that have something to send now."""
        rows = await tx.connection.execute(
            select(OutboxRecord.account)
            .where(IN_HAND, OutboxRecord.state == State.PENDING, OutboxRecord.not_before <= at)
            .distinct()
        )
        return list(rows.scalars())

    async def next_due(self, tx: Transaction) -> datetime | None:
        """When the first pending row may go; None when none is pending."""
        row = await tx.connection.execute(
            select(func.min(OutboxRecord.not_before)).where(
                IN_HAND, OutboxRecord.state == State.PENDING
            )
        )
        return row.scalar_one()

    async def claim(
        self, tx: Transaction, *, account: str, owner: str, at: datetime, at_most: int
    ) -> list[Claim]:
        """Take up to `at_most` rows of an account: by lane, then by age, one a conversation."""
        row, earlier = OutboxRecord, aliased(OutboxRecord)
        due = (
            select(row.id)
            .where(
                IN_HAND,
                row.account == account,
                row.state == State.PENDING,
                row.not_before <= at,
                ~exists().where(
                    earlier.conversation_id == row.conversation_id,
                    earlier.id < row.id,
                    earlier.state.in_(UNFINISHED),
                ),
            )
            .order_by(row.lane, row.id)
            .limit(at_most)
            .with_for_update(skip_locked=True)
        )
        claimed = await tx.connection.execute(
            update(row)
            .where(row.id.in_(due))
            .values(state=State.CLAIMED.value, owner=owner, attempts=row.attempts + 1)
            .returning(row.id)
        )
        ids = list(claimed.scalars())
        if not ids:
            return []
        talk = ConversationRecord
        rows = await tx.connection.execute(
            select(row.__table__, talk.chat, talk.thread)
            .join(talk, talk.id == row.conversation_id)
            .where(row.id.in_(ids))
            .order_by(row.lane, row.id)
        )
        return [
            Claim(
                id=r.id,
                owner=owner,
                account=r.account,
                conversation=r.conversation_id,
                chat=r.chat,
                thread=r.thread,
                lane=Lane(r.lane),
                body=r.body,
                attempts=r.attempts - 1,
                broadcast=r.broadcast_id,
            )
            for r in rows
        ]

    async def sent(self, tx: Transaction, claim: Claim, *, platform_id: str, at: datetime) -> bool:
        """The platform took it. False: the claim was lost meanwhile, and another has it now.

        A row whose claim was lost, and that nobody has claimed since, is sent all the same.
        """
        ended = {"state": State.SENT.value, "owner": None, "ended_at": at}
        free = and_(OutboxRecord.state == State.PENDING, OutboxRecord.owner.is_(None))
        done = await self._write(tx, claim, {**ended, "platform_id": platform_id}, or_free=free)
        await tx.ring(conversation_bell(claim.conversation))
        return done

    async def failed(self, tx: Transaction, claim: Claim, *, reason: str, at: datetime) -> bool:
        """It can never be delivered."""
        return await self._end(tx, claim, State.FAILED, at, reason=reason)

    async def uncertain(self, tx: Transaction, claim: Claim, *, reason: str, at: datetime) -> bool:
        """It may have been delivered, and a person has to decide."""
        return await self._end(tx, claim, State.UNCERTAIN, at, reason=reason)

    async def retry(
        self, tx: Transaction, claim: Claim, *, when: datetime, reason: str, counts: bool = True
    ) -> bool:
        """Not delivered; try again at `when`. A platform's "slow down" does not count as a try."""
        values: dict[str, Any] = {
            "state": State.PENDING.value,
            "owner": None,
            "not_before": when,
            "reason": reason,
        }
        if not counts:
            values["attempts"] = OutboxRecord.attempts - 1
        return await self._write(tx, claim, values)

    async def fail_all_pending(
        self, tx: Transaction, conversation: int, *, reason: str, at: datetime
    ) -> int:
        """Nothing more may be written to this conversation."""
        result = await tx.connection.execute(
            update(OutboxRecord)
            .where(
                OutboxRecord.conversation_id == conversation,
                OutboxRecord.state == State.PENDING,
            )
            .values(state=State.FAILED.value, reason=reason, ended_at=at)
        )
        return result.rowcount

    async def fail_account(
        self, tx: Transaction, account: str, *, reason: str, at: datetime
    ) -> int:
        """Nothing more goes out through this account; tells how much was waiting."""
        result = await tx.connection.execute(
            update(OutboxRecord)
            .where(OutboxRecord.account == account, OutboxRecord.state == State.PENDING)
            .values(state=State.FAILED.value, reason=reason, ended_at=at)
        )
        return result.rowcount

    async def withdraw(self, tx: Transaction, inbox: int) -> bool:
        """Unsay the last message that answers that one. False: it is on its way, or there."""
        row = OutboxRecord
        last = select(func.max(row.id)).where(row.inbox_id == inbox).scalar_subquery()
        result = await tx.connection.execute(
            delete(row).where(row.id == last, row.state == State.PENDING)
        )
        return bool(result.rowcount)

    async def counts(self, tx: Transaction) -> dict[State, int]:
        """How many rows there are of each state."""
        rows = await tx.connection.execute(
            select(OutboxRecord.state, func.count()).group_by(OutboxRecord.state)
        )
        found: dict[str, int] = {row[0]: row[1] for row in rows}
        return {state: found.get(state.value, 0) for state in State}

    async def _end(
        self, tx: Transaction, claim: Claim, state: State, at: datetime, **values: Any
    ) -> bool:
        changed = {"state": state.value, "owner": None, "ended_at": at, **values}
        done = await self._write(tx, claim, changed)
        await tx.ring(conversation_bell(claim.conversation))
        return done

    async def _write(
        self,
        tx: Transaction,
        claim: Claim,
        values: dict[str, Any],
        *,
        or_free: ColumnElement[bool] | None = None,
    ) -> bool:
        """Change the row if the claim still holds: who slept too long changes nothing."""
        mine = and_(OutboxRecord.state == State.CLAIMED, OutboxRecord.owner == claim.owner)
        allowed = mine if or_free is None else or_(mine, or_free)
        result = await tx.connection.execute(
            update(OutboxRecord).where(OutboxRecord.id == claim.id, allowed).values(**values)
        )
        return bool(result.rowcount)


def server_time(tx: Transaction, at: datetime, *, ago: timedelta = timedelta()) -> Any:
    """PostgreSQL's own time for a statement; on SQLite, which serves one machine, it is `at`."""
    return func.clock_timestamp() - ago if tx.on_postgresql else literal(at - ago, Utc())


def conversation_bell(conversation: int) -> str:
    """The topic that rings when a conversation's message came to its end."""
    return f"conversation:{conversation}"
