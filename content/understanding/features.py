"""Counts what a question is made of: pieces of words, words and pairs of words, as numbers.

Three blocks: pieces of folded words (they forgive typing errors); folded words, pairs, pairs with
one word between, and how the message ends (they know phrases, and the ways of asking); words and
pairs with their diacritics where these were typed. Without diacritics the other two take the third
one's share, so that every message is a vector of length one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from content.understanding.vietnamese import Words

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_PIECES, _WORDS, _ACCENTED = "c", "w", "a"
_GAP, _END = " _ ", " $"
_BLOCK_WEIGHTS = np.array([0.05, 0.35, 0.6])  # words with diacritics, pieces, folded words


def grams(words: Words) -> Iterator[str]:
    """Every feature of a message, its block's letter in front, as often as it occurs."""
    folded = words.folded.split()
    for token in folded:
        yield from _pieces(token)
    yield from _words_and_pairs(_WORDS, folded)
    for first, second in zip(folded, folded[2:], strict=False):
        yield f"{_WORDS}{first}{_GAP}{second}"
    for count in (1, 2, 3):
        if len(folded) >= count:
            yield f"{_WORDS}{' '.join(folded[-count:])}{_END}"
    if words.text != words.folded:
        yield from _words_and_pairs(_ACCENTED, words.text.split())


@lru_cache(maxsize=65_536)
def _pieces(token: str) -> tuple[str, ...]:
    padded = f" {token} "
    found = []
    for size in (2, 3, 4):
        if len(padded) <= size:
            found.append(_PIECES + padded)
            break
        found += [_PIECES + padded[start : start + size] for start in range(len(padded) - size + 1)]
    return tuple(found)


def word_grams(words: Words) -> list[str]:
    """The folded words and pairs alone, which BM25 counts."""
    return list(_words_and_pairs(_WORDS, words.folded.split()))


def _words_and_pairs(block: str, tokens: Sequence[str]) -> Iterator[str]:
    for token in tokens:
        yield block + token
    for first, second in pairwise(tokens):
        yield f"{block}{first} {second}"


Vector = tuple[Ints, Floats]
"""The columns that are not zero, and their values."""


def _is_plain(name: str) -> bool:
    """A folded word or pair: worth knowing even where a single line has it."""
    return name[0] == _WORDS and _GAP not in name and not name.endswith(_END)


@dataclass(frozen=True)
class Vocabulary:
    """Which feature is which column, and how telling it is (`idf`). Words come last."""

    index: dict[str, int]
    idf: Floats

    @classmethod
    def of(cls, messages: Sequence[Words], others: Sequence[Words] = ()) -> Vocabulary:
        """Of every feature of the messages, and of the folded words and pairs of the others."""
        seen: Counter[str] = Counter()
        for message in messages:
            seen.update(set(grams(message)))
        for message in others:
            seen.update(set(word_grams(message)))
        # "a" before "c" before "w", so that words come last.
        names = sorted(name for name, lines in seen.items() if lines > 1 or _is_plain(name))
        total = {_PIECES: len(messages), _ACCENTED: len(messages)}
        total[_WORDS] = len(messages) + len(others)
        idf = [math.log((1 + total[name[0]]) / (1 + seen[name])) + 1 for name in names]
        return cls({name: n for n, name in enumerate(names)}, np.array(idf, dtype=np.float32))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The feature of each column."""
        return tuple(self.index)

    @cached_property
    def _blocks(self) -> tuple[int, int]:
        """Where the pieces and where the folded words begin, names being in order."""
        first = Counter(name[0] for name in self.index)
        return first[_ACCENTED], first[_ACCENTED] + first[_PIECES]

    def vector(self, words: Words) -> Vector:
        """A message as a vector of length one, its three blocks weighed."""
        columns, values = self._weighed(grams(words))
        first_piece, first_word = self._blocks
        block = (columns >= first_piece).astype(np.int8) + (columns >= first_word)
        squares = np.bincount(block, values * values, 3)
        weights = _BLOCK_WEIGHTS * (squares > 0)
        scale = np.sqrt(weights / max(1e-9, weights.sum()) / np.maximum(squares, 1e-9))
        return columns, (values * scale[block]).astype(np.float32)

    def words_vector(self, words: Words) -> Vector:
        """A message as a vector of length one over folded words and pairs alone."""
        columns, values = self._weighed(word_grams(words))
        return columns, values / np.float32(max(1e-9, float(np.linalg.norm(values))))

    def _weighed(self, names: Iterable[str]) -> Vector:
        counted = Counter(map(self.index.get, names))
        counted.pop(None, None)
        columns = np.fromiter(counted, np.int32, len(counted))
        times = np.fromiter(counted.values(), np.float32, len(counted))
        return columns, self.idf[columns] * (1 + np.log(times))

    def familiar(self, words: Words, known: NDArray[np.bool_]) -> float:
        """Which share of the folded words is `known`, which has a truth for each column."""
        places = [self.index.get(_WORDS + token) for token in words.folded.split()]
        found = sum(place is not None and bool(known[place]) for place in places)
        return found / max(1, len(places))
