"""One person in the web chat and on Telegram: linked over real HTTP, the commune holds in both."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp

from tests.emulators.telegram import TOKEN, Emulator
from tests.emulators.telegram_control import TelegramControl
from tests.journeys.test_program import ask
from tests.journeys.test_telegram import CONFIG, LAN
from tests.program import program


async def test_a_code_from_the_page_links_the_chat_on_telegram(data_folder: Path) -> None:
    folder, jar = data_folder.parent, aiohttp.CookieJar(unsafe=True)
    async with Emulator() as emulator, aiohttp.ClientSession(cookie_jar=jar) as session:
        config = CONFIG.format(token=TOKEN, base=emulator.base)
        (folder / "config.toml").write_text(config, "utf-8")
        control = TelegramControl(session, emulator.base)
        async with program(folder) as running:
            await ask(session, running.address, "xa-a")
            page = await ask(session, running.address, "liên kết")
            code = re.search(r"Mã: (\d{4} \d{4})", page)
            assert code
            await control.say(LAN, code[1])
            greeting, question = await control.sent(LAN, at_least=2)
            assert "Loa Bản" in greeting.message["text"]
            assert "trên trang web nhé? Cả hai sẽ theo Xã A Lưới." in question.message["text"]
            await control.press(LAN, question.message_id, "1:l")
            *_, done = await control.sent(LAN, at_least=3)
            assert "đã nối" in done.message["text"]
            await control.say(LAN, "/xa")
            *_, units = await control.sent(LAN, at_least=4)
            assert "đang chọn Xã A Lưới" in units.message["text"]
            page = await ask(session, running.address, "thôi nối")
            assert "một cuộc trò chuyện trên Telegram" in page, "and the page was told"
            assert "Đã thôi nối" in page
            assert await running.stop() == 0, running.text
            assert "Traceback" not in running.text
