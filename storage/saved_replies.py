"""Saved replies: words that staff of a unit keep to begin answers with.

A unit's are for itself and all units below it; who may change them the desk decides.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, String, Text, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.people import Id
from storage.upsert import insert_or_ignore

LONGEST_TITLE = 80


class SavedReplyRecord(Record):
    __tablename__ = "saved_replies"
    __table_args__ = (UniqueConstraint("unit", "title"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, default=1)
    saved_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class SavedReply:
    """`unit` is a unit's code, empty for the whole installation."""

    id: int
    unit: str
    title: str
    text: str
    version: int


class TitleTaken(Exception):
    """The unit has another reply of that title."""


class SavedReplies:
    """The book of saved replies."""

    async def of(self, tx: Transaction, units: Collection[str] | None) -> list[SavedReply]:
        """Those of these units (None: of all), by title."""
        row = SavedReplyRecord
        query = select(row.id, row.unit, row.title, row.text, row.version)
        if units is not None:
            query = query.where(row.unit.in_(units))
        rows = await tx.connection.execute(query.order_by(row.title, row.id))
        return [SavedReply(*found) for found in rows]

    async def get(self, tx: Transaction, reply: int) -> SavedReply | None:
        row = SavedReplyRecord
        found = await tx.connection.execute(
            select(row.id, row.unit, row.title, row.text, row.version).where(row.id == reply)
        )
        one = found.one_or_none()
        return None if one is None else SavedReply(*one)

    async def add(
        self, tx: Transaction, *, unit: str, title: str, text: str, at: datetime
    ) -> int | None:
        """A new one; its number, or None where it is there already, word for word. Raises
        TitleTaken."""
        values = {"unit": unit, "title": title, "text": text, "version": 1, "saved_at": at}
        number = await insert_or_ignore(tx, SavedReplyRecord, values, ["unit", "title"])
        if number is None and text not in [
            one.text for one in await self.of(tx, [unit]) if one.title == title
        ]:
            raise TitleTaken
        return number

    async def edit(
        self, tx: Transaction, reply: SavedReply, *, title: str, text: str, at: datetime
    ) -> bool:
        """Other words for the one that was read; False: somebody changed it since. Raises
        TitleTaken."""
        row = SavedReplyRecord
        namesakes = [one.id for one in await self.of(tx, [reply.unit]) if one.title == title]
        if namesakes not in ([], [reply.id]):
            raise TitleTaken
        done = await tx.connection.execute(
            update(row)
            .where(row.id == reply.id, row.version == reply.version)
            .values(title=title, text=text, version=row.version + 1, saved_at=at)
        )
        return bool(done.rowcount)

    async def drop(self, tx: Transaction, reply: int) -> None:
        row = SavedReplyRecord
        await tx.connection.execute(delete(row).where(row.id == reply))
