"""The web application around the whole house: hooks, health, headers."""

from __future__ import annotations

import gzip
import logging
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.web import MAX_BODY, Site, runner_of
from bot.wiring import House

Client = TestClient


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    async with TestClient(TestServer(Site(house).application())) as opened:
        yield opened


async def test_health_and_readiness_tell_how_the_process_is(client: Client) -> None:
    assert (await client.get("/healthz")).status == 200
    ready = await client.get("/readyz")
    assert (await ready.json())["ok"] is True


async def test_readiness_fails_when_the_database_is_gone(client: Client, house: House) -> None:
    async with house.database.begin() as tx:
        await tx.connection.exec_driver_sql("ALTER TABLE alembic_version RENAME TO gone")
    ready = await client.get("/readyz")
    async with house.database.begin() as tx:
        await tx.connection.exec_driver_sql("ALTER TABLE gone RENAME TO alembic_version")
    assert ready.status == 503
    assert "migrate" in (await ready.json())["problem"]


async def test_metrics_count_and_hold_no_word_of_anybody(client: Client) -> None:
    await client.post("/chat", data={"text": "câu hỏi bí mật"})
    text = await (await client.get("/metrics")).text()
    assert "loaban_outbox_messages" in text
    assert "bí mật" not in text


@pytest.mark.parametrize("account", ["nobody", "web", "..%2f", "%00"])
async def test_a_hook_that_is_none_says_nothing_about_names(client: Client, account: str) -> None:
    answer = await client.post(f"/hooks/{account}", data=b"{}")
    assert answer.status in {403, 404}
    assert await answer.read() == b""


async def test_a_body_without_end_is_refused(client: Client) -> None:
    answer = await client.post("/hooks/nobody", data=b"x" * (MAX_BODY + 1))
    assert answer.status in {403, 413}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "none-such"])
async def test_a_body_that_says_it_is_packed_is_not_unpacked_and_fills_no_log(
    house: House, encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A megabyte could become a gigabyte, and what is signed is the body as it came."""
    runner = runner_of(house)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/nobody"
        async with aiohttp.ClientSession() as session:
            for body in (gzip.compress(bytes(5 * MAX_BODY)), b"nothing packed", b""):
                headers = {"Content-Encoding": encoding}
                async with session.post(address, data=body, headers=headers) as answer:
                    assert answer.status == 403, "it is read as it came, and nobody's"
    finally:
        await runner.cleanup()
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


@pytest.mark.parametrize("path", ["/", "/staff", "/healthz", "/nowhere"])
async def test_every_answer_carries_the_headers_that_protect(client: Client, path: str) -> None:
    answer = await client.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith(("default-src 'self'", "default-src 'none'"))
    assert "unsafe-inline" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "aiohttp" not in answer.headers["Server"]


async def test_pages_load_nothing_from_elsewhere_and_no_inline_code(client: Client) -> None:
    for path in ("/", "/staff"):
        page = await (await client.get(path)).text()
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert "<script>" not in page
        for address in ("http://", "https://"):
            assert address not in page.replace("http://www.w3.org/2000/svg", "")
