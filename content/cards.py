"""A card: what is known about one policy, and how its file is read.

Whether the wording is plain enough is `checker`'s affair, how a card becomes an answer `answers`'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from content.approvals import Approval, digest_of
from content.faults import CardFault, CardFaults, fault
from content.figures import Figure, Law, Period, State
from content.front_matter import Front, read_front

__all__ = [
    "LOCAL_PLACES", "Card", "CardFault", "CardFaults", "Facet", "Figure", "Form", "Item", "Law",
    "Period", "Section", "State", "parse_card", "placeholders",
]  # fmt: skip


class Facet(StrEnum):
    """What about a subject a person asks."""

    GENERAL = "general"
    ELIGIBILITY = "eligibility"
    AMOUNT = "amount"
    PAPERS = "papers"
    WHERE = "where"
    DEADLINE = "deadline"
    FEE = "fee"
    STEPS = "steps"
    CONTACT = "contact"


class Form(StrEnum):
    """How a piece of a section is written."""

    SENTENCE = "sentence"
    BULLET = "bullet"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Item:
    """The smallest piece that is shown or left out whole: a sentence, a bullet or a step.

    Sentences with the same `paragraph` belong on one line.
    """

    text: str
    form: Form
    line: int
    paragraph: int

    @property
    def placeholders(self) -> tuple[str, ...]:
        return placeholders(self.text)


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    line: int
    items: tuple[Item, ...]

    @property
    def text(self) -> str:
        """All its words, placeholders unfilled."""
        return " ".join(item.text for item in self.items)


@dataclass(frozen=True)
class Card:
    """One policy topic. Mappings are read-only; without an `approval` it is a sample.

    `office` is the one that has to read it again, or empty.

    An `urgent` card tells people in danger what to do now: nothing in it says to ask first.
    """

    slug: str
    title: str
    group: str
    names: tuple[str, ...]
    related: tuple[str, ...]
    reviewed: date
    review_by: date
    office: str
    urgent: bool
    legal: tuple[Law, ...]
    figures: Mapping[str, Figure]
    sections: Mapping[Facet, Section]
    remember: tuple[Item, ...]
    say_back: tuple[str, str]
    questions: Mapping[Facet, tuple[str, ...]]
    path: Path
    digest: str
    lines: Mapping[str, int]
    """Where in the file a key, a `figures.<name>` or a `question.<facet>.<n>` stands."""
    approval: Approval | None = None

    def overdue(self, day: date) -> bool:
        """Past the day it had to be read again: no figure of it may be shown."""
        return day > self.review_by


LOCAL_PLACES = ("mot-cua", "tram-y-te", "cong-an-xa", "gio-lam-viec", "lien-he-xa")

HEADINGS: Mapping[str, Facet] = MappingProxyType(
    {
        "Tóm tắt": Facet.GENERAL,
        "Ai được": Facet.ELIGIBILITY,
        "Được gì": Facet.AMOUNT,
        "Giấy cần mang": Facet.PAPERS,
        "Làm ở đâu": Facet.WHERE,
        "Bao lâu": Facet.DEADLINE,
        "Mất tiền không": Facet.FEE,
        "Các bước": Facet.STEPS,
        "Hỏi ai": Facet.CONTACT,
    }
)
REMEMBER, SAY_BACK, QUESTIONS = "Ba điều cần nhớ", "Nói lại", "Bà con hay hỏi"
_ORDER = (*HEADINGS, REMEMBER, SAY_BACK, QUESTIONS)

_PLACE = re.compile(r"\{([a-z0-9]+(?:-[a-z0-9]+)*)\}")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[^\W\d_a-zà-ỹđ]|[{\"“(\d])")
_BULLET = re.compile(r"[-*•]\s+(.*)")
_STEP = re.compile(r"\d{1,2}[.)]\s+(.*)")

Line = tuple[int, str]  # line number in the file, text


def placeholders(text: str) -> tuple[str, ...]:
    """The names inside `{…}`, in order."""
    return tuple(_PLACE.findall(text))


def parse_card(text: str, *, slug: str, path: Path) -> Card:
    """The card in a file's text. Raises `CardFaults` with every fault found in it."""
    faults: list[CardFault] = []
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        faults.append(fault(path, 1, "slug", slug=slug))
    lines = text.removeprefix("\ufeff").splitlines()
    end = next((n for n, line in enumerate(lines) if n and line.rstrip() == "---"), 0)
    if not lines or lines[0].rstrip() != "---" or not end:
        raise CardFaults([*faults, fault(path, 1, "no_front")])
    front = read_front("\n".join(lines[1:end]), path, faults)
    parts = _split(list(enumerate(lines, start=1))[end + 1 :], path, faults)
    sections = {
        facet: Section(heading, parts[heading][0][0], _items(parts[heading][1:]))
        for heading, facet in HEADINGS.items()
        if heading in parts
    }
    remember = _items(parts.get(REMEMBER, [])[1:])
    if REMEMBER in parts and len(remember) != 3:
        faults.append(fault(path, parts[REMEMBER][0][0], "remember", count=len(remember)))
    say_back = _say_back(parts, path, faults)
    questions, question_lines = _questions(parts.get(QUESTIONS, []), path, faults)
    items = [item for section in sections.values() for item in section.items] + list(remember)
    if front is not None:
        faults.extend(_placeholder_faults(front, items, path))
    if faults or front is None:
        raise CardFaults(faults)
    return Card(
        slug=slug,
        title=front.title,
        group=front.group,
        names=tuple(front.names),
        related=tuple(front.related),
        reviewed=front.reviewed,
        review_by=front.review_by,
        office=front.office.strip(),
        urgent=front.urgent,
        legal=front.laws(),
        figures=MappingProxyType(front.figures_by_name()),
        sections=MappingProxyType(sections),
        remember=remember,
        say_back=say_back,
        questions=MappingProxyType(questions),
        path=path,
        digest=digest_of(text),
        lines=MappingProxyType(front.lines | question_lines),
    )


