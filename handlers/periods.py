"""Periods: from one day to another in Vietnam, and those that people ask for by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from handlers.errands import VIETNAM


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last day, in Vietnam."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        """Where it begins, in UTC."""
        return datetime.combine(self.first, time(), VIETNAM).astimezone(UTC)

    @property
    def until(self) -> datetime:
        """Where the next day begins, in UTC."""
        return datetime.combine(self.last + timedelta(days=1), time(), VIETNAM).astimezone(UTC)


def this_year(today: date) -> Period:
    """Until today."""
    return Period(today.replace(month=1, day=1), today)


def last_year(today: date) -> Period:
    return Period(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))


def this_quarter(today: date) -> Period:
    """Until today."""
    return Period(today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), today)


def day_in(typed: str) -> date | None:
    """A day as browsers write it: 2026-11-27. None for anything else, and for no real year."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 9000 else None
