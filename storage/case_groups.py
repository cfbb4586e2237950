"""Groups of cases that say the same, answered once in public: "you said, we did"."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Index, String, Text, distinct, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.case_history import Happened, History
from storage.case_records import Case, CaseKind, CaseRecord, CaseState, as_case, cases
from storage.database import Record, Transaction, Utc
from storage.people import Id

LONGEST_TITLE = 120


class CaseGroupRecord(Record):
    __tablename__ = "case_groups"
    __table_args__ = (Index("ix_case_groups_unit", "unit", "published_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    answer: Mapped[str] = mapped_column(Text, default="")
    opened_at: Mapped[datetime] = mapped_column(Utc)
    published_at: Mapped[datetime | None] = mapped_column(Utc, default=None)


class GroupFault(Exception):
    """The group cannot be changed so; says why and what to do."""


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """`people` is how many reported it; `published_at` is None until it is answered (UTC)."""

    id: int
    unit: str
    title: str
    answer: str
    published_at: datetime | None
    people: int


class CaseGroups:
    """The book of groups."""

    async def open(self, tx: Transaction, *, unit: str, title: str, at: datetime) -> int:
        """An empty group, whose title will be read in public. Raises GroupFault: it is too long."""
        if len(title) > LONGEST_TITLE:
            raise GroupFault(f"a title has {LONGEST_TITLE} letters at most")
        row = CaseGroupRecord
        opened = await tx.connection.execute(
            insert(row).values(unit=unit, title=title, opened_at=at).returning(row.id)
        )
        return int(opened.scalar_one())

    async def get(self, tx: Transaction, group: int) -> CaseGroup:
        """Raises GroupFault when there is none of that number."""
        found = await self._list(tx, CaseGroupRecord.id == group)
        if not found:
            raise GroupFault(f"there is no group {group}; `groups list` tells which there are")
        return found[0]

    async def all(self, tx: Transaction) -> list[CaseGroup]:
        """All groups, the newest first."""
        return await self._list(tx)

    async def published(
        self, tx: Transaction, units: Collection[str], *, since: datetime
    ) -> list[CaseGroup]:
        """What was answered in public for these units since then, the newest first."""
        row = CaseGroupRecord
        return await self._list(tx, row.unit.in_(units), row.published_at >= since)

    async def put(self, tx: Transaction, case: Case, group: CaseGroup, *, at: datetime) -> None:
        """The case says the same. Raises GroupFault for a group that was answered already, and for
        what is not for the public: a complaint about somebody, or a case that is held back."""
        if group.published_at is not None:
            raise GroupFault(f"group {group.id} was answered already; open a new one")
        if case.kind is CaseKind.COMPLAINT or case.quarantine:
            raise GroupFault(f"case {case.id} is a complaint or held back: answer it by itself")
        await self._leave(tx, case)
        await self._move(tx, case, group.id, at)

    async def take_out(self, tx: Transaction, case: Case, *, at: datetime) -> None:
        """The case stands alone again. Raises GroupFault when its group was answered."""
        await self._leave(tx, case)
        await self._move(tx, case, None, at)

    async def members(self, tx: Transaction, group: int) -> list[Case]:
        """The cases of a group that nobody took back, the oldest first."""
        row = CaseRecord
        found = await tx.connection.execute(
            cases(row.group_id == group, row.state != CaseState.WITHDRAWN).order_by(row.id)
        )
        return [as_case(one) for one in found]

    async def publish(self, tx: Transaction, group: int, answer: str, *, at: datetime) -> None:
        """Note the public answer. Raises GroupFault when it has one."""
        row = CaseGroupRecord
        done = await tx.connection.execute(
            update(row)
            .where(row.id == group, row.published_at.is_(None))
            .values(answer=answer, published_at=at)
        )
        if not done.rowcount:
            raise GroupFault(f"group {group} was answered already")

    async def _leave(self, tx: Transaction, case: Case) -> None:
        if case.group is not None and (await self.get(tx, case.group)).published_at is not None:
            raise GroupFault(f"case {case.id} was answered with group {case.group}")

    async def _move(self, tx: Transaction, case: Case, group: int | None, at: datetime) -> None:
        await tx.connection.execute(
            update(CaseRecord).where(CaseRecord.id == case.id).values(group_id=group)
        )
        await History().note(
            tx, case.id, Happened.GROUPED, at=at, detail="" if group is None else str(group)
        )

    async def _list(self, tx: Transaction, *where: ColumnElement[bool]) -> list[CaseGroup]:
        row = CaseGroupRecord
        people = (
            select(func.count(distinct(who())))
            .where(CaseRecord.group_id == row.id, CaseRecord.state != CaseState.WITHDRAWN)
            .correlate(row)
            .scalar_subquery()
        )
        found = await tx.connection.execute(
            select(row.id, row.unit, row.title, row.answer, row.published_at, people)
            .where(*where)
            .order_by(row.id.desc())
        )
        return [CaseGroup(*one) for one in found]


def who() -> ColumnElement[int]:
    """Tells one villager's cases from another's, for counting: one whose way back is gone counts
    for itself."""
    return func.coalesce(CaseRecord.conversation_id, -CaseRecord.id)
