"""A linear classifier of scikit-learn over TF-IDF, with a refusal as carefully chosen as ours.

Pieces of words (2 to 4 letters) and words with pairs of words, all folded; LinearSVC for the cards
and kinds of talk, another for the facets. Chances and both thresholds come from scores that the
training lines got in cross-validation, by the same functions and for the same risk as ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from content.understanding.calibration import (
    Chance,
    Doubles,
    threshold_for_risk,
    threshold_for_share,
)
from content.understanding.training import FOLLOW_UP, NONE, TALK, Example
from tests.benchmarks.matching.methods import MENU, Found
from tests.benchmarks.matching.questions import ready

PARTS = 5
"""Into so many parts the lines are cut for cross-validation."""

PULL = 1.0
"""The C of LinearSVC: the best of 0.1, 0.2, 0.5, 1 and 2 in cross-validation."""

OUT_OF_SCOPE = 0.15
"""Of what people write, so much has no card."""

RISK, SILENT = 0.015, 0.015
"""Of all questions so many may be answered from a wrong card; of those that have a card, so many
may be refused. These three are those of `content/understanding/training.py`."""


class Classifier:
    refuses = True
    tells_facets = True

    def __init__(self, lines: Sequence[Example], slugs: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - starting is measured
        from sklearn.pipeline import FeatureUnion  # noqa: PLC0415 - starting is measured
        from sklearn.svm import LinearSVC  # noqa: PLC0415 - starting is measured

        self._features = FeatureUnion(
            [
                (
                    "pieces",
                    TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True),
                ),
                (
                    "words",
                    TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), sublinear_tf=True),
                ),
            ]
        )
        rows = self._features.fit_transform([line.words.folded for line in lines])
        targets = np.array([line.target for line in lines])
        self._cards = LinearSVC(C=PULL).fit(rows, targets)
        self._names = tuple(map(str, self._cards.classes_))
        self._is_card = np.isin(self._names, list(slugs))
        self._none = self._names.index(NONE)
        with_facet = np.flatnonzero([line.facet is not None for line in lines])
        facets = [str(line.facet) for line in lines if line.facet is not None]
        self._facets = LinearSVC(C=PULL).fit(rows[with_facet], facets)
        self._calibrate(lines, self._unseen(rows, targets))

    def find(self, text: str) -> Found:
        return self._read(text)[0]

    def follow(self, turns: Sequence[str]) -> Found:
        """A message of the kind that hangs on another keeps the cards of the one before."""
        found, _ = self._read(turns[0])
        for turn in turns[1:]:
            now, name = self._read(turn)
            keeps = name == FOLLOW_UP and not found.refused
            found = Found(found.cards, found.sure, facet=now.facet) if keeps else now
        return found

    def _read(self, text: str) -> tuple[Found, str]:
        """What a message alone comes to, and its likeliest class."""
        row = self._features.transform([ready(text).folded])
        scores = self._cards.decision_function(row)[0]
        measured = self._measures(scores)
        right, inside = float(self._right.of(measured)), float(self._inside.of(measured))
        name = self._names[int(np.argmax(scores))]
        order = np.argsort(-np.where(self._is_card, scores, -np.inf))[:MENU]
        refused = inside < self._refuse_below or name in set(TALK) - {NONE}
        found = Found(
            tuple(self._names[n] for n in order),
            sure=not refused and right >= self._answer_at,
            refused=refused,
            facet=str(self._facets.predict(row)[0]),
            chance=inside if refused else right,
        )
        return found, name

    def _unseen(self, rows: np.ndarray, targets: np.ndarray) -> Doubles:
        """What each line scored when its part was left out of the training."""
        from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415 - starting is measured
        from sklearn.svm import LinearSVC  # noqa: PLC0415 - starting is measured

        scores = np.zeros((len(targets), len(self._names)))
        parts = StratifiedKFold(PARTS, shuffle=True, random_state=0)
        for seen, left_out in parts.split(rows, targets):
            fitted = LinearSVC(C=PULL).fit(rows[seen], targets[seen])
            scores[left_out] = fitted.decision_function(rows[left_out])
        return scores

    def _measures(self, scores: Doubles) -> Doubles:
        cards = np.sort(scores[self._is_card])[::-1]
        talk = scores[~self._is_card].max()
        return np.array([cards[0], cards[0] - cards[1], cards[0] - talk, scores[self._none]])

    def _calibrate(self, lines: Sequence[Example], unseen: Doubles) -> None:
        asked = [n for n, x in enumerate(lines) if x.asked and x.target != FOLLOW_UP]
        measured = np.array([self._measures(unseen[n]) for n in asked])
        best = [
            self._names[int(np.argmax(np.where(self._is_card, unseen[n], -np.inf)))] for n in asked
        ]
        right = np.array([lines[n].target == b for n, b in zip(asked, best, strict=True)], float)
        card = np.array([lines[n].target not in TALK for n in asked], float)
        share = OUT_OF_SCOPE / (1 - OUT_OF_SCOPE)
        weigh = card + (1 - card) * share * card.sum() / max(1.0, (1 - card).sum())
        self._right = Chance.fit(measured, right, weigh)
        self._inside = Chance.fit(measured, card, weigh)
        self._answer_at = threshold_for_risk(self._right.of(measured), 1 - right, weigh, risk=RISK)
        self._refuse_below = threshold_for_share(self._inside.of(measured[card > 0]), below=SILENT)
