"""The report of a period: what was explained, what people said, how soon it was settled, by unit.

All numbers of cases come from the very rows of the export, so that both agree; those of a unit hold
what stands below it, so that they add up from the village to the province.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median

from handlers.exports import days_to_answer, overdue
from handlers.units import Unit, Units
from storage.broadcast_outcomes import Account
from storage.broadcast_records import Broadcast
from storage.case_numbers import Ratings
from storage.case_records import WAITING, CaseKind, CaseState
from storage.case_rows import CaseRow
from storage.tallies import Asked, Tally

EXPLAINED = (Asked.ANSWERED, Asked.OPENED)
QUESTIONS = (Asked.ANSWERED, Asked.UNSURE, Asked.UNKNOWN, Asked.DANGER)
USES = (*QUESTIONS, Asked.OPENED)
"""What was asked and looked at; what is said of answers is neither."""


@dataclass(slots=True)
class CaseNumbers:
    """Of some cases. `days` are those from a case's arrival to its first answer."""

    received: int = 0
    answered: int = 0
    closed: int = 0
    withdrawn: int = 0
    waiting: int = 0
    overdue: int = 0
    reopened: int = 0
    understood: int = 0
    not_understood: int = 0
    satisfied: int = 0
    not_satisfied: int = 0
    days: list[float] = field(default_factory=list)

    @property
    def median_days(self) -> float | None:
        return median(self.days) if self.days else None

    def count(self, row: CaseRow, now: datetime) -> None:
        """Add one case as it stands."""
        days = days_to_answer(row)
        self.received += 1
        self.answered += days is not None
        self.closed += row.case.state is CaseState.CLOSED
        self.withdrawn += row.case.state is CaseState.WITHDRAWN
        self.waiting += row.case.state in WAITING
        self.overdue += overdue(row, now)
        self.reopened += row.reopened > 0
        self.understood += row.understood is True
        self.not_understood += row.understood is False
        self.satisfied += row.satisfied is True
        self.not_satisfied += row.satisfied is False
        if days is not None:
            self.days.append(days)

    def add(self, other: CaseNumbers) -> None:
        """Add another's numbers."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit with all below it; `depth` is 0 for what stands highest. Without a unit: everybody
    who chose none."""

    unit: Unit | None
    depth: int
    asked: Mapping[Asked, int]
    cases: CaseNumbers


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A broadcast that began in the period, and what became of it until now."""

    broadcast: Broadcast
    account: Account


@dataclass(frozen=True, slots=True)
class Report:
    """`topics` are cards' slugs with how often they were explained, the most frequent first, and
    `rated` what was said of their answers; `whole` says that complaints about somebody and what is
    held back are counted."""

    unit: Unit | None
    first: date
    last: date
    made_at: datetime
    asked: Mapping[Asked, int]
    topics: tuple[tuple[str, int], ...]
    cases: CaseNumbers
    kinds: Mapping[CaseKind, CaseNumbers]
    units: tuple[UnitLine, ...]
    notices: tuple[NoticeLine, ...]
    rated: Mapping[str, Ratings]
    whole: bool = True

    @property
    def explained(self) -> int:
        return sum(self.asked[what] for what in EXPLAINED)

    @property
    def questions(self) -> int:
        return sum(self.asked[what] for what in QUESTIONS)


def rated_by_topic(tallies: Iterable[Tally]) -> dict[str, Ratings]:
    """What people said of the machine's answers, by the card's slug."""
    rated: defaultdict[str, Counter[Asked]] = defaultdict(Counter)
    for one in tallies:
        if one.what in {Asked.HELPED, Asked.NOT_HELPED}:
            rated[one.topic][one.what] += one.many
    return {
        slug: Ratings(many[Asked.HELPED], many[Asked.NOT_HELPED]) for slug, many in rated.items()
    }


async def report_of(
    units: Units,
    *,
    unit: Unit | None,
    first: date,
    last: date,
    made_at: datetime,
    rows: AsyncIterable[CaseRow],
    tallies: Iterable[Tally],
    notices: Iterable[NoticeLine],
    whole: bool = True,
) -> Report:
    """Add up what belongs to a unit and all below it, or to everybody (None)."""
    by_unit: defaultdict[str, dict[CaseKind, CaseNumbers]] = defaultdict(dict)
    async for row in rows:
        own = by_unit[row.case.unit]
        own.setdefault(row.case.kind, CaseNumbers()).count(row, made_at)
    asked: defaultdict[str, Counter[Asked]] = defaultdict(Counter)
    topics: Counter[str] = Counter()
    tallies = list(tallies)
    for tally in tallies:
        asked[tally.unit][tally.what] += tally.many
        if tally.what in EXPLAINED:
            topics[tally.topic] += tally.many
    kinds = {kind: _sum(found.get(kind) for found in by_unit.values()) for kind in CaseKind}
    return Report(
        unit=unit,
        first=first,
        last=last,
        made_at=made_at,
        asked=_total(asked.values()),
        topics=tuple(sorted(topics.items(), key=lambda one: (-one[1], one[0]))),
        cases=_sum(kinds.values()),
        kinds=kinds,
        units=tuple(_lines(units, unit, by_unit, asked)),
        notices=tuple(notices),
        rated=rated_by_topic(tallies),
        whole=whole,
    )


def _lines(
    units: Units,
    top: Unit | None,
    cases: Mapping[str, Mapping[CaseKind, CaseNumbers]],
    asked: Mapping[str, Counter[Asked]],
) -> Iterator[UnitLine]:
    """The units from above to below, each followed by what stands in it."""

    def line(unit: Unit | None, codes: Iterable[str], depth: int) -> UnitLine:
        codes = list(codes)
        return UnitLine(
            unit,
            depth,
            _total(asked[code] for code in codes if code in asked),
            _sum(one for code in codes for one in cases.get(code, {}).values()),
        )

    def walk(unit: Unit, depth: int) -> Iterator[UnitLine]:
        yield line(unit, units.below(unit.code), depth)
        for inside in units.inside(unit.code):
            yield from walk(inside, depth + 1)

    for unit in [top] if top else units.inside(""):
        yield from walk(unit, 0)
    known = {unit.code for unit in units}
    if top is None and (others := {*cases, *asked} - known):
        yield line(None, others, 0)


def _sum(parts: Iterable[CaseNumbers | None]) -> CaseNumbers:
    whole = CaseNumbers()
    for part in parts:
        if part is not None:
            whole.add(part)
    return whole


def _total(parts: Iterable[Mapping[Asked, int]]) -> Counter[Asked]:
    whole: Counter[Asked] = Counter()
    for part in parts:
        whole.update(part)
    return whole
