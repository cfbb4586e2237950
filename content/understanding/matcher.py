"""The trained matcher: how well each card, each kind of talk and each facet fits a question.

Three readings of the cards are added up: a ridge classifier over all features, which learned what
tells the cards apart; BM25 over each card's words, which rewards rare words whatever was learned;
and how alike a card's nearest lines are. A shelf too large for the first does with the others.
`training` makes a matcher; `dialogue` decides what to do with its scores.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from content.understanding.calibration import Chance, Doubles
from content.understanding.features import Floats, Vocabulary
from content.understanding.names import Names
from content.understanding.retrieval import Lines, Postings
from content.understanding.vietnamese import Words

BM25_SHARE = 0.05
"""What a point of BM25, by the root of the question's length, adds to a card's score."""

ALIKE_SHARE, ALIKE_ALONE = 0.5, 0.7
"""What likeness to a card's nearest lines adds, beside the classifier and without it."""

OWN = 0.6
"""A name is a card's own beside another that has less than this share of its BM25."""

CANDIDATES = 12
"""So many cards, the best by the other readings, are looked at line by line."""

_CROSSED = [0, 1, 2, 3, 4, 6, 8]
"""The measures that are no shares and no yes or no."""

_ENOUGH = np.array([1.3, 0.9, 1.2, np.inf, 8, np.inf, 0.6, np.inf, np.inf, np.inf])
"""Of each measure what more than this says nothing further: a product would make too much of it."""


@dataclass(frozen=True)
class Scores:
    """What one question scored. `cards` is in the order of `Matcher.slugs`."""

    cards: Floats
    talk: Floats
    facets: Floats
    bm25: Floats  # by the root of the question's length
    alike: Floats  # 0 for cards that are no candidates
    alike_none: float  # to the nearest lines that no card answers
    known: float  # share of the question's words that any card knows
    length: int

    @cached_property
    def ranking(self) -> list[int]:
        """The places of the best cards, best first; equal scores in the order of the slugs."""
        most = min(CANDIDATES, len(self.cards))
        edge = np.partition(self.cards, len(self.cards) - most)[len(self.cards) - most]
        best = np.flatnonzero(self.cards >= edge)
        return [int(n) for n in best[np.argsort(-self.cards[best], kind="stable")]][:most]

    def measures(self) -> Doubles:
        """What the calibration looks at."""
        best, rival = self.ranking[:2]
        return np.array(
            [
                self.cards[best],
                self.cards[best] - self.cards[rival],
                self.cards[best] - self.talk.max(),
                self.talk[0],
                self.bm25[best],
                float(int(np.argmax(self.bm25)) == best),
                self.alike[best],
                float(int(np.argmax(self.alike)) == best),
                self.alike[best] - self.alike_none,
                self.known,
            ],
            dtype=np.float64,
        )

    def crossed(self) -> Doubles:
        """The measures, how alike the nearest lines without a card are, and products of two: what
        speaks against a card that every word speaks for shows in how they stand to each other.

        Not the length: of a short clear question it would say nothing good.
        """
        alone = np.minimum(self.measures(), _ENOUGH)
        some = alone[_CROSSED]
        products = np.outer(some, some)[np.triu_indices(len(some))]
        return np.concatenate([alone, [self.alike_none], products])


