"""The Zalo bot channel receives and tells its health, over real HTTP to the emulator."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from bot.channels.channel import SendFailed
from bot.channels.zalo_bot import ZaloBotChannel
from handlers.messages import Kind, Reply
from tests.channels import zalo_bot_line
from tests.channels.line import HELLO, SECRET, Store
from tests.channels.zalo_bot_line import IMPATIENT, LAN, PICTURE, Line, chat
from tests.emulators.zalo_bot import TOKEN, Emulator

line, channel = zalo_bot_line.line, zalo_bot_line.channel
HOOK = {"url": "https://xa.vn/hooks/xa-mau", "secret_token": SECRET}


# Polling


async def test_what_people_send_is_accepted_in_order_each_with_its_kind(line: Line) -> None:
    first = await line.control.say(LAN, "Làm thẻ bảo hiểm ở đâu?")
    for kind in ("image", "sticker", "voice", "unsupported"):
        await line.control.attach(LAN, kind, "đơn này" if kind == "image" else "")
    await line.control.settings(photo_field="photo_url", unsupported_bare=True)
    await line.control.attach(LAN, "unsupported")  # says nothing, not even who
    await line.control.attach(LAN, "image")
    await line.control.say("thon-doai", "ăn cơm chưa", type="GROUP", user=LAN)
    await line.control.say(LAN, "tôi cũng là máy", is_bot=True)
    await line.control.say(LAN, "/start ba-dinh")
    async with line.polling() as store:
        taken = await store.holds(7)
        await line.control.calls("getUpdates", at_least=11)
    assert [(one.kind, one.text) for one in taken] == [
        (Kind.TEXT, "Làm thẻ bảo hiểm ở đâu?"),
        (Kind.IMAGE, "đơn này"),
        (Kind.STICKER, ""),
        (Kind.VOICE, ""),
        (Kind.OTHER, ""),
        (Kind.IMAGE, ""),
        (Kind.START, "ba-dinh"),
    ]
    assert taken[0].message_id == f"message.text.received:{first}"
    assert {(one.address, one.sender) for one in taken} == {(chat(), LAN)}


async def test_nothing_new_is_no_failure(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    await line.control.settings(longest_wait=0.01)
    async with line.polling() as store:
        calls = await line.control.calls("getUpdates", at_least=4)
        await line.control.say(LAN, "chào")
        await store.holds(1)
    assert {call.status for call in calls[:3]} == {408}
    assert not [record for record in caplog.records if record.name.startswith("bot")]


@pytest.mark.parametrize("refusal", [(409, "Conflict"), (400, "Bad Request"), (403, "Forbidden")])
async def test_polling_removes_a_webhook_even_one_that_is_set_while_it_runs(
    line: Line, refusal: tuple[int, str]
) -> None:
    url = f"{line.emulator.base}/bot{TOKEN}/setWebhook"
    await line.control.settings(polling_refused=refusal)
    async with line.session.post(url, json=HOOK):
        pass
    async with line.polling() as store:
        await line.control.calls("getUpdates", at_least=1)
        async with line.session.post(url, json=HOOK):
            await line.control.calls("deleteWebhook", at_least=2)
        await line.control.say(LAN, "chào")
        await store.holds(1)
    assert (await line.control.state())["webhook"] == {}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error"},
        {"kind": "error", "status": 429, "description": "Quota exceeded"},
        {"kind": "error", "status": 401, "description": "Unauthorized"},
        {"kind": "malformed", "status": 502},
        {"kind": "malformed", "status": 200},
        {"kind": "malformed", "status": 200, "body": '{"ok":true,"result":7}'},
        {"kind": "malformed", "status": 200, "body": '{"ok":false,"error_code":"x"}'},
        {"kind": "malformed", "status": 200, "body": "[" * 100_000},
        {"kind": "reset"},
    ],
    ids=lambda fault: str(fault)[:60],
)
async def test_polling_goes_on_after_every_kind_of_failure(
    line: Line, fault: dict[str, Any]
) -> None:
    for method in ("getMe", "deleteWebhook", "getUpdates"):
        await line.control.fault(method, times=2, **fault)
    await line.control.say(LAN, "chào")
    async with line.polling() as store:
        await store.holds(1)


async def test_polling_begins_while_the_platform_is_down_and_logs_its_state_once(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    port = int(line.emulator.base.rpartition(":")[2])
    await line.emulator.stop()
    async with line.polling() as store:
        await asyncio.sleep(0.1)
        again = Emulator()
        again.world.say(again.world.chat(LAN), "message.text.received", {"text": "a"}, user=LAN)
        await again.start(port)
        await store.holds(1)
        await again.stop()
    logged = [r.levelname for r in caplog.records if r.name.startswith("bot")]
    assert logged[:2] == ["WARNING", "INFO"]


@pytest.mark.parametrize(("lost_update", "texts"), [("gone", ["hai"]), ("again", ["một", "hai"])])
async def test_a_lost_answer_stops_nothing_and_costs_what_the_platform_forgets(
    line: Line, lost_update: str, texts: list[str]
) -> None:
    await line.control.settings(lost_update=lost_update)
    await line.control.fault("getUpdates", "reset", accepted=True)
    await line.control.say(LAN, "một")
    await line.control.say(LAN, "hai")
    async with line.polling() as store:
        assert [one.text for one in await store.holds(len(texts))] == texts


async def test_a_message_in_hand_is_stored_although_polling_is_ended(line: Line) -> None:
    taken, handed, store_works = [], asyncio.Event(), asyncio.Event()

    async def accept(one: object) -> None:
        handed.set()
        await store_works.wait()
        taken.append(one)

    await line.control.say(LAN, "một")
    task = asyncio.create_task(line.channel(typing=False).poll(accept))
    await asyncio.wait_for(handed.wait(), 5)
    task.cancel()
    await asyncio.sleep(0)
    store_works.set()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert len(taken) == 1


async def test_a_message_is_offered_until_it_is_taken_or_logged_as_lost_without_its_words(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    await line.control.say(LAN, "một")
    number = await line.control.say(LAN, "chuyện riêng")
    await line.control.update({"event_name": "message.text.received", "message": {"text": "hở"}})
    await line.control.say(LAN, "ba")
    async with line.polling() as store:
        store.refusals = 3
        await store.holds(1)
        store.refusals = 5
        taken = await store.holds(2)
    assert [one.text for one in taken] == ["một", "ba"]
    assert f"{number} is LOST" in caplog.text
    assert "cannot be read" in caplog.text
    assert "chuyện riêng" not in caplog.text
    assert "hở" not in caplog.text


# Webhooks


@pytest.mark.parametrize("wrapped", [True, False])
async def test_a_webhook_is_registered_until_zalo_takes_it_and_brings_messages(
    line: Line, *, wrapped: bool
) -> None:
    await line.control.settings(wrapped=wrapped, webhook_tries=3, webhook_pause=0.01)
    await line.control.fault("setWebhook", "error", times=2)
    async with line.hooked() as (channel, store, _):
        await channel.poll(store.accept)
        store.refusals = 2
        for text in ("một", "hai", "ba"):
            await line.control.say(LAN, text)
        assert [one.text for one in await store.holds(3)] == ["một", "hai", "ba"]
    assert [call.status for call in await line.control.calls("setWebhook")] == [500, 500, 200]


async def test_a_message_has_the_same_id_however_and_however_often_it_comes(line: Line) -> None:
    number = await line.control.say(LAN, "chào")
    await line.control.resend(number)
    async with line.polling() as store:
        first, second = await store.holds(2)
    async with line.hooked() as (channel, store, _):
        await channel.poll(store.accept)
        await line.control.settings(wrapped=False)
        await line.control.resend(number)
        (third,) = await store.holds(1)
    assert first == second == third


@pytest.mark.parametrize("secret", ["", "1234567", "mật-khẩu-dài", "with space", "x" * 257])
async def test_a_webhook_needs_a_secret_that_zalo_takes(line: Line, secret: str) -> None:
    with pytest.raises(ValueError, match="webhook_secret"):
        line.channel(mode="webhook", webhook_secret=secret)


# Typing, health and secrets


async def test_people_see_that_an_answer_is_coming_until_it_is_there(line: Line) -> None:
    await line.control.fault("sendChatAction", "slow", seconds=0.1)
    async with line.hooked() as (channel, store, _):
        await channel.poll(store.accept)
        await line.control.say(LAN, "chào")
        await store.holds(1)
        (sign,) = await line.control.calls("sendChatAction", at_least=1)
        assert (await line.control.state())["typing"] == [LAN]
        await channel.send(chat(), HELLO)
    assert (await line.control.state())["typing"] == []
    sign, message = [call for call in await line.control.calls() if call.method.startswith("send")]
    assert 0 < sign.ended <= message.at


async def test_an_answer_comes_without_its_typing_sign(line: Line) -> None:
    await line.control.fault("sendChatAction", "hang")
    async with line.hooked(limits=IMPATIENT) as (channel, store, _):
        await channel.poll(store.accept)
        await line.control.say(LAN, "chào")
        await store.holds(1)
        await channel.send(chat(), HELLO)
    assert [one.text for one in await line.control.sent(LAN)] == [HELLO.text]


async def test_the_check_says_what_to_do(line: Line, channel: ZaloBotChannel) -> None:
    assert (await channel.check()).ok
    await line.control.settings(revoked=True)
    assert "copy `token` anew" in (await channel.check()).problem
    await line.control.settings(revoked=False)
    store = Store()
    await line.control.fault("getUpdates", "error", times=1000, status=409, description="Conflict")
    task = asyncio.create_task(channel.poll(store.accept))
    await line.control.calls("getUpdates", at_least=2)
    assert "another program" in (await channel.check()).problem
    line.emulator.world.faults.clear()
    await line.control.say(LAN, "chào")
    await store.holds(1)
    assert (await channel.check()).ok
    task.cancel()
    await line.emulator.stop()
    assert "cannot be reached" in (await channel.check()).problem


async def test_an_address_that_is_none_is_told_without_the_token(line: Line) -> None:
    with pytest.raises(ValueError, match="api_base") as raised:
        line.channel(api_base="bot-api.zaloplatforms.com")
    assert TOKEN not in str(raised.value)


async def test_the_token_the_secret_and_the_words_show_in_no_log_and_no_error(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("aiohttp.client", "aiohttp.internal", "asyncio", "bot"):
        caplog.set_level(logging.DEBUG, name)
    errors: list[BaseException] = []
    echo = f"<html>no upstream for /bot{TOKEN}/sendMessage"
    refusal = {"status": 404, "description": f"Not Found: /bot{TOKEN}"}
    for fault in (
        {"kind": "malformed", "body": echo, "status": 200},
        {"kind": "malformed", "body": echo},
        {"kind": "error", **refusal},
        {"kind": "reset"},
        {"kind": "hang"},
    ):
        for reply in (Reply("chuyện riêng"), Reply("chuyện riêng", media=(PICTURE,))):
            await line.control.fault("*", times=2, **fault)
            with pytest.raises(SendFailed) as raised:
                await line.channel(limits=IMPATIENT).send(chat(), reply)
            errors.append(raised.value)
            line.emulator.world.faults.clear()
    for base in ("http://127.0.0.1:9", "http://no-such-host.invalid", "http://[bad", "http://a:b"):
        with pytest.raises(SendFailed) as raised:
            await line.channel(api_base=base).send(chat(), HELLO)
        errors.append(raised.value)
    async with line.hooked() as (channel, store, _):
        await line.control.fault("*", "malformed", body=echo, times=3)
        await channel.poll(store.accept)
        await line.control.say(LAN, "chuyện riêng")
        await store.holds(1)
    seen = caplog.text + "".join(map(_with_causes, errors)) + repr(channel)
    assert len(caplog.records) > 1
    for hidden in (TOKEN, TOKEN.partition(":")[2], SECRET, "chuyện riêng"):
        assert hidden not in seen


def _with_causes(error: BaseException | None) -> str:
    text = ""
    while error is not None:
        text += f"{error!r} {error} {error.args}\n"
        error = error.__cause__ or error.__context__
    return text
