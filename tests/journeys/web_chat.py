"""The web chat on a port of this machine, and what a person does on its page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, expect

from bot.channels.web_chat import WebChat
from handlers.messages import Kind
from tests.browser import PHONE
from tests.emulators.web_chat_house import TEXTS, House

QUESTION = "Mẹ tôi 76 tuổi, tiền tuổi già xin thế nào?"
ANSWER = "Người từ 75 tuổi không có lương hưu"


class Site:
    """The web chat on a port of this machine; it can go away and come back."""

    def __init__(self) -> None:
        self.house = House(lambda: datetime.now(UTC))
        self.port = 0

    async def start(self) -> None:
        house = self.house
        chat = WebChat(
            account="web",
            transcripts=house,
            texts=TEXTS,
            welcome=house.welcome,
            read_media=house.read_media,
            clock=house.clock,
            secure=False,
            owner="Xã Đăk Rơ Ông, tỉnh Quảng Ngãi",
            accept=house.accept,
        )
        app = web.Application()
        app.add_routes(chat.routes())
        app.on_shutdown.append(chat.hang_up)
        self._runner = web.AppRunner(app, shutdown_timeout=2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self._runner.cleanup()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def texts(self) -> list[str]:
        """What people wrote or tapped, as it was stored, in order."""
        return [come.text for come in self.house.came.values() if come.kind is not Kind.START]


async def ask(page: Page, text: str) -> None:
    await page.fill("#write", text)
    await page.click(".send")


async def talk(page: Page) -> list[str]:
    """All messages on the page, in order, each with who said it."""
    lines: list[str] = await page.eval_on_selector_all(
        ".line",
        "lines => lines.map(l => (l.matches('.mine') ? '> ' : '< ')"
        " + l.querySelector('.words').innerText.split('\\n')[0])",
    )
    return lines


async def answered(page: Page, count: int) -> None:
    """Wait until so many answers stand on the page, and nothing more is on its way."""
    await expect(page.locator(".ours:not([data-key=welcome])")).to_have_count(count)
    await expect(page.locator(".unsent")).to_have_count(0)
    await expect(page.locator("#waiting")).to_be_hidden()


@asynccontextmanager
async def open_site() -> AsyncIterator[Site]:
    site = Site()
    await site.start()
    yield site
    await site.stop()


@asynccontextmanager
async def phone_in(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A small screen in that browser, with a memory of its own."""
    context = await browser.new_context(**PHONE)
    context.set_default_timeout(10_000)
    yield context
    await context.close()
