"""What the village hears over the loudspeaker and reads on the board, from a card or a notice.

How a sheet is laid out on paper is for others; a card's figures keep to the rules of its answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from content.answers import LocalFacts, pieces
from content.cards import Card, Facet
from content.plainness import seconds_aloud
from content.texts import Texts

TEXT_KEYS = (
    *("loudspeaker.call", "loudspeaker.call_unit", "loudspeaker.about", "loudspeaker.again"),
    *("loudspeaker.end", "loudspeaker.ask", "board.notice"),
    *(f"answer.facet.{facet}" for facet in Facet),
)

SPOKEN = (Facet.GENERAL, Facet.ELIGIBILITY, Facet.AMOUNT, Facet.PAPERS, Facet.WHERE)
SHORT = (Facet.WHERE, Facet.CONTACT)
"""What stands on a small sheet beside the three things to remember."""

_BREATH = re.compile(r"(?<=[.!?…])\s+")

LONG = (Facet.ELIGIBILITY, Facet.PAPERS, *SHORT)


@dataclass(frozen=True, slots=True)
class Script:
    """What is read aloud, a breath a line, and how many seconds that takes."""

    lines: tuple[str, ...]
    seconds: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page for the board. `points` are numbered; `blocks` are lines under a heading."""

    title: str
    lead: tuple[str, ...]
    points_heading: str
    points: tuple[str, ...]
    blocks: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[str, ...]


def card_script(card: Card, *, unit: str, today: date, local: LocalFacts, texts: Texts) -> Script:
    """The card as it is read out: all that helps who cannot read, its gist once more at the end."""
    told = pieces(card, SPOKEN, today=today, local=local, texts=texts)
    gist = told.sections[Facet.GENERAL]
    lines = [_call(unit, texts), texts("loudspeaker.about", title=card.title), *gist]
    for facet in SPOKEN[1:]:
        if body := told.sections[facet]:
            lines += [texts(f"answer.facet.{facet}"), *body]
    lines += [texts("answer.remember"), *told.remember, *told.notes]
    return _script([*lines, texts("loudspeaker.ask"), texts("loudspeaker.again"), *gist], texts)


def notice_script(text: str, *, unit: str, texts: Texts) -> Script:
    """A notice as it is read out, twice."""
    body = [line for line in text.splitlines() if line.strip()]
    return _script([_call(unit, texts), *body, texts("loudspeaker.again"), *body], texts)


def card_sheet(
    card: Card, facets: Iterable[Facet], *, today: date, local: LocalFacts, texts: Texts
) -> Sheet:
    """The card for the board, with these facets of it."""
    facets = tuple(facets)
    told = pieces(card, (Facet.GENERAL, *facets), today=today, local=local, texts=texts)
    blocks = [(texts(f"answer.facet.{facet}"), told.sections[facet]) for facet in facets]
    return Sheet(
        title=card.title,
        lead=told.sections[Facet.GENERAL],
        points_heading=texts("answer.remember"),
        points=told.remember,
        blocks=tuple((heading, lines) for heading, lines in blocks if lines),
        notes=(*told.notes, told.source),
    )


def notice_sheet(text: str, texts: Texts) -> Sheet:
    """A notice for the board."""
    body = tuple(line for line in text.splitlines() if line.strip())
    return Sheet(texts("board.notice"), body, "", (), (), ())


def _call(unit: str, texts: Texts) -> str:
    return texts("loudspeaker.call_unit", unit=unit) if unit else texts("loudspeaker.call")


def _script(lines: list[str], texts: Texts) -> Script:
    spoken = [
        breath for line in [*lines, texts("loudspeaker.end")] for breath in _BREATH.split(line)
    ]
    return Script(tuple(spoken), seconds_aloud(" ".join(spoken)))
