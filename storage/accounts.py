"""Accounts that were added while the program runs: one of our names on one platform.

What an account needs to speak to its platform comes in sealed and goes out sealed: this folder has
no key. Accounts of the settings file are not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.people import Id
from storage.upsert import insert_or_ignore


class AccountRecord(Record):
    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    platform: Mapped[str] = mapped_column(String(32))
    unit: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(Utc)
    added_by: Mapped[str] = mapped_column(String(128))
    title: Mapped[str] = mapped_column(String(80), default="", server_default="")
    changed_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    changed_by: Mapped[str] = mapped_column(String(128), default="", server_default="")


@dataclass(frozen=True, slots=True)
class KeptAccount:
    """`sealed` holds all its settings: changed, or added anew under the same name, it is another
    text. `title` is the name that people are shown, or empty. `changed_at`: of the last change."""

    id: int
    name: str
    platform: str
    unit: str
    sealed: str = field(repr=False)
    added_at: datetime
    added_by: str
    title: str = ""
    changed_at: datetime | None = None
    changed_by: str = ""


class AccountTaken(Exception):
    """There is an account of this name."""


class NoAccount(Exception):
    """There is no account of this name."""


class AccountBook:
    """The book of accounts."""

    async def all(self, tx: Transaction) -> Sequence[KeptAccount]:
        """Every account, by name."""
        table = AccountRecord.__table__
        rows = await tx.connection.execute(select(table).order_by(table.c.name))
        return [KeptAccount(**row) for row in rows.mappings()]

    async def add(
        self,
        tx: Transaction,
        *,
        name: str,
        platform: str,
        unit: str,
        sealed: str,
        at: datetime,
        by: str,
        title: str = "",
    ) -> None:
        """Note a new account. Raises AccountTaken."""
        values = {
            "name": name,
            "platform": platform,
            "unit": unit,
            "sealed": sealed,
            "added_at": at,
            "added_by": by,
            "title": title,
            "changed_by": "",
        }
        if await insert_or_ignore(tx, AccountRecord, values, ["name"]) is None:
            raise AccountTaken(name)

    async def change(
        self,
        tx: Transaction,
        kept: KeptAccount,
        *,
        unit: str,
        sealed: str,
        title: str,
        at: datetime,
        by: str,
    ) -> bool:
        """Keep other settings instead of those. False: they are others, or gone, by now."""
        changed = await tx.connection.execute(
            update(AccountRecord)
            .where(AccountRecord.id == kept.id, AccountRecord.sealed == kept.sealed)
            .values(unit=unit, sealed=sealed, title=title, changed_at=at, changed_by=by)
        )
        return bool(changed.rowcount)

    async def remove(self, tx: Transaction, name: str) -> None:
        """Forget an account with its secrets; its conversations stay. Raises NoAccount."""
        gone = await tx.connection.execute(delete(AccountRecord).where(AccountRecord.name == name))
        if not gone.rowcount:
            raise NoAccount(name)
