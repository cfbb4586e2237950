"""Keeps the subject from turn to turn: "cần giấy gì" after a question about a card is about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from content.cards import Facet
from content.understanding.matcher import Scores
from content.understanding.outcomes import Answer, Choices, Context

MENU = 3
"""Cards offered at most."""

_HEAD_START = 0.15
"""What the subject talked about is ahead of others in the next turn."""

_MEMORY = 1.5
"""What the scores of the turn before still count in this one."""

_FADES = 0.5
"""What the scores of a message lose that wholly hangs on the turn before."""

_SUREST = 0.95
"""Of a message that hangs on another no more than this is claimed."""

# Fitted on the tuning half of tests/benchmarks/matching: how surely a message must hang on the turn
# before (its wording and what it says for the subject added up), or how short it must be and how
# little speak for any card or for none; less is asked when it says no more for any other card.
_HANGS, _SHORT, _WEAK, _NONE = 0.9, 9, 0.4, 0.5
_HANGS_NEAR, _HELD = 0.6, 0.15

_NAMED = 0.4
"""A card scoring this much has been named, whatever was talked about before."""


def subject(context: Context, slugs: Sequence[str], scores: Scores, follows: float) -> str:
    """The card that both turns together speak for most, among those the first one may have meant.

    A subject that was sure gives way only to one that is clearly better; a guess more easily.
    The more a message hangs on the turn before, the less its own words say of the subject.
    """
    own = 1 - _FADES * follows
    places = {slug: n for n, slug in enumerate(slugs)}
    before = dict(context.leanings) if context.leanings else {context.topic: 0.3}
    start = _HEAD_START if context.sure else 0.0
    together = {
        slug: _MEMORY * score
        + own * float(scores.cards[places[slug]])
        + (start if slug == context.topic else 0.0)
        for slug, score in before.items()
        if slug in places
    }
    return max(together, key=lambda slug: together[slug], default=context.topic)


def belongs(kept: str, slugs: Sequence[str], scores: Scores, follows: float) -> bool:
    """Whether a message goes on about the subject `kept`.

    `follows` is the calibrated chance that its wording hangs on what came before.
    """
    if kept not in slugs:
        return False
    held = float(scores.cards[list(slugs).index(kept)])
    best, none = float(scores.cards.max()), float(scores.talk[0])
    if held + _HEAD_START >= best:
        return follows >= _HANGS_NEAR or (held >= none and held >= _HELD)
    if best >= _NAMED and follows < 0.5:
        return False
    return follows + held >= _HANGS or (scores.length <= _SHORT and best < _WEAK and none < _NONE)


def follow(
    context: Context,
    kept: str,
    facet: Facet,
    *,
    best: Sequence[str],
    follows: float,
    sure_at: float,
) -> Answer | Choices:
    """The subject with the new facet; a menu with it in front if it was only guessed."""
    others = tuple(slug for slug in best if slug != kept)
    onward = replace(context, topic=kept, facet=facet)
    if context.sure:
        sure = chance(max(sure_at, min(follows, _SUREST)))
        return Answer(kept, facet, sure, others[: MENU - 1], onward)
    menu = (kept, *others)[:MENU]
    return Choices(menu, facet, chance(min(follows, sure_at / 2)), onward)


def chance(value: float) -> float:
    """Within 0 and 1, and rounded so that it prints alike everywhere."""
    return round(min(1.0, max(0.0, value)), 4)
