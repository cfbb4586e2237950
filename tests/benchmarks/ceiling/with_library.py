"""A sender of one library, without limit: python -m tests.benchmarks.ceiling.with_library.

Arguments: the library, the platform's address, the token, how many messages, how many at a time.
Message n goes to chat n. It imports nothing of this project, and each library where it is measured.
It prints the seconds of processor time that sending took.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Send = Callable[[int, str], Awaitable[object]]
TEXT = "Sáng mai 7 giờ, xã tiêm phòng cho trẻ nhỏ tại nhà văn hoá thôn."


@asynccontextmanager
async def python_telegram_bot(base: str, token: str, at_once: int) -> AsyncIterator[Send]:
    """The library's `Bot` with a pool for as many calls as are made at a time."""
    from telegram import Bot  # noqa: PLC0415 - each process loads only what it measures
    from telegram.request import HTTPXRequest  # noqa: PLC0415 - each process loads only what it measures

    async with Bot(token, f"{base}/bot", request=HTTPXRequest(connection_pool_size=at_once)) as bot:
        yield bot.send_message


@asynccontextmanager
async def aiogram(base: str, token: str, _: int) -> AsyncIterator[Send]:
    """The library's `Bot` over its own aiohttp session."""
    from aiogram import Bot  # noqa: PLC0415 - each process loads only what it measures
    from aiogram.client.session.aiohttp import AiohttpSession  # noqa: PLC0415 - each process loads only what it measures
    from aiogram.client.telegram import TelegramAPIServer  # noqa: PLC0415 - each process loads only what it measures

    async with Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(base))) as bot:
        yield bot.send_message


@asynccontextmanager
async def bare(base: str, token: str, _: int) -> AsyncIterator[Send]:
    """No library: an HTTP request and nothing read, for how much the platform itself takes."""
    import aiohttp  # noqa: PLC0415 - each process loads only what it measures

    async with aiohttp.ClientSession() as session:

        async def send(chat: int, text: str) -> None:
            call = {"chat_id": str(chat), "text": text}
            async with session.post(f"{base}/bot{token}/sendMessage", data=call) as answer:
                await answer.read()

        yield send


LIBRARIES = {"python-telegram-bot": python_telegram_bot, "aiogram": aiogram, "bare": bare}


async def main(library: str, base: str, token: str, messages: int, at_once: int) -> None:
    room = asyncio.Semaphore(at_once)

    async with LIBRARIES[library](base, token, at_once) as send:

        async def one(chat: int) -> None:
            async with room:
                await send(chat, TEXT)

        before = time.process_time()
        await asyncio.gather(*(one(chat) for chat in range(1, messages + 1)))
        used = time.process_time() - before
    sys.stdout.write(json.dumps({"cpu": used}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])))
