"""How many cases: by unit, and what people said of answers. Only numbers; it changes nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import UnaryExpression, and_, case, distinct, func, or_, select
from sqlalchemy.sql.operators import custom_op

from storage.case_lists import Sight, sees
from storage.case_records import WAITING, CaseRecord, CaseState
from storage.case_reporters import People
from storage.case_search import Wanted, filters
from storage.database import Transaction

PLUS: custom_op[datetime] = custom_op("+")


@dataclass(frozen=True, slots=True)
class UnitNumbers:
    """Of one unit, without what is below it: cases by state, and how many of them are overdue and
    held back."""

    states: Mapping[CaseState, int]
    overdue: int
    held: int

    @property
    def received(self) -> int:
        return sum(self.states.values())

    @property
    def waiting(self) -> int:
        return sum(self.states.get(state, 0) for state in WAITING)


@dataclass(frozen=True, slots=True)
class Ratings:
    """How many people said so of an answer that stands; somebody with several cases counts once
    for each that they said."""

    yes: int = 0
    no: int = 0


async def numbers_by_unit(
    tx: Transaction, sight: Sight, wanted: Wanted, *, now: datetime
) -> dict[str, UnitNumbers]:
    """By the unit's code, of the kind, units, topic and time that are wanted."""
    row = CaseRecord
    kept = [sees(sight), *filters(replace(wanted, since=None, until=None))]
    # "+" lets SQLite go in the order of units through an index that holds all of it, rather than
    # read and sort each case of the time.
    at = row.__table__.c.received_at
    received = at if tx.on_postgresql else UnaryExpression(at, operator=PLUS, type_=at.type)
    if wanted.since is not None:
        kept.append(received >= wanted.since)
    if wanted.until is not None:
        kept.append(received < wanted.until)
    waits = row.state.in_(WAITING)
    # Nearly all cases are closed in the end: those are only counted, and the few others sorted.
    totals = await tx.connection.execute(
        select(row.unit, func.count()).where(*kept).group_by(row.unit)
    )
    found = await tx.connection.execute(
        select(
            row.unit,
            row.state,
            func.count(),
            func.sum(case((and_(waits, row.due_at < now), 1), else_=0)),
            func.sum(case((and_(waits, row.quarantine != ""), 1), else_=0)),
        )
        .where(*kept, row.state.in_([state for state in CaseState if state != CaseState.CLOSED]))
        .group_by(row.unit, row.state)
    )
    states: defaultdict[str, dict[CaseState, int]] = defaultdict(dict)
    late, held = Counter[str](), Counter[str]()
    for unit, state, many, overdue, back in found:
        states[unit][CaseState(state)] = int(many)
        late[unit] += int(overdue)
        held[unit] += int(back)
    for unit, many in totals:
        states[unit][CaseState.CLOSED] = int(many) - sum(states[unit].values())
    return {unit: UnitNumbers(many, late[unit], held[unit]) for unit, many in states.items()}


async def received_by_topic(
    tx: Transaction, sight: Sight, wanted: Wanted, topics: Collection[str]
) -> Mapping[str, int]:
    """How many cases are nearest to which of these cards, by its slug."""
    row = CaseRecord
    if not topics:
        return {}
    found = await tx.connection.execute(
        select(row.topic, func.count())
        .where(sees(sight), *filters(wanted), row.topic.in_(topics))
        .group_by(row.topic)
    )
    return {topic: int(many) for topic, many in found}


async def ratings(tx: Transaction, sight: Sight, wanted: Wanted) -> dict[str, Ratings]:
    """Of what was "understood", and with what people were "satisfied"."""
    row, everyone = CaseRecord, People()
    sides = [
        column.is_(value) for column in (row.understood, row.satisfied) for value in (True, False)
    ]
    found = await tx.connection.execute(
        select(*(func.count(distinct(case((side, everyone.who)))) for side in sides))
        .select_from(everyone.of(row))
        .where(
            sees(sight), *filters(wanted),
            or_(row.understood.is_not(None), row.satisfied.is_not(None)),
        )
    )  # fmt: skip
    yes, no, content, cross = map(int, found.one())
    return {"understood": Ratings(yes, no), "satisfied": Ratings(content, cross)}


async def understood_by_topic(
    tx: Transaction, sight: Sight, wanted: Wanted, topics: Collection[str]
) -> Mapping[str, Ratings]:
    """Whether answers by officials to what is nearest to one of these cards were understood."""
    row, everyone = CaseRecord, People()
    if not topics:
        return {}
    yes, no = (
        func.count(distinct(case((row.understood.is_(said), everyone.who))))
        for said in (True, False)
    )
    found = await tx.connection.execute(
        select(row.topic, yes, no)
        .select_from(everyone.of(row))
        .where(
            sees(sight), *filters(wanted), row.topic.in_(topics), row.understood.is_not(None)
        )
        .group_by(row.topic)
    )  # fmt: skip
    return {topic: Ratings(int(well), int(badly)) for topic, well, badly in found}
