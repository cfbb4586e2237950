"""Groups of cases that say the same, answered once in public: "you said, we did"."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Index,
    String,
    Text,
    distinct,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.case_history import Happened, History
from storage.case_records import Case, CaseKind, CaseRecord, CaseState, as_case, cases
from storage.case_reporters import People
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


class Trouble(StrEnum):
    """Why a group cannot be changed so."""

    NONE = "none"  # there is no such group
    ANSWERED = "answered"  # it has its public answer
    NOT_PUBLIC = "not_public"  # a complaint, or held back
    JOINED = "joined"  # it is joined with others already
    ELSEWHERE = "elsewhere"  # the case is of a unit that the group is not for
    EMPTY = "empty"  # it has no cases, or no words
    NAMES = "names"  # the words identify somebody
    LONG = "long"


class GroupFault(Exception):
    """The group cannot be changed so; says why and what to do."""

    def __init__(self, words: str, trouble: Trouble) -> None:
        super().__init__(words)
        self.trouble = trouble


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
        _refuse_long(title)
        row = CaseGroupRecord
        opened = await tx.connection.execute(
            insert(row).values(unit=unit, title=title, opened_at=at).returning(row.id)
        )
        return int(opened.scalar_one())

    async def get(self, tx: Transaction, group: int, *, lock: bool = False) -> CaseGroup:
        """Raises GroupFault when there is none of that number. With `lock` nobody else answers it
        or puts a case into it until the commit."""
        if lock:
            row = CaseGroupRecord
            await tx.connection.execute(select(row.id).where(row.id == group).with_for_update())
        found = await self._list(tx, CaseGroupRecord.id == group)
        if not found:
            words = f"there is no group {group}; `groups list` tells which there are"
            raise GroupFault(words, Trouble.NONE)
        return found[0]

    async def titles(self, tx: Transaction, groups: Collection[int]) -> dict[int, str]:
        """By number."""
        row = CaseGroupRecord
        rows = await tx.connection.execute(select(row.id, row.title).where(row.id.in_(groups)))
        return {found.id: found.title for found in rows}

    async def rename(self, tx: Transaction, group: int, title: str) -> None:
        """Give it another title. Raises GroupFault: it is too long, or the public reads it."""
        _refuse_long(title)
        row = CaseGroupRecord
        done = await tx.connection.execute(
            update(row).where(row.id == group, row.published_at.is_(None)).values(title=title)
        )
        if not done.rowcount:
            raise _answered(group)

    async def all(self, tx: Transaction) -> list[CaseGroup]:
        """All groups, the newest first."""
        return await self._list(tx)

    async def published(
        self, tx: Transaction, units: Collection[str], *, since: datetime
    ) -> list[CaseGroup]:
        """What was answered in public for these units since then, the newest first."""
        row = CaseGroupRecord
        return await self._list(tx, row.unit.in_(units), row.published_at >= since)

    async def put(
        self,
        tx: Transaction,
        case: Case,
        group: CaseGroup,
        *,
        at: datetime,
        by: int | None = None,
    ) -> None:
        """The case says the same. Raises GroupFault for a group that was answered already, and for
        what is not for the public: a complaint about somebody, or a case that is held back."""
        if (await self.get(tx, group.id, lock=True)).published_at is not None:
            raise _answered(group.id)
        _refuse_private(case)
        await self._leave(tx, case)
        await self._move(tx, case, group.id, at, by)

    async def join(
        self, tx: Transaction, case: Case, other: Case, *, title: str, at: datetime, by: int
    ) -> CaseGroup:
        """The case says the same as another of its unit: they are in one group from now on, which
        is opened under this title if neither has one.

        Raises GroupFault as `put` does, for another unit, and for a case that was joined with
        others; then nothing is changed.
        """
        if case.id == other.id:
            words = f"case {case.id} cannot be joined with itself"
            raise GroupFault(words, Trouble.NONE)
        if case.unit != other.unit:
            words = f"case {case.id} is of {case.unit}, case {other.id} of {other.unit}"
            raise GroupFault(words, Trouble.ELSEWHERE)
        if await self.waiting_with(tx, case):
            words = f"case {case.id} is in group {case.group} with others already"
            raise GroupFault(words, Trouble.JOINED)
        for one in (case, other):
            _refuse_private(one)
            await self._leave(tx, one)
        number = other.group or case.group
        if number is None:
            number = await self.open(tx, unit=case.unit, title=title, at=at)
        for one in (other, case):
            if one.group != number:
                await self.put(tx, one, await self.get(tx, number), at=at, by=by)
        return await self.get(tx, number)

    async def take_out(
        self, tx: Transaction, case: Case, *, at: datetime, by: int | None = None
    ) -> None:
        """The case stands alone again. Raises GroupFault when its group was answered."""
        await self._leave(tx, case)
        await self._move(tx, case, None, at, by)

    async def members(self, tx: Transaction, group: int) -> list[Case]:
        """The cases of a group that nobody took back, the oldest first."""
        row = CaseRecord
        found = await tx.connection.execute(
            cases(row.group_id == group, row.state != CaseState.WITHDRAWN).order_by(row.id)
        )
        return [as_case(one) for one in found]

    async def waiting_with(self, tx: Transaction, case: Case) -> list[Case]:
        """The other cases of its group, while that is not answered yet."""
        if case.group is None or (await self.get(tx, case.group)).published_at is not None:
            return []
        return [one for one in await self.members(tx, case.group) if one.id != case.id]

    async def publish(self, tx: Transaction, group: int, answer: str, *, at: datetime) -> None:
        """Note the public answer. Raises GroupFault when it has one."""
        row = CaseGroupRecord
        done = await tx.connection.execute(
            update(row)
            .where(row.id == group, row.published_at.is_(None))
            .values(answer=answer, published_at=at)
        )
        if not done.rowcount:
            raise _answered(group)

    async def _leave(self, tx: Transaction, case: Case) -> None:
        if case.group is not None and (await self.get(tx, case.group)).published_at is not None:
            words = f"case {case.id} was answered with group {case.group}"
            raise GroupFault(words, Trouble.ANSWERED)

    async def _move(
        self, tx: Transaction, case: Case, group: int | None, at: datetime, by: int | None
    ) -> None:
        await tx.connection.execute(
            update(CaseRecord).where(CaseRecord.id == case.id).values(group_id=group)
        )
        detail = "" if group is None else str(group)
        await History().note(tx, case.id, Happened.GROUPED, at=at, by=by, detail=detail)

    async def _list(self, tx: Transaction, *where: ColumnElement[bool]) -> list[CaseGroup]:
        row = CaseGroupRecord
        everyone = People()
        people = (
            select(func.count(distinct(everyone.who)))
            .select_from(everyone.of(CaseRecord))
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


def _answered(group: int) -> GroupFault:
    return GroupFault(f"group {group} was answered already; open a new one", Trouble.ANSWERED)


def _refuse_long(title: str) -> None:
    if len(title) > LONGEST_TITLE:
        raise GroupFault(f"a title has {LONGEST_TITLE} letters at most", Trouble.LONG)


def _refuse_private(case: Case) -> None:
    if case.kind is CaseKind.COMPLAINT or case.quarantine:
        words = f"case {case.id} is a complaint or held back: answer it by itself"
        raise GroupFault(words, Trouble.NOT_PUBLIC)
