"""Files are fetched from the platforms and kept clean, or it is said why not; nothing stays behind.

The platform is Telegram's emulator, with the real channel, store and databases.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import delete

from bot.channels.channel import Channel, FetchForeign
from bot.channels.telegram import TelegramChannel
from bot.config import load
from bot.doctor import files_elsewhere
from bot.fetching import (
    AWAY,
    ELSEWHERE,
    GAVE_UP,
    GIVE_UP,
    GIVE_UP_ELSEWHERE,
    GONE,
    SWEEP,
    Fetching,
    place,
)
from bot.file_checks import TOO_LARGE, UNKNOWN, FileLimits
from bot.file_store import FileStore
from bot.uploads import KEPT, Uploads
from handlers.messages import Kind
from storage.case_records import CaseRecord
from storage.database import Database
from storage.drafts import Drafts
from storage.files import LEASE, File, Files, FileState
from tests.bot import samples
from tests.channels.letterbox import LetterboxChannel
from tests.channels.telegram_line import LAN, Line, line
from tests.conftest import Clock
from tests.storage.test_cases import conversation, opened

__all__ = ["line"]  # the fixture

BOOK = Files()
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LIMITS = FileLimits(photo=20_000, voice=20_000, document=20_000)


@dataclass
class Desk:
    """A villager's draft, the platform that has their files, and who fetches them."""

    database: Database
    line: Line
    channel: TelegramChannel
    folder: Path
    clock: Clock
    chat: int
    draft: int
    channels: dict[str, Channel]

    def fetching(self) -> Fetching:
        store = FileStore(str(self.folder))
        return Fetching(
            database=self.database,
            channels=lambda: self.channels,
            store=store,
            uploads=Uploads(store, LIMITS, self.clock),
            limits=LIMITS,
            clock=self.clock,
        )

    async def send(self, kind: str, content: bytes, **more: Any) -> None:
        """The villager sends it over the platform, and it is written down."""
        encoded = base64.b64encode(content).decode()
        number = await self.line.control.attach(LAN, kind, content=encoded, **more)
        update = self.line.emulator.world.history[number]
        await self.write_down(update["message"][kind])

    async def write_down(self, sent: Any, account: str = "xa-mau") -> None:
        file = sent[-1] if isinstance(sent, list) else sent
        kind = Kind.IMAGE if isinstance(sent, list) else Kind.VOICE
        async with self.database.begin() as tx:
            await BOOK.receive(
                tx, draft=self.draft, account=account, reference=file["file_id"],
                kind=kind.value, at=self.clock(), at_most=99,
            )  # fmt: skip

    async def files(self) -> list[File]:
        async with self.database.read() as tx:
            return await BOOK.of_draft(tx, self.draft)

    async def only(self) -> tuple[FileState, str]:
        [file] = await self.files()
        return file.state, file.reason

    def lying(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture
async def desk(database: Database, line: Line, tmp_path: Path, clock: Clock) -> Desk:
    chat = await conversation(database)
    async with database.begin() as tx:
        draft = await Drafts().begin(tx, conversation=chat, step="words", at=clock())
    channel = line.channel(clock=clock)
    folder = tmp_path / "files"
    return Desk(database, line, channel, folder, clock, chat, draft.id, {"xa-mau": channel})


async def test_a_photo_is_kept_upright_without_its_place(desk: Desk) -> None:
    await desk.send("photo", samples.picture(orientation=6))
    await desk.fetching().fetch_due()
    [file] = await desk.files()
    [path] = desk.lying()
    content = path.read_bytes()
    assert (file.state, file.mime, file.size) == (FileState.STORED, "image/jpeg", len(content))
    assert path == desk.folder / place(file)
    shown = Image.open(BytesIO(content))
    assert not shown.getexif()
    assert shown.size == (40, 60)
    assert samples.SECRET not in content
    assert file.reference == "", "nothing leads back to the message"
    assert desk.folder.stat().st_mode & 0o077 == 0


async def test_a_voice_note_is_kept_without_tags(desk: Desk) -> None:
    await desk.send("voice", samples.voice())
    await desk.fetching().fetch_due()
    assert await desk.only() == (FileState.STORED, "")
    assert samples.SECRET not in desk.lying()[0].read_bytes()


async def test_what_is_too_large_or_of_a_wrong_type_is_refused_with_a_reason(desk: Desk) -> None:
    await desk.send("photo", samples.picture() + bytes(LIMITS.photo))
    await desk.send("photo", samples.PAGE)
    await desk.fetching().fetch_due()
    reasons = [(file.state, file.reason) for file in await desk.files()]
    assert reasons == [(FileState.REFUSED, TOO_LARGE), (FileState.REFUSED, UNKNOWN)]
    assert not desk.lying()


async def test_what_the_platform_forgot_failed_for_good(desk: Desk) -> None:
    await desk.send("photo", samples.picture())
    await desk.line.control.settings(forget_files=True)
    await desk.fetching().fetch_due()
    assert await desk.only() == (FileState.FAILED, GONE)


async def test_a_link_that_expired_is_asked_for_anew(desk: Desk) -> None:
    await desk.send("photo", samples.picture())
    await desk.line.control.fault("getFile", "error", status=500)
    await desk.fetching().fetch_due()
    assert await desk.only() == (FileState.WAITING, AWAY)
    await desk.line.control.settings(forget_links=True)
    desk.clock.pass_by(60)
    await desk.fetching().fetch_due()
    assert await desk.only() == (FileState.STORED, "")


async def test_attempts_come_ever_more_seldom_and_end_after_a_day(desk: Desk) -> None:
    await desk.send("photo", samples.picture())
    await desk.line.control.fault("getFile", "error", status=500, times=1000)
    attempts = []
    while (await desk.only())[0] is FileState.WAITING:
        await desk.fetching().fetch_due()
        attempts.append(desk.clock() - NOW)
        desk.clock.pass_by(5)
        while (await desk.only())[0] is FileState.WAITING and not await is_due(desk):
            desk.clock.pass_by(600)
    assert await desk.only() == (FileState.FAILED, GAVE_UP)
    assert len(attempts) < 50
    assert GIVE_UP <= attempts[-1] < GIVE_UP + timedelta(hours=2)


async def is_due(desk: Desk) -> bool:
    async with desk.database.begin() as tx:
        found = await BOOK.due(tx, at=desk.clock(), at_most=1)
        for file in found:
            await BOOK.retry(tx, file, at=desk.clock(), reason=AWAY)
    return bool(found)


async def test_a_crash_in_between_costs_an_attempt_and_leaves_no_second_file(desk: Desk) -> None:
    await desk.send("photo", samples.picture())
    async with desk.database.begin() as tx:
        [file] = await BOOK.due(tx, at=desk.clock(), at_most=1)
    await FileStore(str(desk.folder)).write(place(file), b"half of i")  # and the power went
    await desk.fetching().fetch_due()
    assert await desk.only() == (FileState.WAITING, "")
    desk.clock.pass_by(LEASE.total_seconds())
    await desk.fetching().fetch_due()
    assert await desk.only() == (FileState.STORED, "")
    [path] = desk.lying()
    assert path.read_bytes().startswith(b"\xff\xd8")


async def test_stopping_gives_back_what_is_not_had_yet(desk: Desk) -> None:
    await desk.line.control.settings(slow_files=60)
    await desk.send("photo", samples.picture())
    stop = asyncio.Event()
    running = asyncio.create_task(desk.fetching().run(stop))
    async with asyncio.timeout(10):
        while not any(call.method == "getFile" for call in desk.line.emulator.world.calls):
            await asyncio.sleep(0.01)
    stop.set()
    await running
    await desk.line.control.settings(slow_files=0)
    desk.clock.pass_by(60)
    await desk.fetching().fetch_due()
    assert await desk.only() == (FileState.STORED, "")


class Hanging(LetterboxChannel):
    """An account whose platform takes the question and never answers."""

    def __init__(self) -> None:
        pass

    async def fetch(self, reference: str, *, at_most: int) -> bytes:
        await asyncio.Event().wait()
        raise AssertionError


async def test_an_account_that_hangs_stops_no_other_and_a_new_file_is_fetched_at_once(
    desk: Desk,
) -> None:
    desk.channels["hangs"] = Hanging()
    for _ in range(20):
        await desk.write_down({"file_id": "x"}, account="hangs")
    stop = asyncio.Event()
    running = asyncio.create_task(desk.fetching().run(stop))
    await desk.send("photo", samples.picture())
    async with asyncio.timeout(10):
        while not desk.lying():
            await asyncio.sleep(0.01)
    stop.set()
    await running


class Elsewhere(LetterboxChannel):
    """An account whose platform keeps files on a host that has to be allowed first."""

    def __init__(self) -> None:
        self.allowed = False

    async def fetch(self, reference: str, *, at_most: int) -> bytes:
        if not self.allowed:
            raise FetchForeign("f1.new-host.vn")
        return samples.picture()


async def test_a_host_that_is_not_asked_is_told_to_the_operator_and_after_a_start_fetched(
    desk: Desk, database_address: str, caplog: pytest.LogCaptureFixture
) -> None:
    channel = desk.channels["oa"] = Elsewhere()
    await desk.write_down({"file_id": "https://f1.new-host.vn/secret.jpg?sig=1"}, account="oa")
    await desk.fetching().fetch_due()
    assert await desk.only() == (FileState.WAITING, ELSEWHERE)
    settings = load({"LOABAN_DATABASE__URL": database_address}, Path("/nowhere"))
    [finding] = await files_elsewhere(settings)
    assert (finding.what, finding.ok) == ("files of oa", False)
    assert finding.state == "1 wait on f1.new-host.vn, which is not asked"
    assert "add it to file_hosts of oa" in finding.remedy
    assert "f1.new-host.vn, which is not asked" in caplog.text
    assert "secret" not in caplog.text + repr(finding)
    for _ in range(30):  # a weekend: what cannot be fetched otherwise would be given up
        desk.clock.pass_by(2 * 3600)
        await desk.fetching().fetch_due()
    channel.allowed = True
    stop, started = asyncio.Event(), desk.fetching()
    running = asyncio.create_task(started.run(stop))
    async with asyncio.timeout(10):
        while await desk.only() != (FileState.STORED, ""):
            await asyncio.sleep(0.02)
    stop.set()
    await running
    assert await files_elsewhere(settings) == []


async def test_after_a_week_a_host_that_nobody_allowed_is_given_up(desk: Desk) -> None:
    desk.channels["oa"] = Elsewhere()
    await desk.write_down({"file_id": "https://f1.new-host.vn/x"}, account="oa")
    desk.clock.pass_by(GIVE_UP_ELSEWHERE.total_seconds())
    await desk.fetching().fetch_due()
    assert await desk.only() == (FileState.FAILED, GAVE_UP)


async def test_two_who_fetch_do_not_fetch_the_same(desk: Desk) -> None:
    for _ in range(6):
        await desk.send("photo", samples.picture())
    await asyncio.gather(*(desk.fetching().fetch_due() for _ in range(3)))
    calls = [call for call in desk.line.emulator.world.calls if call.method == "getFile"]
    assert len(calls) == 6
    assert {file.state for file in await desk.files()} == {FileState.STORED}


async def test_files_go_with_their_case_and_with_a_dropped_draft(desk: Desk) -> None:
    await desk.send("photo", samples.picture())
    fetching = desk.fetching()
    await fetching.fetch_due()
    case = await opened(desk.database)
    async with desk.database.begin() as tx:
        await BOOK.hand_over(tx, draft=desk.draft, case=case.id)
    await desk.send("photo", samples.picture())
    await fetching.fetch_due()
    async with desk.database.begin() as tx:
        await Drafts().drop(tx, desk.chat)
    await fetching.sweep()
    assert len(desk.lying()) == 1, "the case's"
    async with desk.database.begin() as tx:
        await tx.connection.execute(delete(CaseRecord).where(CaseRecord.id == case.id))
    desk.clock.pass_by(SWEEP.total_seconds())
    await fetching.sweep()
    assert desk.lying() == []
    async with desk.database.read() as tx:
        assert await BOOK.orphans(tx, at=desk.clock()) == []


async def test_a_draft_that_goes_while_its_file_comes_leaves_nothing(desk: Desk) -> None:
    await desk.send("photo", samples.picture())
    async with desk.database.begin() as tx:
        [file] = await BOOK.due(tx, at=desk.clock(), at_most=1)
        await Drafts().drop(tx, desk.chat)
    fetching = desk.fetching()
    await fetching.sweep()
    async with desk.database.read() as tx:
        assert await BOOK.exists(tx, file.id), "somebody may be writing its bytes"
    await FileStore(str(desk.folder)).write(place(file), b"they were")
    desk.clock.pass_by(LEASE.total_seconds())
    await fetching.sweep()
    assert desk.lying() == []
    async with desk.database.read() as tx:
        assert not await BOOK.exists(tx, file.id)


async def test_uploads_nobody_expects_go_after_some_days(desk: Desk) -> None:
    uploads = Uploads(FileStore(str(desk.folder)), LIMITS, desk.clock)
    await uploads.keep(samples.picture())
    await desk.fetching().sweep()
    assert len(desk.lying()) == 1
    desk.clock.pass_by((KEPT + timedelta(hours=1)).total_seconds())
    await desk.fetching().sweep()
    assert desk.lying() == []
