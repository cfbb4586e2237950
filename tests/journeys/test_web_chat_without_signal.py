"""The web chat in a browser when the signal, the server or the cookie goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import APIResponse, Browser, BrowserContext, Page, Route, expect

from handlers.messages import Reply
from tests.browser import chromium
from tests.emulators.web_chat_house import TEXTS
from tests.journeys.web_chat import QUESTION, Site, answered, ask, open_site, phone_in, talk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def site() -> AsyncIterator[Site]:
    async with open_site() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    async with phone_in(browser) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext, site: Site) -> Page:
    page = await context.new_page()
    await page.goto(site.address)
    return page


async def test_without_signal_messages_wait_and_are_sent_once(page: Page, site: Site) -> None:
    await ask(page, "chào")
    await answered(page, 2)
    await page.context.set_offline(True)
    await ask(page, "tin thứ nhất")
    await ask(page, "tin thứ hai")
    await expect(page.locator("#state")).to_have_text(TEXTS("web.offline"))
    await expect(page.locator(".unsent")).to_have_count(2)
    await site.house.tell(site.house.kept[0].chat, Reply("Tin của xã lúc mất sóng"))
    await page.context.set_offline(False)
    await answered(page, 5)
    assert site.texts == ["chào", "tin thứ nhất", "tin thứ hai"]
    await expect(page.locator("#state")).to_be_hidden()
    shown = await talk(page)
    assert len(shown) == len(set(shown)) == 8
    await page.reload()
    assert await talk(page) == shown


async def test_unsent_messages_outlive_the_page(page: Page, site: Site) -> None:
    await page.route("**/chat", lambda route: route.abort())
    await ask(page, "tin chưa gửi")
    await expect(page.locator(".unsent time")).to_have_text(TEXTS("web.unsent"))
    await page.unroute("**/chat")
    await page.reload()
    await answered(page, 2)
    assert site.texts == ["tin chưa gửi"]
    await page.reload()
    await answered(page, 2)
    assert site.texts == ["tin chưa gửi"]


async def test_a_lost_answer_to_a_post_doubles_nothing(page: Page, site: Site) -> None:
    lost: list[APIResponse] = []

    async def lose_first(route: Route) -> None:
        if not lost:
            lost.append(await route.fetch())
            await route.abort()
        else:
            await route.continue_()

    await page.route("**/chat", lose_first)
    await ask(page, QUESTION)
    await answered(page, 2)
    assert len(lost) == 1
    assert site.texts == [QUESTION]
    assert (await talk(page)).count(f"> {QUESTION}") == 1


async def test_the_page_comes_back_after_the_server_was_away(page: Page, site: Site) -> None:
    await ask(page, "chào")
    await answered(page, 2)
    began = asyncio.get_running_loop().time()
    await site.stop()
    assert asyncio.get_running_loop().time() - began < 2
    await ask(page, "lúc máy chủ nghỉ")
    await expect(page.locator("#state")).to_have_text(TEXTS("web.offline"))
    await site.start()
    await answered(page, 3)
    assert site.texts == ["chào", "lúc máy chủ nghỉ"]
    await site.house.tell(site.house.kept[0].chat, Reply("Tin mới của xã"))
    await answered(page, 4)


async def test_phones_without_streams_ask_for_news(context: BrowserContext, site: Site) -> None:
    page = await context.new_page()
    await page.add_init_script("delete window.EventSource")
    await page.goto(site.address)
    site.house.answer_after = 0.5
    await ask(page, QUESTION)
    await answered(page, 2)


async def test_a_stream_that_is_held_back_is_made_up_for(
    context: BrowserContext, site: Site
) -> None:
    page = await context.new_page()
    await page.route("**/chat/stream*", lambda route: asyncio.sleep(0))  # never answered
    await page.goto(site.address)
    await ask(page, QUESTION)
    await answered(page, 2)


async def test_a_lost_cookie_does_not_lose_the_message(page: Page, site: Site) -> None:
    await page.context.clear_cookies()
    await ask(page, "tin sau khi mất khóa")
    await answered(page, 2)
    assert site.texts == ["tin sau khi mất khóa"]


async def test_a_refused_message_goes_back_to_the_box(page: Page, site: Site) -> None:
    await page.evaluate("document.getElementById('write').removeAttribute('maxlength')")
    await ask(page, "dài " * 600)
    await expect(page.locator("#state")).to_contain_text("Tin dài quá")
    assert len(await page.input_value("#write")) > 2_000
    await expect(page.locator(".unsent")).to_have_count(0)
