"""The numbers of an overview: what was asked, week by week, and which numbers are not told.

Of fewer than five people no number is told where one could know them, also not by subtracting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from handlers.reporting import EXPLAINED, QUESTIONS, rated_by_topic
from storage.case_numbers import Ratings, UnitNumbers
from storage.public_numbers import FEWEST
from storage.tallies import Asked, Tally


@dataclass(frozen=True, slots=True)
class Shares:
    """What became of the questions to the machine; `parts` in whole hundredths of all."""

    questions: int
    many: Mapping[Asked, int]

    def part(self, what: Asked) -> int:
        return round(100 * self.many.get(what, 0) / self.questions) if self.questions else 0


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit with all below it; a number that is not told is None."""

    code: str
    name: str
    asked: int | None
    received: int | None
    waiting: int | None
    overdue: int | None


def shares_of(tallies: Iterable[Tally]) -> Shares:
    many: Counter[Asked] = Counter()
    for tally in tallies:
        many[tally.what] += tally.many
    return Shares(sum(many[what] for what in QUESTIONS), many)


def rated_of(tallies: Iterable[Tally]) -> Ratings:
    """What was said of the machine's answers together: how often, not how many people."""
    by_topic = rated_by_topic(tallies).values()
    return Ratings(sum(one.yes for one in by_topic), sum(one.no for one in by_topic))


def topics_told(tallies: Iterable[Tally]) -> list[tuple[str, int | None]]:
    """Cards' slugs with how often they were explained, the most frequent first; None where it is
    not told: in one place on one day a few askings may be known people's."""
    topics: Counter[str] = Counter()
    for tally in tallies:
        if tally.what in EXPLAINED and tally.topic:
            topics[tally.topic] += tally.many
    ranked = sorted(topics.items(), key=lambda one: (-one[1], one[0]))
    numbers = told([many for _, many in ranked])
    return [(slug, many) for (slug, _), many in zip(ranked, numbers, strict=True)]


def weeks_of(
    days: Mapping[date, Mapping[Asked, int]], first: date, last: date
) -> list[tuple[date, int]]:
    """Each week of the period by its Monday, with how many questions there were."""
    week = first - timedelta(days=first.weekday())
    weeks = {}
    while week <= last:
        weeks[week] = 0
        week += timedelta(days=7)
    for day, many in days.items():
        weeks[day - timedelta(days=day.weekday())] += sum(many.get(what, 0) for what in QUESTIONS)
    return list(weeks.items())


def unit_lines(
    places: Sequence[tuple[str, str, Collection[str]]],
    tallies: Iterable[Tally],
    cases: Mapping[str, UnitNumbers],
) -> list[UnitLine]:
    """A line a place: code, name, and the codes of all that belongs to it."""
    asked: Counter[str] = Counter()
    for tally in tallies:
        if tally.what in QUESTIONS:
            asked[tally.unit] += tally.many
    columns = [told([sum(asked[code] for code in codes) for _, _, codes in places])]
    for name in ("received", "waiting", "overdue"):
        columns.append(
            told(
                [
                    sum(getattr(cases[code], name) for code in codes if code in cases)
                    for _, _, codes in places
                ]
            )
        )
    return [
        UnitLine(code, name, *numbers)
        for (code, name, _), numbers in zip(places, zip(*columns, strict=True), strict=True)
    ]


def told(numbers: Sequence[int]) -> list[int | None]:
    """The parts of a sum as they may be told: none between 0 and `FEWEST`; and where that hides a
    single one, the next smallest is hidden too, or it could be worked out from the sum."""
    hidden = {place for place, many in enumerate(numbers) if 0 < many < FEWEST}
    others = [place for place, many in enumerate(numbers) if many >= FEWEST]
    if len(hidden) == 1 and others:
        hidden.add(min(others, key=lambda place: numbers[place]))
    return [None if place in hidden else many for place, many in enumerate(numbers)]


def may_tell(said: Ratings) -> bool:
    """Whether both what people said and how many said otherwise are none, or `FEWEST` at least."""
    return said.yes + said.no >= FEWEST and all(
        many == 0 or many >= FEWEST for many in (said.yes, said.no)
    )
