"""The cards and the engine that finds them, kept together while editors save.

A saved card takes effect without a restart: the engine is built anew beside the one that answers,
and then takes its place. A broken card is reported, and the last good one stays.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from content.crisis import FILE as CRISIS
from content.crisis import Alarm
from content.days import only_time
from content.shelf import SHIPPED, Shelf, Stamp
from content.understanding import Answer, Choices, Context, Outcome, Understanding, Unknown
from content.understanding.apart import learn_apart
from content.understanding.vietnamese import Abbreviations
from content.wishes import FILE as WISHES
from content.wishes import Wishes

log = logging.getLogger(__name__)


PHRASES = "phrases"
WORDS = "phrases/abbreviations.toml"
"""Who has this file has all phrase files; question files alone are added to the shipped ones."""

TEXTS = "texts/vi.po"
ENGLISH = "texts/console/en.po"


AGAIN = 0.95
"""How sure it is that a time alone goes on about the subject."""


class NoCards(Exception):
    """There is nothing to answer from; says which folder was read and what is wrong in it."""


class Library:
    """A shelf with the understanding of its cards."""

    def __init__(
        self,
        folder: Path,
        shelf: Shelf,
        understanding: Understanding,
        cache: Path,
        seen: Mapping[Path, Stamp],
    ) -> None:
        """`seen` is the state of the phrase files from before they were learned."""
        self.folder = folder
        self.words = holding(folder, WORDS)
        self.shelf = shelf
        self.alarm = Alarm.load(holding(self.words, CRISIS) / CRISIS, cache=cache)
        self.wishes = Wishes.load(
            holding(self.words, WISHES) / WISHES, Abbreviations.load(self.words / WORDS)
        )
        self.understanding = understanding
        self._cache = cache
        self._seen = seen

    @classmethod
    def open(cls, folder: Path, *, cache: Path) -> Library:
        """Read the cards of a content folder and learn them; blocking, some seconds the first time.

        What was learned is kept in `cache`. Raises NoCards.
        """
        shelf = Shelf.load(folder, kept=cache)
        _report(shelf)
        if not shelf.cards:
            told = "; ".join(str(fault) for fault in shelf.faults[:3]) or "it holds no card"
            raise NoCards(f"no card can be read in {folder / 'cards'}: {told}")
        seen = _look(folder)
        try:
            understanding = Understanding.build(
                shelf.cards, folder=holding(folder, WORDS), cache=cache, stamp=shelf.cards.digest
            )
        except ValueError as fault:
            raise NoCards(f"{folder / 'cards'}: {fault}") from fault
        return cls(folder, shelf, understanding, cache, seen)

    def title_of(self, slug: str) -> str:
        """How a card is called; nothing for one that is not there."""
        cards = self.shelf.cards
        return cards.heading(slug).title if slug in cards else ""

    def understand(self, text: str, context: Context | None, today: date | None = None) -> Outcome:
        """What somebody means by `text`, after what they asked before.

        Where `today` (in Vietnam) is given, a time alone asks the same of that time.

        Of a card that was taken off the shelf a moment ago, while the engine learns, nothing is
        known any more.
        """
        if context and context.sure and today and only_time(text, today):
            outcome: Outcome = Answer(context.topic, context.facet, AGAIN, (), context)
        else:
            outcome = self.understanding.understand(text, context)
        match outcome:
            case Answer(slug) if slug not in self.shelf.cards:
                return Unknown(0.01, (), None)
            case Choices(slugs) if not all(slug in self.shelf.cards for slug in slugs):
                return Unknown(0.01, (), None)
        return outcome

    def reload_if_changed(self, *, apart: bool = False) -> bool:
        """Read what editors saved, cards and phrases, and learn it; blocking.

        With `apart` it is learned in another process, so that this one answers meanwhile. True when
        something changed. What cannot be read raises, once for each time it is saved, and the last
        good engine stays.
        """
        seen = _look(self.folder)
        phrases_changed = seen != self._seen
        self._seen = seen
        if self.shelf.reload_if_changed():
            _report(self.shelf)
        elif not phrases_changed:
            return False
        cards, cache = self.shelf.cards, self._cache
        if cards:
            if apart:
                learn_apart(cards, folder=self.words, cache=cache, stamp=cards.digest)
            self.understanding = Understanding.build(
                cards, folder=self.words, cache=cache, stamp=cards.digest
            )
        return True


def holding(folder: Path, name: str) -> Path:
    """The folder itself if it holds `name`, else the one that comes with the program.

    A content folder of an operator's own need hold no more than cards.
    """
    return folder if (folder / name).exists() else SHIPPED


def _look(folder: Path) -> dict[Path, Stamp]:
    """The state of every phrase file that counts; one that goes away meanwhile is left out."""
    words = holding(folder, WORDS) / PHRASES
    found = {}
    for place in (words, words / "questions", folder / PHRASES / "questions"):
        for path in (*place.glob("*.txt"), *place.glob("*.toml")):
            with contextlib.suppress(OSError):
                seen = path.stat()
                found[path] = (seen.st_mtime_ns, seen.st_size)
    return found


def _report(shelf: Shelf) -> None:
    for fault in shelf.faults:
        log.error("a card is refused: %s", fault)
