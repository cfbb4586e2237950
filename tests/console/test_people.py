"""People at the console: their own account, whom administrators invite and remove, and the log."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest

from bot.config import load
from bot.wiring import House, build
from content.library import Library
from storage.audit import Audit, Kind, Verb, Wanted
from storage.database import Database
from storage.migrate import migrate
from storage.officials import Role
from tests.console.desk import Desk, account, forms, sign_in, sitting_at
from tests.console.test_case_desk import address, opened
from tests.console.test_door import PASSWORD, TWICE, client, member, outside

__all__ = ["client", "outside"]

ONE_DATABASE = pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
"""For what the database has no part in."""

NEW = "trâu đen gặm cỏ non"


async def enter(desk: Desk, password: str = PASSWORD, status: int = 200) -> str:
    page = await desk.open("/staff/sign-in")
    return await desk.press(page, "/sign-in", status, login="mai", password=password)


async def test_who_changes_their_password_stays_and_is_signed_out_elsewhere(
    outside: Desk, house: House
) -> None:
    mai = await member(house)
    await enter(outside)
    page = await outside.open("/staff/me")
    new = {"password": NEW, "again": NEW}
    wrong = await outside.press(page, "/me/password", 422, now="sai", **new)
    assert "chưa đúng" in wrong
    assert "<details open>" in wrong, "the form is before them"
    async with sitting_at(house) as elsewhere:
        await sign_in(house, elsewhere.client, mai)
        page = await outside.press(page, "/me/password", now=PASSWORD, **new)
        assert "Đã đổi mật khẩu" in page
        await elsewhere.stays_shut("/staff/me")
    await outside.press(page, "/leave")
    await enter(outside, PASSWORD, 401)
    await enter(outside, NEW)


async def test_a_code_from_the_phone_is_asked_for_once_it_is_turned_on(
    outside: Desk, house: House
) -> None:
    await member(house)
    await enter(outside)
    page = await outside.press(await outside.open("/staff/me"), "/second-step")
    assert "<svg" in page
    assert "style=" not in page, "the page's own policy would forbid it"
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found
    phone = pyotp.TOTP(found[1].replace(" ", ""))
    assert "Mã chưa đúng" in await outside.press(page, "/on", 422, code="000 000")
    at = datetime.now(UTC).timestamp()
    page = await outside.press(page, "/on", code=phone.at(at - 30))
    assert "Đã bật" in page
    await outside.press(page, "/leave")

    page = await enter(outside)
    assert "Mã trên điện thoại" in page
    await outside.stays_shut("/staff/me")
    used = await outside.press(page, "/code", 401, code=phone.at(at - 30))
    assert "đã dùng" in used
    code = phone.at(datetime.now(UTC).timestamp())
    page = await outside.press(used, "/code", code=f"{code[:3]} {code[3:]}")
    assert "bàn của cán bộ" in page
    page = await outside.open("/staff/me")
    await outside.press(page, "/off", 422, now="sai")
    page = await outside.press(page, "/off", now=PASSWORD)
    assert "Đã tắt" in page


@ONE_DATABASE
async def test_the_password_of_one_browser_and_the_code_of_another_open_nothing(
    outside: Desk, house: House
) -> None:
    await member(house)
    await enter(outside)
    page = await outside.press(await outside.open("/staff/me"), "/second-step")
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found
    phone = pyotp.TOTP(found[1].replace(" ", ""))
    await outside.press(page, "/on", code=phone.at(datetime.now(UTC).timestamp() - 30))
    await outside.press(await outside.open("/staff"), "/leave")
    half = next(f for to, f in forms(await enter(outside)) if to.endswith("/code"))["half"]
    outside.client.session.cookie_jar.clear()
    page = await outside.open("/staff/sign-in")
    token = forms(page)[0][1]["token"]
    code = phone.at(datetime.now(UTC).timestamp())
    data = {"token": token, "half": half, "code": code}
    answer = await outside.client.post("/staff/sign-in/code", data=data)
    assert answer.status == 403


async def test_a_session_that_is_ended_elsewhere_is_over_at_once(
    outside: Desk, house: House
) -> None:
    mai = await member(house)
    await sign_in(house, outside.client, mai)
    async with sitting_at(house) as elsewhere:
        await sign_in(house, elsewhere.client, mai)
        await elsewhere.open("/staff/me")
        page = await outside.open("/staff/me")
        [there] = [to for to, _ in forms(page) if re.search(r"sessions/\d+/end", to)]
        page = await outside.press(page, there)
        assert "Đã ra khỏi nơi ấy" in page
        await elsewhere.stays_shut("/staff/me")


async def test_an_administrator_invites_changes_and_removes(outside: Desk, house: House) -> None:
    async with sitting_at(house, name="Mai") as desk:
        page = await desk.open("/staff/people")
        page = await desk.press(page, "/invite", name="Lan", role="officer", unit="xa-mau")
        link = re.search(r"http://\S+(/staff/invitation/[\w-]+)", page)
        assert link
        invited = await outside.open(link[1])
        assert "cán bộ trả lời của Xã Mẫu" in invited
        await outside.press(invited, link[1], login="lan", **TWICE)
        case = await opened(house, unit="xa-khac")
        assert "Không có việc này" in await outside.open(address(case), 404)

        people = await desk.open("/staff/people")
        [change] = [to for to, f in forms(people) if "/change" in to and f["role"] == "officer"]
        await desk.press(people, change, role="viewer", unit="xa-khac")
        assert "/note" not in await outside.open(address(case)), "another role and unit at once"
        people = await desk.open("/staff/people")
        await desk.press(people, change.replace("/change", "/remove"))
        await outside.stays_shut("/staff/me")
        assert "Lan" not in await desk.open("/staff/people")
        page = await desk.open("/staff/audit")
        for deed in ("Mời: ", "Nhận lời mời: ", "Đổi vai, nơi: ", "Cho thôi: "):
            assert deed in page


@ONE_DATABASE
async def test_the_last_administrator_can_neither_go_nor_become_less(house: House) -> None:
    async with sitting_at(house) as desk:
        page = await desk.open("/staff/people")
        assert "cuối cùng" in await desk.press(page, "/remove", 409)
        assert "cuối cùng" in await desk.press(page, "/change", 409, role="viewer")
        assert "cuối cùng" in await desk.press(page, "/change", 409, unit="xa-mau")


@ONE_DATABASE
async def test_who_administers_a_unit_makes_nobody_of_more(house: House) -> None:
    async with sitting_at(house, Role.ADMINISTRATOR, unit="xa-mau") as desk:
        page = await desk.open("/staff/people")
        assert "Cả hệ thống" not in page
        for unit in ("", "xa-khac", "nowhere"):
            await desk.press(page, "/invite", 422, role="officer", unit=unit)
        await desk.press(page, "/invite", 422, role="king", unit="xa-mau")
        await desk.press(page, "/invite", role="administrator", unit="ban-mau")


@pytest.mark.parametrize("step", ["again", "change", "remove"])
async def test_who_administers_the_only_unit_is_not_above_who_administers_all(
    tmp_path: Path, data_folder: Path, library: Library, step: str
) -> None:
    settings = load({"LOABAN_DATA__FOLDER": str(data_folder)}, tmp_path)
    opened_database = Database.at(settings.database_url)
    await migrate(opened_database)
    await opened_database.close()
    async with build(settings, library) as house:
        mai = await account(house)
        async with sitting_at(house, unit="xa-mau", name="Lan") as desk:
            page = await desk.open("/staff/people")
            assert "Mai" not in page
            _, form = next((to, fields) for to, fields in forms(page) if to.endswith(step))
            answer = await desk.client.post(f"/staff/people/{mai.id}/{step}", data=form)
            assert answer.status == 404


async def test_the_log_tells_who_saw_what_and_why_and_can_be_searched(house: House) -> None:
    case = await opened(house, text="đèn hỏng, gọi 0912345678", unit="xa-mau")
    await opened(house, unit="xa-khac")
    async with sitting_at(house, name="Mai") as mai:
        page = await mai.open(address(case))
        await mai.press(page, "/unmask", text="gọi lại số 0912345678")
        await mai.press(await mai.open(address(case)), "/note", text="đã gọi")
        async with house.database.read() as tx:
            entries = await Audit().page(tx, Wanted(kind=Kind.CASE, thing=str(case.id)), at_most=9)
        by = mai.who.official.id
        assert [(entry.by, entry.verb, entry.unit) for entry in entries] == [
            (by, Verb.NOTED, "xa-mau"), (by, Verb.SAW, "xa-mau"),
            (by, Verb.UNMASKED, "xa-mau"), (by, Verb.SAW, "xa-mau"),
        ]  # fmt: skip
        log = await mai.open("/staff/audit?verb=unmasked&kind=case")
        assert "Xem chữ bị che" in log
        assert "gọi lại số" in log
        assert "0912345678" not in log, "a reason may name somebody too"
        assert log.count("<li>") == 1
        none = await mai.open("/staff/audit?last=2020-01-01")
        assert "Không có gì trong nhật ký" in none
    async with sitting_at(house, Role.ADMINISTRATOR, unit="xa-khac", name="Páo") as elsewhere:
        log = await elsewhere.open("/staff/audit")
        assert f'/staff/cases/{case.id}"' not in log
        assert "Mai" not in log
    async with sitting_at(house, Role.APPROVER, unit="xa-mau") as chair:
        await chair.open("/staff/audit", 403)


@ONE_DATABASE
async def test_a_long_log_is_paged_by_number(house: House) -> None:
    async with sitting_at(house) as desk:
        for _ in range(60):
            async with house.database.begin() as tx:
                await Audit().note(
                    tx, Verb.SAW, Kind.CASE, 7, by=None, at=datetime.now(UTC)
                )  # fmt: skip
        page = await desk.open("/staff/audit?verb=saw")
        assert page.count("<li>") == 50
        more = re.search(r'href="(/staff/audit\?[^"]+)" rel="next"', page)
        assert more
        assert (await desk.open(more[1].replace("&amp;", "&"))).count("<li>") == 10
