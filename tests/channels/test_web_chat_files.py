"""Files over the web chat: by a form that needs no script, told how large they may be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.channels.web_chat import WebChat
from bot.file_checks import MEGABYTE, FileLimits
from bot.file_store import FileStore
from bot.uploads import Uploads
from handlers.messages import Incoming, Kind
from tests.bot import samples
from tests.emulators import web_chat_house
from tests.emulators.serving import Server

LIMITS = FileLimits(MEGABYTE, MEGABYTE, MEGABYTE)


async def nothing(_: str) -> bytes:
    raise FileNotFoundError


@dataclass
class Page:
    session: aiohttp.ClientSession
    base: str
    chat: WebChat
    folder: Path
    taken: list[Incoming]

    async def send(
        self, content: bytes, headers: dict[str, str] | None = None, number: str = "12345678"
    ) -> tuple[int, str]:
        form = aiohttp.FormData({"id": number, "unit": ""})
        form.add_field("file", content, filename="../../x.html", content_type="text/html")
        async with self.session.post(
            f"{self.base}/chat", data=form, headers=headers, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text()

    @property
    def files(self) -> list[Incoming]:
        return [one for one in self.taken if one.kind is not Kind.START]

    def lying(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    talks = web_chat_house.House(lambda: datetime.now(UTC))
    taken: list[Incoming] = []

    async def accept(one: Incoming) -> bool:
        new = one.message_id not in {each.message_id for each in taken}
        taken.append(one)
        return new and await talks.accept(one)

    chat = WebChat(
        account="web",
        transcripts=talks,
        texts=web_chat_house.TEXTS,
        welcome=talks.welcome,
        read_media=nothing,
        clock=talks.clock,
        secure=False,
        uploads=Uploads(FileStore(str(tmp_path)), LIMITS, talks.clock),
        accept=accept,
        patience=0.1,
    )
    app = web.Application()
    app.add_routes(chat.routes())
    jar = aiohttp.CookieJar(unsafe=True)
    async with Server(app) as site, aiohttp.ClientSession(cookie_jar=jar) as session:
        await session.get(f"{site.base}/")  # gives the cookie
        yield Page(session, site.base, chat, tmp_path, taken)


async def test_the_page_tells_the_limit_and_stays_small(page: Page) -> None:
    async with page.session.get(f"{page.base}/") as answer:
        html = await answer.text()
    assert 'enctype="multipart/form-data"' in html
    assert "không quá 1 MB" in html
    assert len(html.encode()) < 8_000


async def test_a_photo_is_clean_before_it_is_stored_and_can_be_fetched(page: Page) -> None:
    assert (await page.send(samples.picture()))[0] == 303
    [one] = page.files
    [attachment] = one.attachments
    assert (one.kind, attachment.kind, attachment.mime) == (Kind.IMAGE, Kind.IMAGE, "image/jpeg")
    [stored] = page.lying()
    assert samples.SECRET not in stored.read_bytes()
    fetched = await page.chat.fetch(attachment.reference, at_most=LIMITS.photo)
    assert fetched == stored.read_bytes()


async def test_what_is_sent_twice_is_one_message_and_one_file(page: Page) -> None:
    for _ in range(2):
        await page.send(samples.AMR)
    assert len({one.message_id for one in page.files}) == 1
    assert len(page.lying()) == 1
    await page.send(samples.PDF)
    assert len({one.message_id for one in page.files}) == 2


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (samples.PAGE, 415, "Loại tệp này không nhận được"),
        (bytes(LIMITS.photo + 1), 413, "máy chỉ nhận 1 MB"),
        (b"", 400, "chưa viết gì"),
    ],
)
async def test_what_cannot_be_kept_is_refused_in_words_and_leaves_nothing(
    page: Page, content: bytes, status: int, words: str
) -> None:
    answer = await page.send(content)
    assert answer[0] == status
    assert words in answer[1]
    assert not page.files
    assert not page.lying()


async def test_another_sites_form_sends_nothing(page: Page) -> None:
    assert (await page.send(samples.picture(), {"Origin": "https://example.vn"}))[0] == 403
    assert not page.lying()


@pytest.mark.parametrize("body", [b"", b"--x\r\n", b"--x\r\n\r\n", b"\xff" * 99])
async def test_what_is_no_form_is_refused(page: Page, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    async with page.session.post(f"{page.base}/chat", data=body, headers=headers) as answer:
        assert answer.status == 400
    async with page.session.post(
        f"{page.base}/chat", data=body, headers={"Content-Type": "multipart/form-data"}
    ) as answer:
        assert answer.status == 400
