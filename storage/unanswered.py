"""Unanswered: questions that the cards could not answer, kept without who asked them.

Only words that were redacted come in here; what a text still tells of a person is forgotten with
the messages (`privacy`). Which of them ask the same, and what becomes of them, staff decide.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Index, String, Text, func, insert, select, true, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.people import Id

NEWEST = 5_000
"""So many are looked at together; older ones come up when these are settled."""


class Doubt(StrEnum):
    """Why a question was not answered."""

    UNKNOWN = "unknown"  # no card answers it
    UNSURE = "unsure"  # several might, and the person was asked which


class UnansweredState(StrEnum):
    OPEN = "open"
    ADDED = "added"  # a phrase of a card now
    DISMISSED = "dismissed"


class UnansweredRecord(Record):
    __tablename__ = "unanswered"
    __table_args__ = (
        Index("ix_unanswered_state", "state", "id"),
        Index("ix_unanswered_asked", "asked_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    guess: Mapped[str] = mapped_column(String(64), default="")
    asked_at: Mapped[datetime] = mapped_column(Utc)
    state: Mapped[str] = mapped_column(String(16))
    settled_at: Mapped[datetime | None] = mapped_column(Utc)
    slug: Mapped[str] = mapped_column(String(64), default="")


class NotOpen(Exception):
    """Some of the questions were settled or forgotten meanwhile; none was changed."""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """`text` is redacted; `guess` is the slug of the likeliest card, or empty."""

    id: int
    text: str
    kind: Doubt
    guess: str
    asked_at: datetime
    unit: str = ""


class Unanswered:
    """The book of questions that wait for a better card, not for an answer."""

    async def note(
        self, tx: Transaction, *, unit: str, text: str, kind: Doubt, guess: str, at: datetime
    ) -> None:
        """Write a question down; `text` has to be redacted."""
        await tx.connection.execute(
            insert(UnansweredRecord).values(
                unit=unit,
                text=text,
                kind=kind.value,
                guess=guess,
                asked_at=at,
                state=UnansweredState.OPEN.value,
            )
        )

    async def open(
        self,
        tx: Transaction,
        *,
        units: Collection[str] | None = None,
        below: int | None = None,
        at_most: int = NEWEST,
    ) -> list[OpenQuestion]:
        """The open questions of these units (None: of all), the newest first; with `below`, those
        before the question of that number."""
        row = UnansweredRecord
        query = (
            select(row.id, row.text, row.kind, row.guess, row.asked_at, row.unit)
            .where(row.state == UnansweredState.OPEN, _of(units))
            .order_by(row.id.desc())
            .limit(at_most)
        )
        if below is not None:
            query = query.where(row.id < below)
        rows = await tx.connection.execute(query)
        return [
            OpenQuestion(r.id, r.text, Doubt(r.kind), r.guess, r.asked_at, r.unit) for r in rows
        ]

    async def settle(
        self,
        tx: Transaction,
        questions: Collection[int],
        *,
        units: Collection[str] | None = None,
        slug: str = "",
        at: datetime,
    ) -> None:
        """They became a phrase of the card `slug`, or without a card are set aside.

        Raises NotOpen when one of them is not open, or of none of these units (None: of any); the
        transaction must then be given up.
        """
        wanted = sorted(set(questions))
        state = UnansweredState.ADDED if slug else UnansweredState.DISMISSED
        changed = await tx.connection.execute(
            update(UnansweredRecord)
            .where(
                UnansweredRecord.id.in_(wanted),
                UnansweredRecord.state == UnansweredState.OPEN,
                _of(units),
            )
            .values(state=state.value, slug=slug, settled_at=at)
        )
        if not wanted or changed.rowcount != len(wanted):
            raise NotOpen(f"{changed.rowcount} of {len(wanted)} questions were open")

    async def count(self, tx: Transaction, *, units: Collection[str] | None = None) -> int:
        """How many of these units (None: of all) are open."""
        count = await tx.connection.execute(
            select(func.count()).where(UnansweredRecord.state == UnansweredState.OPEN, _of(units))
        )
        return int(count.scalar_one())


def _of(units: Collection[str] | None) -> ColumnElement[bool]:
    return true() if units is None else UnansweredRecord.unit.in_(units)
