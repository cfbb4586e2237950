"""What the API answers: each thing as a model, which also describes itself in the OpenAPI document.

A case has the fields of an export under the same names (docs/exports.md). Nothing in them leads to
a person, and words are masked. Times are in Vietnam's zone.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from handlers.errands import VIETNAM
from storage.broadcast_records import Phase
from storage.case_history import Happened
from storage.case_records import CaseKind, CaseState
from storage.consents import Purpose
from storage.tallies import Asked
from storage.unanswered import Doubt


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class CaseAnswer(Answer):
    """One case."""

    id: int
    kind: CaseKind
    state: CaseState
    unit: str = Field(description="Code of the unit that has to answer.")
    unit_name: str
    place: str = Field(description="Where, as the villager told; masked.")
    topic: str = Field(description="Slug of the card nearest to a question, or empty.")
    platform: str
    language: str
    received_at: datetime
    due_at: datetime
    first_answered_at: datetime | None
    closed_at: datetime | None
    days_to_answer: float | None
    overdue: bool = Field(description="First answered after it was due, or waiting after it.")
    reopened: int
    assigned: bool
    understood: bool | None
    satisfied: bool | None
    group: int | None
    quarantined: bool
    named: bool = Field(description="Whether a name was given; the name is not told.")
    words: str = Field(description="What was told first; masked.")
    more_words: str = Field(description="What was said later; masked.")
    answer: str = Field(description="What officials wrote; masked.")
    files: int


class CaseEventAnswer(Answer):
    """One thing that happened to a case."""

    at: datetime
    what: Happened


class CaseWithHistory(CaseAnswer):
    """One case, and what happened to it in its order."""

    history: list[CaseEventAnswer]


class CasePage(Answer):
    """A page of cases, the one that is due last first."""

    items: list[CaseAnswer]
    next: str | None = Field(description="`cursor` of the next page; null on the last.")


class UnansweredAnswer(Answer):
    """One question that no card answered, without who asked it."""

    id: int
    unit: str
    text: str = Field(description="Masked.")
    kind: Doubt = Field(description="wrong: a card answered, and this was said not to be it.")
    guess: str = Field(
        description="Slug of the likeliest card, or empty; where `kind` is wrong, of that card."
    )
    asked_at: datetime


class UnansweredPage(Answer):
    """A page of questions, the newest first."""

    items: list[UnansweredAnswer]
    next: int | None = Field(description="`cursor` of the next page; null on the last.")


class NoticeAnswer(Answer):
    """One notice."""

    id: int
    state: Phase
    unit: str = Field(description="Code of the unit that it is for; empty: everybody.")
    only_unit: bool = Field(description="Whether units below are left out.")
    purpose: Purpose
    emergency: bool
    text: str
    cards: list[str] = Field(description="Slugs of the cards that it opens.")
    language: str = Field(description="For those alone who chose it; empty: for all.")
    takes_back: int | None = Field(description="Number of the notice that it takes back.")
    due_at: datetime | None
    approved_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


class NoticePage(Answer):
    """A page of notices, the newest first."""

    items: list[NoticeAnswer]
    next: int | None = Field(description="`cursor` of the next page; null on the last.")


class AccountAnswer(Answer):
    """What became of a notice, in numbers of people."""

    recipients: int
    pending: int
    sent: int
    failed: int
    uncertain: int
    skipped: int
    blocked: int = Field(description="The failed ones that cannot be written to.")
    again: int
    edited: int
    deleted: int


class NoticeWithAccount(NoticeAnswer):
    """One notice, and what became of it."""

    account: AccountAnswer


class TallyAnswer(Answer):
    """How often something was asked or shown, or said of an answer; no people are counted."""

    unit: str = Field(description="Code of the unit; empty for people who chose none.")
    what: Asked
    topic: str = Field(description="Slug of the card; empty where none is meant.")
    many: int | None = Field(description="null: once to four times, which is not told.")


class TallyAnswers(Answer):
    """Numbers by unit, what and topic."""

    day_from: str = Field(json_schema_extra={"format": "date"})
    day_to: str = Field(json_schema_extra={"format": "date"})
    items: list[TallyAnswer]


class UnitAnswer(Answer):
    """One unit."""

    code: str
    name: str
    parent: str = Field(description="Code of the unit above, or empty.")


class UnitAnswers(Answer):
    """All units that this key sees."""

    items: list[UnitAnswer]


def local(at: datetime) -> datetime:
    """As exports write it: Vietnam's zone, whole seconds."""
    return at.astimezone(VIETNAM).replace(microsecond=0)


def local_or_none(at: datetime | None) -> datetime | None:
    return None if at is None else local(at)
