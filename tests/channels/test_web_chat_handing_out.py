"""The web chat over HTTP: pictures, sounds, style and script, and nothing else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from tests.channels.phone import Phone, open_phone
from tests.conftest import Clock
from tests.emulators.web_chat_house import PICTURE, House


@pytest.fixture
async def phone(clock: Clock) -> AsyncIterator[Phone]:
    async with open_phone(House(clock)) as opened:
        yield opened


async def test_pictures_come_with_their_type_and_may_be_kept(phone: Phone) -> None:
    async with phone.client.get("/media/pictograms/mot-cua.svg") as response:
        assert response.content_type == "image/svg+xml"
        assert await response.read() == PICTURE
        assert "max-age=86400" in response.headers["Cache-Control"]
        assert "sandbox" in response.headers["Content-Security-Policy"]
        tag = response.headers["ETag"]
    headers = {"If-None-Match": tag}
    async with phone.client.get("/media/pictograms/mot-cua.svg", headers=headers) as response:
        assert response.status == 304


@pytest.mark.parametrize(
    ("asked", "status", "length"),
    [
        ("bytes=0-1", 206, 2),
        ("bytes=1000-", 206, 24),
        ("bytes=-10", 206, 10),
        ("bytes=5000-", 200, 1024),
        ("nonsense", 200, 1024),
    ],
)
async def test_sounds_come_in_the_parts_that_phones_ask_for(
    phone: Phone, asked: str, status: int, length: int
) -> None:
    async with phone.client.get("/media/audio/cac-buoc.mp3", headers={"Range": asked}) as response:
        assert response.status == status
        assert len(await response.read()) == length


@pytest.mark.parametrize(
    "path",
    [
        "/media/pictograms/missing.svg",
        "/media/cards/vi/cu-tru.md",
        "/media/pictograms/%2e%2e/texts/vi.po",
        "/media/pictograms/..%2f..%2fpyproject.toml",
        "/media/pictograms/.hidden.svg",
        "/media/audio/x.html",
        "/media//etc/passwd",
        "/media/pictograms%5cmot-cua.svg",
        "/static/chat.html",
        "/static/..%2fweb.py",
    ],
)
async def test_nothing_else_is_handed_out(phone: Phone, path: str) -> None:
    async with phone.client.get(path) as response:
        assert response.status == 404


async def test_style_and_script_are_named_by_their_content(phone: Phone) -> None:
    page = await phone.open()
    for path in re.findall(r'"(/static/[^"]+)"', page):
        async with phone.client.get(path) as response:
            assert response.status == 200
            assert "immutable" in response.headers["Cache-Control"]
    async with phone.client.get("/static/chat.css?v=old") as response:
        assert "max-age=600" in response.headers["Cache-Control"]
    async with phone.client.get("/favicon.ico") as response:
        assert response.content_type == "image/svg+xml"
        assert len(await response.read()) < 1_000
