"""A card's file as the fields of a form, and back: what nobody changed stays letter for letter.

Keys of the front matter that are one value or a plain list are fields of their own; `rest` is all
else of it (texts of law, figures, notes) as it is written. Each section is one field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import yaml

from content.cards import HEADINGS, QUESTIONS, REMEMBER, SAY_BACK

LONGEST = 60_000
"""Letters of a card's file."""

FRONT = ("title", "group", "names", "related", "reviewed", "review_by", "office", "urgent")
LISTS = frozenset({"names", "related"})
REST = "rest"
SECTIONS: Mapping[str, str] = MappingProxyType(
    {facet.value: heading for heading, facet in HEADINGS.items()}
    | {"remember": REMEMBER, "say_back": SAY_BACK, "questions": QUESTIONS}
)
"""The heading of each field of the body, in the order of the file."""

FIELDS = (*FRONT, REST, *SECTIONS)
BLANK: Mapping[str, str] = MappingProxyType(
    {"title": '""', "group": '""', "names": "[]", "reviewed": '""', "review_by": '""'}
)
"""What has to be there stays there without a value, so that what is wrong with it has a line."""

EMPTY = (
    "---\n"
    + "".join(f"{key}: {blank}\n" for key, blank in BLANK.items())
    + "---\n"
    + "\n\n".join(f"## {heading}" for heading in SECTIONS.values())
    + "\n"
)
"""The file of a card of which nothing is written yet."""

_KEY = re.compile(r"([a-z_]+):")
_QUOTED = re.compile(r"""(?<=[\s\[,])(?:"(?:\\.|[^"\\])*"|'(?:''|[^'])*')""")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class NotAForm(ValueError):
    """The file is not built like a card: it has to be mended by hand."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines of a file. `field` is empty for what no field shows; `line` counts from 1."""

    field: str
    line: int
    raw: str


def fields_of(text: str) -> dict[str, str]:
    """The values of all fields, lists one line an item. Raises NotAForm."""
    return _values(_split(text))


def with_fields(text: str, fields: Mapping[str, str]) -> str:
    """The file with these values, of which the missing ones stay as they are. Raises NotAForm."""
    pieces = _split(text)
    before = _values(pieces)
    wanted = {name: _clean(fields.get(name, before[name])) for name in FIELDS}
    changed = {name for name in FIELDS if wanted[name] != _clean(before[name])}
    front = [piece for piece in pieces if piece.field in {*FRONT, REST}]
    body = [piece for piece in pieces if piece.field in SECTIONS]
    first, *_, closing = (piece for piece in pieces if not piece.field)
    written = "".join(_front(front, wanted, changed))
    return f"{first.raw}{written}{closing.raw}{''.join(_body(body, wanted, changed))}"


def field_at(text: str, line: int) -> str:
    """The field in which a line stands; nothing for the card as a whole. Raises NotAForm."""
    found = ""
    for piece in _split(text):
        if piece.line <= line:
            found = piece.field
    return found if line > 1 else ""


def merged(base: str, mine: str, theirs: str) -> tuple[str, tuple[str, ...]]:
    """`theirs` with what `mine` changed since `base`, and the fields that both changed: there
    `mine` holds. Raises NotAForm."""
    was, own, now = fields_of(base or EMPTY), fields_of(mine), fields_of(theirs)
    changed = {name for name in FIELDS if _clean(own[name]) != _clean(was[name])}
    both = tuple(
        name
        for name in FIELDS
        if name in changed and _clean(now[name]) not in {_clean(was[name]), _clean(own[name])}
    )
    return with_fields(theirs, {name: own[name] for name in changed}), both


def _values(pieces: Sequence[_Piece]) -> dict[str, str]:
    values = dict.fromkeys(FIELDS, "")
    for piece in pieces:
        if piece.field == REST:
            values[REST] += piece.raw
        elif piece.field in FRONT:
            values[piece.field] = _value(piece.field, piece.raw) or ""
        elif piece.field:
            values[piece.field] = _clean(piece.raw.partition("\n")[2])
    return values | {REST: _clean(values[REST])}


def _split(text: str) -> list[_Piece]:
    lines = text.splitlines(keepends=True)
    end = next((n for n, line in enumerate(lines) if n and line.rstrip() == "---"), 0)
    if not end or lines[0].removeprefix("\ufeff").rstrip() != "---":
        raise NotAForm("no front matter")
    body = _split_body(lines[end + 1 :], end + 2)
    between = "".join(lines[end : body[0].line - 1])
    return [_Piece("", 1, lines[0]), *_split_front(lines[1:end]), _Piece("", end + 1, between),
            *body]  # fmt: skip


