"""What the tests of the Zalo bot channel share: the emulator, a small house, channels to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.channels.channel import Refused
from bot.channels.zalo_bot import ZaloBotChannel
from bot.channels.zalo_bot_wire import Limits
from handlers.messages import Address, Media, MediaKind, Reply
from tests.channels.telegram_line import Store
from tests.emulators.zalo_bot import TOKEN, Emulator
from tests.emulators.zalo_bot_control import PNG, ZaloBotControl

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LAN = "6ede9afa66b88fe6d6a9"
SECRET = "a_Secret-1"
PICTURE = Media(MediaKind.IMAGE, "pictograms/sức khoẻ.png", "Thẻ bảo hiểm")
MISSING = Media(MediaKind.IMAGE, "pictograms/gone.png", "")
HELLO = Reply("Xin chào bà con")
FAST = Limits(
    call=0.3,
    photo=0.3,
    typing=0.3,
    long_poll=5,
    breath=0.01,
    first_pause=0.01,
    longest_pause=0.05,
    bad_token=0.05,
    first_quota=0.02,
    longest_quota=0.05,
    farewell=0.5,
    tries=5,
)


@dataclass
class Line:
    """The emulator, its control, our own public address and a way to make channels."""

    emulator: Emulator
    session: aiohttp.ClientSession
    control: ZaloBotControl
    house: web.Application
    public_url: str

    def channel(self, **changes: Any) -> ZaloBotChannel:
        settings: dict[str, Any] = {
            "api_base": self.emulator.base,
            "mode": "polling",
            "webhook_secret": "",
            "webhook_url": None,
            "session": self.session,
            "clock": lambda: NOW,
            "media_base": f"{self.public_url}/media",
            "limits": FAST,
        }
        token = changes.pop("token", TOKEN)
        return ZaloBotChannel("xa-mau", token, **settings | changes)

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

    @asynccontextmanager
    async def hooked(self, **changes: Any) -> AsyncIterator[tuple[ZaloBotChannel, Store]]:
        """A channel in webhook mode, which takes what comes to our address into a store."""
        url = f"{self.public_url}/hooks/xa-mau"
        settings = {"mode": "webhook", "webhook_secret": SECRET, "webhook_url": url}
        channel, store = self.channel(**settings | changes), Store()
        self.house[HOOK].append((channel, store))
        yield channel, store
        await channel.close()


HOOK: web.AppKey[list[tuple[ZaloBotChannel, Store]]] = web.AppKey("hook", list)


async def hook(request: web.Request) -> web.Response:
    channel, store = request.app[HOOK][-1]
    try:
        for one in await channel.receive(request.headers, await request.read()):
            await store.accept(one)
    except Refused as refused:
        return web.Response(status=refused.status)
    except OSError:
        return web.Response(status=503)
    return web.Response()


async def picture(request: web.Request) -> web.Response:
    if request.match_info["name"] != PICTURE.name:
        raise web.HTTPNotFound
    return web.Response(body=PNG, content_type="image/png")


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    house = web.Application()
    house[HOOK] = []
    house.add_routes([web.post("/hooks/xa-mau", hook), web.get("/media/{name:.+}", picture)])
    runner = web.AppRunner(house, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    public_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        emulator.world.chat(LAN)
        control = ZaloBotControl(session, emulator.base)
        yield Line(emulator, session, control, house, public_url)
    await runner.cleanup()


@pytest.fixture
def channel(line: Line) -> ZaloBotChannel:
    return line.channel()


def chat(number: str = LAN) -> Address:
    return Address("xa-mau", number)
