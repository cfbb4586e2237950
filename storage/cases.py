"""Cases: what villagers said or asked that a person must answer, followed to its end.

A case goes received → assigned → answered or needs information → closed, and back when the
villager reopens it; each change of state is a method that refuses the wrong one. Who may see a case
the errands decide; what happened to it, `case_history` keeps. Nothing here tells officials who the
villager is: a `Case` carries no conversation, only `thread` gives it, for what is written to them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    String,
    Text,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.case_history import Happened, History
from storage.conversations import ConversationRecord
from storage.database import Record, Transaction, Utc
from storage.people import Id


class CaseKind(StrEnum):
    QUESTION = "question"
    PRAISE = "praise"
    SUGGESTION = "suggestion"
    PROBLEM = "problem"
    COMPLAINT = "complaint"  # about somebody's conduct: only who leads sees it


class CaseState(StrEnum):
    RECEIVED = "received"
    ASSIGNED = "assigned"
    NEEDS_INFORMATION = "needs_information"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"  # the villager took it back or deleted their data


WAITING = frozenset({CaseState.RECEIVED, CaseState.ASSIGNED})
"""An official has to do something."""

OPEN = WAITING | {CaseState.NEEDS_INFORMATION, CaseState.ANSWERED}


class Side(StrEnum):
    """Whose words they are."""

    VILLAGER = "villager"
    OFFICIAL = "official"
    NOTE = "note"  # among officials; the villager never sees it


class CaseRecord(Record):
    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_state", "state", "unit", "due_at"),
        Index("ix_cases_received", "received_at", "id"),
        Index("ix_cases_conversation", "conversation_id"),
        Index("ix_cases_official", "official_id"),
        Index("ix_cases_group", "group_id"),
        Index("ix_cases_receipt", "receipt_hash", unique=True),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(24))
    version: Mapped[int] = mapped_column(Integer, default=1)
    unit: Mapped[str] = mapped_column(String(64))
    place: Mapped[str] = mapped_column(String(200), default="")
    topic: Mapped[str] = mapped_column(String(64), default="")
    name: Mapped[str] = mapped_column(String(80), default="")
    platform: Mapped[str] = mapped_column(String(16), default="")
    language: Mapped[str] = mapped_column(String(8), default="vi")
    conversation_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="SET NULL")
    )
    receipt_hash: Mapped[str | None] = mapped_column(String(64), default=None)
    official_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("officials.id", ondelete="SET NULL")
    )
    group_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("case_groups.id", ondelete="SET NULL")
    )
    quarantine: Mapped[str] = mapped_column(String(32), default="")
    received_at: Mapped[datetime] = mapped_column(Utc)
    due_at: Mapped[datetime] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    closed_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    understood: Mapped[bool | None] = mapped_column(Boolean, default=None)
    satisfied: Mapped[bool | None] = mapped_column(Boolean, default=None)


class CaseWordsRecord(Record):
    __tablename__ = "case_words"
    __table_args__ = (Index("ix_case_words_case", "case_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(Id, ForeignKey("cases.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Utc)
    side: Mapped[str] = mapped_column(String(16))
    by: Mapped[int | None] = mapped_column(Id, default=None)
    text: Mapped[str] = mapped_column(Text)


class Refused(Exception):
    """The case is not in a state in which that can be done. `state` is the one it is in."""

    def __init__(self, state: CaseState) -> None:
        super().__init__(f"the case is {state.value}")
        self.state = state


class Changed(Exception):
    """Somebody else changed the case since it was read; nothing was done."""


@dataclass(frozen=True, slots=True)
class NewCase:
    """What a villager handed in. `unit` is who handles it, `place` where it is, in words.

    `name` is what they want to be called, or empty for a case without a name. `receipt` is the
    keyed hash of its receipt. `quarantine` names the rule that held it back, or is empty.
    """

    kind: CaseKind
    unit: str
    text: str
    place: str = ""
    topic: str = ""
    name: str = ""
    platform: str = ""
    language: str = "vi"
    receipt: str | None = None
    quarantine: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A case as officials may know it. Times are in UTC. `official` has it in hand."""

    id: int
    kind: CaseKind
    state: CaseState
    version: int
    unit: str
    place: str
    topic: str
    name: str
    platform: str
    language: str
    official: int | None
    group: int | None
    quarantine: str
    received_at: datetime
    due_at: datetime
    answered_at: datetime | None
    closed_at: datetime | None
    understood: bool | None
    satisfied: bool | None

    @property
    def waiting(self) -> bool:
        """Whether an official has to do something."""
        return self.state in WAITING

    def overdue(self, now: datetime) -> bool:
        return self.waiting and self.due_at < now


