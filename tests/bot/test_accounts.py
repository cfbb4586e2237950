"""Accounts that come and go while the program runs: one that will not close keeps none away."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.account_register import Register
from bot.accounts import Accounts
from bot.config import load
from storage.database import Database
from tests.bot.office import Post, now


@dataclass
class Slow(Post):
    """A channel that closes only when the test lets it."""

    may_close: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    async def close(self) -> None:
        await self.may_close.wait()
        self.closed = True


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
async def test_an_account_that_hangs_while_it_is_removed_delays_no_addition(
    database: Database,
) -> None:
    settings = load({"LOABAN_TOKEN_KEY": Fernet.generate_key().decode()}, Path("/nowhere"))
    register, made = Register(database, settings), dict[str, Slow]()
    accounts = Accounts(register, lambda account: made.setdefault(account.name, Slow(account.name)))

    async def add(name: str) -> None:
        new = {"name": name, "platform": "zalo_bot", "token": f"{name}:secret"}
        await register.add(new, at=now(), by="thử")

    await add("xa-1")
    await accounts.take_up()
    await register.remove("xa-1", at=now())
    await add("xa-2")
    async with asyncio.timeout(20):
        await accounts.take_up()
    assert list(accounts.channels) == ["xa-2"]
    closing = asyncio.create_task(accounts.close())
    made["xa-2"].may_close.set()
    while not made["xa-2"].closed:
        await asyncio.sleep(0.01)
    assert not closing.done(), "it waits for the first, which had been removed"
    made["xa-1"].may_close.set()
    await closing
    assert made["xa-1"].closed
