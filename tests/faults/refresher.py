"""A process that gets a new pair of tokens and dies on the way: python -m tests.faults.refresher.

Arguments: the database, the platform's address, the number of the account there, the key, how many
seconds its clock is ahead, and the step at which it ends as a power cut would. With a code after
these it takes a consent, else it makes the token new.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from bot.account_channels import tokens_of
from bot.account_register import Register, checked
from bot.account_settings import Account
from bot.config import load
from bot.consent import Consents
from bot.sealing import Seal
from bot.token_keeping import TokenKeeping
from storage.database import Database
from tests.emulators import zalo_oa_world

DIED = 77
Step = Callable[[str], None]


def nothing(_: str) -> None:
    """What a process does at a step when it lives on."""


class Means:
    """What a process has at its start, whose clock is `ahead` of this machine's."""

    def __init__(self, database: str, session: aiohttp.ClientSession, base: str, key: str) -> None:
        self.database, self.session, self.base, self.key = Database.at(database), session, base, key
        self.ahead = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def account(self, number: int) -> dict[str, str]:
        oa = zalo_oa_world.Account.numbered(number)
        return {
            "name": f"oa-{number}",
            "platform": "zalo_oa",
            "app_id": oa.app_id,
            "app_secret": oa.app_secret,
            "oa_secret": oa.oa_secret,
            "oa_id": oa.oa_id,
            "refresh_token": oa.refresh_token,
            "api_base": self.base,
            "oauth_base": self.base,
        }

    def keeper(self, number: int, at_step: Step = nothing) -> TokenKeeping:
        account: Account = checked(self.account(number), ())
        return tokens_of(
            account,
            session=self.session,
            database=self.database,
            seal=Seal(self.key),
            clock=self.now,
            at_step=at_step,
        )

    @property
    def register(self) -> Register:
        return Register(self.database, load({"LOABAN_TOKEN_KEY": self.key}, Path("/nowhere")))

    def consents(self, at_step: Step = nothing) -> Consents:
        return Consents(
            self.register,
            database=self.database,
            session=self.session,
            seal=Seal(self.key),
            public_url="",
            clock=self.now,
            at_step=at_step,
        )


async def main(
    database: str, base: str, number: str, key: str, ahead: str, die_at: str, code: str = ""
) -> None:
    def step(name: str) -> None:
        if name == die_at:
            os._exit(DIED)

    async with aiohttp.ClientSession() as session:
        means = Means(database, session, base, key)
        means.ahead = float(ahead)
        if code:
            await means.consents(step).redeem(f"oa-{number}", code)
        else:
            await means.keeper(int(number), step).current()
        await means.database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
