"""Fetching from addresses that came from outside: only the platform's hosts, also after a move."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.channels.channel import FetchForeign, FetchGone, FetchLater, FetchTooLarge
from bot.channels.downloads import download, of_platform
from bot.channels.zalo_files import HOSTS, Files, attachment
from handlers.messages import Kind
from tests.emulators.serving import Server

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


class Site(Server):
    """A server with what tests ask for, and a count of who came."""

    def __init__(self) -> None:
        super().__init__(web.Application())
        self.asked: list[str] = []
        self.app.router.add_get("/{path:.*}", self._answer)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        match request.match_info["path"].split("/", 1):
            case ["to", where]:
                return web.Response(status=302, headers={"Location": where})
            case ["status", status]:
                return web.Response(status=int(status))
            case ["endless"]:
                response = web.StreamResponse()
                await response.prepare(request)
                while True:
                    await response.write(bytes(65536))
        return web.Response(body=b"whole")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as site:
        yield site


@pytest.fixture
async def inner() -> AsyncIterator[Site]:
    """A server that is nobody's business."""
    async with Site() as site:
        yield site


async def get(site: Site, path: str, at_most: int = 100) -> bytes:
    allowed = of_platform(site.base, frozenset(HOSTS))
    async with aiohttp.ClientSession() as session:
        return await download(
            session, f"{site.base}/{path}", allowed=allowed, at_most=at_most, now=NOW, seconds=5
        )


async def test_a_move_within_the_platform_is_followed_and_one_out_of_it_is_not(
    site: Site, inner: Site
) -> None:
    assert await get(site, f"to/{site.base}/x") == b"whole"
    assert await get(site, "to//x") == b"whole"
    for outside in (f"{inner.base}/x", "http://169.254.169.254/", "file:///etc/passwd", ""):
        with pytest.raises(FetchGone):
            await get(site, f"to/{outside}")
    assert inner.asked == []


async def test_who_moves_on_and_on_is_left(site: Site) -> None:
    with pytest.raises(FetchGone):
        await get(site, "to//" + "to//" * 4 + "x")
    assert len(site.asked) == 4


@pytest.mark.parametrize(
    ("status", "failure"),
    [(403, FetchGone), (404, FetchGone), (410, FetchGone), (429, FetchLater), (503, FetchLater)],
)
async def test_the_status_decides(site: Site, status: int, failure: type[Exception]) -> None:
    with pytest.raises(failure):
        await get(site, f"status/{status}")


async def test_what_has_no_end_is_left_at_the_limit(site: Site) -> None:
    with pytest.raises(FetchTooLarge):
        await get(site, "endless", at_most=10**6)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://f20-zpc.zdn.vn/a.jpg", True),
        ("https://zdn.vn/a.jpg", True),
        ("https://xzdn.vn/a.jpg", False),
        ("https://zdn.vn.example.vn/a.jpg", False),
        ("http://f20-zpc.zdn.vn/a.jpg", False),
        ("https://f20-zpc.zdn.vn:8443/a.jpg", False),
        ("https://me@zdn.vn/a.jpg", False),
        ("http://10.0.0.1:9000/a.jpg", True),
        ("http://10.0.0.1/a.jpg", False),
        ("https://10.0.0.1:9000/a.jpg", False),
    ],
)
def test_hosts_of_the_platform_and_the_api_base_alone_are_asked(
    address: str, *, allowed: bool
) -> None:
    assert of_platform("http://10.0.0.1:9000", frozenset(HOSTS))(URL(address)) is allowed


class Nowhere(AbstractResolver):
    """Finds no host, so that nothing leaves; and writes down which were looked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        self.asked.append(host)
        raise OSError(f"{host} is not found")

    async def close(self) -> None: ...


async def test_a_host_that_only_has_to_be_allowed_is_named_and_asked_once_it_is(site: Site) -> None:
    nowhere = Nowhere()
    connector = aiohttp.TCPConnector(resolver=nowhere)
    async with aiohttp.ClientSession(connector=connector) as session:
        foreign = Files(session, site.base, lambda: NOW)
        for address in (
            "https://f1.new-host.vn/secret.jpg",
            f"{site.base}/to/https://f1.new-host.vn/",
        ):
            with pytest.raises(FetchForeign, match=r"^f1\.new-host\.vn is none") as refusal:
                await foreign.fetch(address, at_most=100)
            assert refusal.value.host == "f1.new-host.vn"
        assert nowhere.asked == []
        for address in (
            "http://f1.new-host.vn/",
            "https://f1.new-host.vn:8443/",
            "https://me@f1.new-host.vn/",
            "https://169.254.169.254/",
            "https://[::1]/",
            "https://localhost/",
        ):
            with pytest.raises(FetchGone):
                await foreign.fetch(address, at_most=100)
        mended = Files(session, site.base, lambda: NOW, hosts=(*HOSTS, "new-host.vn"))
        with pytest.raises(FetchLater):
            await mended.fetch("https://f1.new-host.vn/secret.jpg", at_most=100)
        assert nowhere.asked == ["f1.new-host.vn"]


@pytest.mark.parametrize(
    "odd", [None, 7, "", "a.jpg", "ftp://x/y", "https://x/\0", "https://x/" * 900]
)
def test_what_is_no_address_is_no_attachment(odd: object) -> None:
    assert attachment(Kind.IMAGE, odd) == ()
