"""From the first start to an officer's answer: links as they are printed and shown, on a phone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.browser import chromium, someone
from tests.journeys.entering import PASSWORD, first_administrator, invitation, take_up
from tests.journeys.test_unanswered_in_browser import ask, fits
from tests.program import ROOT, Program, program
from tests.small_content import few_cards, few_phrases

pytestmark = pytest.mark.browser

SAWS = "máy cưa nhà tôi hỏng thì sửa ở đâu"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Program]:
    own = few_phrases(few_cards(tmp_path / "own"))
    config = ROOT / "tests" / "house.toml"
    async with program(
        tmp_path, LOABAN_CONTENT__FOLDER=str(own), LOABAN_CONFIG=str(config)
    ) as started:
        yield started


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def good(page: Page) -> None:
    """It fits a small phone, and whoever cannot see it can use it."""
    assert await fits(page)
    found = (await Axe().run(page)).response["violations"]
    assert not found, [(one["id"], one["nodes"][0]["html"]) for one in found]


async def test_the_first_administrator_invites_an_officer_who_answers_in_their_own_name(
    browser: Browser, running: Program, tmp_path: Path
) -> None:
    villager = await someone(browser, f"{running.address}/?xa=xa-mau")
    assert "chưa biết chắc" in await ask(villager, SAWS)

    boss = await first_administrator(browser, running, "Mai")
    for desk in ("people", "audit", "me"):
        await boss.goto(f"{running.address}/staff/{desk}")
        for summary in await boss.locator("summary").all():
            await summary.press("Enter")
        await good(boss)
    await boss.get_by_role("button", name="Bật mã trên điện thoại").click()
    await good(boss)
    await boss.get_by_role("link", name="Người dùng").click()
    await boss.locator("summary", has_text="Mời người mới").press("Enter")
    invite = boss.locator("form[action$='/invite']")
    await invite.get_by_label("Họ tên").fill("Lan")
    await invite.get_by_label("Vai").select_option("officer")
    await invite.get_by_label("Nơi").select_option("xa-mau")
    await invite.get_by_role("button").press("Enter")
    link = await boss.get_by_label("Đường liên kết").input_value()

    officer = await someone(browser, link)
    await good(officer)
    await take_up(officer, login="lan")
    await expect(officer.get_by_role("link", name="Người dùng")).to_have_count(0)
    await officer.get_by_role("link", name="Mở việc số 1").click()
    await officer.locator("summary", has_text=re.compile(r"^Trả lời")).press("Enter")
    await officer.get_by_label("Câu trả lời").fill("Bác đem máy ra tiệm ở chợ xã.")
    await officer.get_by_role("button", name="Xem lại trước khi gửi").first.press("Enter")
    await officer.get_by_role("button", name="Gửi", exact=True).press("Enter")
    await expect(officer.get_by_role("status")).to_contain_text("Đã gửi câu trả lời")
    await expect(officer.locator(".history")).to_contain_text("· Lan")
    await expect(villager.locator("#log")).to_contain_text("ra tiệm ở chợ xã")

    await boss.goto(f"{running.address}/staff/audit?verb=answered")
    await expect(boss.locator(".history")).to_contain_text("Lan · Xã Mẫu")
    await boss.goto(f"{running.address}/staff/people")
    await boss.locator("summary", has_text="cho Lan thôi").press("Enter")
    await boss.get_by_role("button", name="Cho Lan thôi").press("Enter")
    await expect(boss.get_by_role("status")).to_have_text("Đã cho thôi.")
    await officer.reload()
    await expect(officer.locator("h1")).to_have_text("Đăng nhập")
    await good(officer)
    assert PASSWORD not in running.text

    async with program(
        tmp_path, "invite --for quan.tri", ready="/staff/invitation/",
        LOABAN_CONFIG=str(ROOT / "tests" / "house.toml"),
    ) as printed:  # fmt: skip
        again = invitation(printed.text)
    own = re.sub(r"http://[^/]+", running.address, again)
    await boss.goto(own)
    await take_up(boss)
