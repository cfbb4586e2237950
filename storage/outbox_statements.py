"""The outbox's statements that run for each handful of messages, built once.

Built anew each time they would take as long as the database does.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    SmallInteger,
    String,
    and_,
    bindparam,
    column,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import aliased

from storage.conversations import ConversationRecord
from storage.database import Utc
from storage.outbox_records import IN_HAND, OutboxRecord, State

FIRST_OF_EACH = text(
    """
    WITH RECURSIVE firsts (id) AS (
        SELECT (
            SELECT id FROM outbox WHERE state = 'pending' AND attempts >= 0
            ORDER BY account, lane, not_before LIMIT 1
        )
        UNION ALL
        SELECT COALESCE(
            (
                SELECT id FROM outbox WHERE state = 'pending' AND attempts >= 0
                AND account = (SELECT account FROM outbox AS last WHERE last.id = firsts.id)
                AND lane > (SELECT lane FROM outbox AS last WHERE last.id = firsts.id)
                ORDER BY lane, not_before LIMIT 1
            ),
            (
                SELECT id FROM outbox WHERE state = 'pending' AND attempts >= 0
                AND account > (SELECT account FROM outbox AS last WHERE last.id = firsts.id)
                ORDER BY account, lane, not_before LIMIT 1
            )
        )
        FROM firsts WHERE firsts.id IS NOT NULL
    )
    SELECT outbox.account, outbox.lane, outbox.not_before
    FROM firsts JOIN outbox ON outbox.id = firsts.id
    """
).columns(account=String(), lane=SmallInteger(), not_before=Utc())
"""From one account and lane to the next by `ix_outbox_first`: a million cost as much as one."""

SENT = {"state": State.SENT.value, "owner": None, "reason": ""}
FREE = and_(
    # Not `in_`: an UPDATE for many rows at once cannot have it.
    or_(OutboxRecord.state == State.PENDING, OutboxRecord.state == State.UNCERTAIN),
    OutboxRecord.owner.is_(None),
    OutboxRecord.attempts > 0,  # SQLite gives a new row the number of one that was deleted
)
"""A message whose claim was lost and that nobody has claimed since."""


def _take() -> Any:
    row, other = OutboxRecord, aliased(OutboxRecord, name="other")
    waits = text("other.state IN ('pending', 'claimed')")  # as IN_HAND
    before = or_(other.lane < row.lane, and_(other.lane == row.lane, other.id < row.id))
    due = (
        select(row.id)
        .where(
            IN_HAND,
            row.account == bindparam("which"),
            row.state == State.PENDING,
            row.lane <= bindparam("last_lane"),
            row.not_before <= bindparam("now", type_=Utc()),
            # A notice that waits for the morning keeps no reply waiting; what is claimed does.
            ~exists().where(
                other.conversation_id == row.conversation_id,
                other.id != row.id,
                waits,
                or_(other.state == State.CLAIMED, before),
            ),
        )
        .order_by(row.lane, row.id)
        .limit(bindparam("at_most", type_=Integer()))
        .with_for_update(skip_locked=True)
    )
    return (
        update(row)
        .where(row.id.in_(due))
        .values(state=State.CLAIMED.value, owner=bindparam("claimer"), attempts=row.attempts + 1)
        .returning(row.id)
    )


def _taken() -> Any:
    row, talk = OutboxRecord, ConversationRecord
    return (
        select(row.__table__, talk.chat, talk.thread)
        .join(talk, talk.id == row.conversation_id)
        .where(row.id.in_(bindparam("ids", expanding=True)))
        .order_by(row.lane, row.id)
    )


def _sent(number: Any, way: Any) -> dict[str, Any]:
    at = bindparam("now", type_=Utc())
    return {**SENT, "reason": way, "ended_at": at, "platform_id": number}


def _send_all() -> Any:
    """For one row; SQLite runs it for many."""
    row = OutboxRecord
    return (
        update(row)
        .where(row.id == bindparam("its_id"), or_(MINE, FREE))
        .values(_sent(bindparam("its_number"), bindparam("its_way")))
    )


def _send_all_at_once() -> Any:
    """For many rows, given as arrays: PostgreSQL takes a third of the time for it."""
    row = OutboxRecord
    done = (
        func.unnest(
            bindparam("ids", type_=postgresql.ARRAY(BigInteger)),
            bindparam("numbers", type_=postgresql.ARRAY(String)),
            bindparam("ways", type_=postgresql.ARRAY(String)),
        )
        .table_valued(
            column("id", BigInteger), column("number", String), column("way", String), name="done"
        )
        .render_derived()
    )
    return (
        update(row)
        .where(row.id == done.c.id, or_(MINE, FREE))
        .values(_sent(done.c.number, done.c.way))
    )


MINE = and_(OutboxRecord.state == State.CLAIMED, OutboxRecord.owner == bindparam("its_owner"))
TAKE, TAKEN, SEND_ALL, SEND_ALL_AT_ONCE = _take(), _taken(), _send_all(), _send_all_at_once()
