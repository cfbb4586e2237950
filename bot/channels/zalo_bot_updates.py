"""What an update of the Zalo Bot Platform means: from its JSON to `Incoming`, without any call.

Everything here bears any JSON at all. Source: docs.zaloplatforms.com/docs/BOT, page webhook.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from bot.channels.channel import Refused
from bot.channels.zalo_files import attachment
from handlers.messages import Address, Attachment, Incoming, Kind

# Groups are in beta, and it is unconfirmed whether a bot hears all of their talk or only what is
# said to it. Rather silent there than answering what neighbours say to each other.
HEARS_GROUPS = False

KINDS = {
    "message.text.received": Kind.TEXT,
    "message.link.received": Kind.TEXT,  # unconfirmed: seen in one program
    "message.image.received": Kind.IMAGE,
    "message.sticker.received": Kind.STICKER,
    "message.voice.received": Kind.VOICE,
}
START = re.compile(r"/start(?:\s+(?P<rest>.*))?", re.S | re.I)
LONGEST_ID = 100


def read(payload: Any, account: str, *, now: datetime) -> list[Incoming]:
    """Say what an update means; nothing, if nobody said it to us. One without date is of `now`.

    Raises Refused(400) for what is not an update.
    """
    update = _unwrapped(payload)
    event, message = update.get("event_name"), update.get("message")
    if not isinstance(event, str) or not event:
        raise Refused(400, "not an update: no event_name")
    if message is None:  # people under protection: "unsupported" and nothing else
        return []
    if not isinstance(message, dict):
        raise Refused(400, "not an update: message is no object")
    chat, sender = _object(message, "chat"), _object(message, "from")
    group = chat.get("chat_type") == "GROUP"
    if sender.get("is_bot") is True or (group and not HEARS_GROUPS):
        return []
    if event == "message.unsupported.received" and not ("message_id" in message and "id" in chat):
        return []
    text = storable(_text(message, "text") or _text(message, "caption")).strip()
    kind = KINDS.get(event, Kind.TEXT if text else Kind.OTHER)
    if kind is Kind.TEXT and (command := START.fullmatch(text)):
        kind, text = Kind.START, (command["rest"] or "").strip()
    return [
        Incoming(
            address=Address(account, _id(chat, "id")),
            # Zalo may repeat itself; only both together name one event.
            message_id=f"{storable(event)[:60]}:{_id(message, 'message_id')}",
            kind=kind,
            sender=_id(sender or chat, "id"),
            sent_at=_moment(message.get("date")) or now,
            text=text,
            group=group,
            attachments=_attachments(message),
        )
    ]


def _attachments(message: dict[str, Any]) -> tuple[Attachment, ...]:
    # Documented as `photo`, but `photo_url` in two programs.
    return (
        attachment(Kind.IMAGE, message.get("photo"))
        or attachment(Kind.IMAGE, message.get("photo_url"))
        or attachment(Kind.VOICE, message.get("voice_url"))
    )


def storable(text: str) -> str:
    """Return the text without what databases and UTF-8 cannot hold: NUL and half characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def _unwrapped(payload: Any) -> dict[str, Any]:
    """Take off the envelope: documented around webhook bodies, but met without it in use."""
    if isinstance(payload, dict) and "event_name" not in payload:
        payload = payload.get("result")
    if not isinstance(payload, dict):
        raise Refused(400, "not an update: no object")
    return payload


def _object(message: dict[str, Any], key: str) -> dict[str, Any]:
    found = message.get(key)
    return found if isinstance(found, dict) else {}


def _text(message: dict[str, Any], key: str) -> str:
    found = message.get(key)
    return found if isinstance(found, str) else ""


def _id(place: dict[str, Any], key: str) -> str:
    """Return an id. They are texts; whole numbers are borne, for other libraries read them so."""
    found = place.get(key)
    text = storable(found) if isinstance(found, str) else str(found) if type(found) is int else ""
    if not 1 <= len(text) <= LONGEST_ID:
        raise Refused(400, f"not an update: no {key}")
    return text


def _moment(milliseconds: Any) -> datetime | None:
    if type(milliseconds) is not int:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ArithmeticError, OSError, ValueError):
        return None
