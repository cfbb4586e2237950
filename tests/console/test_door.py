"""The staff address: closed to all but those who have the key of this installation."""

from __future__ import annotations

import re
import stat
from collections.abc import AsyncIterator

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from bot.web import Site
from bot.wiring import House
from handlers.staff.door import COOKIE
from tests.console.villager import ask

Client = TestClient  # type: ignore[type-arg]


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    jar = CookieJar(unsafe=True)
    async with TestClient(TestServer(Site(house).application()), cookie_jar=jar) as opened:
        yield opened


def way_in(house: House) -> str:
    return house.door.link("")


async def test_the_key_opens_and_the_address_bar_forgets_it(client: Client, house: House) -> None:
    answer = await client.get(way_in(house))
    assert answer.status == 200
    assert answer.url.path == "/staff"
    assert not answer.url.query
    cookie = answer.history[0].cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/staff"
    key = way_in(house).partition("=")[2]
    assert key not in cookie.value


async def test_without_the_key_nothing_is_shown(client: Client) -> None:
    await ask(client, "mua điện thoại cũ ở đâu rẻ")
    client.session.cookie_jar.update_cookies({COOKIE: "wrong"})
    for path in ("/staff", "/staff/enter", "/staff/enter?key=", "/staff/enter?key=ă"):
        answer = await client.get(path)
        assert answer.status == 401, path
        assert "điện thoại" not in await answer.text()


async def test_staff_see_the_questions_that_wait_and_their_text_is_only_text(
    client: Client, house: House
) -> None:
    await ask(client, "mua <script>alert(1)</script> ở đâu rẻ vậy")
    page = await (await client.get(way_in(house))).text()
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


async def test_leaving_closes_the_door(client: Client, house: House) -> None:
    page = await (await client.get(way_in(house))).text()
    assert (await client.post("/staff/leave")).status == 403, "not sent from our page"
    assert (await client.get("/staff")).status == 200
    token = re.search(r'name="token" value="([0-9a-f]+)"', page)
    assert token
    await client.post("/staff/leave", data={"token": token[1]})
    assert (await client.get("/staff")).status == 401


async def test_the_key_is_the_same_after_a_restart_and_its_owners_alone(house: House) -> None:
    file = house.settings.data.folder / "staff.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() in way_in(house)
    assert not list(file.parent.glob("staff.key.*"))
