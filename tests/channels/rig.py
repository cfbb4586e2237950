"""A rig: one account on a platform's emulator, one villager there, and our side of the line.

What `test_contract.py` asks of every channel it asks of these; `rigs.py` has one for each platform.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import aiohttp
from aiohttp import web

from bot.channels.channel import Channel, SendFailed
from handlers.layout import lay_out
from handlers.messages import Address, Incoming, Media, MediaKind, Reply
from tests.channels.line import Store, answer_hook
from tests.emulators.phones import Phone, Shown
from tests.emulators.serving import Server
from tests.emulators.zalo_oa_villagers import PIXEL

PICTURE = Media(MediaKind.IMAGE, "pictograms/the.png", "Thẻ bảo hiểm")
SOUND = Media(MediaKind.AUDIO, "audio/the.ogg", "Lời đọc")
BARE = Media(MediaKind.AUDIO, "audio/the.aac", "Lời đọc")
"""A sound without a container, which is all that some platforms take."""
MISSING = Media(MediaKind.IMAGE, "pictograms/gone.png", "Hình đã mất")
CONTENT = {PICTURE.name: PIXEL, SOUND.name: b"OggS", BARE.name: b"\xff\xf1"}


async def read_media(name: str) -> bytes:
    if name not in CONTENT:
        raise FileNotFoundError(name)
    return CONTENT[name]


class Rig:
    """An account with its villager. The verbs that fail here are the platform's own."""

    channel: Channel
    phone: Phone
    secrets: tuple[str, ...] = ()

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.emulator = self.make_emulator()
        self.store = Store()
        self.address = Address("", "")  # of the villager, as their first word told it
        self.site = ""  # our public address
        self._polling: asyncio.Task[None] | None = None

    def make_emulator(self) -> Any:
        """The platform, not begun yet."""
        return nullcontext()

    @property
    def hook(self) -> str:
        return f"{self.site}/hook"

    async def connect(self) -> None:
        """Make `channel` and `phone` now that the emulator has its address."""
        raise NotImplementedError

    async def disconnect(self) -> None:
        """Give back what `connect` took."""

    def routes(self) -> list[web.RouteDef]:
        """What our site has besides the webhook."""
        return []

    async def accept(self, one: Incoming) -> bool:
        await self.store.accept(one)
        return True

    async def show(self, message: Reply) -> str:
        """Send one message, as delivery does."""
        return await self.channel.send(self.address, message)

    async def say(self, reply: Reply) -> list[Shown]:
        """Send a reply as it is laid out for the channel; return what that shows."""
        before = len(await self.phone.screen())
        parts = lay_out(reply, self.channel.capabilities)
        for part in parts:
            await self.show(part)
        return (await self.phone.screen(before + len(parts)))[before:]

    async def begin(self) -> None:
        """Open and fetch; the villager says a first word, from which we know where they live."""
        await self.channel.open()
        self._polling = asyncio.create_task(self.channel.poll(self.accept))
        await self.phone.write("chào bà con")
        [first] = await self.store.holds(1)
        self.address = first.address
        self.store.taken.clear()

    async def end(self) -> None:
        """As the program ends an account: stop fetching, close."""
        if self._polling is not None:
            polling, self._polling = self._polling, None
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
            await self.channel.close()

    def request(self, words: str) -> tuple[dict[str, str], bytes]:
        """What the platform calls our webhook with when somebody writes: headers and body."""
        return {}, json.dumps({"words": words}).encode()

    async def post(self, headers: dict[str, str], body: bytes) -> int:
        """Call our webhook; return the status."""
        async with self.session.post(self.hook, data=body, headers=headers) as response:
            return response.status

    async def answer_hook(self, request: web.Request) -> web.Response:
        return await answer_hook(request, self.channel, self.accept)

    async def go_away(self) -> None:
        """The platform is gone; what connections are left to it have died."""
        await self.emulator.stop()
        for _ in range(20):
            if "cannot be reached" in (await self.channel.check()).problem:
                break

    async def spoil(self, failure: type[SendFailed]) -> None:
        """Let the next message end so."""
        raise NotImplementedError

    async def echo(self) -> None:
        """Answer the next call with its own words and secrets, as a talkative proxy does."""
        raise NotImplementedError

    async def expire(self) -> None:
        """Let the platform forget what people sent."""
        raise NotImplementedError

    async def dawdle(self) -> None:
        """Let the platform give what people sent so slowly that nobody can wait for it."""
        raise NotImplementedError

    async def revoke(self) -> None:
        """Take the account's key away."""
        raise NotImplementedError

    async def under_way(self) -> None:
        """Have something of the channel's under way."""
        await self.phone.write("còn đó không")
        await self.store.holds(1)

    async def is_idle(self) -> bool:
        """Whether nothing that the channel began still runs."""
        home = sys.modules[type(self.channel).__module__].__file__
        begun = (getattr(task.get_coro(), "cr_code", None) for task in asyncio.all_tasks())
        return not any(code and code.co_filename == home for code in begun)


@asynccontextmanager
async def open_rig(make: Callable[[aiohttp.ClientSession], Rig]) -> AsyncIterator[Rig]:
    """A rig at work: emulator and site run, and the villager has said a first word."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        rig = make(session)
        app = web.Application()
        app.add_routes([web.post("/hook", rig.answer_hook), *rig.routes()])
        async with Server(app) as ours:
            rig.site = ours.base
            async with rig.emulator:
                await rig.connect()
                await rig.begin()
                yield rig
                await rig.end()
                await rig.disconnect()
