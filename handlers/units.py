"""Units: the communes and villages that the program serves, and what is known of each office."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from enum import StrEnum

from content.answers import NOWHERE, LocalFacts
from content.understanding.vietnamese import fold

CONFIRMED_FOR = timedelta(days=365)
"""So long after somebody confirmed them are the numbers of a unit shown."""


@dataclass(frozen=True, slots=True)
class Hotlines:
    """Numbers to call in danger, by its kind, and the day on which somebody confirmed them."""

    numbers: Mapping[str, str] = field(default_factory=dict)
    confirmed: date = date.min

    def number(self, kind: str, today: date) -> str:
        """Empty when there is none, or when nobody has confirmed it for a year."""
        if not self.confirmed <= today <= self.last_day:
            return ""
        return self.numbers.get(kind, "")

    @property
    def last_day(self) -> date:
        """The last day on which they are shown."""
        return self.confirmed + CONFIRMED_FOR


NO_HOTLINES = Hotlines()


class Source(StrEnum):
    """Where a unit is kept: what stands in the settings file is changed there alone."""

    FILE = "file"
    KEPT = "kept"  # in the database
    BOTH = "both"  # the file's is what counts


@dataclass(frozen=True, slots=True)
class Unit:
    """A commune, a village, or what stands above them. `parent` is a unit's code, or empty."""

    code: str
    name: str
    parent: str = ""
    local: LocalFacts = NOWHERE
    hotlines: Hotlines = NO_HOTLINES
    source: Source = Source.FILE


_CODE_BEHIND = re.compile(r"\(([^()\s]+)\)\s*$")


class Units:
    """All units, found by code whatever its letter case."""

    def __init__(self, units: Iterable[Unit], everywhere: Hotlines = NO_HOTLINES) -> None:
        """`everywhere` are the numbers to call where no unit has its own."""
        self._numbers = everywhere
        self.replace(units)

    def replace(self, units: Iterable[Unit]) -> None:
        """These are all units from now on, for everybody who holds this."""
        self._units = {unit.code.casefold(): unit for unit in units}
        self._inside: dict[str, list[Unit]] = {}
        for unit in self._units.values():
            self._inside.setdefault(unit.parent, []).append(unit)
        self._below: dict[str, frozenset[str]] = {}
        self._served: dict[str, frozenset[str]] = {}
        self._named: dict[str, list[Unit]] = {}

    @property
    def common(self) -> Hotlines:
        """The numbers to call where no unit has its own."""
        return self._numbers

    def get(self, code: str) -> Unit | None:
        return self._units.get(code.strip().casefold())

    def named(self, name: str) -> list[Unit]:
        """Those of this name, whatever its case, with or without diacritics."""
        if not self._named:
            for unit in self:
                self._named.setdefault(fold(unit.name), []).append(unit)
        return list(self._named.get(fold(" ".join(name.split())), ()))

    def like(self, typed: str) -> list[Unit]:
        """Those that somebody may mean who typed so: by the code, alone or in brackets behind the
        name; by the whole name; by words of it, diacritics or not; else by their beginnings."""
        behind = _CODE_BEHIND.search(typed)
        if (unit := self.get(behind[1] if behind else typed)) is not None:
            return [unit]
        if same := self.named(typed):
            return same
        words = [f" {word}" for word in fold(typed).split()]
        begun = [one for one in self._named if words and all(w in f" {one}" for w in words)]
        ended = [one for one in begun if all(f"{w} " in f" {one} " for w in words)]
        return [unit for name in ended or begun for unit in self._named[name]]

    def inside(self, parent: str) -> list[Unit]:
        """The units right below `parent`; with an empty parent, those that stand below none."""
        return list(self._inside.get(parent, ()))

    def line(self, code: str) -> list[Unit]:
        """The unit and all that stand above it, from below; empty for a code that is no unit's."""
        unit = self.get(code)
        return [] if unit is None else [unit, *self.line(unit.parent)]

    def below(self, code: str) -> frozenset[str]:
        """The codes of the unit and of all that stand below it; an empty code is all units'."""
        if code and code not in self._units:
            return frozenset({code})
        if code not in self._below:
            if code:
                inside = frozenset[str]().union(*(self.below(u.code) for u in self.inside(code)))
                self._below[code] = inside | {code}
            else:
                self._below[""] = frozenset({"", *(unit.code for unit in self)})
        return self._below[code]

    def everywhere(self, code: str) -> bool:
        """Whether the unit and all below it are all that there is."""
        return not code or self.below(code) | {""} >= self.below("")

    def addressed(self, code: str, *, only: bool) -> frozenset[str]:
        """The codes of the units whose people something is for: the unit with all below it, or it
        alone. None at all means everybody, as an empty code does."""
        if not code:
            return frozenset()
        return frozenset({code}) if only else self.below(code)

    def joint(self, codes: Iterable[str]) -> str:
        """The lowest unit at or above all of these; empty where they have none in common."""
        lines = [[unit.code for unit in self.line(code)] for code in codes]
        return next((c for c in lines[0] if all(c in line for line in lines)), "") if lines else ""

    def office(self, code: str) -> Unit | None:
        """The unit whose office serves this one: itself, or the first above it that has an address
        or a number; without any, the one that stands highest."""
        line = self.line(code)
        own = [u for u in line if u.local.office_address or u.local.office_phone]
        return next(iter([*own, *line[-1:]]), None)

    def served_with(self, code: str) -> frozenset[str]:
        """The codes of all units that the same office serves as this one: of no two offices the
        same one. A code that is no unit's stands alone."""
        if not self._served:
            offices: dict[str, set[str]] = {}
            for unit in self:
                if office := self.office(unit.code):
                    offices.setdefault(office.code, set()).add(unit.code)
            self._served = {office: frozenset(codes) for office, codes in offices.items()}
        office = self.office(code)
        return frozenset({code}) if office is None else self._served[office.code]

    def local(self, code: str) -> LocalFacts:
        """What the cards say of this unit; what it leaves open is taken from the units above."""
        unit = self.get(code)
        if unit is None:
            return NOWHERE
        if not unit.parent:
            return unit.local
        above = self.local(unit.parent)
        # A village has no office of its own: what it does not name is the commune's, name and all.
        own = unit.local.office_address or unit.local.office_phone
        known = {f.name: getattr(unit.local, f.name) for f in fields(LocalFacts)}
        known["unit_name"] = unit.local.unit_name if own else ""
        return replace(above, **{name: value for name, value in known.items() if value})

    def hotline(self, code: str, kind: str, today: date) -> tuple[str, str]:
        """Whose number to call and the number: the unit's, of one above it, or everybody's.

        Everybody's has an empty place; two empty words say that there is none.
        """
        unit = self.get(code)
        if unit is None:
            return "", self._numbers.number(kind, today)
        if number := unit.hotlines.number(kind, today):
            return unit.name, number
        return self.hotline(unit.parent, kind, today)

    def __iter__(self) -> Iterator[Unit]:
        return iter(self._units.values())

    def __len__(self) -> int:
        return len(self._units)
