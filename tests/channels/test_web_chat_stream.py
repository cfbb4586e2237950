"""The web chat over HTTP: how a phone hears what is new."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse

from handlers.messages import Reply
from tests.channels.phone import Phone, open_phone
from tests.conftest import Clock
from tests.emulators.web_chat_house import House


@pytest.fixture
async def phone(clock: Clock) -> AsyncIterator[Phone]:
    async with open_phone(House(clock)) as opened:
        yield opened


async def read_event(response: ClientResponse) -> tuple[str, dict[str, Any]]:
    number = ""
    while line := (await asyncio.wait_for(response.content.readline(), 5)).decode().strip("\n"):
        if line.startswith("id: "):
            number = line[4:]
        if line.startswith("data: {"):
            await response.content.readline()
            news: dict[str, Any] = json.loads(line[6:])
            return number, news
        if line.startswith("retry"):
            await response.content.readline()
    raise AssertionError("the stream ended")


async def test_the_stream_tells_what_is_new_in_the_order_of_the_talk(phone: Phone) -> None:
    await phone.open()
    await phone.say("chào")
    await phone.news()
    async with phone.client.get("/chat/stream?after=1") as stream:
        assert stream.content_type == "text/event-stream"
        number, first = await read_event(stream)
        assert [line["key"] for line in first["lines"]] == ["a2", "q3", "a4"]
        assert number == str(first["cursor"])
        await phone.house.tell(phone.house.kept[0].chat, Reply("Tin mới của xã"))
        _, second = await read_event(stream)
        assert second["lines"][:3] == [{"key": "a2"}, {"key": "q3"}, {"key": "a4"}]
        assert second["lines"][3]["rows"] == [["", ["Tin mới của xã"]]]


async def test_a_phone_that_comes_back_hears_what_it_missed(phone: Phone, clock: Clock) -> None:
    await phone.open()
    await phone.say("chào")
    cursor = (await phone.news())["cursor"]
    clock.pass_by(3600)
    await phone.house.tell(phone.house.kept[0].chat, Reply("lúc mất sóng"))
    headers = {"Last-Event-ID": str(cursor)}
    async with phone.client.get("/chat/stream?after=0", headers=headers) as stream:
        _, news = await read_event(stream)
    assert news["lines"][-1]["rows"] == [["", ["lúc mất sóng"]]]
    assert (await phone.news(str(news["cursor"])))["lines"][-1]["key"] == "a5"


async def test_what_became_visible_late_is_not_lost(phone: Phone, clock: Clock) -> None:
    """A transaction may commit after a younger one was already shown."""
    await phone.open()
    await phone.say("chào")
    late = phone.house.kept[-1]
    await phone.news()
    at, late.seen_at = late.seen_at, None
    clock.pass_by(20)
    await phone.house.tell(late.chat, Reply("trẻ hơn"))
    cursor = (await phone.news())["cursor"]
    late.seen_at = at
    assert late.number in {int(line["key"][1:]) for line in (await phone.news(cursor))["lines"]}


@pytest.mark.parametrize("after", ["", "abc", "-5", "9" * 30, "٣", "0", "99999999999999999"])
async def test_a_cursor_that_makes_no_sense_does_no_harm(phone: Phone, after: str) -> None:
    await phone.open()
    await phone.say("chào")
    assert isinstance((await phone.news(after))["cursor"], int)


async def test_a_silent_stream_gives_signs_of_life(phone: Phone) -> None:
    await phone.open()
    async with phone.client.get("/chat/stream") as stream:
        heard = await asyncio.wait_for(stream.content.readuntil(b"data: 1\n\n"), 5)
    assert b"\n: still here\nevent: beat\n" in heard


async def test_a_stream_without_a_conversation_is_over_at_once(phone: Phone) -> None:
    async with phone.client.get("/chat/stream") as stream:
        assert stream.status == 204
    assert (await phone.news())["lines"] == []


async def test_shutdown_ends_open_streams_quickly(phone: Phone) -> None:
    await phone.open()
    async with phone.client.get("/chat/stream") as stream:
        await stream.content.readline()
        assert phone.client.app is not None
        await phone.client.app.shutdown()
        rest = await asyncio.wait_for(stream.content.read(), 2)
    assert b"beat" not in rest
    async with phone.client.get("/chat/stream") as again:
        assert again.status == 503


async def test_a_stream_ends_when_the_house_breaks(phone: Phone) -> None:
    await phone.open()
    phone.house.broken = True
    async with phone.client.get("/chat/stream") as stream:
        assert await asyncio.wait_for(stream.content.read(), 2) == b"retry: 3000\n\n"
