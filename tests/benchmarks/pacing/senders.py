"""Four ways to send a list of messages to Telegram: ours, and three that people use.

Each sends the same messages in the same order, at most `AT_ONCE` on their way at a time, and
obeys "retry after" in its own way. A sender returns when all it does not give up have arrived.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, time
from pathlib import Path

import aiogram
import aiohttp
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramRetryAfter
from telegram import Bot
from telegram.error import RetryAfter
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from bot.channels.channel import Speed
from bot.channels.telegram import TelegramChannel
from bot.config import Pacing
from bot.delivery import Delivery, Rules
from bot.pacing import AT_ONCE
from handlers.messages import Reply
from storage.conversations import Conversations
from storage.database import Database
from storage.migrate import migrate
from storage.outbox import Lane, Outbox
from storage.people import People
from tests.emulators.telegram import TOKEN, Emulator

ACCOUNT = "bot"
Messages = Sequence[tuple[int, str]]
Sender = Callable[[Emulator, Messages], Awaitable[None]]


async def ours(emulator: Emulator, messages: Messages) -> None:
    """The outbox on SQLite, delivery, and the channel, with the settings as they are shipped."""
    world, pacing, stop = emulator.world, Pacing(), asyncio.Event()
    speed = Speed(pacing.messages_per_second, pacing.messages_per_chat_per_second)
    with tempfile.TemporaryDirectory() as folder:
        database = Database.at(f"sqlite:///{Path(folder) / 'loaban.db'}")
        await migrate(database)
        await _queue(database, messages)
        async with aiohttp.ClientSession() as session:
            channel = TelegramChannel(
                ACCOUNT,
                TOKEN,
                api_base=emulator.base,
                mode="polling",
                webhook_secret="",
                webhook_url=None,
                session=session,
                clock=_now,
                read_media=_no_media,
                speed=speed,
            )
            delivery = Delivery(
                database=database,
                channels={ACCOUNT: channel},
                rules=Rules(quiet_start=time(), quiet_end=time()),
                owner="benchmark",
                clock=_now,
            )
            sending = asyncio.create_task(delivery.run(stop))
            while len(world.sent) < len(messages):
                await world.changed.wait()
            stop.set()
            await sending
        await database.close()


async def with_rate_limiter(emulator: Emulator, messages: Messages) -> None:
    """python-telegram-bot with its own AIORateLimiter, as it is but for five tries."""
    room = asyncio.Semaphore(AT_ONCE)
    bot = ExtBot(
        TOKEN,
        f"{emulator.base}/bot",
        request=HTTPXRequest(connection_pool_size=AT_ONCE),
        rate_limiter=AIORateLimiter(max_retries=5),
    )

    async def send(chat: int, text: str) -> None:
        async with room:
            try:
                await bot.send_message(chat, text)
            except RetryAfter:
                return  # given up: it shows among what was delivered

    async with bot:
        await asyncio.gather(*(send(chat, text) for chat, text in messages))


async def plain_loop(emulator: Emulator, messages: Messages) -> None:
    """The loop of broadcasting examples: send, sleep a thirtieth of a second, send the next."""
    async with Bot(TOKEN, f"{emulator.base}/bot") as bot:
        for chat, text in messages:
            while True:
                try:
                    await bot.send_message(chat, text)
                except RetryAfter as refused:
                    wait = refused.retry_after
                    await asyncio.sleep(wait if isinstance(wait, int) else wait.total_seconds())
                else:
                    break
            await asyncio.sleep(1 / 30)


async def aiogram_loop(emulator: Emulator, messages: Messages) -> None:
    """aiogram's `Bot` as its broadcasting example drives it: one after the other, 0.05 s between
    them, and after "retry after" the same once more. Source: aiogram's examples, broadcasts.
    """
    server = TelegramAPIServer.from_base(emulator.base)
    async with aiogram.Bot(TOKEN, session=AiohttpSession(api=server)) as bot:
        for chat, text in messages:
            while True:
                try:
                    await bot.send_message(chat, text)
                except TelegramRetryAfter as refused:
                    await asyncio.sleep(refused.retry_after)
                else:
                    break
            await asyncio.sleep(0.05)


SENDERS: dict[str, Sender] = {
    "Loa Bản": ours,
    "python-telegram-bot, AIORateLimiter": with_rate_limiter,
    "plain loop, sleep 1/30 s": plain_loop,
    "aiogram, its broadcast loop": aiogram_loop,
}


async def _queue(database: Database, messages: Messages) -> None:
    people, conversations, outbox, at = People(), Conversations(), Outbox(), _now()
    async with database.begin() as tx:
        for chat, text in messages:
            person = await people.meet(tx, sender=str(chat), unit="", account=ACCOUNT, at=at)
            talk = await conversations.open(
                tx, chat=str(chat), thread="", person=person.id, account=ACCOUNT, at=at
            )
            await outbox.put(
                tx,
                [Reply(text).to_json()],
                account=ACCOUNT,
                conversation=talk.id,
                inbox=None,
                lane=Lane.CAMPAIGN,
                at=at,
            )


def _now() -> datetime:
    return datetime.now(UTC)


async def _no_media(name: str) -> bytes:
    raise FileNotFoundError(name)
