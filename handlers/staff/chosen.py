"""Which unit and which time somebody chose, for numbers and reports: by one click, or by days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from content.texts import Texts
from handlers.periods import Period, day_in, last_year, this_quarter, this_year
from handlers.staff.staff import Staff
from handlers.staff.unit_choice import Offered
from handlers.units import Unit, Units

PERIODS: Mapping[str, Callable[[date], Period]] = {
    "this_year": this_year,
    "last_year": last_year,
    "this_quarter": this_quarter,
}
"""What one click asks for."""


class NotTheirs(Exception):
    """The unit is none, or none of theirs."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Of which unit (None: all) and time; `wrong` says that the days stood the wrong way round."""

    unit: Unit | None
    period: Period
    wrong: bool = False

    @classmethod
    def of(cls, typed: Mapping[str, str], staff: Staff, units: Units, today: date) -> Chosen:
        """What is not said is this year until today, of their own unit. Raises NotTheirs."""
        code = typed.get("unit", staff.unit)
        unit = units.get(code) if code else None
        if (code and unit is None) or not staff.covers(unit.code if unit else ""):
            raise NotTheirs
        usual = PERIODS.get(typed.get("period", ""), this_year)(today)
        first = day_in(typed.get("first", "")) or usual.first
        last = day_in(typed.get("last", "")) or usual.last
        if first > last:
            return cls(unit, Period(last, first), wrong=True)
        return cls(unit, Period(first, last))

    @property
    def code(self) -> str:
        return self.unit.code if self.unit else ""

    @property
    def days(self) -> dict[str, str]:
        """As the list of cases takes them."""
        return {"first": str(self.period.first), "last": str(self.period.last)}

    def address(self, place: str, **others: str) -> str:
        """Another page for the same unit and days; an empty unit is said too."""
        return f"{place}?{urlencode({'unit': self.code} | self.days | others)}"

    def fields(
        self, place: str, staff: Staff, units: Units, texts: Texts, today: date
    ) -> dict[str, object]:
        """What `chosen.html` shows: the days and units, and the periods of one click."""
        return {
            "period": self.period,
            "unit": self.code,
            "units": Offered.of(
                (unit for unit in units if staff.covers(unit.code)),
                texts("staff.cases.every_unit") if staff.everywhere else "",
            ),
            "periods": [
                (
                    f"{place}?{urlencode({'unit': self.code, 'period': name})}",
                    texts(f"staff.period.{name}"),
                    of(today) == self.period,
                )
                for name, of in PERIODS.items()
            ],
            "problem": texts("staff.period.turned") if self.wrong else "",
        }
