"""The Zalo OA channel sends, and says what became of it, over real HTTP to the emulator."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.channels.channel import FailedForGood, RetryAt
from handlers.messages import Address, Media, MediaKind, Reply
from tests.channels.zalo_oa_house import (
    CHAT,
    CHOICES,
    DAY,
    FORM,
    HELLO,
    HOUR,
    PICTURE,
    QUOTA,
    SHOWN,
    UPLOAD,
    House,
    failure,
    open_house,
)
from tests.emulators.zalo_oa_line import CS, CU, LAN


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with open_house() as opened:
        yield opened


async def kinds(house: House) -> list[tuple[str, str]]:
    return [(line.kind, line.text) for line in await house.control.sent(LAN)]


async def test_a_text_arrives_in_nfc_and_gives_the_platforms_id(house: House) -> None:
    channel = house.channel()
    text = "Chỉ 5 < 6 & *không* https://xa.vn 🌾"
    number = await channel.send(CHAT, Reply(unicodedata.normalize("NFD", text) + "\ud83d\0"))
    (line,) = await house.control.sent(LAN)
    assert (line.text, line.message_id) == (text, number)
    # In NFD it would be far too long.
    await channel.send(CHAT, Reply(unicodedata.normalize("NFD", "ệ" * 2000)))
    assert isinstance(await failure(channel, Reply("ệ" * 2001)), FailedForGood)
    assert isinstance(await failure(channel, Reply(" ")), FailedForGood)
    assert len(await house.control.calls(CS)) == 2


async def test_a_picture_is_uploaded_once_and_carries_the_words(house: House) -> None:
    channel = house.channel(pictures=True)
    assert not house.channel().capabilities.media
    assert channel.capabilities.media == {MediaKind.IMAGE, MediaKind.FILE}
    await channel.send(CHAT, SHOWN)
    number = await channel.send(CHAT, replace(SHOWN, buttons=CHOICES))
    await channel.send(CHAT, Reply("", media=(PICTURE,)))
    assert await kinds(house) == [
        ("image", SHOWN.text),
        ("image", ""),  # Zalo has no picture with choices
        ("text", SHOWN.text),
        ("image", ""),
    ]
    assert (await house.control.sent(LAN))[2].message_id == number
    assert len(await house.control.calls(UPLOAD)) == 1
    await house.control.fault("error", path=CS, error=-100)  # forgotten by Zalo before its time
    await channel.send(CHAT, SHOWN)
    await house.control.move(6.5 * DAY)
    await house.control.do("user", user=LAN, last_interaction=house.now().timestamp())
    await channel.send(CHAT, SHOWN)
    assert [line.kind for line in await house.control.sent(LAN)][-2:] == ["image"] * 2
    assert len(await house.control.calls(UPLOAD)) == 3


@pytest.mark.parametrize("name", ["big.png", "drawing.svg", "gone.png", "don.txt", "don.pdf"])
async def test_words_go_out_alone_when_the_media_cannot(house: House, name: str) -> None:
    channel = house.channel(pictures=True)
    kind = MediaKind.IMAGE if name.endswith("g") else MediaKind.FILE
    if name == "don.pdf":
        await house.control.fault("error", path="/v2.0/oa/upload/file", error=-211)
    await channel.send(CHAT, Reply("chữ", media=(Media(kind, name, ""),)))
    assert await kinds(house) == [("text", "chữ")]


async def test_a_picture_may_be_fetched_by_zalo_from_our_address(house: House) -> None:
    channel = house.channel(pictures=True, media_base=f"{house.url}/media")
    await house.control.options(fetch_urls=True)
    await channel.send(CHAT, SHOWN)
    missing = Media(MediaKind.IMAGE, "gone.png", "")
    await channel.send(CHAT, replace(SHOWN, media=(missing,)))
    assert await kinds(house) == [("image", SHOWN.text), ("text", SHOWN.text)]
    assert (await house.control.sent(LAN))[0].url.endswith(
        "/pictograms/s%E1%BB%A9c%20kho%E1%BA%BB.png"
    )
    assert not await house.control.calls(UPLOAD)


async def test_a_refused_picture_that_somebody_sent_is_opened_by_its_link(house: House) -> None:
    channel = house.channel(pictures=True, media_base=f"{house.url}/media")
    await house.control.options(fetch_urls=True)
    sent = replace(PICTURE, name="files/7-0-key.jpg", link="https://xa.vn/tep/7-0-key")
    await channel.send(CHAT, Reply("Ảnh 1/1", media=(sent,)))
    assert await kinds(house) == [("text", f"Ảnh 1/1\n{PICTURE.text}: {sent.link}")]


async def test_lists_are_used_where_switched_on_and_given_up_when_refused(house: House) -> None:
    channel = house.channel(pictures=True, lists=True, media_base=f"{house.url}/media")
    reply = Reply("Thẻ bảo hiểm y tế\nMang theo căn cước.", CHOICES, (PICTURE,))
    await house.control.options(lists=True)
    await channel.send(CHAT, reply)
    (line,) = await house.control.sent(LAN)
    assert line.kind == "list"
    assert line.elements[0]["title"] == "Thẻ bảo hiểm y tế"
    assert [button["title"] for button in line.buttons] == ["1. Giấy tờ", "9. Gặp cán bộ"]
    await channel.send(CHAT, replace(reply, text="Một dòng thôi"))  # fits no list
    await house.control.options(lists=False)
    await channel.send(CHAT, reply)
    assert [kind for kind, _ in await kinds(house)][1:] == ["image", "text", "image", "text"]
    refused = [call.error for call in await house.control.calls(CS) if call.error]
    await channel.send(CHAT, reply)
    assert [call.error for call in await house.control.calls(CS) if call.error] == refused == [-233]


async def test_a_file_goes_before_its_words(house: House) -> None:
    channel = house.channel(pictures=True)
    await channel.send(CHAT, Reply("Điền mẫu này", CHOICES, (FORM,)))
    assert await kinds(house) == [("file", ""), ("text", "Điền mẫu này")]


async def test_a_retry_goes_on_after_the_pictures_that_came(house: House) -> None:
    channel = house.channel(pictures=True)
    reply = replace(SHOWN, buttons=CHOICES)
    assert await channel.send(CHAT, SHOWN)
    # The first call of the two succeeds, the second does not.
    await house.control.fault("slow", path=CS, seconds=0.0)
    await house.control.fault("error", path=CS, error=-200)
    assert isinstance(await failure(channel, reply), RetryAt)
    await channel.send(CHAT, reply)
    assert [kind for kind, _ in await kinds(house)][1:] == ["image", "text"]


async def silent_for(house: House, hours: float) -> None:
    at = house.now().timestamp() - hours * HOUR
    await house.control.do("user", user=LAN, last_interaction=at)


# The window


async def test_after_48_hours_nothing_is_sent_unless_paying_is_allowed(house: House) -> None:
    free, paying = house.channel(), house.channel(allow_billed=True)
    await silent_for(house, 47.9)
    await free.send(CHAT, HELLO)
    await house.control.move(1.1 * HOUR)
    for channel in (house.channel(), free):
        refused = await failure(channel)
        assert isinstance(refused, FailedForGood)
        assert str(refused) == "unsent.free_window_closed"
    await paying.send(CHAT, HELLO)
    await silent_for(house, 7 * 24 + 1)
    refused = await failure(paying)
    assert (type(refused), str(refused)) == (FailedForGood, "unsent.window_closed")
    assert len(await house.control.calls(CS)) == 2


async def test_nothing_that_costs_is_sent_when_no_paid_message_is_left(house: House) -> None:
    await house.control.do("oa", quota={"sub_quota": 1})
    await silent_for(house, 49)
    await house.channel(allow_billed=True).send(CHAT, HELLO)
    channel = house.channel(allow_billed=True)
    for _ in range(2):
        refused = await failure(channel)
        assert (type(refused), str(refused)) == (FailedForGood, "unsent.no_quota")
    assert len(await house.control.calls(CS)) == 1
    # Once more is bought it goes on: a count is believed for a minute.
    await house.control.do("oa", quota={"sub_quota": 5})
    await house.control.move(61)
    await channel.send(CHAT, HELLO)


async def test_zalo_is_asked_for_the_last_time_only_where_we_do_not_know_of_a_recent_one(
    house: House,
) -> None:
    stored = {LAN: house.now() - timedelta(hours=47), CU: house.now() - timedelta(days=8)}

    async def last_heard(chat: str) -> datetime | None:
        return stored.get(chat)

    channel = house.channel(last_heard=last_heard)
    await channel.send(CHAT, HELLO)
    assert not await house.control.calls(QUOTA)
    await house.control.say(CU, "Chào xã")
    await house.holds(1)
    await channel.send(Address("xa-mau", CU), HELLO)
    assert not await house.control.calls(QUOTA)
    # Another process, which has not heard Cụ: its store is behind, Zalo knows better.
    worker = house.channel(last_heard=last_heard)
    await worker.send(Address("xa-mau", CU), HELLO)
    await worker.send(Address("xa-mau", CU), HELLO)
    assert len(await house.control.calls(QUOTA)) == 1


async def test_an_account_that_may_not_ask_still_sends_and_keeps_to_what_it_knows(
    house: House,
) -> None:
    await house.control.fault("error", path=QUOTA, error=-212, chance=1.0)
    await house.channel().send(CHAT, HELLO)

    async def last_heard(chat: str) -> datetime | None:
        return house.now() - timedelta(days=8)

    refused = await failure(house.channel(last_heard=last_heard))
    assert str(refused) == "unsent.window_closed"
