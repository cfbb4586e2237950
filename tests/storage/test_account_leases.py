"""Who sends for an account, on both databases: one sender at a time, as long as it lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from storage.account_leases import AccountLeases
from storage.database import Database
from storage.outbox import Outbox, SenderRecord


class Senders:
    """Senders that work on one database."""

    def __init__(self, database: Database) -> None:
        self.database, self.leases, self.outbox = database, AccountLeases(), Outbox()

    async def begin(self, *owners: str) -> None:
        async with self.database.begin() as tx:
            for owner in owners:
                await self.outbox.alive(tx, owner, at=datetime.now(UTC))

    async def take(self, account: str, owner: str) -> bool:
        async with self.database.begin() as tx:
            return await self.leases.take(tx, account, owner, at=datetime.now(UTC))

    async def retires(self, owner: str) -> None:
        async with self.database.begin() as tx:
            await self.outbox.retire(tx, owner)

    async def is_silent(self, owner: str, *, seconds: float = 4) -> None:
        """Nothing is heard of it, too short a time for its claims to be free."""
        silent_since = datetime.now(UTC) - timedelta(seconds=seconds)
        async with self.database.begin() as tx:
            await tx.connection.execute(
                update(SenderRecord).where(SenderRecord.owner == owner).values(seen_at=silent_since)
            )

    async def dies(self, owner: str) -> None:
        """Nothing is heard of it any more, and the others notice."""
        await self.is_silent(owner, seconds=3600)
        async with self.database.begin() as tx:
            await self.outbox.free_lost_claims(tx, at=datetime.now(UTC))


@pytest.fixture
def senders(database: Database) -> Senders:
    return Senders(database)


async def test_one_sender_has_an_account_until_it_gives_it_back(senders: Senders) -> None:
    await senders.begin("one", "two")
    assert await senders.take("bot", "one")
    assert await senders.take("bot", "one"), "it has it still"
    assert not await senders.take("bot", "two")
    assert await senders.take("other bot", "two")
    async with senders.database.read() as tx:
        assert await senders.leases.of_others(tx, "two", at=datetime.now(UTC)) == {"bot"}
    async with senders.database.begin() as tx:
        await senders.leases.give_back(tx, ["bot", "other bot"], "one")
    assert await senders.take("bot", "two")
    assert not await senders.take("other bot", "one"), "nobody gives back what is another's"


@pytest.mark.parametrize("ends", [Senders.dies, Senders.retires])
async def test_a_sender_that_ended_leaves_its_accounts_to_others(
    senders: Senders, ends: object
) -> None:
    await senders.begin("one", "two")
    assert await senders.take("bot", "one")
    await ends(senders, "one")
    assert not await senders.take("bot", "one"), "it was taken for dead, and knows nothing of it"
    assert await senders.take("bot", "two")
    await senders.begin("one")
    assert not await senders.take("bot", "one")


async def test_a_sender_that_falls_silent_loses_its_accounts_before_its_claims(
    senders: Senders,
) -> None:
    await senders.begin("one", "two")
    assert await senders.take("bot", "one")
    await senders.is_silent("one", seconds=1)
    assert not await senders.take("bot", "two"), "a beat may come late"
    await senders.is_silent("one")
    assert not await senders.take("bot", "never seen")
    assert await senders.take("bot", "two")
    async with senders.database.read() as tx:
        assert await senders.leases.of_others(tx, "one", at=datetime.now(UTC)) == {"bot"}
    await senders.begin("one")
    assert not await senders.take("bot", "one"), "it is awake again, and has to wait"
