"""Fetches what people sent from the platforms, before their links expire, and keeps what is sound.

Everything is decided in the table of files: a claim there makes a file one process's for a while,
so a crash at any point costs another attempt and nothing else. Bytes go under a key that the row
named before, and are deleted before the row is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from bot.channels.channel import (
    Channel,
    FetchFailed,
    FetchForeign,
    FetchGone,
    FetchLater,
    FetchTooLarge,
)
from bot.file_checks import TOO_LARGE, Checked, FileLimits, Unfit, check
from bot.file_store import FileStore
from bot.uploads import Uploads
from bot.waiting import first
from handlers.messages import Kind
from storage.database import Database, DatabaseFault, Transaction, is_gone
from storage.files import FILES, LEASE, File, Files
from storage.official_drafts import OfficialDrafts

log = logging.getLogger(__name__)

Settled = Callable[[Transaction, int, datetime], Awaitable[None]]

LOOK = 2.0
"""Seconds between looks, since bells of other processes are not heard on every database."""

SWEEP = timedelta(seconds=30)
AT_ONCE = 6
PER_ACCOUNT = 2
"""So an account that hangs holds up its own files alone. Memory: AT_ONCE times the largest file."""

TIME = LEASE.total_seconds() / 2
"""Seconds that one attempt may take in all, well before another may begin."""

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP = timedelta(hours=24)
"""No platform promises its links for longer."""

GIVE_UP_ELSEWHERE = timedelta(days=7)
"""What lies on a host that is not allowed waits for an operator, who may be away for some days."""

GONE = "files.reason.gone"
AWAY = "files.reason.away"
GAVE_UP = "files.reason.gave_up"
ELSEWHERE = "files.reason.elsewhere"


class Fetching:
    """Fetches for all accounts of this process. `clock` returns aware UTC."""

    def __init__(
        self,
        *,
        database: Database,
        channels: Callable[[], Mapping[str, Channel]],
        store: FileStore,
        uploads: Uploads,
        limits: FileLimits,
        clock: Callable[[], datetime],
        settled: Settled | None = None,
    ) -> None:
        """`settled` hears of each attempt that ended, in the transaction that notes it."""
        self._database, self._channels = database, channels
        self._settled, self._drafts = settled, OfficialDrafts()
        self._store, self._uploads, self._limits = store, uploads, limits
        self._clock = clock
        self._files = Files()
        self._checking = asyncio.Semaphore(1)  # a large picture takes much memory
        self._running: dict[asyncio.Task[None], File] = {}
        self._swept: datetime | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Fetch until `stop`; what is not had by then is given back."""
        bell = self._database.bell(FILES)
        with contextlib.suppress(*DatabaseFault):  # else they wait for their time
            async with self._database.begin() as tx:
                await self._files.hurry_elsewhere(tx, at=self._clock())
        try:
            while not stop.is_set():
                heard = bell.rings
                try:
                    await self.sweep()
                    await self._begin()
                except DatabaseFault as fault:
                    log.warning("files cannot be looked up (%s)", type(fault).__name__)
                ended = (asyncio.wait({task}) for task in self._running)
                await first(stop.wait(), bell.wait(heard, at_most=LOOK), *ended)
        finally:
            await self._give_back()

    async def fetch_due(self) -> None:
        """One round: fetch what is due now, to the end."""
        await self._begin()
        while self._running:
            await asyncio.wait(self._running)
            await self._begin()

    async def sweep(self) -> None:
        """Now and then: delete what belongs to nobody any more, the bytes before the row."""
        now = self._clock()
        if self._swept is not None and now - self._swept < SWEEP:
            return
        async with self._database.read() as tx:
            orphans = await self._files.orphans(tx, at=now)
        for file in orphans:
            try:
                await self._store.delete(place(file))
                await self._uploads.drop(file.reference)
            except Exception as fault:  # whatever the store's package raises
                log.error("file %d is not deleted yet (%s)", file.id, type(fault).__name__)
                continue
            async with self._database.begin() as tx:
                await self._files.forget(tx, file)
        try:
            await self._uploads.sweep()
        except Exception as fault:  # as above
            log.error("old uploads are not deleted yet (%s)", type(fault).__name__)
        self._swept = now

    async def _begin(self) -> None:
        """Claim what is due, as much as there is room for, and begin to fetch it."""
        self._running = {task: file for task, file in self._running.items() if not task.done()}
        while room := AT_ONCE - len(self._running):
            count = Counter(file.account for file in self._running.values())
            busy = [account for account, running in count.items() if running >= PER_ACCOUNT]
            async with self._database.begin() as tx:
                claimed = await self._files.due(
                    tx, at=self._clock(), busy=busy, at_most=min(room, PER_ACCOUNT)
                )
            if not claimed:
                return
            for file in claimed:
                task = asyncio.create_task(self._see_to(file), name=f"file {file.id}")
                self._running[task] = file

    async def _see_to(self, file: File) -> None:
        """Fetch one and note how that ended. What breaks here is tried again after the lease."""
        try:
            await self._note(file, await self._attempt(file))
        except DatabaseFault as fault:
            log.warning("file %d: how it went is not noted (%s)", file.id, type(fault).__name__)

    async def _attempt(self, file: File) -> Checked | Exception:
        """What is kept of it, already in the store, or why not."""
        channel = self._channels().get(file.account)
        if channel is None:
            return FetchLater("the account does not work here", self._clock())
        kind = Kind(file.kind)
        try:
            async with asyncio.timeout(TIME):
                content = await channel.fetch(file.reference, at_most=self._limits.of(kind))
                async with self._checking:
                    checked = await asyncio.to_thread(check, content, self._limits)
                await self._store.write(place(file), checked.content)
        except (FetchFailed, Unfit) as failure:
            return failure
        except Exception as fault:  # a channel's mistake, or whatever the store's package raises
            log.error("file %d: fetching broke (%s)", file.id, type(fault).__name__)
            return FetchLater(type(fault).__name__, self._clock())
        return checked

    async def _note(self, file: File, outcome: Checked | Exception) -> None:
        now, later = self._clock(), False
        async with self._database.begin() as tx:
            # Before the file's own row: who writes in that chat takes both in this order too.
            await self._drafts.hold(tx, file.id)
            match outcome:
                case Checked(mime=mime, content=content, seconds=seconds):
                    noted = await self._files.stored(
                        tx, file, mime=mime, size=len(content), seconds=seconds,
                        digest=sha256(content).hexdigest(),
                    )  # fmt: skip
                case FetchTooLarge():
                    noted = await self._files.refused(tx, file, reason=TOO_LARGE)
                case Unfit(reason=reason):
                    noted = await self._files.refused(tx, file, reason=reason)
                case FetchGone():
                    noted = await self._files.failed(tx, file, reason=GONE)
                case FetchForeign(host=host) if now - file.created_at < GIVE_UP_ELSEWHERE:
                    later = True
                    when = now + _pause(file.attempts)
                    noted = await self._files.retry(tx, file, at=when, reason=ELSEWHERE, host=host)
                    log.warning(
                        "file %d of %s lies on %s, which is not asked: if that is the platform's, "
                        "add it to the account's file_hosts and start the program again",
                        file.id, file.account, host,
                    )  # fmt: skip
                case _ if now - file.created_at >= GIVE_UP:
                    later = True  # it may be asked for once more
                    noted = await self._files.failed(tx, file, reason=GAVE_UP, perhaps_later=True)
                case _:
                    later = True
                    soonest = outcome.when if isinstance(outcome, FetchLater) else now
                    when = max(soonest, now + _pause(file.attempts))
                    noted = await self._files.retry(tx, file, at=when, reason=AWAY)
                    log.info("file %d of %s comes later: %s", file.id, file.account, outcome)
            if noted:
                await self._tell(tx, file, now)
            left = await self._files.exists(tx, file.id)
        if later:
            return
        await self._uploads.drop(file.reference)
        if not left:
            await self._store.delete(place(file))

    async def _tell(self, tx: Transaction, file: File, now: datetime) -> None:
        """Let be known how it ended; a mistake in the telling must not cost the file."""
        if self._settled is None:
            return
        try:
            async with tx.attempt():
                await self._settled(tx, file.id, now)
        except Exception as fault:
            if is_gone(fault):
                raise
            log.exception("file %d: nobody was told how it ended", file.id)

    async def _give_back(self) -> None:
        """End what runs; another may take it up at once."""
        running, self._running = self._running, {}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        with contextlib.suppress(*DatabaseFault):  # then the lease ends by itself
            async with self._database.begin() as tx:
                for file in running.values():
                    await self._files.retry(tx, file, at=self._clock(), reason="")


def place(file: File) -> str:
    """Where its bytes lie in the store."""
    return f"files/{file.key}"


def _pause(attempts: int) -> timedelta:
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts - 1, 20))
