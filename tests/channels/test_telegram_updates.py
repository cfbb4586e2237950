"""Webhook requests of Telegram, as a table of real payloads, and what arbitrary ones may do."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.channel import Refused
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_updates import Me, NameNeeded, read
from handlers.messages import Address, Attachment, Incoming, Kind

SECRET = "a_Secret-1"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SAID = datetime(2026, 11, 22, 9, 46, 40, tzinfo=UTC)
DATE = int(SAID.timestamp())
ME = Me("xa-mau", "123456", "LoaBanBot")

LAN = {"id": 4001, "is_bot": False, "first_name": "Lan", "language_code": "vi"}
BOT = {"id": 123456, "is_bot": True, "first_name": "Loa Bản", "username": "LoaBanBot"}
PRIVATE = {"id": 4001, "first_name": "Lan", "type": "private"}
GROUP = {"id": -100777, "title": "Thôn Đoài", "type": "supergroup", "is_forum": True}
FILE = {"file_id": "AwAC", "file_unique_id": "AgAD"}


def said(chat: dict[str, Any] = PRIVATE, **content: Any) -> dict[str, Any]:
    """An update with a message of Bà Lan."""
    message = {"message_id": 12, "from": LAN, "chat": chat, "date": DATE, **content}
    return {"update_id": 900, "message": message}


def incoming(kind: Kind, text: str = "", **more: Any) -> Incoming:
    address = Address("xa-mau", more.pop("chat", "4001"), more.pop("thread", ""))
    values = {"message_id": "u900", "sender": "4001", "sent_at": SAID, "text": text, **more}
    return Incoming(address, kind=kind, **values)


def sent(kind: Kind) -> dict[str, Any]:
    """What `FILE` becomes."""
    return {"attachments": (Attachment(kind, "AwAC"),)}


def in_group(kind: Kind, text: str = "", **more: Any) -> Incoming:
    return incoming(kind, text, chat="-100777", group=True, **more)


def membership(old: str, new: str, chat: dict[str, Any] = PRIVATE) -> dict[str, Any]:
    change = {
        "chat": chat,
        "from": LAN,
        "date": DATE,
        "old_chat_member": {"user": BOT, "status": old},
        "new_chat_member": {"user": BOT, "status": new, "until_date": 0},
    }
    return {"update_id": 900, "my_chat_member": change}


def press(**content: Any) -> dict[str, Any]:
    return {"update_id": 900, "callback_query": {"id": "77", "from": LAN, **content}}


START = [{"type": "bot_command", "offset": 0, "length": 6}]
NAMELESS = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
FROM_BOT = {"message_id": 3, "from": BOT, "chat": GROUP, "date": DATE, "text": "Chào"}
BUTTON = {"message_id": 3, "from": BOT, "chat": PRIVATE, "date": DATE, "text": "Chọn"}

# What it is, the update, and what the channel makes of it.
TABLE: list[tuple[str, dict[str, Any], Incoming | None]] = [
    ("text", said(text="Xin chào"), incoming(Kind.TEXT, "Xin chào")),
    ("start", said(text="/start", entities=START), incoming(Kind.START)),
    ("deep link", said(text="/start u_ba-dinh", entities=START), incoming(Kind.START, "u_ba-dinh")),
    ("help", said(text="/trogiup"), incoming(Kind.TEXT, "/trogiup")),
    ("command to us", said(text="/xa@LoaBanBot"), incoming(Kind.TEXT, "/xa")),
    ("command with words", said(text="/xa  Ba Đình"), incoming(Kind.TEXT, "/xa Ba Đình")),
    ("a path is no command", said(text="/etc/passwd"), incoming(Kind.TEXT, "/etc/passwd")),
    ("nul and half characters", said(text="a\0b\ud83d"), incoming(Kind.TEXT, "ab")),
    (
        "edit",
        {"update_id": 900, "edited_message": said(text="sửa")["message"] | {"edit_date": DATE}},
        incoming(Kind.TEXT, "sửa", edited=True),
    ),
    (
        "photo",
        said(photo=[FILE], caption="đơn này"),
        incoming(Kind.IMAGE, "đơn này", **sent(Kind.IMAGE)),
    ),
    (
        "one of several photos",
        said(photo=[FILE], media_group_id="1399"),
        incoming(Kind.IMAGE, album="g1399", **sent(Kind.IMAGE)),
    ),
    (
        "the one with the words",
        said(photo=[FILE], caption="đơn này", media_group_id="1399"),
        incoming(Kind.IMAGE, "đơn này", album="g1399", **sent(Kind.IMAGE)),
    ),
    ("voice", said(voice={**FILE, "duration": 3}), incoming(Kind.VOICE, **sent(Kind.VOICE))),
    ("audio", said(audio={**FILE, "duration": 3}), incoming(Kind.VOICE, **sent(Kind.VOICE))),
    ("round video", said(video_note={**FILE, "length": 9}), incoming(Kind.VOICE)),
    ("sticker", said(sticker={**FILE, "emoji": "👍"}), incoming(Kind.STICKER)),
    ("document", said(document=FILE, caption="/xa"), incoming(Kind.FILE, "/xa", **sent(Kind.FILE))),
    ("video", said(video=FILE), incoming(Kind.FILE)),
    ("animation", said(animation=FILE, document=FILE), incoming(Kind.FILE, **sent(Kind.FILE))),
    (
        "location",
        said(location={"latitude": 21.0, "longitude": 105.8}),
        incoming(Kind.LOCATION, location=(21.0, 105.8)),
    ),
    ("venue", said(venue={}, location={"latitude": 21.0}), incoming(Kind.LOCATION)),
    ("contact", said(contact={"phone_number": "849"}), incoming(Kind.CONTACT)),
    ("dice", said(dice={"emoji": "🎲", "value": 2}), incoming(Kind.OTHER)),
    ("something of the future", said(hologram={}), incoming(Kind.OTHER)),
    (
        "live location moves",
        {"update_id": 900, "edited_message": said(location={})["message"]},
        None,
    ),
    ("pin", said(pinned_message=BUTTON), None),
    ("block", membership("member", "kicked"), incoming(Kind.BLOCKED)),
    ("unblock", membership("kicked", "member"), incoming(Kind.UNBLOCKED)),
    ("thrown out", membership("administrator", "left", GROUP), in_group(Kind.BLOCKED)),
    ("taken in", membership("left", "member", GROUP), in_group(Kind.UNBLOCKED)),
    ("promoted", membership("member", "administrator", GROUP), None),
    (
        "press",
        press(message=BUTTON, data="1:h"),
        incoming(Kind.BUTTON, "1:h", sent_at=NOW, pressed="3"),
    ),
    (
        "press on a message gone",
        press(message={"chat": PRIVATE, "message_id": 3, "date": 0}, data="1:h"),
        incoming(Kind.BUTTON, "1:h", sent_at=NOW, pressed="3"),
    ),
    ("press inline", press(inline_message_id="x", data="1:h"), None),
    ("game", press(message=BUTTON, game_short_name="x"), None),
    (
        "press in a topic",
        press(message=FROM_BOT | {"message_thread_id": 5, "is_topic_message": True}, data="1:h"),
        in_group(Kind.BUTTON, "1:h", thread="5", sent_at=NOW, pressed="3"),
    ),
    ("group talk", said(GROUP, text="ăn cơm chưa"), None),
    ("group command", said(GROUP, text="/xa"), in_group(Kind.TEXT, "/xa")),
    ("group start", said(GROUP, text="/start@LoaBanBot x"), in_group(Kind.START, "x")),
    ("group command to another", said(GROUP, text="/xa@OtherBot"), None),
    ("mention", said(GROUP, text="@loabanbot: giấy tờ?"), in_group(Kind.TEXT, "giấy tờ?")),
    ("mention within", said(GROUP, text="Ơ @LoaBanBot ơi"), in_group(Kind.TEXT, "Ơ ơi")),
    ("longer name", said(GROUP, text="@LoaBanBotter chào"), None),
    ("an address", said(GROUP, text="thu@LoaBanBot.vn"), None),
    ("mention of another", said(GROUP, text="@OtherBot chào"), None),
    (
        "captioned mention",
        said(GROUP, photo=[FILE], caption="@LoaBanBot đây"),
        in_group(Kind.IMAGE, "đây", **sent(Kind.IMAGE)),
    ),
    (
        "reply to us in a topic",
        said(
            GROUP,
            text="rồi sao",
            reply_to_message=FROM_BOT,
            message_thread_id=5,
            is_topic_message=True,
        ),
        in_group(Kind.TEXT, "rồi sao", thread="5"),
    ),
    ("reply thread, no topic", said(text="ừ", message_thread_id=5), incoming(Kind.TEXT, "ừ")),
    ("reply to another", said(GROUP, text="ừ", reply_to_message={"from": LAN}), None),
    (
        "sticker in answer",
        said(GROUP, sticker=FILE, reply_to_message=FROM_BOT),
        in_group(Kind.STICKER),
    ),
    ("newcomers", said(GROUP, new_chat_members=[LAN]), None),
    ("migrated", said(GROUP, migrate_to_chat_id=-9), in_group(Kind.MIGRATED, "-9")),
    ("migrated from", said(GROUP, migrate_from_chat_id=-9), None),
    (
        "another bot",
        {"update_id": 900, "message": said(text="/xa")["message"] | {"from": BOT}},
        None,
    ),
    (
        "an administrator without a name",
        said(GROUP, text="/xa", sender_chat=GROUP, **{"from": NAMELESS}),
        in_group(Kind.TEXT, "/xa", sender="-100777"),
    ),
    ("channel post", {"update_id": 900, "channel_post": {"text": "tin"}}, None),
    ("message in a channel", said({"id": -1, "type": "channel"}, text="/xa"), None),
    ("poll", {"update_id": 900, "poll": {"id": "1"}}, None),
    ("unknown kind", {"update_id": 900, "telepathy": {"from": LAN}}, None),
    ("nothing", {"update_id": 900}, None),
]


@pytest.mark.parametrize(
    ("update", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_update_means(update: dict[str, Any], expected: Incoming | None) -> None:
    assert read(update, ME, now=NOW) == ([expected] if expected else [])


@pytest.mark.parametrize("text", ["@LoaBanBot chào", "/xa@LoaBanBot"])
def test_a_name_in_a_group_needs_the_bots_own_name(text: str) -> None:
    with pytest.raises(NameNeeded):
        read(said(GROUP, text=text), Me("xa-mau", "123456"), now=NOW)


@pytest.fixture
async def channel() -> AsyncIterator[TelegramChannel]:
    """A channel in webhook mode whose platform is down."""
    async with aiohttp.ClientSession() as session:
        channel = webhook_channel(session)
        yield channel
        await channel.close()


def webhook_channel(session: aiohttp.ClientSession) -> TelegramChannel:
    async def read_media(name: str) -> bytes:
        raise FileNotFoundError(name)

    return TelegramChannel(
        "xa-mau",
        "123456:AAE-a-token",
        api_base="http://127.0.0.1:9",
        mode="webhook",
        webhook_secret=SECRET,
        webhook_url=None,
        session=session,
        clock=lambda: NOW,
        read_media=read_media,
    )


async def test_a_genuine_request_is_read(channel: TelegramChannel) -> None:
    body = json.dumps(said(text="chào")).encode()
    assert await channel.receive(HEADERS, body) == [incoming(Kind.TEXT, "chào")]
    lower = {name.lower(): value for name, value in HEADERS.items()}
    assert await channel.receive(lower, body) == [incoming(Kind.TEXT, "chào")]


@pytest.mark.parametrize("given", [None, "", "a_Secret-2", "a_Secret-1 ", "mật", "\udcff", "é" * 9])
async def test_a_stranger_is_refused_before_the_body_is_read(
    channel: TelegramChannel, given: str | None
) -> None:
    headers = {} if given is None else {"X-Telegram-Bot-Api-Secret-Token": given}
    with pytest.raises(Refused) as raised:
        await channel.receive(headers, b"{ not read")
    assert raised.value.status == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"null",
        b'"text"',
        b"{}",
        b'{"update_id":"7"}',
        b'{"update_id":true}',
        b'{"update_id":7,"message":"x"}',
        b'{"update_id":7,"message":{}}',
        b'{"update_id":7,"message":{"chat":{"id":1,"type":"private"},"from":{"id":"1"},"date":1}}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"update_id":' + b"9" * 5000 + b"}",
        json.dumps(said(text=7)).encode(),
        json.dumps(said(text="x", date=10**30)).encode(),
    ],
    ids=range(17),
)
async def test_what_is_not_an_update_is_refused(channel: TelegramChannel, body: bytes) -> None:
    with pytest.raises(Refused) as raised:
        await channel.receive(HEADERS, body)
    assert raised.value.status == 400


async def test_a_group_message_is_put_off_while_the_name_cannot_be_asked(
    channel: TelegramChannel,
) -> None:
    with pytest.raises(Refused) as raised:
        await channel.receive(HEADERS, json.dumps(said(GROUP, text="@LoaBanBot ơi")).encode())
    assert raised.value.status == 503


# Anything at all

WORDS = [*said(text="")["message"], *press(data="")["callback_query"], "message", "edited_message"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(), inner, max_size=6)
    ),
    max_leaves=20,
)


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside a piece of JSON."""
    keys = (
        value.keys()
        if isinstance(value, dict)
        else range(len(value))
        if isinstance(value, list)
        else ()
    )
    return [here, *(path for key in keys for path in paths(value[key], (*here, key)))]


