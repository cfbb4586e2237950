"""The list as a file: what is filtered and theirs to see, masked; names by right and reason."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import openpyxl
import pytest
from aiohttp import ClientPayloadError
from sqlalchemy import text

from bot.wiring import House, now
from handlers.exports import Columns
from handlers.staff.export_desk import BATCH
from storage.audit import Audit, Entry, Verb, Wanted
from storage.case_records import CaseKind, NewCase
from storage.cases import Cases
from storage.officials import Role
from tests.bot.test_export_in_libreoffice import office
from tests.bot.test_export_in_libreoffice import opened as opened_by
from tests.console.desk import Desk, form, forms, sitting_at
from tests.console.test_case_list import opened, shown

__all__ = ["office"]

DESK = "/staff/cases/export"
ONE_DATABASE = pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
TOLD = "Tôi tên là Lò Thị Hoa, cầu gãy, gọi 0912345678"


async def download(desk: Desk, ending: str, status: int = 200, /, **query: str) -> bytes:
    """The file that the form gives for a list filtered so."""
    page = await (await desk.client.get(DESK, params=query)).text()
    address, fields = form(page, "/export")
    answer = await desk.client.post(address, data=fields | {"form": ending})
    whole = await answer.read()
    assert answer.status == status, whole
    if status == 200:
        assert answer.headers["Content-Disposition"].endswith(f'.{ending}"')
        assert answer.headers["Cache-Control"] == "no-store"
    return whole


def table(whole: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(whole.decode("utf-8-sig"), newline="")))


def numbers(whole: bytes) -> set[int]:
    return {int(row["id"]) for row in table(whole)}


async def exported(house: House) -> list[Entry]:
    async with house.database.read() as tx:
        return await Audit().page(tx, Wanted(verb=Verb.EXPORTED), at_most=9)


async def test_each_kind_of_file_holds_the_filtered_list_masked(desk: Desk, house: House) -> None:
    bridge = await opened(house, TOLD, name="chị Hoa")
    await opened(house, "cảm ơn", kind=CaseKind.PRAISE)
    page = await shown(desk, kind="problem")
    assert "/staff/cases/export?kind=problem" in page
    page = await desk.open(f"{DESK}?kind=problem")
    assert "Tệp sẽ có 1 việc" in page
    [row] = table(await download(desk, "csv", kind="problem"))
    assert list(row) == list(Columns.NAMES)
    assert (row["id"], row["unit_name"], row["named"]) == (str(bridge), "Xã Mẫu", "1")
    [line] = (await download(desk, "jsonl", kind="problem")).splitlines()
    assert json.loads(line)["words"] == row["words"]
    book = openpyxl.load_workbook(io.BytesIO(await download(desk, "xlsx", kind="problem")))
    heads, cells = book.worksheets[0].iter_rows(values_only=True)
    assert heads[:2] == ("Số", "Loại")
    assert cells[Columns.NAMES.index("words")] == row["words"]
    assert book.worksheets[0].freeze_panes == "B2"
    assert book.worksheets[0].auto_filter.ref
    assert "cầu gãy" in row["words"]
    for hidden in ("Hoa", "0912"):
        assert hidden not in str((row, line, cells))


async def test_a_file_holds_what_the_list_shows_and_no_more(desk: Desk, house: House) -> None:
    yes = await opened(house, "cầu gãy ở bản trên", unit="ban-mau")
    hidden = await opened(house, "Tôi tên là Lò Thị Cầu, đường hỏng")
    far = await opened(house, "đường vào bản sạt", unit="xa-khac", topic="the-bhyt")
    late = await opened(house, "mất điện", due=-2)
    async with house.database.begin() as tx:
        await Cases().note(tx, far, "hỏi đội máy xúc", by=desk.who.official.id, at=now())
    today = str(now().date())
    for query, found in (
        ({}, {yes, hidden, far, late}),
        ({"unit": "xa-mau"}, {yes, hidden, late}),
        ({"q": "cau"}, {yes}),
        ({"q": "may xuc"}, {far}),
        ({"overdue": "1"}, {late}),
        ({"topic": "the-bhyt"}, {far}),
        ({"last": "2020-01-01"}, None),
        ({"first": today, "last": "2100-01-01", "state": "received"}, {yes, hidden, far, late}),
        ({"q": "0912345678"}, None),
    ):
        if found is None:
            page = await (await desk.client.get(DESK, params=query)).text()
            assert "Tệp sẽ có 0 việc" in page
            assert not [one for one, _ in forms(page) if one == DESK]
        else:
            assert numbers(await download(desk, "csv", **query)) == found, query
            if not query.get("q"):
                page = await (await desk.client.get(DESK, params=query)).text()
                assert f"Tệp sẽ có {len(found)} việc" in page


@pytest.mark.parametrize("role", Role)
async def test_each_role_exports_what_it_sees_and_names_with_right_and_reason(
    house: House, role: Role
) -> None:
    mine = await opened(house, TOLD, name="chị Hoa")
    about = await opened(house, "cán bộ quát", kind=CaseKind.COMPLAINT)
    held = await opened(house, "xem giúp", quarantine="flood")
    await opened(house, "xa", unit="xa-khac")
    leads = role in {Role.APPROVER, Role.ADMINISTRATOR}
    async with sitting_at(house, role, unit="xa-mau") as desk:
        whole = await download(desk, "csv", unit="xa-khac")
        assert numbers(whole) == ({mine, about, held} if leads else {mine})
        page = await desk.open(DESK)
        assert ('name="named"' in page) is leads
        _, fields = form(page, "/export")
        asked = fields | {"form": "csv", "named": "1"}
        answer = await desk.client.post(DESK, data=asked)
        assert answer.status == (422 if leads else 403), "no reason was given"
        asked["text"] = "mời bà con lên họp"
        answer = await desk.client.post(DESK, data=asked)
        assert answer.status == (200 if leads else 403)
        whole = await answer.read()
    entries = await exported(house)
    assert len(entries) == (2 if leads else 1)
    assert (entries[-1].thing, entries[-1].reason) == ("cases.csv", "")
    if leads:
        row = next(row for row in table(whole) if row["id"] == str(mine))
        assert (row["words"], row["name"]) == (TOLD, "chị Hoa")
        assert (entries[0].thing, entries[0].unit) == ("cases-named.csv", "xa-mau")
        assert entries[0].reason == "mời bà con lên họp"
        assert entries[0].by == desk.who.official.id


@ONE_DATABASE
async def test_a_long_list_comes_whole_in_several_batches(desk: Desk, house: House) -> None:
    many = 2 * BATCH + 3
    async with house.database.begin() as tx:
        for number in range(many):
            await Cases().open(
                tx, _new(number), conversation=None, at=now(), due_at=now()
            )  # fmt: skip
    rows = table(await download(desk, "csv"))
    assert [row["words"] for row in rows] == [f"cầu số {number}" for number in range(many)]


def _new(number: int) -> NewCase:
    return NewCase(kind=CaseKind.PROBLEM, unit="xa-mau", text=f"cầu số {number}")


@ONE_DATABASE
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
async def test_a_file_that_breaks_off_is_not_taken_for_a_whole_one(
    desk: Desk, house: House, ending: str
) -> None:
    long = "Đường vào bản sạt lở, xe máy không đi được. " * 80
    async with house.database.begin() as tx:
        for number in range(4 * BATCH):
            new = NewCase(kind=CaseKind.PROBLEM, unit="xa-mau", text=f"{number} {long}")
            await Cases().open(tx, new, conversation=None, at=now(), due_at=now())
    address, fields = form(await desk.open(DESK), "/export")
    answer = await desk.client.post(address, data=fields | {"form": ending})
    assert answer.status == 200
    async with house.database.begin() as tx:  # what is not read yet cannot be read any more
        await tx.connection.execute(text("DROP TABLE files"))
    with pytest.raises(ClientPayloadError):
        await answer.read()


@ONE_DATABASE
async def test_a_kind_of_file_that_there_is_not_is_asked_for_again(
    desk: Desk, house: House
) -> None:
    await opened(house)
    assert "Hãy chọn một loại tệp" in (await download(desk, "exe", 422)).decode()
    assert await exported(house) == []


@pytest.mark.libreoffice
@ONE_DATABASE
async def test_the_downloaded_workbook_opens_in_a_spreadsheet(
    desk: Desk, house: House, office: Path, tmp_path: Path
) -> None:
    await opened(house, '=HYPERLINK("http://a.example")')
    file = tmp_path / "viec.xlsx"
    file.write_bytes(await download(desk, "xlsx"))
    heads, cells = opened_by(office, file)
    words = cells[Columns.NAMES.index("words")]
    assert [cell.value for cell in heads][:2] == ["Số", "Loại"]
    assert (words.data_type, words.value[:10]) == ("s", "=HYPERLINK")
    shutil.rmtree(tmp_path / "profile", ignore_errors=True)
