"""Who has a case open at the console just now, so that two do not answer it unknowingly.

It is no history: a row tells of the last minute alone, and is deleted soon after.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Database, Record, Transaction, Utc
from storage.officials import OfficialRecord
from storage.people import Id

HERE = timedelta(seconds=60)
"""So long somebody counts as there after they were last seen."""

CHUNK = 500


class CasePresenceRecord(Record):
    __tablename__ = "case_presence"
    __table_args__ = (
        UniqueConstraint("case_id", "official_id"),
        Index("ix_case_presence_seen", "seen_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(Id, ForeignKey("cases.id", ondelete="CASCADE"))
    official_id: Mapped[int] = mapped_column(Id, ForeignKey("officials.id", ondelete="CASCADE"))
    seen_at: Mapped[datetime] = mapped_column(Utc)


class CasePresence:
    """The book of who is at which case."""

    async def seen(self, tx: Transaction, who: Iterable[tuple[int, int]], *, at: datetime) -> None:
        """They have these cases open: pairs of a case's and an official's number."""
        rows = [
            {"case_id": case, "official_id": official, "seen_at": at}
            for case, official in sorted(set(who))  # in one order, or two writers could wait for
        ]  # each other
        if not rows:
            return
        upsert = (postgresql.insert if tx.on_postgresql else sqlite.insert)(CasePresenceRecord)
        await tx.connection.execute(
            upsert.values(rows).on_conflict_do_update(
                index_elements=["case_id", "official_id"],
                set_={"seen_at": upsert.excluded.seen_at},
            )
        )

    async def left(self, tx: Transaction, case: int, official: int) -> None:
        """They closed it."""
        row = CasePresenceRecord
        await tx.connection.execute(
            delete(row).where(row.case_id == case, row.official_id == official)
        )

    async def at(
        self, tx: Transaction, cases: Collection[int], *, now: datetime
    ) -> dict[int, dict[int, str]]:
        """Who is there at `now` (UTC), by case: officials' numbers and names, by name."""
        row, official = CasePresenceRecord, OfficialRecord
        rows = await tx.connection.execute(
            select(row.case_id, official.id, official.name)
            .join(official, official.id == row.official_id)
            .where(row.case_id.in_(cases), row.seen_at > now - HERE, official.removed_at.is_(None))
            .order_by(official.name, official.id)
        )
        found: dict[int, dict[int, str]] = {}
        for case, number, name in rows:
            found.setdefault(case, {})[number] = name
        return found


async def forget_presence(database: Database, *, now: datetime) -> int:
    """Delete what tells of no time that counts at `now` (UTC); how many rows. What somebody else
    is changing or deleting just now stays theirs."""
    row = CasePresenceRecord
    old = (
        select(row.id).where(row.seen_at <= now - HERE).limit(CHUNK)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    async with database.begin() as tx:
        return (await tx.connection.execute(delete(row).where(row.id.in_(old)))).rowcount
