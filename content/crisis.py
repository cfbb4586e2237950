"""Hears danger in what people write, so that the number to call comes before anything else.

A false alarm costs one line on a small screen; a missed one may cost a life.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from content.understanding.vietnamese import fold, tidy

FILE = "phrases/crisis.toml"
LONG = 3
"""A phrase of so many syllables says the same whatever marks are missing from the message."""


@dataclass(frozen=True, slots=True)
class Danger:
    """A kind of danger. `card` is the subject that helps further, or empty."""

    kind: str
    card: str

    @property
    def text_key(self) -> str:
        return f"crisis.{self.kind}"


@dataclass(frozen=True)
class Alarm:
    """The words of each danger, the gravest first."""

    dangers: tuple[tuple[Danger, re.Pattern[str], re.Pattern[str], re.Pattern[str]], ...]

    @classmethod
    def load(cls, path: Path) -> Alarm:
        """Reads the TOML file. Raises OSError, tomllib.TOMLDecodeError or KeyError."""
        found = []
        for kind, block in tomllib.loads(path.read_text("utf-8")).items():
            words, marked = block["words"], block["marked"]
            found.append(
                (
                    Danger(kind, block["card"]),
                    _any_of([*words, *marked]),
                    _any_of([fold(phrase) for phrase in words]),
                    _any_of([fold(phrase) for phrase in words if len(phrase.split()) >= LONG]),
                )
            )
        return cls(tuple(found))

    def hear(self, text: str) -> Danger | None:
        """The gravest danger that the text speaks of; None when it speaks of none."""
        said = tidy(text)
        folded = fold(said)
        unmarked = folded == said
        for danger, marked, plain, plain_and_long in self.dangers:
            heard = plain if unmarked else plain_and_long
            if marked.search(said) or heard.search(folded):
                return danger
        return None


def _any_of(phrases: list[str]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(phrase) for phrase in phrases)
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")
