"""Updates of the Zalo bot channel, as a table of payloads, and what arbitrary ones may do."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.channel import Refused
from bot.channels.zalo_bot_updates import read
from handlers.messages import Address, Incoming, Kind

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
DATE = 1_750_316_131_602
LAN = "6ede9afa66b88fe6d6a9"


def said(event: str = "text", /, **content: Any) -> dict[str, Any]:
    message = {
        "message_id": "2d758cb5e222177a4e35",
        "date": DATE,
        "from": {"id": LAN, "display_name": "Lan", "is_bot": False},
        "chat": {"id": LAN, "chat_type": "PRIVATE"},
        "message_type": "CHAT_MESSAGE",
        **content,
    }
    return {"event_name": f"message.{event}.received", "message": message}


def incoming(kind: Kind, text: str = "", event: str = "text", **more: Any) -> Incoming:
    values = {
        "message_id": f"message.{event}.received:2d758cb5e222177a4e35",
        "sender": LAN,
        "sent_at": datetime.fromtimestamp(DATE / 1000, UTC),
        **more,
    }
    return Incoming(Address("xa-mau", LAN), kind=kind, text=text, **values)


GROUP = {"id": "thon-doai", "chat_type": "GROUP"}
# What it is, the update, and what the channel makes of it.
TABLE: list[tuple[str, Any, Incoming | None]] = [
    ("text", said(text=" Xin chào\0\ud83d "), incoming(Kind.TEXT, "Xin chào")),
    ("envelope", {"ok": True, "result": said(text="a")}, incoming(Kind.TEXT, "a")),
    ("start", said(text="/start"), incoming(Kind.START)),
    ("start with a code", said(text="/Start  ba-dinh "), incoming(Kind.START, "ba-dinh")),
    ("a longer word", said(text="/started"), incoming(Kind.TEXT, "/started")),
    ("photo", said("image", photo="u", caption="đơn"), incoming(Kind.IMAGE, "đơn", "image")),
    ("photo of others", said("image", photo_url="u"), incoming(Kind.IMAGE, "", "image")),
    ("sticker", said("sticker", sticker="1"), incoming(Kind.STICKER, "", "sticker")),
    ("voice", said("voice", voice_url="u"), incoming(Kind.VOICE, "", "voice")),
    ("link", said("link", text="https://xa.vn"), incoming(Kind.TEXT, "https://xa.vn", "link")),
    ("news with words", said("hologram", text="a"), incoming(Kind.TEXT, "a", "hologram")),
    ("news without", said("hologram"), incoming(Kind.OTHER, "", "hologram")),
    ("unsupported", said("unsupported"), incoming(Kind.OTHER, "", "unsupported")),
    ("unsupported, nobody", {"event_name": "message.unsupported.received"}, None),
    ("unsupported, null", {"event_name": "message.unsupported.received", "message": None}, None),
    ("unsupported, bare", {"event_name": "message.unsupported.received", "message": {}}, None),
    ("no date", said(text="a", date=None), incoming(Kind.TEXT, "a", sent_at=NOW)),
    ("a date of no time", said(text="a", date=10**30), incoming(Kind.TEXT, "a", sent_at=NOW)),
    ("no sender", said(text="a", **{"from": None}), incoming(Kind.TEXT, "a")),
    ("a bot", said(text="a", **{"from": {"id": "1", "is_bot": True}}), None),
    ("a group", said(text="a", chat=GROUP), None),
]


@pytest.mark.parametrize(
    ("update", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_update_means(update: Any, expected: Incoming | None) -> None:
    assert read(update, "xa-mau", now=NOW) == ([expected] if expected else [])


@pytest.mark.parametrize(
    "update",
    [
        *(None, [], 7, "text", {}, {"ok": True, "result": []}, {"event_name": 7}),
        {"event_name": "message.text.received", "message": []},
        {"event_name": "message.text.received", "message": {"text": "a"}},
        said(text="a", message_id=None),
        said(text="a", message_id="x" * 101),
        said(text="a", chat={"id": True, "chat_type": "PRIVATE"}),
        said(text="a", chat={"id": "\0"}),
    ],
    ids=str,
)
def test_what_is_not_an_update_is_refused(update: Any) -> None:
    with pytest.raises(Refused) as raised:
        read(update, "xa-mau", now=NOW)
    assert raised.value.status == 400


WORDS = [*said(text="")["message"], "event_name", "message", "result", "id", "chat_type", "is_bot"]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(), inner, max_size=6)
    ),
    max_leaves=20,
)


@st.composite
def bent_updates(draw: st.DrawFn) -> Any:
    """A real update in which one or two values are replaced or taken out."""
    update = copy.deepcopy(draw(st.sampled_from([row[1] for row in TABLE])))
    for _ in range(draw(st.integers(1, 2))):
        place = update
        while isinstance(inner := place[key := draw(st.sampled_from(sorted(place)))], dict):
            if not inner or draw(st.booleans()):
                break
            place = inner
        place[key] = draw(ANY_JSON)
    return update


@given(ANY_JSON | bent_updates())
@settings(max_examples=300, deadline=None)
def test_anything_is_read_into_what_can_be_stored_or_refused(update: Any) -> None:
    try:
        found = read(json.loads(json.dumps(update)), "xa-mau", now=NOW)
    except Refused:
        return
    for one in found:
        assert one.sent_at.tzinfo is UTC
        for text in (one.text, one.message_id, one.sender, one.address.chat):
            assert "\0" not in text
            text.encode()
        assert len(one.message_id) <= 200
