"""From a spreadsheet of communes to a commune that changes its own office: on a small phone."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from handlers.errands import VIETNAM
from tests.browser import chromium, someone
from tests.journeys.entering import first_administrator, take_up
from tests.journeys.test_signing_in import good
from tests.journeys.test_unanswered_in_browser import ask
from tests.program import Program, program
from tests.small_content import few_cards, few_phrases

pytestmark = pytest.mark.browser

WHOM = "hộ nghèo hỏi ai"
HEAD = ["Tên xã", "MA XA", "Thuộc", "Điện thoại"]
ROWS = [
    ["Xã Thử", "xa-thu", "", "0200 000 001"],
    ["Thôn Thử", "thon-thu", "xa-thu", ""],
    ["Xã Bên", "xa-ben", "", ""],
]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Program]:
    own = few_phrases(few_cards(tmp_path / "own"))
    async with program(tmp_path, LOABAN_CONTENT__FOLDER=str(own)) as started:
        yield started


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


def spreadsheet(rows: Sequence[Sequence[str]]) -> FilePayload:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (["DANH SÁCH"], HEAD, *rows):
        book.active.append(row)
    book.save(file)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return FilePayload(name="ds.xlsx", mimeType=kind, buffer=file.getvalue())


async def hand_in(page: Page, rows: Sequence[Sequence[str]]) -> None:
    await page.get_by_label("Tệp .xlsx hoặc CSV").set_input_files(spreadsheet(rows))
    await page.get_by_role("button", name="Xem trước").press("Enter")


async def told(browser: Browser, running: Program, unit: str, words: str) -> None:
    """Who comes by the unit's link is told these words, at once or within some seconds."""
    for _ in range(10):
        villager = await someone(browser, f"{running.address}/?xa={unit}")
        if words in await ask(villager, WHOM):
            return
        await villager.wait_for_timeout(1000)
    pytest.fail(f"nobody of {unit} is told {words!r}")


async def test_a_list_is_taken_in_and_a_commune_changes_its_own_office_and_nobody_elses(
    browser: Browser, running: Program
) -> None:
    boss = await first_administrator(browser, running)
    await boss.get_by_role("link", name="Các nơi").click()
    await good(boss)
    await boss.get_by_role("link", name="Nhập từ bảng tính").click()
    await good(boss)
    await hand_in(boss, [*ROWS, ["", "xa-ba", "", ""], ["Xã Tư", "xa-thu", "", ""]])
    fault = boss.get_by_role("alert")
    await expect(fault).to_contain_text("Chưa nhập gì. Có 2 chỗ phải sửa trong tệp")
    await expect(fault).to_contain_text("Dòng 6, cột Tên: còn trống, phải ghi.")
    await expect(fault).to_contain_text("Dòng 7, cột Mã: mã này đã có ở dòng 3.")
    await expect(boss.get_by_role("button", name="Nhập danh sách này")).to_have_count(0)
    await good(boss)
    await boss.get_by_role("link", name="Chọn tệp khác").click()
    await hand_in(boss, ROWS)
    await expect(boss.locator("dl dd").first).to_have_text("3")
    await good(boss)
    await boss.get_by_role("button", name="Nhập danh sách này").press("Enter")
    await expect(boss.get_by_role("status")).to_have_text("Đã nhập xong danh sách.")
    await expect(boss.locator(".cases h2")).to_have_text(["Xã Bên", "Xã Thử"])
    await good(boss)
    await told(browser, running, "thon-thu", "0200 000 001")

    for address in ("days-off", "keys", "new-unit"):
        await boss.goto(f"{running.address}/staff/{address}")
        for summary in await boss.locator("summary").all():
            await summary.press("Enter")
        await good(boss)
    await boss.goto(f"{running.address}/staff/people")
    await boss.locator("summary", has_text="Mời người mới").press("Enter")
    invite = boss.locator("form[action$='/invite']")
    await invite.get_by_label("Họ tên").fill("Lan")
    await invite.get_by_label("Vai").select_option("administrator")
    await invite.get_by_label("Nơi").select_option("xa-thu")
    await invite.get_by_role("button").press("Enter")

    lan = await someone(browser, await boss.get_by_label("Đường liên kết").input_value())
    await take_up(lan, login="lan")
    await lan.get_by_role("link", name="Các nơi").click()
    await expect(lan.locator("h1")).to_have_text("Xã Thử")
    await expect(lan.locator("main")).not_to_contain_text("Xã Bên")
    await lan.get_by_role("link", name="Sửa Xã Thử").click()
    for summary in await lan.locator("summary").all():
        await summary.press("Enter")
    await good(lan)
    await lan.get_by_label("Điện thoại").fill("0200 000 002")
    await lan.get_by_label("Người để hỏi").fill("cô Hoa")
    await lan.get_by_role("button", name="Lưu", exact=True).press("Enter")
    await expect(lan.get_by_role("status")).to_contain_text("Đã lưu")
    await told(browser, running, "xa-thu", "Bà con hỏi cô Hoa, gọi số 0200 000 002.")

    await lan.get_by_role("link", name="Sửa Xã Thử").click()
    await lan.get_by_label("Lũ, sạt lở").fill("0200 000 009")
    await lan.get_by_role("button", name="Lưu các số này").press("Enter")
    wrong = lan.get_by_role("alert")
    await expect(wrong).to_contain_text("có số thì phải ghi ngày đã gọi thử")
    await good(lan)
    await wrong.get_by_role("link").click()
    day = datetime.now(UTC).astimezone(VIETNAM).date()
    await lan.get_by_label("Ngày đã gọi thử").fill(day.isoformat())
    await lan.get_by_role("button", name="Lưu các số này").press("Enter")
    await expect(lan.locator("main")).to_contain_text(f"Đã gọi thử ngày {day:%d/%m/%Y}")
    await lan.goto(f"{running.address}/staff/units/xa-ben/edit")
    await expect(lan.locator("main")).not_to_contain_text("Xã Bên")
    await lan.goto(f"{running.address}/staff/units/import")
    await hand_in(lan, [["Xã Của Lan", "xa-ben", "", ""]])
    await expect(lan.get_by_role("alert")).to_contain_text("không thuộc phần bạn phụ trách")
