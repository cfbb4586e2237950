"""Counts what a question is made of: pieces of words, words and pairs of words, as numbers.

Three blocks: pieces of folded words (they forgive typing errors), folded words and pairs (they
know phrases), words and pairs with their diacritics where these were typed. Without diacritics the
other two take the third one's share, so that every message is a vector of length one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from content.understanding.vietnamese import Words

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_PIECES, _WORDS, _ACCENTED = "c", "w", "a"
_WEIGHTS = {_PIECES: 0.3, _WORDS: 0.5, _ACCENTED: 0.2}
_COMMON = 0.01
"""A feature of a larger share of messages than this is multiplied as dense, which is faster."""


def grams(words: Words) -> Iterator[str]:
    """Every feature of a message, its block's letter in front, as often as it occurs."""
    folded = words.folded.split()
    for token in folded:
        padded = f" {token} "
        for size in (2, 3, 4):
            if len(padded) <= size:
                yield _PIECES + padded
                break
            for start in range(len(padded) - size + 1):
                yield _PIECES + padded[start : start + size]
    yield from _words_and_pairs(_WORDS, folded)
    if words.text != words.folded:
        yield from _words_and_pairs(_ACCENTED, words.text.split())


def word_grams(words: Words) -> list[str]:
    """The folded words and pairs alone, which BM25 counts."""
    return list(_words_and_pairs(_WORDS, words.folded.split()))


def _words_and_pairs(block: str, tokens: Sequence[str]) -> Iterator[str]:
    for token in tokens:
        yield block + token
    for first, second in pairwise(tokens):
        yield f"{block}{first} {second}"


@dataclass(frozen=True)
class Vocabulary:
    """Which feature is which column, and how telling it is (`idf`)."""

    index: dict[str, int]
    idf: Floats

    @classmethod
    def of(cls, messages: Iterable[Words]) -> Vocabulary:
        seen: Counter[str] = Counter()
        count = 0
        for message in messages:
            seen.update(set(grams(message)))
            count += 1
        names = sorted(seen)
        idf = [math.log((1 + count) / (1 + seen[name])) + 1 for name in names]
        return cls({name: n for n, name in enumerate(names)}, np.array(idf, dtype=np.float32))

    def vector(self, words: Words) -> tuple[Ints, Floats]:
        """The columns that are not zero, and their values."""
        columns: list[int] = []
        values: list[float] = []
        squares = dict.fromkeys(_WEIGHTS, 0.0)
        blocks: list[str] = []
        for name, times in Counter(grams(words)).items():
            column = self.index.get(name)
            if column is not None:
                value = (1 + math.log(times)) * float(self.idf[column])
                columns.append(column)
                values.append(value)
                blocks.append(name[0])
                squares[name[0]] += value * value
        present = sum(_WEIGHTS[b] for b, s in squares.items() if s)
        scale = {b: math.sqrt(_WEIGHTS[b] / present / s) for b, s in squares.items() if s}
        scaled = [value * scale[block] for value, block in zip(values, blocks, strict=True)]
        return np.array(columns, dtype=np.int32), np.array(scaled, dtype=np.float32)

    def familiar(self, words: Words, known: NDArray[np.bool_] | Floats) -> float:
        """Which share of the folded words is `known`, which has 1 or 0 for each feature."""
        places = [self.index.get(_WORDS + token) for token in words.folded.split()]
        found = sum(float(known[place]) for place in places if place is not None)
        return found / max(1, len(places))

    def matrix(self, messages: Sequence[Words]) -> sparse.csr_matrix:
        """One row a message."""
        vectors = [self.vector(message) for message in messages]
        starts = np.cumsum([0, *(len(columns) for columns, _ in vectors)])
        columns = np.concatenate([c for c, _ in vectors]) if vectors else np.zeros(0, np.int32)
        values = np.concatenate([v for _, v in vectors]) if vectors else np.zeros(0, np.float32)
        shape = (len(vectors), len(self.index))
        return sparse.csr_matrix((values, columns, starts), shape=shape)


def alikeness(rows: sparse.csr_matrix) -> Floats:
    """The inner product of every two rows."""
    often = np.bincount(rows.indices, minlength=rows.shape[1]) > rows.shape[0] * _COMMON
    common, rare = rows[:, often].toarray(), rows[:, ~often]
    alike: Floats = common @ common.T
    alike += rare @ rare.T
    return np.asarray(alike)
