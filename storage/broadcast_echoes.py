"""What comes back of a broadcast: that it arrived, where the platform says so, and that somebody
wanted no more after it. Both become numbers of the broadcast; who it was is not kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update

from storage.broadcast_records import BroadcastRecord
from storage.conversations import ConversationRecord
from storage.database import Transaction
from storage.outbox import OutboxRecord, State

AFTERWARDS = timedelta(days=2)
"""For so long a no counts as said to the last broadcast."""


class Echoes:
    """The book of echoes."""

    async def awaited(self, tx: Transaction, *, account: str, chat: str, platform_id: str) -> bool:
        """Whether this may be a broadcast's message whose arrival is not noted yet."""
        found = await tx.connection.execute(
            select(OutboxRecord.id).where(_in(account, chat), _open(platform_id)).limit(1)
        )
        return found.first() is not None

    async def arrived(self, tx: Transaction, *, account: str, chat: str, platform_id: str) -> bool:
        """The platform says that the message with its id came to its person; counted once.

        False: its id is not known here yet, for it is on its way.
        """
        row = OutboxRecord
        found = await tx.connection.execute(
            update(row)
            .where(_in(account, chat), row.broadcast_id.is_not(None), ~row.arrived,
                   row.platform_id == platform_id)
            .values(arrived=True)
            .returning(row.broadcast_id)
        )  # fmt: skip
        numbers = list(found.scalars())
        for number in numbers:
            await tx.connection.execute(
                update(BroadcastRecord)
                .where(BroadcastRecord.id == number)
                .values(arrived=BroadcastRecord.arrived + 1)
            )
        return bool(numbers) or not await self.awaited(
            tx, account=account, chat=chat, platform_id=platform_id
        )

    async def opted_out(self, tx: Transaction, conversation: int, *, at: datetime) -> None:
        """Somebody wants no more: it counts for the broadcast that they received last, if that
        was within `AFTERWARDS`."""
        row = OutboxRecord
        last = await tx.connection.execute(
            select(row.broadcast_id)
            .where(
                row.conversation_id == conversation,
                row.broadcast_id.is_not(None),
                row.state == State.SENT,
                row.ended_at >= at - AFTERWARDS,
            )
            .order_by(row.ended_at.desc(), row.id.desc())
            .limit(1)
        )
        if (number := last.scalar_one_or_none()) is not None:
            await tx.connection.execute(
                update(BroadcastRecord)
                .where(BroadcastRecord.id == number)
                .values(opted_out=BroadcastRecord.opted_out + 1)
            )


def _in(account: str, chat: str) -> ColumnElement[bool]:
    """In this chat."""
    talk = ConversationRecord
    ids = select(talk.id).where(talk.account == account, talk.chat == chat)
    return OutboxRecord.conversation_id.in_(ids)


def _open(platform_id: str) -> ColumnElement[bool]:
    """A broadcast's message with that id, or one that has no id yet."""
    row = OutboxRecord
    its = and_(row.platform_id == platform_id, ~row.arrived)
    return and_(row.broadcast_id.is_not(None), or_(its, row.state == State.CLAIMED))