@dataclass(frozen=True)
class Matcher:
    """Read-only after training; `score` takes a millisecond."""

    slugs: tuple[str, ...]
    talk: tuple[str, ...]  # "none" first, then kinds of small talk, "follow_up"
    facets: tuple[str, ...]
    vocabulary: Vocabulary
    ridge: Floats  # features × (slugs, unless they are too many, + talk + facets)
    postings: Postings
    lines: Lines
    right: Chance  # that the best card is the right one
    inside: Chance  # that any card answers the question
    safe: Chance  # that the best card is right, were near misses as usual as real questions
    follows: Chance  # that a question hangs on the one before
    answer_at: float
    refuse_below: float
    names: Names

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each card stands among `slugs`."""
        return {slug: n for n, slug in enumerate(self.slugs)}

    def score(self, words: Words) -> Scores:
        columns, values = self.vocabulary.vector(words)
        learned = values @ self.ridge[columns]
        return read(
            learned,
            self.postings.score(words, self.vocabulary),
            words,
            vocabulary=self.vocabulary,
            lines=self.lines,
            talk=len(self.talk),
            facets=len(self.facets),
            known=self.vocabulary.familiar(words, self.postings.known),
        )

    def facets_of(self, words: Words) -> Floats:
        """What the classifier says of the facets alone."""
        columns, values = self.vocabulary.vector(words)
        scores: Floats = values @ self.ridge[columns][:, -len(self.facets) :]
        return scores

    def facets_near(self, words: Words, slug: str) -> Floats:
        """What the lines of one card that are most alike say of the facets: 1 in all, or 0."""
        return self.lines.facets_near(
            self.vocabulary.words_vector(words),
            self.places[slug],
            width=len(self.vocabulary.index),
            count=len(self.facets),
        )

    def own_to(self, name: str, place: int, other: int) -> bool:
        """Whether the words of a folded name say far more of one card than of another."""
        scores = self.postings.score(Words(name, name), self.vocabulary)
        return bool(scores[other] < OWN * scores[place])

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
            "names": dict(self.names.cards),
            "asking": sorted(self.names.asking),
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
                    postings_starts=self.postings.starts,
                    postings_cards=self.postings.cards,
                    postings_impacts=self.postings.impacts,
                    lines_firsts=self.lines.firsts,
                    lines_starts=self.lines.starts,
                    lines_columns=self.lines.columns,
                    lines_values=self.lines.values,
                    lines_facets=self.lines.facets,
                    right=self.right.to_array(),
                    inside=self.inside.to_array(),
                    safe=self.safe.to_array(),
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
                vocabulary=Vocabulary(
                    dict(zip(names, range(len(names)), strict=True)), stored["idf"]
                ),
                ridge=stored["ridge"],
                postings=Postings(
                    stored["postings_starts"],
                    stored["postings_cards"],
                    stored["postings_impacts"],
                    len(about["slugs"]),
                ),
                lines=Lines(
                    stored["lines_firsts"],
                    stored["lines_starts"],
                    stored["lines_columns"],
                    stored["lines_values"],
                    stored["lines_facets"],
                ),
                right=Chance.from_array(stored["right"]),
                inside=Chance.from_array(stored["inside"]),
                safe=Chance.from_array(stored["safe"]),
                follows=Chance.from_array(stored["follows"]),
                answer_at=about["answer_at"],
                refuse_below=about["refuse_below"],
                names=Names(about["names"], frozenset(about["asking"])),
            )


def read(
    learned: Floats,
    bm25: Floats,
    words: Words,
    *,
    vocabulary: Vocabulary,
    lines: Lines,
    talk: int,
    facets: int,
    known: float,
    without: int | None = None,
) -> Scores:
    """Puts the readings of a question together; `without` is a line to be left out."""
    length = len(words.folded.split())
    bm25 = bm25 / np.float32(max(1, length) ** 0.5)
    by_card, by_talk, by_facet = np.split(
        learned, [len(learned) - talk - facets, len(learned) - facets]
    )
    first = BM25_SHARE * bm25 + by_card if len(by_card) else BM25_SHARE * bm25
    most = max(0, len(first) - CANDIDATES)
    candidates = np.argpartition(first, most)[most:]
    alike = np.zeros(len(bm25), dtype=np.float32)
    *found, alike_none = lines.alike(
        vocabulary.words_vector(words),
        [*candidates, len(bm25)],
        width=len(vocabulary.index),
        without=without,
    )
    alike[candidates] = found
    share = ALIKE_SHARE if len(by_card) else ALIKE_ALONE
    return Scores(
        cards=(first + share * alike).astype(np.float32),
        talk=by_talk,
        facets=by_facet,
        bm25=bm25,
        alike=alike,
        alike_none=alike_none,
        known=known,
        length=length,
    )
