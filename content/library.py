"""The cards and the engine that finds them, kept together while editors save.

A saved card takes effect without a restart: the engine is built anew beside the one that answers,
and then takes its place. A broken card is reported, and the last good one stays.
"""

from __future__ import annotations

import logging
from pathlib import Path

from content.crisis import FILE as CRISIS
from content.crisis import Alarm
from content.shelf import SHIPPED, Shelf
from content.understanding import Context, Outcome, Understanding

log = logging.getLogger(__name__)


PHRASES = "phrases"
TEXTS = "texts/vi.po"


class NoCards(Exception):
    """There is nothing to answer from; says which folder was read and what is wrong in it."""


class Library:
    """A shelf with the understanding of its cards."""

    def __init__(
        self, words: Path, shelf: Shelf, understanding: Understanding, cache: Path
    ) -> None:
        self.shelf = shelf
        self.alarm = Alarm.load(holding(words, CRISIS) / CRISIS)
        self._words = words
        self.understanding = understanding
        self._cache = cache

    @classmethod
    def open(cls, folder: Path, *, cache: Path) -> Library:
        """Read the cards of a content folder and learn them; blocking, some seconds the first time.

        What was learned is kept in `cache`. Raises NoCards.
        """
        shelf = Shelf.load(folder)
        _report(shelf)
        if not shelf.cards:
            told = "; ".join(str(fault) for fault in shelf.faults[:3]) or "it holds no card"
            raise NoCards(f"no card can be read in {folder / 'cards'}: {told}")
        words = holding(folder, PHRASES)
        try:
            understanding = Understanding.build(shelf.cards, folder=words, cache=cache)
        except ValueError as fault:
            raise NoCards(f"{folder / 'cards'}: {fault}") from fault
        return cls(words, shelf, understanding, cache)

    def understand(self, text: str, context: Context | None) -> Outcome:
        """What somebody means by `text`, after what they asked before."""
        return self.understanding.understand(text, context)

    def reload_if_changed(self) -> bool:
        """Read what editors saved, and learn it; blocking. True when something changed."""
        if not self.shelf.reload_if_changed():
            return False
        _report(self.shelf)
        if self.shelf.cards:
            self.understanding = Understanding.build(
                self.shelf.cards, folder=self._words, cache=self._cache
            )
        return True


def holding(folder: Path, name: str) -> Path:
    """The folder itself if it holds `name`, else the one that comes with the program.

    A content folder of an operator's own need hold no more than cards.
    """
    return folder if (folder / name).exists() else SHIPPED


def _report(shelf: Shelf) -> None:
    for fault in shelf.faults:
        log.error("a card is refused: %s", fault)
