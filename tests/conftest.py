"""What all tests share: both databases, a clock that the test moves, and loud skips."""

from __future__ import annotations

import asyncio
import fcntl
import os
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from bot.config import load
from bot.wiring import House, build
from content.library import Library
from content.shelf import SHIPPED
from storage.database import Database
from tests.databases import migrated

POSTGRESQL = os.environ.get(
    "LOABAN_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres"
)
REQUIRED = {part for part in os.environ.get("LOABAN_TEST_REQUIRE", "").split(",") if part}


def missing(part: str, why: str) -> None:
    """Skip the test, or fail it where `LOABAN_TEST_REQUIRE` names the part (as CI does)."""
    if part in REQUIRED:
        pytest.fail(f"{part} is required here: {why}")
    pytest.skip(f"needs {part}: {why}")


WORDS = ("bot", "console", "handlers")
"""Folders whose tests are of what is said and shown; storage has its own, on both databases."""

LONG = ("faults", "journeys")
EVERY = 4


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """There every fourth test of a file runs on PostgreSQL, with one example; all run on SQLite."""
    seen: defaultdict[Path, list[str]] = defaultdict(list)
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        assert isinstance(item, pytest.Function)
        params = item.callspec.params if hasattr(item, "callspec") else {}
        if item.path.parent.name in WORDS and params.get("database_address") == "postgresql":
            tests = seen[item.path]
            if item.originalname in tests:
                left.append(item)
                continue
            tests.append(item.originalname)
            (left if len(tests) % EVERY != 1 else kept).append(item)
        else:
            kept.append(item)
    items[:] = _spread(kept)
    config.hook.pytest_deselected(items=left)


def _spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """The files of the longest tests lie evenly among the others: each process has its share."""
    files: defaultdict[Path, list[pytest.Item]] = defaultdict(list)
    for item in items:
        files[item.path].append(item)
    long = [path for path in files if path.parent.name in LONG]
    short = [path for path in files if path.parent.name not in LONG]
    step = len(short) // (len(long) + 1) + 1
    for n, path in enumerate(long):
        short.insert((n + 1) * step + n, path)
    return [item for path in short for item in files[path]]


class Clock:
    """A clock that stands until the test moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 23, 3, 0, tzinfo=UTC))


@pytest.fixture
async def postgresql() -> AsyncIterator[str]:
    """The address of a new, empty PostgreSQL database, dropped after the test."""
    async with _postgresql() as address:
        yield address


@pytest.fixture(scope="session")
def kept_postgresql() -> Iterator[str]:
    """The address of a migrated PostgreSQL database, to be emptied before each test."""
    with asyncio.Runner() as runner:
        opened = _postgresql()
        address = runner.run(opened.__aenter__())
        runner.run(migrated(address))
        yield address
        runner.run(opened.__aexit__(None, None, None))


@asynccontextmanager
async def _postgresql() -> AsyncIterator[str]:
    name = f"loaban_test_{uuid.uuid4().hex[:12]}"
    try:
        server = await asyncpg.connect(POSTGRESQL, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError) as fault:
        missing("postgresql", str(fault))
    try:
        await server.execute(f'CREATE DATABASE "{name}"')
        yield POSTGRESQL.rsplit("/", 1)[0] + f"/{name}"
    finally:
        await server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await server.close()


EMPTY = """
DO $$
DECLARE
    one record;
    filled boolean;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;  -- past what refuses to forget
    FOR one IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', one.tablename) INTO filled;
        IF filled THEN
            EXECUTE format('DELETE FROM %I', one.tablename);
        END IF;
    END LOOP;
    FOR one IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL
    LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', one.sequencename);
    END LOOP;
END $$
"""


async def _empty(address: str) -> None:
    """As after the migrations: to make the database anew takes longer than most tests."""
    server = await asyncpg.connect(address, timeout=5)
    try:
        await server.execute(EMPTY)
    finally:
        await server.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new database, once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'loaban.db'}"
    elif "migrated_address" in request.fixturenames:
        address: str = request.getfixturevalue("kept_postgresql")
        asyncio.run(_empty(address))
        yield address
    else:
        yield request.getfixturevalue("postgresql")


@pytest.fixture
async def migrated_address(database_address: str) -> str:
    """The address of a new, migrated database, once on each kind."""
    await migrated(database_address)
    return database_address


@pytest.fixture
async def database(migrated_address: str) -> AsyncIterator[Database]:
    """A migrated database, once on each kind."""
    opened = Database.at(migrated_address)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the program keeps what it learned from the shipped cards, once for all processes.

    A folder in `LOABAN_TEST_LEARNED` keeps it from one run to the next.
    """
    if kept := os.environ.get("LOABAN_TEST_LEARNED"):
        return Path(kept)
    run = tmp_path_factory.getbasetemp()
    return (run.parent if "PYTEST_XDIST_WORKER" in os.environ else run) / "learned"


@pytest.fixture(scope="session")
def library(learned: Path) -> Library:
    """The shipped cards with the engine, opened once: a test that changes them restores them."""
    learned.mkdir(parents=True, exist_ok=True)
    with (learned / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first process learns, the others read
        return Library.open(SHIPPED, cache=learned)


@pytest.fixture
def data_folder(tmp_path: Path, learned: Path, library: Library) -> Path:
    """An empty data folder whose cards are learned already."""
    folder = tmp_path / "var"
    folder.mkdir()
    (folder / "cache").symlink_to(learned)
    return folder


@pytest.fixture
async def house(migrated_address: str, data_folder: Path, library: Library) -> AsyncIterator[House]:
    """The whole program joined, once on each kind of database, without its processes."""
    settings = load(
        {
            "LOABAN_DATABASE__URL": migrated_address,
            "LOABAN_DATA__FOLDER": str(data_folder),
            "LOABAN_CONFIG": str(Path(__file__).parent / "house.toml"),
        }
    )
    async with build(settings, library) as built:
        yield built
