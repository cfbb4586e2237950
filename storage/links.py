"""Codes by which a person links two of their chats: short-lived, used once, tried a few times.

Of a code only its SHA-256 is here, without a key: whoever can read the database also finds the
message that told it, and after `LASTS` it opens nothing. Who is one person, `people` knows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.conversations import ConversationRecord
from storage.database import Record, Transaction, Utc
from storage.people import Id
from storage.upsert import insert_or_ignore

LASTS = timedelta(minutes=15)
"""So long a code is good, from its being told to the second chat's yes."""


class LinkCodeRecord(Record):
    __tablename__ = "link_codes"
    __table_args__ = (
        UniqueConstraint("conversation_id"),
        UniqueConstraint("code_hash"),
        Index("ix_link_codes_typed_in", "typed_in"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE")
    )
    code_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(Utc)
    typed_in: Mapped[int | None] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE"), default=None
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """The conversation that was told a code. `person` is who it began with (`Person.known_as`)."""

    conversation: int
    account: str
    person: int
    stopped: bool


class Links:
    """The book of codes."""

    async def offer(self, tx: Transaction, code: str, *, conversation: int, at: datetime) -> bool:
        """Open a code for a conversation in place of its earlier one.

        False when another conversation has the same code: draw again.
        """
        await tx.connection.execute(
            delete(LinkCodeRecord).where(LinkCodeRecord.conversation_id == conversation)
        )
        values = {
            "conversation_id": conversation,
            "code_hash": _hash(code),
            "expires_at": at + LASTS,
        }
        return await insert_or_ignore(tx, LinkCodeRecord, values, ["code_hash"]) is not None

    async def offered(
        self, tx: Transaction, *, conversation: int, at: datetime, code: str = ""
    ) -> bool:
        """Whether a code that this conversation was told is open; with `code`, just that one."""
        row = LinkCodeRecord
        query = select(row.id).where(row.conversation_id == conversation, row.expires_at > at)
        if code:
            query = query.where(row.code_hash == _hash(code))
        return (await tx.connection.execute(query)).first() is not None

    async def take(
        self, tx: Transaction, code: str, *, conversation: int, at: datetime
    ) -> Origin | None:
        """Somebody typed the code in another conversation, which alone may now use it.

        None for a code that is not open, that was typed elsewhere, or is this conversation's own.
        """
        row = LinkCodeRecord
        taken = await tx.connection.execute(
            update(row)
            .where(
                row.code_hash == _hash(code),
                row.expires_at > at,
                row.conversation_id != conversation,
                or_(row.typed_in.is_(None), row.typed_in == conversation),
            )
            .values(typed_in=conversation)
            .returning(row.id, row.conversation_id)
        )
        found = taken.one_or_none()
        if found is None:
            return None
        # They are asked about the code that they typed last.
        await tx.connection.execute(
            delete(row).where(row.typed_in == conversation, row.id != found.id)
        )
        return await _origin(tx, found.conversation_id)

    async def use(self, tx: Transaction, *, conversation: int, at: datetime) -> Origin | None:
        """They said yes to the code that they typed; it is gone. None: it is not open any more."""
        row = LinkCodeRecord
        used = await tx.connection.execute(
            delete(row)
            .where(row.typed_in == conversation, row.expires_at > at)
            .returning(row.conversation_id)
        )
        found = used.scalar_one_or_none()
        return None if found is None else await _origin(tx, found)


async def _origin(tx: Transaction, conversation: int) -> Origin:
    talk = ConversationRecord.__table__
    row = await tx.connection.execute(
        select(talk.c.id, talk.c.account, talk.c.person_id, talk.c.stopped_at).where(
            talk.c.id == conversation
        )
    )
    number, account, person, stopped_at = row.one()
    return Origin(number, account, person, stopped_at is not None)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
