"""Who claims which phrase: names, questions on cards and in question files, compared as matched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from content.cards import Card, Facet
from content.faults import CardFault, fault
from content.shelf import Shelf
from content.understanding.vietnamese import fold

FOLDER = Path("phrases") / "questions"


@dataclass(frozen=True, slots=True)
class Claim:
    """A phrase that leads to a card. A name may also be asked as a question of the same card."""

    slug: str
    phrase: str
    path: Path
    line: int
    is_name: bool = False

    @property
    def key(self) -> str:
        """Phrases with the same key are one to the engine."""
        return _key(self.phrase)


@lru_cache(maxsize=50_000)
def _key(phrase: str) -> str:
    """Kept: who opens one card has it compared with the phrases of all."""
    return " ".join(re.findall(r"\w+", fold(phrase)))


def claims_of(cards: Mapping[str, Card]) -> Iterator[Claim]:
    """Every name and question that stands on a card."""
    for slug, card in cards.items():
        for name in card.names:
            yield Claim(slug, name, card.path, card.lines.get("names", 1), is_name=True)
        for facet, asked in card.questions.items():
            for number, phrase in enumerate(asked):
                yield Claim(slug, phrase, card.path, card.lines[f"question.{facet}.{number}"])


def read_question_files(folder: Path, shelf: Shelf) -> tuple[list[Claim], list[CardFault]]:
    """The questions in `<folder>/phrases/questions/<slug>.txt`, and what is wrong there.

    A folder without such files has none; the shipped ones are no affair of its editors.
    """
    claims: list[Claim] = []
    faults: list[CardFault] = []
    broken = {found.path.stem for found in shelf.faults}
    for path in sorted((folder / FOLDER).glob("*.txt")):
        if path.stem not in shelf.cards and path.stem not in broken:
            faults.append(fault(path, 1, "questions_slug", slug=path.stem))
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeError) as error:
            faults.append(fault(path, 1, "unreadable", why=error))
            continue
        faults += _heading_faults(path, lines)
        claims += [
            Claim(path.stem, line.strip(), path, number)
            for number, line in enumerate(lines, start=1)
            if line.strip() and not line.strip().startswith(("#", "["))
        ]
    return claims, faults


def shared(claims: Iterable[Claim]) -> Iterator[CardFault]:
    """A phrase that two cards claim, or that asks twice for one card."""
    first: dict[str, Claim] = {}
    for claim in claims:
        other = first.setdefault(claim.key, claim)
        if other is claim:
            continue
        if other.slug != claim.slug:
            where = f"{other.slug}:{other.line}"
            yield fault(claim.path, claim.line, "phrase_shared", phrase=claim.phrase, other=where)
        elif other.is_name and not claim.is_name:
            first[claim.key] = claim
        elif other.is_name == claim.is_name:
            yield fault(claim.path, claim.line, "phrase_twice", phrase=claim.phrase)


def _heading_faults(path: Path, lines: list[str]) -> Iterator[CardFault]:
    known = ", ".join(Facet)
    heading = ""
    for number, line in enumerate(map(str.strip, lines), start=1):
        if line.startswith("["):
            heading = line[1:-1] if line.endswith("]") else line
            if heading not in set(Facet):
                fields = {"heading": heading, "known": known}
                yield fault(path, number, "questions_facet", **fields)
        elif line and not line.startswith("#") and not heading:
            heading = line
            yield fault(path, number, "questions_facet", heading="", known=known)
