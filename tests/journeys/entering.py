"""How somebody comes to the console: by the link that was printed, once; then by their password."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Page, expect

from tests.browser import someone
from tests.program import Program

PASSWORD = "mèo mun ngủ trên mái"


def invitation(printed: str) -> str:
    """The one address of an invitation that a program has printed."""
    [link] = re.findall(r"http://\S+/staff/invitation/\S+", printed)
    return str(link)


async def first_administrator(browser: Browser, running: Program, name: str = "Mai") -> Page:
    """A small phone on which the first administrator has just come in."""
    page = await someone(browser, invitation(running.text))
    await take_up(page, name=name, login="quan.tri")
    return page


async def take_up(page: Page, *, name: str = "", login: str = "") -> None:
    """Fill in an invitation; without a login, one for an account that there is."""
    if name:
        await page.get_by_label("Họ tên").fill(name)
    if login:
        await page.get_by_label("Tên đăng nhập").fill(login)
    await page.get_by_label("Mật khẩu mới", exact=True).fill(PASSWORD)
    await page.get_by_label("Gõ lại mật khẩu mới").fill(PASSWORD)
    await page.get_by_role("button", name="Lưu và vào trang").press("Enter")
    await expect(page.locator("h1")).to_have_text("Loa Bản: bàn của cán bộ")
