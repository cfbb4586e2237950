"""Hears what somebody wants who asks nothing: a person, to tell feedback, to stop, to rate.

Precision comes first: a message is such a wish only if the whole of it is made of phrases from
`phrases/wishes.toml`; with one word more it is a question, and the cards answer. Marks are folded
on both sides, and a phrase may be a letter off. Pure functions; nothing here knows a card.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rapidfuzz.distance import OSA

from content.understanding.vietnamese import Abbreviations, fold, is_syllable, repair

FILE = "phrases/wishes.toml"

LONGEST = 16
"""Words of a message that is nothing but a wish; whatever is longer tells something."""

MOST_READ = 400
"""Letters that are looked at: what somebody wants stands at the beginning."""

SLIP = 6
"""Letters from which on a phrase may be one letter off."""

LEAST = 2
"""So many words at least after "góp ý" are the feedback itself."""

TELLS = 4
"""So many words at least tell a trouble."""

_WORD = re.compile(r"[^\W_]+")
_TWICE = re.compile(r"([^\W\d_])\1+")
_TONE = re.compile(r"^([aeiouy])[sfrxj1-5]$")


class Wish(StrEnum):
    """What somebody wants."""

    PERSON = "person"
    FEEDBACK = "feedback"
    FORMAL = "formal"  # "khiếu nại" alone: the law's way, or feedback


@dataclass(frozen=True, slots=True)
class Wished:
    """`kind` is the kind of feedback where its name tells it ("praise" …); `words` are the feedback
    itself, where it was told at once."""

    wish: Wish
    kind: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Word:
    said: tuple[str, ...]  # folded; an abbreviation may be several
    start: int  # where it stands in the text
    end: int


class _Phrases:
    """Phrases of one meaning, folded, to be found at a place in a row of words."""

    def __init__(self, phrases: Iterable[str], *, slips: bool = False) -> None:
        self._known = frozenset(tuple(fold(phrase).split()) for phrase in phrases)
        self._most = max((len(phrase) for phrase in self._known), default=0)
        joined = {"".join(phrase) for phrase in self._known}
        self._joined = frozenset(word for word in joined if len(word) >= SLIP - 2)
        self._long = [word for word in joined if slips and len(word) >= SLIP]
        self._slips = slips

    def ends(self, said: Sequence[str], start: int) -> Iterable[int]:
        """Where a phrase that begins at `start` may end."""
        for end in range(start + 1, min(len(said), start + self._most) + 1):
            piece = tuple(said[start:end])
            if piece in self._known or (self._slips and self._nearly(piece)):
                yield end

    def within(self, said: Sequence[str]) -> bool:
        """Whether any of them stands anywhere."""
        return any(True for start in range(len(said)) for _ in self.ends(said, start))

    def closes(self, said: Sequence[str]) -> bool:
        """Whether one of them stands last."""
        return any(len(said) in self.ends(said, start) for start in range(len(said)))

    def _nearly(self, piece: tuple[str, ...]) -> bool:
        joined = "".join(piece)
        if joined in self._joined:
            return True
        return any(
            word[0] == joined[0] and OSA.distance(word, joined, score_cutoff=1) <= 1
            for word in self._long
        )


class Wishes:
    """Built once, then read-only."""

    def __init__(self, raw: Mapping[str, object], abbreviations: Abbreviations) -> None:
        """`raw` is the TOML file as read. Raises KeyError for a missing part."""
        parts = _lists(raw)
        self._abbreviations = abbreviations
        self._around = _Phrases(parts["around"])
        self._whole = _Phrases(parts["person.whole"], slips=True)
        self._reach = _Phrases(parts["person.reach"])
        self._who = _Phrases(parts["person.who"], slips=True)
        self._kinds = {
            "" if kind == "any" else kind: _Phrases(parts[f"feedback.{kind}"], slips=True)
            for kind in ("any", "praise", "problem", "complaint")
        }
        self._to = _Phrases(parts["feedback.to"])
        self._about = _Phrases(parts["feedback.about"])
        self._names = _Phrases(parts["feedback.names"])
        self._formal = _Phrases(parts["feedback.formal"], slips=True)
        self._stop = _Phrases(parts["stop.core"]), _Phrases(parts["stop.around"])
        self._no_name = _Phrases(parts["no_name.core"]), _Phrases(parts["no_name.around"])
        self._asks = _Phrases(parts["asking.anywhere"]), _Phrases(parts["asking.at_end"])
        signs = parts["trouble.signs"]
        self._trouble = _Phrases(sign for sign in signs if " " in sign)
        self._marked = frozenset(sign for sign in signs if " " not in sign)
        self._denounce = _Phrases(parts["denounce.signs"])
        self._rating = _Phrases(parts["rating.around"])
        self._right = _Phrases(parts["rating.right"]), tuple(parts["rating.right_signs"])
        self._wrong = _Phrases(parts["rating.wrong"]), tuple(parts["rating.wrong_signs"])

    @classmethod
    def load(cls, path: Path, abbreviations: Abbreviations) -> Wishes:
        """Raises OSError, tomllib.TOMLDecodeError or KeyError."""
        return cls(tomllib.loads(path.read_text("utf-8")), abbreviations)

    def hear(self, text: str) -> Wished | None:
        """What they want; None for a question and all else."""
        text = unicodedata.normalize("NFC", text)
        words = self._words(text)
        wished = self._heard(text, words)
        if wished is None and (as_typed := self._words(text, written_out=False)) != words:
            return self._alone(as_typed)
        return wished

    def _heard(self, text: str, words: Sequence[_Word]) -> Wished | None:
        return self._alone(words) or self._opening(text, words)

    def _alone(self, words: Sequence[_Word]) -> Wished | None:
        """The wish that is the whole message."""
        said = [syllable for word in words for syllable in word.said]
        if len(said) > LONGEST:
            return None
        person = (self._around, self._whole, self._reach, self._who)
        if any(
            _made_of(said, person, need=need) for need in ((self._whole,), (self._reach, self._who))
        ):
            return Wished(Wish.PERSON)
        if _made_of(said, (self._around, self._to), need=(self._formal,)):
            return Wished(Wish.FORMAL)
        for kind, core in reversed(self._kinds.items()):
            beside = (self._around, self._to, self._about, *self._kinds.values())
            if _made_of(said, beside, need=(core,)):
                return Wished(Wish.FEEDBACK, kind)
        return None

    def stops(self, text: str) -> bool:
        """Whether somebody who tells something wants to give it up."""
        core, around = self._stop
        return _made_of(self._said(text), (around,), need=(core,))

    def nameless(self, text: str) -> bool:
        """Whether the answer to "what name?" is that there shall be none."""
        core, around = self._no_name
        return _made_of(self._said(text), (around,), need=(core,))

    def rates(self, text: str) -> bool | None:
        """Whether the words are nothing but that an answer was what they asked for (True) or was
        not (False)."""
        as_typed = self._words(unicodedata.normalize("NFC", text), written_out=False)
        ways = (self._said(text), [syllable for word in as_typed for syllable in word.said])
        for right, (core, signs) in ((False, self._wrong), (True, self._right)):
            if not as_typed and text.strip().startswith(signs):
                return right
            if any(_made_of(said, (self._rating,), need=(core,)) for said in ways):
                return right
        return None

    def asks(self, text: str) -> bool:
        """Whether the words are a question."""
        anywhere, at_end = self._asks
        said = self._said(text)
        return text.rstrip().endswith("?") or anywhere.within(said) or at_end.closes(said)

    def denounces(self, text: str) -> bool:
        """Whether the words speak of denouncing, as a wish or as a question."""
        return self._denounce.within(self._said(text))

    def tells_trouble(self, text: str) -> bool:
        """Whether the words tell that something is broken or goes badly, and ask nothing.

        A sign of one syllable counts with its marks alone: "lo" may be "lở", "lò" and "lo".
        """
        said = self._said(text)
        typed = _WORD.findall(unicodedata.normalize("NFC", text[:MOST_READ]).lower())
        heard = self._trouble.within(said) or not self._marked.isdisjoint(typed)
        return heard and len(said) >= TELLS and not self.asks(text)

    def _opening(self, text: str, words: Sequence[_Word]) -> Wished | None:
        """ "góp ý: đường hỏng" begins with its words; "góp ý ở đâu" is a question."""
        said = [syllable for word in words for syllable in word.said]
        for kind, core in reversed(self._kinds.items()):
            end = _begins(said, (self._around, self._to), core)
            if end is None:
                continue
            place = next((w for w in words if _place(words, w) >= end), None)
            if place is None:
                return None
            rest = text[place.start :].strip()
            sure = text[: place.start].rstrip().endswith((":", "-", "–"))
            left = said[end:]
            if len(left) < LEAST or any(True for _ in self._names.ends(left, 0)):
                return None
            if self.asks(rest) and not sure:
                return None
            return Wished(Wish.FEEDBACK, kind, rest)
        return None

    def _said(self, text: str) -> list[str]:
        words = self._words(unicodedata.normalize("NFC", text))
        return [syllable for word in words for syllable in word.said]

    def _words(self, text: str, *, written_out: bool = True) -> list[_Word]:
        """With abbreviations `written_out`: "ah" is "à", and may have been to be "anh"."""
        found = []
        for match in _WORD.finditer(text[:MOST_READ]):
            typed = match[0].lower()
            meant = _once(repair(typed))
            if written_out and typed.isascii():  # with marks it is no abbreviation: "lãnh đạo"
                meant = self._abbreviations.words.get(typed, meant)
            found.append(_Word(tuple(fold(meant).split()), match.start(), match.end()))
        return found


def _made_of(said: Sequence[str], beside: Sequence[_Phrases], *, need: Sequence[_Phrases]) -> bool:
    """Whether all words are made of these phrases, each of `need` standing in it once at least."""
    everything = (1 << len(need)) - 1
    reached: list[set[int]] = [set() for _ in range(len(said) + 1)]
    reached[0].add(0)
    for start, masks in enumerate(reached[:-1]):
        if not masks:
            continue
        for bit, phrases in [*enumerate(need), *((None, phrases) for phrases in beside)]:
            for end in phrases.ends(said, start):
                reached[end] |= {mask if bit is None else mask | 1 << bit for mask in masks}
    return everything in reached[-1]


def _begins(said: Sequence[str], beside: Sequence[_Phrases], core: _Phrases) -> int | None:
    """Where the longest beginning ends that holds a core, its words before it and to whom."""
    around, to = beside
    starts = {0}
    ends: set[int] = set()
    for start in range(min(len(said), LONGEST)):
        if start in starts:
            starts.update(around.ends(said, start))
            ends.update(core.ends(said, start))
        if start in ends:
            ends.update(to.ends(said, start))
    return max(ends, default=None)


def _once(word: str) -> str:
    """A syllable whose key was held or pressed twice, or whose tone's key stands behind its one
    vowel: "yy", "ánhh", "ys". What would be no syllable then stays as it is."""
    if is_syllable(word):
        return word
    once = _TWICE.sub(r"\1", word)
    mended = once if is_syllable(once) else _TONE.sub(r"\1", word)
    return mended if is_syllable(mended) else word


def _place(words: Sequence[_Word], word: _Word) -> int:
    """How many syllables stand before a word."""
    return sum(len(other.said) for other in words if other.start < word.start)


def _lists(raw: Mapping[str, object], prefix: str = "") -> dict[str, list[str]]:
    """The lists of the file by their dotted names."""
    found: dict[str, list[str]] = {}
    for key, value in raw.items():
        if isinstance(value, Mapping):
            found |= _lists(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            found[f"{prefix}{key}"] = [str(phrase) for phrase in value]
    return found
