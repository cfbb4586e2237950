"""Units: the communes and villages that the program serves, and what is known of each office."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace

from content.answers import NOWHERE, LocalFacts


@dataclass(frozen=True, slots=True)
class Unit:
    """A commune, a village, or what stands above them. `parent` is a unit's code, or empty."""

    code: str
    name: str
    parent: str = ""
    local: LocalFacts = NOWHERE


class Units:
    """All units, found by code whatever its letter case."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = {unit.code.casefold(): unit for unit in units}

    def get(self, code: str) -> Unit | None:
        return self._units.get(code.strip().casefold())

    def inside(self, parent: str) -> list[Unit]:
        """The units right below `parent`; with an empty parent, those that stand below none."""
        return [unit for unit in self._units.values() if unit.parent == parent]

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

    def __iter__(self) -> Iterator[Unit]:
        return iter(self._units.values())

    def __len__(self) -> int:
        return len(self._units)
