"""Working days: when an answer is due, and whether an office is at work on a day.

A time limit that ends on a weekend or a public holiday ends with the next working day (Civil Code
2015, article 148(5)). The holidays are Vietnam's, with those that an installation adds, since the
days off around Tết are announced year by year.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

import holidays

from handlers.errands import VIETNAM
from storage.case_records import CaseKind

DAY_BEGINS, DAY_ENDS = time(8, 0), time(17, 0)
SATURDAY = 5


class DaysOff(Collection[date]):
    """Days off that always are, and others that may change while the program runs."""

    def __init__(self, always: Iterable[date] = ()) -> None:
        self.always = self._all = frozenset(always)

    def replace(self, more: Iterable[date]) -> None:
        """These are the others from now on, for everybody who holds this."""
        self._all = self.always | frozenset(more)

    def __contains__(self, day: object) -> bool:
        return day in self._all

    def __iter__(self) -> Iterator[date]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


class WorkingDays:
    """Knows Vietnam's working days."""

    def __init__(
        self, *, days: Mapping[CaseKind, int], holidays_too: Collection[date] = ()
    ) -> None:
        """`days` says within how many calendar days each kind of case is answered;
        `holidays_too` is asked each time."""
        self._days = days
        self._official = holidays.country_holidays("VN")
        self._too = holidays_too

    def works(self, day: date) -> bool:
        return day.weekday() < SATURDAY and day not in self._official and day not in self._too

    def at_work(self, at: datetime) -> bool:
        """Whether offices are open at that time (UTC)."""
        local = at.astimezone(VIETNAM)
        return self.works(local.date()) and DAY_BEGINS <= local.time() < DAY_ENDS

    def end_of_next(self, at: datetime) -> datetime:
        """The end of the next working day after the day of that time; both in UTC."""
        return self._end(at.astimezone(VIETNAM).date() + timedelta(days=1))

    def due(self, kind: CaseKind, asked_at: datetime) -> datetime:
        """When the answer to what came in at that time is due (UTC): the end of a working day."""
        return self._end(asked_at.astimezone(VIETNAM).date() + timedelta(days=self._days[kind]))

    def _end(self, day: date) -> datetime:
        """The end of this day, or of the first working day after it (UTC)."""
        while not self.works(day):
            day += timedelta(days=1)
        return datetime.combine(day, DAY_ENDS, VIETNAM).astimezone(UTC)
