"""The report at the console: its numbers are those of the console's own export, unit by unit."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from docx import Document

from bot.wiring import House, now
from handlers.errands import VIETNAM
from storage.audit import Audit, Verb, Wanted
from storage.case_records import CaseKind
from storage.cases import Cases
from storage.officials import Role
from storage.tallies import Asked, Tallies
from tests.console.desk import Desk, form, sitting_at
from tests.console.test_case_list import opened
from tests.console.test_export_desk import download, table

REPORT = "/staff/report"


async def told(house: House) -> None:
    """Cases of every kind in a commune, its village and elsewhere; some were answered."""
    for unit in ("xa-mau", "ban-mau", "ban-mau", "xa-khac", ""):
        for kind in CaseKind:
            await opened(house, f"chuyện {kind}", unit=unit, kind=kind)
    await opened(house, "mất nước", unit="ban-mau", due=-1)
    done = await opened(house, "cầu gãy", unit="ban-mau")
    await opened(house, "giữ lại", quarantine="flood")
    at = now()
    async with house.database.begin() as tx:
        await Cases().answer(tx, await house.casework.get(tx, done), "Đã sửa.", by=None, at=at)
    async with house.database.begin() as tx:
        await Cases().rate(tx, await house.casework.get(tx, done), satisfied=True, at=at)
        await Tallies().add(
            tx, Asked.ANSWERED, day=at.astimezone(VIETNAM).date(), unit="ban-mau",
            platform="web_chat", topic="the-bhyt",
        )  # fmt: skip
        for what in (Asked.HELPED, Asked.HELPED, Asked.NOT_HELPED):
            await Tallies().add(
                tx, what, day=at.astimezone(VIETNAM).date(), unit="ban-mau", platform="web_chat",
                topic="the-bhyt",
            )  # fmt: skip


async def report(desk: Desk, ending: str, status: int = 200, **typed: str) -> bytes:
    page = await desk.open(REPORT)
    address, fields = form(page, "/report")
    answer = await desk.client.post(address, data=fields | {"form": ending} | typed)
    whole = await answer.read()
    assert answer.status == status, whole
    if status == 200:
        assert f'.{ending}"' in answer.headers["Content-Disposition"]
        assert answer.content_length == len(whole)
    return whole


def rows_of(sheet: Any) -> Iterator[dict[str, Any]]:
    heads, *rows = sheet.iter_rows(values_only=True)
    for row in rows:
        yield dict(zip(heads, row, strict=True))


@pytest.mark.parametrize(
    ("role", "unit"),
    [(Role.ADMINISTRATOR, ""), (Role.APPROVER, "xa-mau"), (Role.VIEWER, "xa-mau")],
)
async def test_its_numbers_are_those_of_the_export(house: House, role: Role, unit: str) -> None:
    await told(house)
    leads = role is not Role.VIEWER
    async with sitting_at(house, role, unit=unit) as desk:
        book = openpyxl.load_workbook(io.BytesIO(await report(desk, "xlsx")))
        document = Document(io.BytesIO(await report(desk, "docx")))
        page = await desk.open(REPORT)
        days = {name: form(page, "/report")[1][name] for name in ("first", "last")}
        exported = table(await download(desk, "csv", **days, unit=unit))

    def counted(units: set[str] | None = None, **wanted: str) -> int:
        return sum(
            (units is None or row["unit"] in units)
            and all(row[name] == value for name, value in wanted.items())
            for row in exported
        )

    assert (
        len(exported) == {("", True): 28, ("xa-mau", True): 18, ("xa-mau", False): 14}[unit, leads]
    )
    kinds = {row["Loại"]: row for row in rows_of(book["Câu hỏi và góp ý"])}
    for name, kind in (("phàn nàn", "complaint"), ("câu hỏi", "question"), ("khen", "praise")):
        found = next(row for key, row in kinds.items() if name in key)
        assert found["Nhận"] == counted(kind=kind)
    assert (counted(kind="complaint") > 0) is leads
    units = {str(row["Đơn vị"]).strip(): row for row in rows_of(book["Theo đơn vị"])}
    assert units["Bản Mẫu"]["Nhận"] == counted({"ban-mau"})
    assert units["Xã Mẫu"]["Nhận"] == counted({"ban-mau", "xa-mau"})
    assert ("Xã Khác" in units) is (unit == "")
    summary = dict(row[:2] for row in book["Tổng hợp"].iter_rows(min_row=6, values_only=True))
    assert summary["Nhận"] == len(exported)
    assert summary["Đang chờ"] == counted(state="received") + counted(state="assigned")
    assert summary["Quá hạn"] == counted(overdue="1") == 1
    assert summary["Hài lòng"] == counted(satisfied="1") == 1
    assert summary["Đã trả lời"] == len([row for row in exported if row["first_answered_at"]]) == 1
    assert summary["Máy trả lời ngay"] == summary["Câu bà con hỏi máy"] == 1
    assert summary["Lượt giải thích"] == 1, "what is said of an answer is none"
    [card] = rows_of(book["Đã giải thích"])
    said = {"Bà con nói máy trả lời đúng": 2, "Bà con nói máy trả lời chưa đúng": 1}
    tables = [
        {row.cells[0].text: row.cells[1].text for row in table.rows} for table in document.tables
    ]
    for name, many in said.items():
        assert summary[name] == card[name] == units["Bản Mẫu"][name] == many
        assert sum(one.get(name) == str(many) for one in tables) == 1
    assert any(one.get("– Bản Mẫu") == "1" for one in tables), "nor a question"
    words = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert f"Nhận {len(exported)} câu hỏi tới cán bộ và góp ý" in words
    assert ("Không tính phàn nàn" in words) is not leads
    assert ("Không tính phàn nàn" in page) is not leads
    async with house.database.read() as tx:
        entries = await Audit().page(tx, Wanted(verb=Verb.EXPORTED), at_most=9)
    assert {one.thing for one in entries} == {"report.docx", "report.xlsx", "cases.csv"}
    assert {one.unit for one in entries} == {unit}


async def test_nobody_gets_the_report_of_another_unit(house: House) -> None:
    async with sitting_at(house, Role.APPROVER, unit="xa-mau") as desk:
        for unit in ("xa-khac", "", "nowhere"):
            await report(desk, "xlsx", 404, unit=unit)
            await desk.open(f"{REPORT}?unit={unit}", 404)
        page = await desk.open(f"{REPORT}?unit=ban-mau")
        assert "Xã Khác" not in page
        await report(desk, "xlsx", unit="ban-mau")


async def test_a_period_is_chosen_by_one_click_or_by_days(desk: Desk, house: House) -> None:
    today = now().astimezone(VIETNAM).date()
    for name, first in (
        ("", today.replace(month=1, day=1)),
        ("last_year", today.replace(year=today.year - 1, month=1, day=1)),
        ("this_quarter", today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)),
    ):
        page = await desk.open(f"{REPORT}?period={name}")
        assert form(page, "/report")[1]["first"] == str(first)
        assert page.count('aria-current="true"') == 1
    late = {"first": str(today), "last": str(today - timedelta(days=3))}
    assert "đổi chỗ" in (await report(desk, "xlsx", 422, **late)).decode()
    await report(desk, "exe", 422)
