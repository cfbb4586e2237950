"""What the tests of the Telegram channel share: the emulator, a store, and channels to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.channels.channel import (
    Refused,
)
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_wire import Limits
from handlers.messages import Address, Incoming, Media, MediaKind, Reply
from tests.emulators.telegram import TOKEN, Emulator
from tests.emulators.telegram_control import TelegramControl

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LAN, GROUP = 4001, -1001234
SECRET = "a_Secret-1"
CONTENT = {"anh/the.png": b"picture", "tieng/the.ogg": b"voice", "tieng/the.mp3": b"music"}
PICTURE = Media(MediaKind.IMAGE, "anh/the.png", "Thẻ bảo hiểm")
VOICE = Media(MediaKind.AUDIO, "tieng/the.ogg", "Lời đọc")
HELLO = Reply("Xin chào bà con")
FAST = Limits(
    call=0.3, upload=0.3, long_poll=5, first_pause=0.01, longest_pause=0.05, bad_token=0.05
)


async def read_media(name: str) -> bytes:
    return CONTENT[name]


@dataclass
class Store:
    """Accepts messages; refuses the next `refusals` of them."""

    refusals: int = 0
    taken: list[Incoming] = field(default_factory=list)
    tried: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def accept(self, one: Incoming) -> None:
        self.tried += 1
        if self.refusals:
            self.refusals -= 1
            raise OSError("disk full while storing 'chuyện riêng'")
        self.taken.append(one)
        self.news.set()

    async def holds(self, count: int) -> list[Incoming]:
        """Wait until so many were taken."""
        async with asyncio.timeout(5):
            while len(self.taken) < count:
                self.news.clear()
                await self.news.wait()
        return self.taken


@dataclass
class Line:
    """The emulator, its control and a way to make channels towards it."""

    emulator: Emulator
    session: aiohttp.ClientSession
    control: TelegramControl

    def channel(self, **changes: Any) -> TelegramChannel:
        settings: dict[str, Any] = {
            "api_base": self.emulator.base,
            "mode": "polling",
            "webhook_secret": "",
            "webhook_url": None,
            "session": self.session,
            "clock": lambda: NOW,
            "read_media": read_media,
            "limits": FAST,
        }
        token = changes.pop("token", TOKEN)
        return TelegramChannel("xa-mau", token, **settings | changes)

    @asynccontextmanager
    async def polling(self, **changes: Any) -> AsyncIterator[Store]:
        """A channel that polls into a store while the block runs."""
        channel, store = self.channel(**changes), Store()
        task = asyncio.create_task(channel.poll(store.accept))
        try:
            yield store
        finally:
            assert not task.done(), "polling must never stop by itself"
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await channel.close()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        emulator.world.chat(LAN)
        emulator.world.chat(GROUP, "supergroup", "Thôn Đoài")
        yield Line(emulator, session, TelegramControl(session, emulator.base))


@pytest.fixture
def channel(line: Line) -> TelegramChannel:
    return line.channel()


def chat(number: int, thread: str = "") -> Address:
    return Address("xa-mau", str(number), thread)


@asynccontextmanager
async def hooked(line: Line, **changes: Any) -> AsyncIterator[tuple[TelegramChannel, Store, str]]:
    """A channel in webhook mode behind a small server of ours; yields also its address."""
    store = Store()

    async def hook(request: web.Request) -> web.Response:
        try:
            for one in await receiver.receive(request.headers, await request.read()):
                await store.accept(one)
        except Refused as refused:
            return web.Response(status=refused.status)
        except OSError:
            return web.Response(status=500)
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks/xa-mau", hook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/xa-mau"
    settings = {"mode": "webhook", "webhook_secret": SECRET, "webhook_url": url}
    receiver = line.channel(**settings | changes)
    yield receiver, store, url
    await receiver.close()
    await runner.cleanup()
