"""Cases for the console: filtered, searched by words, in the order of their due day, paged by key.

Words are found as they were said; whether they may be seen is the caller's to decide, who hides
what identifies somebody and looks again. It changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select, tuple_

from storage.case_lists import Sight, sees
from storage.case_records import (
    WAITING,
    Case,
    CaseKind,
    CaseRecord,
    CaseState,
    CaseWordsRecord,
    as_case,
    cases,
)
from storage.database import Transaction


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases; what is empty leaves it open. `words` are as `case_records.plain` makes them,
    and find words that begin so."""

    states: frozenset[CaseState] | None = None
    kind: CaseKind | None = None
    units: frozenset[str] | None = None
    overdue: bool = False
    held: bool = False
    words: tuple[str, ...] = ()
    soonest: bool = False
    """The soonest due first; else the newest due first."""
    since: datetime | None = None
    until: datetime | None = None
    """Received from `since` to before `until` (UTC)."""
    topic: str = ""
    platform: str = ""
    language: str = ""
    due_since: datetime | None = None
    due_until: datetime | None = None
    """Due from then to before then (UTC)."""
    official: int | None = None
    """In whose hands; 0: in nobody's."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the list: a case's due time (UTC) and number."""

    due_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cases of each state there are, how many of them are overdue and held back."""

    states: dict[CaseState, int] = field(default_factory=dict)
    overdue: int = 0
    held: int = 0


class CaseSearch:
    """The book of what the console lists."""

    async def page(
        self,
        tx: Transaction,
        sight: Sight,
        wanted: Wanted,
        *,
        now: datetime,
        after: Mark | None = None,
        at_most: int,
    ) -> list[Case]:
        """The first of them, or the first after a place in the list."""
        row = CaseRecord
        query = cases(sees(sight), *filters(wanted), *_narrower(wanted, now))
        # The longest, which is likely the rarest, is looked for in one go through all words; the
        # others only in the cases that have it.
        for nth, word in enumerate(sorted(wanted.words, key=len, reverse=True)):
            # "+ 0" lets SQLite go on in the order of due days, rather than sort all that it finds.
            number = row.id if tx.on_postgresql else row.id + 0
            query = query.where(_says(word) if nth else number.in_(_with_it(word)))
        key = tuple_(row.due_at, row.id)
        if after is not None:
            place = tuple_(after.due_at, after.id)
            query = query.where(key > place if wanted.soonest else key < place)
        if wanted.soonest:
            query = query.order_by(row.due_at, row.id)
        else:
            query = query.order_by(row.due_at.desc(), row.id.desc())
        rows = await tx.connection.execute(query.limit(at_most))
        return [as_case(found) for found in rows]

    async def batch(
        self,
        tx: Transaction,
        sight: Sight,
        wanted: Wanted,
        *,
        now: datetime,
        above: int,
        last: int,
        at_most: int,
    ) -> list[Case]:
        """The next of them by number, above one and up to the `last`: an order that stays as it is
        while cases change."""
        row = CaseRecord
        query = cases(
            sees(sight), *filters(wanted), *_narrower(wanted, now), row.id > above, row.id <= last
        )
        for word in wanted.words:
            query = query.where(_says(word))
        query = query.order_by(row.id)
        rows = await tx.connection.execute(query.limit(at_most))
        return [as_case(found) for found in rows]

    async def extent(
        self, tx: Transaction, sight: Sight, wanted: Wanted, *, now: datetime
    ) -> tuple[int, int]:
        """How many there are, whatever words are wanted, and the highest number among them."""
        found = await tx.connection.execute(
            select(func.count(), func.coalesce(func.max(CaseRecord.id), 0)).where(
                sees(sight), *filters(wanted), *_narrower(wanted, now)
            )
        )
        count, last = found.one()
        return int(count), int(last)

    async def counts(
        self, tx: Transaction, sight: Sight, wanted: Wanted, *, now: datetime
    ) -> Counts:
        """Of all that is wanted but states and words."""
        row = CaseRecord
        found = await tx.connection.execute(
            select(
                row.state,
                func.count(),
                func.coalesce(func.sum(case((_overdue(now), 1), else_=0)), 0),
                func.coalesce(func.sum(case((_held(), 1), else_=0)), 0),
            )
            .where(sees(sight), *filters(wanted))
            .group_by(row.state)
        )
        rows = found.all()
        return Counts(
            {CaseState(state): int(count) for state, count, _, _ in rows},
            overdue=sum(int(late) for *_, late, _ in rows),
            held=sum(int(held) for *_, held in rows),
        )

    async def texts(self, tx: Transaction, numbers: Collection[int]) -> dict[int, list[str]]:
        """All that was said in these cases, the first first, by the case's number."""
        row = CaseWordsRecord
        rows = await tx.connection.execute(
            select(row.case_id, row.text).where(row.case_id.in_(numbers)).order_by(row.id)
        )
        texts: defaultdict[int, list[str]] = defaultdict(list)
        for number, text in rows:
            texts[number].append(text)
        return dict(texts)


def filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    """All but states and words: what counts are made of, too."""
    row = CaseRecord
    kept: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        kept.append(row.kind == wanted.kind)
    if wanted.units is not None:
        kept.append(row.unit.in_(wanted.units))
    if wanted.since is not None:
        kept.append(row.received_at >= wanted.since)
    if wanted.until is not None:
        kept.append(row.received_at < wanted.until)
    if wanted.topic:
        kept.append(row.topic == wanted.topic)
    if wanted.platform:
        kept.append(row.platform == wanted.platform)
    if wanted.language:
        kept.append(row.language == wanted.language)
    if wanted.official is not None:
        kept.append(
            row.official_id == wanted.official if wanted.official else row.official_id.is_(None)
        )
    if wanted.due_since is not None:
        kept.append(row.due_at >= wanted.due_since)
    if wanted.due_until is not None:
        kept.append(row.due_at < wanted.due_until)
    return kept


def _narrower(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    """What a list keeps to besides."""
    kept: list[ColumnElement[bool]] = []
    if wanted.states is not None:
        kept.append(CaseRecord.state.in_(sorted(wanted.states)))
    if wanted.overdue:
        kept.append(_overdue(now))
    if wanted.held:
        kept.append(_held())
    return kept


def _says(word: str) -> ColumnElement[bool]:
    """Whether somebody said it in the case at hand."""
    return (
        _with_it(word)
        .where(CaseWordsRecord.case_id == CaseRecord.id)
        .correlate(CaseRecord)
        .exists()
    )


def _with_it(word: str) -> Select[Any]:
    said = CaseWordsRecord
    return select(said.case_id).where(said.plain.contains(f" {word}", autoescape=True))


def _overdue(now: datetime) -> ColumnElement[bool]:
    return and_(CaseRecord.state.in_(WAITING), CaseRecord.due_at < now)


def _held() -> ColumnElement[bool]:
    return and_(CaseRecord.state.in_(WAITING), CaseRecord.quarantine != "")
