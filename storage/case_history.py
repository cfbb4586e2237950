"""The history of each case: what happened, when and by whom. It is only ever added to.

It holds nobody's words, so that a villager's words can be forgotten while the history stays. The
database itself refuses to change an entry, or to delete one while its case is there (migrations).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.people import Id


class Happened(StrEnum):
    """What happened to a case."""

    RECEIVED = "received"
    ASSIGNED = "assigned"  # detail: the official's number
    ANSWERED = "answered"  # detail: "voice" if it was spoken
    ASKED_BACK = "asked_back"  # detail: the same
    ADDED = "added"  # the villager said more
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    RATED = "rated"  # detail: as in "understood=yes, satisfied=no"
    NOTED = "noted"  # a note among officials
    REMINDED = (
        "reminded"  # detail: "soon", "late", "chair", "held", "told" (the villager) or "asked"
    )
    SHOWN = "shown"  # somebody looked at what is masked; detail: why
    FILES_SHOWN = "files_shown"  # somebody looked at photos or heard voices; detail: their numbers
    QUARANTINED = "quarantined"  # detail: the rule
    RELEASED = "released"
    GROUPED = "grouped"  # detail: the group's number
    FORGOTTEN = "forgotten"  # the words and files were deleted
    MOVED = "moved"  # another unit sees to it; detail: the unit's code
    KEPT = "kept"  # somebody looked at what is held back, and it stays so; detail: why
    FILE_REFUSED = "file_refused"  # detail: why


CONSOLE = 0
"""Stands in the place of an official's number in old entries, from when a key of the installation
opened the console: who held it is not known, and no official has this number."""


UNDERWAY = timedelta(seconds=20)
"""So long a transaction may take: a number that is missing before an older entry comes no more."""

LOOKED_BACK = 200


class CaseEventRecord(Record):
    __tablename__ = "case_events"
    __table_args__ = (Index("ix_case_events_case", "case_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(Id, ForeignKey("cases.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Utc)
    what: Mapped[str] = mapped_column(String(16))
    by: Mapped[int | None] = mapped_column(Id, default=None)
    detail: Mapped[str] = mapped_column(String(200), default="")


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """`by` is an official's number, or CONSOLE; None is the villager or the program itself."""

    at: datetime
    what: Happened
    by: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of any case, by its number."""

    id: int
    case: int
    what: Happened
    by: int | None


class History:
    """The book of what happened to cases."""

    async def note(
        self,
        tx: Transaction,
        case: int,
        what: Happened,
        *,
        at: datetime,
        by: int | None = None,
        detail: str = "",
    ) -> None:
        await tx.connection.execute(
            insert(CaseEventRecord).values(
                case_id=case, at=at, what=what.value, by=by, detail=detail[:200]
            )
        )

    async def of(self, tx: Transaction, case: int) -> list[CaseEvent]:
        """All that happened to a case, the first first."""
        row = CaseEventRecord
        rows = await tx.connection.execute(
            select(row.at, row.what, row.by, row.detail).where(row.case_id == case).order_by(row.id)
        )
        return [CaseEvent(r.at, Happened(r.what), r.by, r.detail) for r in rows]

    async def mark(self, tx: Transaction, *, now: datetime) -> int:
        """The number of the entry after which all is news: nothing comes below it any more."""
        row = CaseEventRecord
        rows = await tx.connection.execute(
            select(row.id, row.at).order_by(row.id.desc()).limit(LOOKED_BACK)
        )
        return settled([(found.id, found.at) for found in rows][::-1], now=now)

    async def since(
        self, tx: Transaction, mark: int, *, case: int | None = None, at_most: int
    ) -> list[Step]:
        """What came after that entry, of all cases or of one, the first first."""
        row = CaseEventRecord
        query = select(row.id, row.case_id, row.what, row.by).where(row.id > mark)
        if case is not None:
            query = query.where(row.case_id == case)
        rows = await tx.connection.execute(query.order_by(row.id).limit(at_most))
        return [Step(f.id, f.case_id, Happened(f.what), f.by) for f in rows]


def settled(entries: Sequence[tuple[int, datetime]], *, now: datetime) -> int:
    """The last of these (numbers and times, ascending) below which none is missing that may still
    come. PostgreSQL hands numbers out before a commit, so one can be seen after a higher one."""
    mark = entries[0][0] if entries else 0
    for number, at in entries:
        if number > mark + 1 and at > now - UNDERWAY:
            break
        mark = number
    return mark
