"""The Zalo bot emulator, judged by plain requests: what the documents say, and the options."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.emulators.serving import Server
from tests.emulators.zalo_bot import TOKEN, Emulator
from tests.emulators.zalo_bot_control import ZaloBotControl

LAN = "6ede9afa66b88fe6d6a9"
SECRET = "a_Secret-1"
Answer = tuple[int, dict[str, Any]]
Call = Callable[..., Awaitable[Answer]]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        emulator.world.chat(LAN)
        emulator.world.options.longest_wait = 0.05
        yield emulator


@pytest.fixture
def control(emulator: Emulator, session: aiohttp.ClientSession) -> ZaloBotControl:
    return ZaloBotControl(session, emulator.base)


@pytest.fixture
def call(emulator: Emulator, session: aiohttp.ClientSession) -> Call:
    async def post(method: str, token: str = TOKEN, **asked: Any) -> Answer:
        url = f"{emulator.base}/bot{token}/{method}"
        async with session.post(url, json=asked) as response:
            return response.status, await response.json()

    return post


async def result(answer: Awaitable[Answer]) -> Any:
    status, body = await answer
    assert (status, body["ok"]) == (200, True), body
    return body.get("result")


async def code(answer: Awaitable[Answer]) -> int:
    """The code of a refusal, which is also the status."""
    status, body = await answer
    assert (body["ok"], body["error_code"]) == (False, status)
    assert body["description"]
    return status


async def test_updates_come_one_by_one_and_408_when_there_are_none(
    call: Call, control: ZaloBotControl
) -> None:
    first = await control.say(LAN, "một")
    await control.say(LAN, "hai")
    update = await result(call("getUpdates", timeout="30"))
    assert update["event_name"] == "message.text.received"
    message = update["message"]
    assert (message["message_id"], message["text"]) == (first, "một")
    assert message["chat"] == {"id": LAN, "chat_type": "PRIVATE"}
    assert message["from"]["is_bot"] is False
    assert message["date"] > 1_700_000_000_000  # in milliseconds
    assert (await result(call("getUpdates", timeout=30)))["message"]["text"] == "hai"
    assert await call("getUpdates") == (
        408,
        {"ok": False, "error_code": 408, "description": "Request timeout"},
    )


async def test_an_update_wakes_a_waiting_poll(call: Call, control: ZaloBotControl) -> None:
    await control.settings(longest_wait=20)
    waiting = asyncio.create_task(result(call("getUpdates", timeout="30")))
    await control.calls("getUpdates", at_least=1)
    await control.say(LAN, "chào")
    assert (await asyncio.wait_for(waiting, 5))["message"]["text"] == "chào"


@pytest.mark.parametrize(("lost_update", "left"), [("gone", 0), ("again", 1)])
async def test_an_update_whose_answer_is_lost_is_gone_unless_told_otherwise(
    call: Call, control: ZaloBotControl, lost_update: str, left: int
) -> None:
    await control.settings(lost_update=lost_update)
    await control.say(LAN, "chào")
    await control.fault("getUpdates", "reset", accepted=True)
    with pytest.raises(aiohttp.ClientError):
        await call("getUpdates")
    assert (await control.state())["pending"] == left


async def test_each_event_has_its_fields_and_its_media_can_be_fetched(
    call: Call, control: ZaloBotControl, session: aiohttp.ClientSession
) -> None:
    await control.attach(LAN, "image", "đơn này")
    await control.settings(photo_field="photo_url")
    await control.attach(LAN, "image")
    await control.attach(LAN, "sticker")
    await control.attach(LAN, "voice")
    await control.attach(LAN, "unsupported")
    await control.settings(unsupported_bare=True)
    await control.attach(LAN, "unsupported")
    photo, other, sticker, voice, unsupported, bare = [
        await result(call("getUpdates")) for _ in range(6)
    ]
    assert photo["message"]["caption"] == "đơn này"
    assert "photo" not in other["message"]
    assert sticker["message"]["sticker"]
    assert unsupported["event_name"] == "message.unsupported.received"
    assert bare == {"event_name": "message.unsupported.received"}
    for url, type_ in (
        (photo["message"]["photo"], "image/png"),
        (other["message"]["photo_url"], "image/png"),
        (sticker["message"]["url"], "image/png"),
        (voice["message"]["voice_url"], "audio/aac"),
    ):
        async with session.get(url) as response:
            assert (response.status, response.content_type) == (200, type_)


async def test_what_the_bot_sends_is_on_the_persons_screen(
    call: Call, control: ZaloBotControl
) -> None:
    await control.attach(LAN, "image")
    await control.attach(LAN, "voice")
    url, voice = (line.url for line in await control.screen(LAN))
    assert await call("sendChatAction", chat_id=LAN, action="typing") == (200, {"ok": True})
    assert (await control.state())["typing"] == [LAN]
    sent = await result(call("sendMessage", chat_id=LAN, text="chào bà"))
    await result(call("sendPhoto", chat_id=LAN, photo=url, caption="thẻ"))
    await result(call("sendSticker", chat_id=LAN, sticker="bfe458bf64fa8da4d4eb"))
    await result(call("sendVoice", chat_id=LAN, voice_url=voice))
    lines = await control.sent(LAN)
    assert [line.kind for line in lines] == ["text", "image", "sticker", "voice"]
    assert (lines[0].message_id, lines[0].text) == (sent["message_id"], "chào bà")
    assert (lines[1].text, lines[1].url) == ("thẻ", url)
    assert (await control.state())["typing"] == []


@pytest.mark.parametrize(
    ("method", "asked"),
    [
        ("sendMessage", {"text": ""}),
        ("sendMessage", {"text": "🌾" * 1001}),
        ("sendMessage", {"text": "chào", "parse_mode": "MarkdownV2"}),
        ("sendMessage", {"text": "chào", "chat_id": "chua-tung-nhan"}),
        ("sendMessage", {"text": "chào", "chat_id": None}),
        ("sendPhoto", {"photo": "https://xa.vn/the.png", "caption": "d" * 2001}),
        ("sendPhoto", {"photo": "http://xa.vn/the.png"}),
        ("sendPhoto", {"photo": "http://127.0.0.1:9/the.png"}),
        ("sendVoice", {"voice_url": "https://xa.vn/the.mp3"}),
        ("sendVoice", {"voice_url": "http://127.0.0.1:9/the.aac"}),
        ("sendChatAction", {"action": "upload_photo"}),
        ("setWebhook", {"url": "http://xa.vn/hook", "secret_token": SECRET}),
        ("setWebhook", {"url": "https://xa.vn/hook", "secret_token": "short"}),
        ("setWebhook", {"url": "https://xa.vn/hook"}),
    ],
    ids=str,
)
async def test_what_the_documents_forbid_is_refused(
    call: Call, method: str, asked: dict[str, Any]
) -> None:
    assert await code(call(method, **{"chat_id": LAN, **asked})) == 400


async def test_a_voice_is_for_private_chats_and_a_block_shuts_the_chat(
    call: Call, control: ZaloBotControl
) -> None:
    await control.say("thon-doai", "chào", type="GROUP", user=LAN)
    url = "https://xa.vn/the.aac"
    assert await code(call("sendVoice", chat_id="thon-doai", voice_url=url)) == 400
    await control.block(LAN)
    assert await code(call("sendMessage", chat_id=LAN, text="chào")) == 403
    await control.block(LAN, on=False)
    await result(call("sendMessage", chat_id=LAN, text="chào"))


async def test_the_quota_ends_with_429(call: Call, control: ZaloBotControl) -> None:
    await control.settings(quota=1)
    await result(call("sendMessage", chat_id=LAN, text="một"))
    assert await call("sendMessage", chat_id=LAN, text="hai") == (
        429,
        {"ok": False, "error_code": 429, "description": "Quota exceeded"},
    )


async def test_a_webhook_excludes_polling_and_can_be_asked_for_and_deleted(call: Call) -> None:
    assert await code(call("getWebhookInfo")) == 404
    assert await code(call("deleteWebhook")) == 404
    hook = {"url": "https://xa.vn/hook", "secret_token": SECRET}
    assert (await result(call("setWebhook", **hook)))["updated_at"] > 1_700_000_000_000
    assert (await result(call("getWebhookInfo")))["url"] == "https://xa.vn/hook"
    assert await code(call("getUpdates")) == 409
    assert (await result(call("deleteWebhook")))["url"] == ""
    assert await code(call("getUpdates")) == 408


@pytest.mark.parametrize("wrapped", [True, False])
async def test_a_webhook_gets_updates_in_order_with_the_secret_and_is_tried_as_told(
    call: Call, control: ZaloBotControl, *, wrapped: bool
) -> None:
    got: list[tuple[str, Any]] = []
    statuses = [503, 503, 200, 200]

    async def hook(request: web.Request) -> web.Response:
        got.append((request.headers["X-Bot-Api-Secret-Token"], await request.json()))
        return web.Response(status=statuses[len(got) - 1])

    app = web.Application()
    app.router.add_post("/hook", hook)
    async with Server(app) as ours:
        url = f"{ours.base}/hook"
        await control.settings(wrapped=wrapped)
        await call("setWebhook", url=url, secret_token=SECRET)
        await control.say(LAN, "mất")  # tried once, by default
        async with asyncio.timeout(5):
            while not (await control.state())["undelivered"]:
                await asyncio.sleep(0.01)
        await control.settings(webhook_tries=2, webhook_pause=0.01)
        await control.say(LAN, "một")
        await control.say(LAN, "hai")
        async with asyncio.timeout(5):
            while len(got) < 4:
                await asyncio.sleep(0.01)
    assert {secret for secret, _ in got} == {SECRET}
    updates = [body["result"] if wrapped else body for _, body in got]
    assert [update["message"]["text"] for update in updates] == ["mất", "một", "một", "hai"]


async def test_duplicates_and_wrong_order_can_be_asked_for(
    call: Call, control: ZaloBotControl
) -> None:
    first = await control.say(LAN, "một")
    await control.say(LAN, "hai")
    await control.resend(first)
    await control.reverse()
    updates = [await result(call("getUpdates")) for _ in range(3)]
    assert [u["message"]["text"] for u in updates] == ["một", "hai", "một"]
    assert updates[0] == updates[2]


async def test_faults_spoil_as_many_calls_as_were_asked_for(
    call: Call, control: ZaloBotControl, emulator: Emulator, session: aiohttp.ClientSession
) -> None:
    async def read() -> tuple[int, str]:
        quickly = aiohttp.ClientTimeout(0.2)
        url = f"{emulator.base}/bot{TOKEN}/getMe"
        async with session.post(url, timeout=quickly) as response:
            return response.status, await response.text()

    await control.fault("getMe", "error", status=502, description="Bad Gateway")
    await control.fault("getMe", "malformed", status=200)
    await control.fault("getMe", "malformed", status=200, body='{"ok":tr')
    assert (await read())[0] == 502
    assert (await read())[1].startswith("<html>")
    assert (await read())[1] == '{"ok":tr'
    for kind in ("reset", "hang", "slow_body"):
        await control.fault("getMe", kind, seconds=3)
        with pytest.raises((aiohttp.ClientError, TimeoutError)):
            await read()
    assert json.loads((await read())[1])["ok"]


async def test_tokens_and_names_are_checked_and_forms_and_queries_are_read(
    call: Call, emulator: Emulator, session: aiohttp.ClientSession, control: ZaloBotControl
) -> None:
    assert await code(call("getMe", token="1:unknown")) == 401
    assert await code(call("getme")) == 404
    base = f"{emulator.base}/bot{TOKEN}"
    async with session.get(f"{base}/sendMessage", params={"chat_id": LAN, "text": "a"}) as one:
        assert one.status == 200
    async with session.post(f"{base}/sendMessage", data={"chat_id": LAN, "text": "b"}) as two:
        assert two.status == 200
    assert [line.text for line in await control.sent(LAN)] == ["a", "b"]
    await control.settings(errors_as_200=True)
    assert (await call("getme"))[0] == 200


async def test_a_process_of_its_own_serves_many_bots_apart(session: aiohttp.ClientSession) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.emulators.zalo_bot", "--port", "0"),
        *("--token", "1:first", "--token", "2:second", "--option", "longest_wait=0.05"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 20))
        base = f"http://127.0.0.1:{port}"
        await ZaloBotControl(session, base, bot="2").say(LAN, "chào bot hai")
        for token, status in (("1:first", 408), ("2:second", 200)):
            async with session.post(f"{base}/bot{token}/getUpdates") as response:
                assert response.status == status
    finally:
        process.terminate()
        await process.wait()
