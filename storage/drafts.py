"""Drafts: feedback that a villager has begun to tell and not yet handed in, one a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.people import Id
from storage.upsert import insert_or_ignore


class DraftRecord(Record):
    __tablename__ = "drafts"
    __table_args__ = (
        UniqueConstraint("conversation_id"),
        Index("ix_drafts_touched", "touched_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE")
    )
    step: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16), default="")
    about: Mapped[str] = mapped_column(String(16), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    unit: Mapped[str] = mapped_column(String(64), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    name: Mapped[str] = mapped_column(String(80), default="")
    touched_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class Draft:
    """`step` is what is asked just now, since `touched_at` (UTC). What was not told yet is empty.
    `unit` handles it."""

    id: int
    step: str
    touched_at: datetime
    kind: str = ""
    about: str = ""
    text: str = ""
    unit: str = ""
    place: str = ""
    name: str = ""


class Drafts:
    """The book of drafts."""

    async def begin(self, tx: Transaction, *, conversation: int, step: str, at: datetime) -> Draft:
        """An empty draft, in the place of any earlier one."""
        await self.drop(tx, conversation)
        values = {
            "conversation_id": conversation, "step": step, "touched_at": at,
        }  # fmt: skip
        new = await insert_or_ignore(tx, DraftRecord, values, ["conversation_id"])
        assert new is not None  # noqa: S101 - the conversation's row is locked: nobody else inserts
        return Draft(new, step, at)

    async def of(self, tx: Transaction, conversation: int) -> Draft | None:
        row = DraftRecord
        rows = await tx.connection.execute(
            select(
                row.id,
                row.step,
                row.touched_at,
                row.kind,
                row.about,
                row.text,
                row.unit,
                row.place,
                row.name,
            ).where(row.conversation_id == conversation)
        )
        found = rows.one_or_none()
        return None if found is None else Draft(*found)

    async def keep(self, tx: Transaction, draft: Draft, *, at: datetime) -> None:
        """Write down where it stands."""
        await tx.connection.execute(
            update(DraftRecord)
            .where(DraftRecord.id == draft.id)
            .values(
                step=draft.step,
                kind=draft.kind,
                about=draft.about,
                text=draft.text,
                unit=draft.unit,
                place=draft.place,
                name=draft.name,
                touched_at=at,
            )
        )

    async def drop(self, tx: Transaction, conversation: int) -> bool:
        """It is handed in, or given up. False: there was none."""
        row = DraftRecord
        done = await tx.connection.execute(delete(row).where(row.conversation_id == conversation))
        return bool(done.rowcount)
