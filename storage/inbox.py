"""The inbox: every message that came in, once, however often the platform delivers it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.conversations import ConversationRecord
from storage.database import Record, Transaction, Utc
from storage.people import Id
from storage.upsert import insert_or_ignore

MESSAGE_ID_LENGTH = 200


class InboxRecord(Record):
    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("account", "message_id"),
        Index("ix_inbox_conversation", "conversation_id", "id"),
        Index("ix_inbox_received", "received_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[str] = mapped_column(String(MESSAGE_ID_LENGTH))
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE")
    )
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(Utc)
    received_at: Mapped[datetime] = mapped_column(Utc)
    fault: Mapped[str] = mapped_column(Text, default="")


class Inbox:
    """The book of messages that came in."""

    async def store(
        self,
        tx: Transaction,
        *,
        account: str,
        message_id: str,
        conversation: int,
        kind: str,
        text: str,
        sent_at: datetime,
        at: datetime,
    ) -> int | None:
        """Write the message down and return its number; None when it is here already."""
        values = {
            "account": account,
            "message_id": message_id,
            "conversation_id": conversation,
            "kind": kind,
            "text": text,
            "sent_at": sent_at,
            "received_at": at,
        }
        return await insert_or_ignore(tx, InboxRecord, values, ["account", "message_id"])

    async def find(self, tx: Transaction, *, account: str, message_id: str) -> int | None:
        """The number of a message that is here."""
        row = await tx.connection.execute(
            select(InboxRecord.id).where(
                InboxRecord.account == account, InboxRecord.message_id == message_id
            )
        )
        return row.scalar_one_or_none()

    async def last_heard(self, tx: Transaction, *, account: str, chat: str) -> datetime | None:
        """When the person of a chat last did anything but leave; None if we know of nothing."""
        row = await tx.connection.execute(
            select(InboxRecord.sent_at)
            .join(ConversationRecord, ConversationRecord.id == InboxRecord.conversation_id)
            .where(
                ConversationRecord.account == account,
                ConversationRecord.chat == chat,
                InboxRecord.kind != "blocked",
            )
            .order_by(InboxRecord.id.desc())
            .limit(1)
        )
        return row.scalar_one_or_none()

    async def heard_since(
        self, tx: Transaction, accounts: Collection[str], *, since: datetime
    ) -> dict[str, datetime]:
        """When each of these accounts was last written to, of those that were since then (UTC)."""
        row = InboxRecord
        # Not the bare column: by its index SQLite would go through all that was ever received.
        account = func.coalesce(row.account, literal_column("''"))
        rows = await tx.connection.execute(
            select(account, func.max(row.received_at, type_=Utc))
            .where(row.received_at >= since, account.in_(accounts))
            .group_by(account)
        )
        return {found[0]: found[1] for found in rows}

    async def note_fault(self, tx: Transaction, message: int, fault: str) -> None:
        """The errand broke on this message; operators find it here."""
        await tx.connection.execute(
            update(InboxRecord).where(InboxRecord.id == message).values(fault=fault[:2000])
        )
