"""What the public may know of a unit's cases: how many people said what, and how soon it answered.

Only numbers leave here. Those that could point to somebody are left out, and the others are rounded
down, so that no two of them can be subtracted to find a small one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import select

from storage.case_groups import who
from storage.case_records import CaseKind, CaseRecord, CaseState
from storage.database import Transaction

FEWEST = 5
"""Of fewer people no number is told; and numbers are told in steps of as many."""


@dataclass(frozen=True, slots=True)
class KindNumbers:
    """`people` is rounded down to a multiple of `FEWEST`; None: there are fewer. `answered` is the
    share that was answered, in whole tenths; `median_days` from received to answered."""

    kind: CaseKind
    people: int | None
    answered: float | None = None
    median_days: float | None = None


async def numbers_of(
    tx: Transaction, units: Collection[str], *, since: datetime
) -> list[KindNumbers]:
    """The numbers of each kind of case that these units received since then (UTC)."""
    row = CaseRecord
    found = await tx.connection.execute(
        select(row.kind, who(), row.received_at, row.answered_at).where(
            row.unit.in_(units),
            row.received_at >= since,
            row.quarantine == "",
            row.state != CaseState.WITHDRAWN,
        )
    )
    people: defaultdict[str, set[int]] = defaultdict(set)
    days: defaultdict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    total: defaultdict[str, int] = defaultdict(int)
    for kind, somebody, received_at, answered_at in found:
        people[kind].add(somebody)
        total[kind] += 1
        if answered_at is not None:
            days[kind][somebody].append((answered_at - received_at).total_seconds() / 86_400)
    return [_told(kind, len(people[kind]), total[kind], days[kind]) for kind in CaseKind]


def at_least(people: int) -> int | None:
    """The number as it may be told."""
    return people // FEWEST * FEWEST or None


def _told(kind: CaseKind, people: int, total: int, days: Mapping[int, list[float]]) -> KindNumbers:
    told = at_least(people)
    if told is None:
        return KindNumbers(kind, None)
    all_days = [one for of_one in days.values() for one in of_one]
    return KindNumbers(
        kind,
        told,
        answered=len(all_days) * 10 // total / 10,
        median_days=round(median(all_days), 1) if len(days) >= FEWEST else None,
    )
