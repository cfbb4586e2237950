"""Officials: who may do what for which unit, and the chats in which they do it.

Somebody becomes an official by a code that was made for a unit and a role, typed in the chat from
which they will work. Their rights live in that chat alone: linking it to another passes none on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    Select,
    String,
    UniqueConstraint,
    and_,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy import (
    case as sql_case,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.case_records import OPEN, CaseRecord, CaseState
from storage.conversations import ConversationRecord
from storage.database import Record, Transaction, Utc
from storage.notice_drafts import NoticeDraftRecord
from storage.official_drafts import OfficialDraftRecord
from storage.people import Id

INVITATION_LASTS = timedelta(days=7)


class Role(StrEnum):
    """What somebody may do for their unit and all below it."""

    VIEWER = "viewer"  # reads
    OFFICER = "officer"  # answers
    APPROVER = "approver"  # leads: also complaints about conduct, approves notices
    EDITOR = "editor"  # mends cards
    ADMINISTRATOR = "administrator"  # invites and removes


ANSWERING = frozenset({Role.OFFICER, Role.APPROVER, Role.ADMINISTRATOR})
LEADING = frozenset({Role.APPROVER, Role.ADMINISTRATOR})


class OfficialRecord(Record):
    __tablename__ = "officials"
    __table_args__ = (
        Index("ix_officials_unit", "unit"),
        Index("ix_officials_conversation", "conversation_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    unit: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    conversation_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="SET NULL")
    )
    joined_at: Mapped[datetime] = mapped_column(Utc)
    removed_at: Mapped[datetime | None] = mapped_column(Utc, default=None)


class InvitationRecord(Record):
    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("code_hash"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80))
    unit: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    expires_at: Mapped[datetime] = mapped_column(Utc)
    used_at: Mapped[datetime | None] = mapped_column(Utc, default=None)


@dataclass(frozen=True, slots=True)
class Official:
    """`unit` is a unit's code, or empty for all units. `conversation` is where they work, if it
    is still there."""

    id: int
    name: str
    unit: str
    role: Role
    conversation: int | None

    @property
    def answers(self) -> bool:
        return self.role in ANSWERING

    @property
    def leads(self) -> bool:
        return self.role in LEADING


@dataclass(frozen=True, slots=True)
class Invited:
    """What a code makes of somebody."""

    name: str
    unit: str
    role: Role


@dataclass(frozen=True, slots=True)
class Desk:
    """An official who can be written to, and where."""

    official: Official
    account: str
    conversation: int


class Officials:
    """The book of officials and of the codes that invite them."""

    async def invite(
        self, tx: Transaction, code: str, *, name: str, unit: str, role: Role, at: datetime
    ) -> None:
        """Open a code, good for `INVITATION_LASTS` and one use."""
        await tx.connection.execute(
            insert(InvitationRecord).values(
                code_hash=_hash(code),
                name=name,
                unit=unit,
                role=role.value,
                expires_at=at + INVITATION_LASTS,
            )
        )

    async def invited(self, tx: Transaction, code: str, *, at: datetime) -> Invited | None:
        """What a code would make of whoever uses it; None: it opens nothing."""
        row = InvitationRecord
        rows = await tx.connection.execute(
            select(row.name, row.unit, row.role).where(_good(code, at))
        )
        found = rows.one_or_none()
        return None if found is None else Invited(found.name, found.unit, Role(found.role))

    async def join(
        self, tx: Transaction, code: str, *, conversation: int, at: datetime
    ) -> Official | None:
        """Somebody typed a code here: they are an official from now on. None: it opens nothing.

        An earlier role of this chat ends with it.
        """
        row = InvitationRecord
        used = await tx.connection.execute(
            update(row)
            .where(_good(code, at))
            .values(used_at=at)
            .returning(row.name, row.unit, row.role)
        )
        invited = used.one_or_none()
        if invited is None:
            return None
        before = await self.of(tx, conversation)
        if before is not None:
            await self.remove(tx, before.id, at=at)
        return await self.hire(
            tx, name=invited.name, unit=invited.unit, role=Role(invited.role), at=at,
            conversation=conversation,
        )  # fmt: skip

    async def hire(
        self,
        tx: Transaction,
        *,
        name: str,
        unit: str,
        role: Role,
        at: datetime,
        conversation: int | None = None,
    ) -> Official:
        """Somebody is an official from now on; without a conversation, at the console alone."""
        new = await tx.connection.execute(
            insert(OfficialRecord)
            .values(
                name=name, unit=unit, role=role.value, conversation_id=conversation, joined_at=at
            )
            .returning(OfficialRecord.id)
        )
        return Official(new.scalar_one(), name, unit, role, conversation)

    async def of(self, tx: Transaction, conversation: int) -> Official | None:
        """Who works in this chat; None when nobody does, or no longer.

        Whoever removes them meanwhile waits for the commit, so that nothing is done afterwards.
        """
        rows = await tx.connection.execute(
            _officials().where(_working(conversation)).with_for_update(read=True)
        )
        found = rows.first()
        return None if found is None else _official(found)

    async def get(self, tx: Transaction, official: int) -> Official | None:
        """An official by number; None when they were removed."""
        row = OfficialRecord
        rows = await tx.connection.execute(
            _officials().where(row.id == official, row.removed_at.is_(None))
        )
        found = rows.one_or_none()
        return None if found is None else _official(found)

    async def names(self, tx: Transaction, numbers: Collection[int]) -> dict[int, str]:
        """How officials are called, those who were removed too."""
        row = OfficialRecord
        rows = await tx.connection.execute(select(row.id, row.name).where(row.id.in_(numbers)))
        return {found.id: found.name for found in rows}

    async def all(self, tx: Transaction, *, units: Collection[str] | None = None) -> list[Official]:
        """Those who work now, of these units or of all, by name."""
        row = OfficialRecord
        query = _officials().where(row.removed_at.is_(None)).order_by(row.name, row.id)
        if units is not None:
            query = query.where(row.unit.in_(units))
        return [_official(found) for found in await tx.connection.execute(query)]

    async def desks(
        self, tx: Transaction, *, units: Collection[str], roles: Collection[Role]
    ) -> list[Desk]:
        """Who of these units has one of these roles and a chat in which they can be written to."""
        row, talk = OfficialRecord, ConversationRecord
        rows = await tx.connection.execute(
            _officials()
            .add_columns(talk.account)
            .join(talk, talk.id == row.conversation_id)
            .where(
                row.removed_at.is_(None),
                row.unit.in_(units),
                row.role.in_([role.value for role in roles]),
                talk.stopped_at.is_(None),
            )
            .order_by(row.id)
        )
        return [Desk(_official(found), found.account, found.conversation_id) for found in rows]

    async def remove(self, tx: Transaction, official: int, *, at: datetime) -> bool:
        """They may do nothing more from now on, what they were writing is gone, answers and
        notices, and what they had in hand is nobody's. False: they were gone already."""
        row, case = OfficialRecord, CaseRecord
        free = sql_case(
            (case.state == CaseState.ASSIGNED, CaseState.RECEIVED.value), else_=case.state
        )
        await tx.connection.execute(
            update(case)
            .where(case.official_id == official, case.state.in_(OPEN - {CaseState.ANSWERED}))
            .values(official_id=None, state=free, version=case.version + 1)
        )
        done = await tx.connection.execute(
            update(row).where(row.id == official, row.removed_at.is_(None)).values(removed_at=at)
        )
        for draft in (OfficialDraftRecord, NoticeDraftRecord):
            await tx.connection.execute(delete(draft).where(draft.official_id == official))
        return bool(done.rowcount)


def _officials() -> Select[int, str, str, str, int | None]:
    row = OfficialRecord
    return select(row.id, row.name, row.unit, row.role, row.conversation_id)


def _official(found: Row[*tuple[Any, ...]]) -> Official:
    return Official(found.id, found.name, found.unit, Role(found.role), found.conversation_id)


def _good(code: str, at: datetime) -> ColumnElement[bool]:
    row = InvitationRecord
    return and_(row.code_hash == _hash(code), row.used_at.is_(None), row.expires_at > at)


def _working(conversation: int) -> ColumnElement[bool]:
    return and_(OfficialRecord.conversation_id == conversation, OfficialRecord.removed_at.is_(None))


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
