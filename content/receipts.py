"""Receipts: three words that a villager can say over the phone and type on any keyboard.

The words come from a list of 2,600 that everybody knows, two syllables each. Without marks no two
of them are a letter apart or sound alike in any dialect, so that a slip makes no other receipt.
Their cube is eighteen milliards: with the limit on wrong guesses (`storage.guesses`: 79,200 a day)
somebody who only guesses, day and night from hundreds of chats, hits one of a thousand cases once
in seven months, of ten thousand once in three weeks, and then reads how it stands and its answer,
not what its villager said.

What is nearly a receipt is told from the list alone, never from what is in the database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import combinations
from pathlib import Path

from rapidfuzz.distance import OSA

from content.understanding.vietnamese import fold, repair, tidy, tokens

_TEXTS = Path(__file__).parent / "texts"
FILE = _TEXTS / "receipts.txt"
RETIRED = _TEXTS / "receipts_retired.txt"
"""Words that were once told to people: they are read for ever and never drawn again."""

Receipt = tuple[str, str, str]
"""Three words of the list, with their marks and in their order."""

_OWNERS = ("toi", "em", "minh", "chau", "con")
_LEAD = frozenset(
    ["tra", "xem", "hoi", "ma", "so", "bien", "nhan", "cua", *_OWNERS, "la", "day", "ba", "tu"]
)
_NAMED = frozenset(["ma", "bien"])
"""With one of these before it, a text means to be a receipt."""
_TAIL = frozenset(["a", "nhe", "nha", "day", "voi", "giup", "cam", "on"])
_ASKING = frozenset(["sao", "mo", "gi", "nao", "dau", "ai", "may", "khong", "chua"])
"""What has one of these for the word that fits is a question: "… ở mô" is not "gõ mõ"."""
_NUMBERING = frozenset("123")
LONGEST = 120
"""Letters of a message that may be a receipt; whatever is longer says something else."""

_ALIKE = tuple(
    (re.compile(pattern), alike)
    for pattern, alike in (
        (r"\bngh", "ng"),
        (r"\bgh", "g"),
        (r"\b[kq]", "c"),
        (r"\btr", "ch"),
        (r"\bs", "x"),
        (r"\bgi(?=[aeouy])|\bgi?(?=i)|\b[rv]", "d"),
        (r"\bl", "n"),
        (r"(?:ch|[ct])\b", "t"),
        (r"n(?:g|h)\b", "n"),
        ("y", "i"),
    )
)


class How(StrEnum):
    """How a text is a receipt."""

    EXACT = "exact"
    NEAR = "near"  # slips away from one, which `words` tells
    TWICE = "twice"  # a word stands in it more than once, as in none that was ever drawn
    UNCLEAR = "unclear"  # called one, and it has words of the list, but not three


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message tells as a receipt. There are no `words` when it is unclear."""

    how: How
    words: Receipt | None = None


