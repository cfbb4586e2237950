"""Unanswered: questions that the cards could not answer, kept without who asked them.

Only words that were redacted come in here; what a text still tells of a person is forgotten with
the messages (`privacy`). Which of them ask the same, and what becomes of them, staff decide. Where
an official was asked as well, the question names that case until it is settled or forgotten.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.case_groups import CaseGroupRecord
from storage.case_records import ASKED, Case, CaseKind, CaseRecord, as_case, cases
from storage.database import Record, Transaction, Utc
from storage.people import Id

NEWEST = 5_000
"""So many are looked at together; older ones come up when these are settled."""

REMEMBERED = timedelta(days=7)
"""So long after a question was noted an official can be asked it, and the two be one."""


class Doubt(StrEnum):
    """Why a question was not answered."""

    UNKNOWN = "unknown"  # no card answers it
    UNSURE = "unsure"  # several might, and the person was asked which
    WRONG = "wrong"  # a card did, and the person said that this was not what they asked


class UnansweredState(StrEnum):
    OPEN = "open"
    ADDED = "added"  # a phrase of a card now
    DISMISSED = "dismissed"
    ANSWERED = "answered"  # once, to everybody who waited for an official


class UnansweredRecord(Record):
    __tablename__ = "unanswered"
    __table_args__ = (
        Index("ix_unanswered_state", "state", "id"),
        Index("ix_unanswered_asked", "asked_at"),
        Index("ix_unanswered_case", "case_id"),
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
    case_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("cases.id", ondelete="SET NULL"), default=None
    )


class NotOpen(Exception):
    """Some of the questions were settled or forgotten meanwhile; none was changed."""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """`text` is redacted; `guess` is the slug of the likeliest card, of the one that answered
    wrongly, or empty."""

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

    async def take_back(self, tx: Transaction, *, unit: str, text: str, kind: Doubt) -> None:
        """The newest open question of these words and kind was none, unless it was passed on."""
        row = UnansweredRecord
        newest = (
            select(row.id)
            .where(
                row.state == UnansweredState.OPEN,
                row.unit == unit,
                row.text == text,
                row.kind == kind,
                row.case_id.is_(None),
            )
            .order_by(row.id.desc())
            .limit(1)
        )
        await tx.connection.execute(delete(row).where(row.id == newest.scalar_subquery()))

    async def pass_on(
        self, tx: Transaction, *, unit: str, text: str, case: int, at: datetime
    ) -> None:
        """Somebody asked an official this as well (redacted), and waits for the answer in that
        case: the newest open question of these words is theirs. One that was not noted stays so."""
        row = UnansweredRecord
        newest = (
            select(row.id)
            .where(
                row.asked_at > at - REMEMBERED,
                row.state == UnansweredState.OPEN,
                row.unit == unit,
                row.text == text,
                row.case_id.is_(None),
            )
            .order_by(row.asked_at.desc(), row.id.desc())
            .limit(1)
        )
        await tx.connection.execute(
            update(row).where(row.id == newest.scalar_subquery()).values(case_id=case)
        )

    async def asked_of_officials(
        self, tx: Transaction, questions: Collection[int], *, units: Collection[str] | None = None
    ) -> dict[int, Case]:
        """By question, if it is open and of these units (None: of any): the case in which somebody
        waits for its answer. What is held back is not among them, nor what was answered with a
        group before and opened again: that is a talk of its own."""
        row, case = UnansweredRecord, CaseRecord
        unanswered = select(CaseGroupRecord.id).where(CaseGroupRecord.published_at.is_(None))
        found = await tx.connection.execute(
            cases(
                row.id.in_(questions),
                row.state == UnansweredState.OPEN,
                _of(units),
                case.kind == CaseKind.QUESTION,
                case.state.in_(ASKED),
                case.quarantine == "",
                or_(case.group_id.is_(None), case.group_id.in_(unanswered)),
            )
            .add_columns(row.id.label("question"))
            .join(row, row.case_id == case.id)
            .order_by(case.id)
        )
        return {one.question: as_case(one) for one in found}

    async def open(
        self,
        tx: Transaction,
        *,
        units: Collection[str] | None = None,
        below: int | None = None,
        among: Collection[int] | None = None,
        at_most: int = NEWEST,
    ) -> list[OpenQuestion]:
        """The open questions of these units (None: of all), the newest first; with `below`, those
        before the question of that number; with `among`, of these numbers alone."""
        row = UnansweredRecord
        query = (
            select(row.id, row.text, row.kind, row.guess, row.asked_at, row.unit)
            .where(row.state == UnansweredState.OPEN, _of(units))
            .order_by(row.id.desc())
            .limit(at_most)
        )
        if below is not None:
            query = query.where(row.id < below)
        if among is not None:
            query = query.where(row.id.in_(among))
        rows = await tx.connection.execute(query)
        return [
            OpenQuestion(r.id, r.text, Doubt(r.kind), r.guess, r.asked_at, r.unit) for r in rows
        ]

    async def numbers(
        self, tx: Transaction, *, units: Collection[str] | None = None, at_most: int = NEWEST
    ) -> list[int]:
        """Of the open questions of these units (None: of all), the newest first."""
        row = UnansweredRecord
        query = select(row.id).where(row.state == UnansweredState.OPEN, _of(units))
        found = await tx.connection.execute(query.order_by(row.id.desc()).limit(at_most))
        return list(found.scalars())

    async def settle(
        self,
        tx: Transaction,
        questions: Collection[int],
        *,
        units: Collection[str] | None = None,
        slug: str = "",
        answered: bool = False,
        at: datetime,
    ) -> None:
        """They became a phrase of the card `slug`, were `answered`, or else are set aside; with no
        case any more.

        Raises NotOpen when one of them is not open, or of none of these units (None: of any); the
        transaction must then be given up.
        """
        wanted = sorted(set(questions))
        state = UnansweredState.ADDED if slug else UnansweredState.DISMISSED
        if answered:
            state = UnansweredState.ANSWERED
        changed = await tx.connection.execute(
            update(UnansweredRecord)
            .where(
                UnansweredRecord.id.in_(wanted),
                UnansweredRecord.state == UnansweredState.OPEN,
                _of(units),
            )
            .values(state=state.value, slug=slug, settled_at=at, case_id=None)
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
