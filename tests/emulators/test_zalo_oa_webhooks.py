"""The Zalo OA emulator's webhooks, and what can be made to go wrong with it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.emulators.zalo_oa_control import ZaloOAControl
from tests.emulators.zalo_oa_hooks import LADDER, signature
from tests.emulators.zalo_oa_line import CS, LAN, NOON, Line, cs, open_line
from tests.emulators.zalo_oa_options import HOUR
from tests.emulators.zalo_oa_world import Account


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async with open_line() as line:
        yield line


def test_a_signature_is_a_plain_hash_over_four_things() -> None:
    body = b'{"event_name":"follow","timestamp":"1700000000000"}'
    known = "mac=22c91b95d72eeadda8970d8492ae0d1f930feb3572486ab52a227b4faf57889f"
    assert signature("123", body, "1700000000000", "s3cret") == known


# Webhooks


async def test_every_event_is_signed_and_a_persons_events_keep_their_order(line: Line) -> None:
    line.hearer.seconds = 0.01
    kinds = ["image", "gif", "audio", "video", "file", "sticker", "location", "link"]
    await line.control.follow(LAN)
    await line.control.say(LAN, "Nhà tôi có “hộ nghèo” không?")
    for kind in kinds:
        await line.control.attach(LAN, kind, url="https://xa.example.vn")
    await line.control.do("click_chat", user=LAN)
    await line.control.do("event", user=LAN, content={"event_name": "user_withdraw"})
    await line.control.follow(LAN, on=False)
    heard = await line.hearer.hears(13)
    names = ["follow", "user_send_text", *[f"user_send_{kind}" for kind in kinds]]
    names += ["user_click_chatnow", "user_withdraw", "unfollow"]
    assert ([one.name for one in heard], line.hearer.at_once) == (names, 1)
    assert all(line.is_signed(one) for one in heard)
    assert heard[0].body["follower"] == {"id": LAN}
    assert (heard[1].body["sender"], heard[1].body["message"]["text"][:3]) == ({"id": LAN}, "Nhà")
    place = heard[8].body["message"]["attachments"][0]["payload"]["coordinates"]
    assert place == {"latitude": "10.76", "longitude": "106.74"}


async def test_what_a_person_sent_can_be_fetched_for_a_while(line: Line) -> None:
    event = await line.control.attach(LAN, "audio")
    url = event["message"]["attachments"][0]["payload"]["url"]
    async with line.session.get(url) as response:
        assert (await response.read()).startswith(b"#!AMR")
    await line.control.move(HOUR)
    async with line.session.get(url) as response:
        assert response.status == 404


async def test_a_message_comes_back_as_echo_received_and_seen(line: Line) -> None:
    await line.control.options(echoes=True)
    sent = (await line.say(text="chào"))["data"]["message_id"]
    heard = await line.hearer.hears(3)
    names = ["oa_send_text", "user_received_message", "user_seen_message"]
    assert [one.name for one in heard] == names
    assert heard[0].body["sender"] == {"id": line.account.oa_id}
    assert heard[2].body["message"] == {"msg_ids": [sent]}


async def test_a_failed_webhook_is_tried_again_up_the_ladder_and_then_given_up(line: Line) -> None:
    line.hearer.statuses = [500, 200, 403, 200, *[500] * 6]
    await line.control.say(LAN, "một")
    await line.control.attempts(at_least=1)
    await line.control.say(LAN, "hai")  # does not wait for what failed before it
    for made, wait in ((2, LADDER[0]), (3, LADDER[1])):
        await line.control.attempts(at_least=made)
        await line.control.move(wait)
    heard = [
        (one.body["message"]["text"], one.headers.get("num_retry"))
        for one in await line.hearer.hears(4)
    ]
    assert heard == [("một", None), ("hai", None), ("một", "1"), ("một", "2")]
    assert len({one.raw for one in line.hearer.heard}) == 2
    await line.control.say(LAN, "ba")
    for made, wait in enumerate(LADDER, start=5):
        assert len(await line.control.attempts(at_least=made)) == made
        await line.control.move(wait)
    await line.hearer.hears(10)
    await line.control.attempts(at_least=10)
    assert (await line.control.do("oa"))["webhook"] == ""


async def test_events_may_come_twice_late_unsigned_wrongly_signed_and_reversed(line: Line) -> None:
    await line.control.mischief("duplicate")
    await line.control.say(LAN, "hai lần")
    first, second = await line.hearer.hears(2)
    assert first == second
    await line.control.do("resend")
    for kind in ("wrong_signature", "unsigned", "stale"):
        await line.control.mischief(kind)
        await line.control.say(LAN, kind)
    again, wrong, bare, stale = (await line.hearer.hears(6))[2:]
    assert again.raw == first.raw
    assert [line.is_signed(one) for one in (again, wrong, bare, stale)] == [
        True,
        False,
        False,
        True,
    ]
    assert "X-ZEvent-Signature" not in bare.headers
    assert int(stale.body["timestamp"]) == pytest.approx((NOON - HOUR) * 1000, abs=10_000)
    await line.control.do("hold")
    for text in ("một", "hai", "ba"):
        await line.control.say(LAN, text)
    await line.control.do("hold", on=False, reverse=True)
    last = (await line.hearer.hears(9))[6:]
    assert [one.body["message"]["text"] for one in last] == ["ba", "hai", "một"]


# Faults


async def test_faults_hit_what_was_asked_and_no_more(line: Line) -> None:
    url, headers = f"{line.emulator.base}{CS}", {"access_token": line.token}
    await line.control.fault("status", path=CS, times=2, status=503)
    await line.control.fault("html", path=CS)
    await line.control.fault("malformed", path=CS)
    await line.control.fault("error", path=CS, error=-32)
    await line.control.fault("trickle", path=CS, seconds=0.1)
    await line.control.fault("slow", path=CS, seconds=0.1)
    assert await line.error("/v2.0/oa/getoa") == 0
    seen = []
    for _ in range(8):
        async with line.session.post(url, json=cs(text="chào"), headers=headers) as response:
            seen.append((response.status, (await response.text())[:12]))
    page, fine = "<html><body>", '{"error": 0,'
    assert [status for status, _ in seen] == [503, 503, *[200] * 6]
    assert [text for _, text in seen[:4]] == [page, page, page, '{"error":0,"']
    assert [text for _, text in seen[4:]] == ['{"error": -3', fine, fine, fine]
    assert len(await line.control.sent(LAN)) == 3
    assert [call.error for call in await line.control.calls(CS)][4:] == [-32, 0, 0, 0]


async def test_a_fault_may_strike_by_chance_and_an_answer_may_be_lost(line: Line) -> None:
    await line.control.fault("reset", path=CS, accepted=True)
    with pytest.raises(aiohttp.ClientConnectionError):
        await line.say(text="đã đến")
    assert [one.text for one in await line.control.sent(LAN)] == ["đã đến"]
    await line.control.fault("error", chance=0.5, error=-200)
    errors = [await line.error("/v2.0/oa/getoa") for _ in range(40)]
    assert set(errors) == {0, -200}
    await line.control.do("heal")
    assert {await line.error("/v2.0/oa/getoa") for _ in range(10)} == {0}


async def test_the_emulator_serves_many_oas_as_a_process_of_its_own(line: Line) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.emulators.zalo_oa", "--port", "0", "--oas", "3"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    try:
        base = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
        third = ZaloOAControl(line.session, base, Account.numbered(2).oa_id)
        await third.follow(LAN)
        headers = {"access_token": (await third.tokens())["access_token"]}
        body = cs(text="Chào bác")
        async with line.session.post(base + CS, json=body, headers=headers) as response:
            assert (await response.json())["error"] == 0
        assert [one.text for one in await third.sent(LAN)] == ["Chào bác"]
        assert await ZaloOAControl(line.session, base).sent() == []
    finally:
        process.terminate()
        await process.wait()
