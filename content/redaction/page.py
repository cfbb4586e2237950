"""A text as the rules read it: typed and folded side by side."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from content.redaction.words import LABELS, LETTERS
from content.understanding.vietnamese import fold

HIDDEN, _KEPT = "\ue000", "\ue001"  # stand in the plain text for what no later rule may read
_SPACES, _DASHES, _APOSTROPHES = "\t\u00a0\u2009\u202f\u3000", "‐‑‒–—−", "’ʼ‘`´"
_LABEL = re.compile("|".join(re.escape(label) for label in LABELS.values()))
_DIGIT = re.compile(r"\d")
_LAST_WORD = re.compile(r"([^\W\d_]+)[ \"(]{1,3}$")

Span = tuple[int, int]

Found = tuple[int, int, str]
"""Where in the plain text, and the kind of what is hidden there; no kind: it is kept as it is."""


@dataclass(frozen=True)
class Page:
    """`plain` is what rules read: folded, ASCII digits; `offsets` lead back into `text`."""

    text: str
    plain: str
    offsets: Sequence[int]

    @classmethod
    def read(cls, text: str) -> Page:
        """A page of a text in NFC; what was hidden in it before is hidden."""
        plain = text.translate(_SIGNS)
        offsets: Sequence[int] = range(len(text) + 1)
        if len(plain) == len(text):
            for match in _LABEL.finditer(text):
                plain = f"{plain[: match.start()]}{HIDDEN * len(match[0])}{plain[match.end() :]}"
            return cls(text, plain, offsets)
        signs = [_SIGNS[ord(sign)] for sign in text]  # some are not seen: the others move up
        for match in _LABEL.finditer(text):
            signs[match.start() : match.end()] = HIDDEN * len(match[0])
        offsets = [n for n, sign in enumerate(signs) if sign]
        return cls(text, "".join(signs), (*offsets, len(text)))

    @cached_property
    def runs(self) -> list[str]:
        """All that stands between digits and signs."""
        return LETTERS.findall(self.plain)

    @cached_property
    def digits(self) -> int:
        """How many there are."""
        return len(_DIGIT.findall(self.plain))

    def typed(self, start: int, end: int) -> str:
        return self.text[self.offsets[start] : self.offsets[end]]

    def before(self, at: int, width: int = 50) -> str:
        return self.plain[max(0, at - width) : at]

    def word_before(self, at: int) -> str:
        """The folded word that ends just there, or nothing."""
        found = _LAST_WORD.search(self.before(at, 12))
        return found[1] if found else ""

    def without(self, found: Sequence[Found]) -> Page:
        """The page on which later rules do not read what was found."""
        if not found:
            return self
        plain, done = [], 0
        for start, end, kind in sorted(found):
            if start >= done:
                plain += [self.plain[done:start], (HIDDEN if kind else _KEPT) * (end - start)]
                done = end
        return Page(self.text, "".join([*plain, self.plain[done:]]), self.offsets)


def _plain(sign: str) -> str:
    """One sign as rules read it; nothing for what is not seen (marks, zero-width signs)."""
    if unicodedata.category(sign) in {"Mn", "Me", "Cf"}:
        return ""
    if sign in _SPACES or sign in {HIDDEN, _KEPT}:
        return " "
    if sign in _DASHES:
        return "-"
    if sign in _APOSTROPHES:
        return "'"
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    bare = fold(unicodedata.normalize("NFKC", sign))
    return bare if len(bare) == 1 else sign


class _Signs(dict[int, str]):
    """Signs by their code as rules read them; no more are remembered than are in use."""

    MOST = 4_096

    def __missing__(self, code: int) -> str:
        plain = _plain(chr(code))
        if len(self) < self.MOST:
            self[code] = plain
        return plain


_SIGNS = _Signs()
