"""A case's whole way on a small phone: told with a photo, found, read, answered, rated."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.bot.samples import picture
from tests.browser import chromium, someone
from tests.journeys.entering import first_administrator
from tests.journeys.test_unanswered_in_browser import ask, fits
from tests.program import ROOT, Program, program
from tests.small_content import few_cards, few_phrases

pytestmark = pytest.mark.browser

TOLD = "Tôi tên là Lò Thị Hoa, đèn đường cạnh nhà văn hóa hỏng, gọi 0912 345 678"
ANSWER = "Mai xã thay bóng đèn.\nBà con nhắc các cháu đi cẩn thận."


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


async def say(page: Page, text: str, then: str) -> None:
    """Say it in the web chat and read what comes back."""
    assert then in await ask(page, text)


async def send_photo(page: Page, then: str) -> None:
    """The same with a photo."""
    mine, sent_before = page.locator(".mine"), await page.locator(".mine").count()
    await page.click("summary:has-text('ảnh')")
    photo = {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    await page.set_input_files("#file", [photo])
    await page.click("form:has(#file) .send")
    await expect(mine).to_have_count(sent_before + 1)
    answer = mine.last.locator("xpath=following-sibling::*[contains(@class, 'ours')]")
    await expect(answer).to_contain_text(then)


async def tell(page: Page) -> None:
    """Feedback about a lamp, with a photo, without a name."""
    await say(page, "góp ý", "chuyện gì với xã")
    await say(page, "3", "Bà con kể đi")
    await say(page, TOLD, "Gửi cho xã nào")
    await send_photo(page, "Gửi cho xã nào")
    await say(page, "1", "Chuyện ở đâu")
    await say(page, "1", "không thấy tên, số điện thoại")
    await say(page, "1", "Mã biên nhận")


async def carries_no_foreign_script(page: Page) -> None:
    """Nothing but the console's own file, and nothing that its own policy forbids."""
    written: int = await page.evaluate(
        "document.querySelectorAll('script:not([src]), style, [style], [onclick]').length"
    )
    assert written == 0
    sources: list[str] = await page.eval_on_selector_all(
        "script", "all => all.map(one => new URL(one.src).pathname)"
    )
    assert sources == ["/staff/staff.js"]


async def test_a_case_is_told_found_read_answered_and_rated(
    browser: Browser, running: Program
) -> None:
    villager = await someone(browser, running.address)
    await tell(villager)

    staff = await first_administrator(browser, running)
    complaints: list[str] = []
    staff.on("console", lambda said: complaints.append(said.text))
    main = staff.locator("main")
    await staff.goto(f"{running.address}/staff")
    await staff.keyboard.press("Tab")
    await expect(staff.locator(".skip")).to_be_focused()
    await staff.keyboard.press("Enter")
    await expect(main).to_be_focused()
    await staff.get_by_role("link", name="Việc của bà con: 1 đang chờ, 0 quá hạn").click()
    assert await fits(staff)
    await staff.locator("summary", has_text="Tìm và lọc").press("Enter")
    await staff.get_by_label("Tìm chữ trong việc").fill("den duong hong")
    await staff.keyboard.press("Enter")
    await expect(main.locator(".cases li")).to_have_count(1)
    assert not re.search("Hoa|345", await main.inner_text())
    await staff.get_by_role("link", name="Việc cần sửa số 1").press("Enter")

    assert await fits(staff)
    await carries_no_foreign_script(staff)
    photo = staff.get_by_role("img")
    await expect(photo).to_have_attribute("alt", re.compile("ảnh bà con gửi"))
    await photo.scroll_into_view_if_needed()
    await expect(photo).to_have_js_property("naturalWidth", 60)
    assert not re.search("Hoa|345", await main.inner_text())
    await staff.locator("summary", has_text="Hiện đầy đủ").press("Enter")
    await staff.get_by_label("Vì sao cần xem chữ bị che?").fill("gọi lại hỏi chỗ đèn")
    await staff.keyboard.press("Enter")
    await expect(main).to_contain_text("Lò Thị Hoa")
    await expect(main).to_contain_text("gọi lại hỏi chỗ đèn")
    await staff.get_by_role("link", name="Việc", exact=True).click()
    await staff.get_by_role("link", name="Việc cần sửa số 1").click()
    await expect(main).to_contain_text("Nhật ký")
    assert not re.search("Hoa|345", await main.inner_text())

    await staff.locator("summary", has_text=re.compile(r"^Trả lời")).press("Enter")
    await staff.get_by_label("Câu trả lời").fill(ANSWER)
    await staff.get_by_role("button", name="Xem lại trước khi gửi").first.press("Enter")
    assert await fits(staff)
    told = await staff.locator(".told").inner_text()
    assert ANSWER in told
    await staff.get_by_role("button", name="Gửi", exact=True).press("Enter")
    await expect(staff.get_by_role("status")).to_contain_text("Đã gửi câu trả lời")
    await expect(villager.locator("#log")).to_contain_text("Mai xã thay bóng đèn.")
    await villager.get_by_role("button", name="Hiểu rồi, tôi hài lòng").last.click()
    await expect(villager.locator("#log")).to_contain_text("Cảm ơn")
    await staff.reload()
    await expect(main).to_contain_text("hiểu và hài lòng")
    await expect(main).to_contain_text("Đã đóng")
    assert complaints == []
    assert "0912" not in running.text
