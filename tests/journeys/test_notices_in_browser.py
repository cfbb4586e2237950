"""A notice in a browser: written at the console, approved by another, received on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from content.library import Library
from handlers.charts import WIDTH
from handlers.staff.door import COOKIE
from storage.officials import Role
from tests.bot import samples
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
        await lan.get_by_role("button", name="Xem lại").first.press("Enter")
        await expect(lan.get_by_role("alert")).to_contain_text("Chưa rõ mấy giờ")
        await good(lan)
        await expect(lan.get_by_label("Lời thông báo")).to_have_value(WORDS)
        await lan.get_by_label("Gửi lúc nào").fill("")
        await lan.get_by_role("button", name="Xem lại").first.press("Enter")
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


async def unfold(page: Page, words: str) -> Locator:
    """Open a folded part of the form; it."""
    part = page.locator("details", has=page.locator("summary", has_text=words)).first
    await part.locator("summary").first.press("Enter")
    return part


async def test_an_official_composes_one_with_everything_and_another_sees_hears_and_approves_it(
    browser: Browser, data_folder: Path, library: Library
) -> None:
    async with commune(data_folder.parent, library) as world:
        villager = world.phones["Telegram"]
        await say(villager, "đăng ký", "muốn nhận tin")
        await say(villager, "1", "Đã ghi")
        lan = await signed_in(browser, world, Role.OFFICER, "Lan")
        await lan.get_by_role("link", name="Danh sách người nhận").click()
        await lan.get_by_label("Tên danh sách").fill("Cả xã, tiếng nào cũng được")
        await lan.get_by_role("button", name="Lưu danh sách").press("Enter")
        await expect(lan.locator("main")).to_contain_text("Gửi được cho 1 người")
        await good(lan)

        await lan.goto(f"{world.address}/staff/notices/new")
        await lan.get_by_label("Lời thông báo").fill(WORDS)
        await lan.get_by_label("Gửi lúc nào").fill("7h sáng mai")
        files = await unfold(lan, "Kèm ảnh, tin nói")
        photo = {"name": "bang.jpg", "mimeType": "image/jpeg", "buffer": samples.PAGE}
        await files.get_by_label("Ảnh (JPEG, PNG)").set_input_files(photo)
        await files.get_by_label("Ảnh cho thấy gì?").fill("Bảng giờ tiêm ở trạm y tế")
        await (
            (await unfold(lan, "Kèm thẻ"))
            .get_by_label("Thẻ để bà con xem thêm")
            .select_option(index=1)
        )
        audience = await unfold(lan, "Chọn kỹ hơn ai nhận")
        await audience.get_by_label("Danh sách đã lưu").select_option(index=1)
        tongues = await unfold(lan, "Lời bằng tiếng khác")
        hmong = tongues.locator("details", has_text="Tiếng Mông").last
        await hmong.locator("summary").press("Enter")
        await hmong.get_by_label("Lời tiếng Mông").fill("Tag kis 8 teev sawv ntxov txhaj tshuaj.")
        await unfold(lan, "Hỏi ý kiến bà con")
        await good(lan)
        await lan.get_by_role("button", name="Xem lại").first.press("Enter")
        await expect(lan.get_by_role("alert")).to_contain_text("Loại tệp này không nhận được")
        await good(lan)

        photo["buffer"] = samples.picture(size=(640, 400))
        await lan.get_by_label("Ảnh (JPEG, PNG)").set_input_files(photo)
        spoken = {"name": "loi.m4a", "mimeType": "audio/mp4", "buffer": samples.voice(seconds=3)}
        await lan.get_by_label("Tin nói (tệp ghi âm)").set_input_files(spoken)
        await lan.get_by_label("Ảnh cho thấy gì?").fill("Bảng giờ tiêm ở trạm y tế")
        await lan.get_by_role("button", name="Xem lại").last.press("Enter")
        drawn = lan.get_by_alt_text("Bảng giờ tiêm ở trạm y tế")
        await expect(drawn).to_have_js_property("complete", value=True)
        assert await drawn.evaluate("one => one.naturalWidth") == 640, "the picture is seen"
        await expect(lan.locator("audio")).to_have_count(1)
        await expect(lan.locator("main")).to_contain_text("Gửi được cho 1 người: Telegram 1")
        await expect(lan.locator("main")).to_contain_text("Tag kis 8 teev")
        await good(lan)

        await lan.get_by_role("button", name="Sửa tiếp").press("Enter")
        await lan.get_by_label("Gửi lúc nào").fill("")
        await lan.get_by_label("Lời thông báo").fill(f"{WORDS} Hỏi: chị Hoa.")
        await lan.get_by_role("button", name="Xem lại").first.press("Enter")
        await lan.get_by_label("Đã đọc lại, lời tiếng Mông vẫn đúng").check()
        await good(lan)
        await lan.get_by_role("button", name="Gửi duyệt", exact=True).press("Enter")
        await expect(lan.get_by_role("status")).to_contain_text("Đã gửi duyệt")

        sua = await signed_in(browser, world, Role.APPROVER, "Sua")
        await sua.get_by_role("link", name="Thông báo số 1").click()
        drawn = sua.get_by_alt_text("Bảng giờ tiêm ở trạm y tế")
        await expect(drawn).to_have_js_property("complete", value=True)
        assert await drawn.evaluate("one => one.naturalWidth") == 640
        await expect(sua.locator("audio")).to_have_count(1)
        await good(sua)
        await sua.get_by_role("button", name="Duyệt", exact=True).press("Enter")
        await expect(sua.get_by_role("status")).to_contain_text("Đã duyệt thông báo số 1")
        await good(sua)
        async with sua.expect_download() as coming:
            await sua.get_by_role("button", name="Tờ dán A4").press("Enter")
        assert (await coming.value).suggested_filename == "xa-mau-1-a4.pdf"
        for _ in range(2):
            await world.house.clock.broadcasts()
        await hear(villager, "Hỏi: chị Hoa.")


async def test_a_poll_is_asked_at_the_console_and_its_answers_are_taken_home(
    browser: Browser, data_folder: Path, library: Library
) -> None:
    async with commune(data_folder.parent, library) as world:
        lan = await signed_in(browser, world, Role.OFFICER, "Lan")
        await lan.goto(f"{world.address}/staff/notices/new")
        await unfold(lan, "Hỏi ý kiến bà con")
        first = lan.get_by_role("group", name="Câu hỏi 1")
        await first.get_by_label("Hỏi gì").fill("Họp thôn hôm nào?")
        await first.get_by_label("Các câu để chọn").fill("Thứ bảy\nChủ nhật")
        await lan.get_by_role("button", name="Thêm một câu hỏi").press("Enter")
        second = lan.get_by_role("group", name="Câu hỏi 2")
        await second.get_by_label("Hỏi gì").fill("Bà con muốn bàn gì?")
        await expect(first.get_by_label("Hỏi gì")).to_have_value("Họp thôn hôm nào?")
        await good(lan)
        await lan.get_by_role("button", name="Xem lại").last.press("Enter")
        await expect(lan.locator("main")).to_contain_text("Câu hỏi ý kiến")
        await expect(lan.locator("main")).to_contain_text("Bà con trả lời bằng lời")
        await good(lan)
        await lan.get_by_role("button", name="Gửi duyệt", exact=True).press("Enter")

        sua = await signed_in(browser, world, Role.APPROVER, "Sua")
        await sua.get_by_role("link", name="Thông báo số 1").click()
        await sua.get_by_role("button", name="Duyệt", exact=True).press("Enter")
        for _ in range(2):
            await world.house.clock.broadcasts()
        await sua.goto(f"{world.address}/staff/notices/1")
        close = await unfold(sua, "Đóng, không nhận trả lời nữa")
        await close.get_by_role("button").press("Enter")
        await good(sua)
        async with sua.expect_download() as coming:
            await sua.get_by_role("button", name="CSV").press("Enter")
        assert (await coming.value).suggested_filename == "tra-loi-1.csv"
