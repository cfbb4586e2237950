"""The plain-language rules and what only the whole shelf shows; `cards` checks a file's form.

The limits are our own judgement, tried on the shipped cards and not yet on readers; they are no
published readability formula. `wording` says what is hard in a text, this file where it may stand.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from content.answers import LONGEST
from content.cards import (
    HEADINGS,
    Card,
    CardFaults,
    Facet,
    Form,
    Item,
    parse_card,
    placeholders,
)
from content.claims import claims_of, read_question_files, shared
from content.faults import CardFault, fault
from content.library import holding
from content.redaction import redact
from content.shelf import Shelf
from content.soundness import unsound
from content.wording import GLOSSARY, LAW_NUMBER, PLAIN, Wording, sentences, syllables

GIST_SYLLABLES = 30
"""The gist stands for the whole card, so it may be one breath longer than a sentence."""

SENTENCE_SYLLABLES = 25
"""About 15 Vietnamese words, which readers of a second language still hold until the full stop."""

MEAN_SYLLABLES = 15
"""Of all sentences of a card: a long one is borne when short ones stand around it."""

CARD_SYLLABLES = 500
"""All that a card shows. At four syllables a second it is read aloud in about two minutes."""

SECTION_LETTERS = LONGEST - 250
"""What heading, source and notice leave of a small screen."""

MARKUP = re.compile(r"\*\*|__|\]\(|</?[a-z]+[^>]*>", re.IGNORECASE)
"""No channel shows it but as signs."""

QUESTIONS = 3
"""From fewer questions the engine does not learn how people ask about a facet."""


def check(shelf: Shelf, today: date | None, folder: Path) -> tuple[CardFault, ...]:
    """Every fault of every file, in the order of files and lines.

    `today` is the day in Asia/Ho_Chi_Minh; without it no date is held against the calendar, so that
    what passed once passes again. `folder` the content folder that the shelf was read
    from; a glossary or a list of plain words that it does not hold is the shipped one.
    """
    found = list(shelf.faults)
    asked, file_faults = read_question_files(folder, shelf)
    found += file_faults
    found += shared([*claims_of(shelf.cards), *asked])
    wording, wording_faults = _load_wording(folder)
    found += wording_faults
    for card in shelf.cards.values():
        found += _of(card, shelf, today, wording)
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Reading:
    """A text read as a card. For what `stops` it, it would be refused; `remarks` are what else an
    editor should mend. `card` is None where the text cannot be one."""

    card: Card | None
    stops: tuple[CardFault, ...] = ()
    remarks: tuple[CardFault, ...] = ()


def read_draft(text: str, slug: str, shelf: Shelf, today: date, folder: Path) -> Reading:
    """How a text would fare as the card `slug` beside the others of the shelf; see `check`."""
    path = shelf.folder / f"{slug}.md"
    try:
        card = parse_card(text, slug=slug, path=path)
    except CardFaults as error:
        return Reading(None, error.faults)
    wording, found = _load_wording(folder)
    found += _of(card, shelf, today, wording)
    asked, _ = read_question_files(folder, shelf)
    others = {name: other for name, other in shelf.cards.items() if name != slug}
    claims = [*claims_of(others), *asked, *claims_of({slug: card})]
    found += [one for one in shared(claims) if one.path == path]
    return Reading(card, tuple(sorted([*unsound(card), *_private(card)])), tuple(sorted(found)))


def _private(card: Card) -> Iterator[CardFault]:
    """Questions as people ask them, in which somebody could be found."""
    for facet, asked in card.questions.items():
        for number, question in enumerate(asked):
            if (hidden := redact(question)) != question:
                line = card.lines[f"question.{facet}.{number}"]
                yield fault(card.path, line, "phrase_private", hidden=hidden)


def _of(
    card: Card, shelf: Shelf, today: date | None, wording: Wording | None
) -> Iterator[CardFault]:
    """What is wrong with one card's words and dates."""
    yield from _lengths(card)
    yield from _form(card)
    yield from _links(card, shelf)
    if today is not None:
        yield from _review(card, today)
    if wording is not None:
        yield from _plainness(card, wording)
        yield from _legal(card, wording)


def shown_together(card: Card) -> Mapping[Facet, tuple[Item, ...]]:
    """What one answer in the chat shows: a section, and the gist with what to remember."""
    shown = {facet: section.items for facet, section in card.sections.items()}
    shown[Facet.GENERAL] += card.remember
    return shown


def sentences_of(card: Card) -> Iterator[tuple[Item, str]]:
    """Every sentence that a card shows, a figure in it with the longest value it ever has."""
    for items in shown_together(card).values():
        for item in items:
            for sentence in sentences(_longest(item.text, card)):
                yield item, sentence


def word_lists(folder: Path) -> tuple[Path, Path]:
    """The glossary and the plain words of a content folder; what it does not hold is shipped."""
    return holding(folder, GLOSSARY) / GLOSSARY, holding(folder, PLAIN) / PLAIN


def _load_wording(folder: Path) -> tuple[Wording | None, list[CardFault]]:
    """The editors' word lists; None, with the reason, when one cannot be read."""
    glossary, plain = word_lists(folder)
    for path in (glossary, plain):
        try:
            tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            return None, [fault(path, 1, "word_list", why=error)]
    try:
        return Wording.load(glossary, plain), []
    except (KeyError, TypeError, AttributeError) as error:
        return None, [fault(glossary, 1, "word_list", why=error)]


