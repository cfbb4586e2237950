"""Adds a phrase to a card's question file, if the checker has nothing against it.

The file is written whole or not at all. Who learns the phrase is `library`'s affair.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from content.cards import Facet
from content.claims import FOLDER, Claim, claims_of, read_question_files, shared
from content.faults import CardFault, fault
from content.library import WORDS, holding
from content.redaction import asked, redact
from content.shelf import Shelf
from content.whole_files import alone, write_whole

LONGEST = 200
"""In letters. What is longer is a story and teaches its own words rather than a question."""


class PhraseRefused(ValueError):
    """The phrase was not added; `faults` tell why and how to mend it."""

    def __init__(self, faults: Iterable[CardFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(found) for found in self.faults))


def add_phrase(shelf: Shelf, folder: Path, slug: str, facet: str, phrase: str) -> Path:
    """Appends to `<folder>/phrases/questions/<slug>.txt` under [facet]; returns the file.

    `folder` is the content folder that the shelf was read from. Blocking; safe beside others that
    add. Raises PhraseRefused.
    """
    path = folder / FOLDER / f"{slug}.txt"
    phrase = one_line(phrase)
    if faults := [*_phrase_faults(path, phrase), *_place_faults(path, shelf, slug, facet)]:
        raise PhraseRefused(faults)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with alone(path.parent):
            lines = path.read_text("utf-8").splitlines() if path.exists() else []
            number, written = _appended(lines, facet, phrase)
            claim = Claim(slug, phrase, path, number)
            if faults := _claim_faults(shelf, folder, claim):
                raise PhraseRefused(faults)
            write_whole(path, "".join(f"{line}\n" for line in written))
    except UnicodeError as error:
        raise PhraseRefused([fault(path, 1, "unreadable", why=error)]) from error
    except OSError as error:
        raise PhraseRefused([fault(path, 1, "unwritable", why=error.strerror)]) from error
    return path


def suggestion(question: str) -> str:
    """A phrase to begin from: what a redacted question asks, not who asks it, and not too long."""
    words, kept = one_line(asked(question)).split(), ""
    for word in words:
        if len(longer := f"{kept} {word}".strip()) > LONGEST:
            break
        kept = longer
    return kept.lstrip("[#,.;: ")


def one_line(phrase: str) -> str:
    """Composed letters and single spaces; nothing that cannot be seen or that ends a line."""
    seen = (sign for sign in phrase if sign.isprintable() or sign.isspace())
    return " ".join(unicodedata.normalize("NFC", "".join(seen)).split())


def _phrase_faults(path: Path, phrase: str) -> Iterator[CardFault]:
    if not any(sign.isalpha() for sign in phrase):
        yield fault(path, 1, "phrase_empty")
    if len(phrase) > LONGEST:
        yield fault(path, 1, "phrase_long", count=len(phrase), most=LONGEST)
    if phrase.startswith(("[", "#")):
        yield fault(path, 1, "phrase_mark", mark=phrase[0])
    if redact(phrase) != phrase:
        yield fault(path, 1, "phrase_private", hidden=redact(phrase))


def _place_faults(path: Path, shelf: Shelf, slug: str, facet: str) -> Iterator[CardFault]:
    if slug not in shelf.cards:
        yield fault(path, 1, "phrase_card", slug=slug)
    if facet not in set(Facet):
        yield fault(path, 1, "questions_facet", heading=facet, known=", ".join(Facet))


def _claim_faults(shelf: Shelf, folder: Path, claim: Claim) -> list[CardFault]:
    """What the phrase would break, and what stands wrong already and would not be learned."""
    lines, wrong = read_question_files(folder, shelf)
    words = holding(folder, WORDS)
    if words.resolve() != folder.resolve():
        shipped, _ = read_question_files(words, shelf)
        lines = [*(one for one in shipped if one.slug in shelf.cards), *lines]
    if broken := [found for found in wrong if found.path.stem in shelf.cards]:
        return broken
    claims = [*claims_of(shelf.cards), *lines]
    others = {one.slug for one in claims if one.key == claim.key} - {claim.slug}
    if slug := min(others & shelf.cards.keys(), default=""):
        title = shelf.cards.heading(slug).title
        return [fault(claim.path, claim.line, "phrase_taken", title=title, slug=slug)]
    before = list(shared(claims))
    return list(shared([*claims, claim]))[len(before) :]  # the last one's faults come last


def _appended(lines: Sequence[str], facet: str, phrase: str) -> tuple[int, list[str]]:
    """The number of the new line, and all lines: after the section's last phrase."""
    heading, last = "", 0
    for number, line in enumerate(map(str.strip, lines), start=1):
        if line.startswith("["):
            heading = line
        if heading == f"[{facet}]" and line and not line.startswith("#"):
            last = number
    if last:
        return last + 1, [*lines[:last], phrase, *lines[last:]]
    kept = [*lines]
    while kept and not kept[-1].strip():
        kept.pop()
    written = [*kept, *([""] if kept else []), f"[{facet}]", phrase]
    return len(written), written
