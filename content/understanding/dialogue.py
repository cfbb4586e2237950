"""Keeps the subject from turn to turn: "cần giấy gì" after a question about a card is about it."""

from __future__ import annotations

from collections.abc import Sequence

from content.cards import Facet
from content.understanding.matcher import Scores
from content.understanding.outcomes import Answer, Choices, Context

MENU = 3
"""Cards offered at most."""

_HEAD_START = 0.15
"""What the subject talked about is ahead of others in the next turn."""

_SUREST = 0.95
"""Of a message that hangs on another no more than this is claimed."""

_NAMED = 0.4
"""A card scoring this much has been named, whatever was talked about before."""


def belongs(context: Context, slugs: Sequence[str], scores: Scores, follows: float) -> bool:
    """Whether a message goes on about the subject talked about.

    `follows` is the calibrated chance that its wording hangs on what came before.
    """
    if context.topic not in slugs:
        return False
    kept = float(scores.cards[list(slugs).index(context.topic)])
    best, none = float(scores.cards.max()), float(scores.talk[0])
    if kept + _HEAD_START >= best:
        return follows >= 0.1 or max(kept, best) >= none
    if best >= _NAMED and follows < 0.5:
        return False
    return follows >= 0.4 or (scores.length <= 8 and best < 0.3 and none < 0.4)


def follow(
    context: Context, facet: Facet, best: Sequence[str], follows: float, sure_at: float
) -> Answer | Choices:
    """The old subject with the new facet; a menu with it in front if it was only guessed."""
    others = tuple(slug for slug in best if slug != context.topic)
    kept = Context(context.topic, facet, sure=context.sure)
    if context.sure:
        return Answer(
            context.topic,
            facet,
            chance(max(sure_at, min(follows, _SUREST))),
            others[: MENU - 1],
            kept,
        )
    menu = (context.topic, *others)[:MENU]
    return Choices(menu, facet, chance(min(follows, sure_at / 2)), kept)


def chance(value: float) -> float:
    """Within 0 and 1, and rounded so that it prints alike everywhere."""
    return round(min(1.0, max(0.0, value)), 4)
