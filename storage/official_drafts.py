"""What officials are writing: an answer, a question back, a note or a reason, one a conversation.

It is kept until it is sent or dropped, however long that takes; it goes with its official. What
they spoke for it is a file of the draft (`files`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Integer,
    Row,
    Select,
    String,
    Text,
    UniqueConstraint,
    delete,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.conversations import ConversationRecord
from storage.database import Record, Transaction, Utc
from storage.files import FileRecord, FileState
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

    `signed`: with the official's name below it. `text` is empty while they are awaited. `voice` is
    the number of the file that they spoke, which may be still on its way (`coming`).
    """

    id: int
    official: int
    case: int
    purpose: Purpose
    seen: int
    text: str = ""
    signed: bool = False
    voice: int | None = None
    coming: bool = False

    @property
    def ready(self) -> bool:
        """Whether it was shown and waits to be sent."""
        return not self.coming and (bool(self.text) or self.voice is not None)


class OfficialDrafts:
    """The book of what officials are writing."""

    async def begin(
        self,
        tx: Transaction,
        conversation: int,
        *,
        official: int,
        case: int,
        purpose: Purpose,
        seen: int,
        at: datetime,
    ) -> OfficialDraft:
        """An empty one, in the place of any earlier one."""
        await self.drop(tx, conversation)
        values = {
            "conversation_id": conversation,
            "official_id": official,
            "case_id": case,
            "purpose": purpose.value,
            "seen": seen,
            "text": "",
            "signed": False,
            "touched_at": at,
        }
        new = await insert_or_ignore(tx, OfficialDraftRecord, values, ["conversation_id"])
        assert new is not None  # noqa: S101 - the conversation's row is locked: nobody else inserts
        return OfficialDraft(new, official, case, purpose, seen)

    async def of(self, tx: Transaction, conversation: int) -> OfficialDraft | None:
        rows = await tx.connection.execute(
            _drafts().where(OfficialDraftRecord.conversation_id == conversation)
        )
        found = rows.first()
        return None if found is None else _draft(found)

    async def hold(self, tx: Transaction, file: int) -> int | None:
        """The conversation in which a file was spoken, kept from others until the commit; None
        when it was for no draft, or for one that is gone."""
        row, talk = OfficialDraftRecord, ConversationRecord
        rows = await tx.connection.execute(
            select(talk.id)
            .join(row, row.conversation_id == talk.id)
            .join(FileRecord, FileRecord.official_draft_id == row.id)
            .where(FileRecord.id == file)
            .with_for_update(of=talk, key_share=True)
        )
        return rows.scalar_one_or_none()

    async def keep(self, tx: Transaction, draft: OfficialDraft, *, at: datetime) -> None:
        """Write down where it stands; its voice is a file's to say."""
        await tx.connection.execute(
            update(OfficialDraftRecord)
            .where(OfficialDraftRecord.id == draft.id)
            .values(text=draft.text, signed=draft.signed, seen=draft.seen, touched_at=at)
        )

    async def drop(self, tx: Transaction, conversation: int) -> bool:
        """It is sent, or given up. False: there was none."""
        row = OfficialDraftRecord
        done = await tx.connection.execute(delete(row).where(row.conversation_id == conversation))
        return bool(done.rowcount)


def _drafts() -> Select[*tuple[Any, ...]]:
    row, file = OfficialDraftRecord, FileRecord
    return (
        select(
            row.id, row.official_id, row.case_id, row.purpose, row.seen, row.text, row.signed,
            file.id.label("voice"), file.state,
        )
        .join(file, file.official_draft_id == row.id, isouter=True)
        .order_by(file.id.desc())
    )  # fmt: skip


def _draft(row: Row[*tuple[Any, ...]]) -> OfficialDraft:
    return OfficialDraft(
        row.id, row.official_id, row.case_id, Purpose(row.purpose), row.seen, row.text, row.signed,
        voice=row.voice, coming=row.state == FileState.WAITING,
    )  # fmt: skip
