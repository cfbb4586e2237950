"""What the files of the cards said, text by text, and where each text came from. Only added to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Integer, String, Text, UniqueConstraint, and_, func, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.card_drafts import CardDraft, writers_of
from storage.database import Record, Transaction, Utc
from storage.people import Id
from storage.upsert import insert_or_ignore


class Origin(StrEnum):
    FOUND = "found"  # there when the console first looked
    HAND = "hand"  # saved in the file, past the console
    CONSOLE = "console"  # written at the console and approved by a second person


class CardVersionRecord(Record):
    __tablename__ = "card_versions"
    __table_args__ = (UniqueConstraint("language", "slug", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    language: Mapped[str] = mapped_column(String(8))
    slug: Mapped[str] = mapped_column(String(64))
    number: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(16))
    seen_at: Mapped[datetime] = mapped_column(Utc)
    writers: Mapped[str] = mapped_column(Text)
    approved_by: Mapped[int | None] = mapped_column(Id, default=None)
    office: Mapped[str] = mapped_column(String(120))


@dataclass(frozen=True, slots=True)
class Version:
    """One text of a card, the `number`th; `seen_at` is when the console wrote or first saw it.
    `writers` and `approved_by` are officials' numbers, none of what came past the console."""

    number: int
    digest: str
    origin: Origin
    seen_at: datetime
    writers: tuple[int, ...]
    approved_by: int | None
    office: str


class CardVersions:
    """The book of the cards' texts."""

    async def newest(self, tx: Transaction, language: str) -> dict[str, tuple[int, str]]:
        """The number and digest of each card's last text, by slug."""
        row = CardVersionRecord
        last = (
            select(row.slug, func.max(row.number).label("number"))
            .where(row.language == language)
            .group_by(row.slug)
            .subquery()
        )
        found = await tx.connection.execute(
            select(row.slug, row.number, row.digest)
            .join(last, and_(row.slug == last.c.slug, row.number == last.c.number))
            .where(row.language == language)
        )
        return {slug: (number, digest) for slug, number, digest in found}

    async def of(
        self, tx: Transaction, language: str, slug: str, *, below: int | None, at_most: int
    ) -> list[Version]:
        """The newest first; with `below`, those before the one of that number."""
        row = CardVersionRecord
        query = (
            select(*(getattr(row, name) for name in Version.__slots__))
            .where(row.language == language, row.slug == slug)
            .order_by(row.number.desc())
            .limit(at_most)
        )
        if below is not None:
            query = query.where(row.number < below)
        return [_version(found) for found in await tx.connection.execute(query)]

    async def text(self, tx: Transaction, language: str, slug: str, number: int) -> str | None:
        """What the file said then; None where there is no such version."""
        row = CardVersionRecord
        found = await tx.connection.execute(
            select(row.text).where(row.language == language, row.slug == slug, row.number == number)
        )
        return found.scalar_one_or_none()

    async def see(
        self, tx: Transaction, language: str, slug: str, *, after: int, text: str, digest: str,
        at: datetime,
    ) -> bool:  # fmt: skip
        """The file says this, and no version after the number `after` is known. False: one was
        noted meanwhile."""
        origin = Origin.HAND if after else Origin.FOUND
        values = {"number": after + 1, "text": text, "digest": digest, "origin": origin.value,
                  "seen_at": at, "writers": "", "approved_by": None, "office": ""}  # fmt: skip
        return await self._add(tx, language, slug, values)

    async def publish(
        self, tx: Transaction, draft: CardDraft, *, after: int, digest: str, at: datetime
    ) -> bool:
        """An approved draft stands in the file. False: another version was noted meanwhile."""
        values = {"number": after + 1, "text": draft.text, "digest": digest,
                  "origin": Origin.CONSOLE.value, "seen_at": at,
                  "writers": ",".join(map(str, draft.writers)),
                  "approved_by": draft.approved_by, "office": draft.office}  # fmt: skip
        return await self._add(tx, draft.language, draft.slug, values)

    async def _add(self, tx: Transaction, language: str, slug: str, values: dict[str, Any]) -> bool:
        key = {"language": language, "slug": slug}
        names = ["language", "slug", "number"]
        return await insert_or_ignore(tx, CardVersionRecord, key | values, names) is not None


def _version(row: Any) -> Version:
    values = {name: getattr(row, name) for name in Version.__slots__}
    return Version(**values | {"origin": Origin(row.origin), "writers": writers_of(row.writers)})
