"""A process dies while it renews a token: what comes after it has one, or says what is needed."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import aiohttp
import pytest
from cryptography.fernet import Fernet

from bot.channels.zalo_oa_tokens import NoToken
from storage.database import Database
from tests.emulators.zalo_oa import TOKEN_PATH, Emulator
from tests.emulators.zalo_oa_control import ZaloOAControl
from tests.faults.refresher import DIED, keeper

ROOT = Path(__file__).parent.parent.parent
KEY = Fernet.generate_key().decode()
STEPS = ("noted", "answered", "storing", "stored", "asking")


async def start(database: str, base: str, number: int, step: str) -> asyncio.subprocess.Process:
    account = f"oa-{number}"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.refresher",
        database, base, account, str(number), KEY, step,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


async def test_after_a_death_at_any_step_there_is_a_token_or_the_one_way_to_it(
    database: Database, database_address: str
) -> None:
    """Each account's process dies at another step; "asking" is killed while Zalo answers."""
    async with Emulator(oas=len(STEPS)) as emulator, aiohttp.ClientSession() as session:
        control = ZaloOAControl(session, emulator.base)
        worlds = emulator.platform.worlds
        asking = STEPS.index("asking")
        hung = worlds[asking].account.oa_id
        await control.fault("hang", path=TOKEN_PATH, oa=hung, accepted=True)
        processes = [
            await start(database_address, emulator.base, number, step)
            for number, step in enumerate(STEPS)
        ]

        async def asked(oa: str) -> int:
            return len([call for call in await control.calls(TOKEN_PATH) if call.oa == oa])

        async with asyncio.timeout(60):
            while not await asked(hung):
                await asyncio.sleep(0.05)
            processes[asking].kill()
            codes = [await process.wait() for process in processes]
        assert codes == [DIED] * 4 + [-9]

        for number, step in enumerate(STEPS):
            oa = worlds[number].account.oa_id
            before = await asked(oa)
            assert before == (0 if step == "noted" else 1)
            tokens = keeper(database, session, emulator.base, f"oa-{number}", number, KEY)
            if step in {"noted", "stored"}:
                token = await tokens.current()
                headers = {"access_token": token}
                url = f"{emulator.base}/v2.0/oa/getoa"
                async with session.get(url, headers=headers) as response:
                    assert (await response.json())["data"]["oaid"] == oa
                assert await asked(oa) == 1
                continue
            # The pair was in the dead process alone. The old token is tried, once for ever.
            for _ in range(3):
                with pytest.raises(NoToken, match="consent") as refused:
                    await tokens.current()
                assert refused.value.consent
            assert await asked(oa) == 2
