"""Notices that officials are composing in their chat, one a conversation, until they are handed in.

Kept however long that takes, over restarts too; they go with their official. What is handed in is
a broadcast (`broadcasts`) and no draft of this kind any more.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.people import Id
from storage.upsert import insert_or_ignore


class NoticeDraftRecord(Record):
    __tablename__ = "notice_drafts"
    __table_args__ = (
        UniqueConstraint("conversation_id"),
        Index("ix_notice_drafts_official", "official_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE")
    )
    official_id: Mapped[int] = mapped_column(Id, ForeignKey("officials.id", ondelete="CASCADE"))
    broadcast_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("broadcasts.id", ondelete="CASCADE"), default=None
    )
    seen: Mapped[int] = mapped_column(Integer, default=0)
    step: Mapped[str] = mapped_column(String(16))
    looked: Mapped[bool] = mapped_column(Boolean, default=False)
    text: Mapped[str] = mapped_column(Text, default="")
    unit: Mapped[str] = mapped_column(String(64), default="")
    only_unit: Mapped[bool] = mapped_column(Boolean, default=False)
    purpose: Mapped[str] = mapped_column(String(16), default="")
    card: Mapped[str] = mapped_column(String(64), default="")
    due_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    repeats: Mapped[str] = mapped_column(String(64), default="")
    emergency: Mapped[bool] = mapped_column(Boolean, default=False)
    reason: Mapped[str] = mapped_column(Text, default="")
    picture_id: Mapped[int | None] = mapped_column(Id, default=None)
    voice_id: Mapped[int | None] = mapped_column(Id, default=None)
    texts: Mapped[str] = mapped_column(Text, default="{}", server_default="{}")
    language: Mapped[str] = mapped_column(String(16), default="", server_default="")
    also: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")
    touched_at: Mapped[datetime] = mapped_column(Utc)
    questions: Mapped[str] = mapped_column(Text, default="", server_default="")
    template: Mapped[bool | None] = mapped_column(Boolean, default=None)
    topic: Mapped[str] = mapped_column(String(64), default="", server_default="")
    about: Mapped[str] = mapped_column(Text, default="", server_default="")  # of the picture


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    """`step` is what is asked just now; from the first `looked`-at preview on, each answer leads
    back to it. `broadcast` is the one that is mended, whose version was `seen`; None for a new one.
    `due_at` in UTC, None for as soon as it is approved. `picture` and `voice` are numbers of files
    (`storage.files`), perhaps not fetched yet, `about` what the picture shows. `texts`, `language`,
    `topic` and `also` are as in `Draft`.
    `questions` is what it asks, as `Questionnaire` writes it; empty for a plain notice.
    `template` is as in `Draft`, None until that was answered.
    """

    official: int
    step: str
    unit: str = ""
    only_unit: bool = False
    text: str = ""
    purpose: str = ""
    card: str = ""
    due_at: datetime | None = None
    repeats: str = ""
    emergency: bool = False
    reason: str = ""
    looked: bool = False
    broadcast: int | None = None
    seen: int = 0
    picture: int | None = None
    voice: int | None = None
    texts: tuple[tuple[str, str], ...] = ()
    language: str = ""
    questions: str = ""
    also: tuple[str, ...] = ()
    template: bool | None = None
    topic: str = ""
    about: str = ""


class NoticeDrafts:
    """The book of notices that are being composed."""

    async def of(self, tx: Transaction, conversation: int) -> NoticeDraft | None:
        row = NoticeDraftRecord
        rows = await tx.connection.execute(
            select(row.__table__).where(row.conversation_id == conversation)
        )
        found = rows.one_or_none()
        if found is None:
            return None
        return NoticeDraft(
            official=found.official_id,
            step=found.step,
            unit=found.unit,
            only_unit=found.only_unit,
            text=found.text,
            purpose=found.purpose,
            card=found.card,
            due_at=found.due_at,
            repeats=found.repeats,
            emergency=found.emergency,
            reason=found.reason,
            looked=found.looked,
            broadcast=found.broadcast_id,
            seen=found.seen,
            picture=found.picture_id,
            voice=found.voice_id,
            texts=tuple(json.loads(found.texts).items()),
            language=found.language,
            questions=found.questions,
            also=tuple(json.loads(found.also)),
            template=found.template,
            topic=found.topic,
            about=found.about,
        )

    async def with_file(self, tx: Transaction, file: int) -> int | None:
        """The conversation in which a notice is composed that has this file; None: in none."""
        row = NoticeDraftRecord
        found = await tx.connection.execute(
            select(row.conversation_id).where(or_(row.picture_id == file, row.voice_id == file))
        )
        return found.scalars().first()

    async def without(self, tx: Transaction, file: int) -> None:
        """The file cannot be had, or is not wanted: it goes with nothing that is composed."""
        row = NoticeDraftRecord
        for column in (row.picture_id, row.voice_id):
            await tx.connection.execute(update(row).where(column == file).values({column: None}))

    async def keep(
        self, tx: Transaction, conversation: int, draft: NoticeDraft, *, at: datetime
    ) -> None:
        """Write down where it stands, in the place of any earlier one."""
        await self.drop(tx, conversation)
        values = asdict(draft)
        values["official_id"] = values.pop("official")
        values["broadcast_id"] = values.pop("broadcast")
        values["picture_id"], values["voice_id"] = values.pop("picture"), values.pop("voice")
        values["also"] = json.dumps(draft.also)
        values["texts"] = json.dumps(dict(draft.texts), ensure_ascii=False)
        values |= {"conversation_id": conversation, "touched_at": at}
        await insert_or_ignore(tx, NoticeDraftRecord, values, ["conversation_id"])

    async def drop(self, tx: Transaction, conversation: int) -> bool:
        """It is handed in, or given up. False: there was none."""
        row = NoticeDraftRecord
        done = await tx.connection.execute(delete(row).where(row.conversation_id == conversation))
        return bool(done.rowcount)
