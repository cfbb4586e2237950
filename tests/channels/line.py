"""What the tests of every channel share: a store, our webhook, and lines of bots."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar

import aiohttp
from aiohttp import web

from bot.channels.channel import Channel, Refused
from handlers.messages import Incoming, Kind, Reply
from tests.emulators.serving import Server, end

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SECRET = "a_Secret-1"
HELLO = Reply("Xin chào bà con")
C = TypeVar("C", bound=Channel)


@dataclass
class Store:
    """Accepts messages; refuses the next `refusals` of them. `echoes` tell of our own."""

    refusals: int = 0
    taken: list[Incoming] = field(default_factory=list)
    echoes: list[Incoming] = field(default_factory=list)
    tried: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def accept(self, one: Incoming) -> None:
        self.tried += 1
        if self.refusals:
            self.refusals -= 1
            raise OSError("disk full while storing 'chuyện riêng'")
        (self.echoes if one.kind is Kind.ARRIVED else self.taken).append(one)
        self.news.set()

    async def holds(self, count: int) -> list[Incoming]:
        """Wait until so many were taken."""
        async with asyncio.timeout(15):
            while len(self.taken) < count:
                self.news.clear()
                await self.news.wait()
        return self.taken


async def answer_hook(
    request: web.Request, channel: Channel, accept: Callable[[Incoming], Awaitable[Any]]
) -> web.Response:
    """Answer the platform that calls our webhook, as the program does."""
    try:
        for one in await channel.receive(request.headers, await request.read()):
            await accept(one)
    except Refused as refused:
        return web.Response(status=refused.status)
    except OSError:
        return web.Response(status=503)
    return web.Response()


class BotLine(ABC, Generic[C]):
    """An emulator of bots and a way to make channels towards it, of the `kind` that C is."""

    emulator: Server
    session: aiohttp.ClientSession
    kind: ClassVar[Callable[..., Any]]
    token: ClassVar[str]
    limits: ClassVar[Any]

    @abstractmethod
    def own(self) -> dict[str, Any]:
        """The settings that channels of this kind alone have."""

    def channel(self, **changes: Any) -> C:
        settings: dict[str, Any] = {
            "api_base": self.emulator.base,
            "mode": "polling",
            "webhook_secret": "",
            "webhook_url": None,
            "session": self.session,
            "clock": lambda: NOW,
            "limits": self.limits,
        }
        token = changes.pop("token", self.token)
        made: C = self.kind("xa-mau", token, **settings | self.own() | changes)
        return made

    @asynccontextmanager
    async def polling(self, **changes: Any) -> AsyncIterator[Store]:
        """A channel that polls into a store while the block runs."""
        channel, store = self.channel(**changes), Store()
        task = asyncio.create_task(channel.poll(store.accept))
        try:
            yield store
        finally:
            assert not task.done(), "polling must never stop by itself"
            await end([task])
            await channel.close()

    @asynccontextmanager
    async def hooked(self, **changes: Any) -> AsyncIterator[tuple[C, Store, str]]:
        """A channel in webhook mode behind a small server of ours; yields also its address."""
        store = Store()

        async def hook(request: web.Request) -> web.Response:
            return await answer_hook(request, channel, store.accept)

        app = web.Application()
        app.router.add_post("/hooks/xa-mau", hook)
        async with Server(app) as ours:
            url = f"{ours.base}/hooks/xa-mau"
            settings = {"mode": "webhook", "webhook_secret": SECRET, "webhook_url": url}
            channel = self.channel(**settings | changes)
            yield channel, store, url
            await channel.close()
