"""Feedback from every channel, by digits, to the answer and the villager's word about it."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import tomli_w
from cryptography.fernet import Fernet

from tests.demo import EMULATORS, emulator, settings, take_up_phones
from tests.emulators.phones import TelegramPhone
from tests.journeys.test_officials import command, hear, say
from tests.program import program


async def test_feedback_from_every_channel_is_answered_and_rated(data_folder: Path) -> None:
    folder, key = data_folder.parent, Fernet.generate_key().decode()
    async with AsyncExitStack() as stack:
        bases = {name: await stack.enter_async_context(emulator(name)) for name in EMULATORS}
        (folder / "config.toml").write_text(tomli_w.dumps(settings(bases)), "utf-8")
        running = await stack.enter_async_context(program(folder, LOABAN_TOKEN_KEY=key))
        jar = aiohttp.CookieJar(unsafe=True)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        villagers = await take_up_phones(session, running.address, bases)
        invited = await command(
            folder, "invite", "--unit", "xa-mau", "--role", "officer", "--name", "Lan",
            LOABAN_TOKEN_KEY=key,
        )  # fmt: skip
        code = re.search(r"mời [\d ]+\d", invited)
        assert code, invited
        lan = TelegramPhone(session, bases["telegram"], 4002)
        await say(lan, code[0], "Bạn được mời")
        await say(lan, "1", "máy làm việc của bạn")
        receipts = {}
        for number, (place, phone) in enumerate(villagers.items(), start=1):
            await say(phone, "góp ý", "chuyện gì với xã")
            await say(phone, "3", "Bà con kể đi")
            await say(phone, f"đèn đường số {number} hỏng", "Chuyện ở đâu")
            await say(phone, "1", "không thấy tên, số điện thoại")
            sent = await say(phone, "1", "Mã biên nhận")
            receipts[place] = sent.splitlines()[1]
            await hear(lan, f"đèn đường số {number} hỏng")
            await say(lan, f"việc {number}", f"đèn đường số {number} hỏng")
            await say(lan, "1", "viết câu trả lời")
            await say(lan, f"Mai thay bóng số {number}.", "Bà con sẽ đọc đúng như sau")
            before = len(await phone.screen())
            await say(lan, "1", "Đã gửi câu trả lời")
            await hear(phone, f"“Mai thay bóng số {number}.”", before)
        for place in villagers:
            other = next(one for name, one in villagers.items() if name != place)
            await say(other, receipts[place], "đã có trả lời")
        shown = "\n".join(one.text for one in await lan.screen())
        for trace in ("4001", "2512523625412515", "6ede9afa66b88fe6d6a9"):
            assert trace not in shown, "nothing leads back to a villager"
        [answered] = [one for one in await villagers["Zalo Bot"].screen() if "thế nào" in one.text]
        content = re.search(r"(\d)\. Hiểu rồi, tôi hài lòng", answered.text)
        assert content, answered.text
        # The receipt that was looked up since shows other choices, so the case is opened again.
        await say(villagers["Zalo Bot"], "việc của tôi", "Việc cần sửa số 3")
        listed = await say(villagers["Zalo Bot"], "1", "Hiểu rồi, tôi hài lòng")
        assert "Mai thay bóng số 3." in listed
        await say(villagers["Zalo Bot"], "1", "Cảm ơn bà con")
        table = await command(
            folder, "export", "feedback", "--format", "jsonl", LOABAN_TOKEN_KEY=key
        )
        assert table.count('"state": "answered"') == 3
        assert table.count('"state": "closed"') == 1
        assert table.count('"satisfied": true') == 1
        assert await running.stop() == 0, running.text
        assert "Traceback" not in running.text
