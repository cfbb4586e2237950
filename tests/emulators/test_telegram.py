"""The Telegram emulator, judged by python-telegram-bot's own client and by plain requests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, RetryAfter

from tests.emulators.telegram import TOKEN, Emulator
from tests.emulators.telegram_control import TelegramControl
from tests.emulators.telegram_world import World
from tests.emulators.worlds import ApiError

LAN = 4001


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        emulator.world.chat(LAN)
        yield emulator


@pytest.fixture
async def control(emulator: Emulator) -> AsyncIterator[TelegramControl]:
    async with aiohttp.ClientSession() as session:
        yield TelegramControl(session, emulator.base)


@pytest.fixture
async def bot(emulator: Emulator) -> AsyncIterator[Bot]:
    base = f"{emulator.base}/bot", f"{emulator.base}/file/bot"
    async with Bot(TOKEN, *base) as bot:
        yield bot


async def test_another_client_reads_what_people_do(bot: Bot, control: TelegramControl) -> None:
    await control.say(LAN, "🌾 /xa@LoaBanBot nhé")
    await control.attach(LAN, "voice")
    first, second = await bot.get_updates()
    assert first.message is not None
    assert second.message is not None
    assert first.message.parse_entities() == {first.message.entities[0]: "/xa@LoaBanBot"}
    assert second.message.voice is not None
    assert await bot.get_updates(offset=second.update_id + 1) == ()


async def test_a_form_of_another_client_sends_edits_and_presses(
    bot: Bot, control: TelegramControl
) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Về", callback_data="1:h")]])
    sent = await bot.send_message(LAN, "chào", reply_markup=keyboard)
    await control.press(LAN, sent.message_id, "1:h")
    (update,) = await bot.get_updates()
    assert update.callback_query is not None
    assert await bot.answer_callback_query(update.callback_query.id)
    with pytest.raises(BadRequest, match="too old"):
        await bot.answer_callback_query(update.callback_query.id)
    await bot.edit_message_text("chào lại", LAN, sent.message_id, reply_markup=keyboard)
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_text("chào lại", LAN, sent.message_id, reply_markup=keyboard)


async def test_a_file_that_was_uploaded_can_be_fetched(bot: Bot) -> None:
    sent = await bot.send_voice(LAN, b"sound", caption="nghe")
    assert sent.voice is not None
    file = await bot.get_file(sent.voice.file_id)
    assert await file.download_as_bytearray() == b"sound"


async def test_chats_refuse_as_telegram_does(bot: Bot, control: TelegramControl) -> None:
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(1, "chào")
    await control.block(LAN)
    with pytest.raises(Forbidden, match="blocked"):
        await bot.send_message(LAN, "chào")
    await control.say_in_group(-5, "/xa")
    await control.migrate(-5, -1005)
    with pytest.raises(ChatMigrated) as raised:
        await bot.send_message(-5, "chào")
    assert raised.value.new_chat_id == -1005


@pytest.mark.parametrize(
    ("text", "data", "words"),
    [
        ("", "1:h", "text is empty"),
        ("🌾" * 2049, "1:h", "too long"),
        ("chào", "ă" * 33, "BUTTON_DATA_INVALID"),
        ("chào", "", "BUTTON_DATA_INVALID"),
    ],
)
async def test_limits_are_counted_as_telegram_counts(
    bot: Bot, text: str, data: str, words: str
) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("A", callback_data=data)]])
    with pytest.raises(BadRequest, match=f"(?i){words}"):
        await bot.send_message(LAN, text, reply_markup=keyboard)


async def test_a_second_poller_ends_the_first(
    bot: Bot, emulator: Emulator, control: TelegramControl
) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=10))
    await control.calls("getUpdates", at_least=1)
    async with Bot(TOKEN, f"{emulator.base}/bot") as second:
        await second.get_updates(timeout=0)
    with pytest.raises(Conflict, match="terminated"):
        await first


async def test_polling_and_webhook_exclude_each_other(bot: Bot) -> None:
    await bot.set_webhook("https://example.vn/hook", secret_token="abc")
    with pytest.raises(Conflict, match="webhook"):
        await bot.get_updates()
    assert (await bot.get_webhook_info()).url == "https://example.vn/hook"
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


@pytest.mark.parametrize("url", ["http://example.vn/hook", "https://example.vn:8081/hook"])
async def test_a_webhook_must_be_safe(bot: Bot, url: str) -> None:
    with pytest.raises(BadRequest, match=r"(?i)webhook"):
        await bot.set_webhook(url)


async def test_tokens_are_checked(emulator: Emulator) -> None:
    async with aiohttp.ClientSession() as session:
        for token, status in (("1:unknown-token-x", 401), ("nonsense", 404), (TOKEN, 200)):
            async with session.get(f"{emulator.base}/bot{token}/getMe") as response:
                assert response.status == status


async def test_one_chat_takes_a_short_burst_and_then_one_a_second(
    bot: Bot, control: TelegramControl
) -> None:
    await control.settings(limited=True)
    for _ in range(3):
        await bot.send_message(LAN, "chào")
    with pytest.raises(RetryAfter):
        await bot.send_message(LAN, "chào")


def allowed(world: World, chats: list[Any]) -> int:
    """How many of these messages may go, all at once."""
    count = 0
    for chat in chats:
        with contextlib.suppress(ApiError):
            world.pace(world.chat(*chat))
            count += 1
    return count


async def test_all_chats_together_take_thirty_a_second() -> None:
    assert allowed(World(TOKEN), [(number,) for number in range(1, 51)]) == 30


async def test_a_group_takes_twenty_a_minute() -> None:
    world = World(TOKEN)
    group = world.chat(-1, "group")
    group.pace.size = 100
    assert allowed(world, [(-1,)] * 25) == 20
