"""The inbox in two browsers at once: news without reloading, also after the program began anew, who
is at the same case, keys, several cases at once; on a small phone and without scripts."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser import PHONE, chromium, someone
from tests.journeys.entering import PASSWORD, first_administrator, take_up
from tests.journeys.test_signing_in import good
from tests.journeys.test_unanswered_in_browser import ask
from tests.program import ROOT, Program, program
from tests.small_content import few_cards, few_phrases

pytestmark = pytest.mark.browser

QUESTION = "máy cưa nhà tôi hỏng thì sửa ở đâu"
NEWS = 12_000
"""Milliseconds within which something is told by itself."""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


class House:
    """The program, to be stopped and started again at the same address."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.own = few_phrases(few_cards(folder / "own"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.running: Program

    async def start(self) -> Program:
        self.running = await self.stack.enter_async_context(
            program(
                self.folder,
                LOABAN_CONTENT__FOLDER=str(self.own),
                LOABAN_CONFIG=str(ROOT / "tests" / "house.toml"),
                PORT=str(self.port),
            )
        )
        return self.running


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        house = House(tmp_path, stack)
        await house.start()
        yield house


async def colleague(browser: Browser, boss: Page, here: House, name: str, unit: str) -> Page:
    """An officer of a unit, who has just come in."""
    await boss.goto(f"{here.running.address}/staff/people")
    await boss.locator("summary", has_text="Mời người mới").press("Enter")
    invite = boss.locator("form[action$='/invite']")
    await invite.get_by_label("Họ tên").fill(name)
    await invite.get_by_label("Vai").select_option("officer")
    await invite.get_by_label("Nơi").select_option(unit)
    await invite.get_by_role("button").press("Enter")
    page = await someone(browser, await boss.get_by_label("Đường liên kết").input_value())
    await take_up(page, login=name.casefold())
    return page


async def somebody_asks(browser: Browser, here: House) -> Page:
    """A villager of Xã Mẫu asks what becomes a case."""
    villager = await someone(browser, f"{here.running.address}/?xa=xa-mau")
    assert "chưa biết chắc" in await ask(villager, QUESTION)
    return villager


async def test_two_browsers_hear_of_new_cases_and_of_each_other_through_a_restart(
    browser: Browser, here: House
) -> None:
    boss = await first_administrator(browser, here.running, "Mai")
    lan = await colleague(browser, boss, here, "Lan", "xa-mau")
    pao = await colleague(browser, boss, here, "Pao", "xa-khac")
    complaints: list[str] = []
    lan.on("console", lambda told: complaints.append(told.text))
    for page in (boss, lan, pao):
        await page.goto(f"{here.running.address}/staff/cases")
    await somebody_asks(browser, here)
    for page in (boss, lan):
        await expect(page.locator("#live")).to_contain_text("1 việc mới.", timeout=NEWS)
    await expect(lan.locator(".cases h2")).to_have_count(0)  # nothing moves by itself
    await good(lan)
    await lan.locator("#live").get_by_role("link", name="Xem").click()
    await expect(lan.locator(".cases h2")).to_have_count(1)
    assert complaints == []

    assert await here.running.stop() == 0
    await here.start()
    await somebody_asks(browser, here)
    await expect(boss.locator("#live")).to_contain_text("2 việc mới.", timeout=30_000)
    await expect(lan.locator("#live")).to_contain_text("1 việc mới.", timeout=30_000)
    await expect(pao.locator("#live")).to_have_text(re.compile(r"^\s*Xem\s*$|^\s*$"))

    for page in (boss, lan):
        await page.goto(f"{here.running.address}/staff/cases/1")
    await expect(lan.locator("#beside")).to_have_text("Mai cũng đang mở việc này.")
    await expect(boss.locator("#beside")).to_have_text("Lan cũng đang mở việc này.", timeout=NEWS)
    await good(lan)
    await lan.locator("summary", has_text="Ghi chú").press("Enter")
    await lan.get_by_label("Ghi chú").fill("đã gọi thợ")
    await lan.get_by_role("button", name="Lưu ghi chú").click()
    await expect(boss.locator("#live")).to_contain_text("Việc này vừa có thay đổi.", timeout=NEWS)
    await lan.goto(f"{here.running.address}/staff/cases")
    await expect(boss.locator("#beside")).to_have_text("", timeout=30_000)
    assert PASSWORD not in here.running.text


async def test_what_is_handed_out_of_sight_leaves_an_open_list_and_the_focus_stays_on_the_page(
    browser: Browser, here: House
) -> None:
    for _ in range(2):
        await somebody_asks(browser, here)
    boss = await first_administrator(browser, here.running, "Mai")
    lan = await colleague(browser, boss, here, "Lan", "xa-mau")
    await lan.goto(f"{here.running.address}/staff/cases")
    rows = lan.locator(".cases h2 a")
    await expect(rows).to_have_count(2)
    for number, left in ((1, 1), (2, 0)):
        await lan.locator(f"a[href='/staff/cases/{number}']").focus()
        await boss.goto(f"{here.running.address}/staff/cases/{number}")
        await boss.locator("summary", has_text="Giao").press("Enter")
        await boss.get_by_label("Chuyển sang nơi khác").select_option("xa-khac")
        await boss.locator("form[action$='/move'] button").press("Enter")
        await expect(rows).to_have_count(left, timeout=NEWS)
        focused = await lan.evaluate("document.activeElement.getAttribute('href') || 'main'")
        assert focused == ("/staff/cases/2" if left else "main")
    await expect(lan.locator("#live")).to_have_text(re.compile(r"^\s*Xem\s*$|^\s*$"))


