"""The messages that Zalo OA shows: texts, buttons, pictures, lists, files, as its JSON wants them.

Source: developers.zalo.me, consultation messages (v3.0/oa/message/cs).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from handlers.messages import Button

TEXT_LENGTH = 2000  # characters in NFC; the same text in NFD is longer
BUTTONS = 5
TITLE, SUBTITLE = 100, 500  # of a list's element
IMAGE_BYTES, FILE_BYTES = 1024 * 1024, 5 * 1024 * 1024
# What a button sends comes back as an ordinary text. The mark lets it be told from words, and
# passes Zalo's filter "only texts that begin with #".
PREFIX = "#loa:"
PICTURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
FILES = {
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def storable(text: str) -> str:
    """Return the text in NFC without what UTF-8 and databases cannot hold: NUL, half letters."""
    return unicodedata.normalize("NFC", text.replace("\0", "").encode("utf-8", "ignore").decode())


def to(user: str, message: dict[str, Any]) -> dict[str, Any]:
    """The body of a call that sends the message to a person."""
    return {"recipient": {"user_id": user}, "message": message}


def words(text: str, buttons: Sequence[Button]) -> dict[str, Any]:
    """A text, with choices below it."""
    if not buttons:
        return {"text": text}
    return {"text": text, "attachment": _template(buttons=_buttons(buttons))}


def picture(source: dict[str, str], text: str) -> dict[str, Any]:
    """A picture by `{"url": …}` or `{"attachment_id": …}`, with words below it if there are any."""
    shown = _template(template_type="media", elements=[{"media_type": "image", **source}])
    return {"text": text, "attachment": shown} if text else {"attachment": shown}


def file(token: str) -> dict[str, Any]:
    """An uploaded file."""
    return {"attachment": {"type": "file", "payload": {"token": token}}}


def listed(url: str, text: str, buttons: Sequence[Button]) -> dict[str, Any] | None:
    """Picture, words and choices in one; None when the words do not fit."""
    title, _, rest = text.strip().partition("\n")
    rest = rest.strip()
    if not (0 < len(title) <= TITLE and 0 < len(rest) <= SUBTITLE):
        return None
    heading = {"title": title, "subtitle": rest, "image_url": url}
    shown = _template(template_type="list", elements=[heading], buttons=_buttons(buttons))
    return {"attachment": shown}


def picture_type(content: bytes) -> str:
    """The type of a picture that Zalo takes; nothing for any other, or one that is too large."""
    if len(content) > IMAGE_BYTES:
        return ""
    return next((mime for start, mime in PICTURES if content.startswith(start)), "")


def file_type(name: str, content: bytes) -> str:
    """The type of a file that Zalo takes; nothing for any other, or one that is too large."""
    if not 0 < len(content) <= FILE_BYTES:
        return ""
    return FILES.get(PurePosixPath(name).suffix.lower(), "")


def _buttons(buttons: Sequence[Button]) -> list[dict[str, str]]:
    # "hide": shown, the choice would stand in the chat as its mark and code, not as its label.
    return [
        {
            "title": storable(button.label),
            "type": "oa.query.hide",
            "payload": PREFIX + button.action,
        }
        for button in buttons[:BUTTONS]
    ]


def _template(**payload: Any) -> dict[str, Any]:
    return {"type": "template", "payload": payload}
