"""Officials on each platform, with the program as it is run: invited, told, answering by digits."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import tomli_w
from cryptography.fernet import Fernet

from bot.wiring import now
from storage.database import Database
from storage.officials import Officials, Role
from tests.demo import EMULATORS, emulator, settings, take_up_phones
from tests.emulators.phones import Phone
from tests.program import ROOT, program

PATIENCE = 20.0


async def command(folder: Path, *words: str, **environment: str) -> str:
    """Run a command beside the running program; what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words,
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
    )  # fmt: skip
    told, _ = await asyncio.wait_for(process.communicate(), 120)
    return told.decode()


async def say(phone: Phone, words: str, hears: str) -> str:
    """Write, and wait until a message with these words has come; return it."""
    before = len(await phone.screen())
    await phone.write(words)
    return await hear(phone, hears, before)


async def hear(phone: Phone, hears: str, before: int = 0) -> str:
    async with asyncio.timeout(PATIENCE):
        while True:
            for shown in (await phone.screen())[before:]:
                if hears in shown.text + "".join(shown.buttons):
                    return shown.text
            await asyncio.sleep(0.1)


async def test_officials_answer_from_telegram_and_both_kinds_of_zalo(data_folder: Path) -> None:
    folder, key = data_folder.parent, Fernet.generate_key().decode()
    async with AsyncExitStack() as stack:
        bases = {name: await stack.enter_async_context(emulator(name)) for name in EMULATORS}
        (folder / "config.toml").write_text(tomli_w.dumps(settings(bases)), "utf-8")
        running = await stack.enter_async_context(program(folder, LOABAN_TOKEN_KEY=key))
        jar = aiohttp.CookieJar(unsafe=True)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        phones = await take_up_phones(session, running.address, bases)
        villager = phones.pop("Web chat")
        told = await command(
            folder, "invite", "--unit", "xa-mau", "--role", "officer", "--name", "Telegram",
            LOABAN_TOKEN_KEY=key,
        )  # fmt: skip
        first = re.search(r"mời (\d{4} \d{4} \d{4})", told)
        assert first, told
        assert "?start=moi-" in told
        codes = {"Telegram": first[1]}
        database = Database.at(f"sqlite:///{folder}/var/loaban.db")
        async with database.begin() as tx:
            for number, name in enumerate(("Zalo OA", "Zalo Bot"), start=1):
                codes[name] = f"{number:012}"
                await Officials().invite(
                    tx, codes[name], name=name, unit="xa-mau", role=Role.OFFICER, at=now()
                )
        await database.close()
        for name, phone in phones.items():
            await say(phone, f"mời {codes[name]}", "Bạn được mời làm cán bộ trả lời")
            await say(phone, "1", "máy làm việc của bạn")
        for number, (name, phone) in enumerate(phones.items(), start=1):
            question = f"máy cày đời {number} nhà tôi hỏng thì sửa ở đâu"
            await say(villager, question, "chậm nhất là ngày")
            await hear(phone, f"câu hỏi số {number} mới")
            await say(phone, "việc", f"câu hỏi số {number}")
            await say(phone, "1", question)
            await say(phone, "1", "viết câu trả lời")
            await say(phone, f"Bác đem ra tiệm gần chợ, {name}.", "Bà con sẽ đọc đúng như sau")
            before = len(await villager.screen())
            await say(phone, "1", "Đã gửi câu trả lời")
            await hear(villager, f"Bác đem ra tiệm gần chợ, {name}.", before)
        listed = await command(folder, "officials", "list", LOABAN_TOKEN_KEY=key)
        assert all(name in listed for name in phones), listed
        gone = await command(folder, "officials", "remove", "1", LOABAN_TOKEN_KEY=key)
        assert "Telegram may do nothing more" in gone
        await hear(phones["Telegram"], "không còn là máy làm việc")
        wrong = await command(
            folder, "invite", "--role", "king", "--name", "x", LOABAN_TOKEN_KEY=key
        )
        assert "there is no role 'king'" in wrong
        assert await running.stop() == 0, running.text
        assert "Traceback" not in running.text
