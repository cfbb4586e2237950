"""A notice from the command line to the people who asked for it, in spite of kill -9.

Many kills at random moments are `tests/faults/kills.py`; here one is aimed, and the program is the
operator's own.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
from typer.testing import CliRunner

from bot.broadcast_commands import app
from bot.pacing import AT_ONCE
from tests.emulators.telegram import TOKEN, Emulator
from tests.emulators.telegram_control import TelegramControl
from tests.program import program

PEOPLE = 12
CONFIG = f"""
[quiet_hours]
start = "00:00"
end = "00:00"
[[accounts]]
name = "bot"
platform = "telegram"
token = "{TOKEN}"
api_base = "BASE"
"""


class Operator:
    """Somebody at the command line of the machine on which the program runs."""

    def __init__(self, folder: Path) -> None:
        self._environment = {
            "LOABAN_CONFIG": str(folder / "config.toml"),
            "LOABAN_DATA__FOLDER": str(folder / "var"),
        }

    async def tries(self, *words: str) -> tuple[int, str]:
        """The exit code of `python -m bot broadcast …` and what it printed."""
        done = await asyncio.to_thread(CliRunner().invoke, app, words, env=self._environment)
        return done.exit_code, done.output

    async def does(self, *words: str) -> str:
        code, printed = await self.tries(*words)
        assert code == 0, printed
        return printed

    async def status(self, number: str) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(await self.does("status", number, "--json"))
        return read

    async def until(self, number: str, state: str, *, waiting: int) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while (now := await self.status(number))["pending"] > waiting or now["state"] != state:
                await asyncio.sleep(0.2)
        return now


async def subscribe(control: TelegramControl) -> None:
    for person in range(PEOPLE):
        await control.say(100 + person, "dang ky")
        await control.say(100 + person, "1")
    for person in range(PEOPLE):
        await control.sent(100 + person, at_least=3)


async def test_everybody_has_an_end_and_nobody_gets_an_ordinary_notice_twice(
    data_folder: Path,
) -> None:
    """The program is killed when the platform has taken what the database knows nothing of."""
    folder, operator = data_folder.parent, Operator(data_folder.parent)

    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        control = TelegramControl(session, emulator.base)
        (folder / "config.toml").write_text(CONFIG.replace("BASE", emulator.base), "utf-8")

        async def received() -> Counter[int]:
            return Counter(one.chat for one in await control.sent() if "Mai tiêm" in one.text)

        async with program(folder) as running:
            await subscribe(control)
            await control.settings(slow_answers=1.0)
            number = (await operator.does("draft", "--text", "Mai tiêm", "--by", "Lan")).split()[-1]
            await operator.does("submit", number, "--by", "Lan")
            code, refused = await operator.tries("approve", number, "--by", "Lan")
            assert (code, "another person" in refused) == (2, True)
            await operator.does("approve", number, "--by", "Mai")
            async with asyncio.timeout(30):
                while not await received():
                    await asyncio.sleep(0.02)
            await running.kill()
            assert (await operator.status(number))["sent"] < len(await received()), "a hit"
        await control.settings(slow_answers=0.0)
        async with program(folder):
            now = await operator.until(number, "sending", waiting=0)
            got = await received()
            assert now["recipients"] == now["sent"] + now["uncertain"] == PEOPLE
            assert 1 <= now["uncertain"] <= AT_ONCE
            assert max(got.values()) == 1
            assert len(got) > now["sent"], "of what is uncertain something had arrived"
            told = await operator.does("status", number)
            assert f"{now['sent']} of {PEOPLE} received" in told
            assert f"{now['uncertain']} may or may not have received it" in told
            await operator.does("retry", number, "--uncertain", "--leave")
            await operator.until(number, "finished", waiting=0)


def test_a_refused_time_is_told_in_english_and_typed_in_vietnamese(tmp_path: Path) -> None:
    def drafted(at: str) -> str:
        words = ["draft", "--text", "tin", "--by", "Lan", "--at", at]
        done = CliRunner().invoke(app, words, env={"LOABAN_DATA__FOLDER": str(tmp_path)})
        assert done.exit_code == 2
        return done.output

    assert "leaves the hour open" in drafted("chiều mai")
    assert "is past" in drafted("ngày 1/1/2020 7h")
    assert "no such day or hour" in drafted("ngày 31/2")
    assert "is no time that is known" in drafted("khi nào rảnh")
    assert "needs a migration" in drafted("7h sáng mai"), "the time itself is fine"
