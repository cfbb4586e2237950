"""The cards of one language, read from a folder and read again when an editor saves.

A file that cannot be read as a card is reported and left out; if it was good before, the last
good card stays on the shelf, so that a slip of an editor takes no answer away from anyone.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from content.approvals import FILE as APPROVALS
from content.approvals import ApprovalFault, Approvals
from content.cards import Card, CardFault, CardFaults, parse_card
from content.faults import fault
from content.soundness import unsound

SHIPPED = Path(__file__).parent
"""The content folder that comes with the program."""

GROUPS = ("suc-khoe", "hoc-hanh", "an-sinh", "lam-an", "giay-to", "quyen-an-toan", "chung")

Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Heading:
    """What menus need to know of a card."""

    slug: str
    title: str
    group: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A card's text. `mark` is the digest of the file, `heading` known once it was read."""

    path: Path
    text: str
    mark: str
    heading: Heading | None = None

    def read(self) -> Card:
        """Raises CardFaults, for what cannot be a card and for what may not be shown as one."""
        card = parse_card(self.text, slug=self.path.stem, path=self.path)
        if faults := tuple(unsound(card)):
            raise CardFaults(faults)
        return card


class Cards(Mapping[str, Card]):
    """Cards by slug, in the order of the slugs; one known to be good is read when it is needed."""

    def __init__(self, papers: Mapping[str, Paper], approvals: Approvals, language: str) -> None:
        self._papers = dict(sorted(papers.items()))
        self._approvals = approvals
        self._language = language
        self._read: dict[str, Card] = {}

    def __getitem__(self, slug: str) -> Card:
        if slug not in self._read:
            card = self._papers[slug].read()
            approval = self._approvals.of(slug, card.digest, self._language)
            self._read[slug] = replace(card, approval=approval)
        return self._read[slug]

    def __contains__(self, slug: object) -> bool:
        return slug in self._papers

    def __iter__(self) -> Iterator[str]:
        return iter(self._papers)

    def __len__(self) -> int:
        return len(self._papers)

    @property
    def digest(self) -> str:
        """Changes with every change of any card's file."""
        marks = "".join(f"{slug}:{paper.mark};" for slug, paper in self._papers.items())
        return sha256(marks.encode()).hexdigest()

    def heading(self, slug: str) -> Heading:
        known = self._papers[slug].heading
        return known if known is not None else _heading(self[slug])


