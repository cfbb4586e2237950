"""What a method of matching must be able to do to be measured, and what it finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from content.understanding.training import Example

MENU = 3
"""Cards that are looked at: as many as a villager is offered."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one message came to. `cards` are the likeliest, best first, also when it is refused."""

    cards: tuple[str, ...]
    sure: bool = True  # shown at once; else a menu
    refused: bool = False
    facet: str | None = None
    chance: float | None = None  # said: that the first card is right; refused: that any card is

    @property
    def card(self) -> str | None:
        """The card it stands for."""
        return self.cards[0] if self.cards and not self.refused else None


class Method(Protocol):
    """Built from the lines to learn from, then only asked."""

    @property
    def refuses(self) -> bool: ...

    @property
    def tells_facets(self) -> bool: ...

    def find(self, text: str) -> Found: ...

    def follow(self, turns: Sequence[str]) -> Found:
        """What the last of several messages of one talk came to."""
        ...


def card_lines(lines: Iterable[Example], slugs: Iterable[str]) -> list[Example]:
    """Those lines that belong to a card."""
    known = frozenset(slugs)
    return [line for line in lines if line.target in known]


def by_best_line(ranked: Iterable[Example]) -> Found:
    """The cards of the best lines, best first, with the facet of the best line of all."""
    facet: str | None = None
    cards: dict[str, None] = {}
    for place, line in enumerate(ranked):
        if not place:
            facet = line.facet or "general"
        cards[line.target] = None
        if len(cards) == MENU:
            break
    return Found(tuple(cards), facet=facet)
