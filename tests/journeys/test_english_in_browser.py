"""Somebody who reads English at the console: chosen before signing in, kept, and undone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from content.library import Library
from handlers.staff.passwords import Passwords
from storage.officials import Role
from tests.browser import chromium, someone
from tests.console.desk import account
from tests.console.test_case_list import opened
from tests.journeys.commune import commune
from tests.journeys.test_signing_in import good

pytestmark = pytest.mark.browser

PASSWORD = "con trâu uống nước suối"
DESKS = ("cases", "cases/1", "notices", "notices/new", "notices/calendar", "unanswered", "numbers",
         "report", "people", "units", "accounts", "audit", "me")  # fmt: skip


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def speaks(page: Page, language: str) -> None:
    await expect(page.locator("html")).to_have_attribute("lang", language)


async def test_english_is_chosen_before_signing_in_and_stays_on_every_desk(
    browser: Browser, data_folder: Path, library: Library
) -> None:
    async with commune(data_folder.parent, library) as world:
        hashed = await Passwords(memory_kib=8, passes=1).hash(PASSWORD)
        await account(world.house, Role.ADMINISTRATOR, name="Mai", login="mai", password=hashed)
        await opened(world.house, "cầu treo gãy")
        page = await someone(browser, f"{world.address}/staff/cases?state=waiting")
        await speaks(page, "vi")
        await good(page)
        await page.get_by_role("link", name="English").click()
        await speaks(page, "en")
        await good(page)
        await page.get_by_label("User name").fill("mai")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").press("Enter")
        await expect(page).to_have_url(f"{world.address}/staff/cases?state=waiting")
        for desk in DESKS:
            await page.goto(f"{world.address}/staff/{desk}")
            await speaks(page, "en")
            await good(page)
            for summary in await page.locator("summary").all():
                await summary.press("Enter")
            assert not (await Axe().run(page)).response["violations"], desk
        await page.goto(f"{world.address}/staff/cases?state=waiting")
        await page.get_by_role("link", name="Tiếng Việt").press("Enter")
        await speaks(page, "vi")
        await expect(page).to_have_url(f"{world.address}/staff/cases?state=waiting")
        await expect(page.get_by_role("heading", name="Việc của bà con")).to_be_visible()
