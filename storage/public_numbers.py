"""What the public may know of an office's cases: how many said what, and how soon it answered.

Only numbers leave here, and nobody can be found in them, also not by subtracting:
- of fewer than `FEWEST` people nothing is told, and numbers are rounded down to a multiple of it;
- a share is told only where those who were answered, and those who were not, are none or `FEWEST`
  at least: else one number would tell the few that the other is made of;
- whoever asks gives the units of one office, of which no other office has any: so no page is the
  sum of others, and there is no total beside its parts (the kinds are not added up);
- whose way back is gone (deleted data) counts as one person with all others of that sort: else one
  who reported five things and had their data deleted would be told as five people.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, distinct, extract, func, select

from storage.case_records import WAITING, CaseKind, CaseRecord, CaseState
from storage.case_reporters import People
from storage.database import Transaction

FEWEST = 5
"""Of fewer people no number is told; and numbers are told in steps of as many."""

DAY = 86_400


@dataclass(frozen=True, slots=True)
class KindNumbers:
    """`people` is rounded down to a multiple of `FEWEST`; None: there are fewer. `answered` is the
    share that was answered, in whole tenths, rounded down; `median_days` how many whole days, one
    at least, half of the people waited at most (somebody with several cases: their average)."""

    kind: CaseKind
    people: int | None
    answered: float | None = None
    median_days: int | None = None


async def numbers_of(
    tx: Transaction, units: Collection[str], *, since: datetime
) -> list[KindNumbers]:
    """The numbers of each kind of case that these units received since then (UTC)."""
    row, everyone = CaseRecord, People()
    each = (  # a row a person and kind, so that whoever has many cases weighs no more than others
        select(
            row.kind,
            everyone.who.label("somebody"),
            func.count().label("cases"),
            func.count(row.answered_at).label("answers"),
            func.avg(_days(tx)).label("days"),
        )
        .select_from(everyone.of(row))
        .where(*_public(units), row.received_at >= since)
        .group_by(row.kind, everyone.who)
        .cte()
    )
    kind, days = each.c.kind, each.c.days
    place = func.row_number().over(partition_by=kind, order_by=(days.is_(None), days))
    placed = select(
        *each.c, (2 * place).label("twice"), func.count(days).over(partition_by=kind).label("of")
    ).cte()
    middle = placed.c.twice.between(placed.c.of, placed.c.of + 2)  # one, or the two of it
    found = await tx.connection.execute(
        select(
            placed.c.kind,
            func.count().label("people"),
            func.sum(placed.c.cases).label("cases"),
            func.sum(placed.c.answers).label("answers"),
            func.count(case((placed.c.answers > 0, 1))).label("answered"),
            func.count(case((placed.c.answers < placed.c.cases, 1))).label("waits"),
            func.avg(case((middle, placed.c.days))).label("median"),
        ).group_by(placed.c.kind)
    )
    by_kind = {one.kind: one for one in found}
    return [_told(kind, by_kind.get(kind)) for kind in CaseKind]


async def waiting_now(tx: Transaction, units: Collection[str]) -> int | None:
    """How many cases of these units wait for an answer, in steps of `FEWEST`; None where fewer
    people than that wait."""
    everyone = People()
    found = await tx.connection.execute(
        select(func.count(), func.count(distinct(everyone.who)))
        .select_from(everyone.of(CaseRecord))
        .where(*_public(units), CaseRecord.state.in_(WAITING))
    )
    cases, people = found.one()
    return at_least(cases) if at_least(people) else None


def at_least(people: int) -> int | None:
    """The number as it may be told."""
    return people // FEWEST * FEWEST or None


def _public(units: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    row = CaseRecord
    return row.unit.in_(units), row.quarantine == "", row.state != CaseState.WITHDRAWN


def _days(tx: Transaction) -> ColumnElement[Any]:
    """From received to answered; nothing while it is not."""
    row = CaseRecord
    if tx.on_postgresql:
        return extract("epoch", row.answered_at - row.received_at) / DAY
    return func.julianday(row.answered_at) - func.julianday(row.received_at)


def _told(kind: CaseKind, found: Any) -> KindNumbers:
    people = at_least(found.people) if found is not None else None
    if people is None:
        return KindNumbers(kind, None)
    parts = (found.answered, found.waits)
    share = all(part == 0 or part >= FEWEST for part in parts)
    return KindNumbers(
        kind,
        people,
        answered=int(found.answers) * 10 // int(found.cases) / 10 if share else None,
        median_days=max(1, round(found.median)) if found.answered >= FEWEST else None,
    )
