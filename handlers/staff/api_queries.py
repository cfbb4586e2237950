"""What may be asked of the API: the query parameters of each address, strictly read.

The same models check what comes and describe themselves in the OpenAPI document.
"""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from handlers.errands import VIETNAM
from storage.broadcast_records import Phase
from storage.case_records import CaseKind, CaseState
from storage.tallies import Asked

MOST = 200
BIGGEST = 10**17
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _whole(given: object) -> object:
    if isinstance(given, str):
        if not (given.isascii() and given.isdecimal() and len(given) < 19):
            raise PydanticCustomError("whole", "write a whole number in figures, as in 50")
        return int(given)
    return given


def _day(given: object) -> object:
    if isinstance(given, str):
        with contextlib.suppress(ValueError):
            if _DAY.fullmatch(given):  # fromisoformat also reads weeks
                return date.fromisoformat(given)
        raise PydanticCustomError("day", "write a day that there is, as in 2026-12-31")
    return given


def _flag(given: object) -> object:
    if isinstance(given, str):
        if given not in {"true", "false"}:
            raise PydanticCustomError("flag", "write true or false")
        return given == "true"
    return given


# What bounds a number stands before what reads it, or the document would not tell it.
Limit = Annotated[int, Field(ge=1, le=MOST), BeforeValidator(_whole)]
Cursor = Annotated[int, Field(ge=1, le=BIGGEST), BeforeValidator(_whole)]
Day = Annotated[date, BeforeValidator(_day)]
Flag = Annotated[bool, BeforeValidator(_flag)]
UnitCode = Annotated[
    str, Field(min_length=1, max_length=64, description="The code of a unit: it and all below it.")
]


class Query(BaseModel):
    """No parameters at all; the others say theirs."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Paged(Query):
    """A list in pages."""

    limit: Annotated[Limit, Field(description="How many at most on this page.")] = 50


class NumberPaged(Paged):
    """A list in pages whose place is a number."""

    cursor: Annotated[
        Cursor | None,
        Field(description="`next` of the page before; the first without it."),
    ] = None


class CaseQuery(Paged):
    """Which cases."""

    cursor: Annotated[
        str | None,
        Field(
            pattern=r"^[0-9]{1,17}\.[0-9]{1,17}$",
            description="`next` of the page before; the first page without it.",
        ),
    ] = None
    state: Annotated[CaseState | None, Field(description="Only cases in this state.")] = None
    kind: Annotated[CaseKind | None, Field(description="Only cases of this kind.")] = None
    unit: UnitCode | None = None
    waiting: Annotated[
        Flag, Field(description="true: only those for which an official has to do something.")
    ] = False
    late: Annotated[
        Flag, Field(description="true: only those that wait now after their due time.")
    ] = False
    platform: Annotated[
        str | None,
        Field(pattern=r"^[a-z_]{1,16}$", description="Only cases that came this way."),
    ] = None
    received_from: Annotated[
        Day | None, Field(description="The first day of arrival, in Vietnam.")
    ] = None
    received_to: Annotated[
        Day | None, Field(description="The last day of arrival, in Vietnam.")
    ] = None
    due_from: Annotated[Day | None, Field(description="The first due day, in Vietnam.")] = None
    due_to: Annotated[Day | None, Field(description="The last due day, in Vietnam.")] = None


class UnansweredQuery(NumberPaged):
    """Which questions."""

    unit: UnitCode | None = None


class NoticeQuery(NumberPaged):
    """Which notices."""

    state: Annotated[Phase | None, Field(description="Only notices in this state.")] = None
    unit: UnitCode | None = None


class TallyQuery(Query):
    """Which numbers."""

    day_from: Annotated[
        Day | None, Field(description="The first day, in Vietnam; without it 30 days back.")
    ] = None
    day_to: Annotated[
        Day | None, Field(description="The last day, in Vietnam; without it today.")
    ] = None
    unit: UnitCode | None = None
    what: Annotated[Asked | None, Field(description="Only these.")] = None
    topic: Annotated[
        str | None,
        Field(min_length=1, max_length=64, description="Only of this card, by its slug."),
    ] = None


class Form(StrEnum):
    """What kind of file an export is."""

    CSV = "csv"
    JSONL = "jsonl"


class ExportQuery(Query):
    """Which cases go into a file, and what kind of file."""

    format: Annotated[Form, Field(description="CSV for spreadsheets, or JSON lines.")] = Form.CSV
    kind: Annotated[CaseKind | None, Field(description="Only cases of this kind.")] = None
    unit: UnitCode | None = None
    received_from: Annotated[
        Day | None, Field(description="The first day of arrival, in Vietnam.")
    ] = None
    received_to: Annotated[
        Day | None, Field(description="The last day of arrival, in Vietnam.")
    ] = None


def beginning(day: date | None) -> datetime | None:
    """The beginning of that day in Vietnam, in UTC; None leaves it open."""
    if day is None:
        return None
    try:
        return datetime.combine(day, time(), VIETNAM).astimezone(UTC)
    except OverflowError:  # the first day that there is
        return None


def ending(day: date | None) -> datetime | None:
    """The end of that day, which is the beginning of the next."""
    try:
        return beginning(day + timedelta(days=1)) if day else None
    except OverflowError:  # the last day that there is
        return None
