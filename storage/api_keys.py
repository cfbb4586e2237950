"""Keys of the API: programs that read without a person at the console, each for a unit and in a
role. A key itself is never kept, only its hash, which its caller makes with a secret of its own.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, String, UniqueConstraint, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.officials import Role
from storage.people import Id

TOUCHED = timedelta(minutes=1)
"""So exactly is it known when a key was used last: reading does not write each time."""

LONGEST_NAME = 80


class ApiKeyRecord(Record):
    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_hash"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    unit: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    key_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Utc)
    last_used_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    removed_at: Mapped[datetime | None] = mapped_column(Utc, default=None)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`name` says which program has it; `unit` is a unit's code, empty for the whole installation.
    Times are in UTC."""

    id: int
    name: str
    unit: str
    role: Role
    created_at: datetime
    last_used_at: datetime | None
    removed_at: datetime | None


class ApiKeys:
    """The book of keys."""

    async def create(
        self,
        tx: Transaction,
        *,
        key_hash: str,
        name: str,
        unit: str,
        role: Role,
        at: datetime,
    ) -> int:
        """The number of the new key."""
        made = await tx.connection.execute(
            insert(ApiKeyRecord)
            .values(name=name, unit=unit, role=role.value, key_hash=key_hash, created_at=at)
            .returning(ApiKeyRecord.id)
        )
        return int(made.scalar_one())

    async def find(self, tx: Transaction, hashes: Collection[str]) -> ApiKey | None:
        """The key with one of these hashes, also one that was removed."""
        found = await tx.connection.execute(_keys().where(ApiKeyRecord.key_hash.in_(hashes)))
        row = found.first()
        return None if row is None else _key(row)

    async def all(self, tx: Transaction) -> list[ApiKey]:
        """Those that open something, the oldest first."""
        row = ApiKeyRecord
        found = await tx.connection.execute(
            _keys().where(row.removed_at.is_(None)).order_by(row.id)
        )
        return [_key(one) for one in found]

    async def touch(self, tx: Transaction, key: int, *, at: datetime) -> None:
        """It was used."""
        row = ApiKeyRecord
        await tx.connection.execute(update(row).where(row.id == key).values(last_used_at=at))

    async def remove(self, tx: Transaction, key: int, *, at: datetime) -> ApiKey | None:
        """It opens nothing from now on; None when there is no such key, or no more."""
        row = ApiKeyRecord
        found = (
            await tx.connection.execute(_keys().where(row.id == key, row.removed_at.is_(None)))
        ).one_or_none()
        if found is None:
            return None
        await tx.connection.execute(
            update(row).where(row.id == key, row.removed_at.is_(None)).values(removed_at=at)
        )
        return _key(found)


def _keys() -> Select[Any]:
    table = ApiKeyRecord.__table__
    return select(*(column for column in table.c if column.name != "key_hash"))


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        row.id, row.name, row.unit, Role(row.role), row.created_at, row.last_used_at,
        row.removed_at,
    )  # fmt: skip
