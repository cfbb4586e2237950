"""Hears a card by its name in a short message: "thế khai tử thì sao", "tiền già bao nhiêu".

What is left of the message must be words of asking alone, so that nothing else was meant. A name
that the subject before uses as well says nothing new ("hộ nghèo" in a talk about another card).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from content.understanding.vietnamese import Words

LONGEST, SHORTEST = 7, 2
"""Words of a name that is listened for; a single word is part of too much else."""

_USUAL = 10
"""A word that stands in so many lines that hang on the turn before is a word of asking."""


@dataclass(frozen=True, slots=True)
class Names:
    """Folded names by their card, each of one card alone; and the folded words of asking.

    What people say of any subject ("hỏi xã", "nộp hồ sơ") is no name.
    """

    cards: Mapping[str, str]
    asking: frozenset[str]

    @classmethod
    def of(cls, named: Iterable[tuple[Words, str]], hanging: Sequence[Words]) -> Names:
        """From names with their slugs, and from lines that hang on the turn before."""
        found: dict[str, str] = {}
        for words, slug in named:
            if SHORTEST <= len(words.folded.split()) <= LONGEST:
                same = found.setdefault(words.folded, slug)
                found[words.folded] = slug if same == slug else ""
        used = Counter(word for line in hanging for word in set(line.folded.split()))
        usual = frozenset(word for word, lines in used.items() if lines >= _USUAL)
        said = "\n".join(f" {line.folded} " for line in hanging)
        own = {name: slug for name, slug in found.items() if slug and f" {name} " not in said}
        return cls(own, usual)

    def hear(self, words: Words) -> tuple[str, str] | None:
        """The card that a message is about by its name, and that name.

        None if it says more, or names another card as well.
        """
        tokens = words.folded.split()
        found: list[tuple[str, str]] = []
        rest = tokens
        for length in range(min(LONGEST, len(tokens)), SHORTEST - 1, -1):
            for start in range(len(tokens) - length + 1):
                name = " ".join(tokens[start : start + length])
                slug = self.cards.get(name)
                if slug is not None:
                    if not found:
                        rest = tokens[:start] + tokens[start + length :]
                    found.append((slug, name))
        cards = {slug for slug, _ in found}
        return found[0] if len(cards) == 1 and self.asking.issuperset(rest) else None
