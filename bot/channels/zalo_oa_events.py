"""What an event of Zalo OA means: from its JSON to `Incoming`, without any call to Zalo.

Everything here bears any JSON at all. Source: developers.zalo.me, webhook of Official Accounts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.channels.calls import get
from bot.channels.channel import Refused
from bot.channels.zalo_files import attachment
from bot.channels.zalo_oa_messages import PREFIX, storable
from bot.channels.zalo_oa_wire import number
from handlers.messages import Address, Attachment, Incoming, Kind

EVENTS: Mapping[str, Kind | None] = {
    "user_send_text": Kind.TEXT,
    "user_send_link": Kind.TEXT,
    "user_send_image": Kind.IMAGE,
    "user_send_gif": Kind.IMAGE,
    "user_send_audio": Kind.VOICE,
    "user_send_video": Kind.FILE,
    "user_send_file": Kind.FILE,
    "user_send_sticker": Kind.STICKER,
    "user_send_location": Kind.LOCATION,
    "user_send_business_card": Kind.CONTACT,
    # What people fill in is not kept: nothing here needs their name and number.
    "user_submit_info": Kind.CONTACT,
    # Following and opening the chat are interactions, so a welcome may be sent.
    "follow": Kind.START,
    "user_click_chatnow": Kind.START,
    "unfollow": Kind.BLOCKED,
    # They want their data deleted: no more is written, and the channel warns an operator.
    "user_withdraw": Kind.WITHDREW,
    "user_received_message": Kind.ARRIVED,
    "user_seen_message": Kind.ARRIVED,
    # Below: events that are known and need nothing.
    "user_reacted_message": None,
    "user_call_oa": None,
    "user_reply_consent": None,
    "update_user_info": None,
    "add_user_to_tag": None,
    "remove_user_from_tag": None,
    "remove_tag": None,
    "widget_interaction_accepted": None,
    "oa_reacted_message": None,
    "oa_call_user": None,
    "change_template_status": None,
    "change_oa_daily_quota": None,
    "extension_purchased": None,
    # Groups are not served.
    "create_group": None,
    "update_group_info": None,
    "delete_group": None,
    "user_join_group": None,
    "user_request_join_group": None,
    "accept_request_join_group": None,
    "reject_request_join_group": None,
    "react_request_join_group_accept": None,
    "user_out_group": None,
    "user_leave_group": None,
}
IGNORED = (
    "oa_send_",  # our own messages, or what an official wrote in Zalo's own tool
    "user_send_group_",
    "anonymous_send_",  # without an account there is nobody to answer later
)
FILES = {
    "image": Kind.IMAGE,
    "gif": Kind.IMAGE,
    "audio": Kind.VOICE,
    "video": Kind.FILE,
    "file": Kind.FILE,
}
SAID = "user_send_"
LONGEST_ID = 100
MOST_SEEN = 50


def read(event: Any, account: str) -> list[Incoming] | None:
    """Say what an event means: nothing, if it needs nothing; None, if it is not known.

    Raises Refused(400) for what is not an event.
    """
    name = name_of(event)
    if name.startswith(IGNORED):
        return []
    if name not in EVENTS and not name.startswith(SAID):
        return None
    kind = EVENTS.get(name, Kind.OTHER)
    if kind is None:
        return []
    sent_at = stamp_of(event)[1]
    message = get(event, "message")
    user = _user(event)
    if kind is Kind.ARRIVED:
        return [
            Incoming(Address(account, user), f"{name}:{one}", kind, user, sent_at, text=one)
            for one in _numbers(message)
        ]
    text = _text(message)
    if kind is Kind.TEXT:
        if text.startswith(PREFIX):
            kind, text = Kind.BUTTON, text.removeprefix(PREFIX)
        elif not text:
            kind = Kind.OTHER
    given = get(message, "msg_id")
    return [
        Incoming(
            address=Address(account, user),
            # Events without a message have no number of their own.
            message_id=_id(given) if given else f"{name}:{int(sent_at.timestamp() * 1000)}:{user}",
            kind=kind,
            sender=user,
            sent_at=sent_at,
            text=text,
            attachments=_attachments(message),
            location=_place(message),
        )
    ]


def _numbers(message: Any) -> list[str]:
    """The ids of our messages that have come, or were seen."""
    several = get(message, "msg_ids")
    given = several if isinstance(several, list) else [get(message, "msg_id")]
    return [_id(one) for one in given[:MOST_SEEN] if one]


def name_of(event: Any) -> str:
    """Return the event's name. Raises Refused(400)."""
    name = get(event, "event_name")
    if not isinstance(name, str) or not name:
        raise Refused(400, "not an event: no event_name")
    return storable(name)[:60]


def stamp_of(event: Any) -> tuple[str, datetime]:
    """Return the event's time as it was written, and as what it means. Raises Refused(400)."""
    written = get(event, "timestamp")
    milliseconds = number(written)
    if milliseconds is not None:
        try:
            return str(written), datetime.fromtimestamp(milliseconds / 1000, UTC)
        except (ArithmeticError, OSError, ValueError):
            pass
    raise Refused(400, "not an event: no timestamp")


def oa_of(event: Any) -> str:
    """Return the id of the OA that the event is about, or nothing."""
    sender, recipient = (get(get(event, key), "id") for key in ("sender", "recipient"))
    from_oa = str(get(event, "event_name")).startswith("oa_")
    found = get(event, "oa_id") or (sender if from_oa else recipient)
    return found if isinstance(found, str) and found.isascii() and found.isdigit() else ""


def _user(event: Any) -> str:
    for place in ("sender", "follower"):
        if found := get(get(event, place), "id"):
            return _id(found)
    return _id(get(event, "user_id"))


def _text(message: Any) -> str:
    text = get(message, "text")
    if isinstance(text, str) and text.strip():
        return storable(text).strip()
    match get(message, "attachments"):
        case [{"type": "link", "payload": link}, *_]:
            parts = (get(link, key) for key in ("description", "url"))
            return storable("\n".join(p for p in parts if isinstance(p, str) and p)).strip()
    return ""


def _attachments(message: Any) -> tuple[Attachment, ...]:
    listed = get(message, "attachments")
    found: tuple[Attachment, ...] = ()
    for one in listed if isinstance(listed, list) else ():
        kind, payload = FILES.get(str(get(one, "type"))), get(one, "payload")
        if kind is not None:
            found += attachment(kind, get(payload, "url"), number(get(payload, "size")) or 0)
    return found


def _place(message: Any) -> tuple[float, float] | None:
    match get(message, "attachments"):
        case [{"type": "location", "payload": {"coordinates": place}}, *_]:
            north, east = (_degrees(get(place, name)) for name in ("latitude", "longitude"))
            if north is not None and east is not None and abs(north) <= 90 and abs(east) <= 180:
                return north, east
    return None


def _degrees(value: Any) -> float | None:
    """A number that may be written as a text."""
    try:
        degrees = float(value) if isinstance(value, str | int | float) else None
    except (ValueError, OverflowError):
        return None
    return degrees if degrees is not None and math.isfinite(degrees) else None


def _id(value: Any) -> str:
    """Return an id. They are texts; whole numbers are borne."""
    text = storable(value) if isinstance(value, str) else str(value) if type(value) is int else ""
    if not 1 <= len(text) <= LONGEST_ID:
        raise Refused(400, "not an event: an id is missing")
    return text
