"""The engine, transactions and bells; here it is decided whether SQLite or PostgreSQL serves.

SQLite: WAL, foreign keys on, every write begins as a writer (`BEGIN IMMEDIATE`), so a transaction
never fails half-way for want of the lock. PostgreSQL: asyncpg, and bells that ring across
processes by LISTEN/NOTIFY. Times go in and come out as aware UTC datetimes.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import asyncpg
from sqlalchemy import DateTime, MetaData, event, text
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 15_000
CHANNEL = "loaban"
PLACE_RETRY = 2.0  # seconds between attempts to become the only one


class Record(DeclarativeBase):
    """Base of all mapped records."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Utc(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC. A naive one is a mistake of the caller: ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time needs its zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


DatabaseFault = (SQLAlchemyError, OSError)
"""What any call here may raise when the database is away or refuses: for `except`."""


def is_gone(fault: Exception) -> bool:
    """Whether the database is away, locked or full, so that nothing can be saved just now."""
    return isinstance(fault, (OSError, TimeoutError, InterfaceError, OperationalError)) or bool(
        getattr(fault, "connection_invalidated", False)
    )


class BadDatabaseUrl(ValueError):
    """The address names no database that this program can use."""


class Bell:
    """Wakes all who wait for a topic. Ringing is never lost on one who `listen`ed before."""

    def __init__(self) -> None:
        self._rings = 0
        self._event = asyncio.Event()

    def ring(self) -> None:
        self._rings += 1
        self._event.set()
        self._event = asyncio.Event()

    @property
    def rings(self) -> int:
        """How often it has rung: hand it to `wait`, so that no ring in between is missed."""
        return self._rings

    async def wait(self, heard: int, *, at_most: float) -> None:
        """Return when it has rung since `heard`, or after `at_most` seconds."""
        if self._rings != heard:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), at_most)


class Transaction:
    """One open transaction: statements through `connection`, bells that ring when it commits."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.bells: set[str] = set()

    @property
    def on_postgresql(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part that is undone alone when it raises, while the transaction goes on."""
        async with self.connection.begin_nested():
            yield

    async def ring(self, topic: str) -> None:
        """Ring the bell of `topic` at commit, in every process that the database reaches."""
        if topic in self.bells:
            return
        self.bells.add(topic)
        if self.on_postgresql:
            await self.connection.execute(
                text("SELECT pg_notify(:channel, :topic)"), {"channel": CHANNEL, "topic": topic}
            )


