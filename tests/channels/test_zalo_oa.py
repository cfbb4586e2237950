"""The Zalo OA channel receives, over real HTTP from the emulator."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.channel import Refused
from bot.channels.zalo_oa import NAMES, Siblings, ZaloOAChannel
from bot.channels.zalo_oa_events import EVENTS
from bot.channels.zalo_oa_messages import PREFIX
from handlers.messages import Address, Button, Incoming, Kind, Reply
from tests.channels.zalo_oa_house import CHAT, FAST, House, open_house
from tests.emulators.zalo_oa_line import CU, LAN, NOON


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with open_house() as opened:
        yield opened


async def test_what_people_do_is_understood(house: House) -> None:
    house.channel()
    control = house.control
    await control.say(LAN, "  Xin chào  ")
    await control.attach(LAN, "image", text="Giấy này ạ")
    for kind in ("gif", "audio", "video", "file", "sticker", "location", "business_card"):
        await control.attach(LAN, kind, **({"payload": {"url": ""}} if "card" in kind else {}))
    await control.attach(LAN, "link", url="https://xa.example.vn/tin")
    await control.do("event", user=LAN, content=said("user_send_hologram"))
    await control.follow(LAN, on=False)
    await control.follow(LAN)
    await control.do("click_chat", user=LAN)
    await control.do("user", user=LAN, asked_for_info=True)
    await control.do("submit_info", user=LAN, info={"name": "Lan", "phone": "84912345678"})
    await control.do("event", user=LAN, content={**said("user_withdraw"), "message": None})
    taken = await house.holds(16)
    assert [(one.kind, one.text) for one in taken] == [
        (Kind.TEXT, "Xin chào"),
        (Kind.IMAGE, "Giấy này ạ"),
        (Kind.IMAGE, ""),
        (Kind.VOICE, ""),
        (Kind.FILE, ""),
        (Kind.FILE, ""),
        (Kind.STICKER, ""),
        (Kind.LOCATION, ""),
        (Kind.CONTACT, ""),
        (Kind.TEXT, "https://xa.example.vn/tin"),
        (Kind.OTHER, ""),
        (Kind.BLOCKED, ""),
        (Kind.START, ""),
        (Kind.START, ""),
        (Kind.CONTACT, ""),
        (Kind.WITHDREW, ""),
    ]
    assert {(one.address, one.sender) for one in taken} == {(CHAT, LAN)}
    assert len({one.message_id for one in taken}) == 16
    assert abs(taken[0].sent_at - datetime.fromtimestamp(NOON, UTC)) < timedelta(minutes=1)


def said(name: str, **message: Any) -> dict[str, Any]:
    return {"event_name": name, "sender": {"id": LAN}, "message": {"msg_id": name, **message}}


async def test_a_tapped_button_and_its_text_typed_by_hand_are_the_same_action(
    house: House,
) -> None:
    channel = house.channel()
    await channel.send(CHAT, Reply("Bà cần gì?", (Button("1. Giấy tờ", "1:c:the:papers", 1),)))
    await house.control.tap(LAN, "1. Giấy tờ")
    await house.control.say(LAN, f"{PREFIX}1:c:the:papers")
    taken = await house.holds(2)
    assert [(one.kind, one.text) for one in taken] == [(Kind.BUTTON, "1:c:the:papers")] * 2
    shown = await house.control.screen(LAN)
    # The tap shows no code in the person's chat; only the typed one stands there.
    assert [line.by for line in shown] == ["oa", "user"]


async def test_known_events_are_ignored_and_unknown_ones_counted(house: House) -> None:
    channel = house.channel()
    await house.control.options(echoes=True)
    await channel.send(CHAT, Reply("Chào bà"))
    for name, kind in EVENTS.items():
        if kind is None:
            await house.control.do("event", user=LAN, content={"event_name": name})
    await house.control.do("anonymous", user="x", conversation="y", text="Alo")
    await house.control.do("event", content={"event_name": "user_flew_away"})
    await house.control.do("event", content={"event_name": "user_flew_away"})
    await house.control.say(LAN, "Cuối cùng")
    attempts = await house.control.attempts(
        at_least=3 + sum(k is None for k in EVENTS.values()) + 4
    )
    assert {one["status"] for one in attempts} == {200}
    kinds = [one.kind for one in house.taken]
    assert kinds == [Kind.ARRIVED, Kind.ARRIVED, Kind.TEXT], "received, seen, and the last words"
    assert channel.ignored == {"user_flew_away": 2}


async def test_only_what_zalo_signed_lately_is_believed(house: House) -> None:
    house.channel()
    await house.control.mischief("wrong_signature")
    await house.control.say(LAN, "giả")
    await house.control.mischief("unsigned")
    await house.control.say(LAN, "không ký")
    await house.control.mischief("stale", seconds=13 * 3600)
    await house.control.say(LAN, "từ hôm qua")
    await house.control.mischief("stale", seconds=11 * 3600)
    await house.control.say(LAN, "gửi lại muộn")
    (kept,) = await house.holds(1)
    assert kept.text == "gửi lại muộn"
    assert {one["status"] for one in await house.control.attempts(at_least=4)} == {200, 403}
    assert set(house.refused) == {"the signature is missing or wrong", "the event is too old"}
    house.channel(oldest=timedelta(hours=1))
    await house.control.do("resend")
    await house.control.attempts(at_least=5)
    assert len(house.taken) == 1


@pytest.mark.parametrize(
    "way", [{"signed_time": "header"}, {"signed_id": "oa"}, {"timestamps": "number"}], ids=str
)
async def test_each_way_in_which_zalo_was_seen_to_sign_is_taken(
    house: House, way: dict[str, str]
) -> None:
    house.channel()
    await house.control.options(**way)
    await house.control.say(LAN, "một")
    assert [one.text for one in await house.holds(1)] == ["một"]


async def test_a_repeated_event_keeps_its_number_with_or_without_a_message(house: House) -> None:
    house.channel()
    await house.control.mischief("duplicate", times=2)
    await house.control.say(LAN, "một lần")
    await house.control.follow(LAN)
    taken = await house.holds(4)
    assert len({(one.address, one.message_id) for one in taken}) == 2
    event = house.emulator.world.events[0]
    assert taken[0].message_id == event["message"]["msg_id"]


async def test_accounts_that_share_an_app_do_not_hear_each_other(house: House) -> None:
    account = house.emulator.world.account
    channel = house.channel(oa_id=account.oa_id)
    other = {**said("user_send_text", text="nhầm nhà"), "recipient": {"id": "1234"}}
    await house.control.do("event", user=CU, content=other)
    await house.control.say(LAN, "đúng nhà")
    assert [one.text for one in await house.holds(1)] == ["đúng nhà"]
    assert sum(channel.ignored.values()) == 1


async def test_an_apps_events_reach_the_account_they_name_at_whichever_address_they_come(
    house: House,
) -> None:
    siblings: Siblings = {}
    second = house.channel(account="xa-hai", oa_id="1234", siblings=siblings)
    third = house.channel(account="xa-ba", oa_id="5678", oa_secret="another", siblings=siblings)
    first = house.channel(oa_id=house.emulator.world.account.oa_id, siblings=siblings)
    for channel in house.channels:
        await channel.open()

    async def say(text: str, oa: str) -> None:
        event = {**said("user_send_text", text=text), "recipient": {"id": oa}}
        await house.control.do("event", user=CU, content=event)

    await say("chào xã hai", "1234")
    [taken] = await house.holds(1)
    assert (taken.address.account, taken.text) == ("xa-hai", "chào xã hai")
    await say("ký bằng khóa khác", "5678")
    await house.control.attempts(at_least=2)
    assert house.refused == ["the signature is missing or wrong"]
    await second.close()
    await say("xã hai đã đóng", "1234")
    await house.control.attempts(at_least=3)
    assert (len(house.taken), sum(first.ignored.values()), sum(third.ignored.values())) == (1, 1, 0)
    assert first.speed.shared == second.speed.shared, "an app has one pace"


VECTOR = "mac=22c91b95d72eeadda8970d8492ae0d1f930feb3572486ab52a227b4faf57889f"


async def test_the_signature_is_a_plain_sha256_over_the_raw_body(house: House) -> None:
    channel = house.channel(app_id="123", oa_secret="s3cret", oldest=timedelta(days=99999))
    body = b'{"event_name":"follow","timestamp":"1700000000000"}'
    with pytest.raises(Refused) as genuine:  # believed, and then found to name nobody
        await channel.receive({"x-zevent-signature": VECTOR}, body)
    assert genuine.value.status == 400
    for mac, raw in ((VECTOR, body + b" "), (VECTOR[:-1] + "e", body), ("", body), ("mac=é", body)):
        with pytest.raises(Refused) as refused:
            await channel.receive({"X-ZEvent-Signature": mac}, raw)
        assert refused.value.status == 403
    with pytest.raises(ValueError, match="oa_secret"):
        house.channel(oa_secret="")


KEYS = st.sampled_from(
    ["event_name", "sender", "recipient", "follower", "id", "message", "msg_id", "text",
     "attachments", "type", "payload", "timestamp", "oa_id", "user_id"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS | st.text(), inner),
    max_leaves=12,
)


@given(
    name=st.sampled_from([*EVENTS, "user_send_new", "oa_send_text"]) | JSON,
    rest=st.dictionaries(KEYS, JSON),
)
def test_no_signed_json_breaks_receiving(name: Any, rest: dict[str, Any]) -> None:
    channel = ZaloOAChannel(
        "xa-mau", app_id="1", oa_secret="s", tokens=None, api_base="http://127.0.0.1:9",
        session=None, clock=lambda: datetime.fromtimestamp(NOON, UTC), limits=FAST,
        read_media=House._read_media,
    )  # fmt: skip
    event = {**rest, "event_name": name, "timestamp": str(NOON * 1000)}
    body = json.dumps(event).encode()
    mac = hashlib.sha256(b"1" + body + str(NOON * 1000).encode() + b"s").hexdigest()

    async def receive() -> tuple[int, list[Incoming]]:
        try:
            return 200, await channel.receive({"X-ZEvent-Signature": f"mac={mac}"}, body)
        except Refused as refused:
            return refused.status, []

    status, taken = asyncio.run(receive())
    assert status in {200, 400}
    for one in taken:
        assert one.address == Address("xa-mau", one.sender)
        assert one.sender
        assert "\0" not in one.text + one.message_id
        (one.text + one.message_id + one.sender).encode()


async def test_names_of_unknown_events_do_not_pile_up(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    channel = house.channel()
    caplog.set_level(logging.INFO)
    for number in range(NAMES + 10):
        await house.control.do("event", content={"event_name": f"new_{number}"})
    await house.control.attempts(at_least=NAMES + 10)
    assert len(channel.ignored) == NAMES + 1
    assert channel.ignored["others"] == 10
