"""Telegram as people there meet the program: attachments, menus, groups, and a change of mode."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.emulators.telegram import TOKEN, Emulator
from tests.emulators.telegram_control import ATTACHMENTS, TelegramControl
from tests.emulators.telegram_world import Sent
from tests.program import Program, program

LAN, GROUP = 4001, -1001234
READS = 1.0
"""Seconds that a person looks at a menu; what was sent is noted meanwhile."""

QUESTION = "làm thẻ bảo hiểm y tế hộ nghèo cần giấy tờ gì"
FOLLOW_UP = "thế mất tiền không"
CONFIG = """
[pacing]
messages_per_chat_per_second = 100
[[units]]
code = "xa-a"
name = "Xã A Lưới"
[[units]]
code = "xa-b"
name = "Xã B Lưới"
[[accounts]]
name = "bot"
platform = "telegram"
token = "{token}"
api_base = "{base}"
"""


@dataclass
class Telegram:
    """The platform, and the program that serves one bot there."""

    folder: Path
    control: TelegramControl
    seen: dict[int, int] = field(default_factory=dict)

    async def hears(self, chat: int, many: int = 1) -> list[Sent]:
        """What came into a chat since the last look; waits for so many."""
        seen = self.seen.get(chat, 0)
        sent = await self.control.sent(chat, at_least=seen + many)
        self.seen[chat] = len(sent)
        return sent[seen:]

    @asynccontextmanager
    async def program(self, **environment: str) -> AsyncIterator[Program]:
        async with program(self.folder, **environment) as running:
            yield running
            assert await running.stop() == 0, running.text
            assert "Traceback" not in running.text


@pytest.fixture
async def telegram(data_folder: Path) -> AsyncIterator[Telegram]:
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        folder = data_folder.parent
        config = CONFIG.format(token=TOKEN, base=emulator.base)
        (folder / "config.toml").write_text(config, "utf-8")
        yield Telegram(folder, TelegramControl(session, emulator.base))


def tap(sent: Sent, words: str) -> dict[str, Any]:
    """The press of the button that says this."""
    rows = sent.message["reply_markup"]["inline_keyboard"]
    [data] = [b["callback_data"] for row in rows for b in row if words in b["text"]]
    return {"chat": sent.chat, "message_id": sent.message_id, "data": data}


async def test_what_is_no_text_gets_a_polite_answer_and_a_contact_is_not_kept(
    telegram: Telegram,
) -> None:
    control = telegram.control
    async with telegram.program(LOG_LEVEL="DEBUG") as running:
        await control.say(LAN, "/start")
        await telegram.hears(LAN)
        for kind, answer in [
            ("contact", "đừng gửi số điện thoại"),
            ("location", "không cần gửi vị trí"),
            ("venue", "không cần gửi vị trí"),
            ("voice", "chưa nghe được tiếng nói"),
            ("photo", "chưa xem được ảnh"),
            ("document", "chưa mở được tệp"),
            ("sticker", "muốn hỏi chuyện gì"),
            ("poll", "chưa đọc được loại tin này"),
        ]:
            await control.attach(LAN, kind)
            [sent] = await telegram.hears(LAN)
            assert answer in sent.text, kind
        await control.attach(LAN, "voice", QUESTION)
        [sent] = await telegram.hears(LAN)
        assert "căn cước" in sent.text.lower()
        for caption in ("", QUESTION, ""):
            await control.attach(LAN, "photo", caption, album="77")
        await control.say(LAN, "cảm ơn")
        answer, thanks = await telegram.hears(LAN, 2)
        assert "căn cước" in answer.text.lower()
        assert "Không có gì" in thanks.text
    phone = ATTACHMENTS["contact"]["phone_number"]
    place = str(ATTACHMENTS["location"]["latitude"])
    kept = b"".join(path.read_bytes() for path in telegram.folder.glob("var/loaban.db*"))
    assert QUESTION.encode() in kept
    for private in (phone, place):
        assert private not in running.text
        assert private.encode() not in kept


async def test_a_menu_makes_room_for_what_is_chosen_and_an_answer_stays(
    telegram: Telegram,
) -> None:
    control = telegram.control
    async with telegram.program():
        commands = (await control.calls("setMyCommands", at_least=1))[0].parameters["commands"]
        offered = ["menu", "canbo", "gopy", "dangky", "dung", "xa"]
        assert [one["command"] for one in commands] == offered
        for word in ("start", *(one["command"] for one in commands)):
            await control.say(LAN, f"/{word}")
            [answer] = await telegram.hears(LAN)
            assert "chưa" not in answer.text, f"/{word} is understood"
        await control.say(LAN, "/menu")
        [home] = await telegram.hears(LAN)
        await asyncio.sleep(READS)
        await control.do("press", **tap(home, "Giấy tờ"))
        [group] = await telegram.hears(LAN)
        assert (group.method, group.message_id) == ("editMessageText", home.message_id)
        await asyncio.sleep(READS)
        await control.do("press", **tap(group, "1."))
        [card] = await telegram.hears(LAN)
        assert (card.method, card.message_id) == ("editMessageText", home.message_id)
        await control.do("press", **tap(card, "1."))
        [facet] = await telegram.hears(LAN)
        assert facet.method == "sendMessage", "the answer above stays to be read again"
        await control.say(LAN, "0")
        [menu] = await telegram.hears(LAN)
        await control.say(LAN, QUESTION)
        [answer] = await telegram.hears(LAN)
        await control.do("press", **tap(menu, "Giấy tờ"))
        [below] = await telegram.hears(LAN)
        assert below.method == "sendMessage", "a menu further up is out of sight"
        await control.say(LAN, "1")
        [digit] = await telegram.hears(LAN)
        assert digit.text == card.text, "digits mean what the last menu shows"
        await control.do("press", **tap(answer, "Hỏi cán bộ"))
        [person] = await telegram.hears(LAN)
        assert person.method == "sendMessage"


async def test_a_group_is_answered_where_it_asks_and_only_when_it_asks(telegram: Telegram) -> None:
    control = telegram.control
    async with telegram.program():
        await control.say_in_group(GROUP, QUESTION)
        await control.say_in_group(GROUP, f"@LoaBanBot {QUESTION}", thread=5)
        [answer] = await telegram.hears(GROUP)
        assert answer.message["message_thread_id"] == 5
        assert answer.text.startswith("Thẻ bảo hiểm y tế")
        await control.say_in_group(GROUP, f"@LoaBanBot {FOLLOW_UP}", thread=6, user=8)
        [other] = await telegram.hears(GROUP)
        assert other.message["message_thread_id"] == 6
        assert not other.text.startswith("Thẻ bảo hiểm y tế"), "another topic, another talk"
        reply = {"thread": 5, "reply_to": answer.message_id}
        await control.say_in_group(GROUP, FOLLOW_UP, **reply)
        [more] = await telegram.hears(GROUP)
        assert more.message["message_thread_id"] == 5
        assert more.text.startswith("Thẻ bảo hiểm y tế")
        await control.say_in_group(GROUP, "/menu@LoaBanBot")
        [menu] = await telegram.hears(GROUP)
        assert "message_thread_id" not in menu.message
        await control.do("press", **tap(menu, "Giấy tờ"), user=8)
        [chosen] = await telegram.hears(GROUP)
        assert chosen.method == "sendMessage", "others in the group may choose too"
        small, big = -55, -10055
        await control.say_in_group(small, f"@LoaBanBot {QUESTION}")
        await telegram.hears(small)
        await control.migrate(small, big)
        await control.say_in_group(big, f"@LoaBanBot {FOLLOW_UP}")
        [more] = await telegram.hears(big)
        assert more.text.startswith("Thẻ bảo hiểm y tế"), "the talk goes on in the supergroup"


async def test_polling_and_webhook_take_turns_without_losing_or_doubling_anything(
    telegram: Telegram,
) -> None:
    control = telegram.control
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    webhook = {
        "LOABAN_ACCOUNTS__0__MODE": "webhook",
        "LOABAN_ACCOUNTS__0__WEBHOOK_SECRET": "secret-1",
        "LOABAN_WEB__PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": port,
    }
    updates: list[int] = []

    async def say(mode: str) -> None:
        updates.append(await control.say(LAN, f"cảm ơn {mode} {len(updates)}"))

    await control.say(LAN, "/start")
    for mode, environment in (("p", {}), ("w", webhook), ("p", {})):
        for _ in range(2):  # while nobody takes them
            await say(mode)
        async with telegram.program(**environment):
            await control.sent(LAN, at_least=1 + len(updates))
            for old in (updates[0], updates[-1]):  # the platform doubts that they arrived
                await control.resend(old)
            await say(mode)
            await control.sent(LAN, at_least=1 + len(updates))
        assert bool((await control.state())["webhook"]) is (mode == "w")
    database = sqlite3.connect(telegram.folder / "var" / "loaban.db")
    kept = [text for (text,) in database.execute("SELECT text FROM inbox ORDER BY id") if text]
    database.close()
    assert [text.split()[-1] for text in kept] == [str(place) for place in range(9)]
    assert len(await control.sent(LAN)) == 10
