"""Figures and laws with the time they hold; which sentence shows them is `answers`' business."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class State(StrEnum):
    """How sure the editors are of a value."""

    CONFIRMED = "confirmed"
    TO_CONFIRM = "to-confirm"


@dataclass(frozen=True, slots=True)
class Period:
    """One value of a figure. `until` is its last day, or None while no end is known."""

    value: str
    start: date
    until: date | None
    source: str
    state: State

    def holds_on(self, day: date) -> bool:
        return self.start <= day and (self.until is None or day <= self.until)

    @property
    def confirmed(self) -> bool:
        return self.state is State.CONFIRMED


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount, rate or fee over time. `periods` are in order and do not overlap."""

    name: str
    periods: tuple[Period, ...]

    def on(self, day: date) -> Period | None:
        """The confirmed period that holds on the day; None means: show no number."""
        return next((p for p in self.periods if p.confirmed and p.holds_on(day)), None)

    def upcoming(self, day: date, within_days: int) -> Period | None:
        """The next confirmed period that begins after the day, at most so many days on."""
        last = day + timedelta(days=within_days)
        return next((p for p in self.periods if p.confirmed and day < p.start <= last), None)

    def begins_after(self, day: date) -> date | None:
        """When the next confirmed period begins, if none holds on the day."""
        if self.on(day) is not None:
            return None
        return next((p.start for p in self.periods if p.confirmed and day < p.start), None)

    def began_before(self, day: date) -> bool:
        """Whether anything was known to hold earlier, be it to be confirmed."""
        return any(period.start < day for period in self.periods)

    def ends(self, day: date, within_days: int) -> date | None:
        """The last day of the value of today, when that day comes within so many days."""
        now = self.on(day)
        if now is None or now.until is None or now.until > day + timedelta(days=within_days):
            return None
        return now.until


@dataclass(frozen=True, slots=True)
class Law:
    """A text that a card rests on. `replaces` are the numbers of the texts it took over.

    `in_force` is None while no source tells the day. `counts_from` is the earlier day from which
    its amounts are paid, for a text that reaches back.
    """

    number: str
    in_force: date | None
    article: str = ""
    replaces: tuple[str, ...] = ()
    counts_from: date | None = None

    @property
    def since(self) -> date | None:
        return self.counts_from or self.in_force


def cites(source: str, number: str) -> bool:
    """Whether a figure's source names that text whole: at its beginning, or as one of several."""
    whole = rf"(?:^|[,;] |\bvà ){re.escape(number)}(?=$|[,;]| [(]| và )"
    return re.search(whole, source.strip()) is not None