@st.composite
def mutated_updates(draw: st.DrawFn) -> Any:
    """A real update in which one to three values are replaced or taken out."""
    update = copy.deepcopy(draw(st.sampled_from([row[1] for row in TABLE])))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(paths(update)))
        if not path:
            continue
        place = update
        for key in path[:-1]:
            place = place[key]
        if draw(st.booleans()):
            del place[path[-1]]
        else:
            place[path[-1]] = draw(ANY_JSON)
    return update


def reads_or_refuses(update: Any) -> None:
    try:
        read_again = read(json.loads(json.dumps(update)), ME, now=NOW)
    except Refused:
        return
    for one in read_again:
        assert one.sent_at.tzinfo is UTC
        one.text.encode()
        assert "\0" not in one.text


@given(mutated_updates())
@settings(max_examples=250, deadline=None)
def test_an_update_bent_out_of_shape_is_read_or_refused(update: Any) -> None:
    reads_or_refuses(update)


@given(ANY_JSON)
@settings(max_examples=200, deadline=None)
def test_any_json_is_read_or_refused(update: Any) -> None:
    reads_or_refuses(update)


@given(st.binary() | mutated_updates().map(lambda update: json.dumps(update).encode()))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
async def test_receive_raises_nothing_but_refused(body: bytes) -> None:
    async with aiohttp.ClientSession() as session:
        channel = webhook_channel(session)
        try:
            await channel.receive(HEADERS, body)
        except Refused:
            pass
        finally:
            await channel.close()


@given(st.dictionaries(st.text(), st.text()), st.text())
@settings(max_examples=100, deadline=None)
async def test_no_guess_at_the_secret_does_more_than_be_refused(
    headers: dict[str, str], guess: str
) -> None:
    async with aiohttp.ClientSession() as session:
        channel = webhook_channel(session)
        guessed = headers | {"X-Telegram-Bot-Api-Secret-Token": guess}
        with pytest.raises(Refused) as raised:
            await channel.receive(guessed, b"{}")
    assert raised.value.status == (400 if guess == SECRET else 403)


def test_of_a_photos_sizes_the_largest_is_taken_that_telegram_gives_out() -> None:
    sizes = [{"file_id": str(mb), "file_size": mb * 1024 * 1024} for mb in (30, 1, 20, 5)]
    [one] = read(said(photo=sizes), ME, now=NOW)
    assert one.attachments == (Attachment(Kind.IMAGE, "20", size=20 * 1024 * 1024),)


@pytest.mark.parametrize("odd", [None, 7, [], [7], {"file_id": 7}, [{"file_id": "\0"}]])
def test_a_file_without_a_reference_is_none(odd: Any) -> None:
    [one] = read(said(photo=odd, document=odd), ME, now=NOW)
    assert one.attachments == ()