def _split(body: list[Line], path: Path, faults: list[CardFault]) -> dict[str, list[Line]]:
    """Each section's lines by heading, the heading's own line first."""
    parts: dict[str, list[Line]] = {}
    current: list[Line] | None = None
    for number, line in body:
        if line.startswith("## "):
            heading = line[3:].strip()
            current = [(number, heading)]
            if heading not in _ORDER:
                known = ", ".join(_ORDER)
                faults.append(fault(path, number, "section_unknown", heading=heading, known=known))
            elif heading in parts:
                faults.append(fault(path, number, "section_twice", heading=heading))
            else:
                parts[heading] = current
        elif line.strip():
            if current is None:
                faults.append(fault(path, number, "stray"))
            else:
                current.append((number, line.rstrip()))
        elif current is not None:
            current.append((number, ""))
    faults.extend(_section_faults(parts, body[-1][0] if body else 1, path))
    return parts


def _section_faults(
    parts: dict[str, list[Line]], last_line: int, path: Path
) -> Iterator[CardFault]:
    """Sections that are missing, empty, or out of their order (the first of these alone)."""
    wanted = [heading for heading in _ORDER if heading in parts]
    for heading, expected in zip(parts, wanted, strict=True):
        if heading != expected:
            yield fault(path, parts[heading][0][0], "section_order", heading=heading)
            break
    for heading in _ORDER:
        if heading not in parts:
            yield fault(path, last_line, "section_missing", heading=heading)
        elif not any(line for _, line in parts[heading][1:]):
            yield fault(path, parts[heading][0][0], "section_empty", heading=heading)


def _items(lines: list[Line]) -> tuple[Item, ...]:
    return tuple(_read_items(lines))


def _read_items(lines: list[Line]) -> Iterator[Item]:
    """Bullets and steps whole, paragraphs sentence by sentence; broken lines joined."""
    blocks: list[tuple[int, Form, str]] = []
    after_gap = True
    for number, line in lines:
        words = line.strip()
        if not words:
            after_gap = True
            continue
        if bullet := _BULLET.fullmatch(words):
            blocks.append((number, Form.BULLET, bullet[1]))
        elif step := _STEP.fullmatch(words):
            blocks.append((number, Form.STEP, step[1]))
        elif blocks and not after_gap:
            first, form, before = blocks[-1]
            blocks[-1] = (first, form, f"{before} {words}")
        else:
            blocks.append((number, Form.SENTENCE, words))
        after_gap = False
    for paragraph, (number, form, words) in enumerate(blocks):
        pieces = _SENTENCE_END.split(words) if form is Form.SENTENCE else [words]
        for piece in pieces:
            yield Item(piece, form, number, paragraph)


def _say_back(parts: dict[str, list[Line]], path: Path, faults: list[CardFault]) -> tuple[str, str]:
    found = {"Hỏi:": "", "Đáp:": ""}
    lines = parts.get(SAY_BACK, [])
    for _, line in lines[1:]:
        for mark in found:
            if line.strip().startswith(mark):
                found[mark] = line.strip().removeprefix(mark).strip()
    if lines and not all(found.values()):
        faults.append(fault(path, lines[0][0], "say_back"))
    return found["Hỏi:"], found["Đáp:"]


def _questions(
    lines: list[Line], path: Path, faults: list[CardFault]
) -> tuple[dict[Facet, tuple[str, ...]], dict[str, int]]:
    found: dict[Facet, list[str]] = {}
    places: dict[str, int] = {}
    facet = Facet.GENERAL
    for number, line in lines[1:]:
        if line.startswith("### "):
            heading = line[4:].strip()
            if heading not in HEADINGS and heading != REMEMBER:
                known = ", ".join(HEADINGS)
                faults.append(
                    fault(path, number, "questions_heading", heading=heading, known=known)
                )
            facet = HEADINGS.get(heading, Facet.GENERAL)
        elif bullet := _BULLET.fullmatch(line.strip()):
            asked = found.setdefault(facet, [])
            places[f"question.{facet}.{len(asked)}"] = number
            asked.append(bullet[1].strip())
    if lines and not found:
        faults.append(fault(path, lines[0][0], "questions_none"))
    return {facet: tuple(asked) for facet, asked in found.items()}, places


def _placeholder_faults(front: Front, items: list[Item], path: Path) -> Iterator[CardFault]:
    used: set[str] = set()
    for item in items:
        used.update(item.placeholders)
        for name in item.placeholders:
            if name not in front.figures and name not in LOCAL_PLACES:
                yield fault(path, item.line, "placeholder", name=name)
        if any(brace in _PLACE.sub("", item.text) for brace in "{}"):
            yield fault(path, item.line, "braces")
    for name in front.figures:
        if name not in used:
            yield fault(path, front.lines[f"figures.{name}"], "figure_unused", name=name)
