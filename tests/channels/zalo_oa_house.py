"""What the tests of the Zalo OA channel share: the emulator, a small house, channels to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.channels.channel import Refused, SendFailed
from bot.channels.zalo_oa import ZaloOAChannel
from bot.channels.zalo_oa_tokens import ExchangeFailed, NoToken, OAuth
from bot.channels.zalo_oa_wire import Limits
from handlers.messages import Address, Button, Incoming, Media, MediaKind, Reply
from tests.emulators.serving import Server
from tests.emulators.zalo_oa import Emulator
from tests.emulators.zalo_oa_control import ZaloOAControl
from tests.emulators.zalo_oa_line import LAN, NOON
from tests.emulators.zalo_oa_villagers import PIXEL

HOUR, DAY = 3600, 86400
QUOTA, UPLOAD = "/v3.0/oa/quota/message", "/v2.0/oa/upload/image"
PDF = b"%PDF-1.4\n%%EOF\n"
CONTENT = {
    "pictograms/sức khoẻ.png": PIXEL,
    "big.png": PIXEL + bytes(1024 * 1024),
    "drawing.svg": b"<svg/>",
    "don.pdf": PDF,
    "don.txt": b"words",
}
PICTURE = Media(MediaKind.IMAGE, "pictograms/sức khoẻ.png", "Thẻ bảo hiểm")
FORM = Media(MediaKind.FILE, "don.pdf", "Mẫu đơn")
HELLO = Reply("Xin chào bà con")
CHOICES = (Button("1. Giấy tờ", "1:c:the:papers", 1), Button("9. Gặp cán bộ", "1:p", 9))
SHOWN = Reply("Mang theo giấy này", media=(PICTURE,))
FAST = Limits(download=0.5, first_pause=0.01, longest_pause=0.05, token_look=0.02)
CHAT = Address("xa-mau", LAN)


class Pocket:
    """Tokens in nobody's database: what a test holds in its hand."""

    def __init__(self, oauth: OAuth, refresh: str, house: House) -> None:
        self.problem, self.refreshed = "", 0
        self._oauth, self._refresh, self._house = oauth, refresh, house
        self._access = ""

    async def current(self) -> str:
        return self._access or await self.refresh("")

    async def refresh(self, refused: str) -> str:
        if self._access == refused:
            self.refreshed += 1
            try:
                pair = await self._oauth.exchange(self._refresh)
            except ExchangeFailed as failed:
                when = self._house.now() + timedelta(minutes=5)
                raise NoToken(failed.reason, when, consent=True) from None
            self._access, self._refresh = pair.access, pair.refresh
        return self._access

    async def close(self) -> None:
        pass


@dataclass
class House:
    """The emulator, its control, our own public address, and what our webhook took in."""

    emulator: Emulator
    session: aiohttp.ClientSession
    control: ZaloOAControl
    url: str = ""
    taken: list[Incoming] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    channels: list[ZaloOAChannel] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    _pocket: Pocket | None = None

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.emulator.platform.clock.now(), UTC)

    def oauth(self, **changes: Any) -> OAuth:
        account = self.emulator.world.account
        asked = {"app_id": account.app_id, "app_secret": account.app_secret, "limits": FAST}
        return OAuth(self.session, self.emulator.base, **asked | changes)

    def tokens(self) -> Pocket:
        """The one pocket of this house: a refresh token serves once."""
        if self._pocket is None:
            first = self.emulator.world.account.refresh_token
            self._pocket = Pocket(self.oauth(), first, self)
        return self._pocket

    def channel(self, **changes: Any) -> ZaloOAChannel:
        """A channel whose webhook is called from now on."""
        account = self.emulator.world.account
        settings: dict[str, Any] = {
            "app_id": account.app_id,
            "oa_secret": account.oa_secret,
            "api_base": self.emulator.base,
            "session": self.session,
            "clock": self.now,
            "read_media": self._read_media,
            "limits": FAST,
        }
        settings["tokens"] = changes.pop("tokens", None) or self.tokens()
        name = changes.pop("account", "xa-mau")
        self.channels.append(ZaloOAChannel(name, **settings | changes))
        return self.channels[-1]

    async def holds(self, count: int) -> list[Incoming]:
        """Wait until so many were taken."""
        async with asyncio.timeout(5):
            while len(self.taken) < count:
                await self.news.wait()
                self.news.clear()
        return self.taken

    async def hook(self, request: web.Request) -> web.Response:
        try:
            self.taken += await self.channels[-1].receive(request.headers, await request.read())
        except Refused as refused:
            self.refused.append(refused.reason)
            return web.Response(status=refused.status)
        finally:
            self.news.set()
        return web.Response()

    @staticmethod
    async def picture(request: web.Request) -> web.Response:
        if (content := CONTENT.get(request.match_info["name"])) is None:
            raise web.HTTPNotFound
        return web.Response(body=content)

    @staticmethod
    async def _read_media(name: str) -> bytes:
        return CONTENT[name]


@asynccontextmanager
async def open_house(**options: Any) -> AsyncIterator[House]:
    """An emulator at noon, to whose OA Bà Lan has just spoken; its webhook is ours."""
    async with Emulator(oas=2, **options) as emulator, aiohttp.ClientSession() as session:
        control = ZaloOAControl(session, emulator.base)
        house = House(emulator, session, control)
        app = web.Application()
        app.add_routes([web.post("/hook", house.hook), web.get("/media/{name:.+}", house.picture)])
        async with Server(app) as ours:
            house.url = ours.base
            await control.do("clock", to=NOON)
            await control.webhook(f"{house.url}/hook")
            await control.options(echoes=False)
            await control.do("user", user=LAN, last_interaction=NOON)
            yield house
            for channel in house.channels:
                await channel.close()


async def failure(channel: ZaloOAChannel, reply: Reply = HELLO, chat: str = LAN) -> SendFailed:
    with pytest.raises(SendFailed) as raised:
        await channel.send(Address("xa-mau", chat), reply)
    return raised.value
