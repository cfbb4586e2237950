"""kill -9 between a message and its receipt, on every channel: one case, one receipt each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import tomli_w
from aiohttp.test_utils import unused_port
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from storage.case_records import CaseRecord
from storage.database import Database
from storage.migrate import migrate
from tests.demo import EMULATORS, emulator, settings, take_up_phones
from tests.emulators.phones import Phone, ZaloOAPhone
from tests.journeys.test_officials import hear, say
from tests.program import Program, program

RECEIPT = "Mã biên nhận"
QUICK = 0.01
"""Of the half minute and more that Zalo waits before it delivers an event again."""


async def tell(number: int, phone: Phone) -> None:
    """All but the last word of feedback."""
    await say(phone, "góp ý", "chuyện gì với xã")
    await say(phone, "2", "Bà con kể đi")
    await say(phone, f"nên mở chợ số {number}", "Xem lại trước khi gửi")


async def receipts(phone: Phone) -> list[str]:
    return [one.text.splitlines()[1] for one in await phone.screen() if RECEIPT in one.text]


async def test_a_kill_between_a_message_and_its_receipt_costs_no_channel_either(
    data_folder: Path,
) -> None:
    """A platform delivers again what was not acknowledged, and so does our page. Zalo's bots may
    not: then nothing of it was kept, what was told still stands, and the villager sends it again.
    """
    folder, port = data_folder.parent, str(unused_port())
    environment = {"LOABAN_TOKEN_KEY": Fernet.generate_key().decode(), "PORT": port}

    @asynccontextmanager
    async def dying(cases: int) -> AsyncIterator[Program]:
        async with program(
            folder, module="tests.faults.dying", DIES_AT=str(cases), **environment
        ) as running:
            yield running

    async def sends(phone: Phone, running: Program) -> None:
        with suppress(aiohttp.ClientError):  # what is killed answers no page
            await phone.write("1")
        await asyncio.wait_for(running.process.wait(), 20)

    database = Database.at(f"sqlite:///{folder}/var/loaban.db")
    await migrate(database)  # a migration writes cases too
    async with AsyncExitStack() as stack:
        bases = {name: await stack.enter_async_context(emulator(name)) for name in EMULATORS}
        (folder / "config.toml").write_text(tomli_w.dumps(settings(bases)), "utf-8")
        jar = aiohttp.CookieJar(unsafe=True)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        async with dying(1) as running:
            phones = await take_up_phones(session, running.address, bases)
            official = phones["Zalo OA"]
            assert isinstance(official, ZaloOAPhone)
            await official.control.options(retry_pace=QUICK)
            await asyncio.gather(*(tell(n, phone) for n, phone in enumerate(phones.values())))
            await sends(phones["Telegram"], running)
        async with dying(2) as running:
            await hear(phones["Telegram"], RECEIPT)
            await sends(official, running)
        async with dying(2) as running:
            await hear(official, RECEIPT)
            await sends(phones["Zalo Bot"], running)
        async with dying(2) as running:
            await say(phones["Zalo Bot"], "1", RECEIPT)
            await sends(phones["Web chat"], running)
        async with program(folder, **environment) as running:
            await phones["Web chat"].again()
            await hear(phones["Web chat"], RECEIPT)
            told = {name: await receipts(phone) for name, phone in phones.items()}
            assert await running.stop() == 0, running.text
        assert {name: len(each) for name, each in told.items()} == dict.fromkeys(phones, 1)
        assert len({three for each in told.values() for three in each}) == len(phones)
    async with database.read() as tx:
        count = await tx.connection.execute(select(func.count(CaseRecord.id)))
        assert count.scalar_one() == len(phones)
    await database.close()
