"""What officials are writing: an answer, a question back, a note or a reason, one a conversation.

It is kept until it is sent or dropped, however long that takes; it goes with its official.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Integer, String, Text, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.people import Id
from storage.upsert import insert_or_ignore


class Purpose(StrEnum):
    """What the words are for."""

    ANSWER = "answer"
    ASK_BACK = "ask_back"
    NOTE = "note"
    CLOSE = "close"  # why it is closed without an answer
    UNMASK = "unmask"  # why they want to see what is masked

    @property
    def goes_out(self) -> bool:
        """Whether the villager will read it."""
        return self in {Purpose.ANSWER, Purpose.ASK_BACK}


class OfficialDraftRecord(Record):
    __tablename__ = "official_drafts"
    __table_args__ = (UniqueConstraint("conversation_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE")
    )
    official_id: Mapped[int] = mapped_column(Id, ForeignKey("officials.id", ondelete="CASCADE"))
    case_id: Mapped[int] = mapped_column(Id, ForeignKey("cases.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(16))
    seen: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text, default="")
    signed: Mapped[bool] = mapped_column(Boolean, default=False)
    touched_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class OfficialDraft:
    """Words about a case, whose version was `seen` when they were begun or last shown.

    `signed`: with the official's name below it. `text` is empty while they are awaited.
    """

    official: int
    case: int
    purpose: Purpose
    seen: int
    text: str = ""
    signed: bool = False


class OfficialDrafts:
    """The book of what officials are writing."""

    async def of(self, tx: Transaction, conversation: int) -> OfficialDraft | None:
        row = OfficialDraftRecord
        rows = await tx.connection.execute(
            select(row.official_id, row.case_id, row.purpose, row.seen, row.text, row.signed).where(
                row.conversation_id == conversation
            )
        )
        found = rows.one_or_none()
        if found is None:
            return None
        official, case, purpose, seen, text, signed = found
        return OfficialDraft(official, case, Purpose(purpose), seen, text, signed)

    async def keep(
        self, tx: Transaction, conversation: int, draft: OfficialDraft, *, at: datetime
    ) -> None:
        """Write down where it stands, in the place of any earlier one."""
        await self.drop(tx, conversation)
        values = {
            "conversation_id": conversation,
            "official_id": draft.official,
            "case_id": draft.case,
            "purpose": draft.purpose.value,
            "seen": draft.seen,
            "text": draft.text,
            "signed": draft.signed,
            "touched_at": at,
        }
        await insert_or_ignore(tx, OfficialDraftRecord, values, ["conversation_id"])

    async def drop(self, tx: Transaction, conversation: int) -> bool:
        """It is sent, or given up. False: there was none."""
        row = OfficialDraftRecord
        done = await tx.connection.execute(delete(row).where(row.conversation_id == conversation))
        return bool(done.rowcount)
