"""The words that the rules look for, from `texts/redaction.toml` and `phrases/family_names.txt`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from content.understanding.vietnamese import fold

_CONTENT = Path(__file__).parent.parent
_FAMILY_LINES = (_CONTENT / "phrases" / "family_names.txt").read_text("utf-8").splitlines()

WORDS: dict[str, Any] = tomllib.loads((_CONTENT / "texts" / "redaction.toml").read_text("utf-8"))

LABELS: dict[str, str] = WORDS["labels"]
"""The kind of what is hidden → the word that stands in its place."""

FAMILIES = [
    name.strip() for line in _FAMILY_LINES if not line.startswith("#") for name in line.split(";")
]


LETTERS = re.compile(r"[^\W\d]+")


class Lexicon:
    """Words written with diacritics; who types without is compared without, unless `strict`."""

    def __init__(self, words: Sequence[str], *, strict: bool = False) -> None:
        self._marked = frozenset(unicodedata.normalize("NFC", word).lower() for word in words)
        self._bare = frozenset() if strict else frozenset(fold(word) for word in words)

    def __contains__(self, typed: object) -> bool:
        word = str(typed).lower()
        return word in self._marked or (fold(word) == word and word in self._bare)


def any_of(words: Sequence[str]) -> str:
    """A pattern for one of the words, folded; the longest first."""
    folded = sorted({fold(word) for word in words}, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace(r"\ ", " {1,3}") for word in folded)


def cue(words: Sequence[str]) -> str:
    """A pattern for one of the words by itself; a number may follow at once ("sđt0912…")."""
    return rf"(?<!\w)(?:{any_of(words)})(?![^\W\d])"


def letters_of(words: Iterable[str]) -> list[list[str]]:
    """Of each word, folded, all that stands between its digits and signs."""
    return [LETTERS.findall(fold(word)) for word in words]


def first_letters(words: Iterable[str]) -> frozenset[str]:
    """The first of them: who looks for a word that stands apart has to meet this one."""
    return frozenset(letters[0] for letters in letters_of(words) if letters)
