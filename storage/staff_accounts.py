"""Staff accounts: the name and password with which an official works at the console.

Who they are, for which unit and in which role, `officials` says: whoever is removed there, by the
console or a command, can do nothing more at the console either.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ForeignKey,
    Integer,
    Row,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    insert,
    select,
    true,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.officials import Official, OfficialRecord, Officials, Role
from storage.people import Id

LONGEST_LOGIN = 40


class StaffAccountRecord(Record):
    __tablename__ = "staff_accounts"
    __table_args__ = (UniqueConstraint("official_id"), UniqueConstraint("login"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    official_id: Mapped[int] = mapped_column(Id, ForeignKey("officials.id"))
    login: Mapped[str] = mapped_column(String(LONGEST_LOGIN))
    password: Mapped[str] = mapped_column(String(255))
    totp: Mapped[str] = mapped_column(Text, default="", server_default="")
    totp_step: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    shortcuts: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """`password` is its hash; `totp` the sealed secret of the second step, or empty; `shortcuts`
    whether single keys do something."""

    id: int
    login: str
    password: str
    totp: str
    official: Official
    shortcuts: bool = True


class LoginTaken(Exception):
    """Somebody has this name, or had it."""


class LastAdministrator(Exception):
    """Nobody could invite anybody any more: another one has to be made first."""


class StaffAccounts:
    """The book of those who work at the console."""

    async def create(
        self,
        tx: Transaction,
        *,
        login: str,
        password: str,
        name: str,
        unit: str,
        role: Role,
        at: datetime,
    ) -> StaffAccount:
        """An official with an account; `password` is a hash. Raises LoginTaken."""
        row = StaffAccountRecord
        known = await tx.connection.execute(select(row.id).where(row.login == login.casefold()))
        if known.first() is not None:
            raise LoginTaken(login)
        official = await Officials().hire(tx, name=name, unit=unit, role=role, at=at)
        made = await tx.connection.execute(
            insert(row)
            .values(
                official_id=official.id,
                login=login.casefold(),
                password=password,
                totp="",
                totp_step=0,
                created_at=at,
            )
            .returning(row.id)
        )
        return StaffAccount(made.scalar_one(), login.casefold(), password, "", official)

    async def by_login(self, tx: Transaction, login: str) -> StaffAccount | None:
        """Whoever signs in with that name now, whatever its letter case."""
        return await self._one(tx, StaffAccountRecord.login == login.casefold())

    async def get(self, tx: Transaction, account: int) -> StaffAccount | None:
        """None when they were removed."""
        return await self._one(tx, StaffAccountRecord.id == account)

    async def several(self, tx: Transaction, accounts: Collection[int]) -> dict[int, StaffAccount]:
        """Those of these that were not removed, by number."""
        rows = await tx.connection.execute(_accounts(StaffAccountRecord.id.in_(accounts)))
        return {found.id: _account(found) for found in rows}

    async def set_shortcuts(self, tx: Transaction, account: int, *, on: bool) -> None:
        row = StaffAccountRecord
        await tx.connection.execute(update(row).where(row.id == account).values(shortcuts=on))

    async def of_official(self, tx: Transaction, official: int) -> StaffAccount | None:
        return await self._one(tx, StaffAccountRecord.official_id == official)

    async def all(
        self, tx: Transaction, *, units: Collection[str] | None = None
    ) -> list[StaffAccount]:
        """Those who may sign in now, of these units or of all, by name."""
        query = _accounts().order_by(OfficialRecord.name, StaffAccountRecord.id)
        if units is not None:
            query = query.where(OfficialRecord.unit.in_(units))
        return [_account(found) for found in await tx.connection.execute(query)]

    async def names(
        self, tx: Transaction, *, units: Collection[str] | None = None
    ) -> list[tuple[int, str]]:
        """Numbers of officials and how they are called, those who were removed too, by name."""
        row = OfficialRecord
        query = (
            select(row.id, row.name)
            .join(StaffAccountRecord, StaffAccountRecord.official_id == row.id)
            .order_by(row.name, row.id)
        )
        if units is not None:
            query = query.where(row.unit.in_(units))
        return [(found.id, found.name) for found in await tx.connection.execute(query)]

    async def lacks_administrator(self, tx: Transaction) -> bool:
        """Whether nobody can sign in who administers the whole installation."""
        found = await tx.connection.execute(_accounts(_administers()).limit(1))
        return found.first() is None

    async def set_password(self, tx: Transaction, account: int, password: str) -> None:
        """`password` is a hash."""
        row = StaffAccountRecord
        await tx.connection.execute(update(row).where(row.id == account).values(password=password))

    async def begin_totp(self, tx: Transaction, account: int, sealed: str) -> bool:
        """Ask for a second step from now on; False: one is asked for already."""
        row = StaffAccountRecord
        begun = await tx.connection.execute(
            update(row).where(row.id == account, row.totp == "").values(totp=sealed, totp_step=0)
        )
        return bool(begun.rowcount)

    async def end_totp(self, tx: Transaction, account: int) -> None:
        """Ask for no second step any more."""
        row = StaffAccountRecord
        await tx.connection.execute(
            update(row).where(row.id == account).values(totp="", totp_step=0)
        )

    async def use_step(self, tx: Transaction, account: int, step: int) -> bool:
        """A code of that half minute is used up; False: it, or a later one, was already."""
        row = StaffAccountRecord
        used = await tx.connection.execute(
            update(row).where(row.id == account, row.totp_step < step).values(totp_step=step)
        )
        return bool(used.rowcount)

    async def change(
        self, tx: Transaction, account: StaffAccount, *, unit: str, role: Role
    ) -> None:
        """Another unit or role from now on. Raises LastAdministrator."""
        if role is not Role.ADMINISTRATOR or unit:
            await self._keep_one(tx, account)
        row = OfficialRecord
        await tx.connection.execute(
            update(row)
            .where(row.id == account.official.id, row.removed_at.is_(None))
            .values(unit=unit, role=role.value)
        )

    async def remove(self, tx: Transaction, account: StaffAccount, *, at: datetime) -> None:
        """They may do nothing more. Raises LastAdministrator."""
        await self._keep_one(tx, account)
        await Officials().remove(tx, account.official.id, at=at)

    async def _keep_one(self, tx: Transaction, leaving: StaffAccount) -> None:
        """Two who leave at once wait for each other. Raises LastAdministrator."""
        rows = await tx.connection.execute(
            select(StaffAccountRecord.id, OfficialRecord.id)
            .join(OfficialRecord, OfficialRecord.id == StaffAccountRecord.official_id)
            .where(_administers(), OfficialRecord.removed_at.is_(None))
            .order_by(OfficialRecord.id)
            .with_for_update()
        )
        if {account for account, _ in rows} == {leaving.id}:
            raise LastAdministrator

    async def _one(self, tx: Transaction, which: ColumnElement[bool]) -> StaffAccount | None:
        found = (await tx.connection.execute(_accounts(which))).one_or_none()
        return None if found is None else _account(found)


def _accounts(
    *which: ColumnElement[bool],
) -> Select[int, str, str, str, int, str, str, str, int | None, bool]:
    row, official = StaffAccountRecord, OfficialRecord
    return (
        select(
            row.id, row.login, row.password, row.totp, official.id.label("number"),
            official.name, official.unit, official.role, official.conversation_id, row.shortcuts,
        )
        .join(official, official.id == row.official_id)
        .where(official.removed_at.is_(None), *which)
    )  # fmt: skip


def _account(found: Row[*tuple[Any, ...]]) -> StaffAccount:
    f = found
    official = Official(f.number, f.name, f.unit, Role(f.role), f.conversation_id)
    return StaffAccount(f.id, f.login, f.password, f.totp, official, f.shortcuts)


def _administers() -> ColumnElement[bool]:
    official = OfficialRecord
    return and_(official.role == Role.ADMINISTRATOR.value, official.unit == "")
