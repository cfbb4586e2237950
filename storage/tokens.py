"""Tokens of accounts whose platform renews them: the pair that holds now, and what is being asked.

Whatever is secret comes in sealed and goes out sealed: this folder has no key. Each change names
the generation that it follows, so that whoever comes too late changes nothing; only a person's
consent follows whatever there is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    Text,
    UniqueConstraint,
    delete,
    select,
    true,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.people import Id
from storage.upsert import insert_or_ignore


class TokenRecord(Record):
    __tablename__ = "account_tokens"
    __table_args__ = (UniqueConstraint("account"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    generation: Mapped[int] = mapped_column(Integer)
    access: Mapped[str] = mapped_column(Text)
    access_until: Mapped[datetime | None] = mapped_column(Utc)
    refresh: Mapped[str] = mapped_column(Text)
    refresh_at: Mapped[datetime] = mapped_column(Utc)
    seed: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime | None] = mapped_column(Utc)
    lost_at: Mapped[datetime | None] = mapped_column(Utc)


class AwaitedConsentRecord(Record):
    __tablename__ = "awaited_consents"
    __table_args__ = (UniqueConstraint("account"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class KeptTokens:
    """An account's pair, sealed. `access` is empty before the first refresh.

    `refresh_at` is when the refresh token was got; `seed` tells from which configured one the row
    began. `asked_at`: a new pair was asked for then, and no outcome is noted. `lost_at`: since
    then the platform takes the refresh token no longer.
    """

    account: str
    generation: int
    access: str = field(repr=False)
    access_until: datetime | None
    refresh: str = field(repr=False)
    refresh_at: datetime
    seed: str
    asked_at: datetime | None
    lost_at: datetime | None


class TokenBook:
    """The book of tokens."""

    async def get(self, tx: Transaction, account: str) -> KeptTokens | None:
        """What is kept for an account."""
        found = await self._read(tx, TokenRecord.account == account)
        return found[0] if found else None

    async def all(self, tx: Transaction) -> list[KeptTokens]:
        """What is kept for every account, by name."""
        return await self._read(tx, true())

    async def begin(
        self,
        tx: Transaction,
        account: str,
        *,
        refresh: str,
        seed: str,
        at: datetime,
        instead_of: KeptTokens | None,
    ) -> None:
        """Begin with a refresh token that a person brought, unless somebody else was quicker."""
        values: dict[str, Any] = {
            "generation": instead_of.generation + 1 if instead_of else 0,
            "access": "",
            "access_until": None,
            "refresh": refresh,
            "refresh_at": at,
            "seed": seed,
            "asked_at": None,
            "lost_at": None,
        }
        if instead_of is None:
            await insert_or_ignore(tx, TokenRecord, {"account": account, **values}, ["account"])
        else:
            await self._change(tx, account, instead_of, **values)

    async def ask(self, tx: Transaction, account: str, kept: KeptTokens, *, at: datetime) -> bool:
        """A new pair is about to be asked for. False: what is kept is another by now."""
        return await self._change(tx, account, kept, asked_at=at)

    async def keep(
        self,
        tx: Transaction,
        account: str,
        kept: KeptTokens,
        *,
        access: str,
        access_until: datetime,
        refresh: str,
        at: datetime,
    ) -> bool:
        """The new pair came: it follows `kept`, even if that was given up as lost meanwhile."""
        return await self._change(
            tx,
            account,
            kept,
            generation=kept.generation + 1,
            access=access,
            access_until=access_until,
            refresh=refresh,
            refresh_at=at,
            asked_at=None,
            lost_at=None,
        )

    async def unasked(self, tx: Transaction, account: str, kept: KeptTokens) -> None:
        """It is certain that the platform gave nothing: the refresh token is as good as before."""
        await self._change(tx, account, kept, asked_at=None)

    async def lose(self, tx: Transaction, account: str, kept: KeptTokens, *, at: datetime) -> None:
        """The platform takes this refresh token no longer: a person has to consent anew."""
        await self._change(tx, account, kept, lost_at=at, asked_at=kept.asked_at)

    async def await_consent(self, tx: Transaction, account: str, *, until: datetime) -> None:
        """An operator expects a person's consent until then; what was expected before is over."""
        values = {"account": account, "until": until}
        await insert_or_ignore(tx, AwaitedConsentRecord, values, ["account"])
        await tx.connection.execute(
            update(AwaitedConsentRecord)
            .where(AwaitedConsentRecord.account == account)
            .values(until=until)
        )

    async def awaited_until(self, tx: Transaction, account: str) -> datetime | None:
        """Until when a consent is expected that has not come; it may be past."""
        found = await tx.connection.execute(
            select(AwaitedConsentRecord.until).where(AwaitedConsentRecord.account == account)
        )
        return found.scalar_one_or_none()

    async def consented(
        self,
        tx: Transaction,
        account: str,
        *,
        access: str,
        access_until: datetime,
        refresh: str,
        seed: str,
        at: datetime,
    ) -> None:
        """A pair came by a person's consent: it follows whatever was kept, and none is awaited.

        `seed` holds where nothing was kept: that configured token began nothing and need not.
        """
        values: dict[str, Any] = {
            "access": access,
            "access_until": access_until,
            "refresh": refresh,
            "refresh_at": at,
            "asked_at": None,
            "lost_at": None,
        }
        first = {"account": account, "generation": 0, "seed": seed, **values}
        if await insert_or_ignore(tx, TokenRecord, first, ["account"]) is None:
            await tx.connection.execute(
                update(TokenRecord)
                .where(TokenRecord.account == account)
                .values(generation=TokenRecord.generation + 1, **values)
            )
        await self._expect_none(tx, account)

    async def forget(self, tx: Transaction, account: str) -> None:
        """The account is removed: its tokens go with it."""
        await tx.connection.execute(delete(TokenRecord).where(TokenRecord.account == account))
        await self._expect_none(tx, account)

    async def _expect_none(self, tx: Transaction, account: str) -> None:
        await tx.connection.execute(
            delete(AwaitedConsentRecord).where(AwaitedConsentRecord.account == account)
        )

    async def _read(self, tx: Transaction, which: ColumnElement[bool]) -> list[KeptTokens]:
        columns = [getattr(TokenRecord, one.name) for one in fields(KeptTokens)]
        rows = await tx.connection.execute(
            select(*columns).where(which).order_by(TokenRecord.account)
        )
        return [KeptTokens(**row) for row in rows.mappings()]

    async def _change(
        self, tx: Transaction, account: str, kept: KeptTokens, **values: object
    ) -> bool:
        result = await tx.connection.execute(
            update(TokenRecord)
            .where(TokenRecord.account == account, TokenRecord.generation == kept.generation)
            .values(**values)
        )
        return bool(result.rowcount)
