"""The engine, transactions and bells; here it is decided whether SQLite or PostgreSQL serves.

SQLite: WAL, foreign keys on, every write begins as a writer (`BEGIN IMMEDIATE`), so a transaction
never fails half-way for want of the lock. PostgreSQL: asyncpg, and bells that ring across
processes by LISTEN/NOTIFY. Times go in and come out as aware UTC datetimes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import asyncpg
from sqlalchemy import DateTime, MetaData, event, text
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from storage.places import FilePlace, Place, PostgresqlPlaces

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 15_000
CHANNEL = "loaban"
COMMAND_TIME = 15.0  # seconds for one statement; a silent server counts as away
PING = 15.0
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


def is_gone(fault: BaseException) -> bool:
    """Whether the database is away, locked, full or starting, so that waiting may help.

    Not so for a statement that it will never take (SQLSTATE classes 22, 23 and 42).
    """
    if isinstance(fault, OSError | TimeoutError | PoolTimeout):
        return True
    if not isinstance(fault, DBAPIError) or isinstance(
        fault, IntegrityError | DataError | ProgrammingError
    ):
        return False
    if isinstance(getattr(fault.orig, "__cause__", None), ValueError):
        return False  # asyncpg could not even send the value
    state = getattr(fault.orig, "sqlstate", None)
    return state is None or state[:2] not in {"22", "23", "42"}


def lacks_tables(fault: BaseException) -> bool:
    """Whether a statement failed because the database was never migrated so far."""
    cause = getattr(fault, "orig", None) or fault
    return getattr(cause, "sqlstate", None) == "42P01" or "no such table" in str(cause)


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

    async def ring(self, *topics: str) -> None:
        """Ring the bells of these topics at commit, in every process that the database reaches."""
        fresh = [topic for topic in dict.fromkeys(topics) if topic not in self.bells]
        self.bells.update(fresh)
        if self.on_postgresql and fresh:
            await self.connection.execute(
                text(
                    "SELECT pg_notify(:channel, topic) FROM unnest(CAST(:topics AS text[])) topic"
                ),
                {"channel": CHANNEL, "topics": fresh},
            )


class Database:
    """Opens transactions. Make one a process with `Database.at(url)`; `close` it at the end."""

    def __init__(self, engine: AsyncEngine, url: URL) -> None:
        self.engine = engine
        self.url = url
        # A bell lives as long as somebody holds it.
        self._bells: WeakValueDictionary[str, Bell] = WeakValueDictionary()
        self._places = PostgresqlPlaces(self.connect_alone) if self.on_postgresql else None
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
                file = Path(url.database)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch(mode=0o600, exist_ok=True)  # what people wrote is its owner's alone
                url = url.set(drivername="sqlite+aiosqlite")
                engine = create_async_engine(url, pool_size=pool_size, hide_parameters=True)
                _prepare_sqlite(engine)
            case "postgresql" | "postgres":
                url = _for_asyncpg(url)
                engine = create_async_engine(
                    url,
                    pool_size=pool_size,
                    pool_pre_ping=True,
                    pool_timeout=10,
                    hide_parameters=True,
                    connect_args={
                        "timeout": 10,
                        "command_timeout": COMMAND_TIME,
                        # Compiling a statement took a hundred times what it ran for.
                        "server_settings": {"jit": "off"},
                    },
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
            self._ring(topic)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A transaction that only reads."""
        async with self.engine.connect() as connection, connection.begin():
            yield Transaction(connection)

    @asynccontextmanager
    async def only_one(self, name: str, stop: asyncio.Event) -> AsyncIterator[Place | None]:
        """Wait until this process alone, of all on this database, does the work `name`.

        Yields None when `stop` came first. The place is free again when the process ends, however
        it ends. A place may be lost (PostgreSQL restarts): then its `lost` is set, and the work
        must end, since another may have begun it.
        """
        place: Place | None = None
        try:
            while place is None and not stop.is_set():
                if self._places is not None:
                    place = await self._places.take(name)
                else:
                    place = FilePlace.take(f"{self.url.database}.{name.replace(' ', '-')}.lock")
                if place is None:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), PLACE_RETRY)
            yield None if stop.is_set() else place
        finally:
            if place is not None:
                await place.leave()

    async def connect_alone(self) -> Any:
        """A connection to PostgreSQL outside the pool: whoever takes it closes it."""
        url = self.url.set(drivername="postgresql")
        if "ssl" in url.query:
            mode = url.query["ssl"]
            url = url.difference_update_query(["ssl"]).update_query_dict({"sslmode": mode})
        dsn = url.render_as_string(hide_password=False)
        return await asyncpg.connect(dsn, timeout=10, command_timeout=COMMAND_TIME)

    def bell(self, topic: str) -> Bell:
        """The bell of a topic: hold it from before you look until after you waited."""
        bell = self._bells.get(topic)
        if bell is None:
            bell = self._bells[topic] = Bell()
        return bell

    def _ring(self, topic: str) -> None:
        if (bell := self._bells.get(topic)) is not None:
            bell.ring()

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
        if self._places is not None:
            self._places.close()
        await self.engine.dispose()

    async def _listen_forever(self) -> None:
        while True:
            connection: Any = None
            try:
                connection = await self.connect_alone()
                lost = asyncio.Event()
                connection.add_termination_listener(lambda *_, lost=lost: lost.set())
                await connection.add_listener(CHANNEL, self._heard)
                for bell in list(self._bells.values()):
                    bell.ring()  # whatever rang while nobody listened
                while not lost.is_set():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(lost.wait(), PING)
                    await connection.execute("SELECT 1", timeout=PING)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
                log.warning("no bells from PostgreSQL (%s), trying again", type(fault).__name__)
            finally:
                if connection is not None:
                    connection.terminate()
            await asyncio.sleep(1)

    def _heard(self, _connection: Any, _pid: int, _channel: str, topic: str) -> None:
        self._ring(topic)


def _for_asyncpg(url: URL) -> URL:
    """The address with libpq's `sslmode` under the name that asyncpg knows."""
    url = url.set(drivername="postgresql+asyncpg")
    if "sslmode" in url.query:
        mode = url.query["sslmode"]
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return url


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
