"""Writes outcomes down, many in one transaction: while one commit is on its way, the next gather.

Nobody waits for company: the first outcome is written at once. Whoever notes an outcome waits
until it is committed, so that what is not noted yet is never more than what is on its way.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from bot.outcomes import Note, Sent
from storage.database import Database, DatabaseFault, is_gone
from storage.outbox import Outbox

log = logging.getLogger(__name__)
Result = TypeVar("Result")

MOST = 100
"""Outcomes of one transaction."""


class Noting:
    """The pen of one sender. `clock` gives aware UTC times."""

    def __init__(self, database: Database, outbox: Outbox, clock: Callable[[], datetime]) -> None:
        self._database, self._outbox, self._clock = database, outbox, clock
        self._queue: list[tuple[Note, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, note: Note) -> None:
        """Return when it is committed, however often the database has to be asked."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((note, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(), name="note outcomes")
        await done

    async def close(self) -> None:
        """Give up what could not be written: it is uncertain, or goes out again."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)

    async def _write_all(self) -> None:
        while self._queue:
            now, self._queue = self._queue[:MOST], self._queue[MOST:]
            try:
                await self._together([note for note, _ in now])
            except Exception as fault:  # one of them, or the database: each by itself
                if not is_gone(fault):
                    log.exception("outcomes could not be noted together")
                await asyncio.gather(*(self._alone(note, done) for note, done in now))
            else:
                for _, done in now:
                    if not done.done():
                        done.set_result(None)

    async def _together(self, notes: Sequence[Note]) -> None:
        async with self._database.begin() as tx:
            sent = [(one.claim, one.number, one.way) for one in notes if isinstance(one, Sent)]
            if sent:
                await self._outbox.sent_all(tx, sent, at=self._clock())
            for note in notes:
                if not isinstance(note, Sent):
                    await note(tx)

    async def _alone(self, note: Note, done: asyncio.Future[None]) -> None:
        async def write() -> None:
            async with self._database.begin() as tx:
                await note(tx)

        try:
            await retrying(write)
        except Exception as fault:  # its own mistake: whoever noted it is told
            if not done.done():
                done.set_exception(fault)
        else:
            if not done.done():
                done.set_result(None)


async def retrying(work: Callable[[], Awaitable[Result]], tries: int | None = None) -> None:
    """Do the work; while the database is away, try again, `tries` times or for ever.

    An outcome must be written: our lease would hold the row for as long as we live.
    """
    for attempt in itertools.count() if tries is None else range(tries):
        try:
            await work()
        except DatabaseFault as fault:
            log.warning("the database does not answer (%s): trying again", in_short(fault))
            await asyncio.sleep(min(0.1 * 2 ** min(attempt, 5), 1.0))
        else:
            return


def in_short(fault: BaseException) -> str:
    """A database's fault without its statement, which may hold what people wrote."""
    return type(getattr(fault, "orig", None) or fault).__name__
