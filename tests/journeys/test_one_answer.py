"""One answer to three who asked alike on three channels: written on a small phone, heard once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from content.library import Library
from handlers.staff.door import COOKIE
from storage.officials import Role
from tests.browser import chromium, someone
from tests.console.desk import account, token_of
from tests.journeys.commune import Commune, commune, hear, say
from tests.journeys.test_unanswered_in_browser import fits

pytestmark = pytest.mark.browser

ASKED = {
    "Telegram": "máy cày nhà tôi hỏng thì sửa ở đâu",
    "Zalo OA": "máy cày nhà em hỏng thì sửa ở đâu ạ",
    "Zalo Bot": "may cay nha minh hong thi sua o dau",
}
ANSWER = "Bà con đem máy ra tiệm sửa ở chợ xã, mở cửa cả ngày."


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def at_the_desk(browser: Browser, world: Commune) -> Page:
    """A small phone on which the one who leads Xã Mẫu is signed in."""
    page = await someone(browser, f"{world.address}/staff/sign-in")
    token = await token_of(world.house, await account(world.house, Role.APPROVER, unit="xa-mau"))
    await page.context.add_cookies([{"name": COOKIE, "value": token, "url": world.address}])
    return page


async def test_three_on_three_channels_ask_alike_and_each_hears_the_answer_once(
    browser: Browser, data_folder: Path, library: Library
) -> None:
    async with commune(data_folder.parent, library) as world:
        for name, question in ASKED.items():
            await say(world.phones[name], question, "chậm nhất là ngày")
        staff = await at_the_desk(browser, world)
        await staff.goto(f"{world.address}/staff/unanswered")
        write = staff.get_by_role("button", name="Trả lời chung một lần")
        await expect(write).to_have_count(1)
        await expect(staff.locator(".group")).to_contain_text("Đang chờ cán bộ trả lời: 3 việc")
        assert await fits(staff)
        await write.press("Enter")
        await staff.get_by_label("Chuyện gì").fill("Sửa máy cày ở đâu")
        await staff.get_by_label("Câu trả lời chung").fill(ANSWER)
        assert await fits(staff)
        await staff.get_by_role("button", name="Xem lại trước khi gửi").press("Enter")
        for name, question in ASKED.items():
            part = staff.locator("section", has=staff.get_by_role("heading", name=name))
            await expect(part.locator("h2")).to_have_text(f"{name}: 1 cuộc trò chuyện")
            await expect(part.locator(".told")).to_contain_text(f"“{question}”")
            await expect(part.locator(".told")).to_contain_text(ANSWER)
        assert await fits(staff)
        before = {name: len(await world.phones[name].screen()) for name in ASKED}
        await staff.get_by_role("button", name="Gửi tới 3 cuộc trò chuyện").dblclick()
        for name, question in ASKED.items():
            answer = await hear(world.phones[name], ANSWER, before[name])
            assert f"Bà con hỏi: “{question}”" in answer.text
            assert "Cán bộ Xã Mẫu trả lời" in answer.text
        await asyncio.sleep(1)  # a second copy would have come by now
        for name, phone in world.phones.items():
            heard = [shown for shown in await phone.screen() if ANSWER in shown.text]
            assert len(heard) == (name in ASKED), name
        await staff.goto(f"{world.address}/staff/unanswered")
        await expect(staff.locator("main")).to_contain_text("Không còn câu nào chưa xem.")
