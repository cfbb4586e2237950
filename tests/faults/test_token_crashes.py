"""A process dies while it gets a token: there is one still, or one way to it; nothing loops."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from cryptography.fernet import Fernet

from bot.channels.zalo_oa_tokens import NoToken
from storage.database import Database
from storage.tokens import TokenBook
from tests.emulators.zalo_oa import TOKEN_PATH, Emulator
from tests.emulators.zalo_oa_control import ZaloOAControl
from tests.faults.refresher import DIED, Means

ROOT = Path(__file__).parent.parent.parent
KEY = Fernet.generate_key().decode()
HOUR = 3600
STEPS = ("noted", "answered", "storing", "stored", "asking")
CONSENT_STEPS = ("redeemed", "storing", "stored")


class Commune:
    """Some Official Accounts that were added here, their platform, and processes that die."""

    def __init__(self, means: Means, address: str, emulator: Emulator) -> None:
        self.means, self.address, self.emulator = means, address, emulator
        self.control = ZaloOAControl(means.session, means.base)

    async def asked(self, number: int) -> int:
        """How often Zalo was asked for a pair of this account."""
        oa = self.oa(number)
        return len([call for call in await self.control.calls(TOKEN_PATH) if call.oa == oa])

    def oa(self, number: int) -> str:
        return self.emulator.platform.worlds[number].account.oa_id

    async def works(self, number: int, token: str) -> bool:
        url, headers = f"{self.means.base}/v2.0/oa/getoa", {"access_token": token}
        async with self.means.session.get(url, headers=headers) as response:
            answer = await response.json()
        return bool(answer["error"] == 0 and answer["data"]["oaid"] == self.oa(number))

    async def code(self, number: int) -> str:
        """An admin consents."""
        of = ZaloOAControl(self.means.session, self.means.base, self.oa(number))
        challenge = (await self.means.consents().invite(f"oa-{number}")).challenge
        await of.do("console", callback="https://xa-mau.example/", challenge=challenge)
        return str((await of.do("console", consent=True))["code"])

    async def dying(self, number: int, step: str, *code: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.refresher",
            self.address, self.means.base, str(number), KEY, str(self.means.ahead), step, *code,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    async def later(self, hours: float) -> None:
        await self.control.move(hours * HOUR)
        self.means.ahead += hours * HOUR


@pytest.fixture
async def commune(database: Database, database_address: str) -> AsyncIterator[Commune]:
    async with Emulator(oas=len(STEPS)) as emulator, aiohttp.ClientSession() as session:
        means = Means(database_address, session, emulator.base, KEY)
        for number in range(len(STEPS)):
            await means.register.add(means.account(number), at=means.now(), by="thử")
        yield Commune(means, database_address, emulator)
        await means.database.close()


async def test_after_a_death_at_any_step_of_a_refresh_the_commune_is_never_locked_out(
    commune: Commune,
) -> None:
    """Each account's process dies at another step; "asking" is killed while Zalo answers."""
    first = [await commune.means.keeper(number).current() for number in range(len(STEPS))]
    await commune.later(20)
    asking = STEPS.index("asking")
    await commune.control.fault("hang", path=TOKEN_PATH, oa=commune.oa(asking), accepted=True)
    processes = [await commune.dying(number, step) for number, step in enumerate(STEPS)]
    async with asyncio.timeout(60):
        while await commune.asked(asking) < 2:
            await asyncio.sleep(0.05)
        processes[asking].kill()
        assert [await one.wait() for one in processes] == [DIED] * 4 + [-9]

    for number, step in enumerate(STEPS):
        assert await commune.asked(number) == (1 if step == "noted" else 2)
        running = [commune.means.keeper(number), commune.means.keeper(number)]
        for tokens in running * 2:
            token = await tokens.current()
            assert await commune.works(number, token)
            assert (token == first[number]) is (step not in {"noted", "stored"})
        if step in {"noted", "stored"}:
            assert await commune.asked(number) == 2
            continue
        # The pair was in the dead process alone: the old access token serves to its end.
        await commune.later(6)
        for tokens in running * 2:
            with pytest.raises(NoToken, match=f"accounts consent oa-{number}") as refused:
                await tokens.current()
            assert refused.value.consent
        assert await commune.asked(number) == 3, "the old refresh token is tried once for ever"
        holder = await commune.means.consents().redeem(f"oa-{number}", await commune.code(number))
        assert holder.number == commune.oa(number)
        for tokens in running:
            assert await commune.works(number, await tokens.current()), "and without a restart"
        await commune.later(-6)  # the others are not so far yet


async def test_after_a_death_at_any_step_of_a_consent_it_holds_or_the_next_one_does(
    commune: Commune,
) -> None:
    for number in range(len(CONSENT_STEPS)):
        tokens = commune.means.keeper(number)
        await tokens.current()
        async with commune.means.database.begin() as tx:
            kept = await TokenBook().get(tx, f"oa-{number}")
            assert kept is not None
            await TokenBook().lose(tx, f"oa-{number}", kept, at=commune.means.now())
    await commune.later(26)
    codes = [await commune.code(number) for number in range(len(CONSENT_STEPS))]
    processes = [
        await commune.dying(number, step, codes[number])
        for number, step in enumerate(CONSENT_STEPS)
    ]
    assert [await one.wait() for one in processes] == [DIED] * len(CONSENT_STEPS)
    for number, step in enumerate(CONSENT_STEPS):
        tokens = commune.means.keeper(number)
        assert await tokens.awaits_consent() is (step != "stored")
        if step != "stored":
            with pytest.raises(NoToken, match="accounts consent"):
                await tokens.current()
            await commune.means.consents().redeem(f"oa-{number}", await commune.code(number))
        assert await commune.works(number, await tokens.current())
        assert not await tokens.awaits_consent()
