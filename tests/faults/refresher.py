"""A process that renews an account's token and dies at a step: python -m tests.faults.refresher.

Arguments: the database, the platform's address, the account, its number at the emulator, the key,
and the step at which it ends as a power cut would.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime

import aiohttp

from bot.channels.zalo_oa_tokens import OAuth
from bot.sealing import Seal
from bot.token_keeping import TokenKeeping
from storage.database import Database
from tests.emulators.zalo_oa_world import Account

DIED = 77


def keeper(
    database: Database,
    session: aiohttp.ClientSession,
    base: str,
    account: str,
    number: int,
    key: str,
    *,
    die_at: str = "",
) -> TokenKeeping:
    """The keeper of an account, as a process makes one at its start."""
    oa = Account.numbered(number)

    def step(name: str) -> None:
        if name == die_at:
            os._exit(DIED)

    return TokenKeeping(
        account,
        database=database,
        seal=Seal(key),
        exchange=OAuth(session, base, app_id=oa.app_id, app_secret=oa.app_secret).exchange,
        first=oa.refresh_token,
        clock=lambda: datetime.now(UTC),
        at_step=step,
    )


async def main(address: str, base: str, account: str, number: str, key: str, die_at: str) -> None:
    database = Database.at(address)
    async with aiohttp.ClientSession() as session:
        tokens = keeper(database, session, base, account, int(number), key, die_at=die_at)
        await tokens.current()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
