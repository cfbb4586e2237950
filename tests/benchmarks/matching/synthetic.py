"""Makes as many cards as wanted from the shipped ones, each with words of its own, and noisy
questions about them: figures on these say how the engine grows, not how well it understands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from random import Random

from content.cards import HEADINGS
from content.shelf import SHIPPED, Shelf
from content.understanding.vietnamese import fold

QUESTIONS = 40
"""Example lines of a card."""

_RARE = 20
"""A word that at most so many shipped cards use is replaced; others ask, join and count."""

_WORD = re.compile(r"(?<![{\w-])[^\W\d_]+(?![}\w-])")
"""A word, but no part of a `{place-holder}`."""

_KEPT = frozenset(word for heading in HEADINGS for word in fold(heading).split()) | {"hoi", "dap"}
_ONSETS = (*"bcdghlmnrstvx", "ch", "kh", "ng", "nh", "ph", "th", "tr")
_RIMES = tuple("".join(pair) for pair in product("aeiou", ("", "c", "m", "n", "ng", "t")))


def write_cards(folder: Path, count: int, seed: int = 7) -> dict[str, list[str]]:
    """Writes `<folder>/cards/vi/*.md`; gives the example lines of each card by its slug."""
    random = Random(seed)
    texts = [card.path.read_text("utf-8") for card in Shelf.load(SHIPPED).cards.values()]
    rare = _rare(texts)
    place = folder / "cards" / "vi"
    place.mkdir(parents=True)
    asked = {}
    for number in range(count):
        slug, text = f"card-{number}", _renamed(texts[number % len(texts)], rare, random)
        asked[slug] = [
            line[2:] for line in text.rpartition("\n## ")[2].splitlines() if line[:1] == "-"
        ]
        (place / f"{slug}.md").write_text(text, "utf-8")
    return asked


def noisy(asked: dict[str, list[str]], count: int, seed: int = 8) -> list[tuple[str, str]]:
    """Questions with the slug of their card: lines without marks, words lost or out of order."""
    random = Random(seed)
    slugs = sorted(asked)
    chosen = (random.choice(slugs) for _ in range(count))
    return [(_spoiled(random.choice(asked[slug]), random), slug) for slug in chosen]


def _spoiled(line: str, random: Random) -> str:
    words = (fold(line) if random.random() < 0.5 else line).split()
    if len(words) > 4:
        del words[random.randrange(len(words))]
    if len(words) > 2 and random.random() < 0.5:
        place = random.randrange(len(words) - 1)
        words[place : place + 2] = words[place + 1], words[place]
    return " ".join(words)


def _renamed(text: str, rare: frozenset[str], random: Random) -> str:
    """A card's text with its rare words replaced, the same ones alike, and fewer questions."""
    made: dict[str, str] = {}

    def own(word: str) -> str:
        return made.setdefault(fold(word), _made_up(random))

    def renamed(words: str) -> str:
        return _WORD.sub(lambda m: own(m[0]) if fold(m[0]) in rare else m[0], words)

    def named(words: str) -> str:
        """With a word of the card's own in any case: other cards come from the same text."""
        new = renamed(words)
        if new != words or not _WORD.search(words):
            return new
        longest = max(_WORD.findall(words), key=len)
        return words.replace(longest, own(longest), 1)

    lines = list(_shortened(text.splitlines()))
    end, asked = lines.index("---", 1), _asked(lines)
    return "\n".join(_rewritten(lines, end, asked, renamed, named)) + "\n"


def _rewritten(
    lines: Sequence[str],
    end: int,
    asked: int,
    renamed: Callable[[str], str],
    named: Callable[[str], str],
) -> Iterator[str]:
    """The front matter ends at the line `end`, the questions begin at the line `asked`."""
    for number, line in enumerate(lines):
        if number < end and line.startswith("title: "):
            yield "title: " + named(line.removeprefix("title: "))
        elif number < end and line.startswith("  - ") and "{" not in line:
            yield "  - " + named(line.removeprefix("  - "))
        elif number < end or line.startswith("#"):
            yield line
        else:
            yield named(line) if number > asked else renamed(line)


def _asked(lines: Sequence[str]) -> int:
    """Where the questions begin, which are a card's last section."""
    return max(n for n, line in enumerate(lines) if line.startswith("## "))


def _shortened(lines: Sequence[str]) -> Iterator[str]:
    """Without the last questions of a card that has many, and without the cards it names."""
    start, left = _asked(lines), QUESTIONS
    for number, line in enumerate(lines):
        if line.startswith("related:"):
            continue
        if number > start and line.startswith("- "):
            left -= 1
            if left < 0:
                continue
        yield line


def _rare(texts: Sequence[str]) -> frozenset[str]:
    """Folded words that few of the texts use."""
    used = Counter(word for text in texts for word in {fold(w) for w in _WORD.findall(text)})
    return frozenset(w for w, cards in used.items() if cards <= _RARE and w not in _KEPT)


_SYLLABLES = tuple("".join(parts) for parts in product(_ONSETS, _RIMES))


def _made_up(random: Random) -> str:
    """A word of two syllables: some 360,000 are possible."""
    return random.choice(_SYLLABLES) + random.choice(_SYLLABLES)
