"""The Telegram channel sends, and says what became of it, over real HTTP to the emulator."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.channels.channel import (
    FailedForGood,
    Moved,
    RetryAt,
    SendFailed,
    StopWriting,
    TooFast,
    Uncertain,
)
from bot.channels.telegram import TelegramChannel
from handlers.messages import Button, Media, MediaKind, Reply
from tests.channels import telegram_line
from tests.channels.line import HELLO, NOW
from tests.channels.telegram_line import (
    GROUP,
    IMPATIENT,
    LAN,
    PICTURE,
    SENT,
    VOICE,
    Line,
    chat,
)
from tests.conftest import Clock

line, channel = telegram_line.line, telegram_line.channel


MENU = Reply("Chọn", (Button("Ở đâu?", "1:c:the:where"),), menu=True)
NO_RESULT = '{"ok":true}'
NO_NUMBER = '{"ok":false,"parameters":{"retry_after":NaN}}'
NO_MESSAGE = '{"ok":true,"result":true}'


# Sending


async def test_a_text_arrives_as_it_is_without_link_preview(
    line: Line, channel: TelegramChannel
) -> None:
    text = "Chỉ 5 < 6 & *không* _đậm_ https://xa.vn 🌾"
    number = await channel.send(chat(LAN), Reply(text))
    (sent,) = await line.control.sent(LAN)
    assert (sent.text, str(sent.message_id)) == (text, number)
    asked = (await line.control.calls("sendMessage"))[0].parameters
    assert asked["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in asked


async def test_short_buttons_share_a_row_and_long_ones_do_not(
    line: Line, channel: TelegramChannel
) -> None:
    labels = ["Có", "Không", "Hỏi cán bộ phụ trách", "Về", "Trang đầu", "Thôi"]
    buttons = tuple(Button(label, f"1:u:{place}") for place, label in enumerate(labels))
    await channel.send(chat(LAN), Reply("?", buttons))
    keyboard = (await line.control.sent(LAN))[0].message["reply_markup"]["inline_keyboard"]
    assert [[b["text"] for b in row] for row in keyboard] == [
        ["Có", "Không"],
        ["Hỏi cán bộ phụ trách"],
        ["Về", "Trang đầu"],
        ["Thôi"],
    ]
    assert keyboard[0][0]["callback_data"] == "1:u:0"


async def test_what_has_no_digit_stands_in_a_row_of_its_own(
    line: Line, channel: TelegramChannel
) -> None:
    digits = (Button("0. Trang đầu", "1:h", 0),)
    words = (Button("👍 Đúng rồi", "1:r:the:y"), Button("👎 Chưa đúng", "1:r:the:n"))
    await channel.send(chat(LAN), Reply("?", digits + words))
    keyboard = (await line.control.sent(LAN))[0].message["reply_markup"]["inline_keyboard"]
    assert [[b["text"] for b in row] for row in keyboard] == [
        ["0. Trang đầu"],
        ["👍 Đúng rồi", "👎 Chưa đúng"],
    ]


async def test_a_reply_goes_to_the_topic_that_asked(line: Line, channel: TelegramChannel) -> None:
    await channel.send(chat(GROUP, "17"), HELLO)
    assert (await line.control.sent(GROUP))[0].message["message_thread_id"] == 17


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("anh/the.png", "sendPhoto"),
        ("tieng/the.ogg", "sendVoice"),
        ("tieng/the.mp3", "sendAudio"),
    ],
)
async def test_media_carries_a_text_that_fits_as_its_caption(
    line: Line, channel: TelegramChannel, name: str, method: str
) -> None:
    kind = MediaKind.IMAGE if name.endswith("png") else MediaKind.AUDIO
    reply = Reply("🌾" * 512, (Button("Nghe lại", "1:h"),), (Media(kind, name, ""),))
    await channel.send(chat(LAN), reply)
    (sent,) = await line.control.sent(LAN)
    assert (sent.method, sent.text) == (method, "🌾" * 512)
    assert sent.message["reply_markup"]


async def test_a_text_too_long_for_a_caption_follows_the_media(
    line: Line, channel: TelegramChannel
) -> None:
    number = await channel.send(chat(LAN), Reply("🌾" * 513, (Button("A", "1:h"),), (PICTURE,)))
    first, second = await line.control.sent(LAN)
    assert (first.method, first.text, second.method) == ("sendPhoto", "", "sendMessage")
    assert "reply_markup" not in first.message
    assert number == f"{first.message_id},{second.message_id}", "both, to be taken back together"


async def test_a_second_sound_follows_the_picture(line: Line, channel: TelegramChannel) -> None:
    await channel.send(chat(LAN), Reply("chữ", media=(PICTURE, VOICE)))
    assert [(s.method, s.text) for s in await line.control.sent(LAN)] == [
        ("sendPhoto", ""),
        ("sendVoice", "chữ"),
    ]


async def test_a_picture_is_uploaded_once_and_again_when_telegram_forgot_it(
    line: Line, channel: TelegramChannel
) -> None:
    reply = Reply("chữ", media=(PICTURE,))
    await channel.send(chat(LAN), reply)
    await channel.send(chat(LAN), reply)
    await line.control.settings(forget_files=True)
    await channel.send(chat(LAN), reply)
    calls = await line.control.calls("sendPhoto")
    assert ["photo" in call.parameters for call in calls] == [False, True, True, False]
    assert len(await line.control.sent(LAN)) == 3


async def test_words_go_out_when_their_picture_cannot_be_had_or_is_refused(
    line: Line, channel: TelegramChannel
) -> None:
    missing = Media(MediaKind.IMAGE, "anh/khong-co.png", "")
    await channel.send(chat(LAN), Reply("một", media=(missing,)))
    await line.control.fault("sendPhoto", "error", status=400, description="Bad Request: IMAGE")
    await channel.send(chat(LAN), Reply("hai", media=(PICTURE,)))
    assert [s.text for s in await line.control.sent(LAN)] == ["một", "hai"]


async def test_what_somebody_sent_is_opened_by_its_link_where_the_person_takes_no_voices(
    line: Line, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = "Bad Request: VOICE_MESSAGES_FORBIDDEN"
    await line.control.fault("sendVoice", "error", status=400, description=refusal)
    await channel.send(chat(LAN), Reply("Trả lời:", media=(SENT,)))
    [sent] = await line.control.sent(LAN)
    assert sent.text == f"Trả lời:\nBấm để nghe: {SENT.link}"
    assert "a_key" not in caplog.text, "whoever has the name may hear it"


async def test_the_key_to_a_file_is_not_its_name_on_phones(
    line: Line, channel: TelegramChannel
) -> None:
    await channel.send(chat(LAN), Reply("Trả lời:", media=(SENT,)))
    [call] = await line.control.calls("sendVoice")
    assert "a_key" not in str(call)
    assert "audio.ogg" in str(call)


async def test_a_retry_does_not_send_the_picture_twice(
    line: Line, channel: TelegramChannel
) -> None:
    reply = Reply("dài" * 600, media=(PICTURE,))
    await line.control.fault("sendMessage", "error", retry_after=3)
    with pytest.raises(RetryAt):
        await channel.send(chat(LAN), reply)
    await channel.send(chat(LAN), reply)
    await channel.send(chat(LAN), reply)
    methods = [s.method for s in await line.control.sent(LAN)]
    assert methods == ["sendPhoto", "sendMessage", "sendPhoto", "sendMessage"]


# In the place of a menu


async def test_a_choice_takes_the_place_of_its_menu(line: Line, channel: TelegramChannel) -> None:
    number = await channel.send(chat(LAN), MENU)
    answer = Reply("Ở xã https://xa.vn", (Button("Phí?", "1:c:the:fee"),), replaces=number)
    assert await channel.send(chat(LAN), answer) == number
    _, shown = await line.control.sent(LAN)
    assert (shown.method, shown.text) == ("editMessageText", answer.text)
    (row,) = shown.message["reply_markup"]["inline_keyboard"]
    assert row[0]["callback_data"] == "1:c:the:fee"
    asked = (await line.control.calls("editMessageText"))[0].parameters
    assert asked["link_preview_options"] == {"is_disabled": True}


async def test_an_answer_without_buttons_takes_those_of_the_menu_away(
    line: Line, channel: TelegramChannel
) -> None:
    number = await channel.send(chat(LAN), MENU)
    await channel.send(chat(LAN), Reply("Xong", replaces=number))
    assert "reply_markup" not in (await line.control.sent(LAN))[-1].message


@pytest.mark.parametrize(
    "words",
    ["message can't be edited", "message to edit not found", "MESSAGE_ID_INVALID", ""],
    ids=str,
)
async def test_what_cannot_take_a_menus_place_comes_as_a_new_message(
    line: Line, channel: TelegramChannel, words: str
) -> None:
    number = await channel.send(chat(GROUP, "17"), MENU)
    if words:
        fault = {"status": 400, "description": f"Bad Request: {words}"}
        await line.control.fault("editMessageText", "error", **fault)
    # Without a fault the words are the same, which Telegram refuses as well.
    again = replace(MENU, replaces=number)
    assert await channel.send(chat(GROUP, "17"), again) != number
    _, new = await line.control.sent(GROUP)
    assert (new.method, new.text) == ("sendMessage", MENU.text)
    assert new.message["message_thread_id"] == 17


async def test_a_sound_does_not_take_the_place_of_a_menu(
    line: Line, channel: TelegramChannel
) -> None:
    number = await channel.send(chat(LAN), MENU)
    await channel.send(chat(LAN), Reply("chữ", media=(VOICE,), replaces=number))
    assert [s.method for s in await line.control.sent(LAN)] == ["sendMessage", "sendVoice"]


async def test_an_answer_is_not_lost_when_nobody_knows_whether_it_took_the_menus_place(
    line: Line, channel: TelegramChannel
) -> None:
    answer = Reply("Ở xã", replaces=await channel.send(chat(LAN), MENU))
    for fault in ({"kind": "reset"}, {"kind": "reset", "accepted": True}):
        await line.control.fault("editMessageText", **fault)
        with pytest.raises(Uncertain):
            await channel.send(chat(LAN), answer)
    await channel.send(chat(LAN), answer)
    assert (await line.control.sent(LAN))[-1].text == answer.text


# What becomes of a message that does not arrive


@pytest.mark.parametrize(
    ("fault", "failure", "arrived"),
    [
        ({"status": 403, "description": "Forbidden: bot was blocked by the user"}, StopWriting, 0),
        ({"status": 403, "description": "Forbidden: user is deactivated"}, StopWriting, 0),
        ({"status": 400, "description": "Bad Request: chat not found"}, StopWriting, 0),
        ({"status": 400, "description": "Bad Request: BUTTON_DATA_INVALID"}, FailedForGood, 0),
        ({"status": 413, "description": "Request Entity Too Large"}, FailedForGood, 0),
        ({"status": 401, "description": "Unauthorized"}, RetryAt, 0),
        ({"status": 404, "description": "Not Found"}, RetryAt, 0),
        ({"status": 500}, RetryAt, 0),
        ({"status": 502, "description": "Bad Gateway"}, RetryAt, 0),
        ({"retry_after": 7}, RetryAt, 0),
        ({"kind": "malformed", "status": 403}, RetryAt, 0),
        ({"kind": "malformed", "status": 302}, RetryAt, 0),
        ({"kind": "malformed", "status": 429, "body": '{"ok":false,"parameters":7}'}, RetryAt, 0),
        ({"kind": "malformed", "status": 429, "body": NO_NUMBER}, RetryAt, 0),
        ({"kind": "malformed", "accepted": True}, Uncertain, 1),
        (
            {"kind": "malformed", "accepted": True, "body": '{"ok":true,"result":true}'},
            Uncertain,
            1,
        ),
        ({"kind": "malformed", "accepted": True, "body": '{"ok":true}'}, Uncertain, 1),
        ({"kind": "reset", "accepted": True}, Uncertain, 1),
        ({"kind": "reset"}, Uncertain, 0),
        ({"kind": "hang"}, Uncertain, 0),
        ({"kind": "slow", "seconds": 30}, Uncertain, 1),
    ],
    ids=str,
)
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
        await channel.send(chat(LAN), reply)
    assert len(await line.control.sent(LAN)) == arrived


async def test_a_wait_that_telegram_asks_for_is_told_and_not_for_whose_sake(
    line: Line, channel: TelegramChannel
) -> None:
    await line.control.fault("sendMessage", "error", retry_after=7)
    with pytest.raises(TooFast) as raised:
        await channel.send(chat(LAN), HELLO)
    assert raised.value.when == NOW + timedelta(seconds=7)
    assert not raised.value.account_wide


async def test_telegrams_own_limit_of_speed_is_told_as_a_wait(
    line: Line, channel: TelegramChannel
) -> None:
    await line.control.settings(limited=True)
    for _ in range(3):  # a short burst passes
        await channel.send(chat(LAN), HELLO)
    with pytest.raises(TooFast):
        await channel.send(chat(LAN), HELLO)


async def test_waits_grow_while_the_platform_fails_and_shrink_after_a_success(
    line: Line,
) -> None:
    """Failures that come while the first one's wait lasts are the same failure."""
    clock = Clock(NOW)
    channel = line.channel(clock=clock)

    async def wait(*, over: bool = True) -> float:
        with pytest.raises(RetryAt) as raised:
            await channel.send(chat(LAN), HELLO)
        seconds = (raised.value.when - clock()).total_seconds()
        clock.pass_by(seconds if over else 0)
        return seconds

    await line.control.fault("sendMessage", "error", times=6)
    assert [await wait(over=False) for _ in range(3)] == [0.01] * 3
    clock.pass_by(0.01)
    assert [await wait() for _ in range(3)] == [0.02, 0.04, 0.05]
    await channel.send(chat(LAN), HELLO)
    await line.control.fault("sendMessage", "error")
    assert await wait() == 0.01


