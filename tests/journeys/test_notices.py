"""A notice from one official's phone over another's to villagers on every platform, by digits.

The program is as it is run, and stops in the middle; who writes has no buttons (Zalo Bot).
"""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import tomli_w
from cryptography.fernet import Fernet

from bot.wiring import now
from storage.database import Database
from storage.officials import Officials, Role
from tests.demo import EMULATORS, emulator, settings, take_up_phones
from tests.emulators.phones import Phone, TelegramPhone, WebPhone, ZaloBotPhone
from tests.journeys.test_officials import command, hear, say
from tests.program import program

WORDS = "Sáng mai 8 giờ trạm y tế tiêm phòng cho trẻ. Bà con mang sổ tiêm."


async def ask_for_notices(phone: Phone) -> None:
    await say(phone, "đăng ký", "muốn nhận tin")
    await say(phone, "1", "Đã ghi")


async def join(phone: Phone, code: str) -> None:
    await say(phone, f"mời {code}", "Bạn được mời")
    await say(phone, "1", "máy làm việc của bạn")


async def test_a_notice_is_written_on_zalo_released_on_telegram_and_read_everywhere(
    data_folder: Path,
) -> None:
    folder, key = data_folder.parent, Fernet.generate_key().decode()
    async with AsyncExitStack() as stack:
        bases = {name: await stack.enter_async_context(emulator(name)) for name in EMULATORS}
        fast = {"pacing": {"messages_per_chat_per_second": 100.0}}
        (folder / "config.toml").write_text(tomli_w.dumps(settings(bases) | fast), "utf-8")
        jar = aiohttp.CookieJar(unsafe=True)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        lan = ZaloBotPhone(session, bases["zalo_bot"], "6ede9afa66b88fe6d6b0")
        sua = TelegramPhone(session, bases["telegram"], 4003)
        async with program(folder, LOABAN_TOKEN_KEY=key) as running:
            villagers = await take_up_phones(session, running.address, bases)
            await asyncio.gather(*(ask_for_notices(phone) for phone in villagers.values()))
            database = Database.at(f"sqlite:///{folder}/var/loaban.db")
            async with database.begin() as tx:
                for code, name, role in (
                    ("000000000001", "Lan", Role.OFFICER),
                    ("000000000002", "Sua", Role.APPROVER),
                ):
                    await Officials().invite(
                        tx, code, name=name, unit="xa-mau", role=role, at=now()
                    )
            await database.close()
            await asyncio.gather(join(lan, "0000 0000 0001"), join(sua, "0000 0000 0002"))
            await say(lan, "thong bao", "viết lời thông báo")
            await say(lan, WORDS, "loại tin gì")
            assert await running.stop() == 0, running.text
        running = await stack.enter_async_context(program(folder, LOABAN_TOKEN_KEY=key))
        phones = {**villagers, "Web chat": WebPhone(session, running.address)}
        await say(lan, "1", "Gắn kèm một thẻ")
        await say(lan, "1", "Gửi lúc nào")
        before = len(await lan.screen())
        await say(lan, "1", "Gửi được cho 4 người")
        shown = "\n".join(one.text for one in (await lan.screen())[before:])
        assert "Bà con sẽ thấy trên Telegram, Zalo OA, trang web:" in shown
        assert "Bà con sẽ thấy trên Zalo Bot:" in shown
        assert "Muốn biết thêm thì nhắn: " in shown, "where there are no buttons"
        assert "Zalo OA 1 (1 không mất tiền)" in shown
        await say(lan, "1", "Đã gửi duyệt, thông báo số 1")
        await hear(sua, "Lan nhờ bạn duyệt thông báo số 1")
        assert "Zalo OA" in "\n".join(one.text for one in await sua.screen())
        await sua.tap("1. Duyệt")
        await hear(sua, "Đã duyệt thông báo số 1")
        for phone in phones.values():
            await hear(phone, WORDS)
        for official in (lan, sua):
            await hear(official, "Thông báo số 1 đã gửi xong: 4 trên 4 người đã nhận")
        listed = await command(folder, "broadcast", "status", "1", "--json", LOABAN_TOKEN_KEY=key)
        told = json.loads(listed)
        assert (told["author"], told["editors"], told["approved_by"]) == ("Lan", [], "Sua")
        assert await running.stop() == 0, running.text
        assert "Traceback" not in running.text
