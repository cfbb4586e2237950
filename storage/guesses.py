"""Wrong guesses at what opens something: counted, so that nobody finds a code by trying.

What the codes open, `links`, `receipts` and `officials` know; they ask here before they look.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, func, insert, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.case_records import CaseRecord
from storage.conversations import ConversationRecord
from storage.database import Record, Transaction, Utc
from storage.people import Id

WATCHED = timedelta(minutes=10)
WRONG_IN_ONE = 5
WRONG_IN_ALL = 50
WRONG_IN_ALL_KNOWN = 500
KNOWN_AFTER = timedelta(days=1)
"""So many wrong ones of a kind within `WATCHED`, of one conversation, of all new ones and of all
known ones, and none is looked at: known is what began `KNOWN_AFTER` ago or has a case.

Chats cost nothing to open, so only the limits for all hold off who guesses: 79,200 tries a day at
most. Who fills the one for new chats in seconds keeps nobody from their cases in the chat from
which they wrote; for the other they need a hundred chats that are known, and then hold up a guess,
not an answer: that comes by itself.
"""


class Guess(StrEnum):
    LINK = "link"  # a code that links two chats
    RECEIPT = "receipt"  # the words of a case
    INVITATION = "invitation"  # a code that makes somebody an official


class WrongGuessRecord(Record):
    __tablename__ = "wrong_guesses"
    __table_args__ = (Index("ix_wrong_guesses_kind", "kind", "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE")
    )
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Utc)


class Guesses:
    """The book of wrong guesses of one kind."""

    def __init__(self, kind: Guess) -> None:
        self._kind = kind

    async def too_many(self, tx: Transaction, *, conversation: int, at: datetime) -> bool:
        """Whether none may be looked at, in this conversation or in any."""
        row, talk = WrongGuessRecord, ConversationRecord
        has_case = select(CaseRecord.id).where(CaseRecord.conversation_id == talk.id).exists()
        known = or_(talk.created_at <= at - KNOWN_AFTER, has_case)
        found = await tx.connection.execute(select(known).where(talk.id == conversation))
        is_known = bool(found.scalar_one())
        counts = await tx.connection.execute(
            select(
                func.count(row.id), func.count(row.id).filter(row.conversation_id == conversation)
            )
            .join(talk, talk.id == row.conversation_id)
            .where(row.kind == self._kind, row.at > at - WATCHED, known if is_known else ~known)
        )
        everywhere, here = counts.one()
        most = WRONG_IN_ALL_KNOWN if is_known else WRONG_IN_ALL
        return everywhere >= most or here >= WRONG_IN_ONE

    async def note(self, tx: Transaction, *, conversation: int, at: datetime) -> None:
        """One was typed that opens nothing."""
        await tx.connection.execute(
            insert(WrongGuessRecord).values(conversation_id=conversation, kind=self._kind, at=at)
        )
