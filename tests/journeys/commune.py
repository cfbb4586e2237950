"""A commune with an account on every platform, all in this process over real HTTP, for journeys.

What runs beside each other in the program runs here too: web, polling, delivery and fetching. An
Official Account keeps its pace of a message a second to one chat, which makes its journeys longer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import tomli_w
from aiohttp.test_utils import unused_port
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from bot.config import load
from bot.web import Site
from bot.wiring import House, build, now
from content.library import Library
from storage.files import FileRecord, FileState
from storage.officials import Officials, Role
from tests.databases import migrated
from tests.demo import settings, take_up_phones
from tests.emulators import telegram, zalo_bot, zalo_oa
from tests.emulators.phones import Phone, Shown
from tests.emulators.serving import Server, end
from tests.emulators.telegram_control import TelegramControl

PATIENCE = 30.0


@dataclass
class Commune:
    """`phones` are by the platform's name. It can be stopped and started again as it was."""

    folder: Path
    library: Library
    session: aiohttp.ClientSession
    bases: dict[str, str]
    port: int
    environment: dict[str, str]
    phones: dict[str, Phone] = field(default_factory=dict)
    house: House = field(init=False)
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Begin all that the program does, on what is kept in the folder."""
        settings_now = load(self.environment, self.folder)
        await migrated(settings_now.database_url)
        self.house = house = await self._open.enter_async_context(build(settings_now, self.library))
        server = Server(Site(house).application())
        await server.start(self.port)
        self._open.push_async_callback(server.stop)
        for channel in house.channels.values():
            await channel.open()
        stop = asyncio.Event()
        sending = [
            asyncio.create_task(house.delivery().run(stop)),
            asyncio.create_task(house.filing.fetching.run(stop)),
        ]
        polling = [
            asyncio.create_task(channel.poll(house.accept)) for channel in house.channels.values()
        ]

        async def finish() -> None:
            await end(polling)
            stop.set()
            await asyncio.gather(*sending)

        self._open.push_async_callback(finish)

    async def stop(self) -> None:
        """End it as an operator does."""
        await self._open.aclose()

    async def invite(self, name: str, number: int) -> str:
        """Make the phone of that name an official's; return the code."""
        code = f"{number:012}"
        async with self.house.database.begin() as tx:
            await Officials().invite(
                tx, code, name=name, unit="xa-mau", role=Role.OFFICER, at=now()
            )
        return code

    async def lose_a_file(self) -> None:
        """Telegram does not know the next file that it is asked for."""
        control = TelegramControl(self.session, self.bases["telegram"])
        words = "Bad Request: wrong file_id or the file is temporarily unavailable"
        await control.fault("getFile", "error", status=400, description=words)

    async def all_fetched(self, count: int) -> None:
        """So many files of cases are here."""
        async with asyncio.timeout(PATIENCE):
            while True:
                async with self.house.database.read() as tx:
                    rows = await tx.connection.execute(
                        select(func.count(FileRecord.id)).where(
                            FileRecord.state == FileState.STORED
                        )
                    )
                    if rows.scalar_one() >= count:
                        return
                await asyncio.sleep(0.05)


@asynccontextmanager
async def commune(folder: Path, library: Library, *, public: bool = True) -> AsyncIterator[Commune]:
    """Everything at work, nobody has said a word yet. `public`: with a public address."""
    async with AsyncExitStack() as stack:
        emulators = {
            "telegram": await stack.enter_async_context(telegram.Emulator()),
            "zalo_oa": await stack.enter_async_context(zalo_oa.Emulator()),
            "zalo_bot": await stack.enter_async_context(zalo_bot.Emulator()),
        }
        jar = aiohttp.CookieJar(unsafe=True)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        bases = {name: emulator.base for name, emulator in emulators.items()}
        port = unused_port()
        (folder / "config.toml").write_text(tomli_w.dumps(settings(bases)), "utf-8")
        environment = {
            "LOABAN_TOKEN_KEY": Fernet.generate_key().decode(),
            "LOABAN_DATA__FOLDER": str(folder / "var"),
            "LOABAN_DATABASE__URL": f"sqlite:///{folder}/var/loaban.db",
            "LOABAN_PACING__MESSAGES_PER_CHAT_PER_SECOND": "20",
        }
        if public:
            environment["LOABAN_WEB__PUBLIC_URL"] = f"http://127.0.0.1:{port}"
        made = Commune(folder, library, session, bases, port, environment)
        await made.start()
        stack.push_async_callback(made.stop)
        made.phones = await take_up_phones(session, made.address, bases)
        yield made


async def say(phone: Phone, words: str, hears: str) -> Shown:
    """Write, and wait until a message with these words has come; return it."""
    before = len(await phone.screen())
    await phone.write(words)
    return await hear(phone, hears, before)


async def hear(phone: Phone, hears: str, before: int = 0) -> Shown:
    """The first message after `before` with these words in its text or on its buttons."""
    seen: list[Shown] = []
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                seen = (await phone.screen())[before:]
                for shown in seen:
                    if hears in shown.text + "".join(shown.buttons):
                        return shown
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{hears!r} did not come: {seen}") from None
