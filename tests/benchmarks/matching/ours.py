"""Our own engine, seen as one method among others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from content.understanding import Answer, Choices, Outcome, Understanding, Unknown
from tests.benchmarks.matching.methods import MENU, Found


@dataclass(frozen=True)
class Ours:
    understanding: Understanding
    refuses: bool = True
    tells_facets: bool = True

    def find(self, text: str) -> Found:
        return found_in(self.understanding.understand(text))

    def follow(self, turns: Sequence[str]) -> Found:
        outcome: Outcome = Unknown(0.0, (), None)
        for turn in turns:
            outcome = self.understanding.understand(turn, outcome.context)
        return found_in(outcome)


def found_in(outcome: Outcome) -> Found:
    """Small talk and the wish for a person are no card, and come without a said chance."""
    match outcome:
        case Answer(slug, facet, chance, others):
            return Found((slug, *others)[:MENU], facet=facet, chance=chance)
        case Choices(slugs, facet, chance):
            return Found(slugs, sure=False, facet=facet, chance=chance)
        case Unknown(chance, others):
            return Found(others[:MENU], sure=False, refused=True, chance=chance)
    return Found((), sure=False, refused=True)


def slug_of(outcome: Outcome) -> str | None:
    """The card an outcome stands for; None when it abstains."""
    return found_in(outcome).card
