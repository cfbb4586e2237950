"""Units, days off and keys at the console: changed by who may, at once, in every process."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from aiohttp import FormData

from bot import worker
from bot.wiring import House, build, now
from content.library import Library
from handlers.errands import VIETNAM
from handlers.unit_files import LARGEST
from handlers.units import Source
from storage.audit import Audit, Kind, Wanted
from storage.people import People
from storage.units import KeptUnit, UnitBook
from tests.console.api import Program, browser
from tests.console.desk import Desk, form, sitting_at

COMMUNE = KeptUnit("xa-thu", "Xã Thử", office_phone="0200 000 001")
VILLAGE = KeptUnit("thon-thu", "Thôn Thử", "xa-thu")
OTHER = KeptUnit("xa-ben", "Xã Bên")
TODAY = now().astimezone(VIETNAM).date()


@pytest.fixture
async def town(house: House) -> House:
    """A house whose database keeps a commune with a village, and one beside it."""
    book = UnitBook()
    async with house.database.begin() as tx:
        await book.take_turn(tx)
        await book.add(tx, [COMMUNE, VILLAGE, OTHER], at=now())
    await house.keeping.take_up()
    return house


@pytest.fixture
async def elsewhere(town: House, library: Library) -> AsyncIterator[House]:
    """Another process on the same database."""
    async with build(town.settings, library) as other:
        yield other


async def said(house: House, kind: Kind = Kind.UNIT) -> list[tuple[str, str, str]]:
    """The verb, the thing and the reason of each line of the log, the newest first."""
    async with house.database.read() as tx:
        entries = await Audit().page(tx, Wanted(kind=kind), at_most=50)
    return [(one.verb.value, one.thing, one.reason) for one in entries]


async def hand_in(desk: Desk, content: bytes, name: str = "ds.csv") -> tuple[int, str]:
    """Hand in a list; the status and the page that comes then."""
    _, fields = form(await desk.open("/staff/units/import"), "/import")
    data = FormData({"token": fields["token"]})
    data.add_field("file", content, filename=name)
    answer = await desk.client.post("/staff/units/import", data=data)
    return answer.status, await answer.text()


async def test_an_administrator_of_a_commune_changes_its_office_and_all_processes_tell_it(
    town: House, elsewhere: House
) -> None:
    async with sitting_at(town, unit="xa-thu") as desk:
        page = await desk.open("/staff/units/xa-thu/edit")
        page = await desk.press(
            page, "/save", office_address=" thôn 2,  cạnh suối ", office_phone="0200 000 002"
        )
        assert "Đã lưu" in page
        assert "thôn 2, cạnh suối" in page
        await desk.open("/staff/units/xa-ben/edit", status=404)
        await desk.open("/staff/units/xa-mau/edit", status=404)
        address, fields = form(await desk.open("/staff/units/thon-thu/edit"), "/save")
        stolen = address.replace("thon-thu", "xa-ben")
        answer = await desk.client.post(stolen, data=fields | {"name": "Của tôi"})
        assert answer.status == 404
        log = await desk.open("/staff/audit?kind=unit")
        assert "Điện thoại: 0200 000 001 → 0200 000 002" in log
    assert town.units.local("thon-thu").office_phone == "0200 000 002"
    assert elsewhere.units.local("xa-thu").office_phone == "0200 000 001"
    await elsewhere.keeping.take_up()
    assert elsewhere.units.local("thon-thu").office_address == "thôn 2, cạnh suối"
    assert await said(town) == [
        ("edited", "xa-thu", "office_phone: 0200 000 001 → 0200 000 002"),
        ("edited", "xa-thu", "office_address:  → thôn 2, cạnh suối"),
    ]


async def test_a_number_for_people_in_danger_needs_the_day_on_which_it_was_dialled(
    town: House,
) -> None:
    async with sitting_at(town, unit="xa-thu") as desk:
        page = await desk.open("/staff/units/xa-thu/edit")
        page = await desk.press(page, "/numbers", 422, flood="0200 000 009", confirmed="")
        assert "có số thì phải ghi ngày đã gọi thử" in page
        assert "0200 000 009" in page, "what was typed stays"
        tomorrow = (TODAY + timedelta(days=1)).isoformat()
        page = await desk.press(page, "/numbers", 422, confirmed=tomorrow)
        assert "ngày ấy chưa tới" in page
        page = await desk.press(
            page, "/numbers", 422, fire="gọi ông Hai", confirmed=TODAY.isoformat()
        )
        assert "Cháy: không phải một số điện thoại" in page
        page = await desk.press(page, "/numbers", fire="", confirmed=TODAY.isoformat())
        assert f"Đã gọi thử ngày {TODAY:%d/%m/%Y}" in page
    assert town.units.hotline("thon-thu", "flood", TODAY) == ("Xã Thử", "0200 000 009")
    assert [reason for _, _, reason in await said(town)] == [
        f"confirmed:  → {TODAY:%d/%m/%Y}", "flood:  → 0200 000 009",
    ]  # fmt: skip


async def test_of_two_who_change_one_unit_the_second_sees_what_the_first_did(town: House) -> None:
    async with sitting_at(town, unit="xa-thu") as desk:
        page = await desk.open("/staff/units/xa-thu/edit")
        await desk.press(page, "/save", contact="cô Hoa")
        page = await desk.press(page, "/save", 409, contact="chú Ba")
        assert "Vừa có người khác sửa nơi này" in page
        assert "cô Hoa" in page
        await desk.press(page, "/save", contact="chú Ba")
    assert town.units.local("xa-thu").contact == "chú Ba"


async def test_a_list_is_looked_at_and_then_taken_in_for_ones_own_units_alone(
    town: House,
) -> None:
    head = "Mã,Tên,Thuộc,Điện thoại\n"
    async with sitting_at(town, unit="xa-thu") as desk:
        wrong = f"{head}xa-ben,Xã Của Tôi,,\nthon-2,,xa-thu,\n"
        status, page = await hand_in(desk, wrong.encode())
        assert status == 422
        assert "Dòng 2, cột Mã: nơi này không thuộc phần bạn phụ trách." in page
        assert "Dòng 3, cột Tên: còn trống" in page
        assert "/import/confirm" not in page
        good = f"{head}thon-2,Thôn 2,xa-thu,\nxa-thu,Xã Thử,,0200 000 007\n"
        status, page = await hand_in(desk, good.encode())
        assert status == 200
        assert "Điện thoại: 0200 000 001 → 0200 000 007" in page
        assert town.units.get("thon-2") is None, "nothing is done before the yes"
        stale = page
        page = await desk.press(page, "/confirm")
        assert "Đã nhập xong danh sách" in page
        page = await desk.press(stale, "/confirm")
        assert "có người đã sửa" in page
    assert town.units.line("thon-2")[-1].code == "xa-thu"
    assert town.units.local("thon-2").office_phone == "0200 000 007"
    assert await said(town) == [
        ("edited", "xa-thu", "office_phone: 0200 000 001 → 0200 000 007"),
        ("added", "thon-2", "Thôn 2"),
    ]


async def test_the_rows_that_come_back_with_the_yes_are_checked_anew(town: House) -> None:
    async with sitting_at(town) as desk:
        _, page = await hand_in(desk, "Mã,Tên\nxa-ben,Xã Khác Tên\n".encode())
        stolen = form(page, "/confirm")[1]
    async with sitting_at(town, unit="xa-thu") as desk:
        _, mine = form(await desk.open("/staff/units/import"), "/import")
        for table in (stolen["table"], "", "x" * 100, "eJwDAAAAAAE="):
            answer = await desk.client.post(
                "/staff/units/import/confirm",
                data=stolen | {"table": table, "token": mine["token"]},
            )
            assert answer.status == 422
    assert town.units.get("xa-ben").name == "Xã Bên"


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
async def test_fifty_megabytes_are_refused_in_words_and_the_console_goes_on(town: House) -> None:
    async with sitting_at(town) as desk:
        for size in (LARGEST + 1, 50 * 1024**2):
            status, page = await hand_in(desk, b"a" * size)
            assert status == 422
            assert "Tệp lớn quá" in page
        assert (await hand_in(desk, b""))[0] == 422
        assert "Các nơi" in await desk.open("/staff/units")


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
async def test_the_lists_that_are_given_away_hold_ones_own_units_alone(town: House) -> None:
    async with sitting_at(town, unit="xa-thu") as desk:
        given = await desk.open("/staff/units/export.csv")
        assert "thon-thu" in given
        assert "xa-ben" not in given
        assert (await desk.open("/staff/units/template.csv")).count("\n") == 1
        answer = await desk.client.get("/staff/units/export.xlsx")
        status, page = await hand_in(desk, await answer.read(), "ds.xlsx")
        assert (status, "Danh sách này không đổi gì" in page) == (200, True)


async def test_a_unit_is_added_below_ones_own_and_removed_only_while_nothing_is_of_it(
    town: House,
) -> None:
    async with sitting_at(town, unit="xa-thu") as desk:
        page = await desk.open("/staff/new-unit?unit=xa-ben")
        assert "Xã Bên" not in page
        page = await desk.press(page, "/new-unit", 422, name="Thôn 3", code="Thôn 3")
        assert "không làm mã được" in page
        page = await desk.press(page, "/new-unit", 422, code="xa-ben")
        assert "mã này đã có nơi dùng" in page
        page = await desk.press(page, "/new-unit", 422, code="thon-3", parent="")
        page = await desk.press(page, "/new-unit", code="thon-3", parent="xa-thu")
        assert "Đã thêm" in page
        async with town.database.begin() as tx:
            await People().meet(tx, account="web", sender="v", unit="thon-3", at=now())
        page = await desk.press(await desk.open("/staff/units/thon-3/edit"), "/remove", 409)
        assert "1 bà con" in page
        await desk.press(await desk.open("/staff/units/thon-thu/edit"), "/remove")
    assert town.units.get("thon-thu") is None
    assert town.units.get("thon-3") is not None


async def test_what_stands_in_the_settings_file_counts_and_is_said(town: House) -> None:
    async with town.database.begin() as tx:
        await UnitBook().take_turn(tx)
        await UnitBook().add(tx, [KeptUnit("xa-mau", "Xã Giả", office_phone="9")], at=now())
    async with sitting_at(town) as desk:
        page = await desk.open("/staff/units?unit=xa-mau")
        assert "Nơi này có cả trong tệp cài đặt lẫn ở đây" in page
        assert "/staff/units/xa-mau/edit" not in page
        await desk.open("/staff/units/xa-mau/edit", status=404)
        assert "Sửa ở đó rồi khởi động lại" in await desk.open("/staff/units?unit=xa-khac")
    assert town.units.get("xa-mau").source is Source.BOTH
    assert town.units.local("xa-mau").office_phone == "0200 000 000"


async def test_on_a_day_off_no_notice_goes_out_and_no_office_works_in_any_process(
    town: House, elsewhere: House
) -> None:
    day = TODAY + timedelta(days=30)
    while day.weekday() != 2:
        day += timedelta(days=1)
    at = datetime.combine(day, time(10), VIETNAM)
    async with sitting_at(town) as desk:
        page = await desk.open("/staff/days-off")
        page = await desk.press(page, "/add", 422, first=day.isoformat(), name=" ")
        page = await desk.press(page, "/add", 422, first="2020-01-01", name="Tết")
        last = (day + timedelta(days=1)).isoformat()
        page = await desk.press(page, "/add", first=day.isoformat(), last=last, name="Hội xuân")
        assert page.count("Hội xuân") == 2
        await elsewhere.keeping.take_up()
        for house in (town, elsewhere):
            assert not house.casework._days.works(day)
            assert house.delivery()._morning(at), "a notice waits"
        await desk.press(page, "/remove", day=day.isoformat())
    assert town.casework._days.works(day)
    assert town.delivery()._morning(at) is None
    assert await said(town, Kind.DAY_OFF) == [
        ("deleted", day.isoformat(), "Hội xuân"),
        ("added", last, "Hội xuân"),
        ("added", day.isoformat(), "Hội xuân"),
    ]
    async with sitting_at(town, unit="xa-thu") as desk:
        page = await desk.open("/staff/days-off")
        assert "Hội xuân" in page
        assert "/staff/days-off/add" not in page


async def test_a_key_is_shown_once_is_for_ones_own_units_and_ends_at_once(town: House) -> None:
    async with sitting_at(town, unit="xa-thu") as desk:
        page = await desk.open("/staff/keys")
        assert "xa-ben" not in page
        await desk.press(page, "/create", 422, name="Bảng tỉnh", role="viewer", unit="")
        await desk.press(page, "/create", 422, name=" ", role="viewer", unit="xa-thu")
        made = await desk.press(page, "/create", name="Bảng tỉnh", role="viewer", unit="xa-thu")
        key = made.split('spellcheck="false">')[1].split("<")[0]
        assert key.startswith("loa_")
        page = await desk.open("/staff/keys")
        assert key not in page
        assert "Bảng tỉnh" in page
        address = form(page, "/remove")[0]
        async with sitting_at(town, unit="xa-ben") as other:
            assert "Bảng tỉnh" not in await other.open("/staff/keys")
            stolen = form(await other.open("/staff/keys"), "/create")[1]["token"]
            answer = await other.client.post(address, data={"token": stolen})
            assert answer.status == 404
        async with browser(town) as client:
            program: Any = Program(client, 1, key)
            read = await program.read("/units")
            assert {one["code"] for one in read["items"]} == {"xa-thu", "thon-thu"}
            await desk.press(page, "/remove")
            await program.read("/units", 401)
        log = await desk.open("/staff/audit?kind=api_key")
        assert "Mai" in log


async def test_a_process_that_only_sends_sees_a_change_within_seconds(
    town: House, elsewhere: House
) -> None:
    runs = asyncio.Event()
    sending = asyncio.create_task(
        worker.run(elsewhere, [worker.WORKER], lambda _address: runs.set())
    )
    try:
        await asyncio.wait_for(runs.wait(), 10)
        day = date(2027, 5, 5)
        async with town.database.begin() as tx:
            await UnitBook().take_turn(tx)
            await UnitBook().add_days_off(tx, {day: "nghỉ"})
            await UnitBook().add(tx, [KeptUnit("xa-moi", "Xã Mới")], at=now())
        async with asyncio.timeout(10):
            while elsewhere.units.get("xa-moi") is None:
                await asyncio.sleep(0.1)
        assert day in elsewhere.keeping.off
        assert day in elsewhere.keeping.silent
    finally:
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(sending, 20)


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
async def test_hundreds_of_villages_come_in_pages_that_lose_none(town: House) -> None:
    villages = [KeptUnit(f"thon-{n}", f"Thôn {n:03}", "xa-ben") for n in range(205)]
    async with town.database.begin() as tx:
        await UnitBook().take_turn(tx)
        await UnitBook().add(tx, villages, at=now())
    async with sitting_at(town, unit="xa-ben") as desk:
        page, seen = await desk.open("/staff/units"), list[str]()
        for _ in range(3):
            seen += re.findall(r"<span>(thon-\d+)</span>", page)
            if found := re.search(r'rel="next" href="([^"]+)"', page):
                page = await desk.open(found[1].replace("&amp;", "&"))
    assert seen == [one.code for one in villages]
