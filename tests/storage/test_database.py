"""Databases: addresses, migrations, times, and the schema that the records describe."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from storage.conversations import Conversations, Talk
from storage.database import BadDatabaseUrl, Database
from storage.inbox import Inbox
from storage.migrate import current, migrate, newest
from storage.people import People
from storage.records import metadata

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("address", ["mysql://x/y", "nonsense", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_cannot_serve_is_refused(address: str) -> None:
    with pytest.raises(BadDatabaseUrl):
        Database.at(address)


async def test_migrations_make_exactly_the_tables_that_the_records_describe(
    database: Database,
) -> None:
    def differences(connection: object) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async with database.read() as tx:
        assert await tx.connection.run_sync(differences) == []


async def test_migrating_twice_and_side_by_side_changes_nothing(database: Database) -> None:
    await asyncio.gather(migrate(database), migrate(database))
    assert await current(database) == newest()


async def test_two_processes_may_migrate_a_new_database_together(database_address: str) -> None:
    first, second = Database.at(database_address), Database.at(database_address)
    try:
        await asyncio.gather(migrate(first), migrate(second))
        assert await current(first) == newest()
    finally:
        await first.close()
        await second.close()


async def test_sqlite_runs_in_wal_with_foreign_keys_and_patience(tmp_path: Path) -> None:
    database = Database.at(f"sqlite:///{tmp_path / 'x' / 'y.db'}")
    try:
        async with database.read() as tx:
            pragmas = {
                name: (await tx.connection.execute(text(f"PRAGMA {name}"))).scalar_one()
                for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
            }
    finally:
        await database.close()
    assert pragmas["journal_mode"] == "wal"
    assert pragmas["foreign_keys"] == 1
    assert pragmas["busy_timeout"] >= 5000
    assert pragmas["synchronous"] == 2


async def test_a_person_is_met_once_and_keeps_the_unit_they_chose(database: Database) -> None:
    people = People()
    async with database.begin() as tx:
        person = await people.meet(tx, account="web", sender="s", unit="", at=NOW)
        await people.choose_unit(tx, person.id, "xa-mau")
    async with database.begin() as tx:
        again = await people.meet(tx, account="web", sender="s", unit="other", at=NOW)
    assert again.id == person.id
    assert again.unit == "xa-mau"


async def test_many_first_messages_of_one_person_make_one_person(database: Database) -> None:
    async def meet() -> int:
        async with database.begin() as tx:
            person = await People().meet(tx, account="web", sender="s", unit="", at=NOW)
            opened = await Conversations().open(
                tx, account="web", chat="c", thread="", person=person.id, at=NOW
            )
            return opened.id

    assert len(set(await asyncio.gather(*(meet() for _ in range(12))))) == 1


async def test_a_conversation_remembers_where_it_stands(database: Database) -> None:
    talk = Talk(
        "the-bhyt",
        "papers",
        leanings=(("the-bhyt", 0.5),),
        choices={"1": "1:h"},
        question="cần gì",
        greeted=True,
    )
    conversations = Conversations()
    async with database.begin() as tx:
        person = await People().meet(tx, account="web", sender="s", unit="", at=NOW)
        opened = await conversations.open(
            tx, account="web", chat="c", thread="", person=person.id, at=NOW
        )
        await conversations.remember(tx, opened.id, talk)
        await conversations.stop_writing(tx, opened.id, at=NOW)
    async with database.read() as tx:
        found = await conversations.find(tx, account="web", chat="c")
    assert found is not None
    assert found.talk == talk
    assert found.stopped


async def test_the_same_message_is_stored_once(database: Database) -> None:
    async with database.begin() as tx:
        person = await People().meet(tx, account="web", sender="s", unit="", at=NOW)
        opened = await Conversations().open(
            tx, account="web", chat="c", thread="", person=person.id, at=NOW
        )

    async def store() -> int | None:
        async with database.begin() as tx:
            return await Inbox().store(
                tx,
                account="web",
                message_id="m1",
                conversation=opened.id,
                kind="text",
                text="xin chào",
                sent_at=NOW,
                at=NOW,
            )

    stored = await asyncio.gather(*(store() for _ in range(8)))
    assert sum(number is not None for number in stored) == 1


async def test_a_time_without_zone_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="zone"):
        async with database.begin() as tx:
            await People().meet(
                tx,
                account="web",
                sender="s",
                unit="",
                at=datetime(2026, 1, 1),  # noqa: DTZ001
            )
