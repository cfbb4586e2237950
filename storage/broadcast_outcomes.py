"""What became of a broadcast, in numbers: counted from its messages, and from what is left of those
that are kept no longer.

A message goes after its time, or when a person has their data deleted; its outcome stays as a
number that names nobody, so that an account given once never shrinks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
    and_,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from storage.conversations import ConversationRecord
from storage.database import Record, Transaction
from storage.outbox import BY_TEMPLATE, OutboxRecord, State
from storage.people import Id

REASON = 200
"""Letters of a reason that are kept."""
NOT_KNOWN = "it is not known whether it arrived, and it was not sent again"
EDITED, DELETED = "edited", "deleted"
"""How a sent message that takes another back came to its person; a new message says neither."""

ENDS = {
    State.HELD: (State.SKIPPED, "the broadcast was paused for too long"),
    State.UNCERTAIN: (State.SKIPPED, NOT_KNOWN),
    State.PENDING: (State.SKIPPED, "the person had their data deleted"),
    State.CLAIMED: (State.SKIPPED, "the person had their data deleted"),
}
"""The end of a message that goes before it has one."""


class OutcomeRecord(Record):
    __tablename__ = "broadcast_outcomes"
    __table_args__ = (UniqueConstraint("broadcast_id", "state", "reason", "blocked"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(Id, ForeignKey("broadcasts.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(REASON))
    blocked: Mapped[bool] = mapped_column(Boolean)
    many: Mapped[int] = mapped_column(Integer)
    again: Mapped[int] = mapped_column(Integer)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of a broadcast, in numbers of people; `reasons` of all that did not arrive.

    `blocked` are the failed ones that cannot be written to. `again` were sent a second time though
    the first may have arrived: emergencies at once, others after a person's yes. Of what takes
    another back, `edited` took the place of the sent message and `deleted` took it away; the other
    sent ones are messages of their own. `by_template`: so many of the sent ones went by a template.
    """

    recipients: int
    pending: int
    sent: int
    failed: int
    uncertain: int
    skipped: int
    blocked: int
    again: int
    edited: int
    deleted: int
    reasons: Mapping[str, int]
    by_template: int = 0

    @property
    def ended(self) -> bool:
        return self.pending == 0 and self.uncertain == 0


async def account_of(tx: Transaction, number: int) -> Account:
    """Count what became of a broadcast."""
    kept = OutcomeRecord
    found = list(await tx.connection.execute(_counted(OutboxRecord.broadcast_id == number)))
    found += await tx.connection.execute(
        select(kept.broadcast_id, kept.state, kept.reason, kept.blocked, kept.many, kept.again)
        .where(kept.broadcast_id == number)
    )  # fmt: skip
    many = dict.fromkeys(State, 0)
    blocked, again, reasons = 0, 0, dict[str, int]()
    became = dict.fromkeys((EDITED, DELETED, BY_TEMPLATE), 0)
    for _, state, reason, is_blocked, count, twice in found:
        many[State(state)] += count
        again += twice
        if state == State.FAILED and is_blocked:
            blocked += count
        if state == State.SENT and reason in became:
            became[reason] += count
        if reason and state not in (State.SENT, State.PENDING, State.CLAIMED):
            reasons[reason] = reasons.get(reason, 0) + count
    return Account(
        recipients=sum(many.values()),
        pending=many[State.PENDING] + many[State.CLAIMED] + many[State.HELD],
        sent=many[State.SENT],
        failed=many[State.FAILED],
        uncertain=many[State.UNCERTAIN],
        skipped=many[State.SKIPPED],
        blocked=blocked,
        again=again,
        edited=became[EDITED],
        deleted=became[DELETED],
        reasons=reasons,
        by_template=became[BY_TEMPLATE],
    )


async def keep_outcomes(tx: Transaction, of: ColumnElement[bool]) -> None:
    """These messages of the outbox are about to be deleted: what became of them stays."""
    kept = OutcomeRecord
    insert = postgresql.insert if tx.on_postgresql else sqlite.insert
    rows = await tx.connection.execute(_counted(and_(OutboxRecord.broadcast_id.is_not(None), of)))
    for number, state, reason, blocked, many, again in rows.all():
        ended, why = ENDS.get(State(state), (State(state), reason))
        fresh = insert(kept).values(
            broadcast_id=number,
            state=ended.value,
            reason=why[:REASON],
            blocked=bool(blocked),
            many=many,
            again=again,
        )
        await tx.connection.execute(
            fresh.on_conflict_do_update(
                index_elements=["broadcast_id", "state", "reason", "blocked"],
                set_={
                    "many": kept.many + fresh.excluded.many,
                    "again": kept.again + fresh.excluded.again,
                },
            )
        )


def _counted(of: ColumnElement[bool]) -> Any:
    """The messages by broadcast, state, reason, and whether their conversation was stopped."""
    row, talk = OutboxRecord, ConversationRecord
    stopped = talk.stopped_at.is_not(None)
    # Only what did not arrive has a reason that is worth a line.
    why = case(
        (or_(row.state != State.SENT, row.reason == BY_TEMPLATE), row.reason),
        (row.target == "", ""),
        (row.platform_id == row.target, EDITED),
        (row.platform_id == "", DELETED),
        else_="",
    )
    return (
        select(
            row.broadcast_id,
            row.state,
            why.label("why"),
            stopped.label("stopped"),
            func.count().label("many"),
            func.sum(case((row.again > 0, 1), else_=0)).label("again"),
        )
        .join(talk, talk.id == row.conversation_id)
        .where(of)
        .group_by(row.broadcast_id, row.state, "why", "stopped")
    )
