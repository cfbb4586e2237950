"""What speaks for a card without any learning: BM25 over its words, and its most alike lines.

Both look only at what a question and a card share, so that their cost grows with the words of the
question and hardly with the number of cards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from content.understanding.features import Floats, Ints, Vocabulary, word_grams
from content.understanding.vietnamese import Words

_K1, _B = 1.2, 0.5

ALIKE = 4
"""Lines of a card that are looked at: the mean of so many forgives one odd line."""

NEAR = 10
"""So many lines of a card tell which side of it is asked about; chosen on the half that tunes."""


@dataclass(frozen=True)
class Postings:
    """Which card has which word or pair, and what that is worth (BM25): columns by feature."""

    starts: Ints  # feature n stands at starts[n] up to starts[n + 1]
    cards: Ints
    impacts: Floats
    count: int  # of cards

    def score(self, words: Words, vocabulary: Vocabulary) -> Floats:
        """The BM25 score of each card."""
        places = [vocabulary.index.get(gram) for gram in dict.fromkeys(word_grams(words))]
        spans = [slice(*self.starts[n : n + 2]) for n in places if n is not None]
        if not spans:
            return np.zeros(self.count, dtype=np.float32)
        cards = np.concatenate([self.cards[span] for span in spans])
        impacts = np.concatenate([self.impacts[span] for span in spans])
        return np.bincount(cards, impacts, self.count).astype(np.float32)

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Of each feature, whether any card has it."""
        return np.diff(self.starts) > 0


class Documents:
    """One document a card, made of all its lines; knows what a card scores without one of them."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        lines: Sequence[Words],
        cards: Sequence[int],
        count: int,
    ) -> None:
        """`cards` tells of each line the card that it belongs to; there are `count` cards."""
        self._vocabulary = vocabulary
        self._count = count
        width = len(vocabulary.index)
        found = [[vocabulary.index[gram] for gram in word_grams(line)] for line in lines]
        owner = np.repeat(np.asarray(cards, dtype=np.int64), [len(row) for row in found])
        features = np.fromiter((n for row in found for n in row), dtype=np.int64)
        pairs, times = np.unique(features * count + owner, return_counts=True)
        self._features, self._cards = np.divmod(pairs, count)
        self._times = times
        self._starts = np.searchsorted(self._features, np.arange(width + 1))
        self._lengths = np.bincount(owner, minlength=count).astype(np.float64)
        self._mean = float(self._lengths.mean()) or 1.0
        once = Counter(n for row in found for n in set(row))
        self.used = np.zeros(width, dtype=np.int32)
        self.used[list(once)] = list(once.values())
        self.postings = Postings(
            self._starts.astype(np.int32),
            self._cards.astype(np.int32),
            self._impacts(slice(None), self._times, self._lengths[self._cards]).astype(np.float32),
            count,
        )

    def without(self, line: Words, card: int | None) -> Floats:
        """What a line scores with itself taken out of its card."""
        scores = self.postings.score(line, self._vocabulary)
        if card is None:
            return scores
        grams = Counter(self._vocabulary.index[gram] for gram in word_grams(line))
        length = self._lengths[card] - sum(grams.values())
        total = 0.0
        for feature, times in grams.items():
            span = slice(*self._starts[feature : feature + 2])
            place = span.start + int(np.searchsorted(self._cards[span], card))
            left = self._times[place] - times
            if left > 0:
                total += float(self._impacts(slice(place, place + 1), left, length)[0])
        scores[card] = total
        return scores

    def _impacts(
        self, places: slice, times: np.ndarray | int, lengths: np.ndarray | float
    ) -> np.ndarray:
        features = self._features[places]
        having = self._starts[features + 1] - self._starts[features]
        rare = np.log(1 + (self._count - having + 0.5) / (having + 0.5))
        full = _K1 * (1 - _B + _B * lengths / self._mean)
        impacts: np.ndarray = rare * times * (_K1 + 1) / (times + full)
        return impacts


@dataclass(frozen=True)
class Lines:
    """The cards' lines, card by card, as vectors of length one over words and pairs.

    After the last card come the lines that no card answers.
    """

    firsts: Ints  # card n has the lines firsts[n] up to firsts[n + 1]
    starts: Ints  # line n has the features starts[n] up to starts[n + 1]
    columns: Ints
    values: Floats
    facets: Ints  # which facet line n asks about, by its place among all; -1 where it asks none

    @classmethod
    def of(
        cls,
        vocabulary: Vocabulary,
        lines: Sequence[Words],
        cards: Sequence[int],
        facets: Sequence[int],
        count: int,
    ) -> tuple[Lines, dict[int, int]]:
        """The lines in the order of the cards, and at which row each one came to stand.

        `cards` tells of each line where it belongs: 0 up to `count`, which stands for no card.
        """
        order = sorted(range(len(lines)), key=lambda n: cards[n])
        vectors = [(n, vocabulary.words_vector(lines[n])) for n in order]
        vectors = [(n, vector) for n, vector in vectors if len(vector[0])]
        owners = np.array([cards[n] for n, _ in vectors], dtype=np.int64)
        made = cls(
            np.searchsorted(owners, np.arange(count + 2)).astype(np.int32),
            np.cumsum([0, *(len(columns) for _, (columns, _) in vectors)]).astype(np.int32),
            np.concatenate([columns for _, (columns, _) in vectors]),
            np.concatenate([values for _, (_, values) in vectors]),
            np.array([facets[n] for n, _ in vectors], dtype=np.int32),
        )
        return made, {n: row for row, (n, _) in enumerate(vectors)}

    def alike(
        self,
        question: tuple[Ints, Floats],
        cards: Iterable[int],
        *,
        width: int,
        without: int | None = None,
    ) -> list[float]:
        """How much each card's nearest lines are like the question: 0 nothing, 1 the same words.

        `width` is the size of the vocabulary; the line `without` is left out.
        """
        asked = _spread_out(question, width)
        found = []
        for card in cards:
            alike = self._of_card(card, asked)
            first = int(self.firsts[card])
            if without is not None and first <= without < first + len(alike):
                alike[without - first] = 0.0
            if len(alike) > ALIKE:
                alike.partition(len(alike) - ALIKE)
            found.append(float(alike[-ALIKE:].sum()) / max(1, min(ALIKE, len(alike))))
        return found

    def facets_near(
        self, question: tuple[Ints, Floats], card: int, *, width: int, count: int
    ) -> Floats:
        """Which share of what a card's nearest lines are like the question each of the `count`
        facets has: 1 in all, or 0 where no line is like it."""
        alike = self._of_card(card, _spread_out(question, width))
        asks = self.facets[self.firsts[card] : self.firsts[card + 1]]
        alike, asks = alike[asks >= 0], asks[asks >= 0]
        nearest = np.argsort(alike)[-NEAR:]
        votes = np.bincount(asks[nearest], alike[nearest] ** 2, count).astype(np.float32)
        return votes / max(1e-9, float(votes.sum()))

    def _of_card(self, card: int, asked: Floats) -> Floats:
        """How much each line of a card is like a question, which has a value for each feature."""
        first, last = int(self.firsts[card]), int(self.firsts[card + 1])
        if first == last:
            return np.zeros(0, dtype=np.float32)
        begin, end = int(self.starts[first]), int(self.starts[last])
        shared = self.values[begin:end] * asked[self.columns[begin:end]]
        alike: Floats = np.add.reduceat(shared, self.starts[first:last] - begin)
        return alike


def _spread_out(question: tuple[Ints, Floats], width: int) -> Floats:
    columns, values = question
    asked = np.zeros(width, dtype=np.float32)
    asked[columns] = values
    return asked
