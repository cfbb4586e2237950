"""The trained matcher: how well each card, each kind of talk and each facet fits a question.

Two readings are added up: a ridge classifier over all features, which learned what tells the
cards apart, and BM25 over each card's words, which rewards rare words whatever was learned.
`training` makes a matcher; `dialogue` decides what to do with its scores.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from content.understanding.calibration import Chance, Doubles
from content.understanding.features import Floats, Vocabulary, word_grams
from content.understanding.vietnamese import Words

BM25_SHARE = 0.05
"""What a point of BM25, by the root of the question's length, adds to a ridge score."""


@dataclass(frozen=True)
class Scores:
    """What one question scored. `cards` is in the order of `Matcher.slugs`."""

    cards: Floats
    talk: Floats
    facets: Floats
    bm25: Floats
    known: float  # share of the question's words that any card knows
    length: int

    @property
    def ranking(self) -> list[int]:
        """The cards' places, best first; equal scores in the order of the slugs."""
        return [int(n) for n in np.argsort(-self.cards, kind="stable")]

    def measures(self, card: int | None = None) -> Doubles:
        """What the calibration looks at, for the best card or another."""
        order = self.ranking
        best = order[0] if card is None else card
        rival = order[1] if best == order[0] and len(order) > 1 else order[0]
        top_bm25 = int(np.argmax(self.bm25))
        root = max(1.0, self.length) ** 0.5
        return np.array(
            [
                self.cards[best],
                self.cards[best] - self.cards[rival],
                self.cards[best] - self.talk.max(),
                self.talk[0],
                self.bm25[best] / root,
                float(top_bm25 == best),
                self.known,
            ],
            dtype=np.float64,
        )


@dataclass(frozen=True)
class Matcher:
    """Read-only after training; `score` takes well under a millisecond."""

    slugs: tuple[str, ...]
    talk: tuple[str, ...]  # "none" first, then kinds of small talk, "follow_up"
    facets: tuple[str, ...]
    vocabulary: Vocabulary
    ridge: Floats  # features × (slugs + talk + facets)
    bm25: Floats  # features × slugs
    known: Floats  # features: 1 where any card uses the word
    right: Chance  # that the best card is the right one
    inside: Chance  # that any card answers the question
    follows: Chance  # that a question hangs on the one before
    answer_at: float
    refuse_below: float

    def score(self, words: Words) -> Scores:
        columns, values = self.vocabulary.vector(words)
        ridge = values @ self.ridge[columns] if len(columns) else np.zeros(self.ridge.shape[1])
        counted = [self.vocabulary.index.get(g) for g in Counter(word_grams(words))]
        rows = [n for n in counted if n is not None]
        bm25 = self.bm25[rows].sum(axis=0) if rows else np.zeros(len(self.slugs))
        length = len(words.folded.split())
        known = self.vocabulary.familiar(words, self.known)
        cards, talk, facets = np.split(
            ridge.astype(np.float32), [len(self.slugs), len(self.slugs) + len(self.talk)]
        )
        return Scores(
            cards=blend(cards, bm25.astype(np.float32), length),
            talk=talk,
            facets=facets,
            bm25=bm25.astype(np.float32),
            known=known,
            length=length,
        )

    def save(self, path: Path) -> None:
        """Writes one npz file whole or not at all. Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        names = "\n".join(self.vocabulary.index).encode()
        about = {
            "slugs": self.slugs,
            "talk": self.talk,
            "facets": self.facets,
            "answer_at": self.answer_at,
            "refuse_below": self.refuse_below,
        }
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(
                    file,
                    names=np.frombuffer(names, dtype=np.uint8),
                    about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
                    idf=self.vocabulary.idf,
                    ridge=self.ridge,
                    bm25=self.bm25,
                    known=self.known,
                    right=self.right.to_array(),
                    inside=self.inside.to_array(),
                    follows=self.follows.to_array(),
                )
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> Matcher:
        """Reads what `save` wrote. Raises OSError, ValueError or KeyError for anything else."""
        with np.load(path, allow_pickle=False) as stored:
            names = stored["names"].tobytes().decode().split("\n")
            about = json.loads(stored["about"].tobytes())
            return cls(
                slugs=tuple(about["slugs"]),
                talk=tuple(about["talk"]),
                facets=tuple(about["facets"]),
                vocabulary=Vocabulary({name: n for n, name in enumerate(names)}, stored["idf"]),
                ridge=stored["ridge"],
                bm25=stored["bm25"],
                known=stored["known"],
                right=Chance.from_array(stored["right"]),
                inside=Chance.from_array(stored["inside"]),
                follows=Chance.from_array(stored["follows"]),
                answer_at=about["answer_at"],
                refuse_below=about["refuse_below"],
            )


def blend(ridge: Floats, bm25: Floats, length: int) -> Floats:
    """One score a card from the two readings."""
    blended: Floats = ridge + np.float32(BM25_SHARE / max(1, length) ** 0.5) * bm25
    return blended
