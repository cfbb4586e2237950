"""To which places somebody may send a notice, and how the form lets them choose one: from a list
while there are few, by typing its name or code, and then from those that it may be, where many."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from content.understanding.vietnamese import fold
from handlers.official.notices_screens import ALONE
from handlers.official.notices_steps import Route
from handlers.official.notices_words import NoticeWords
from handlers.staff.unit_choice import MOST_LISTED, whole
from handlers.units import Units
from storage.officials import Official

_VALUE_BEHIND = re.compile(rf"\(([^()\s]+{re.escape(ALONE)}?)\)\s*$")


@dataclass(frozen=True, slots=True)
class Place:
    """A unit with all below it, or with `only` it alone; `value` is what the form calls it."""

    value: str
    unit: str
    only: bool


@dataclass(frozen=True, slots=True)
class PlaceField:
    """What the form shows: places to choose from (value, words), the one that is `chosen`; or
    nothing but what is `typed`, where there are `many`."""

    choices: Sequence[tuple[str, str]]
    chosen: str
    many: bool = False
    typed: str = ""


class NoticePlaces:
    """Knows them."""

    def __init__(self, *, route: Route, words: NoticeWords, units: Units) -> None:
        self._route = route
        self._words = words
        self._units = units

    def first(self, official: Official) -> Place:
        """Where their notices go unless they say otherwise."""
        return self._all(official)[0]

    def value(self, unit: str, *, only: bool) -> str:
        return f"{unit}{ALONE if only else ''}"

    def meant(self, typed: str, official: Official) -> list[Place]:
        """Those that may be meant: one for what the form wrote itself, none for what is not theirs
        to send to."""
        places = self._all(official)
        behind = _VALUE_BEHIND.search(typed)
        exact = [one for one in places if one.value == (behind[1] if behind else typed)]
        if exact:
            return exact
        if fold(typed) == fold(self._words.place("", only=False)):
            return [one for one in places if not one.unit]
        codes = {unit.code for unit in self._units.like(typed)}
        return [one for one in places if one.unit in codes]

    def field(self, typed: str, official: Official) -> PlaceField:
        """For what stands in it."""
        places = self._all(official)
        if len({one.unit for one in places}) <= MOST_LISTED:
            return PlaceField(self._in_words(places), typed)
        found = self.meant(typed, official)
        if len(found) == 1:
            [(value, words)] = self._in_words(found)
            return PlaceField((), value, many=True, typed=whole(value, words) if value else words)
        return PlaceField(self._in_words(found[:MOST_LISTED]), "", many=True, typed=typed)

    def _in_words(self, places: Sequence[Place]) -> list[tuple[str, str]]:
        return [(one.value, self._words.place(one.unit, only=one.only)) for one in places]

    def _all(self, official: Official) -> list[Place]:
        return [Place(self.value(c, only=o), c, o) for c, o in self._route.places(official)]
