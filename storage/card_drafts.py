"""Drafts of cards: a card's whole text, written by some and approved by another; one a card.

An approved draft stays until its text stands in the card's file, so that no crash loses what was
decided. What a text has to be, and the files themselves, are others' affair.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Integer, String, Text, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.people import Id
from storage.upsert import insert_or_ignore


class DraftState(StrEnum):
    DRAFT = "draft"  # being written
    SUBMITTED = "submitted"  # waits for a second person
    RETURNED = "returned"  # `note` says why
    APPROVED = "approved"  # to be written into the file


WRITTEN_ON = frozenset({DraftState.DRAFT, DraftState.SUBMITTED, DraftState.RETURNED})


class CardDraftRecord(Record):
    __tablename__ = "card_drafts"
    __table_args__ = (UniqueConstraint("language", "slug"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    language: Mapped[str] = mapped_column(String(8))
    slug: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    base: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    writers: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Utc)
    note: Mapped[str] = mapped_column(String(200))
    approved_by: Mapped[int | None] = mapped_column(Id, default=None)
    office: Mapped[str] = mapped_column(String(120))


class DraftChanged(Exception):
    """The draft is not, or no longer, as it was seen; nothing was done."""


@dataclass(frozen=True, slots=True)
class CardDraft:
    """`base` is what the file said when it was begun, empty for a new card. `writers` are the
    officials who wrote in it, the last one last. `version` grows with each deed."""

    id: int
    language: str
    slug: str
    state: DraftState
    text: str
    base: str
    version: int
    writers: tuple[int, ...]
    changed_at: datetime
    note: str
    approved_by: int | None
    office: str


class CardDrafts:
    """The book of drafts."""

    async def get(self, tx: Transaction, language: str, slug: str) -> CardDraft | None:
        """The draft of a card, if it has one."""
        row = CardDraftRecord
        query = select(row.__table__).where(row.language == language, row.slug == slug)
        found = (await tx.connection.execute(query)).first()
        return None if found is None else _draft(found)

    async def all(
        self, tx: Transaction, language: str, states: Collection[DraftState] = tuple(DraftState)
    ) -> list[CardDraft]:
        """All drafts in these states, by slug."""
        row = CardDraftRecord
        query = select(row.__table__).where(row.language == language, row.state.in_(states))
        return [_draft(found) for found in await tx.connection.execute(query.order_by(row.slug))]

    async def begin(
        self, tx: Transaction, language: str, slug: str, *, text: str, base: str, by: int,
        at: datetime,
    ) -> None:  # fmt: skip
        """A draft by somebody. Raises DraftChanged when the card has one already."""
        values = {
            "language": language, "slug": slug, "state": DraftState.DRAFT.value, "text": text,
            "base": base, "version": 1, "writers": str(by), "changed_at": at, "note": "",
            "approved_by": None, "office": "",
        }  # fmt: skip
        new = await insert_or_ignore(tx, CardDraftRecord, values, ["language", "slug"])
        if new is None:
            raise DraftChanged(slug)

    async def write(
        self, tx: Transaction, draft: CardDraft, *, text: str, by: int, at: datetime,
        base: str | None = None,
    ) -> None:  # fmt: skip
        """Another text, begun from another `base` if one is given; it has to be handed in again.
        Raises DraftChanged."""
        writers = ",".join(map(str, [*(one for one in draft.writers if one != by), by]))
        await self._change(
            tx, draft, WRITTEN_ON, state=DraftState.DRAFT, text=text, writers=writers,
            changed_at=at, base=draft.base if base is None else base,
        )  # fmt: skip

    async def submit(self, tx: Transaction, draft: CardDraft) -> None:
        """Hand it in. Raises DraftChanged."""
        begun = {DraftState.DRAFT, DraftState.RETURNED}
        await self._change(tx, draft, begun, state=DraftState.SUBMITTED, note="")

    async def give_back(self, tx: Transaction, draft: CardDraft, *, note: str) -> None:
        """It cannot stay so; `note` says why. Raises DraftChanged."""
        seen = {DraftState.SUBMITTED, DraftState.APPROVED}
        await self._change(
            tx, draft, seen, state=DraftState.RETURNED, note=note, approved_by=None, office=""
        )

    async def approve(
        self, tx: Transaction, draft: CardDraft, *, by: int, office: str = ""
    ) -> CardDraft:
        """A second person wants it in the file; it, as it is then. Raises DraftChanged, also when
        they wrote in it."""
        if by in draft.writers:
            raise DraftChanged(draft.slug)
        await self._change(
            tx, draft, {DraftState.SUBMITTED}, state=DraftState.APPROVED, approved_by=by,
            office=office,
        )  # fmt: skip
        again = await self.get(tx, draft.language, draft.slug)
        assert again is not None  # noqa: S101 - it was changed in this transaction
        return again

    async def end(self, tx: Transaction, draft: CardDraft) -> bool:
        """It is dropped, or its text stands in the file. False: it had changed, or ended."""
        row = CardDraftRecord
        done = await tx.connection.execute(
            delete(row).where(row.id == draft.id, row.version == draft.version)
        )
        return bool(done.rowcount)

    async def _change(
        self, tx: Transaction, draft: CardDraft, states: Collection[DraftState], **values: Any
    ) -> None:
        row = CardDraftRecord
        done = await tx.connection.execute(
            update(row)
            .where(row.id == draft.id, row.version == draft.version, row.state.in_(states))
            .values(version=draft.version + 1, **values)
        )
        if not done.rowcount:
            raise DraftChanged(draft.slug)


def writers_of(kept: str) -> tuple[int, ...]:
    return tuple(int(number) for number in kept.split(",") if number)


def _draft(row: Any) -> CardDraft:
    values = {name: getattr(row, name) for name in CardDraft.__slots__}
    return CardDraft(
        **values | {"state": DraftState(row.state), "writers": writers_of(row.writers)}
    )
