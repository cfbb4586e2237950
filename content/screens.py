"""How much a channel's screen holds: cutting long texts, showing an answer as people see it.

What a channel can do stands in `screens.toml` here, for editors, and in the channel itself.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "screens.toml"

# Where a long text may be cut, the best place first.
BORDERS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…:;])\s+"),
    re.compile(r"\s+"),
)


@dataclass(frozen=True, slots=True)
class Screen:
    """One channel. Lengths are in UTF-16 units; without buttons choices are numbered lines."""

    name: str
    letters: int
    buttons: int
    button_letters: int
    pictures: bool
    sounds: tuple[str, ...]  # endings that it plays


def screens() -> tuple[Screen, ...]:
    """Every channel's screen."""
    raw = tomllib.loads(FILE.read_text("utf-8"))
    return tuple(
        Screen(name, **limits | {"sounds": tuple(limits["sounds"])}) for name, limits in raw.items()
    )


def show(
    text: str, labels: Sequence[str], media: Sequence[tuple[str, str]], screen: Screen
) -> Iterator[str]:
    """An answer as lines: what the screen shows, each message and each button set apart.

    `labels` are the choices in their order, with their digits; `media` are (kind, file) pairs.
    """
    voices = [name for kind, name in media if kind == "audio" and name.endswith(screen.sounds)]
    pictures = [name for kind, name in media if kind == "image" and screen.pictures]
    for name in (*pictures, *voices[:1]):  # of several forms the first
        yield f"[{name}]"
    below = labels[screen.buttons :]
    pieces = split("\n".join([text, "", *below]) if below else text, screen.letters)
    for number, piece in enumerate(pieces, start=1):
        if len(pieces) > 1:
            yield f"({number}/{len(pieces)})"
        yield piece
    for label in labels[: screen.buttons]:
        yield f"[ {shorten(label, screen.button_letters)} ]"


def split(text: str, limit: int) -> list[str]:
    """Cut `text` into pieces of at most `limit` UTF-16 units (`limit` >= 2), none of them blank."""
    pieces = []
    rest = text.strip()
    while utf16_length(rest) > limit:
        room = _fitting(rest, limit)
        cut, begin = _border(rest, room)
        pieces.append(rest[:cut].rstrip())
        rest = rest[begin:].lstrip()
    if rest:
        pieces.append(rest)
    return [piece for piece in pieces if piece]


def shorten(text: str, limit: int) -> str:
    """Cut a label to `limit` UTF-16 units, with an ellipsis where something was cut."""
    if utf16_length(text) <= limit:
        return text
    return text[: _fitting(text, limit - 1)].rstrip() + "…"


def utf16_length(text: str) -> int:
    """Length as Telegram counts it: letters beyond the basic plane count twice."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def _fitting(text: str, limit: int) -> int:
    """How many letters of `text` fit in `limit` UTF-16 units."""
    room = 0
    for count, letter in enumerate(text):
        room += 2 if letter > "\uffff" else 1
        if room > limit:
            return count
    return len(text)


def _border(text: str, room: int) -> tuple[int, int]:
    """Where the first piece ends and the next begins, the first within `room` letters."""
    window = text[: room + 1]
    for border in BORDERS:
        found = [m for m in border.finditer(window) if 0 < m.start() <= room]
        # A piece of less than a third of the room would make too many messages.
        if found and found[-1].start() * 3 >= room:
            return found[-1].start(), found[-1].end()
    return max(room, 1), max(room, 1)
