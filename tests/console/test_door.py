"""The door of the console: who was invited comes in, and everybody else stays outside."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import update

from bot.web import Site
from bot.wiring import House, now
from handlers.staff.door import COOKIE, inside
from handlers.staff.passwords import fault_of
from handlers.staff.staff import RIGHTS, Right
from storage.audit import Audit, Entry, Verb, Wanted
from storage.officials import Officials, Role
from storage.staff_accounts import StaffAccount
from storage.staff_invitations import LASTS, StaffInvitations
from storage.staff_sessions import StaffSessionRecord
from tests.console.desk import Desk, account, sign_in, sitting_at
from tests.console.villager import ask

Client = TestClient

PASSWORD = "mèo mun ngủ trên mái"
TWICE = {"password": PASSWORD, "again": PASSWORD}
ONE_DATABASE = pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
"""For what the database has no part in."""


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    jar = CookieJar(unsafe=True)
    async with TestClient(TestServer(Site(house).application()), cookie_jar=jar) as opened:
        yield opened


@pytest.fixture
def outside(client: Client) -> Desk:
    """A browser in which nobody is signed in."""
    return Desk(client, who=None)


async def first(house: House) -> str:
    async with house.database.begin() as tx:
        return await house.console.inviting.first(tx)


async def member(house: House, login: str = "mai", **more: object) -> StaffAccount:
    """Somebody with a password that is `PASSWORD`."""
    hashed = await house.console.sign_in._passwords.hash(PASSWORD)
    return await account(house, login=login, password=hashed, **more)


async def log(house: House) -> list[Entry]:
    async with house.database.read() as tx:
        return await Audit().page(tx, Wanted(), at_most=100)


async def test_the_first_administrator_comes_in_by_a_link_that_serves_once(
    outside: Desk, house: House
) -> None:
    path, other = await first(house), await first(house)
    page = await outside.open(path)
    assert "người quản trị của cả hệ thống" in page
    await outside.open(path)  # looking uses nothing up
    action = {"name": "Lò Thị Mai", "login": "Mai.Lo"} | TWICE
    page = await outside.press(page, "", **action)
    assert "Lò Thị Mai" in page
    assert 'action="/staff/leave"' in page
    cookie = next(c for c in outside.client.session.cookie_jar if c.key == COOKIE)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/staff")
    assert await first(house) == "", "there is one now"
    for used in (path, other):
        assert "không còn dùng được" in await outside.open(used, 404)
    assert [entry.verb for entry in await log(house)] == [Verb.SIGNED_IN, Verb.JOINED]


async def test_a_name_and_a_password_open_the_door_and_then_the_page_that_was_asked_for(
    outside: Desk, house: House
) -> None:
    await member(house)
    page = await outside.open("/staff/cases?kind=problem")
    wrong = await outside.press(page, "/sign-in", 401, login="mai", password="mèo mun")
    nobody = await outside.press(page, "/sign-in", 401, login="lan", password=PASSWORD)
    told = "Tên đăng nhập hoặc mật khẩu chưa đúng"
    assert told in wrong
    assert told in nobody
    assert "mèo mun" not in wrong
    page = await outside.press(wrong, "/sign-in", login=" Mai ", password=PASSWORD)
    assert "Việc của bà con" in page
    assert '<option value="problem" selected>' in page
    failed = [entry for entry in await log(house) if entry.verb is Verb.SIGN_IN_FAILED]
    assert [(entry.by, entry.thing) for entry in failed] == [(None, "mai")]


@ONE_DATABASE
async def test_whoever_signs_in_anew_has_a_new_session_and_the_old_one_is_over(
    outside: Desk, house: House
) -> None:
    mai = await member(house)
    page = await outside.open("/staff/sign-in")
    await sign_in(house, outside.client, mai)
    [old] = [c.value for c in outside.client.session.cookie_jar if c.key == COOKIE]
    await outside.press(page, "/sign-in", login="mai", password=PASSWORD)
    [new] = [c.value for c in outside.client.session.cookie_jar if c.key == COOKIE]
    assert new != old
    where = outside.client.make_url("/staff/")
    outside.client.session.cookie_jar.update_cookies({COOKIE: old}, where)
    await outside.stays_shut("/staff/cases")


async def test_after_five_wrong_passwords_even_the_right_one_waits_and_not_for_ever(
    outside: Desk, house: House
) -> None:
    await member(house)
    page = await outside.open("/staff/sign-in")
    for _ in range(5):
        page = await outside.press(page, "/sign-in", 401, login="mai", password="sai rồi nhé bà")
    waits = await outside.press(page, "/sign-in", 429, login="mai", password=PASSWORD)
    assert "Mời chờ 1 phút" in waits
    assert "Mời chờ" not in await outside.press(page, "/sign-in", 401, login="lan", password="x")


async def test_a_browser_that_was_in_before_is_not_kept_out_by_others(
    outside: Desk, house: House
) -> None:
    await member(house)
    page = await outside.open("/staff/sign-in")
    page = await outside.press(page, "/sign-in", login="mai", password=PASSWORD)
    await outside.press(page, "/leave")
    jar = CookieJar(unsafe=True)
    async with TestClient(TestServer(Site(house).application()), cookie_jar=jar) as another:
        stranger = Desk(another, who=None)
        page = await stranger.open("/staff/sign-in")
        for status in (401,) * 5 + (429,):
            await stranger.press(page, "/sign-in", status, login="mai", password="đoán bừa thôi")
    page = await outside.open("/staff/sign-in")
    await outside.press(page, "/sign-in", login="mai", password=PASSWORD)
    assert "Mai" in await outside.open("/staff")


async def test_who_is_removed_or_signed_out_is_outside_at_once(house: House) -> None:
    async with sitting_at(house, name="Lan") as desk:
        page = await desk.open("/staff")
        await desk.press(page, "/leave")
        await desk.stays_shut("/staff/cases")
        await sign_in(house, desk.client, desk.who)
        await desk.open("/staff/cases")
        async with house.database.begin() as tx:
            await Officials().remove(tx, desk.who.official.id, at=now())
        await desk.stays_shut("/staff/cases")


@pytest.mark.parametrize(
    "ago", [{"seen_at": timedelta(hours=3)}, {"began_at": timedelta(hours=13)}], ids=str
)
async def test_a_session_ends_by_itself(house: House, ago: dict[str, timedelta]) -> None:
    async with sitting_at(house) as desk:
        await desk.open("/staff")
        async with house.database.begin() as tx:
            values = {name: now() - time for name, time in ago.items()}
            await tx.connection.execute(update(StaffSessionRecord).values(**values))
        await desk.stays_shut("/staff/cases")


@ONE_DATABASE
async def test_words_that_were_typed_in_a_session_that_is_over_are_not_lost(house: House) -> None:
    async with sitting_at(house) as desk:
        desk.client.session.cookie_jar.clear()
        answer = await desk.client.post("/staff/cases/1/note", data={"text": "đã gọi <đội> cầu"})
        assert answer.status == 401
        assert "đã gọi &lt;đội&gt; cầu" in await answer.text()


async def test_an_invitation_for_an_account_sets_a_new_password_and_ends_its_sessions(
    outside: Desk, house: House
) -> None:
    mai = await member(house)
    await sign_in(house, outside.client, mai)
    async with house.database.begin() as tx:
        old = await house.console.inviting.invite_again(tx, mai, by=None)
        path = await house.console.inviting.invite_again(tx, mai, by=None)
    assert "không còn dùng được" in await outside.open(old, 404)
    page = await outside.open(path)
    assert 'value="mai"' in page
    async with sitting_at(house) as elsewhere:
        await sign_in(house, elsewhere.client, mai)
        again = "trâu đen gặm cỏ non"
        await outside.press(page, "", password=again, again=again)
        await elsewhere.stays_shut("/staff/cases")
    await outside.press(await outside.open("/staff"), "/leave")
    page = await outside.open("/staff/sign-in")
    await outside.press(page, "/sign-in", 401, login="mai", password=PASSWORD)
    await outside.press(page, "/sign-in", login="mai", password=again)


@ONE_DATABASE
@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": " "}, "Mời ghi họ tên"),
        ({"login": "lò mai"}, "chỉ gồm chữ không dấu"),
        ({"login": "ma"}, "chỉ gồm chữ không dấu"),
        ({"again": "mèo mun ngủ dưới bếp"}, "chưa giống nhau"),
        ({"password": "ngắn quá", "again": "ngắn quá"}, "ít nhất 12 chữ"),
        ({"password": "matkhau123456", "again": "matkhau123456"}, "nhiều người dùng"),
    ],
)
async def test_what_cannot_be_is_said_and_the_link_serves_still(
    outside: Desk, house: House, typed: dict[str, str], told: str
) -> None:
    page = await outside.open(await first(house))
    good = {"name": "Mai", "login": "mai"} | TWICE
    refused = await outside.press(page, "", 422, **(good | typed))
    assert told in refused
    assert PASSWORD not in refused
    await outside.press(refused, "", **good)


async def test_an_invitation_ends_after_a_week(outside: Desk, house: House) -> None:
    code = "x" * 43
    async with house.database.begin() as tx:
        await StaffInvitations().invite(
            tx, code, name="Lan", unit="xa-mau", role=Role.OFFICER, at=now() - LASTS
        )
    await outside.open(f"/staff/invitation/{code}", 404)


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaa",
        "123456789012",
        "matkhau123456",
        "Mật khẩu 2026!",
        "qwertyuiop12",
        "maimaimaimai",
    ],
)
def test_passwords_that_many_have_are_refused(password: str) -> None:
    assert fault_of(password, "Lò Thị Mai", "mai.lo")


@pytest.mark.parametrize("password", [PASSWORD, "con trâu đi trước", "hX7-qq2-Lp9-zz"])
def test_passwords_that_are_long_and_ones_own_are_taken(password: str) -> None:
    assert not fault_of(password, "Lò Thị Mai", "mai.lo")


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/staff", "//evil.example", "/staffing", "/staff/../x", "/staff\\x",
        "/staff/%2e%2e/u/xa-mau", "/staff/.%2E/x",
        "/\\evil.example", "/staff/cases\r\nX: y", "javascript:alert(1)", "/staff/sign-in", "",
    ],
)  # fmt: skip
def test_nothing_leads_out_of_the_console(address: str) -> None:
    assert inside(address) == "/staff"


def test_after_signing_in_one_goes_on_where_one_wanted_to() -> None:
    wanted = "/staff/cases?q=den%20duong&state=waiting"
    assert inside(wanted) == wanted


async def test_every_answer_tells_the_browser_to_run_and_keep_nothing(house: House) -> None:
    async with sitting_at(house) as desk:
        for where in ("/staff", "/staff/cases/999", "/staff/nothing", "/staff/sign-in"):
            answer = await desk.client.get(where, allow_redirects=False)
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'")
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_staff_see_the_questions_that_wait_and_their_text_is_only_text(
    client: Client, house: House
) -> None:
    await ask(client, "mua <script>alert(1)</script> ở đâu rẻ vậy")
    async with sitting_at(house) as desk:
        page = await desk.open("/staff")
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_each_role_reads_and_only_an_administrator_may_do_all() -> None:
    assert all(Right.READ in rights for rights in RIGHTS.values())
    assert [role for role in Role if RIGHTS[role] == frozenset(Right)] == [Role.ADMINISTRATOR]
    assert RIGHTS[Role.OFFICER] < RIGHTS[Role.APPROVER]


@ONE_DATABASE
async def test_an_address_where_nothing_is_shows_a_page_in_the_readers_language(
    house: House,
) -> None:
    async with sitting_at(house) as desk:
        for address in ("nonsense", "notices/99999", "cases/1/preview", "unanswered/add", ""):
            page = await desk.open(f"/staff/{address}", 404)
            assert "Không có trang này" in page, address
            assert '<a href="/staff">Tổng quan</a>' in page


@ONE_DATABASE
async def test_a_page_names_where_it_is_and_takes_only_its_own_looks(house: House) -> None:
    async with sitting_at(house) as desk:
        page = await desk.open("/staff/days-off")
        assert page.count("aria-current") == 1
        assert '<a href="/staff/units" aria-current="true">' in page
        [looks] = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
        for address, seconds in ((looks, 31_536_000), ("/staff/staff.css", 3600)):
            answer = await desk.client.get(address)
            assert answer.headers["Cache-Control"] == f"max-age={seconds}"
