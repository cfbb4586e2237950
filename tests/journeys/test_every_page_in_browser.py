"""Every page of the console, in both languages: on a small phone, and by who cannot see it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page

from bot.wiring import House
from handlers.staff.door import COOKIE, LANGUAGE_COOKIE
from tests.browser import PHONE, chromium
from tests.console.desk import Desk, sitting_at, token_of
from tests.console.test_every_route import NEEDS, Place
from tests.console.test_unanswered import note
from tests.journeys.test_signing_in import good

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_address", ["sqlite"], indirect=True),
]

NO_PAGE = re.compile(r"\.svg$|/live$|\{(?:ending|file|id|ticket)\}")
"""Pictures, files, and a stream without an end."""

NARROWEST = {"width": 320, "height": 640}
"""A screen of 1280 pixels, enlarged four times."""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def over_the_edge(page: Page) -> int:
    """By how many pixels the page would have to be moved sideways."""
    over: int = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return over


EMPTY = {
    "/staff/cases": "/chosen",
    "/staff/cases/{case}": "/preview",
    "/staff/groups/{group}": "/preview",
    "/staff/replies": "/add",
    "/staff/notices/new": "/preview",
    "/staff/new-unit": "/new-unit",
    "/staff/units/{unit}/edit": "/save",
    "/staff/units/import": "/import",
    "/staff/days-off": "/add",
    "/staff/keys": "/create",
    "/staff/me": "/password",
}
"""Forms that are refused when nothing is written in them, by their page."""


class Reader:
    """A phone at the console, in a language; what its browser complained of is in `said`."""

    def __init__(self, desk: Desk, page: Page) -> None:
        self.desk, self.page = desk, page
        self.said: list[str] = []  # as of a content security policy that was broken
        page.on("console", lambda told: self.said.append(told.text))
        page.on("pageerror", lambda fault: self.said.append(str(fault)))

    async def open(self, path: str) -> None:
        await self.page.goto(str(self.desk.client.make_url(path)))

    async def finds_it_good(self, path: str) -> None:
        for folded in await self.page.locator("details").all():
            await folded.evaluate("one => one.open = true")
        await good(self.page)
        await self.page.set_viewport_size(NARROWEST)
        assert await over_the_edge(self.page) <= 0, path
        await self.page.set_viewport_size(PHONE["viewport"])


@asynccontextmanager
async def reading(browser: Browser, house: House, language: str) -> AsyncIterator[Reader]:
    async with sitting_at(house) as desk:
        page = await browser.new_page(**PHONE)
        page.set_default_timeout(10_000)
        site = str(desk.client.make_url("/staff"))
        kept = {COOKIE: await token_of(house, desk.who), LANGUAGE_COOKIE: language}
        await page.context.add_cookies(
            [{"name": name, "value": value, "url": site} for name, value in kept.items()]
        )
        yield Reader(desk, page)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_page_fits_a_phone_is_read_aloud_rightly_and_breaks_no_rule_of_its_own(
    browser: Browser, house: House, language: str
) -> None:
    here = await Place(house, "xa-mau").furnish()
    await note(house, "bán sim số đẹp ở chợ nào")  # a second group of the same size
    paths = [path for method, path in NEEDS if method == "GET" and not NO_PAGE.search(path)]
    async with reading(browser, house, language) as reader:
        for path in paths:
            await reader.open(here.address(path))
            assert await reader.page.locator("html").get_attribute("lang") == language, path
            await reader.finds_it_good(path)
        assert not [one for one in reader.said if "responded with a status of 4" not in one]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_what_is_said_of_an_empty_form_is_as_good(
    browser: Browser, house: House, language: str
) -> None:
    here = await Place(house, "xa-mau").furnish()
    async with reading(browser, house, language) as reader:
        for path, step in EMPTY.items():
            await reader.open(here.address(path))
            form = reader.page.locator(f"form[action$='{step}']").first
            await form.evaluate(
                "one => { one.noValidate = true;"
                " for (const field of one.querySelectorAll('input:not([type=hidden]), textarea'))"
                " { field.value = ''; } }"
            )
            async with reader.page.expect_navigation() as coming:
                await form.evaluate("one => one.submit()")
            answer = await coming.value
            assert answer.status in {409, 422}, path
            assert await reader.page.locator("[role=alert]").count(), path
            await reader.finds_it_good(path)
