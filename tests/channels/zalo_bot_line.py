"""What the tests of the Zalo bot channel share: the emulator, a small house, channels to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.channels.zalo_bot import ZaloBotChannel
from bot.channels.zalo_bot_wire import Limits
from handlers.messages import Address, Media, MediaKind
from tests.channels.line import BotLine
from tests.emulators.serving import Server
from tests.emulators.zalo_bot import TOKEN, Emulator
from tests.emulators.zalo_bot_control import AAC, PNG, ZaloBotControl

LAN = "6ede9afa66b88fe6d6a9"
PICTURE = Media(MediaKind.IMAGE, "pictograms/sức khoẻ.png", "Thẻ bảo hiểm")
VOICE = Media(MediaKind.AUDIO, "tieng/the.aac", "Lời đọc")
MISSING = Media(MediaKind.IMAGE, "pictograms/gone.png", "")
# The pauses are short; the limits of a call are long enough for a busy machine.
FAST = Limits(
    call=5,
    media=5,
    download=5,
    typing=5,
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
IMPATIENT = replace(FAST, call=1, media=1, download=1, typing=1)  # for what never answers


@dataclass
class Line(BotLine[ZaloBotChannel]):
    """The emulator, its control, where our pictures lie and a way to make channels."""

    emulator: Emulator
    session: aiohttp.ClientSession
    control: ZaloBotControl
    public_url: str

    kind, token, limits = ZaloBotChannel, TOKEN, FAST

    def own(self) -> dict[str, Any]:
        return {"media_base": f"{self.public_url}/media"}


async def picture(request: web.Request) -> web.Response:
    match request.match_info["name"]:
        case PICTURE.name:
            return web.Response(body=PNG, content_type="image/png")
        case VOICE.name:
            return web.Response(body=AAC, content_type="audio/aac")
    raise web.HTTPNotFound


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    house = web.Application()
    house.router.add_get("/media/{name:.+}", picture)
    async with (
        Server(house) as ours,
        Emulator() as emulator,
        aiohttp.ClientSession() as session,
    ):
        emulator.world.chat(LAN)
        yield Line(emulator, session, ZaloBotControl(session, emulator.base), ours.base)


@pytest.fixture
def channel(line: Line) -> ZaloBotChannel:
    return line.channel()


def chat(number: str = LAN) -> Address:
    return Address("xa-mau", number)
