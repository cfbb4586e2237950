"""Sessions of staff at the console: begun by signing in, listed, ended, and over by themselves.

The browser holds a random token; here stands its keyed hash alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    and_,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Database, Record, Transaction, Utc
from storage.people import Id

LONGEST_BROWSER = 60
TOUCHED = timedelta(minutes=1)
"""When somebody was last there is noted no more often."""


class StaffSessionRecord(Record):
    __tablename__ = "staff_sessions"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_staff_sessions_account", "account_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id, ForeignKey("staff_accounts.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(LONGEST_BROWSER))
    began_at: Mapped[datetime] = mapped_column(Utc)
    seen_at: Mapped[datetime] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc, default=None)


@dataclass(frozen=True, slots=True)
class StaffSession:
    """`browser` is a few words on what they use. Times are UTC."""

    id: int
    account: int
    browser: str
    began_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long a session lasts: from its beginning, and with nobody there."""

    whole: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(hours=2)


class StaffSessions:
    """The book of sessions."""

    def __init__(self, lasting: Lasting) -> None:
        self._lasting = lasting

    async def begin(
        self, tx: Transaction, *, account: int, token_hash: str, browser: str, at: datetime
    ) -> int:
        """A new one; its number."""
        row = StaffSessionRecord
        made = await tx.connection.execute(
            insert(row)
            .values(
                account_id=account,
                token_hash=token_hash,
                browser=browser[:LONGEST_BROWSER],
                began_at=at,
                seen_at=at,
            )
            .returning(row.id)
        )
        return int(made.scalar_one())

    async def find(
        self, tx: Transaction, hashes: Collection[str], *, at: datetime
    ) -> StaffSession | None:
        """The session of a token that serves still; `hashes` are made with each of our keys."""
        found = await tx.connection.execute(
            _sessions().where(StaffSessionRecord.token_hash.in_(hashes), self._serves(at))
        )
        row = found.first()
        return None if row is None else StaffSession(*row)

    async def touch(self, tx: Transaction, session: int, *, at: datetime) -> None:
        """Somebody is there."""
        row = StaffSessionRecord
        await tx.connection.execute(update(row).where(row.id == session).values(seen_at=at))

    async def of(self, tx: Transaction, account: int, *, at: datetime) -> list[StaffSession]:
        """Those of an account that serve, the last used first."""
        row = StaffSessionRecord
        rows = await tx.connection.execute(
            _sessions()
            .where(row.account_id == account, self._serves(at))
            .order_by(row.seen_at.desc(), row.id.desc())
        )
        return [StaffSession(*found) for found in rows]

    async def serving(
        self, tx: Transaction, sessions: Collection[int], *, at: datetime
    ) -> set[int]:
        """Those of these that serve still."""
        row = StaffSessionRecord
        rows = await tx.connection.execute(
            select(row.id).where(row.id.in_(sessions), self._serves(at))
        )
        return set(rows.scalars())

    async def end(self, tx: Transaction, session: int, *, account: int, at: datetime) -> bool:
        """It serves no more; False: it is not this account's, or was over."""
        row = StaffSessionRecord
        ended = await tx.connection.execute(
            update(row)
            .where(row.id == session, row.account_id == account, row.ended_at.is_(None))
            .values(ended_at=at)
        )
        return bool(ended.rowcount)

    async def end_all(
        self, tx: Transaction, account: int, *, at: datetime, but: int | None = None
    ) -> int:
        """None of an account's serves any more, but perhaps one; how many there were."""
        row = StaffSessionRecord
        query = update(row).where(row.account_id == account, row.ended_at.is_(None))
        if but is not None:
            query = query.where(row.id != but)
        return (await tx.connection.execute(query.values(ended_at=at))).rowcount

    def _serves(self, at: datetime) -> ColumnElement[bool]:
        row = StaffSessionRecord
        return and_(
            row.ended_at.is_(None),
            row.began_at > at - self._lasting.whole,
            row.seen_at > at - self._lasting.idle,
        )


async def forget_sessions(database: Database, *, before: datetime) -> int:
    """Delete what began before that time (UTC) and so serves no more."""
    async with database.begin() as tx:
        row = StaffSessionRecord
        return (await tx.connection.execute(delete(row).where(row.began_at < before))).rowcount


def _sessions() -> Select[int, int, str, datetime, datetime]:
    row = StaffSessionRecord
    return select(row.id, row.account_id, row.browser, row.began_at, row.seen_at)