def _split_front(lines: Sequence[str]) -> list[_Piece]:
    """One piece a key; what cannot be shown as a plain value belongs to the rest."""
    blocks: list[_Piece] = []
    for number, line in enumerate(lines, start=2):
        key = _KEY.match(line)
        if key or line.startswith("#") or not blocks:
            blocks.append(_Piece(key[1] if key else REST, number, line))
        else:
            blocks[-1] = replace(blocks[-1], raw=blocks[-1].raw + line)
    known: set[str] = set()
    for place, block in enumerate(blocks):
        plain = block.field in FRONT and block.field not in known
        if not plain or _value(block.field, block.raw) is None:
            blocks[place] = replace(block, field=REST)
        known.add(block.field)
    return blocks


def _split_body(lines: Sequence[str], line: int) -> list[_Piece]:
    found: list[_Piece] = []
    for number, text in enumerate(lines, start=line):
        if text.startswith("## "):
            heading = text[3:].strip()
            field = next((name for name, known in SECTIONS.items() if known == heading), "")
            found.append(_Piece(field, number, text))
        elif found:
            found[-1] = replace(found[-1], raw=found[-1].raw + text)
        elif text.strip():
            raise NotAForm("words before the first section")
    if [piece.field for piece in found] != [*SECTIONS]:
        raise NotAForm("the sections are not those of a card")
    return found


def _value(key: str, raw: str) -> str | None:
    """A key's value as it is typed in the form; None for what is no plain value."""
    if " #" in _QUOTED.sub("", raw):
        return None  # a remark that would be lost
    try:
        value = yaml.safe_load(raw)[key]
    except (yaml.YAMLError, ValueError, TypeError, KeyError):
        return None
    if key == "urgent":
        return {True: "1", False: ""}.get(value) if isinstance(value, bool) else None
    if key in LISTS:
        plain = isinstance(value, list) and all(isinstance(one, str) for one in value)
        return "\n".join(value) if plain else None
    return None if value is None or isinstance(value, list | dict) else str(value)


def _front(pieces: Sequence[_Piece], wanted: Mapping[str, str], changed: set[str]) -> Iterator[str]:
    """The front matter anew; keys that are new come before the rest."""
    there = {piece.field for piece in pieces}
    fresh = [_key(name, wanted[name]) for name in FRONT if name in changed - there]
    rest = iter([_line(wanted[REST])] if REST in changed else [])
    for piece in pieces:
        if piece.field == REST:
            yield from fresh
            fresh = []
        if piece.field not in changed:
            yield piece.raw
        else:
            yield next(rest, "") if piece.field == REST else _key(piece.field, wanted[piece.field])
    yield from (*fresh, *rest)


def _key(name: str, value: str) -> str:
    """One key as editors write it; one that may be left out is, without a value."""
    items = [line.strip() for line in value.split("\n") if line.strip()]
    if not items:
        return f"{name}: {BLANK[name]}\n" if name in BLANK else ""
    if name == "names":
        return "names:\n" + "".join(f"  - {_scalar(one)}\n" for one in items)
    if name == "related":
        return f"related: [{', '.join(_scalar(one) for one in items)}]\n"
    if name == "urgent":
        return "urgent: true\n"
    one = " ".join(items)
    return f"{name}: {one if _DAY.fullmatch(one) else _scalar(one)}\n"


def _scalar(text: str) -> str:
    return yaml.safe_dump([text], allow_unicode=True, width=10**6)[2:].rstrip("\n")


def _body(pieces: Sequence[_Piece], wanted: Mapping[str, str], changed: set[str]) -> Iterator[str]:
    for piece in pieces:
        if piece.field not in changed:
            # The last section ends the file; before another one stands an empty line.
            yield piece.raw
        else:
            ends = "\n" if piece is pieces[-1] else "\n\n"
            words = re.sub(r"(?m)^##(?= )", "", wanted[piece.field])
            yield f"## {SECTIONS[piece.field]}\n{words}{ends}"


def _line(words: str) -> str:
    """Ended by a line break, without a line that would end the front matter."""
    kept = [line for line in words.split("\n") if line.rstrip() != "---"]
    return "\n".join(kept) + "\n" if any(kept) else ""


def _clean(words: str) -> str:
    """Composed letters, plain line ends, nothing that cannot be seen, no space at the ends."""
    seen = (
        "".join(sign for sign in line.expandtabs(2) if sign.isprintable()).rstrip()
        for line in unicodedata.normalize("NFC", words).splitlines()
    )
    return "\n".join(seen).strip("\n")
