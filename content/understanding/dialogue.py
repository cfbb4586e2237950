"""Keeps the subject from turn to turn: "cần giấy gì" after a question about a card is about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

HANGS = 0.5
"""The chance from which on a message is taken to go on about the subject."""

_CLINGS = 0.8
"""The chance from which on even a clear question goes on about a subject that was guessed."""

_OUTRIGHT = 0.98
"""The chance from which on a message's own card takes the place of a subject that was sure. On 258
talks that were not learned it breaks none that goes on, and mends one of eleven that change."""


def subject(context: Context, places: Mapping[str, int], scores: Scores, follows: float) -> str:
    """The card that both turns together speak for most, among those the first one may have meant.

    A subject that was sure gives way only to one that is clearly better; a guess more easily.
    The more a message hangs on the turn before, the less its own words say of the subject.
    """
    own = 1 - _FADES * follows
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


def stands_alone(context: Context, best: str, right: float, follows: float) -> bool:
    """Whether a question that is clear by itself is taken by itself: after a mere guess it is,
    after an answer only where hardly anything speaks against its own card ("thế còn tiền điện")."""
    if context.sure:
        return best != context.topic and right >= _OUTRIGHT
    return best == context.topic or follows < _CLINGS


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