class Shelf:
    """All cards by slug. Reading the files is blocking: call it off the event loop."""

    def __init__(self, folder: Path, language: str = "vi", kept: Path | None = None) -> None:
        """An empty shelf over `<folder>/cards/<language>/*.md`; see `load`."""
        self._content = folder
        self._language = language
        self._folder = folder / "cards" / language
        self._kept = kept / f"shelf-{language}.json" if kept else None
        self._stamps: dict[Path, Stamp] = {}
        self._papers: dict[Path, Paper] = {}
        self._faults: dict[Path, tuple[CardFault, ...]] = {}
        self.approvals = Approvals({})
        self.cards = Cards({}, self.approvals, language)

    @classmethod
    def load(cls, folder: Path = SHIPPED, language: str = "vi", kept: Path | None = None) -> Shelf:
        """Reads `<folder>/cards/<language>/*.md`. Broken files are told in `faults`.

        In the folder `kept` it is noted which texts were found good, so that the next start need
        not read them all; without that folder all are read.
        """
        shelf = cls(folder, language, kept)
        shelf.reload_if_changed()
        return shelf

    @property
    def folder(self) -> Path:
        """Where the files of the cards are."""
        return self._folder

    @property
    def faults(self) -> tuple[CardFault, ...]:
        """What is wrong with the files as they are now."""
        return tuple(one for path in sorted(self._faults) for one in self._faults[path])

    @property
    def groups(self) -> Mapping[str, tuple[Heading, ...]]:
        """The cards of each group that has any, groups in the order shown, cards by slug."""
        ordered = [self.cards.heading(slug) for slug in self.cards]
        by_group = {group: tuple(h for h in ordered if h.group == group) for group in GROUPS}
        return MappingProxyType({group: found for group, found in by_group.items() if found})

    def get(self, slug: str) -> Card | None:
        return self.cards.get(slug)

    def reload_if_changed(self) -> bool:
        """Reads new and saved files, forgets deleted ones; True when a card or a fault changed."""
        stamps = self._look()
        if stamps is None:
            changed = not self._faults.get(self._folder)
            self._faults[self._folder] = (fault(self._folder, 1, "stopped", folder=self._folder),)
            return changed
        self._faults.pop(self._folder, None)
        if stamps == self._stamps:
            return False
        known = {} if self._stamps else self._known()
        # A deleted file is a card taken off the shelf; a broken one leaves the last good card.
        papers = {path: paper for path, paper in self._papers.items() if path in stamps}
        faults = {path: found for path, found in self._faults.items() if path in stamps}
        record = self._content / APPROVALS
        for path, stamp in stamps.items():
            if self._stamps.get(path) != stamp and path != record:
                self._read(path, known, papers, faults)
        approvals = self._approvals(record, faults)
        self._stamps, self._papers, self._faults = stamps, papers, faults
        self.approvals = approvals
        by_slug = {path.stem: paper for path, paper in papers.items()}
        self.cards = Cards(by_slug, approvals, self._language)
        self._keep()
        return True

    def _look(self) -> dict[Path, Stamp] | None:
        """The state of each file that counts; None when the folder cannot be read."""
        found = {}
        record = self._content / APPROVALS
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    if entry.name.endswith(".md") and not entry.name.startswith("."):
                        seen = entry.stat()
                        found[self._folder / entry.name] = (seen.st_mtime_ns, seen.st_size)
            if record.exists():
                seen = record.stat()
                found[record] = (seen.st_mtime_ns, seen.st_size)
        except OSError:
            return None
        return found

    def _read(
        self,
        path: Path,
        known: Mapping[str, Heading],
        papers: dict[Path, Paper],
        faults: dict[Path, tuple[CardFault, ...]],
    ) -> None:
        try:
            raw = path.read_bytes()
            paper = Paper(path, raw.decode("utf-8"), sha256(raw).hexdigest())
            heading = known.get(f"{path.name}:{paper.mark}") or _heading(paper.read())
        except CardFaults as error:
            faults[path] = error.faults
        except (OSError, UnicodeError) as error:
            faults[path] = (fault(path, 1, "unreadable", why=error),)
        else:
            papers[path] = replace(paper, heading=heading)
            faults.pop(path, None)

    def _approvals(self, record: Path, faults: dict[Path, tuple[CardFault, ...]]) -> Approvals:
        """As recorded; while the record is broken, no card is approved."""
        faults.pop(record, None)
        try:
            return Approvals.load(self._content)
        except ApprovalFault as error:
            faults[record] = (fault(record, 1, "approvals", why=error),)
            return Approvals({})

    def _known(self) -> dict[str, Heading]:
        """The headings of texts that were found good by this code before, by name and mark."""
        if self._kept is None:
            return {}
        try:
            raw = json.loads(self._kept.read_text("utf-8"))
            if raw["code"] != _code():
                return {}
            return {key: Heading(*heading) for key, heading in raw["cards"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _keep(self) -> None:
        if self._kept is None:
            return
        cards = {
            f"{path.name}:{paper.mark}": (
                paper.heading.slug,
                paper.heading.title,
                paper.heading.group,
            )
            for path, paper in self._papers.items()
            if paper.heading is not None
        }
        with contextlib.suppress(OSError):  # without it the next start is slower, no more
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self._kept.parent, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"code": _code(), "cards": cards}, file, ensure_ascii=False)
            Path(draft).replace(self._kept)


def _heading(card: Card) -> Heading:
    return Heading(card.slug, card.title, card.group)


@cache
def _code() -> str:
    """Changes with the code that decides what a good card is."""
    names = ("cards.py", "front_matter.py", "figures.py", "soundness.py")
    return sha256(b"".join((SHIPPED / name).read_bytes() for name in names)).hexdigest()
