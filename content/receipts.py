"""Receipts: three words that a villager can say over the phone and type on any keyboard.

The words come from a list of some two thousand that everybody knows, two syllables each and no two
alike without their marks: 2,116³ are nine milliards of receipts. With the limit on wrong guesses
(`storage.guesses`: 7,200 a day) somebody who only guesses hits one of ten thousand open cases once
in four months, and then reads how it stands, not what was said in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

from rapidfuzz.distance import OSA

from content.understanding.vietnamese import fold

FILE = Path(__file__).parent / "texts" / "receipts.txt"

Receipt = tuple[str, str, str]
"""Three words of the list, with their marks and in their order."""

_LEAD = frozenset(["tra", "ma", "so", "bien", "nhan", "cua", "toi", "la"])
_SYLLABLE = re.compile(r"[^\W\d_]+")
_ONLY = re.compile(r"[\w\s,.;:/–—\-\"'“”()!]*")
SYLLABLES = 6
LONGEST = 80
"""Letters of a message that may be a receipt; whatever is longer says something else."""


class ReceiptWords:
    """Draws, shows and reads receipts."""

    def __init__(self, words: list[str]) -> None:
        """Raises ValueError when two words are the same without their marks."""
        self._words = words
        self._by_folded = {fold(word): word for word in words}
        if len(self._by_folded) != len(words):
            raise ValueError("two words of the list are the same without their marks")

    @classmethod
    def load(cls, file: Path = FILE) -> ReceiptWords:
        return cls(unicodedata.normalize("NFC", file.read_text("utf-8")).split("\n")[:-1])

    def __len__(self) -> int:
        return len(self._words)

    def draw(self, below: Callable[[int], int]) -> Receipt:
        """Three different words; `below(n)` gives a random number from 0 to n - 1."""
        left = list(self._words)
        first, second, third = (left.pop(below(len(left))) for _ in range(3))
        return first, second, third

    def read(self, text: str) -> Receipt | None:
        """The receipt that a whole message is, however it is typed; None for anything else."""
        syllables = _syllables(text)
        found = [self._by_folded.get(" ".join(pair)) for pair in _pairs(syllables)]
        return _three(found) if len(syllables) == SYLLABLES else None

    def suggest(self, text: str) -> Receipt | None:
        """The receipt that may be meant where one word of three is a letter off, and only one of
        the list fits; None for anything else."""
        syllables = _syllables(text)
        if len(syllables) != SYLLABLES:
            return None
        pairs = [" ".join(pair) for pair in _pairs(syllables)]
        known = [self._by_folded.get(pair) for pair in pairs]
        if known.count(None) != 1:
            return None
        wrong = known.index(None)
        near = [
            word
            for folded, word in self._by_folded.items()
            if OSA.distance(folded, pairs[wrong], score_cutoff=1) <= 1
        ]
        if len(near) != 1:
            return None
        return _three([*known[:wrong], near[0], *known[wrong + 1 :]])

    @staticmethod
    def shown(words: Receipt) -> str:
        """As it is told to people."""
        return " – ".join(words)

    @staticmethod
    def canonical(words: Receipt) -> str:
        """The one form that is hashed."""
        return fold(" ".join(words))


def _syllables(text: str) -> list[str]:
    """The syllables after words such as "mã biên nhận:"; none where the message says more."""
    folded = fold(unicodedata.normalize("NFC", text[: LONGEST + 1]))
    if len(text) > LONGEST or not _ONLY.fullmatch(folded):
        return []
    syllables = _SYLLABLE.findall(folded)
    lead = syllables[:-SYLLABLES]
    return syllables[-SYLLABLES:] if _LEAD.issuperset(lead) else []


def _pairs(syllables: list[str]) -> list[tuple[str, str]]:
    return list(zip(syllables[::2], syllables[1::2], strict=False))


def _three(words: list[str | None]) -> Receipt | None:
    match words:
        case [str(first), str(second), str(third)]:
            return first, second, third
    return None
