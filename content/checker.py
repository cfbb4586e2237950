"""The plain-language rules and what only the whole shelf shows; `cards` checks a file's form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from content.answers import LONGEST
from content.cards import HEADINGS, Card, Facet, Form, Item
from content.faults import CardFault, fault
from content.shelf import Shelf
from content.understanding.vietnamese import fold

GIST_SYLLABLES = 30
SENTENCE_SYLLABLES = 25
SECTION_LETTERS = LONGEST - 250  # what heading, source and notice leave of a small screen
QUESTIONS = 3

_LAW_IN_BODY = re.compile(r"\d+/(?:\d{4}/)?(?:NĐ-CP|QĐ-TTg|CT-TTg|QH\d+|TT-\w+)|\d+/\d{4}/[A-ZĐ]+")
_LAW_NUMBER = re.compile(r"\d+/\d{4}")
_SENTENCE = re.compile(r"(?<=[.!?…:;])\s+")


def check(shelf: Shelf) -> tuple[CardFault, ...]:
    """Every fault of every file, in the order of files and lines."""
    found = list(shelf.faults)
    for card in shelf.cards.values():
        found += _wording(card)
        found += _links(card, shelf)
        found += _laws(card)
    found += _shared_phrases(shelf)
    return tuple(sorted(found))


def syllables(text: str) -> int:
    """A Vietnamese syllable is what stands between two spaces; a placeholder counts as two."""
    return len(re.sub(r"\{[^}]*\}", "x x", text).split())


def _wording(card: Card) -> Iterator[CardFault]:
    gist = card.sections[Facet.GENERAL]
    if (count := syllables(gist.text)) > GIST_SYLLABLES:
        yield fault(card.path, gist.line, "gist_long", count=count, most=GIST_SYLLABLES)
    for facet, section in card.sections.items():
        if facet is not Facet.GENERAL:
            yield from _long_sentences(card, section.items)
        if (count := len(section.text)) > SECTION_LETTERS:
            yield fault(
                card.path,
                section.line,
                "section_long",
                heading=section.heading,
                count=count,
                most=SECTION_LETTERS,
            )
    yield from _long_sentences(card, card.remember)
    steps = [item for item in card.sections[Facet.STEPS].items if item.form is Form.STEP]
    if not 2 <= len(steps) <= 6:
        line = card.sections[Facet.STEPS].line
        yield fault(card.path, line, "steps_count", count=len(steps))
    for heading, facet in HEADINGS.items():
        if (count := len(card.questions.get(facet, ()))) < QUESTIONS:
            yield fault(card.path, 1, "questions_few", heading=heading, count=count, most=QUESTIONS)


def _long_sentences(card: Card, items: tuple[Item, ...]) -> Iterator[CardFault]:
    for item in items:
        if law := _LAW_IN_BODY.search(item.text):
            yield fault(card.path, item.line, "law_in_body", number=law[0])
        for sentence in _SENTENCE.split(item.text):
            if (count := syllables(sentence)) > SENTENCE_SYLLABLES:
                words = " ".join(sentence.split()[:5])
                yield fault(
                    card.path,
                    item.line,
                    "sentence_long",
                    count=count,
                    words=words,
                    most=SENTENCE_SYLLABLES,
                )


def _links(card: Card, shelf: Shelf) -> Iterator[CardFault]:
    broken = {found.path.stem for found in shelf.faults}
    for slug in card.related:
        if slug not in shelf.cards and slug not in broken:
            yield fault(card.path, card.lines.get("related", 1), "related", slug=slug)


def _laws(card: Card) -> Iterator[CardFault]:
    declared = {core for law in card.legal for core in _LAW_NUMBER.findall(law.number)}
    for name, figure in card.figures.items():
        for source in sorted({period.source for period in figure.periods}):
            if set(_LAW_NUMBER.findall(source)) - declared:
                line = card.lines.get(f"figures.{name}", 1)
                yield fault(card.path, line, "law_undeclared", name=name, source=source)


def _shared_phrases(shelf: Shelf) -> Iterator[CardFault]:
    claimed: dict[str, str] = {}
    for slug, card in shelf.cards.items():
        for facet, asked in card.questions.items():
            for number, phrase in enumerate(asked):
                key = " ".join(re.findall(r"\w+", fold(phrase)))
                line = card.lines[f"question.{facet}.{number}"]
                other = claimed.setdefault(key, f"{slug}:{line}")
                if other == f"{slug}:{line}":
                    continue
                if other.split(":")[0] == slug:
                    yield fault(card.path, line, "phrase_twice", phrase=phrase)
                else:
                    yield fault(card.path, line, "phrase_shared", phrase=phrase, other=other)
