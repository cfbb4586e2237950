"""What is hard to read in words that an official writes: remarks, never a refusal.

The rules are those for cards (`checker`, `wording`); an answer needs no source and no figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from content.checker import SENTENCE_SYLLABLES
from content.wording import Wording, sentences, syllables

MOST = 4
"""So many remarks are enough to read on a phone."""

SHOWN_WORDS = 5

SYLLABLES_A_SECOND = 4
"""How fast a text is read aloud, as the limits of a card's length take it (`checker`)."""


@dataclass(frozen=True, slots=True)
class Remark:
    """`kind` is "sentence", "term", "abbreviation" or "number"; `words` are those it is about.

    `plain` is what to write instead, where that is known.
    """

    kind: str
    words: str
    plain: str = ""


def remarks(text: str, wording: Wording) -> tuple[Remark, ...]:
    """What a villager may not understand, the first few."""
    return tuple(islice(dict.fromkeys(_remarks(text, wording)), MOST))


def seconds_aloud(text: str) -> int:
    """How long it takes to read a text aloud, in whole seconds, at least one."""
    return max(1, round(syllables(text) / SYLLABLES_A_SECOND))


def _remarks(text: str, wording: Wording) -> Iterator[Remark]:
    for sentence in sentences(text):
        if syllables(sentence) > SENTENCE_SYLLABLES:
            yield Remark("sentence", " ".join(sentence.split()[:SHOWN_WORDS]))
    for use in wording.terms([text]):
        if not use.explained:
            yield Remark("term", use.word, use.plain)
    for use in wording.abbreviated([text]):
        if not use.explained:
            yield Remark("abbreviation", use.word)
    for number in wording.bare_numbers(text):
        yield Remark("number", number)
