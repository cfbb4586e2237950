"""The files of notices in the store: put there from the command line or from a form at the console,
and looked at before sending.

Only the bytes that were approved go out: their hash stands in the approved copy.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from hashlib import sha256
from pathlib import Path

from bot.fetching import place
from bot.file_checks import Checked, FileLimits, Unfit, check
from bot.file_store import FileStore
from bot.uploads import AT_ONCE
from handlers.messages import Kind
from handlers.staff.notice_files import NotTaken
from storage.broadcasts import Draft, Enclosed
from storage.database import Database, Transaction
from storage.files import File, Files

log = logging.getLogger(__name__)


class Found(Enum):
    WHOLE = auto()
    LOST = auto()  # it is not there, or not what was approved
    UNKNOWN = auto()  # the store does not answer


class NoticeFiles:
    """Looks at what a notice encloses: whole at first, then whether it is still there."""

    def __init__(self, store: FileStore) -> None:
        self._store = store
        self._seen: set[tuple[str, str]] = set()

    async def look(self, draft: Draft) -> Found:
        for one in draft.enclosed:
            try:
                if not await self._is_there(one):
                    return Found.LOST
            except Exception as fault:  # whatever the store's package raises
                log.error("file %d cannot be looked at (%s)", one.id, type(fault).__name__)
                return Found.UNKNOWN
        return Found.WHOLE

    async def _is_there(self, one: Enclosed) -> bool:
        key = f"files/{one.key}"
        if (one.key, one.digest) in self._seen:
            return await self._store.there(key)
        try:
            content = await self._store.read(key)
        except FileNotFoundError:
            return False
        if sha256(content).hexdigest() != one.digest:
            return False
        self._seen.add((one.key, one.digest))
        return True


@dataclass(frozen=True, slots=True)
class Put:
    """A file whose bytes are in the store and that no notice names yet."""

    file: File
    checked: Checked

    async def named(self, tx: Transaction, *, held: datetime | None = None) -> Enclosed:
        """Note that it is there. The notice that names it is written in the same transaction, or
        before `held` has come."""
        kept = self.checked
        digest = sha256(kept.content).hexdigest()
        await Files().stored(
            tx, self.file, mime=kept.mime, size=len(kept.content), seconds=kept.seconds,
            digest=digest, held=held,
        )  # fmt: skip
        return Enclosed(self.file.id, self.file.key, kept.mime, kept.seconds, digest)


class NoticeStore:
    """Takes what comes with a form at the console. `clock` returns aware UTC."""

    def __init__(
        self,
        database: Database,
        store: FileStore,
        limits: FileLimits,
        clock: Callable[[], datetime],
    ) -> None:
        self.largest = max(limits.photo, limits.voice)
        self._database, self._store, self._limits, self._clock = database, store, limits, clock
        self._checking = asyncio.Semaphore(AT_ONCE)

    async def keep(self, content: bytes, kind: Kind, *, held: timedelta) -> File:
        """`handlers.staff.notice_files.Store`."""
        try:
            async with self._checking:
                checked = await asyncio.to_thread(check, content, self._limits)
        except Unfit as unfit:
            raise NotTaken(unfit.reason) from unfit
        if checked.kind is not kind:
            raise NotTaken(f"staff.notice.not.{kind}")
        at = self._clock()
        [put_there] = await put(self._database, self._store, [(kind, checked)], at=at)
        async with self._database.begin() as tx:
            kept = await put_there.named(tx, held=at + held)
            file = await Files().get(tx, kept.id)
        if file is None:  # its place was swept away before the bytes had come
            raise NotTaken("files.reason.away")
        return file

    async def read(self, key: str) -> bytes:
        return await self._store.read(f"files/{key}")


def read_files(
    paths: Sequence[tuple[str, Path | None, Kind]], limits: FileLimits
) -> list[tuple[Kind, Checked]]:
    """Read and check files: (option, path, kind that it must be). Raises ValueError, in words."""
    found = []
    for option, path, kind in paths:
        if path is None:
            continue
        try:
            checked = check(path.read_bytes(), limits)
        except OSError as fault:
            raise ValueError(f"{option}: {path} cannot be read ({fault.strerror})") from fault
        except Unfit as unfit:
            why = unfit.reason.rpartition(".")[2].replace("_", " ")
            raise ValueError(f"{option}: {path} cannot be taken ({why})") from unfit
        if checked.kind is not kind:
            raise ValueError(f"{option}: {path} is {checked.mime}")
        found.append((kind, checked))
    return found


async def put(
    database: Database, store: FileStore, files: Sequence[tuple[Kind, Checked]], *, at: datetime
) -> list[Put]:
    """Write files into the store. A row names the place before its bytes come, and is swept away
    with them if no notice names it soon."""
    done = []
    for kind, checked in files:
        async with database.begin() as tx:
            file = await Files().reserve(tx, kind=kind.value, at=at)
        await store.write(place(file), checked.content)
        done.append(Put(file, checked))
    return done
