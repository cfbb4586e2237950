"""Telegram takes away what was sent, or puts other words in its place, within its own rules."""

from __future__ import annotations

import pytest

from bot.channels.telegram import TelegramChannel
from handlers.messages import Button, Reply
from tests.channels import telegram_line
from tests.channels.telegram_line import LAN, PICTURE, VOICE, Line, chat

line, channel = telegram_line.line, telegram_line.channel

DAYS = 24 * 3600
STOP = (Button("Dừng", "1:ns"),)
GONE = Reply("Tin cũ không còn đúng.", STOP, removes=True)
BETTER = Reply("Đính chính: chiều mai.", STOP)


async def sent(channel: TelegramChannel, line: Line, reply: Reply, *, days: int = 0) -> str:
    """Sent so many days ago; its id."""
    number = await channel.send(chat(LAN), reply)
    await line.control.age(LAN, days * DAYS)
    return number


def mending(reply: Reply, number: str) -> Reply:
    return Reply(reply.text, reply.buttons, mends=number, removes=reply.removes)


async def test_what_was_sent_within_two_days_is_taken_away(
    line: Line, channel: TelegramChannel
) -> None:
    number = await sent(channel, line, Reply("Sáng mai."), days=1)
    assert await channel.send(chat(LAN), mending(GONE, number)) == ""
    assert await line.control.standing(LAN) == []


async def test_what_is_older_gets_other_words_in_its_place(
    line: Line, channel: TelegramChannel
) -> None:
    number = await sent(channel, line, Reply("Sáng mai.", STOP), days=3)
    assert await channel.send(chat(LAN), mending(GONE, number)) == number
    assert await line.control.standing(LAN) == [GONE.text]


async def test_a_picture_and_a_voice_are_taken_away_together(
    line: Line, channel: TelegramChannel
) -> None:
    number = await sent(channel, line, Reply("Sáng mai.", media=(PICTURE, VOICE)))
    assert len(number.split(",")) == 2
    assert await channel.send(chat(LAN), mending(GONE, number)) == ""
    assert await line.control.standing(LAN) == []


async def test_the_words_below_a_picture_are_changed(line: Line, channel: TelegramChannel) -> None:
    number = await sent(channel, line, Reply("Sáng mai.", STOP, (PICTURE,)), days=30)
    assert await channel.send(chat(LAN), mending(BETTER, number)) == number
    assert await line.control.standing(LAN) == [BETTER.text]
    assert await channel.send(chat(LAN), mending(BETTER, number)) == number, "twice does it once"


@pytest.mark.parametrize("reply", [GONE, BETTER])
async def test_what_the_person_deleted_is_corrected_by_a_new_message(
    line: Line, channel: TelegramChannel, reply: Reply
) -> None:
    number = await channel.send(chat(LAN), mending(reply, "4711"))
    assert number.isdigit()
    assert await line.control.standing(LAN) == [reply.text]
