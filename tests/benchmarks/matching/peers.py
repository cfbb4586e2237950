"""Ready-made ways of searching that learn nothing: rapidfuzz, BM25 (bm25s), SQLite's FTS5.

None of them refuses, and none remembers: a talk is searched for as one text.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from content.understanding.training import Example
from tests.benchmarks.matching.methods import MENU, Found, by_best_line, card_lines
from tests.benchmarks.matching.questions import ready

_DEEP = 60
"""So many lines are looked at for the three best cards."""


class Searched(ABC):
    """What these have in common."""

    refuses = False
    tells_facets = True

    @abstractmethod
    def find(self, text: str) -> Found:
        """What a question comes to."""

    def follow(self, turns: Sequence[str]) -> Found:
        return self.find(" . ".join(turns))


class Fuzzy(Searched):
    """rapidfuzz over all lines, by one of its scorers."""

    def __init__(self, lines: Sequence[Example], slugs: Sequence[str], scorer: str) -> None:
        from rapidfuzz import fuzz, process  # noqa: PLC0415 - starting is measured

        self._lines = card_lines(lines, slugs)
        self._texts = [line.words.folded for line in self._lines]
        self._scorer: Callable[..., float] = getattr(fuzz, scorer)
        self._extract = process.extract

    def find(self, text: str) -> Found:
        found = self._extract(ready(text).folded, self._texts, scorer=self._scorer, limit=_DEEP)
        return by_best_line(self._lines[place] for _, _, place in found)


class BestLine(Searched):
    """BM25 over all lines, words and pairs of words: the card of the best line."""

    def __init__(self, lines: Sequence[Example], slugs: Sequence[str]) -> None:
        self._lines = card_lines(lines, slugs)
        self._scores = _bm25([_grams(line.words.folded) for line in self._lines])

    def find(self, text: str) -> Found:
        scores = self._scores(_grams(ready(text).folded))
        best = np.argsort(-scores, kind="stable")[:_DEEP]
        return by_best_line(self._lines[n] for n in best)


class BestDocument(Searched):
    """BM25 over one document a card, words and pairs of words."""

    tells_facets = False

    def __init__(self, lines: Sequence[Example], slugs: Sequence[str]) -> None:
        documents = _documents(lines, slugs)
        self._slugs = tuple(documents)
        self._scores = _bm25(
            [[gram for text in texts for gram in _grams(text)] for texts in documents.values()]
        )

    def find(self, text: str) -> Found:
        scores = self._scores(_grams(ready(text).folded))
        best = np.argsort(-scores, kind="stable")[:MENU]
        return Found(tuple(self._slugs[n] for n in best))


class FullText(Searched):
    """SQLite's FTS5 over all lines, any of the words, by its own bm25().

    With one document a card it finds far less: it gives no weight to a word that most of its rows
    have, and long documents share most words.
    """

    def __init__(self, lines: Sequence[Example], slugs: Sequence[str]) -> None:
        self._lines = card_lines(lines, slugs)
        self._database = sqlite3.connect(":memory:")
        self._database.execute(
            "CREATE VIRTUAL TABLE lines USING fts5(folded, tokenize = 'unicode61')"
        )
        self._database.executemany(
            "INSERT INTO lines (rowid, folded) VALUES (?, ?)",
            [(place, line.words.folded) for place, line in enumerate(self._lines)],
        )

    def find(self, text: str) -> Found:
        words = dict.fromkeys(ready(text).folded.split())
        wanted = " OR ".join(f'"{word}"' for word in words)
        if not wanted:
            return Found(())
        rows = self._database.execute(
            "SELECT rowid FROM lines WHERE lines MATCH ? ORDER BY bm25(lines) LIMIT ?",
            (wanted, _DEEP),
        )
        return by_best_line(self._lines[place] for (place,) in rows)


def _documents(lines: Sequence[Example], slugs: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in card_lines(lines, slugs):
        found[line.target].append(line.words.folded)
    return dict(found)


def _grams(folded: str) -> list[str]:
    return list(_words_and_pairs(folded.split()))


def _words_and_pairs(words: Sequence[str]) -> Iterator[str]:
    yield from words
    for first, second in pairwise(words):
        yield f"{first} {second}"


def _bm25(documents: Sequence[list[str]]) -> Callable[[list[str]], np.ndarray]:
    import bm25s  # noqa: PLC0415 - starting is measured

    index = bm25s.BM25()
    index.index(documents, show_progress=False)

    def scores(grams: list[str]) -> np.ndarray:
        found: np.ndarray = index.get_scores(grams)
        return found

    return scores