def _lengths(card: Card) -> Iterator[CardFault]:
    gist = card.sections[Facet.GENERAL]
    if (count := syllables(gist.text)) > GIST_SYLLABLES:
        yield fault(card.path, gist.line, "gist_long", count=count, most=GIST_SYLLABLES)
    counts = []
    for item, sentence in sentences_of(card):
        counts.append(count := syllables(sentence))
        if count > SENTENCE_SYLLABLES and item not in gist.items:
            words = " ".join(sentence.split()[:5])
            fields = {"count": count, "words": words, "most": SENTENCE_SYLLABLES}
            yield fault(card.path, item.line, "sentence_long", **fields)
    mean, whole = sum(counts) / len(counts), sum(counts)
    if mean > MEAN_SYLLABLES:
        yield fault(card.path, 1, "mean_long", count=f"{mean:.0f}", most=MEAN_SYLLABLES)
    if whole > CARD_SYLLABLES:
        yield fault(card.path, 1, "card_long", count=whole, most=CARD_SYLLABLES)
    for section in card.sections.values():
        if (count := len(section.text)) > SECTION_LETTERS:
            fields = {"heading": section.heading, "count": count, "most": SECTION_LETTERS}
            yield fault(card.path, section.line, "section_long", **fields)


def _form(card: Card) -> Iterator[CardFault]:
    for items in shown_together(card).values():
        for item in items:
            if law := LAW_NUMBER.search(item.text):
                yield fault(card.path, item.line, "law_in_body", number=law[0])
            if sign := MARKUP.search(item.text):
                yield fault(card.path, item.line, "markup", sign=sign[0])
    steps = [item for item in card.sections[Facet.STEPS].items if item.form is Form.STEP]
    if not 2 <= len(steps) <= 6:
        line = card.sections[Facet.STEPS].line
        yield fault(card.path, line, "steps_count", count=len(steps))
    for heading, facet in HEADINGS.items():
        if (count := len(card.questions.get(facet, ()))) < QUESTIONS:
            yield fault(card.path, 1, "questions_few", heading=heading, count=count, most=QUESTIONS)


def _plainness(card: Card, wording: Wording) -> Iterator[CardFault]:
    """Hard words, abbreviations, bare numbers; each answer is read alone, so each explains."""
    for items in shown_together(card).values():
        found: set[CardFault] = set()
        for nth in range(max((len(f.periods) for f in card.figures.values()), default=1)):
            texts = [_with_value(item.text, card, nth) for item in items]
            found |= {*_unexplained(card, items, texts, wording)}
        yield from found
        for item in items:
            for number in wording.bare_numbers(item.text):
                yield fault(card.path, item.line, "number_bare", number=number)
    for name, figure in card.figures.items():
        for period in figure.periods:
            for number in wording.bare_numbers(period.value):
                line = card.lines.get(f"figures.{name}", 1)
                yield fault(card.path, line, "figure_bare", name=name, number=number)


def _unexplained(
    card: Card, items: Sequence[Item], texts: Sequence[str], wording: Wording
) -> Iterator[CardFault]:
    for use in wording.terms(texts):
        if not use.explained:
            code = "term_on_form" if use.word in wording.on_forms else "term"
            fields = {"term": use.word, "plain": use.plain}
            yield fault(card.path, items[use.text].line, code, **fields)
    for use in wording.abbreviated(texts):
        if not use.explained:
            yield fault(card.path, items[use.text].line, "abbreviation", word=use.word)


def _legal(card: Card, wording: Wording) -> Iterator[CardFault]:
    for law in card.legal:
        if not wording.names_a_text(law.number):
            yield fault(card.path, card.lines.get("legal", 1), "legal_form", number=law.number)


def _review(card: Card, today: date) -> Iterator[CardFault]:
    if card.reviewed > today:
        line = card.lines.get("reviewed", 1)
        yield fault(card.path, line, "review_future", day=card.reviewed)
    if card.overdue(today):
        line = card.lines.get("review_by", 1)
        yield fault(card.path, line, "review_expired", day=card.review_by)


def _links(card: Card, shelf: Shelf) -> Iterator[CardFault]:
    broken = {found.path.stem for found in shelf.faults}
    for slug in card.related:
        if slug == card.slug:
            yield fault(card.path, card.lines.get("related", 1), "related_self", slug=slug)
        elif slug not in shelf.cards and slug not in broken:
            yield fault(card.path, card.lines.get("related", 1), "related", slug=slug)


def _longest(text: str, card: Card) -> str:
    """The text with each figure's longest value; the places that a commune fills stay."""
    for name in set(placeholders(text)) & card.figures.keys():
        value = max((period.value for period in card.figures[name].periods), key=syllables)
        text = text.replace(f"{{{name}}}", value)
    return text


def _with_value(text: str, card: Card, nth: int) -> str:
    """The text with each figure's nth value, or its last."""
    for name in set(placeholders(text)) & card.figures.keys():
        periods = card.figures[name].periods
        text = text.replace(f"{{{name}}}", periods[min(nth, len(periods) - 1)].value)
    return text
