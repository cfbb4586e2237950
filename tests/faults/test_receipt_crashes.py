"""Killed between a message's row and its receipt's: one case and one receipt come of it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.wiring import House
from storage.case_records import CaseRecord
from storage.inbox import InboxRecord
from tests.faults.receiver import incoming
from tests.handlers.test_feedback import receipt
from tests.handlers.villager import Villager
from tests.program import ROOT

CONFIG = str(Path(__file__).parent.parent / "house.toml")


async def count(house: House, record: type[CaseRecord] | type[InboxRecord]) -> int:
    async with house.database.read() as tx:
        return int((await tx.connection.execute(select(func.count(record.id)))).scalar_one())


# Before the receipt is queued, and before anything is kept: each starts a process (some seconds).
@pytest.mark.parametrize("beginning", ["INSERT INTO outbox", "COMMIT"])
async def test_a_kill_between_a_message_and_its_receipt_gives_one_case_and_one_receipt(
    house: House, database_address: str, data_folder: Path, beginning: str
) -> None:
    villager = Villager(house)
    await villager.say("góp ý")
    await villager.say("2")
    await villager.say("nên mở chợ ngày chủ nhật")
    await villager.say("1")  # of Xã Mẫu; the next word sends it
    before = await count(house, InboxRecord)
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.receiver", database_address, str(data_folder), CONFIG,
        villager.chat, "sends-it", "1", beginning,
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert await asyncio.wait_for(killed.wait(), 120) == -signal.SIGKILL
    assert await count(house, CaseRecord) == 0
    assert await count(house, InboxRecord) == before, "the platform was not told: it repeats"
    again = incoming(villager.chat, "sends-it", "1")
    assert await house.accept(again)
    [told] = await villager.replies()
    assert receipt(house.reveal(told.text))
    assert not await house.accept(again), "and repeats once more"
    assert await villager.replies() == []
    assert await count(house, CaseRecord) == 1
    assert await count(house, InboxRecord) == before + 1
