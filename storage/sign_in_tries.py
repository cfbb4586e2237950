"""Tries to sign in that failed: after some of them the next one has to wait, never for long.

What is counted (a name, a browser that is known, an address) is known by a keyed hash alone. The
count stands in the database, so that several web processes count together.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Integer, String, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Database, Record, Transaction, Utc
from storage.people import Id
from storage.upsert import insert_or_ignore

FORGOTTEN = timedelta(hours=1)
"""So long after the last try all are forgotten."""

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)


class SignInTryRecord(Record):
    __tablename__ = "sign_in_tries"
    __table_args__ = (UniqueConstraint("mark"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    mark: Mapped[str] = mapped_column(String(64))
    count: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(Utc)


def wait_after(count: int, free: int) -> timedelta:
    """How long after the last try the next one has to wait, when there were so many."""
    if count < free:
        return timedelta(0)
    doubled: timedelta = FIRST_WAIT * 2 ** min(count - free, 10)
    return min(doubled, LONGEST_WAIT)


class SignInTries:
    """The book of tries."""

    async def take(self, tx: Transaction, mark: str, *, free: int, at: datetime) -> timedelta:
        """Count a try before it is made, so that those made at once count too; or the time that it
        has to wait, and then it counts for nothing."""
        row = SignInTryRecord
        start = {"mark": mark, "count": 0, "last_at": at}
        await insert_or_ignore(tx, row, start, ["mark"])
        found = await tx.connection.execute(
            select(row.count, row.last_at).where(row.mark == mark).with_for_update()
        )
        count, last_at = found.one()
        if at - last_at > FORGOTTEN:
            count = 0
        left: timedelta = last_at + wait_after(count, free) - at
        if count >= free and left > timedelta(0):
            return left
        await tx.connection.execute(
            update(row).where(row.mark == mark).values(count=count + 1, last_at=at)
        )
        return timedelta(0)

    async def undo(self, tx: Transaction, mark: str) -> None:
        """It went well: this one does not count."""
        row = SignInTryRecord
        await tx.connection.execute(
            update(row).where(row.mark == mark, row.count > 0).values(count=row.count - 1)
        )

    async def forget(self, tx: Transaction, mark: str) -> None:
        """It went well: nothing counts any more."""
        await tx.connection.execute(delete(SignInTryRecord).where(SignInTryRecord.mark == mark))


async def forget_tries(database: Database, *, now: datetime) -> int:
    """Delete those that count no longer (UTC)."""
    async with database.begin() as tx:
        row = SignInTryRecord
        old = delete(row).where(row.last_at < now - FORGOTTEN)
        return (await tx.connection.execute(old)).rowcount
