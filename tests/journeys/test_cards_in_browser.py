"""A card in a browser: an editor changes it, another person approves it, a phone reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser import chromium, someone
from tests.journeys.entering import first_administrator, take_up
from tests.journeys.test_signing_in import good
from tests.journeys.test_unanswered_in_browser import ask
from tests.program import Program, program
from tests.small_content import few_cards, few_phrases

pytestmark = pytest.mark.browser

ASKED = "làm giấy khai sinh cho con cần giấy tờ gì"
PAPERS = "- Tờ khai, xin ở xã.\n- Giấy chứng sinh, là giấy nơi đẻ cho."


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Program]:
    own = few_phrases(few_cards(tmp_path / "own"))
    async with program(tmp_path, LOABAN_CONTENT__FOLDER=str(own)) as started:
        yield started


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def invited(browser: Browser, boss: Page, role: str, name: str, login: str) -> Page:
    """Somebody whom the administrator invites for the whole installation."""
    await boss.goto(boss.url.split("/staff")[0] + "/staff/people")
    for summary in await boss.locator("summary").all():
        await summary.press("Enter")
    form = boss.locator("form[action='/staff/people/invite']")
    await form.locator("[name=name]").fill(name)
    await form.locator("[name=role]").select_option(role)
    await form.locator("button").press("Enter")
    page = await someone(browser, await boss.get_by_label("Đường liên kết").input_value())
    await take_up(page, login=login)
    return page


async def test_an_editors_change_reaches_a_phone_when_another_person_approved_it(
    browser: Browser, running: Program, tmp_path: Path
) -> None:
    file = tmp_path / "own" / "cards" / "vi" / "khai-sinh.md"
    before = file.read_text("utf-8")
    boss = await first_administrator(browser, running, "Mai")
    lan = await invited(browser, boss, "editor", "Lan", "lan")
    sua = await invited(browser, boss, "approver", "Sua", "sua")

    await lan.get_by_role("link", name="Các thẻ").click()
    await good(lan)
    await lan.get_by_label("Tìm theo tên thẻ").fill("khai sinh")
    await lan.keyboard.press("Enter")
    await lan.get_by_role("link", name="Làm giấy khai sinh cho con").click()
    await good(lan)
    await lan.get_by_role("link", name="Sửa thẻ này").click()
    for summary in await lan.locator("summary").all():
        await summary.press("Enter")
    await good(lan)
    await lan.get_by_role("textbox", name="Giấy cần mang", exact=True).fill(
        PAPERS + "\n- Nộp 50.000 đồng."
    )
    await lan.get_by_label("Xem trên kênh").select_option("zalo_oa")
    await lan.get_by_role("button", name="Soát và xem thử").press("Enter")
    wrong = lan.locator("#r-papers")
    await expect(wrong).to_contain_text("50.000")
    await expect(lan.get_by_role("textbox", name="Giấy cần mang", exact=True)).to_have_attribute(
        "aria-invalid", "true"
    )
    for summary in await lan.locator("section summary").all():
        await summary.press("Enter")
    await good(lan)
    await lan.get_by_role("textbox", name="Giấy cần mang", exact=True).fill(PAPERS)
    await lan.get_by_role("button", name="Soát và xem thử").press("Enter")
    await expect(wrong).to_have_count(0)
    shown = lan.locator("section details", has=lan.get_by_text("Cần giấy gì?", exact=True))
    await shown.locator("summary").press("Enter")
    await expect(shown.locator(".told")).to_contain_text("Tờ khai, xin ở xã.")
    await lan.get_by_role("button", name="Lưu bản nháp").press("Enter")
    await expect(lan.get_by_role("status")).to_contain_text("Đã lưu bản nháp")
    await good(lan)
    await lan.get_by_role("button", name="Gửi người khác duyệt").press("Enter")
    await expect(lan.get_by_role("status")).to_contain_text("Đã gửi duyệt")
    assert file.read_text("utf-8") == before

    await sua.get_by_role("link", name="Các thẻ").click()
    await sua.get_by_role("link", name="Chờ duyệt: 1").click()
    await sua.get_by_role("link", name="Làm giấy khai sinh cho con").click()
    await expect(sua.locator(".difference").first).to_contain_text("theo mẫu")
    for summary in await sua.locator("summary").all():
        await summary.press("Enter")
    await good(sua)
    await sua.get_by_role("button", name="Duyệt và đưa vào dùng").press("Enter")
    await expect(sua.get_by_role("status")).to_contain_text("Đã duyệt và ghi vào tệp")
    await expect(sua.locator(".history")).to_contain_text("Lan viết, Sua duyệt.")
    assert PAPERS in file.read_text("utf-8")
    await good(sua)
    villager = await someone(browser, running.address)
    while "Tờ khai, xin ở xã." not in await ask(villager, ASKED):
        await villager.wait_for_timeout(500)

    await lan.reload()
    await lan.get_by_role("link", name="Xem bản 1", exact=True).click()
    await lan.locator("summary").press("Enter")
    await good(lan)
    await lan.get_by_role("button", name="Lấy lại bản này").press("Enter")
    await expect(lan.get_by_role("status")).to_contain_text("Đã có bản nháp như bản cũ")
    await lan.get_by_role("button", name="Gửi người khác duyệt").press("Enter")
    await sua.reload()
    await sua.get_by_role("button", name="Duyệt và đưa vào dùng").press("Enter")
    await expect(sua.get_by_role("status")).to_contain_text("Đã duyệt và ghi vào tệp")
    assert file.read_text("utf-8") == before


async def test_a_question_that_no_card_answers_begins_a_new_one(
    browser: Browser, running: Program
) -> None:
    villager = await someone(browser, running.address)
    assert "chưa biết chắc" in await ask(villager, "con trâu nhà tôi ốm thì báo ai")
    boss = await first_administrator(browser, running)
    await boss.goto(f"{running.address}/staff/unanswered")
    await boss.get_by_role("button", name="Viết thẻ mới từ các câu này").press("Enter")
    await expect(boss.get_by_role("textbox", name="Bà con hay hỏi", exact=True)).to_have_value(
        "### Tóm tắt\n- con trâu nhà tôi ốm thì báo ai"
    )
    await good(boss)
    await boss.get_by_role("textbox", name="Tên thẻ", exact=True).fill("Trâu bò bị ốm")
    await boss.get_by_role("button", name="Soát và xem thử").press("Enter")
    await expect(boss.get_by_role("status")).to_contain_text("Bà con hay gọi là: 1")
    await expect(boss.locator("#r-general")).to_contain_text("chưa có chữ")
    await good(boss)
    await boss.get_by_role("button", name="Lưu bản nháp").press("Enter")
    await expect(boss.get_by_role("status")).to_contain_text("Đã lưu bản nháp")
    await expect(boss.locator("main")).to_contain_text("Thẻ mới, chưa trả lời bà con.")
    await good(boss)
