"""Too much at once over the page: refused in words, with nothing lost and no address kept."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import expect

from bot.channels.web_chat import WebChat
from bot.channels.web_chat_limits import WINDOW, Bounds
from bot.config import load
from bot.file_checks import MEGABYTE, FileLimits
from bot.file_store import FileStore
from bot.uploads import Uploads
from handlers.messages import Kind
from tests.bot import samples
from tests.browser import chromium
from tests.conftest import Clock
from tests.emulators.web_chat_house import TEXTS, House

HERE, THERE = "203.0.113.7", "198.51.100.9"  # addresses that are kept free for examples
BOUNDS = Bounds(5, 2, 8, 3, trusted_proxies=1)
TOO_MUCH = "chờ 10 phút rồi gửi lại"


class Phone:
    """One of the phones behind a proxy that says from where they come."""

    def __init__(self, client: TestClient[web.Request, web.Application], address: str) -> None:
        self.client, self.headers = client, {"X-Forwarded-For": address}
        self.sent = 0

    async def say(self, text: str) -> tuple[int, str]:
        self.sent += 1
        form = {"id": f"phone-made-{self.sent}", "text": text}
        return await self._post(form, "application/json")

    async def say_by_form(self, text: str) -> tuple[int, str]:
        self.sent += 1
        return await self._post({"id": f"phone-made-{self.sent}", "text": text}, "text/html")

    async def send(self, content: bytes) -> tuple[int, str]:
        self.sent += 1
        form = aiohttp.FormData({"id": f"phone-made-{self.sent}", "unit": ""})
        form.add_field("file", content, filename="x.jpg", content_type="image/jpeg")
        return await self._post(form, "text/html")

    async def _post(self, form: object, accept: str) -> tuple[int, str]:
        headers = {**self.headers, "Accept": accept}
        async with self.client.post(
            "/chat", data=form, headers=headers, allow_redirects=False
        ) as answer:
            told = await answer.text()
            return answer.status, json.dumps(json.loads(told), ensure_ascii=False) if (
                answer.content_type == "application/json"
            ) else told


Opening = Callable[..., AbstractAsyncContextManager[Phone]]


@pytest.fixture
def house(clock: Clock) -> House:
    return House(clock)


def chat_of(house: House, folder: Path, bounds: Bounds) -> WebChat:
    limits = FileLimits(MEGABYTE, MEGABYTE, MEGABYTE)
    return WebChat(
        account="web",
        transcripts=house,
        texts=TEXTS,
        welcome=house.welcome,
        read_media=house.read_media,
        clock=house.clock,
        secure=False,
        uploads=Uploads(FileStore(str(folder)), limits, house.clock),
        bounds=bounds,
        accept=house.accept,
        patience=0.1,
    )


@pytest.fixture
def opening(house: House, tmp_path: Path) -> Opening:
    """Takes up phones at addresses; the first one's bounds are everybody's."""
    chats: dict[Bounds, WebChat] = {}

    @asynccontextmanager
    async def phone(address: str = HERE, bounds: Bounds = BOUNDS) -> AsyncIterator[Phone]:
        chat = chats.setdefault(bounds, chat_of(house, tmp_path, bounds))
        app = web.Application()
        app.add_routes(chat.routes())
        async with TestClient(TestServer(app)) as client:
            await (await client.get("/")).text()  # gives the cookie
            yield Phone(client, address)

    return phone


def lying(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def kept(house: House) -> int:
    """How many messages were taken."""
    return sum(incoming.kind is not Kind.START for incoming in house.came.values())


async def test_one_conversation_is_stopped_in_words_and_goes_on_after_ten_minutes(
    opening: Opening, house: House, clock: Clock
) -> None:
    async with opening() as phone:
        for number in range(BOUNDS.posts_per_chat):
            assert (await phone.say(f"tin {number}"))[0] == 200
        status, words = await phone.say("tin quá")
        assert (status, TOO_MUCH in words, "web.error.too_many" in words) == (429, True, True)
        assert "113, 114, 115" in words, "who is in danger is told whom to call"
        status, page = await phone.say_by_form("tin chưa gửi được")
        assert status == 429
        assert "tin chưa gửi được" in page, "what they wrote stands in the box"
        assert "tin 0" in page, "what was taken before is there"
        assert kept(house) == BOUNDS.posts_per_chat
        clock.pass_by(WINDOW.total_seconds())
        assert (await phone.say("tin mới"))[0] == 200


async def test_many_phones_behind_one_address_are_stopped_only_by_its_own_bound(
    opening: Opening,
) -> None:
    async with opening() as first, opening() as second, opening(THERE) as elsewhere:
        for phone in (first, second):
            for number in range(4):
                assert (await phone.say(f"tin {number}"))[0] == 200
        assert (await first.say("tin quá"))[0] == 429
        assert (await second.say("tin quá"))[0] == 429
        assert (await elsewhere.say("tin"))[0] == 200
    async with opening() as fresh:
        assert (await fresh.say("tin"))[0] == 429, "a new conversation is no way around"


async def test_files_are_counted_apart_and_what_is_refused_is_not_stored(
    opening: Opening, tmp_path: Path, house: House
) -> None:
    async with opening() as phone:
        for _ in range(BOUNDS.uploads_per_chat):
            assert (await phone.send(samples.picture()))[0] == 303
        before = lying(tmp_path)
        status, page = await phone.send(samples.picture(orientation=6))
        assert (status, TOO_MUCH in page) == (429, True)
        assert lying(tmp_path) == before
        assert (await phone.say("nhưng chữ thì gửi được"))[0] == 200
        async with opening() as other:
            assert (await other.send(samples.picture()))[0] == 303
            assert (await other.send(samples.picture()))[0] == 429, "the address had its three"


async def test_what_a_phone_says_of_its_address_does_not_count(opening: Opening) -> None:
    async with opening() as phone:
        for number in range(4):
            phone.headers = {"X-Forwarded-For": f"192.0.2.{number}, {HERE}"}
            assert (await phone.say("tin"))[0] == 200
    async with opening() as phone:
        for number in range(4):
            phone.headers = {"X-Forwarded-For": f"192.0.2.{number + 9},{HERE}"}
            assert (await phone.say("tin"))[0] == 200
        phone.headers = {"X-Forwarded-For": f"192.0.2.99, {HERE}"}
        assert (await phone.say("tin"))[0] == 429


@pytest.mark.parametrize(
    ("address", "bounds"),
    [
        (
            HERE,
            replace(BOUNDS, trusted_proxies=0),
        ),  # a proxy that nobody told of: all come from loopback
        ("10.1.2.3", BOUNDS),
        ("không biết", BOUNDS),
        ("", BOUNDS),
    ],
)
async def test_an_address_that_tells_nothing_stops_nobody(
    opening: Opening, address: str, bounds: Bounds
) -> None:
    for _ in range(3):
        async with opening(address, bounds) as phone:
            for number in range(BOUNDS.posts_per_chat):
                assert (await phone.say(f"tin {number}"))[0] == 200


async def test_the_addresses_of_one_ipv6_household_are_one(opening: Opening) -> None:
    for number in range(BOUNDS.posts_per_address):
        async with opening(f"2001:db8:1:2::{number:x}") as phone:
            assert (await phone.say("tin"))[0] == 200
    async with opening("2001:db8:1:2:ffff::1") as phone:
        assert (await phone.say("tin"))[0] == 429
    async with opening("2001:db8:1:3::1") as phone:
        assert (await phone.say("tin"))[0] == 200


async def test_no_address_is_kept_or_logged_and_the_key_changes_with_the_window(
    house: House, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    chat = chat_of(house, tmp_path, BOUNDS)
    app = web.Application()
    app.add_routes(chat.routes())
    async with TestClient(TestServer(app)) as client:
        await client.get("/")
        phone = Phone(client, HERE)
        for _ in range(BOUNDS.posts_per_chat + 1):
            await phone.say("tin")
        turnstile = chat._turnstile
        counted, key = dict(turnstile._counts), turnstile._key
        assert sorted(counted.values()) == [BOUNDS.posts_per_chat] * 2
        assert all(len(mark) == 16 for mark in counted)
        clock.pass_by(WINDOW.total_seconds())
        await phone.say("tin")
    assert turnstile._key != key
    assert not counted.keys() & turnstile._counts.keys()
    written = caplog.text + repr(vars(turnstile)) + repr(house.came)
    assert not re.search(re.escape(HERE), written)


@pytest.mark.browser
async def test_the_page_gives_the_words_back_and_says_when_to_try_again(
    house: House, tmp_path: Path, clock: Clock
) -> None:
    chat = chat_of(house, tmp_path, replace(BOUNDS, posts_per_chat=1))
    app = web.Application()
    app.add_routes(chat.routes())
    app.on_shutdown.append(chat.hang_up)
    async with TestServer(app) as server, chromium() as browser:
        page = await browser.new_page(viewport={"width": 360, "height": 740})
        await page.goto(str(server.make_url("/")))
        box, mine = page.locator("#write"), page.locator(".line.mine")
        await box.fill("tin đầu")
        await box.press("Enter")
        await expect(page.locator(".line.mine:not(.unsent)")).to_have_count(1)
        await box.fill("tin sau")
        await box.press("Enter")
        await expect(page.locator("#state")).to_contain_text(TOO_MUCH)
        await expect(box).to_have_value("tin sau")
        await expect(mine).to_have_count(1)
        clock.pass_by(WINDOW.total_seconds())
        await box.press("Enter")
        await expect(page.locator(".line.mine:not(.unsent)")).to_have_count(2)
    assert kept(house) == 2


def test_a_whole_commune_behind_one_address_can_use_it(tmp_path: Path) -> None:
    web_settings = load({}, tmp_path).web
    assert Bounds() == Bounds(**{name: getattr(web_settings, name) for name in Bounds.__slots__})
    at_once = Bounds().posts_per_address / Bounds().posts_per_chat
    assert at_once >= 50, "so many may write as fast as one may"
    assert Bounds().posts_per_address / 30 >= 200, "so many may hold a talk of thirty messages"
    assert Bounds().uploads_per_chat >= 2 * load({}, tmp_path).files.per_case
