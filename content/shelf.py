"""The cards of one language, read from a folder and read again when an editor saves.

A file that cannot be read as a card is reported and left out; if it was good before, the last
good card stays on the shelf, so that a slip of an editor takes no answer away from anyone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from content.cards import Card, CardFault, CardFaults, parse_card
from content.faults import fault

SHIPPED = Path(__file__).parent
"""The content folder that comes with the program."""

GROUPS = ("suc-khoe", "hoc-hanh", "an-sinh", "lam-an", "giay-to", "quyen-an-toan", "chung")


class Shelf:
    """All cards by slug. Reading the files is blocking: call it off the event loop."""

    def __init__(self, folder: Path) -> None:
        """An empty shelf over the folder that holds the `*.md` files; see `load`."""
        self._folder = folder
        self._stamps: dict[Path, tuple[int, int]] = {}
        self._faults: dict[Path, tuple[CardFault, ...]] = {}
        self.cards: Mapping[str, Card] = MappingProxyType({})

    @classmethod
    def load(cls, folder: Path = SHIPPED, language: str = "vi") -> Shelf:
        """Reads `<folder>/cards/<language>/*.md`. Broken files are told in `faults`."""
        shelf = cls(folder / "cards" / language)
        shelf.reload_if_changed()
        return shelf

    @property
    def faults(self) -> tuple[CardFault, ...]:
        """What is wrong with the files as they are now."""
        return tuple(one for path in sorted(self._faults) for one in self._faults[path])

    @property
    def groups(self) -> Mapping[str, tuple[Card, ...]]:
        """The cards of each group that has any, groups in the order shown, cards by title."""
        ordered = sorted(self.cards.values(), key=lambda card: card.slug)
        by_group = {group: tuple(c for c in ordered if c.group == group) for group in GROUPS}
        return MappingProxyType({group: cards for group, cards in by_group.items() if cards})

    def get(self, slug: str) -> Card | None:
        return self.cards.get(slug)

    def reload_if_changed(self) -> bool:
        """Reads new and saved files, forgets deleted ones; True when a card or a fault changed."""
        stamps = self._look()
        if stamps is None:
            changed = bool(self._faults.get(self._folder)) is False
            self._faults[self._folder] = (fault(self._folder, 1, "stopped", folder=self._folder),)
            return changed
        self._faults.pop(self._folder, None)
        if stamps == self._stamps:
            return False
        cards = {
            slug: card for slug, card in self.cards.items() if card.path in stamps
        }  # a deleted file is a card taken off the shelf
        faults = {path: found for path, found in self._faults.items() if path in stamps}
        for path, stamp in stamps.items():
            if self._stamps.get(path) != stamp:
                self._read(path, cards, faults)
        self._stamps, self._faults = stamps, faults
        self.cards = MappingProxyType(dict(sorted(cards.items())))
        return True

    def _look(self) -> dict[Path, tuple[int, int]] | None:
        try:
            found = {}
            for path in sorted(self._folder.iterdir()):
                if path.suffix == ".md" and not path.name.startswith("."):
                    seen = path.stat()
                    found[path] = (seen.st_mtime_ns, seen.st_size)
        except OSError:
            return None
        return found

    @staticmethod
    def _read(
        path: Path, cards: dict[str, Card], faults: dict[Path, tuple[CardFault, ...]]
    ) -> None:
        try:
            cards[path.stem] = parse_card(
                path.read_text(encoding="utf-8"), slug=path.stem, path=path
            )
        except CardFaults as error:
            faults[path] = error.faults
        except (OSError, UnicodeError) as error:
            faults[path] = (fault(path, 1, "unreadable", why=error),)
        else:
            faults.pop(path, None)
