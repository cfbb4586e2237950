"""A real browser for tests, and the small phone in it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.conftest import missing

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 640},
    "has_touch": True,
    "locale": "vi-VN",
}
"""What `new_context` and `new_page` are given."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser while the block runs; where there is none the test is skipped, or fails in CI."""
    path = shutil.which("chromium")
    if path is None:
        missing("browser", "no chromium on the path")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


async def someone(browser: Browser, address: str) -> Page:
    """A page in a browser of its own."""
    page = await browser.new_page(**PHONE)
    page.set_default_timeout(10_000)
    await page.goto(address)
    return page
