"""All that handles files of feedback, joined: the store, uploads, fetching, and who reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.channels.channel import Channel
from bot.config import Settings
from bot.fetching import Fetching, place
from bot.file_checks import MEGABYTE, FileLimits
from bot.file_store import FileStore
from bot.uploads import Uploads
from content.texts import Texts
from handlers.case_files import CaseFiles
from handlers.staff.door import Door
from handlers.staff.files import FileDesk
from storage.database import Database
from storage.files import File


@dataclass(frozen=True)
class Filing:
    """`channels` gives the accounts that work now."""

    database: Database
    store: FileStore
    uploads: Uploads
    case_files: CaseFiles
    fetching: Fetching

    @classmethod
    def of(
        cls,
        settings: Settings,
        *,
        database: Database,
        texts: Texts,
        channels: Callable[[], Mapping[str, Channel]],
        clock: Callable[[], datetime],
    ) -> Filing:
        store = FileStore(settings.files.store or str((settings.data.folder / "files").absolute()))
        limits = FileLimits(
            photo=settings.files.photo_mb * MEGABYTE,
            voice=settings.files.voice_mb * MEGABYTE,
            document=settings.files.document_mb * MEGABYTE,
            per_case=settings.files.per_case,
        )
        uploads = Uploads(store, limits, clock)

        async def read(file: File) -> bytes:
            return await store.read(place(file))

        return cls(
            database=database,
            store=store,
            uploads=uploads,
            case_files=CaseFiles(texts=texts, read=read, per_case=limits.per_case),
            fetching=Fetching(
                database=database,
                channels=channels,
                store=store,
                uploads=uploads,
                limits=limits,
                clock=clock,
            ),
        )

    def desk(self, door: Door, clock: Callable[[], datetime]) -> FileDesk:
        return FileDesk(door=door, database=self.database, files=self.case_files, clock=clock)
