"""A notice from the command line to the people who asked for it, in spite of kill -9."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.delivery import AT_ONCE
from tests.emulators.telegram import TOKEN, Emulator
from tests.emulators.telegram_control import TelegramControl
from tests.program import ROOT, program

PEOPLE = 30
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


async def command(folder: Path, *words: str) -> tuple[int, str]:
    """The exit code of `python -m bot broadcast …` and what it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOABAN_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "broadcast", *words,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**clean, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
    )  # fmt: skip
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


async def status(folder: Path, number: str) -> dict[str, Any]:
    code, printed = await command(folder, "status", number, "--json")
    assert code == 0, printed
    read: dict[str, Any] = json.loads(printed)
    return read


@pytest.mark.parametrize("seed", range(2))
async def test_everybody_has_an_end_and_nobody_gets_an_ordinary_notice_twice(
    data_folder: Path, seed: int
) -> None:
    """The program is killed while it sends; what is uncertain is at most what was in flight."""
    chance = random.Random(seed)
    folder = data_folder.parent
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        control = TelegramControl(session, emulator.base)
        (folder / "config.toml").write_text(CONFIG.replace("BASE", emulator.base), "utf-8")
        await control.settings(latency=0.05)
        async with program(folder):
            for person in range(PEOPLE):
                await control.say(100 + person, "dang ky")
                await control.say(100 + person, "1")
            for person in range(PEOPLE):
                await control.sent(100 + person, at_least=3)
            code, printed = await command(folder, "draft", "--text", "Mai tiêm", "--by", "Lan")
            assert code == 0, printed
            number = printed.split()[-1]
            await command(folder, "submit", number, "--by", "Lan")
            code, refused = await command(folder, "approve", number, "--by", "Lan")
            assert (code, "another person" in refused) == (2, True)
            code, printed = await command(folder, "approve", number, "--by", "Mai")
            assert code == 0, printed
        kills = 2
        for _ in range(kills):
            async with program(folder) as running:
                await asyncio.sleep(chance.random() * 1.2)
                await running.kill()
        async with program(folder):
            async with asyncio.timeout(60):
                while (now := await status(folder, number))["pending"] or not now["recipients"]:
                    await asyncio.sleep(0.5)
            assert now["recipients"] == PEOPLE
            assert now["sent"] + now["uncertain"] == PEOPLE
            assert now["uncertain"] <= (kills + 1) * AT_ONCE
            got = Counter(
                {p: sum("Mai tiêm" in s.text for s in await control.sent(100 + p))
                 for p in range(PEOPLE)}
            )  # fmt: skip
            assert max(got.values()) == 1
            assert sum(got.values()) >= now["sent"]
            if now["uncertain"]:
                assert now["state"] == "sending", "it is finished when everybody has an end"
                await command(folder, "retry", number, "--uncertain", "--leave")
            async with asyncio.timeout(30):
                while (await status(folder, number))["state"] != "finished":
                    await asyncio.sleep(0.5)
