"""A notice in a browser: written at the console, approved by another, received on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from content.library import Library
from handlers.charts import WIDTH
from handlers.staff.door import COOKIE
from storage.officials import Role
from tests.browser import chromium, someone
from tests.console.desk import account, token_of
from tests.journeys.commune import Commune, commune, hear, say
from tests.journeys.test_signing_in import good

pytestmark = pytest.mark.browser

WORDS = "Sáng mai 8 giờ trạm y tế tiêm phòng cho trẻ. Bà con mang sổ tiêm."


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def signed_in(browser: Browser, world: Commune, role: Role, name: str) -> Page:
    """Somebody of the commune at the list of notices, on a small phone."""
    who = await account(world.house, role, unit="xa-mau", name=name)
    page = await someone(browser, f"{world.address}/healthz")
    kept = {"name": COOKIE, "value": await token_of(world.house, who)}
    await page.context.add_cookies([{**kept, "url": f"{world.address}/staff"}])
    await page.goto(f"{world.address}/staff/notices")
    return page


async def test_what_an_officer_writes_and_another_approves_is_on_the_phones(
    browser: Browser, data_folder: Path, library: Library
) -> None:
    async with commune(data_folder.parent, library) as world:
        villager = world.phones["Telegram"]
        await say(villager, "đăng ký", "muốn nhận tin")
        await say(villager, "1", "Đã ghi")
        lan = await signed_in(browser, world, Role.OFFICER, "Lan")
        await good(lan)
        await lan.get_by_role("link", name="Viết thông báo").click()
        await good(lan)
        await lan.get_by_label("Lời thông báo").fill(WORDS)
        await lan.get_by_label("Gửi lúc nào").fill("chiều mai")
        await lan.get_by_role("button", name="Xem lại").press("Enter")
        await expect(lan.get_by_role("alert")).to_contain_text("Chưa rõ mấy giờ")
        await good(lan)
        await expect(lan.get_by_label("Lời thông báo")).to_have_value(WORDS)
        await lan.get_by_label("Gửi lúc nào").fill("")
        await lan.get_by_role("button", name="Xem lại").press("Enter")
        await expect(lan.locator("main")).to_contain_text("Lúc gửi: ngay khi được duyệt")
        await expect(lan.locator("main")).to_contain_text("Gửi được cho 1 người: Telegram 1")
        await good(lan)
        await lan.get_by_role("button", name="Gửi duyệt").press("Enter")
        await expect(lan.get_by_role("status")).to_contain_text("Đã gửi duyệt")
        await good(lan)

        sua = await signed_in(browser, world, Role.APPROVER, "Sua")
        await sua.get_by_role("link", name="Chờ duyệt: 1").click()
        await sua.get_by_role("link", name="Thông báo số 1").click()
        await expect(sua.locator(".told").first).to_contain_text(WORDS)
        await good(sua)
        await sua.get_by_role("button", name="Duyệt", exact=True).press("Enter")
        await expect(sua.get_by_role("status")).to_contain_text("Đã duyệt thông báo số 1")
        for _ in range(2):
            await world.house.clock.broadcasts()
        await hear(villager, WORDS)

        # As it stands: a page that comes anew by itself may do so while it is looked at.
        await sua.goto(f"{world.address}/staff/notices/1/progress?still=1")
        await expect(sua.get_by_role("status")).to_contain_text("1 trên 1 người đã nhận")
        await good(sua)
        await sua.get_by_role("link", name="Thông báo số 1").click()
        drawn = sua.locator("img.chart")
        await expect(drawn).to_have_attribute("alt", "Hình vẽ kết quả gửi: 1 trên 1 người đã nhận.")
        await expect(drawn).to_have_js_property("complete", value=True)
        assert await drawn.evaluate("one => one.naturalWidth") == WIDTH, "the picture has come"
        await good(sua)
        await sua.goto(f"{world.address}/staff/notices/calendar")
        await sua.get_by_role("link", name="1 thông báo").press("Enter")
        await good(sua)
