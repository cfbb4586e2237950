"""The Zalo OA channel sends, and says what became of it, over real HTTP to the emulator."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.channels.channel import FailedForGood, RetryAt, SendFailed, StopWriting, Uncertain
from bot.channels.zalo_oa import ZaloOAChannel
from bot.channels.zalo_oa_errors import MEANINGS, next_morning
from content.shelf import SHIPPED
from content.texts import Texts
from handlers.messages import Address, Button, Media, MediaKind, Reply
from tests.channels.zalo_oa_house import CHAT, FAST, FORM, HELLO, PICTURE, House, open_house
from tests.emulators.zalo_oa_line import CS, CU, LAN

HOUR, DAY = 3600, 86400
QUOTA, UPLOAD = "/v3.0/oa/quota/message", "/v2.0/oa/upload/image"
CHOICES = (Button("1. Giấy tờ", "1:c:the:papers", 1), Button("9. Gặp cán bộ", "1:p", 9))
SHOWN = Reply("Mang theo giấy này", media=(PICTURE,))


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with open_house() as opened:
        yield opened


async def failure(channel: ZaloOAChannel, reply: Reply = HELLO, chat: str = LAN) -> SendFailed:
    with pytest.raises(SendFailed) as raised:
        await channel.send(Address("xa-mau", chat), reply)
    return raised.value


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


# The window


async def silent_for(house: House, hours: float) -> None:
    at = house.now().timestamp() - hours * HOUR
    await house.control.do("user", user=LAN, last_interaction=at)


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


# What goes wrong

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
