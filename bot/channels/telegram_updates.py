"""What a Telegram update means: from its JSON to `Incoming`, without any call to Telegram.

Everything here bears any JSON at all. Source: core.telegram.org/bots/api#update.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.channels.calls import get
from bot.channels.channel import Refused
from handlers.messages import Address, Attachment, Incoming, Kind

WANTED = ["message", "edited_message", "callback_query", "my_chat_member"]

IN_CHAT = {"member", "administrator", "creator", "restricted"}
# Notices that a chat shows: nothing that a person said to us.
FILES = ("photo", "voice", "audio", "document")
"""What can be fetched and kept; films are too large for that."""

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes that Telegram lets a bot download. Source: core.telegram.org/bots/api#getfile."""

NOTICES = {"pinned_message", "message_auto_delete_timer_changed", "chat_background_set"}
KINDS = {
    "text": Kind.TEXT,
    "sticker": Kind.STICKER,
    "voice": Kind.VOICE,
    "audio": Kind.VOICE,
    "video_note": Kind.VOICE,
    "photo": Kind.IMAGE,
    "document": Kind.FILE,
    "video": Kind.FILE,
    "animation": Kind.FILE,
    "location": Kind.LOCATION,
    "venue": Kind.LOCATION,
    "contact": Kind.CONTACT,
}
COMMAND = re.compile(r"/(?P<word>[A-Za-z0-9_]{1,32})(?:@(?P<bot>\w+))?(?:\s+(?P<rest>.*))?", re.S)
# Who writes for a whole group or channel: the name of one account of Telegram's, for all of them.
SPOKESMEN = {1087968824, 136817688}
UNSHAPELY = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)


class NameNeeded(Exception):
    """Whether this update is for us cannot be said before the bot's username is known."""


@dataclass(frozen=True, slots=True)
class Me:
    """Our account, and the bot's id and username at Telegram (empty: not known yet)."""

    account: str
    id: str
    name: str = ""

    def is_called(self, name: str) -> bool:
        if not self.name:
            raise NameNeeded
        return name.casefold() == self.name.casefold()


def read(update: Any, me: Me, *, now: datetime) -> list[Incoming]:
    """Say what an update means; nothing, if it is not for us. A press is dated `now` (UTC).

    Raises Refused(400) for what is not an update, and NameNeeded for some that come from groups.
    """
    try:
        number = _whole(update["update_id"])
        if "message" in update:
            return _message(number, update["message"], me, edited=False)
        if "edited_message" in update:
            return _message(number, update["edited_message"], me, edited=True)
        if "callback_query" in update:
            return _press(number, update["callback_query"], me, now)
        if "my_chat_member" in update:
            return _membership(number, update["my_chat_member"], me)
    except UNSHAPELY as error:
        raise Refused(400, f"not an Update: {type(error).__name__}") from None
    return []


def pressed(update: Any) -> str:
    """Return the id of a button's press, which Telegram wants acknowledged, or nothing."""
    match update:
        case {"callback_query": {"id": str(query)}}:
            return storable(query)
    return ""


def storable(text: str) -> str:
    """Return the text without what databases and UTF-8 cannot hold: NUL and half characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def _message(number: int, message: Any, me: Me, *, edited: bool) -> list[Incoming]:
    chat, sender = message["chat"], message.get("from") or {}
    group = message.get("media_group_id")
    moved = message.get("migrate_to_chat_id")
    if chat["type"] == "channel" or not (sender or moved):
        return []
    kind = next((kind for field, kind in KINDS.items() if field in message), Kind.OTHER)
    text = storable(message.get("text", message.get("caption", "")))
    if moved:
        kind, text = Kind.MIGRATED, str(_whole(moved))
    # A live location edits itself for hours.
    elif _is_machine(message) or (edited and kind is Kind.LOCATION) or NOTICES & set(message):
        return []
    elif chat["type"] != "private":
        for_us = _words_for_us(message, text, me)
        if for_us is None:
            return []
        text = for_us
    if kind is Kind.TEXT and (command := COMMAND.fullmatch(text)):
        if command["word"].lower() == "start":
            kind, text = Kind.START, command["rest"] or ""
        else:
            text = " ".join(filter(None, (f"/{command['word']}", command["rest"])))
    return [
        Incoming(
            address=_address(message, me),
            message_id=f"u{number}",
            kind=kind,
            sender=str(_whole(_author(message).get("id", chat["id"]))),
            sent_at=_moment(message.get("edit_date", message["date"])),
            text=text.strip(),
            group=chat["type"] != "private",
            edited=edited,
            album=f"g{storable(group)}" if isinstance(group, str) else "",
            attachments=_attachments(message),
            location=_place(message),
        )
    ]


def _attachments(message: Any) -> tuple[Attachment, ...]:
    """The file of a message. Of a photo's sizes the largest that Telegram gives out."""
    for field in FILES:
        found = message.get(field)
        if field == "photo" and isinstance(found, list):
            sizes = sorted(found, key=_size)
            found = next((one for one in reversed(sizes) if _size(one) <= LARGEST_FILE), None)
        match found:
            case {"file_id": str(reference)} if storable(reference):
                mime = found.get("mime_type")
                mime = storable(mime) if isinstance(mime, str) else ""
                return (Attachment(KINDS[field], storable(reference), mime, _size(found)),)
    return ()


