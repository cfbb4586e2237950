"""Sending to a Zalo OA when it refuses: what is tried again, what waits, and what is told."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.channels.channel import RetryAt, SendFailed, StopWriting, Uncertain
from bot.channels.zalo_oa_errors import MEANINGS, next_morning
from content.shelf import SHIPPED
from content.texts import Texts
from handlers.messages import Reply
from tests.channels.zalo_oa_house import (
    CHAT,
    CHOICES,
    FAST,
    HELLO,
    QUOTA,
    SHOWN,
    UPLOAD,
    House,
    failure,
    open_house,
)
from tests.emulators.zalo_oa_line import CS, LAN

RETRY, ALL_WAIT, NEVER, STOP, MORNING = "retry", "all wait", "never", "stop", "morning"
DECISIONS = {
    RETRY: (-100, -200, -214, -99999, 7),
    ALL_WAIT: (-32, -204, -205, -209, -212, -219, -221, -223, -224, -235, -242, -125, -135, -1241),
    NEVER: (
        -201, -210, -211, -218, -230, -232, -233, -237, -240, -248, -249, -305, -311, -320, -321,
        -108, -109, -115, -131, -136, -137, -139, -140, -141, -146, -1121, -1122, -1441, -1471,
        -1472,
    ),
    STOP: (-213, -217, -227, -244, -114, -118, -119),
    MORNING: (-133, -144, -147, -234),
}  # fmt: skip


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with open_house() as opened:
        yield opened


# What goes wrong


async def test_each_error_of_zalo_leads_to_its_decision_and_a_reason_for_staff(
    house: House,
) -> None:
    channel = house.channel()
    texts = Texts.load(SHIPPED / "texts" / "vi.po")
    await channel.send(CHAT, HELLO)
    for decision, codes in DECISIONS.items():
        for code in codes:
            await house.control.fault("error", path=CS, error=code)
            failed = await failure(channel)
            assert texts(str(failed)), code
            made = type(failed).__name__
            if isinstance(failed, RetryAt):
                assert failed.when > house.now() - timedelta(seconds=1)
                late = failed.when - house.now() > timedelta(minutes=1)
                made = ALL_WAIT if failed.account_wide else MORNING if late else RETRY
            expected = {NEVER: "FailedForGood", STOP: "StopWriting"}.get(decision, decision)
            assert made == expected, code
    told = {code for codes in DECISIONS.values() for code in codes}
    assert MEANINGS.keys() - told == {-216, -220, -124}, "tokens have a test of their own"
    assert len(await house.control.sent(LAN)) == 1


async def test_a_person_whom_zalo_does_not_know_gets_nothing_more(house: House) -> None:
    assert isinstance(await failure(house.channel(), chat="123456"), StopWriting)


@pytest.mark.parametrize(
    ("fault", "decision", "arrived"),
    [
        ({"kind": "hang"}, Uncertain, 0),
        ({"kind": "slow", "seconds": 9, "accepted": True}, Uncertain, 1),
        ({"kind": "trickle", "seconds": 9, "accepted": True}, Uncertain, 1),
        ({"kind": "reset"}, Uncertain, 0),
        ({"kind": "reset", "accepted": True}, Uncertain, 1),
        ({"kind": "html", "accepted": True}, Uncertain, 1),
        ({"kind": "malformed", "accepted": True}, Uncertain, 1),
        ({"kind": "malformed", "body": '{"error":null}', "accepted": True}, Uncertain, 1),
        ({"kind": "status", "status": 504, "accepted": True}, Uncertain, 1),
        ({"kind": "status", "status": 502}, RetryAt, 0),
        ({"kind": "status", "status": 403, "body": "blocked by this proxy"}, RetryAt, 0),
        ({"kind": "status", "status": 302}, RetryAt, 0),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_lost_answer_is_uncertain_and_a_missing_way_is_not(
    house: House, fault: dict[str, Any], decision: type[SendFailed], arrived: int
) -> None:
    waits = fault["kind"] in {"hang", "slow", "trickle"}
    channel = house.channel(limits=replace(FAST, call=1.0) if waits else FAST)
    await house.control.fault(path=CS, **fault)
    failed = await failure(channel)
    assert type(failed) is decision
    assert str(failed) in {"unsent.unknown", "unsent.trouble"}
    assert len(await house.control.sent(LAN)) == arrived


async def test_what_reaches_nobody_is_never_uncertain(house: House) -> None:
    channel = house.channel(pictures=True)
    for path in (QUOTA, UPLOAD):
        await house.control.fault("reset", path=path, accepted=True)
        assert isinstance(await failure(channel, SHOWN), RetryAt)
    nowhere = house.channel(api_base="http://127.0.0.1:9")
    failed = await failure(nowhere)
    assert isinstance(failed, RetryAt)
    assert (str(failed), failed.account_wide) == ("unsent.unreachable", False)
    with pytest.raises(ValueError, match="api_base"):
        house.channel(api_base="ftp://x")


async def test_a_success_without_a_number_is_a_success(house: House) -> None:
    await house.control.fault("malformed", path=CS, body='{"error":"0"}', accepted=True)
    assert await house.channel().send(CHAT, HELLO) == ""


# Tokens


@pytest.mark.parametrize("code", [-216, -220, -124])
async def test_a_refused_token_is_made_new_once_and_the_message_sent(
    house: House, code: int
) -> None:
    tokens = house.tokens()
    channel = house.channel(tokens=tokens)
    await channel.send(CHAT, HELLO)
    await house.control.fault("error", path=CS, error=code)
    await channel.send(CHAT, HELLO)
    assert (len(await house.control.sent(LAN)), tokens.refreshed) == (2, 2)
    await house.control.fault("error", path=CS, error=code, times=2)
    failed = await failure(channel)
    assert isinstance(failed, RetryAt)
    assert (failed.account_wide, str(failed)) == (True, "unsent.no_token")
    assert tokens.refreshed == 3


async def test_without_a_token_the_account_waits_and_says_why(house: House) -> None:
    tokens = house.tokens()
    channel = house.channel(tokens=tokens)
    assert (await channel.check()).link == f"https://zalo.me/{house.emulator.world.account.oa_id}"
    await house.control.tokens(end="access")
    await house.control.tokens(end="refresh")
    failed = await failure(channel)
    assert isinstance(failed, RetryAt)
    assert (failed.account_wide, str(failed)) == (True, "unsent.consent_needed")
    health = await channel.check()
    assert not health.ok
    assert "refresh token" in health.problem


async def test_an_operator_is_told_what_stops_the_account(house: House) -> None:
    channel = house.channel()
    assert (await channel.check()).ok
    for code, remedy in {-204: "-204", -32: "slow down", -220: "fresh token", -200: "-200"}.items():
        await house.control.fault("error", path="/v2.0/oa/getoa", error=code, times=2)
        health = await channel.check()
        assert not health.ok
        assert remedy in health.problem
        await house.control.do("heal")
    assert "another Official Account" in (await house.channel(oa_id="42").check()).problem


async def test_calls_prove_that_they_come_from_the_app_where_zalo_wants_it(house: House) -> None:
    await house.control.do("oa", proof_required=True)
    assert "appsecret_proof" in (await house.channel().check()).problem
    await house.channel(prove=house.emulator.world.account.app_secret).send(CHAT, HELLO)


async def test_no_secret_is_told_in_logs_errors_or_words(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = house.emulator.world.account
    tokens = house.tokens()
    channel = house.channel(tokens=tokens, pictures=True, prove=account.app_secret)
    pair = await tokens._oauth.exchange(account.refresh_token)
    told, tokens._refresh = [repr(tokens._oauth), repr(pair)], pair.refresh
    token = await tokens.current()
    echo = f'{{"error":-201,"message":"{token} {account.app_secret}"}}'
    for fault in (
        {"kind": "malformed", "body": echo},
        {"kind": "reset"},
        {"kind": "error", "error": -204},
        {"kind": "error", "error": -216},
    ):
        await house.control.fault(path="*", **{"times": 99, **fault})
        for reply in (HELLO, Reply("chữ", CHOICES)):
            raised: BaseException | None = await failure(channel, reply)
            while raised is not None:
                told.append(f"{raised!r} {vars(raised)} {raised.args}")
                raised = raised.__context__
        told.append((await channel.check()).problem)
        await house.control.do("heal")
    said = "\n".join([caplog.text, *told])
    # The emulator's side of the wire logs in this process too, but no bodies and headers.
    for secret in (token, tokens._access, tokens._refresh, account.app_secret, account.oa_secret):
        assert secret not in said


def test_the_next_morning_is_vietnams() -> None:
    night = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # 05:30 on the 25th there
    assert next_morning(night) == datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
    noon = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
    assert next_morning(noon) == datetime(2026, 11, 25, 23, 0, tzinfo=UTC)


def test_the_pauses_grow_to_their_end() -> None:
    assert [FAST.pause(n) for n in (1, 2, 3, 4, 99)] == [0.01, 0.02, 0.04, 0.05, 0.05]
