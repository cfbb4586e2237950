"""Tokens: a chain that nobody forks, whoever comes late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage.database import Database, Transaction
from storage.tokens import KeptTokens, TokenBook

NOW = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
BOOK = TokenBook()


async def kept(database: Database, account: str = "xa") -> KeptTokens:
    async with database.read() as tx:
        found = await BOOK.get(tx, account)
    assert found is not None
    return found


async def begin(
    tx: Transaction, refresh: str, seed: str, instead_of: KeptTokens | None = None
) -> None:
    await BOOK.begin(tx, "xa", refresh=refresh, seed=seed, at=NOW, instead_of=instead_of)


async def keep(database: Database, after: KeptTokens, name: str) -> bool:
    async with database.begin() as tx:
        return await BOOK.keep(
            tx,
            "xa",
            after,
            access=f"access {name}",
            access_until=NOW + timedelta(hours=25),
            refresh=f"refresh {name}",
            at=NOW,
        )


async def test_the_first_to_begin_begins_and_others_find_it(database: Database) -> None:
    async with database.read() as tx:
        assert await BOOK.get(tx, "xa") is None
    async with database.begin() as tx:
        await begin(tx, "one", "s1")
        await begin(tx, "two", "s2")
        await BOOK.begin(tx, "other", refresh="o", seed="", at=NOW, instead_of=None)
    found = await kept(database)
    assert (found.refresh, found.seed, found.access, found.access_until) == ("one", "s1", "", None)
    assert (await kept(database, "other")).refresh == "o"


async def test_a_pair_follows_its_generation_once_even_after_it_was_given_up(
    database: Database,
) -> None:
    async with database.begin() as tx:
        await begin(tx, "one", "s1")
    first = await kept(database)
    async with database.begin() as tx:
        assert await BOOK.ask(tx, "xa", first, at=NOW)
        assert not await BOOK.ask(tx, "nowhere", first, at=NOW)
    assert (await kept(database)).asked_at == NOW
    async with database.begin() as tx:
        await BOOK.lose(tx, "xa", first, at=NOW)
    lost = await kept(database)
    assert (lost.lost_at, lost.asked_at) == (NOW, None)
    assert await keep(database, first, "a")
    assert not await keep(database, first, "b")
    found = await kept(database)
    assert (found.access, found.refresh, found.lost_at) == ("access a", "refresh a", None)
    assert found.access_until == NOW + timedelta(hours=25)
    async with database.begin() as tx:  # whoever still holds the old generation changes nothing
        assert not await BOOK.ask(tx, "xa", first, at=NOW)
        await BOOK.lose(tx, "xa", first, at=NOW)
        await BOOK.unasked(tx, "xa", first)
        await begin(tx, "late", "s9", instead_of=first)
    assert await kept(database) == found


async def test_a_new_consent_takes_the_place_of_a_lost_chain(database: Database) -> None:
    async with database.begin() as tx:
        await begin(tx, "one", "s1")
    first = await kept(database)
    async with database.begin() as tx:
        await BOOK.lose(tx, "xa", first, at=NOW)
        await begin(tx, "two", "s2", instead_of=first)
        await begin(tx, "three", "s3", instead_of=first)
    found = await kept(database)
    assert (found.refresh, found.seed, found.lost_at) == ("two", "s2", None)
    assert not await keep(database, first, "of the lost chain")
