"""All that handles files of feedback, joined: the store, uploads, fetching, and who reads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.channels.channel import Channel
from bot.config import Settings
from bot.fetching import Fetching, Settled, place
from bot.file_checks import MEGABYTE, FileLimits, for_a_phone
from bot.file_pages import FilePages
from bot.file_store import FileStore
from bot.uploads import Uploads
from content.texts import Texts
from handlers.case_files import CaseFiles
from handlers.casework import Casework
from handlers.file_names import FileNames
from handlers.staff.door import Door
from handlers.staff.files import FileDesk
from storage.database import Database, Transaction
from storage.files import File

log = logging.getLogger(__name__)

MOMENT = timedelta(seconds=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Filing:
    """`channels` gives the accounts that work now."""

    clock: Callable[[], datetime]
    database: Database
    store: FileStore
    uploads: Uploads
    case_files: CaseFiles
    fetching: Fetching
    there: dict[str, datetime] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        settings: Settings,
        *,
        database: Database,
        texts: Texts,
        channels: Callable[[], Mapping[str, Channel]],
        clock: Callable[[], datetime],
        keys: Sequence[bytes],
        settled: Settled,
    ) -> Filing:
        """`keys` mark the names of files; `settled` hears of each attempt to fetch one."""
        store, limits = store_of(settings), limits_of(settings)
        uploads = Uploads(store, limits, clock)

        async def read(file: File) -> bytes:
            return await store.read(place(file))

        return cls(
            clock=clock,
            database=database,
            store=store,
            uploads=uploads,
            case_files=CaseFiles(
                texts=texts,
                read=read,
                per_case=limits.per_case,
                names=FileNames(keys),
                public_url=settings.web.public_url,
            ),
            fetching=Fetching(
                database=database,
                channels=channels,
                store=store,
                uploads=uploads,
                limits=limits,
                clock=clock,
                settled=settled,
            ),
        )

    async def media(self, name: str) -> bytes:
        """The bytes of a stored file by its name as media; a picture as small as phones need it.

        Raises FileNotFoundError for any other name.
        """
        async with self.database.read() as tx:
            file = await self.case_files.named(tx, name, at=self.clock())
        if file is None:
            raise FileNotFoundError("no such file, or no longer")
        content = await self.case_files.bytes_of(file)
        if file.mime != "image/jpeg":
            return content
        return await asyncio.to_thread(for_a_phone, content)

    async def lost(self, name: str) -> bool:
        """Whether a stored file cannot be had from where it should be; True for any other name.

        What was there a moment ago is not looked for again: thousands get the same notice.
        """
        if self.clock() - self.there.get(name, LONG_AGO) < MOMENT:
            return False
        async with self.database.read() as tx:
            file = await self.case_files.named(tx, name, at=self.clock())
        try:
            found = file is not None and await self.store.there(place(file))
        except Exception as fault:  # whatever the store's package raises: it is asked again soon
            log.error("a file cannot be looked at (%s)", type(fault).__name__)
            found = False
        if not found:
            self.there.pop(name, None)
            return True
        if len(self.there) > 100:  # of notices that are over
            self.there.clear()
        self.there[name] = self.clock()
        return False

    def pages(self, texts: Texts) -> FilePages:
        return FilePages(
            database=self.database,
            files=self.case_files,
            read=self.media,
            texts=texts,
            clock=self.clock,
        )

    def desk(self, door: Door, casework: Casework) -> FileDesk:
        return FileDesk(
            door=door, database=self.database, files=self.case_files, casework=casework,
            clock=self.clock,
        )  # fmt: skip


def settling(*told: Settled) -> Settled:
    """Lets all of these know of an attempt that ended."""

    async def settled(tx: Transaction, file: int, at: datetime) -> None:
        for tell in told:
            await tell(tx, file, at)

    return settled


def store_of(settings: Settings) -> FileStore:
    """Where files lie: the store of the settings, or a folder of the data folder."""
    return FileStore(settings.files.store or str((settings.data.folder / "files").absolute()))


def limits_of(settings: Settings) -> FileLimits:
    return FileLimits(
        photo=settings.files.photo_mb * MEGABYTE,
        voice=settings.files.voice_mb * MEGABYTE,
        document=settings.files.document_mb * MEGABYTE,
        per_case=settings.files.per_case,
    )