@dataclass(frozen=True, slots=True)
class Words:
    """One thing said in a case. `by` is the official who said it."""

    id: int
    at: datetime
    side: Side
    by: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Thread:
    """Where a case's villager can be written to."""

    account: str
    conversation: int


_FROM = {
    Happened.ASSIGNED: WAITING | {CaseState.NEEDS_INFORMATION},
    Happened.ANSWERED: WAITING | {CaseState.NEEDS_INFORMATION},
    Happened.ASKED_BACK: WAITING,
    Happened.ADDED: WAITING | {CaseState.NEEDS_INFORMATION},
    Happened.CLOSED: OPEN,
    Happened.RELEASED: WAITING,
    Happened.REOPENED: frozenset({CaseState.ANSWERED, CaseState.CLOSED}),
    Happened.WITHDRAWN: OPEN,
}
"""In which states what may happen."""


class Cases:
    """The book of cases."""

    def __init__(self) -> None:
        self._history = History()

    async def open(
        self,
        tx: Transaction,
        new: NewCase,
        *,
        conversation: int | None,
        at: datetime,
        due_at: datetime,
    ) -> int:
        """Write a case down and return its number."""
        values: dict[str, Any] = {
            "kind": new.kind.value,
            "state": CaseState.RECEIVED.value,
            "unit": new.unit,
            "place": new.place,
            "topic": new.topic,
            "name": new.name,
            "platform": new.platform,
            "language": new.language,
            "conversation_id": conversation,
            "receipt_hash": new.receipt,
            "quarantine": new.quarantine,
            "received_at": at,
            "due_at": due_at,
        }
        opened = await tx.connection.execute(
            insert(CaseRecord).values(values).returning(CaseRecord.id)
        )
        case = int(opened.scalar_one())
        await self._say(tx, case, Side.VILLAGER, new.text, at=at)
        await self._history.note(tx, case, Happened.RECEIVED, at=at)
        if new.quarantine:
            await self._history.note(tx, case, Happened.QUARANTINED, at=at, detail=new.quarantine)
        return case

    async def waits(self, tx: Transaction, *, conversation: int, text: str) -> datetime | None:
        """When the answer to a question is due that this conversation asked in the same words and
        that still waits; None when none does."""
        row, words = CaseRecord, CaseWordsRecord
        found = await tx.connection.execute(
            select(row.due_at)
            .join(words, words.case_id == row.id)
            .where(
                row.conversation_id == conversation,
                row.kind == CaseKind.QUESTION,
                row.state.in_(WAITING),
                words.side == Side.VILLAGER,
                words.text == text,
            )
            .limit(1)
        )
        return found.scalar_one_or_none()

    async def get(self, tx: Transaction, case: int, *, lock: bool = False) -> Case | None:
        """With `lock` nobody else changes it until the commit."""
        query = cases().where(CaseRecord.id == case)
        if lock:
            query = query.with_for_update()
        found = (await tx.connection.execute(query)).one_or_none()
        return None if found is None else as_case(found)

    async def count_since(self, tx: Transaction, conversation: int, since: datetime) -> int:
        """How many cases a conversation opened from that time (UTC) on."""
        row = CaseRecord
        count = await tx.connection.execute(
            select(func.count()).where(
                row.conversation_id == conversation, row.received_at >= since
            )
        )
        return int(count.scalar_one())

    async def by_receipt(self, tx: Transaction, hashes: Collection[str]) -> Case | None:
        """The case of a receipt, whose hash may have been made with one of several keys."""
        rows = await tx.connection.execute(cases().where(CaseRecord.receipt_hash.in_(hashes)))
        found = rows.first()
        return None if found is None else as_case(found)

    async def of_conversation(
        self, tx: Transaction, conversation: int, *, states: Collection[CaseState] = OPEN
    ) -> list[Case]:
        """What a villager has in these states, the newest first."""
        rows = await tx.connection.execute(
            cases()
            .where(CaseRecord.conversation_id == conversation, CaseRecord.state.in_(states))
            .order_by(CaseRecord.id.desc())
        )
        return [as_case(row) for row in rows]

    async def thread(self, tx: Transaction, case: int) -> Thread | None:
        """Where its villager can be written to; None when they are gone or want no more."""
        talk = ConversationRecord
        rows = await tx.connection.execute(
            select(talk.account, talk.id)
            .join(CaseRecord, CaseRecord.conversation_id == talk.id)
            .where(CaseRecord.id == case, talk.stopped_at.is_(None))
        )
        found = rows.one_or_none()
        return None if found is None else Thread(*found)

    async def words(self, tx: Transaction, case: int) -> list[Words]:
        """All that was said in a case, the first first."""
        row = CaseWordsRecord
        rows = await tx.connection.execute(
            select(row.id, row.at, row.side, row.by, row.text)
            .where(row.case_id == case)
            .order_by(row.id)
        )
        return [Words(r.id, r.at, Side(r.side), r.by, r.text) for r in rows]

    async def assign(
        self, tx: Transaction, case: Case, *, to: int, by: int | None, at: datetime
    ) -> None:
        """Give it into an official's hands, or hand it on. Raises Refused or Changed."""
        await self._change(
            tx, case, Happened.ASSIGNED, CaseState.ASSIGNED, at=at, by=by,
            detail=str(to), official_id=to,
        )  # fmt: skip

    async def answer(
        self, tx: Transaction, case: Case, text: str, *, by: int | None, at: datetime
    ) -> None:
        """Answer it. Raises Refused, or Changed: then another answered first."""
        await self._change(
            tx, case, Happened.ANSWERED, CaseState.ANSWERED, at=at, by=by, answered_at=at,
            official_id=by if by is not None else case.official,
        )  # fmt: skip
        await self._say(tx, case.id, Side.OFFICIAL, text, at=at, by=by)

    async def ask_back(
        self, tx: Transaction, case: Case, text: str, *, by: int, at: datetime
    ) -> None:
        """Ask the villager for more. Raises Refused or Changed."""
        await self._change(
            tx, case, Happened.ASKED_BACK, CaseState.NEEDS_INFORMATION, at=at, by=by, official_id=by
        )
        await self._say(tx, case.id, Side.OFFICIAL, text, at=at, by=by)

    async def add(
        self, tx: Transaction, case: Case, text: str, *, at: datetime, due_at: datetime
    ) -> None:
        """The villager said more: whoever has it goes on. Raises Refused or Changed.

        What was asked back gets the new `due_at`; what waited all along keeps its own.
        """
        asked_back = case.state is CaseState.NEEDS_INFORMATION
        await self._change(
            tx, case, Happened.ADDED, _in_hand(case), at=at,
            due_at=due_at if asked_back else case.due_at,
        )  # fmt: skip
        await self._say(tx, case.id, Side.VILLAGER, text, at=at)

    async def close(
        self, tx: Transaction, case: Case, *, by: int | None, at: datetime, why: str = ""
    ) -> None:
        """It is settled. Raises Refused or Changed."""
        await self._change(
            tx, case, Happened.CLOSED, CaseState.CLOSED, at=at, by=by, detail=why, closed_at=at
        )

    async def reopen(
        self, tx: Transaction, case: Case, text: str, *, at: datetime, due_at: datetime
    ) -> None:
        """The villager is not content: it waits again. Raises Refused or Changed."""
        await self._change(
            tx, case, Happened.REOPENED, _in_hand(case), at=at, due_at=due_at, answered_at=None,
            closed_at=None, understood=None, satisfied=None,
        )  # fmt: skip
        if text:
            await self._say(tx, case.id, Side.VILLAGER, text, at=at)

    async def release(self, tx: Transaction, case: Case, *, by: int, at: datetime) -> None:
        """Somebody looked at what was held back: it goes the usual way. Raises Refused or
        Changed."""
        if not case.quarantine:
            raise Changed
        await self._change(tx, case, Happened.RELEASED, case.state, at=at, by=by, quarantine="")

    async def withdraw(self, tx: Transaction, case: Case, *, at: datetime) -> None:
        """The villager takes it back. Raises Refused or Changed."""
        await self._change(tx, case, Happened.WITHDRAWN, CaseState.WITHDRAWN, at=at, closed_at=at)

    async def rate(
        self,
        tx: Transaction,
        case: Case,
        *,
        at: datetime,
        understood: bool | None = None,
        satisfied: bool | None = None,
    ) -> None:
        """What the villager thinks of the answer; what is None stays as it was."""
        given = {"understood": understood, "satisfied": satisfied}
        await tx.connection.execute(
            update(CaseRecord)
            .where(CaseRecord.id == case.id)
            .values({key: value for key, value in given.items() if value is not None})
        )
        detail = ", ".join(key for key, value in given.items() if value is not None)
        await self._history.note(tx, case.id, Happened.RATED, at=at, detail=detail)

    async def note(self, tx: Transaction, case: int, text: str, *, by: int, at: datetime) -> None:
        """Words among officials."""
        await self._say(tx, case, Side.NOTE, text, at=at, by=by)
        await self._history.note(tx, case, Happened.NOTED, at=at, by=by)

    async def count_waiting(self, tx: Transaction) -> int:
        """How many wait for an official, of all units."""
        count = await tx.connection.execute(
            select(func.count()).where(CaseRecord.state.in_(WAITING), CaseRecord.quarantine == "")
        )
        return int(count.scalar_one())

    async def _change(
        self,
        tx: Transaction,
        case: Case,
        what: Happened,
        state: CaseState,
        *,
        at: datetime,
        by: int | None = None,
        detail: str = "",
        **values: Any,
    ) -> None:
        """The one place where a case changes its state, with its line in the history."""
        if case.state not in _FROM[what]:
            raise Refused(case.state)
        row = CaseRecord
        done = await tx.connection.execute(
            update(row)
            .where(row.id == case.id, row.version == case.version)
            .values(state=state.value, version=row.version + 1, **values)
        )
        if not done.rowcount:
            raise Changed
        await self._history.note(tx, case.id, what, at=at, by=by, detail=detail)

    async def _say(
        self,
        tx: Transaction,
        case: int,
        side: Side,
        text: str,
        *,
        at: datetime,
        by: int | None = None,
    ) -> None:
        await tx.connection.execute(
            insert(CaseWordsRecord).values(case_id=case, at=at, side=side.value, by=by, text=text)
        )


def cases(*where: ColumnElement[bool]) -> Select[Any]:
    """All cases' columns that officials may know: for books that list them their own way."""
    row = CaseRecord.__table__
    hidden = {"conversation_id", "receipt_hash"}
    return select(*(column for column in row.c if column.name not in hidden)).where(*where)


def as_case(row: Row[Any]) -> Case:
    """A row of `cases()`."""
    return Case(
        id=row.id,
        kind=CaseKind(row.kind),
        state=CaseState(row.state),
        version=row.version,
        unit=row.unit,
        place=row.place,
        topic=row.topic,
        name=row.name,
        platform=row.platform,
        language=row.language,
        official=row.official_id,
        group=row.group_id,
        quarantine=row.quarantine,
        received_at=row.received_at,
        due_at=row.due_at,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
        understood=row.understood,
        satisfied=row.satisfied,
    )


def _in_hand(case: Case) -> CaseState:
    """The state of a case that an official has to go on with."""
    return CaseState.RECEIVED if case.official is None else CaseState.ASSIGNED
