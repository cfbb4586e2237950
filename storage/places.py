"""Places: the right to be the only process, of all on one database, that does some work."""

from __future__ import annotations

import asyncio
import fcntl
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Any

import asyncpg

log = logging.getLogger(__name__)

_PLACE_FAULTS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Place:
    """The right to be the only one; `lost` is set when it is no longer so."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()

    async def leave(self) -> None:
        """Let another have it."""


class FilePlace(Place):
    """A place among the processes of one machine: a lock on a file beside the SQLite database."""

    def __init__(self, file: IO[str]) -> None:
        super().__init__()
        self._file = file

    @classmethod
    def take(cls, path: str) -> Place | None:
        file = Path(path).open("a", encoding="utf-8")  # noqa: SIM115 - the lock lives with it
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        return cls(file)

    async def leave(self) -> None:
        self._file.close()


class _PostgresqlPlace(Place):
    """A place among all processes on one PostgreSQL database."""

    def __init__(self, places: PostgresqlPlaces, name: str) -> None:
        super().__init__()
        self._places = places
        self.name = name

    async def leave(self) -> None:
        await self._places.leave(self)


class PostgresqlPlaces:
    """All places of this process: advisory locks of one session, lost together with it."""

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        """`connect` opens an asyncpg connection outside any pool."""
        self._connect = connect
        self._connection: Any = None
        self._taken: set[_PostgresqlPlace] = set()
        self._one_at_a_time = asyncio.Lock()

    async def take(self, name: str) -> Place | None:
        try:
            async with self._one_at_a_time:
                if self._connection is None:
                    self._connection = await self._connect()
                    self._connection.add_termination_listener(self._ended)
                if not await self._connection.fetchval(
                    "SELECT pg_try_advisory_lock(hashtext($1))", f"loaban {name}"
                ):
                    return None
                place = _PostgresqlPlace(self, name)
                self._taken.add(place)
                return place
        except _PLACE_FAULTS as fault:
            log.warning("cannot ask for the place of %s (%s)", name, type(fault).__name__)
            self._ended()
            return None

    async def leave(self, place: _PostgresqlPlace) -> None:
        self._taken.discard(place)
        if self._connection is None or place.lost.is_set():
            return
        try:
            async with self._one_at_a_time:
                await self._connection.execute(
                    "SELECT pg_advisory_unlock(hashtext($1))", f"loaban {place.name}"
                )
        except _PLACE_FAULTS:
            self._ended()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()

    def _ended(self, _connection: object = None) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.terminate()
        for place in self._taken:
            place.lost.set()
        self._taken.clear()