async def test_keys_move_open_and_tick_but_not_while_somebody_types_and_can_be_turned_off(
    browser: Browser, here: House
) -> None:
    for _ in range(2):
        await somebody_asks(browser, here)
    boss = await first_administrator(browser, here.running, "Mai")
    place = f"{here.running.address}/staff/cases"
    await boss.goto(place)
    links = boss.locator(".cases h2 a")
    await boss.keyboard.press("j")
    await expect(links.nth(0)).to_be_focused()
    await boss.keyboard.press("j")
    await expect(links.nth(1)).to_be_focused()
    await boss.keyboard.press("k")
    await boss.keyboard.press("x")
    await expect(boss.locator(".pick input").nth(0)).to_be_checked()
    await boss.keyboard.press("?")
    await expect(boss.locator("#keys")).to_have_js_property("open", True)
    await good(boss)
    await boss.keyboard.press("/")
    search = boss.get_by_label("Tìm chữ trong việc")
    await expect(search).to_be_focused()
    await boss.keyboard.type("jkxor?/")
    await expect(search).to_have_value("jkxor?/")
    await links.nth(0).focus()
    await boss.keyboard.press("Control+j")
    await expect(links.nth(0)).to_be_focused()
    await boss.keyboard.press("r")
    await expect(boss.get_by_label("Câu trả lời")).to_be_focused()
    await boss.goto(place)
    await boss.keyboard.press("j")
    await boss.keyboard.press("o")
    await expect(boss.locator("h1")).to_contain_text("Câu hỏi số")

    await boss.goto(f"{here.running.address}/staff/me")
    await boss.get_by_role("button", name="Tắt phím tắt").click()
    await expect(boss.get_by_role("status")).to_have_text("Đã đổi phím tắt.")
    await good(boss)
    await boss.goto(place)
    await boss.keyboard.press("j")
    await expect(links.nth(0)).not_to_be_focused()
    await boss.keyboard.press("?")
    await expect(boss.locator("#keys")).to_have_count(0)


async def test_several_are_answered_together_with_a_saved_reply_kept_without_scripts(
    browser: Browser, here: House
) -> None:
    villagers = [await somebody_asks(browser, here) for _ in range(2)]
    boss = await first_administrator(browser, here.running, "Mai")
    cookies = await boss.context.cookies()
    bare = await browser.new_context(**PHONE, java_script_enabled=False)
    await bare.add_cookies(cookies)
    page = await bare.new_page()
    page.set_default_timeout(10_000)
    await page.goto(f"{here.running.address}/staff/replies")
    await page.locator("summary", has_text="Thêm một câu").click()
    await page.get_by_label("Tên ngắn").fill("Thợ máy")
    await page.get_by_label("Lời trả lời").fill("Bác ra tiệm ở chợ, hoặc gọi [số điện thoại].")
    await page.get_by_role("button", name="Lưu").click()
    await expect(page.get_by_role("status")).to_have_text("Đã lưu.")
    await page.goto(f"{here.running.address}/staff/cases/1")
    await page.locator("summary", has_text=re.compile(r"^Trả lời")).click()
    reply = page.locator("#reply")
    await reply.get_by_label("Câu soạn sẵn").select_option(label="Thợ máy")
    await reply.get_by_role("button", name="Điền vào ô dưới").click()
    await expect(page.get_by_label("Câu trả lời")).to_have_value(
        "Bác ra tiệm ở chợ, hoặc gọi 0200 000 000."
    )

    await boss.goto(f"{here.running.address}/staff/replies")
    for summary in await boss.locator("summary").all():
        await summary.press("Enter")
    await good(boss)
    await boss.goto(f"{here.running.address}/staff/cases")
    await good(boss)
    for tick in await boss.locator(".pick input").all():
        await tick.check()
    await boss.get_by_label("Làm với các việc đã chọn").select_option("answer")
    await boss.get_by_role("button", name="Tiếp").click()
    await good(boss)
    await boss.get_by_label("Câu trả lời").fill("Bác đem máy ra tiệm ở chợ xã.")
    await boss.get_by_role("button", name="Xem lại trước khi gửi").click()
    await good(boss)
    await boss.get_by_role("button", name="Gửi cho 2 việc").dblclick()
    await expect(boss.get_by_role("status")).to_contain_text("Đã làm xong 2 việc.")
    await expect(boss.get_by_role("status")).not_to_contain_text("chưa làm được")
    await good(boss)
    for villager in villagers:
        await expect(villager.locator("#log")).to_contain_text("ra tiệm ở chợ xã")
