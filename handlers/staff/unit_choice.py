"""Choosing a unit: from a list while there are few, by its typed name or code where there are many.

A form names the field for typing as the other one with `TYPED` behind it. The door finds out which
unit is meant, and asks back with those that may be; so desks are given a code whichever way it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.staff.staff import Staff
from handlers.units import Unit, Units

MOST_LISTED = 60
"""A list that is longer nobody reads through, and a page of several such lists is megabytes."""

TYPED = "_typed"
LONGEST = 120
NOWHERE = ("staff.whole", "staff.cases.every_unit", "staff.units.top")
"""Texts that stand for no unit at all."""


@dataclass(frozen=True, slots=True)
class Offered:
    """The units of a form, name by code; `nowhere` is what no unit is called, empty where one has
    to be chosen."""

    names: Mapping[str, str]
    nowhere: str = ""

    @classmethod
    def of(cls, units: Iterable[Unit], nowhere: str = "") -> Offered:
        return cls({unit.code: unit.name for unit in units}, nowhere)

    def __contains__(self, code: object) -> bool:
        return code in self.names or (not code and bool(self.nowhere))

    @property
    def many(self) -> bool:
        """Whether one is typed."""
        return len(self.names) > MOST_LISTED

    def words(self, code: str) -> str:
        """What stands in the field for typing: understood again, whatever else has the name."""
        return whole(code, self.names[code]) if code in self.names else self.nowhere


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom typed words may mean: the codes (empty: no unit at all), with `more` than are named."""

    codes: tuple[str, ...]
    more: bool = False

    @property
    def sure(self) -> bool:
        return len(self.codes) == 1


def whole(code: str, name: str) -> str:
    """A unit as no other is called."""
    return f"{name} ({code})"


def told(unit: Unit, units: Units) -> str:
    """A unit with what stands above it: many have the same name."""
    above = [one.name for one in units.line(unit.code)[1:]]
    return ", ".join([unit.name, *above])


def meant(typed: str, staff: Staff, units: Units, texts: Texts) -> Meant:
    """Theirs first: others only where none of theirs can be meant, as for a case that is handed
    on."""
    words = typed[:LONGEST]
    if fold(" ".join(words.split())) in {fold(texts(key)) for key in NOWHERE}:
        return Meant(("",))
    found = units.like(words)
    codes = [one.code for one in found if staff.covers(one.code)] or [one.code for one in found]
    return Meant(tuple(codes[:MOST_LISTED]), len(codes) > MOST_LISTED)
