"""kill -9 in the middle: nothing that was accepted is lost, and little is doubled."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from bot.pacing import AT_ONCE
from tests.emulators.telegram import Emulator
from tests.emulators.telegram_control import TelegramControl
from tests.journeys.test_program import telegram
from tests.program import program

PEOPLE = 12


@pytest.mark.parametrize("seed", range(2))
async def test_every_question_is_answered_in_spite_of_kills(data_folder: Path, seed: int) -> None:
    """People ask by long polling; the program is killed at random moments and started again."""
    chance = random.Random(seed)
    folder = data_folder.parent
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        control = TelegramControl(session, emulator.base)
        telegram(folder, emulator.base)
        await control.settings(latency=0.15)
        asked: Counter[int] = Counter()
        kills = 3
        for _ in range(kills):
            async with program(folder) as running:
                for person in range(PEOPLE):
                    await control.say(100 + person, "trang đầu")
                    asked[100 + person] += 1
                    await asyncio.sleep(chance.random() * 0.05)
                await asyncio.sleep(chance.random() * 0.8)
                await running.kill()
        async with program(folder) as last:
            async with asyncio.timeout(40):
                while True:
                    counts = Counter({p: len(await control.sent(p)) for p in asked})
                    # One greeting each, and one reply a question.
                    if all(counts[p] >= asked[p] + 1 for p in asked):
                        break
                    await asyncio.sleep(0.2)
            await asyncio.sleep(1)
            counts = Counter({p: len(await control.sent(p)) for p in asked})
            doubled = sum(counts[p] - asked[p] - 1 for p in asked)
            assert 0 <= doubled <= kills * AT_ONCE
            assert await last.stop() == 0
