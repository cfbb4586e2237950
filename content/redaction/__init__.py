"""Hides in a question what identifies a person, so that it may be kept and shown to staff.

What a text tells by its meaning alone ("the only teacher of the village") is not seen here.
"""

from __future__ import annotations

import re
import unicodedata

from content.redaction.gates import GATED
from content.redaction.page import Found, Page
from content.redaction.words import LABELS

__all__ = ["LABELS", "asked", "redact"]

_ABOUT_ONESELF = 4
"""So many words at most beside a bracket tell who asks; more are a part of the question."""

_BORDER = re.compile(
    f"({'|'.join(map(re.escape, LABELS.values()))})" + r"|[,;:.!?]+(?=\s|$)|[,;:.!?]*\n"
)


def redact(text: str) -> str:
    """The text in NFC with a bracketed word for each thing hidden. Never raises; idempotent."""
    text = unicodedata.normalize("NFC", text)
    while (hidden := _once(text)) != text:
        text = hidden  # what was hidden can uncover a neighbour; each round leaves less to read
    return text


def asked(text: str) -> str:
    """What a redacted text asks, without the bracketed words and the few words beside them, which
    tell who asks ("tôi tên là [tên]", "gọi em số [số điện thoại] nhé").

    Never empty handed: of words beside brackets alone the most stay.
    """
    parts = _BORDER.split(text)
    pieces, hidden = [piece.strip() for piece in parts[::2]], [bool(sign) for sign in parts[1::2]]
    if not any(hidden):
        return text
    beside = map(any, zip([False, *hidden], [*hidden, False], strict=True))
    kept = [
        piece
        for piece, near in zip(pieces, beside, strict=True)
        if piece and not (near and len(piece.split()) <= _ABOUT_ONESELF)
    ]
    return ", ".join(kept) or max(pieces, key=len)


def _once(text: str) -> str:
    page = Page.read(text)
    spans: list[Found] = []
    for may_find, rule in GATED:
        if may_find(page) and (found := list(rule(page))):
            page = page.without(found)
            spans += [one for one in found if one[2]]
    if not spans:
        return text
    out, done = [], 0
    for start, end, kind in sorted(spans):
        if page.offsets[start] >= done:
            out += [text[done : page.offsets[start]], LABELS[kind]]
            done = page.offsets[end]
    return "".join([*out, text[done:]])
