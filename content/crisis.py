"""Hears danger in what people write, so that the number to call comes before anything else.

A false alarm costs one line on a small screen; a missed one may cost a life.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from content.danger import ABBREVIATIONS, UNSURE, Sense, pieces
from content.understanding.vietnamese import NO_ABBREVIATIONS, Abbreviations, fold, prepare, tidy

FILE = "phrases/crisis.toml"
GAP = "…"
BETWEEN = 5
"""So many other words may stand in a phrase's gap."""

SAYS = 3
"""With fewer words a sentence says too little to be sensed; the phrases hear it all the same."""

SHORT, EACH = 7, 0.1
"""A sentence of fewer words must sound more like danger, for each word that is missing so much:
in "mẹ em 80 tuổi" two common words of who writes in danger are half of all that is said."""

VAGUE = 0.15
"""What sounds like no danger in particular must sound so much more like danger."""

UNMARKED = 0.5
"""Where so many words have no mark, the others may lack theirs too."""

_TONES = {"\u0300": "1", "\u0301": "2", "\u0309": "3", "\u0303": "3", "\u0323": "4"}
"""Hỏi and ngã count as one: half the country writes the one for the other."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Danger:
    """A kind of danger. `card` is the subject that helps further, or empty."""

    kind: str
    card: str

    @property
    def text_key(self) -> str:
        return f"crisis.{self.kind}"


@dataclass(frozen=True, slots=True)
class Signs:
    """How one danger is told: `words` tell it, once what is `calm` is taken out of the message;
    `unless` tells that it is over or asked about only, where nothing says that help is needed."""

    words: re.Pattern[str]
    calm: re.Pattern[str]
    unless: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Ear:
    """The signs of each danger, in the order in which they are listened for."""

    signs: tuple[tuple[Danger, Signs], ...]
    now: re.Pattern[str]
    asked: re.Pattern[str]

    def hear(self, said: str) -> Danger | None:
        for danger, signs in self.signs:
            rest = signs.calm.sub("\n", said)
            if signs.words.search(rest) and (
                not signs.unless.search(said) or self.now.search(said)
            ):
                return danger
        return None

    def is_over(self, said: str) -> bool:
        """Whether it is told as past, or money and rules are asked for, and help is not."""
        return self.asked.search(said) is not None and not self.now.search(said)


@dataclass(frozen=True)
class Alarm:
    """Listens for each danger: strictly to who types with marks, else guessing at them.

    What no phrase tells is left to what was learned from lines, if anything was.
    """

    dangers: tuple[tuple[Danger], ...]
    strict: Ear
    guessing: Ear
    abbreviations: Abbreviations
    sense: Sense | None
    bar: float

    @classmethod
    def load(cls, path: Path, *, cache: Path | None = None) -> Alarm:
        """Reads the TOML file and, given a `cache`, learns the lines beside it; blocking.

        Raises OSError, tomllib.TOMLDecodeError or KeyError.
        """
        raw = tomllib.loads(path.read_text("utf-8"))
        beside = path.parent / ABBREVIATIONS
        strict, guessing = (_ear(raw, guess=guess) for guess in (False, True))
        known = Abbreviations.load(beside) if beside.exists() else NO_ABBREVIATIONS
        lines = raw["lines"]
        sense = None
        if cache is not None:
            sense = Sense.learn(path.parent, known, beside=lines["not_ordinary"], cache=cache)
        dangers = tuple((danger,) for danger, _ in strict.signs)
        return cls(dangers, strict, guessing, known, sense, lines["bar"])

    def hear(self, text: str) -> Danger | None:
        """The first danger that the text speaks of; None when it speaks of none."""
        said = tidy(text)
        words = _WORD.findall(said)
        bare = sum(word == fold(word) for word in words)
        ear = self.guessing if bare >= UNMARKED * len(words) else self.strict
        spelled = "\n".join(self._heard(said))
        danger = ear.hear(spelled)
        if danger is None and self.sense is not None and not ear.is_over(spelled):
            danger = self._sensed(said, self.sense)
        return danger

    def _sensed(self, said: str, sense: Sense) -> Danger | None:
        heard = []
        for piece in pieces(said):
            if (count := len(piece.split())) >= SAYS:
                sure, kind = sense.judge(piece)
                sure -= EACH * max(0, SHORT - count)
                if sure > (self.bar + VAGUE if kind == UNSURE else self.bar):
                    heard.append((sure, kind))
        kind = max(heard, default=(0.0, ""))[1]
        return next((danger for danger, *_ in self.dangers if danger.kind == kind), None)

    def _heard(self, text: str) -> Iterator[str]:
        """Each sentence as typed and, where that differs, with abbreviations written out."""
        for piece in pieces(text):
            typed = _spelled(piece.split())
            written = _spelled(prepare(piece, self.abbreviations).text.split())
            yield typed
            if written != typed:
                yield written


def _spelled(words: list[str]) -> str:
    return " ".join(map(spell, words))


@lru_cache(maxsize=8192)
def spell(word: str) -> str:
    """The word with its tone as a digit at its end, wherever the tone was typed."""
    tone, letters = "", []
    for sign in unicodedata.normalize("NFD", word.lower()):
        if sign in _TONES:
            tone = _TONES[sign]
        else:
            letters.append(sign)
    return unicodedata.normalize("NFC", "".join(letters)) + tone


def _as_typed(word: str) -> set[str]:
    """The word as spelled with all of its marks, with some of them, or with none."""
    if word.isdigit():
        return {word}
    spelled = spell(word)
    letters, tone = (spelled[:-1], spelled[-1]) if spelled[-1].isdigit() else (spelled, "")
    return {"".join(way) for way in product(*({sign, fold(sign)} for sign in letters), {tone, ""})}


def _ear(raw: Mapping[str, Any], *, guess: bool) -> Ear:
    def any_of(phrases: Iterable[str]) -> re.Pattern[str]:
        ways = "|".join(_pattern(phrase, raw["lists"], guess=guess) for phrase in phrases)
        return re.compile(rf"\b(?:{ways})\b" if ways else r"(?!)")

    found = []
    for kind, block in raw.items():
        if kind not in {"lists", "now", "lines"}:
            signs = Signs(*(any_of(block[part]) for part in ("words", "calm", "unless")))
            found.append((Danger(kind, block["card"]), signs))
    return Ear(tuple(found), any_of(raw["now"]["words"]), any_of(raw["now"]["unless"]))


def _pattern(phrase: str, lists: Mapping[str, list[str]], *, guess: bool) -> str:
    """A phrase of the file as a regular expression over spelled words, one space between them."""
    pattern = space = ""
    for part in phrase.split():
        if part == GAP:
            pattern += rf"{space}(?:\w+ ){{0,{BETWEEN}}}"
            space = ""
            continue
        if part.startswith("<"):
            ways = {_pattern(each, lists, guess=guess) for each in lists[part.strip("<>")]}
        else:
            ways = {way for word in part.split("/") for way in _ways(word, guess=guess)}
        pattern += f"{space}(?:{'|'.join(sorted(ways))})"
        space = " "
    return pattern


def _ways(word: str, *, guess: bool) -> set[str]:
    if guess and not word.startswith("="):
        return _as_typed(word)
    return {spell(word.removeprefix("="))}
