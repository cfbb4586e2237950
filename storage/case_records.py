"""What a case is: its kinds and states, its records, and a case as officials may know it.

What may happen to it, `cases` decides. Nothing here tells officials who the villager is: a `Case`
carries no conversation.
"""

from __future__ import annotations

import re
import unicodedata
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
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Utc
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

ASKED = WAITING | {CaseState.NEEDS_INFORMATION}
"""An answer can be given."""

OPEN = WAITING | {CaseState.NEEDS_INFORMATION, CaseState.ANSWERED}


RATED = text("understood IS NOT NULL OR satisfied IS NOT NULL")


class Side(StrEnum):
    """Whose words they are."""

    VILLAGER = "villager"
    OFFICIAL = "official"
    NOTE = "note"  # among officials; the villager never sees it


class CaseRecord(Record):
    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_state", "state", "unit", "due_at"),
        Index("ix_cases_due", "due_at", "id"),
        Index(  # all that numbers of a unit are made of
            "ix_cases_numbers",
            *("unit", "state", "received_at", "due_at", "topic", "kind", "quarantine"),
        ),
        Index("ix_cases_state_due", "state", "due_at", "id"),
        Index("ix_cases_received", "received_at", "id"),
        Index("ix_cases_rated", "received_at", sqlite_where=RATED, postgresql_where=RATED),
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
    plain: Mapped[str] = mapped_column(Text, default="")  # `plain(text)`, to search in


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
    """One thing said in a case. `by` is the official who said it, or `case_history.CONSOLE`."""

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


def plain(text: str) -> str:
    """Words as they are searched: in small letters, without marks and signs, a space before each.

    So " cau" finds what begins with it, and nothing in the middle of a word.
    """
    apart = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(sign for sign in apart if unicodedata.category(sign) != "Mn")
    return "".join(f" {word}" for word in re.findall(r"\w+", bare.replace("đ", "d")))


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
