"""What the tests of the Telegram channel share: the emulator, and channels to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest

from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_wire import Limits
from handlers.messages import Address, Media, MediaKind
from tests.channels.line import BotLine
from tests.emulators.telegram import TOKEN, Emulator
from tests.emulators.telegram_control import TelegramControl

LAN, GROUP = 4001, -1001234
SENT = Media(MediaKind.AUDIO, "files/7-0-a_key.ogg", "Bấm để nghe", "https://xa.vn/tep/7-0-a_key")
CONTENT = {
    "anh/the.png": b"picture",
    "tieng/the.ogg": b"voice",
    "tieng/the.mp3": b"music",
    SENT.name: b"OggS",
}
PICTURE = Media(MediaKind.IMAGE, "anh/the.png", "Thẻ bảo hiểm")
VOICE = Media(MediaKind.AUDIO, "tieng/the.ogg", "Lời đọc")
# The pauses are short; the limits of a call are long enough for a busy machine.
FAST = Limits(
    call=5,
    upload=5,
    download=5,
    long_poll=5,
    first_pause=0.01,
    longest_pause=0.05,
    bad_token=0.05,
)
IMPATIENT = replace(FAST, call=1, upload=1, download=1)  # for what never answers


async def read_media(name: str) -> bytes:
    return CONTENT[name]


@dataclass
class Line(BotLine[TelegramChannel]):
    """The emulator, its control and a way to make channels towards it."""

    emulator: Emulator
    session: aiohttp.ClientSession
    control: TelegramControl

    kind, token, limits = TelegramChannel, TOKEN, FAST

    def own(self) -> dict[str, Any]:
        return {"read_media": read_media}


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