async def test_writing_stops_to_people_who_blocked_left_or_never_wrote(
    line: Line, channel: TelegramChannel
) -> None:
    await line.control.block(LAN)
    line.emulator.world.chat(4002)
    await line.control.deactivate(4002)
    for number in (LAN, 4002, 9999):
        with pytest.raises(StopWriting):
            await channel.send(chat(number), HELLO)


async def test_a_group_that_became_a_supergroup_tells_its_new_id(
    line: Line, channel: TelegramChannel
) -> None:
    await line.control.say_in_group(-55, "/xa")
    await line.control.migrate(-55, -10055)
    with pytest.raises(Moved) as raised:
        await channel.send(chat(-55), HELLO)
    assert raised.value.chat == "-10055"
    await channel.send(chat(-10055), HELLO)


@pytest.mark.parametrize("text", ["", "   ", "dài" * 1500], ids=["empty", "blank", "long"])
async def test_a_text_that_telegram_never_takes_fails_for_good(
    channel: TelegramChannel, text: str
) -> None:
    with pytest.raises(FailedForGood):
        await channel.send(chat(LAN), Reply(text))


async def test_half_characters_and_nul_do_not_stop_a_message(
    line: Line, channel: TelegramChannel
) -> None:
    await channel.send(chat(LAN), Reply("chào\ud83d\0", (Button("A\ud800", "1:h"),), (PICTURE,)))
    assert (await line.control.sent(LAN))[0].text == "chào"
