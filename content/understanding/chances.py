"""What is learned of chances: that a card is right, that any is, that a message hangs on another.

Learned from what each line scored with itself left out (`training`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from content.understanding.calibration import (
    Chance,
    Doubles,
    threshold_for_risk,
    threshold_for_share,
)
from content.understanding.matcher import Scores

FOLLOW_UP = "follow_up"

_OUT_OF_SCOPE_SHARE = 0.15  # of what people write; the none lines are weighed to it
_HANGING_SHARE = 0.65  # of what people write after an answer hangs on it
_RISK = 0.015  # of all questions may be answered from a wrong card
_SILENT = 0.025  # of the questions that a card answers may be refused
_TURNS, _STRIDE = 3, 17  # each line is said after so many subjects, taken in such steps

_NEAR, _NEAR_WEIGHT = 0.25, 16
"""A question without a card whose best card scores more is a near miss. It weighs so much more
where it is learned what may be answered at once: a wrong answer costs a family money."""


def calibrate(
    scored: Sequence[tuple[str, Scores]], places: Mapping[str, int]
) -> tuple[Chance, Chance, Chance, float, float]:
    """`right`, `inside` and `safe` of a matcher, where it answers, and below what it refuses.

    `scored` has what each line is about with its scores, `places` where each card stands in them.
    """
    alone = [(target, scores) for target, scores in scored if target != FOLLOW_UP]
    measured = np.array([scores.measures() for _, scores in alone])
    crossed = np.array([scores.crossed() for _, scores in alone])
    is_card = np.array([target in places for target, _ in alone], dtype=np.float64)
    is_right = np.array([places.get(t) == s.ranking[0] for t, s in alone], dtype=np.float64)
    outside = 1 - is_card
    share = _OUT_OF_SCOPE_SHARE / (1 - _OUT_OF_SCOPE_SHARE)
    weigh: Doubles = is_card + outside * share * is_card.sum() / max(1.0, outside.sum())
    near = outside * np.array([scores.cards[scores.ranking[0]] > _NEAR for _, scores in alone])
    right = Chance.fit(measured, is_right, weigh)
    inside = Chance.fit(measured, is_card, weigh)
    safe = Chance.fit(crossed, is_right, np.where(near > 0, _NEAR_WEIGHT * weigh, weigh))
    answer_at = threshold_for_risk(safe.of(crossed), 1 - is_right, weigh, risk=_RISK)
    refuse_below = threshold_for_share(inside.of(measured[is_card > 0]), below=_SILENT)
    return right, inside, safe, answer_at, refuse_below


def following(scored: Sequence[tuple[str, Scores]], places: Mapping[str, int]) -> Chance:
    """Whether a message hangs on the one before: learned by saying each after other subjects."""
    measured, hangs = [], []
    for n, (target, scores) in enumerate(scored):
        own = places.get(target)
        for turn in range(_TURNS):
            before = (n * _TURNS + turn) * _STRIDE % len(places)
            if before != own:
                measured.append(follow_measures(scores, before))
                hangs.append(target == FOLLOW_UP)
    happened = np.array(hangs, dtype=np.float64)
    share = happened.mean()
    return Chance.fit(
        np.array(measured),
        happened,
        np.where(happened > 0, _HANGING_SHARE / share, (1 - _HANGING_SHARE) / (1 - share)),
    )


def follow_measures(scores: Scores, before: int) -> Doubles:
    """What tells a message that hangs on the subject before (a card's place) from one that stands
    alone."""
    best, held = float(scores.cards.max()), float(scores.cards[before])
    return np.array(
        [
            scores.talk[-1],
            scores.talk[-1] - best,
            best,
            best - held,
            scores.talk[0],
            min(scores.length, 20) / 20,
        ],
        dtype=np.float64,
    )