class ReceiptWords:
    """Draws, shows and reads receipts."""

    def __init__(self, words: Sequence[str], retired: Iterable[str] = ()) -> None:
        """Raises ValueError when two words are the same without their marks."""
        self._words = words
        self._today = {_joined(word): word for word in words}
        if len(self._today) != len(words):
            raise ValueError("two words of the list are the same without their marks")
        self._known = {_joined(word): word for word in retired} | self._today

    @classmethod
    def load(cls, file: Path = FILE, retired: Path = RETIRED) -> ReceiptWords:
        return _loaded(file, retired)

    def __len__(self) -> int:
        return len(self._words)

    def draw(self, below: Callable[[int], int]) -> Receipt:
        """Three different words; `below(n)` gives a random number from 0 to n - 1."""
        left = list(self._words)
        first, second, third = (left.pop(below(len(left))) for _ in range(3))
        return first, second, third

    def read(self, text: str) -> Receipt | None:
        """The receipt that a whole message is, however it is typed; None for anything else."""
        heard = self.hear(text)
        return heard.words if heard is not None and heard.how is How.EXACT else None

    def hear(self, text: str) -> Heard | None:
        """The same, and what is nearly one: with slips and sound-alikes in one word, or in two
        where it is called "mã". None for what says anything else."""
        ways = list(_ways(text))
        for way in ways:
            words = _three([self._known.get(_joined(word)) for word in way.said])
            if words is not None:
                return Heard(How.EXACT if len(set(words)) == 3 else How.TWICE, words)
        nearly = [heard for heard in map(self._nearly, ways) if heard is not None]
        return min(nearly, key=lambda heard: heard.how is How.UNCLEAR, default=None)

    def nearest(self, words: Receipt) -> Receipt | None:
        """The receipt of today's words a slip away from one with retired words; None without."""
        old = {word for word in words if _joined(word) not in self._today}
        three = _three(
            [_only(self._near(word, self._today)) if word in old else word for word in words]
        )
        return three if old and three is not None and len(set(three)) == 3 else None

    def _nearly(self, way: _Way) -> Heard | None:
        words = self._known if way.named else self._today
        found = [words.get(_joined(word)) for word in way.said]
        if way.mixed or found.count(None) > (2 if way.named else 1):
            return None
        wrong = [typed for typed, word in zip(way.said, found, strict=True) if word is None]
        if not way.named and not _ASKING.isdisjoint(wrong[0].split()):
            return None
        near = [
            [word] if word else self._near(typed, words)
            for typed, word in zip(way.said, found, strict=True)
        ]
        three = _three([_only(few) for few in near])
        if three is not None and len(set(three)) == 3:
            return Heard(How.NEAR, three)
        return Heard(How.UNCLEAR) if way.named else None

    def _near(self, typed: str, words: Mapping[str, str]) -> list[str]:
        """The words that are a letter or a sound away; of today's if there is one."""
        joined, heard = _joined(typed), sound(typed)
        near = [
            (folded, word)
            for folded, word in words.items()
            if OSA.distance(folded, joined, score_cutoff=1) <= 1 or sound(word) == heard
        ]
        todays = [word for folded, word in near if folded in self._today]
        return todays or [word for _, word in near]

    @staticmethod
    def shown(words: Receipt) -> str:
        """As it is told to people."""
        return " – ".join(words)

    @staticmethod
    def canonical(words: Receipt) -> str:
        """The one form that is hashed."""
        return fold(" ".join(words))


@lru_cache(maxsize=8192)
def sound(word: str) -> str:
    """A word so written that what some dialect says alike is alike: tr and ch, s and x, gi, r, d
    and v, l and n, c and t or n and ng at the end. Marks do not count."""
    heard = fold(word)
    for pattern, alike in _ALIKE:
        heard = pattern.sub(alike, heard)
    return heard


@dataclass(frozen=True, slots=True)
class _Way:
    """Three pieces of a message, folded, that may be the words, each with or without its space."""

    said: tuple[str, str, str]
    named: bool  # "mã" or "biên nhận" stands before them
    mixed: bool  # some with their space and some without


def _ways(text: str) -> Iterator[_Way]:
    """All ways in which a message may be three words: after "mã biên nhận:" or the like, before
    "nhé" or the like, as it is typed and without what Telex or VNI left."""
    if len(text) > LONGEST:
        return
    typed = [token for token in tokens(tidy(text)) if token not in _NUMBERING]
    plain = tuple(map(fold, typed))
    for said in dict.fromkeys((plain, tuple(fold(repair(token)) for token in typed))):
        for start in range(len(said)):
            if not _LEAD.issuperset(said[:start]):
                break
            named = not _NAMED.isdisjoint(said[:start])
            for end in range(len(said), start + 2, -1):
                if not _TAIL.issuperset(said[end:]):
                    break
                yield from _threes(said[start:end], named=named)


def _threes(syllables: Sequence[str], *, named: bool) -> Iterator[_Way]:
    """Three to six pieces as three words, of which some were typed without their space."""
    apart = len(syllables) - 3
    for pairs in combinations(range(3), apart) if 0 <= apart <= 3 else ():
        left = iter(syllables)
        first, second, third = (
            f"{next(left)} {next(left)}" if n in pairs else next(left) for n in range(3)
        )
        yield _Way((first, second, third), named=named, mixed=apart in {1, 2})


def _joined(word: str) -> str:
    return fold(word).replace(" ", "")


def _only(words: Sequence[str]) -> str | None:
    return words[0] if len(words) == 1 else None


@lru_cache(2)
def _loaded(file: Path, retired: Path) -> ReceiptWords:
    """Read once: both lists come with the program."""
    return ReceiptWords(_lines(file), _lines(retired))


def _lines(file: Path) -> list[str]:
    return unicodedata.normalize("NFC", file.read_text("utf-8")).split("\n")[:-1]


def _three(words: Sequence[str | None]) -> Receipt | None:
    match words:
        case [str(first), str(second), str(third)]:
            return first, second, third
    return None
