"""What all tests share: both databases, a clock that the test moves, and loud skips."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from bot.config import load
from bot.wiring import House, build
from content.library import Library
from content.shelf import SHIPPED
from storage.database import Database
from storage.migrate import migrate

POSTGRESQL = os.environ.get(
    "LOABAN_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres"
)
REQUIRED = {part for part in os.environ.get("LOABAN_TEST_REQUIRE", "").split(",") if part}


def missing(part: str, why: str) -> None:
    """Skip the test, or fail it where `LOABAN_TEST_REQUIRE` names the part (as CI does)."""
    if part in REQUIRED:
        pytest.fail(f"{part} is required here: {why}")
    pytest.skip(f"needs {part}: {why}")


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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new database, once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'loaban.db'}"
    else:
        yield request.getfixturevalue("postgresql")


@pytest.fixture
async def database(database_address: str) -> AsyncIterator[Database]:
    """A migrated database, once on each kind."""
    opened = Database.at(database_address)
    await migrate(opened)
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
async def house(database_address: str, data_folder: Path, library: Library) -> AsyncIterator[House]:
    """The whole program joined, once on each kind of database, without its processes."""
    opened = Database.at(database_address)
    await migrate(opened)
    await opened.close()
    settings = load(
        {
            "LOABAN_DATABASE__URL": database_address,
            "LOABAN_DATA__FOLDER": str(data_folder),
            "LOABAN_CONFIG": str(Path(__file__).parent / "house.toml"),
        }
    )
    async with build(settings, library) as built:
        yield built
