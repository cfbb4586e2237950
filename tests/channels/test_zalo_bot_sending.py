"""The Zalo bot channel sends, and says what became of it, over real HTTP to the emulator."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.channels.channel import FailedForGood, RetryAt, SendFailed, StopWriting, Uncertain
from bot.channels.zalo_bot import ZaloBotChannel
from handlers.messages import MediaKind, Reply
from tests.channels import zalo_bot_line
from tests.channels.line import HELLO, NOW
from tests.channels.zalo_bot_line import IMPATIENT, LAN, MISSING, PICTURE, VOICE, Line, chat
from tests.conftest import Clock

line, channel = zalo_bot_line.line, zalo_bot_line.channel


async def test_a_text_arrives_as_it_is_and_gives_the_platforms_id(
    line: Line, channel: ZaloBotChannel
) -> None:
    text = "Chỉ 5 < 6 & *không* _đậm_ https://xa.vn 🌾"
    number = await channel.send(chat(), Reply(text))
    (line_shown,) = await line.control.sent(LAN)
    assert (line_shown.text, line_shown.message_id) == (text, number)
    asked = (await line.control.calls("sendMessage"))[0].parameters
    assert set(asked) == {"chat_id", "text"}


async def test_a_picture_is_fetched_by_zalo_and_carries_the_words(
    line: Line, channel: ZaloBotChannel
) -> None:
    await channel.send(chat(), Reply("đ" * 2000, media=(PICTURE,)))
    (shown,) = await line.control.sent(LAN)
    assert (shown.kind, shown.text) == ("image", "đ" * 2000)
    assert shown.url.startswith(f"{line.public_url}/media/pictograms/s%E1%BB%A9c")


async def test_words_go_out_alone_when_the_picture_is_refused_or_has_no_public_address(
    line: Line, channel: ZaloBotChannel
) -> None:
    await channel.send(chat(), Reply("một", media=(MISSING,)))
    await line.control.fault("sendPhoto", "error", status=404, description="Not Found")
    await channel.send(chat(), Reply("hai", media=(PICTURE,)))
    private = line.channel(media_base=None)
    await private.send(chat(), Reply("ba", media=(PICTURE,)))
    shown = await line.control.sent(LAN)
    assert [(one.kind, one.text) for one in shown] == [
        ("text", "một"),
        ("text", "hai"),
        ("text", "ba"),
    ]
    assert channel.capabilities.media == {MediaKind.IMAGE, MediaKind.AUDIO}
    assert not private.capabilities.media


async def test_a_voice_comes_first_and_the_words_with_their_digits_stand_last(
    line: Line, channel: ZaloBotChannel
) -> None:
    number = await channel.send(chat(), Reply("Nghe rồi thì bấm 1", media=(VOICE, PICTURE)))
    voice, words = await line.control.sent(LAN)
    assert (voice.kind, voice.url) == ("voice", f"{line.public_url}/media/tieng/the.aac")
    assert (words.kind, words.text, words.message_id) == ("image", "Nghe rồi thì bấm 1", number)
    await channel.send(chat(), Reply("Nghe rồi thì bấm 1", media=(PICTURE, VOICE)))
    kinds = [one.kind for one in await line.control.sent(LAN)]
    assert kinds == ["voice", "image", "image", "voice", "text"]


async def test_words_that_failed_after_their_voice_come_without_it_the_next_time(
    line: Line, channel: ZaloBotChannel
) -> None:
    reply = Reply("Nghe rồi thì bấm 1", media=(VOICE,))
    for fault, failure in (({"status": 500}, RetryAt), ({"status": 400}, FailedForGood)):
        await line.control.fault("sendMessage", "error", **fault)
        with pytest.raises(failure):
            await channel.send(chat(), reply)
    assert [one.kind for one in await line.control.sent(LAN)] == ["voice"]
    await channel.send(chat(), reply)
    assert [one.kind for one in await line.control.sent(LAN)] == ["voice", "voice", "text"]


async def test_a_voice_that_zalo_refuses_is_opened_by_its_link(
    line: Line, channel: ZaloBotChannel
) -> None:
    await line.control.fault("sendVoice", "error", status=400, description="Bad Request: no")
    sent = replace(VOICE, name="files/7-0-key.aac", link="https://xa.vn/tep/7-0-key")
    await channel.send(chat(), Reply("Xã trả lời", media=(sent,)))
    [shown] = await line.control.sent(LAN)
    assert shown.text == f"Xã trả lời\n{VOICE.text}: {sent.link}"


async def test_a_sticker_arrives_by_its_id_and_fails_as_words_do(
    line: Line, channel: ZaloBotChannel
) -> None:
    number = await channel.send_sticker(chat(), "bfe458bf64fa8da4d4eb")
    [shown] = await line.control.sent(LAN)
    assert (shown.kind, shown.text, shown.message_id) == ("sticker", "bfe458bf64fa8da4d4eb", number)
    await line.control.block(LAN)
    with pytest.raises(StopWriting):
        await channel.send_sticker(chat(), "bfe458bf64fa8da4d4eb")


async def test_a_refused_picture_that_somebody_sent_is_opened_by_its_link(
    line: Line, channel: ZaloBotChannel
) -> None:
    await line.control.fault("sendPhoto", "error", status=404, description="Not Found")
    sent = replace(PICTURE, name="files/7-0-key.jpg", link="https://xa.vn/tep/7-0-key")
    await channel.send(chat(), Reply("Ảnh 1/1", media=(sent,)))
    [shown] = await line.control.sent(LAN)
    assert shown.text == f"Ảnh 1/1\n{PICTURE.text}: {sent.link}"


GONE = "Bad Request: chat not found"
HTTP_200 = {"kind": "malformed", "status": 200}


@pytest.mark.parametrize(
    ("fault", "failure", "arrived"),
    [
        ({"status": 403, "description": "Forbidden: bot was blocked by the user"}, StopWriting, 0),
        ({"status": 404, "description": "User not found"}, StopWriting, 0),
        ({"status": 400, "description": GONE}, StopWriting, 0),
        ({"status": 400, "description": "Invalid chat_id"}, StopWriting, 0),
        ({**HTTP_200, "body": f'{{"ok":false,"error_code":400,"description":"{GONE}"}}'},
         StopWriting, 0),
        ({"status": 403, "description": "Forbidden"}, RetryAt, 0),
        ({"status": 400, "description": "Bad Request: text is too long"}, FailedForGood, 0),
        ({"status": 413, "description": "Request Entity Too Large"}, FailedForGood, 0),
        ({"status": 401, "description": "Unauthorized"}, RetryAt, 0),
        ({"status": 404, "description": "Not Found"}, RetryAt, 0),
        ({"status": 429, "description": "Quota exceeded"}, RetryAt, 0),
        ({"status": 500}, RetryAt, 0),
        ({"kind": "malformed", "status": 502}, RetryAt, 0),
        ({"kind": "malformed", "status": 400, "body": "chat not found by this proxy"}, RetryAt, 0),
        ({"kind": "malformed", "status": 302}, RetryAt, 0),
        ({"status": 408, "description": "Request timeout"}, Uncertain, 0),
        ({"kind": "malformed", "status": 504, "accepted": True}, Uncertain, 1),
        ({**HTTP_200, "accepted": True}, Uncertain, 1),
        ({**HTTP_200, "accepted": True, "body": '{"ok":true}'}, Uncertain, 1),
        ({**HTTP_200, "accepted": True, "body": '{"ok":true,"result":{"message_id":true}}'},
         Uncertain, 1),
        ({"kind": "reset", "accepted": True}, Uncertain, 1),
        ({"kind": "reset"}, Uncertain, 0),
        ({"kind": "hang"}, Uncertain, 0),
        ({"kind": "slow", "seconds": 30}, Uncertain, 1),
        ({"kind": "slow_body", "seconds": 30}, Uncertain, 1),
    ],
    ids=lambda value: str(value)[:70],
)  # fmt: skip
@pytest.mark.parametrize("reply", [HELLO, Reply("chữ", media=(PICTURE,))], ids=["text", "picture"])
async def test_a_failure_says_what_to_do_next(
    line: Line,
    fault: dict[str, Any],
    failure: type[SendFailed],
    arrived: int,
    *,
    reply: Reply,
) -> None:
    waits = fault.get("kind") in {"hang", "slow", "slow_body"}
    channel = line.channel(**({"limits": IMPATIENT} if waits else {}))
    await line.control.fault("*", **{"kind": "error", "times": 2, **fault})
    with pytest.raises(failure):
        await channel.send(chat(), reply)
    assert len(await line.control.sent(LAN)) == arrived


async def test_writing_stops_to_people_who_blocked_or_never_wrote(
    line: Line, channel: ZaloBotChannel
) -> None:
    await line.control.block(LAN)
    for number in (LAN, "chua-tung-nhan"):
        with pytest.raises(StopWriting):
            await channel.send(chat(number), HELLO)


async def test_a_used_up_quota_holds_the_account_longer_each_time_but_once_a_moment(
    line: Line,
) -> None:
    now = [NOW]
    channel = line.channel(clock=lambda: now[0])

    async def until() -> datetime:
        with pytest.raises(RetryAt) as raised:
            await channel.send(chat(), HELLO)
        assert raised.value.account_wide
        return raised.value.when

    await line.control.settings(quota=0)
    first = await until()
    assert first == await until() == NOW + timedelta(seconds=0.02)
    now[0] = first
    assert await until() == first + timedelta(seconds=0.04)
    await line.control.settings(quota=1)
    now[0] += timedelta(seconds=1)
    await channel.send(chat(), HELLO)
    assert await until() == now[0] + timedelta(seconds=0.02)


async def test_waits_grow_while_the_platform_fails_and_shrink_after_a_success(
    line: Line,
) -> None:
    """Failures that come while the first one's wait lasts are the same failure."""
    clock = Clock(NOW)
    channel = line.channel(clock=clock)

    async def wait(*, over: bool = True) -> float:
        with pytest.raises(RetryAt) as raised:
            await channel.send(chat(), HELLO)
        seconds = (raised.value.when - clock()).total_seconds()
        clock.pass_by(seconds if over else 0)
        return seconds

    await line.control.fault("sendMessage", "error", times=6)
    assert [await wait(over=False) for _ in range(3)] == [0.01] * 3
    clock.pass_by(0.01)
    assert [await wait() for _ in range(3)] == [0.02, 0.04, 0.05]
    await channel.send(chat(), HELLO)
    await line.control.fault("sendMessage", "error")
    assert await wait() == 0.01


async def test_half_characters_and_nul_do_not_stop_a_message(
    line: Line, channel: ZaloBotChannel
) -> None:
    await channel.send(chat(), Reply("chào\ud83d\0", media=(PICTURE,)))
    assert (await line.control.sent(LAN))[0].text == "chào"
