"""Files of cases are shown to staff alone, and nothing in them can act."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from bot.fetching import place
from bot.web import Site
from bot.wiring import House
from handlers.messages import Attachment, Kind
from handlers.staff.files import as_response
from storage.files import Files
from tests.bot import samples
from tests.console.desk import account, sign_in
from tests.storage.test_cases import opened

Client = TestClient


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    jar = CookieJar(unsafe=True)
    async with TestClient(TestServer(Site(house).application()), cookie_jar=jar) as opened:
        yield opened


@pytest.fixture
async def case(house: House) -> int:
    """A case with a photo that was uploaded, and one that cannot be had."""
    case = (await opened(house.database)).id
    photo = await house.filing.uploads.keep(samples.picture())
    lost = Attachment(Kind.IMAGE, "nothing")
    async with house.database.begin() as tx:
        taken = await house.filing.case_files.take(
            tx, (photo, lost), case=case, account="web", at=datetime.now(UTC)
        )
    assert taken == 2
    await house.filing.fetching.fetch_due()
    return case


async def test_an_official_reads_how_each_file_stands(house: House, case: int) -> None:
    async with house.database.read() as tx:
        stored, lost = await house.filing.case_files.of_case(tx, case)
    assert (stored.readable, stored.words, stored.mime) == (True, "Đã lưu", "image/jpeg")
    assert (lost.readable, lost.words) == (
        False, "Không tải được: Tệp không còn ở nơi gửi, không tải về được nữa.",
    )  # fmt: skip
    assert await house.filing.store.names("uploads") == [], "the first copy has served"


async def test_staff_get_a_photo_and_others_get_nothing(
    client: Client, house: House, case: int
) -> None:
    async with house.database.read() as tx:
        stored, lost = await house.filing.case_files.of_case(tx, case)
    asked = await client.get(f"/staff/files/{stored.id}")
    assert asked.url.path == "/staff/sign-in"
    await sign_in(house, client, await account(house))
    answer = await client.get(f"/staff/files/{stored.id}")
    assert answer.status == 200
    assert answer.content_type == "image/jpeg"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for other in (lost.id, 999_999):
        assert (await client.get(f"/staff/files/{other}")).status == 404


async def test_a_file_that_the_store_lost_is_not_found(
    client: Client, house: House, case: int
) -> None:
    async with house.database.read() as tx:
        [stored, _] = await Files().of_case(tx, case)
    await house.filing.store.delete(place(stored))
    await sign_in(house, client, await account(house))
    assert (await client.get(f"/staff/files/{stored.id}")).status == 404


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", ""])
def test_what_is_not_kept_is_never_shown(mime: str) -> None:
    answer = as_response(mime, samples.PAGE, "tep-7")
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_pdf_is_saved_under_a_name_of_ours() -> None:
    answer = as_response("application/pdf", samples.PDF, "vu-viec-3-tep-7")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="vu-viec-3-tep-7.pdf"'
