"""Invitations to the console: a code, good once and for some days, that lets somebody choose a name
and a password; or a new password, for an account that there is.

Only the code's hash is kept: it has 256 random bits, so a plain hash cannot be turned back.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    ForeignKey,
    Row,
    String,
    UniqueConstraint,
    and_,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.officials import Role
from storage.people import Id

LASTS = timedelta(days=7)


class StaffInvitationRecord(Record):
    __tablename__ = "staff_invitations"
    __table_args__ = (UniqueConstraint("code_hash"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80))
    unit: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("staff_accounts.id", ondelete="CASCADE"), default=None
    )
    first: Mapped[bool] = mapped_column(Boolean, default=False)
    given_by: Mapped[int | None] = mapped_column(BigInteger, default=None)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    used_at: Mapped[datetime | None] = mapped_column(Utc, default=None)


@dataclass(frozen=True, slots=True)
class StaffInvitation:
    """What a code makes of somebody. `account` is theirs already, and gets a new password;
    `first` is for the first administrator, as long as there is none; `given_by` is the official who
    gave it, None for a command."""

    name: str
    unit: str
    role: Role
    account: int | None
    first: bool
    given_by: int | None


class StaffInvitations:
    """The book of invitations to the console."""

    async def invite(
        self,
        tx: Transaction,
        code: str,
        *,
        name: str,
        unit: str,
        role: Role,
        at: datetime,
        account: int | None = None,
        first: bool = False,
        by: int | None = None,
    ) -> None:
        """Open a code. What was open for the same account before opens nothing any more."""
        row = StaffInvitationRecord
        if account is not None:
            await self.close(tx, account, at=at)
        await tx.connection.execute(
            insert(row).values(
                code_hash=_hash(code),
                name=name,
                unit=unit,
                role=role.value,
                account_id=account,
                first=first,
                given_by=by,
                expires_at=at + LASTS,
            )
        )

    async def close(self, tx: Transaction, account: int, *, at: datetime) -> None:
        """No code gives this account a new password any more."""
        row = StaffInvitationRecord
        await tx.connection.execute(
            update(row).where(row.account_id == account, row.used_at.is_(None)).values(used_at=at)
        )

    async def find(self, tx: Transaction, code: str, *, at: datetime) -> StaffInvitation | None:
        """What a code would do; None: it opens nothing."""
        found = await tx.connection.execute(select(*_TOLD).where(_good(code, at)))
        return _invitation(found.one_or_none())

    async def use(self, tx: Transaction, code: str, *, at: datetime) -> StaffInvitation | None:
        """The same, and it is used up; with one for a first administrator all of those are."""
        row = StaffInvitationRecord
        used = await tx.connection.execute(
            update(row).where(_good(code, at)).values(used_at=at).returning(*_TOLD)
        )
        invitation = _invitation(used.one_or_none())
        if invitation is not None and invitation.first:
            await tx.connection.execute(
                update(row).where(row.first, row.used_at.is_(None)).values(used_at=at)
            )
        return invitation


_TOLD = (
    StaffInvitationRecord.name,
    StaffInvitationRecord.unit,
    StaffInvitationRecord.role,
    StaffInvitationRecord.account_id,
    StaffInvitationRecord.first,
    StaffInvitationRecord.given_by,
)


def _invitation(
    found: Row[str, str, str, int | None, bool, int | None] | None,
) -> StaffInvitation | None:
    if found is None:
        return None
    name, unit, role, account, first, given_by = found
    return StaffInvitation(name, unit, Role(role), account, first, given_by)


def _good(code: str, at: datetime) -> ColumnElement[bool]:
    row = StaffInvitationRecord
    return and_(row.code_hash == _hash(code), row.used_at.is_(None), row.expires_at > at)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
