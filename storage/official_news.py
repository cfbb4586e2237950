"""What officials are told when their quiet hours end: one row a thing, until it is told.

It is not in the outbox, whose rows go out in order: there it would hold up the answers to an
official who works at night.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.case_records import Case, CaseRecord, as_case, cases
from storage.database import Record, Transaction, Utc
from storage.people import Id


class OfficialNewsRecord(Record):
    __tablename__ = "official_news"
    __table_args__ = (
        Index("ix_official_news_due", "official_id", "due_at"),
        Index("ix_official_news_case", "case_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    official_id: Mapped[int] = mapped_column(Id, ForeignKey("officials.id", ondelete="CASCADE"))
    case_id: Mapped[int] = mapped_column(Id, ForeignKey("cases.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class News:
    """What happened to a case, which is as it is now."""

    what: str
    case: Case


class OfficialNews:
    """The book of what waits for the morning. Times are in UTC."""

    async def hold(
        self, tx: Transaction, *, official: int, case: int, what: str, until: datetime
    ) -> None:
        await tx.connection.execute(
            insert(OfficialNewsRecord).values(
                official_id=official, case_id=case, what=what, due_at=until
            )
        )

    async def due(self, tx: Transaction, *, at: datetime) -> list[int]:
        """The officials for whom something is due."""
        row = OfficialNewsRecord
        found = await tx.connection.execute(
            select(row.official_id).where(row.due_at <= at).distinct().order_by(row.official_id)
        )
        return list(found.scalars())

    async def take(self, tx: Transaction, official: int, *, at: datetime) -> list[News]:
        """What is due for one of them, in the order in which it happened; it is theirs who took it:
        another clock gets nothing."""
        row = OfficialNewsRecord
        taken = await tx.connection.execute(
            delete(row)
            .where(row.official_id == official, row.due_at <= at)
            .returning(row.id, row.case_id, row.what)
        )
        told = sorted((row.id, row.case_id, row.what) for row in taken)
        found = await tx.connection.execute(cases(CaseRecord.id.in_({case for _, case, _ in told})))
        by_number = {row.id: as_case(row) for row in found}
        return [News(what, by_number[case]) for _, case, what in told if case in by_number]
