"""Makes a reply fit a channel: once, from its declared capabilities, by pure functions."""

from __future__ import annotations

import re
from dataclasses import replace

from handlers.messages import Button, Capabilities, Reply

# Where a long text may be cut, the best place first.
BORDERS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…:;])\s+"),
    re.compile(r"\s+"),
)


def lay_out(reply: Reply, capabilities: Capabilities) -> list[Reply]:
    """The reply as one or more messages that the channel can show as they are.

    Choices show their digit. Buttons beyond what the channel has become numbered lines; pictures
    and sounds that it cannot show are left out, since the words say the same; long text is cut at
    the border of a paragraph, else of a sentence, else of a word. Pictures go with the first
    message, buttons with the last.
    """
    shown = reply.buttons[: capabilities.buttons]
    text = "\n".join([reply.text, *_lines(reply.buttons[capabilities.buttons :])]).strip()
    media = tuple(m for m in reply.media if m.kind in capabilities.media)
    parts = split(text, capabilities.text_length) or [""]
    messages = [Reply(part) for part in parts]
    messages[0] = replace(messages[0], media=media)
    messages[-1] = replace(
        messages[-1],
        buttons=tuple(
            replace(button, label=shorten(_numbered(button), capabilities.button_label_length))
            for button in shown
        ),
    )
    return messages


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


def _lines(buttons: tuple[Button, ...]) -> list[str]:
    return ["", *map(_numbered, buttons)] if buttons else []


def _numbered(button: Button) -> str:
    """The digit stands on buttons too, so that people learn it and can type it anywhere."""
    return button.label if button.digit is None else f"{button.digit}. {button.label}"


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
