"""The way of a file from a villager's phone to the folder, over every channel's real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bot.fetching import GONE, Fetching
from bot.file_checks import FileLimits
from bot.file_store import FileStore
from bot.uploads import Uploads
from content.texts import Texts
from handlers.case_files import CaseFile, CaseFiles
from handlers.file_names import FileNames
from handlers.messages import Kind
from storage.database import Database
from storage.drafts import Drafts
from storage.files import File, FileState
from tests.bot import samples
from tests.channels.rig import Rig, open_rig
from tests.channels.rigs import RIGS
from tests.channels.test_contract import SENDING
from tests.emulators.web_chat_house import TEXTS
from tests.storage.test_cases import conversation

LIMITS = FileLimits()


def now() -> datetime:
    return datetime.now(UTC)


async def unread(_: File) -> bytes:
    raise FileNotFoundError


@dataclass
class Way:
    rig: Rig
    database: Database
    folder: Path

    async def tell(self, kind: Kind, content: bytes) -> int:
        """The villager sends it while telling feedback; return the draft."""
        chat = await conversation(self.database)
        count = len(self.rig.store.taken) + 1
        await self.rig.phone.send(kind, content)
        message = (await self.rig.store.holds(count))[-1]
        async with self.database.begin() as tx:
            draft = await Drafts().begin(tx, conversation=chat, step="words", at=now())
            taken = await self.case_files.take(
                tx,
                message.attachments,
                draft=draft.id,
                account=message.address.account,
                at=now(),
            )
        assert taken == 1
        return draft.id

    @property
    def case_files(self) -> CaseFiles:
        texts: Texts = TEXTS
        return CaseFiles(texts=texts, read=unread, per_case=3, names=FileNames([b"key"]))

    async def fetched(self, draft: int) -> CaseFile:
        store = FileStore(str(self.folder))
        await Fetching(
            database=self.database,
            channels=lambda: {self.rig.channel.account: self.rig.channel},
            store=store,
            uploads=Uploads(store, LIMITS, now),
            limits=LIMITS,
            clock=now,
        ).fetch_due()
        async with self.database.read() as tx:
            [file] = await self.case_files.of_draft(tx, draft)
        return file


@pytest.fixture(params=SENDING)
async def way(
    request: pytest.FixtureRequest, database: Database, tmp_path: Path
) -> AsyncIterator[Way]:
    async with open_rig(RIGS[request.param]) as rig:
        yield Way(rig, database, tmp_path / "files")


async def test_a_photo_comes_without_its_place_and_upright(way: Way) -> None:
    file = await way.fetched(await way.tell(Kind.IMAGE, samples.picture(orientation=6)))
    assert (file.state, file.mime) == (FileState.STORED, "image/jpeg")
    [path] = [path for path in way.folder.rglob("*") if path.is_file()]
    shown = Image.open(BytesIO(path.read_bytes()))
    assert (shown.size, dict(shown.getexif())) == ((40, 60), {})
    assert samples.SECRET not in path.read_bytes()


async def test_a_voice_note_comes(way: Way) -> None:
    file = await way.fetched(await way.tell(Kind.VOICE, samples.voice()))
    assert (file.state, file.mime) == (FileState.STORED, "audio/ogg")


async def test_what_expired_before_it_was_fetched_is_told_as_gone(way: Way) -> None:
    draft = await way.tell(Kind.IMAGE, samples.picture())
    await way.rig.expire()
    file = await way.fetched(draft)
    assert file.state is FileState.FAILED
    assert file.words.endswith(TEXTS(GONE))
