"""Links to stored files: no sign-in for whoever has one that we made, nothing for anybody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.file_checks import SHOWN_BYTES, for_a_phone
from bot.web import Site
from bot.wiring import House, now
from handlers.case_files import PAGE
from handlers.file_names import FileNames
from handlers.messages import Attachment
from storage.case_privacy import forget_cases_of
from storage.files import File, Files, FileState
from tests.bot import samples
from tests.handlers.office import Person
from tests.handlers.test_voice_answers import spoken
from tests.storage.test_cases import opened

Client = TestClient
AT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
FILE = File(
    7, "web", "", "voice", FileState.STORED, 1, "audio/ogg", 9, 2, "5f" * 16, "", "", AT, AT, None,
    "",
)  # fmt: skip
NAMES = FileNames([b"new", b"old"])


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    async with TestClient(TestServer(Site(house).application())) as opened:
        yield opened


async def answered(house: House) -> tuple[str, Person]:
    """The name of a spoken answer, and its villager."""
    lan, villager = await spoken(house)
    await lan.say("1")
    [answer] = await villager.replies()
    return answer.media[0].name, villager


def ticket(name: str) -> str:
    return name.removeprefix("files/").partition(".")[0]


async def test_an_answer_is_heard_by_its_link_on_a_plain_page(client: Client, house: House) -> None:
    name, _ = await answered(house)
    page = await client.get(PAGE + ticket(name))
    html = await page.text()
    assert page.status == 200
    assert "Tin nói, 12 giây" in html
    assert f'<audio controls preload="none" src="/media/{name}">' in html
    assert "<script" not in html
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    sound = await client.get(f"/media/{name}", headers={"Range": "bytes=0-3"})
    assert (sound.status, sound.content_type, await sound.read()) == (206, "audio/ogg", b"OggS")
    assert "no-cache" in sound.headers["Cache-Control"]
    assert "public" not in sound.headers["Cache-Control"]


async def test_a_wrong_mark_another_file_and_a_forgotten_case_get_the_same_404(
    client: Client, house: House
) -> None:
    name, villager = await answered(house)
    other = await opened(house.database)
    photo = await house.filing.uploads.keep(samples.picture())
    async with house.database.begin() as tx:
        await house.filing.case_files.take(tx, (photo,), case=other.id, account="web", at=now())
    await house.filing.fetching.fetch_due()
    async with house.database.read() as tx:
        [others] = await Files().of_case(tx, other.id)
    number, hour, mark = ticket(name).split("-", 2)
    last = "B" if mark[-1] == "A" else "A"
    wrong = [
        f"{number}-{hour}-{mark[:-1]}{last}",
        f"{others.id}-{hour}-{mark}",
        f"{number}-999999-{mark}",
        f"999-{hour}-{mark}",
        "x",
    ]
    for one in wrong:
        for address in (PAGE + one, f"/media/files/{one}.ogg"):
            answer = await client.get(address)
            assert answer.status == 404, address
            assert "đã được xóa" in await answer.text()
    chat = await villager.number()
    async with house.database.begin() as tx:
        await forget_cases_of(tx, chat, at=now())
    for address in (PAGE + ticket(name), f"/media/{name}"):
        assert (await client.get(address)).status == 404


async def test_no_log_holds_what_opens_a_file(
    client: Client, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    name, _ = await answered(house)
    caplog.set_level("DEBUG")
    await client.get(PAGE + ticket(name))
    await client.get(f"/media/{name}")
    assert "GET /tep/{ticket} 200" in caplog.text
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("bot")]
    assert not [line for line in ours if ticket(name) in line]


async def test_what_the_store_lost_is_not_found(client: Client, house: House) -> None:
    name, _ = await answered(house)
    [key] = await house.filing.store.names("files")
    await house.filing.store.delete(key)
    assert (await client.get(f"/media/{name}")).status == 404


async def test_a_pdf_is_saved_and_never_shown(client: Client, house: House) -> None:
    case = await opened(house.database)
    pdf: Attachment = await house.filing.uploads.keep(samples.PDF)
    async with house.database.begin() as tx:
        await house.filing.case_files.take(tx, (pdf,), case=case.id, account="web", at=now())
    await house.filing.fetching.fetch_due()
    async with house.database.read() as tx:
        [file] = await Files().of_case(tx, case.id)
    media = house.filing.case_files.media(file, now())
    given = await client.get(f"/media/{media.name}")
    assert given.headers["Content-Disposition"] == "attachment"
    assert "sandbox" in given.headers["Content-Security-Policy"]
    assert "download" in await (await client.get(PAGE + ticket(media.name))).text()


def test_a_name_opens_its_file_alone_and_ends_when_it_was_told_to() -> None:
    name = NAMES.name(FILE, AT)
    assert name.endswith(".ogg")
    read = NAMES.read(name)
    assert read
    assert NAMES.opens(read, FILE, at=AT)
    assert not NAMES.opens(read, FILE, at=AT + timedelta(hours=1))
    for_ever = NAMES.read(NAMES.ticket(FILE))
    assert for_ever
    assert NAMES.opens(for_ever, FILE, at=AT + timedelta(days=9000))
    assert FileNames([b"new"]).ticket(FILE) == NAMES.ticket(FILE)


def test_after_a_change_of_keys_old_names_still_open_and_strange_ones_never_do() -> None:
    old, strange = (FileNames([key]).ticket(FILE) for key in (b"old", b"strange"))
    for made, opens in ((old, True), (strange, False)):
        read = NAMES.read(made)
        assert read
        assert NAMES.opens(read, FILE, at=AT) is opens


def test_a_picture_for_a_phone_is_one_that_every_platform_takes() -> None:
    large = samples.noise((2400, 1800))
    assert len(large) > SHOWN_BYTES
    assert len(for_a_phone(large)) <= SHOWN_BYTES
    small = samples.picture()
    assert for_a_phone(small) == small
