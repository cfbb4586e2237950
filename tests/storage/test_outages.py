"""What the storage does when the database is away, restarts, or is asked by many at once."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from storage.conversations import ConversationRecord, Conversations, Talk
from storage.database import Database, DatabaseFault, is_gone
from storage.inbox import InboxRecord
from storage.migrate import migrate
from storage.outbox import OutboxRecord, State, conversation_bell
from storage.people import People
from storage.privacy import forget_old_messages

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
OLD = NOW - timedelta(days=365)


@pytest.fixture
async def server(postgresql: str) -> AsyncIterator[Database]:
    """A migrated PostgreSQL database with a small pool."""
    opened = Database.at(postgresql, pool_size=2)
    await migrate(opened)
    yield opened
    await opened.close()


async def cut_others_off(database: Database) -> None:
    """End every session on the database but the one that asks, as a restart does."""
    async with database.read() as tx:
        await tx.connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


async def conversation(database: Database, *, at: datetime) -> int:
    async with database.begin() as tx:
        person = await People().meet(tx, account="web", sender="s", unit="", at=at)
        opened = await Conversations().open(
            tx, account="web", chat="c", thread="", person=person.id, at=at
        )
        await Conversations().remember(tx, opened.id, Talk(question="câu đã hỏi"))
    return opened.id


@pytest.mark.postgresql
async def test_places_of_many_accounts_take_nothing_from_the_pool(server: Database) -> None:
    stop = asyncio.Event()
    async with asyncio.timeout(20):
        held = [server.only_one(f"poll {n}", stop) for n in range(40)]
        assert all([await place.__aenter__() is not None for place in held])
        async with server.read() as one, server.read() as two:
            await one.connection.execute(text("SELECT 1"))
            await two.connection.execute(text("SELECT 1"))
        for place in held:
            await place.__aexit__(None, None, None)


async def test_a_place_is_for_one_and_free_again_when_left(database_address: str) -> None:
    first, second = Database.at(database_address), Database.at(database_address)
    stop, left = asyncio.Event(), asyncio.Event()

    async def wait_for_it() -> None:
        async with second.only_one("clock", stop) as place:
            assert place is not None
            assert left.is_set(), "two at once"

    try:
        async with asyncio.timeout(15):
            async with first.only_one("clock", stop) as place:
                assert place is not None
                waiting = asyncio.create_task(wait_for_it())
                await asyncio.sleep(0.5)
                left.set()
            await waiting
    finally:
        await first.close()
        await second.close()


async def test_who_waits_for_a_place_goes_when_asked_to_stop(database_address: str) -> None:
    database = Database.at(database_address)
    stop = asyncio.Event()
    try:
        async with database.only_one("clock", stop):
            other = Database.at(database_address)
            asyncio.get_running_loop().call_later(0.2, stop.set)
            async with asyncio.timeout(5), other.only_one("clock", stop) as place:
                assert place is None
            await other.close()
    finally:
        await database.close()


@pytest.mark.postgresql
async def test_a_place_says_that_it_is_lost_when_its_session_ends(server: Database) -> None:
    async with server.only_one("clock", asyncio.Event()) as place:
        assert place is not None
        await cut_others_off(server)
        await asyncio.wait_for(place.lost.wait(), 10)


@pytest.mark.postgresql
async def test_bells_ring_again_after_the_database_came_back(server: Database) -> None:
    await server.listen()
    bell = server.bell("outbox")
    other = Database.at(server.url.render_as_string(hide_password=False).replace("+asyncpg", ""))
    try:
        await asyncio.sleep(0.3)
        await cut_others_off(server)
        async with asyncio.timeout(15):
            heard = bell.rings
            while bell.rings == heard:
                async with other.begin() as tx:
                    await tx.ring("outbox")
                await bell.wait(heard, at_most=0.5)
    finally:
        await other.close()


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("statement", "gone"),
    [
        ("SELECT pg_terminate_backend(pg_backend_pid())", True),
        ("SELECT 1 / 0", False),
        ("SELECT * FROM nowhere", False),
        ("SET TRANSACTION READ ONLY; ", None),
    ],
)
async def test_what_waiting_may_mend_is_told_from_what_it_cannot(
    server: Database, statement: str, gone: bool | None
) -> None:
    with pytest.raises(DatabaseFault) as raised:
        async with server.begin() as tx:
            if gone is None:
                await tx.connection.execute(text("SET TRANSACTION READ ONLY"))
                await tx.connection.execute(text("CREATE TABLE x (y int)"))
            else:
                await tx.connection.execute(text(statement))
    assert is_gone(raised.value) is (gone is not False)


def test_a_database_that_refuses_connections_is_gone() -> None:
    assert is_gone(ConnectionRefusedError())
    assert is_gone(TimeoutError())
    assert not is_gone(KeyError())


async def test_a_libpq_address_with_sslmode_is_understood(postgresql: str) -> None:
    database = Database.at(f"{postgresql}?sslmode=disable")
    try:
        await migrate(database)
        await database.listen()
        async with database.only_one("clock", asyncio.Event()) as place:
            assert place is not None
    finally:
        await database.close()


def test_the_sqlite_file_is_its_owners_alone(tmp_path: Path) -> None:
    Database.at(f"sqlite:///{tmp_path / 'x.db'}")
    assert stat.S_IMODE((tmp_path / "x.db").stat().st_mode) == 0o600


async def test_words_of_people_never_stand_in_a_fault(database: Database) -> None:
    with pytest.raises(DatabaseFault) as raised:
        async with database.begin() as tx:
            await tx.connection.execute(text("INSERT INTO nowhere VALUES (:x)"), {"x": "bí mật"})
    assert "bí mật" not in str(raised.value)


async def test_old_messages_are_forgotten_and_what_is_on_its_way_stays(database: Database) -> None:
    number = await conversation(database, at=OLD)
    async with database.begin() as tx:
        for n, at in enumerate([OLD, OLD, NOW]):
            row = await tx.connection.execute(
                insert(InboxRecord)
                .values(
                    account="web",
                    message_id=f"m{n}",
                    conversation_id=number,
                    kind="text",
                    text="x",
                    sent_at=at,
                    received_at=at,
                )
                .returning(InboxRecord.id)
            )
            for state in (State.SENT, State.PENDING):
                await tx.connection.execute(
                    insert(OutboxRecord).values(
                        account="web",
                        conversation_id=number,
                        inbox_id=row.scalar_one() if state is State.SENT else None,
                        lane=1,
                        body="{}",
                        state=state.value,
                        not_before=at,
                        created_at=at,
                    )
                )
    assert await forget_old_messages(database, before=NOW - timedelta(days=180)) == 4
    async with database.read() as tx:
        states = sorted((await tx.connection.execute(select(OutboxRecord.state))).scalars())
        assert states == ["pending", "pending", "pending", "sent"]
        question = await tx.connection.execute(select(ConversationRecord.question))
        assert question.scalar_one() == "câu đã hỏi", "it still has a message"
    assert await forget_old_messages(database, before=NOW + timedelta(days=1)) == 2
    async with database.read() as tx:
        question = await tx.connection.execute(select(ConversationRecord.question))
        assert question.scalar_one() == ""


async def test_forgetting_and_claiming_use_their_indexes(tmp_path: Path) -> None:
    """SQLite tells its plan: none of what runs all the time may read a whole table."""
    database = Database.at(f"sqlite:///{tmp_path / 'x.db'}")
    await migrate(database)
    plans = []
    try:
        async with database.begin() as tx:
            for statement in (
                "SELECT min(not_before) FROM outbox WHERE state IN ('pending', 'claimed')"
                " AND state = ?",
                "SELECT id FROM inbox WHERE received_at < ? LIMIT 500",
                "SELECT id FROM outbox WHERE inbox_id = ?",
            ):
                rows = await tx.connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", ("x",)
                )
                plans += [row[3] for row in rows]
    finally:
        await database.close()
    assert not [plan for plan in plans if plan.startswith("SCAN") and "INDEX" not in plan], plans


async def test_a_bell_that_nobody_holds_is_forgotten(database: Database) -> None:
    async with database.begin() as tx:
        await tx.ring(conversation_bell(1))
    assert len(database._bells) == 0
