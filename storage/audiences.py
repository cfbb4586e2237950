"""Saved lists: an audience with a name, by what people chose. It holds nobody: whoever fits at the
time of sending gets the notice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Boolean, String, UniqueConstraint, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from storage.broadcast_draft import Draft
from storage.consents import Purpose
from storage.database import Record, Transaction, Utc
from storage.notice_drafts import NoticeDraft
from storage.people import Id

LONGEST_NAME = 64
Notice = TypeVar("Notice", Draft, NoticeDraft)


class AudienceRecord(Record):
    __tablename__ = "audiences"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    unit: Mapped[str] = mapped_column(String(64))
    only_unit: Mapped[bool] = mapped_column(Boolean)
    purpose: Mapped[str] = mapped_column(String(16))
    topic: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(16))
    saved_by: Mapped[str] = mapped_column(String(128))
    saved_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a notice is for: the fields mean what they mean in a broadcast's `Draft`."""

    unit: str = ""
    only_unit: bool = False
    purpose: Purpose = Purpose.NOTICES
    topic: str = ""
    language: str = ""

    def of(self, draft: Notice) -> Notice:
        """The notice, to these people."""
        return replace(
            draft,
            unit=self.unit,
            only_unit=self.only_unit,
            purpose=self.purpose,
            topic=self.topic,
            language=self.language,
        )


@dataclass(frozen=True, slots=True)
class Saved:
    """A list as it is kept: a button knows it by its number, for its name may hold any letter."""

    id: int
    name: str
    who: Audience


class Audiences:
    """The book of saved lists."""

    async def save(
        self, tx: Transaction, name: str, audience: Audience, *, by: str, at: datetime
    ) -> None:
        """Keep it under that name, in the place of any earlier one."""
        values = {**asdict(audience), "purpose": audience.purpose.value}
        values |= {"saved_by": by, "saved_at": at}
        upsert = postgresql.insert if tx.on_postgresql else sqlite.insert
        await tx.connection.execute(
            upsert(AudienceRecord)
            .values(name=name, **values)
            .on_conflict_do_update(index_elements=["name"], set_=values)
        )

    async def get(self, tx: Transaction, name: str) -> Audience | None:
        return dict(await self.all(tx)).get(name)

    async def all(self, tx: Transaction) -> Sequence[tuple[str, Audience]]:
        """By name."""
        return [(one.name, one.who) for one in await self.saved(tx)]

    async def saved(self, tx: Transaction) -> Sequence[Saved]:
        """All, by name."""
        row = AudienceRecord
        rows = await tx.connection.execute(select(row.__table__).order_by(row.name))
        return [
            Saved(
                each.id,
                each.name,
                Audience(
                    each.unit, each.only_unit, Purpose(each.purpose), each.topic, each.language
                ),
            )
            for each in rows
        ]

    async def drop(self, tx: Transaction, name: str) -> bool:
        """False: there was none of that name."""
        row = AudienceRecord
        done = await tx.connection.execute(delete(row).where(row.name == name))
        return bool(done.rowcount)