class Database:
    """Opens transactions. Make one a process with `Database.at(url)`; `close` it at the end."""

    def __init__(self, engine: AsyncEngine, url: URL) -> None:
        self.engine = engine
        self.url = url
        self._bells: defaultdict[str, Bell] = defaultdict(Bell)
        self._writer = asyncio.Lock()
        self._listener: asyncio.Task[None] | None = None

    @classmethod
    def at(cls, address: str, *, pool_size: int = 10) -> Database:
        """`address`: "sqlite:///path" or "postgresql://…". Raises BadDatabaseUrl."""
        try:
            url = make_url(address)
        except ArgumentError as fault:
            raise BadDatabaseUrl(
                "it is not of the form sqlite:///file or postgresql://…"
            ) from fault
        match url.get_backend_name():
            case "sqlite":
                if not url.database or url.database == ":memory:":
                    raise BadDatabaseUrl("SQLite needs a file: sqlite:///var/loaban.db")
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
                url = url.set(drivername="sqlite+aiosqlite")
                engine = create_async_engine(url, pool_size=pool_size)
                _prepare_sqlite(engine)
            case "postgresql" | "postgres":
                url = url.set(drivername="postgresql+asyncpg")
                engine = create_async_engine(
                    url, pool_size=pool_size, pool_pre_ping=True, pool_timeout=10
                )
            case other:
                raise BadDatabaseUrl(f"{other!r} is neither sqlite nor postgresql")
        return cls(engine, url)

    @property
    def on_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """A transaction that writes: committed at the end, rolled back on any exception."""
        if self.on_postgresql:
            async with self.engine.begin() as connection:
                transaction = Transaction(connection)
                yield transaction
        else:
            # SQLite has one writer: queue in order here, rather than by chance on its lock.
            async with self._writer, self.engine.connect() as connection:
                await connection.execution_options(loaban_begin="BEGIN IMMEDIATE")
                async with connection.begin():
                    transaction = Transaction(connection)
                    yield transaction
        for topic in transaction.bells:
            self.bell(topic).ring()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A transaction that only reads."""
        async with self.engine.connect() as connection, connection.begin():
            yield Transaction(connection)

    @asynccontextmanager
    async def only_one(self, name: str, stop: asyncio.Event) -> AsyncIterator[bool]:
        """Wait until this process alone, of all on this database, does the work `name`.

        Yields False when `stop` came first. The place is free again when the process ends,
        however it ends.
        """
        place = (
            _PostgresqlPlace(self.engine, name) if self.on_postgresql else _FilePlace(self, name)
        )
        try:
            taken = await place.take()
            while not taken and not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), PLACE_RETRY)
                taken = await place.take()
            yield taken and not stop.is_set()
        finally:
            await place.leave()

    def bell(self, topic: str) -> Bell:
        return self._bells[topic]

    async def time(self, here: Callable[[], datetime]) -> datetime:
        """The time of PostgreSQL's machine (UTC); SQLite has no other than `here`."""
        async with self.read() as tx:
            if not tx.on_postgresql:
                await tx.connection.execute(text("SELECT 1"))
                return here()
            row = await tx.connection.execute(text("SELECT clock_timestamp()"))
            there: datetime = row.scalar_one()
            return there.astimezone(UTC)

    async def listen(self) -> None:
        """Let other processes' bells ring here too (PostgreSQL; on SQLite they have to look)."""
        if self.on_postgresql and self._listener is None:
            self._listener = asyncio.create_task(self._listen_forever(), name="database bells")

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
        await self.engine.dispose()

    async def _listen_forever(self) -> None:
        dsn = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            connection: Any = None
            try:
                connection = await asyncpg.connect(dsn, timeout=10)
                lost = asyncio.Event()
                connection.add_termination_listener(lambda *_, lost=lost: lost.set())
                await connection.add_listener(CHANNEL, self._heard)
                for bell in self._bells.values():
                    bell.ring()  # whatever rang while nobody listened
                await lost.wait()
            except (OSError, TimeoutError, asyncpg.PostgresError) as fault:
                log.warning("no bells from PostgreSQL (%s), trying again", type(fault).__name__)
            finally:
                if connection is not None:
                    connection.terminate()
            await asyncio.sleep(1)

    def _heard(self, _connection: Any, _pid: int, _channel: str, topic: str) -> None:
        self.bell(topic).ring()


class _FilePlace:
    """A place among the processes of one machine: a lock on a file beside the SQLite database."""

    def __init__(self, database: Database, name: str) -> None:
        self._path = Path(f"{database.url.database}.{name}.lock")
        self._file: IO[str] | None = None

    async def take(self) -> bool:
        file = self._path.open("a", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    async def leave(self) -> None:
        if self._file is not None:
            self._file.close()


class _PostgresqlPlace:
    """A place among all processes on one PostgreSQL database: an advisory lock of a session."""

    def __init__(self, engine: AsyncEngine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._connection: AsyncConnection | None = None

    async def take(self) -> bool:
        try:
            if self._connection is None:
                self._connection = await self._engine.connect()
            taken = await self._connection.execute(
                text("SELECT pg_try_advisory_lock(hashtext(:name))"),
                {"name": f"loaban {self._name}"},
            )
            await self._connection.commit()
            return bool(taken.scalar_one())
        except (SQLAlchemyError, OSError) as fault:
            log.warning("cannot ask for the place of the %s (%s)", self._name, type(fault).__name__)
            await self.leave()
            return False

    async def leave(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with contextlib.suppress(SQLAlchemyError, OSError):
                await connection.invalidate()  # ends the session, and with it the lock
                await connection.close()


def _prepare_sqlite(engine: AsyncEngine) -> None:
    """Set each connection's pragmas, and let SQLAlchemy's BEGIN be the one we want."""

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        # FULL: what a webhook was told "stored" survives a power cut.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(
            connection.get_execution_options().get("loaban_begin", "BEGIN DEFERRED")
        )
