"""The transcript: a conversation as its person saw it, for channels that show it themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select, union_all

from storage.database import Transaction
from storage.inbox import InboxRecord
from storage.outbox import OutboxRecord, State


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a conversation. `key` is unique and never changes.

    Of the person's own lines `text` is what they wrote; of ours it is the reply as JSON.
    `at` (UTC) is when it was stored or reached the person.
    """

    key: str
    from_person: bool
    text: str
    at: datetime


class Transcript:
    """Reads inbox and outbox of one conversation as one."""

    async def last(self, tx: Transaction, conversation: int, *, at_most: int) -> list[Line]:
        """The last messages, in the order of the talk."""
        return await self._lines(tx, conversation, None, at_most)

    async def since(
        self, tx: Transaction, conversation: int, *, after: datetime, at_most: int
    ) -> list[Line]:
        """What was stored or sent from `after` on, in the order of the talk."""
        return await self._lines(tx, conversation, after, at_most)

    async def newest(self, tx: Transaction, conversation: int) -> int:
        """The number of the last message that reached the person; 0 for none."""
        row = await tx.connection.execute(
            select(func.max(OutboxRecord.id)).where(
                OutboxRecord.conversation_id == conversation, OutboxRecord.state == State.SENT
            )
        )
        return row.scalar_one() or 0

    async def latest(self, tx: Transaction, conversation: int) -> tuple[str, str] | None:
        """What stands last in a conversation: its id at the platform and its body.

        None while anything is on its way, or when the last message did not arrive.
        """
        rows = await tx.connection.execute(
            select(OutboxRecord.state, OutboxRecord.platform_id, OutboxRecord.body)
            .where(OutboxRecord.conversation_id == conversation)
            .order_by(OutboxRecord.id.desc())
            .limit(1)
        )
        row = rows.one_or_none()
        return (row.platform_id, row.body) if row and row.state == State.SENT else None

    async def _lines(
        self, tx: Transaction, conversation: int, after: datetime | None, at_most: int
    ) -> list[Line]:
        came = InboxRecord.__table__
        went = OutboxRecord.__table__
        questions = select(
            came.c.received_at.label("moment"),
            literal(0).label("rank"),
            came.c.id.label("number"),
            came.c.text.label("body"),
            came.c.received_at.label("seen_at"),
        ).where(came.c.conversation_id == conversation, came.c.text != "")
        replies = select(
            went.c.created_at, literal(1), went.c.id, went.c.body, went.c.ended_at
        ).where(went.c.conversation_id == conversation, went.c.state == State.SENT)
        if after is not None:
            questions = questions.where(came.c.received_at >= after)
            replies = replies.where(went.c.ended_at >= after)
        both = union_all(questions, replies).subquery()
        rows = await tx.connection.execute(
            select(both)
            .order_by(both.c.moment.desc(), both.c.rank.desc(), both.c.number.desc())
            .limit(at_most)
        )
        return [
            Line(
                key=f"{'q' if row.rank == 0 else 'a'}{row.number}",
                from_person=row.rank == 0,
                text=row.body,
                at=row.seen_at,
            )
            for row in reversed(rows.all())
        ]