def _size(file: Any) -> int:
    size = get(file, "file_size")
    return size if type(size) is int and size > 0 else 0


def _place(message: Any) -> tuple[float, float] | None:
    match message.get("location"):
        case {"latitude": int() | float() as north, "longitude": int() | float() as east}:
            if -90 <= north <= 90 and -180 <= east <= 180:
                return float(north), float(east)
    return None


def _author(message: Any) -> Any:
    """Return who wrote: the group itself where an administrator writes without a name."""
    sender = message.get("from") or {}
    return message["sender_chat"] if sender.get("id") in SPOKESMEN else sender


def _is_machine(message: Any) -> bool:
    sender = message.get("from") or {}
    return bool(sender.get("is_bot")) and sender.get("id") not in SPOKESMEN


def _words_for_us(message: Any, text: str, me: Me) -> str | None:
    """Return what a group's message says to us (our name taken out), None if it is not to us."""
    if command := COMMAND.fullmatch(text):
        return text if command["bot"] is None or me.is_called(command["bot"]) else None
    replied_to = (message.get("reply_to_message") or {}).get("from") or {}
    if any(me.is_called(name) for name in re.findall(r"(?<!\w)@(\w+)", text)):
        return re.sub(rf"\s*(?<!\w)@{me.name}\b[,:]?\s*", " ", text, flags=re.I)
    return text if str(replied_to.get("id")) == me.id else None


def _press(number: int, query: Any, me: Me, now: datetime) -> list[Incoming]:
    message = query.get("message")  # an inaccessible one has a chat and an id, and nothing else
    if not message or "data" not in query or message["chat"]["type"] == "channel":
        return []
    return [
        Incoming(
            address=_address(message, me),
            message_id=f"u{number}",
            kind=Kind.BUTTON,
            sender=str(_whole(query["from"]["id"])),
            sent_at=now,
            text=storable(query["data"]),
            group=message["chat"]["type"] != "private",
            pressed=str(_whole(message["message_id"])),
        )
    ]


def _membership(number: int, change: Any, me: Me) -> list[Incoming]:
    was_in = (change.get("old_chat_member") or {}).get("status") in IN_CHAT
    is_in = change["new_chat_member"]["status"] in IN_CHAT
    if change["chat"]["type"] == "channel" or (was_in and is_in):
        return []
    return [
        Incoming(
            address=_address(change, me),
            message_id=f"u{number}",
            kind=Kind.UNBLOCKED if is_in else Kind.BLOCKED,
            sender=str(_whole(change["from"]["id"])),
            sent_at=_moment(change["date"]),
            group=change["chat"]["type"] != "private",
        )
    ]


def _address(event: Any, me: Me) -> Address:
    thread = _whole(event["message_thread_id"]) if event.get("is_topic_message") else ""
    return Address(me.account, str(_whole(event["chat"]["id"])), str(thread))


def _whole(number: Any) -> int:
    if type(number) is not int:
        raise TypeError("an id is a whole number")
    return number


def _moment(seconds: Any) -> datetime:
    return datetime.fromtimestamp(_whole(seconds), UTC)
