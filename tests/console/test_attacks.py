"""What somebody tries at the console who means harm: odd bytes, what is others', old secrets."""

from __future__ import annotations

import asyncio
import base64
import re
import zlib
from collections.abc import AsyncIterator

import pyotp
import pytest

from bot.wiring import House, now
from handlers.unit_rules import DEEPEST
from storage.case_groups import CaseGroups
from storage.officials import Role
from tests.console.api import browser
from tests.console.desk import Desk, form, sitting_at
from tests.console.test_case_desk import opened
from tests.console.test_door import ONE_DATABASE, PASSWORD, member
from tests.console.test_notice_desk import NEW, WORDS

ODD = "a\x00b"
"""No database of ours holds such a letter."""


@pytest.fixture
async def outside(house: House) -> AsyncIterator[Desk]:
    """A browser in which nobody is signed in."""
    async with browser(house) as client:
        yield Desk(client, who=None)


async def token(desk: Desk) -> str:
    return form(await desk.open("/staff/me"), "/shortcuts")[1]["token"]


async def test_what_no_database_can_hold_is_left_out_of_what_was_typed(
    house: House, outside: Desk, desk: Desk
) -> None:
    page = await outside.open("/staff/sign-in")
    await outside.press(page, "/sign-in", 401, login=ODD, password=ODD)
    people = await desk.open("/staff/people")
    assert "ab" in await desk.press(people, "/invite", name=ODD, role="viewer")
    await desk.open("/staff/audit?thing=a%00b")


@pytest.mark.parametrize("charset", ["unicode_escape", "no-such-one", "hex"])
async def test_a_form_in_a_charset_of_no_browser_is_no_fault_of_ours(
    house: House, outside: Desk, charset: str
) -> None:
    _, fields = form(await outside.open("/staff/sign-in"), "/sign-in")
    typed = f"token={fields['token']}&login=\\ud800&password=\\ud800".encode()
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    answer = await outside.client.post("/staff/sign-in", data=typed, headers={"Content-Type": kind})
    assert answer.status in {401, 403}, await answer.text()


@ONE_DATABASE
@pytest.mark.parametrize(
    "head", ["Content-Transfer-Encoding: none-such", "Content-Type: text/plain; charset=none-such"]
)
async def test_a_form_in_parts_that_nobody_can_read_is_no_fault_of_ours(
    outside: Desk, head: str
) -> None:
    part = f'--x\r\nContent-Disposition: form-data; name="token"\r\n{head}\r\n\r\na\r\n--x--\r\n'
    answer = await outside.client.post(
        "/staff/sign-in", data=part.encode(),
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )  # fmt: skip
    assert answer.status == 403


@ONE_DATABASE
async def test_a_made_up_proof_of_having_been_in_before_counts_for_nothing(
    house: House, outside: Desk
) -> None:
    await member(house)
    _, fields = form(await outside.open("/staff/sign-in"), "/sign-in")
    held = {cookie.key: cookie.value for cookie in outside.client.session.cookie_jar}
    body = f"token={fields['token']}&login=mai&password=x".encode()
    head = (
        f"POST /staff/sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        f"Cookie: loaban_door={held['loaban_door']}; loaban_known=a."
    )
    heard, said = await asyncio.open_connection(outside.client.host, outside.client.port)
    said.write(head.encode() + b"\xff\r\n\r\n" + body)  # a byte that is no letter
    assert (await heard.readline()).split()[1] == b"401"
    said.close()


@ONE_DATABASE
async def test_what_was_sealed_for_something_else_is_no_half_of_signing_in(
    desk: Desk, outside: Desk
) -> None:
    drawn = await desk.press(await desk.open("/staff/me"), "/second-step")
    sealed = form(drawn, "/on")[1]["sealed"]
    _, fields = form(await outside.open("/staff/sign-in"), "/sign-in")
    typed = {"token": fields["token"], "half": sealed, "code": "123456"}
    answer = await outside.client.post("/staff/sign-in/code", data=typed)
    assert answer.status == 403


@ONE_DATABASE
async def test_codes_of_a_phone_are_not_taken_over_without_the_password(desk: Desk) -> None:
    """Turning them off asks for it, and another phone in the place of the first is no less."""
    pages = [await desk.press(await desk.open("/staff/me"), "/second-step") for _ in range(2)]
    own, other = pages
    assert "Đã bật" in await desk.press(own, "/on", code=_code(own))
    assert "Đã bật" not in await desk.press(other, "/on", 409, code=_code(other))


def _code(page: str) -> str:
    """What a phone shows that scanned the page."""
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found
    return pyotp.TOTP(found[1].replace(" ", "")).at(now())


@ONE_DATABASE
@pytest.mark.parametrize("rows", ['[[Infinity,["a"]]]', "[[1e400,[]]]", '[[1,["\\ud800"]]]', "[1]"])
async def test_rows_of_a_list_that_the_console_never_wrote_are_refused(
    desk: Desk, rows: str
) -> None:
    table = base64.urlsafe_b64encode(zlib.compress(rows.encode())).decode()
    typed = {"token": await token(desk), "table": table, "seen": "0"}
    answer = await desk.client.post("/staff/units/import/confirm", data=typed)
    assert answer.status == 422


async def test_a_group_tells_nothing_of_cases_elsewhere(house: House) -> None:
    cases = [await opened(house, unit="xa-khac") for _ in range(2)]
    async with house.database.begin() as tx:
        number = await CaseGroups().open(tx, unit="xa-khac", title="Cầu", at=now())
        for case in cases:
            group = await CaseGroups().get(tx, number)
            await house.grouping.put(tx, case, group, at=now())
    async with sitting_at(house, Role.OFFICER, unit="xa-mau") as desk:
        ticked = {f"case-{case.id}": "1" for case in cases}
        typed = {"token": await token(desk), "do": "group"} | ticked
        answer = await desk.client.post("/staff/cases/chosen/do", data=typed)
        page = await answer.text()
    assert "Không có việc này" in page
    assert "Việc cần sửa" not in page
    assert "Đã làm xong" not in page


async def test_a_draft_is_its_authors_alone_until_it_is_handed_in(house: House) -> None:
    """Also by its address: the list shows it to nobody else. What was given back was seen."""
    async with (
        sitting_at(house, Role.OFFICER, unit="xa-mau", name="Lan") as lan,
        sitting_at(house, Role.APPROVER, unit="xa-mau", name="Sua") as sua,
    ):
        proof = await lan.press(await lan.open(NEW), "/preview", text=WORDS)
        page = await lan.press(proof, "/keep")
        found = re.search(r"<h1>Thông báo số (\d+)</h1>", page)
        assert found
        address = f"/staff/notices/{found[1]}"
        for place in (address, f"{address}/progress", f"{address}/chart.svg", f"{address}/edit"):
            await sua.open(place, 404)
        await lan.press(page, "/submit")
        given = await sua.press(await sua.open(address), "/return", text="Ghi rõ mấy giờ")
        assert WORDS in given
        proof = await lan.press(await lan.open(f"{address}/edit"), "/preview", text="Lời khác.")
        await lan.press(proof, "/keep")
        await sua.open(address, 404)


async def test_no_unit_is_added_below_a_line_that_is_long_enough(house: House, desk: Desk) -> None:
    page = await desk.open("/staff/new-unit")
    parent = ""
    for at in range(DEEPEST):
        code = f"bac-{at}"
        await desk.press(page, "/new-unit", code=code, name=f"Bậc {at}", parent=parent)
        parent = code
    page = await desk.press(page, "/new-unit", 422, code="bac-x", name="Bậc x", parent=parent)
    assert f"nhiều nhất {DEEPEST} nơi" in page
    assert house.units.get("bac-x") is None


def link_in(page: str) -> str:
    found = re.search(r"/staff/invitation/[\w-]+", page)
    assert found
    return found[0]


async def test_who_was_removed_comes_back_by_no_invitation_of_their_own(
    house: House, desk: Desk, outside: Desk
) -> None:
    async with sitting_at(house, name="Páo") as leaving:
        people = await leaving.open("/staff/people")
        link = link_in(await leaving.press(people, "/invite", role="administrator"))
        await outside.open(link)
        people = await desk.open("/staff/people")
        await desk.press(people, f"/{leaving.who.id}/remove")
    await outside.open(link, 404)


async def test_a_new_password_for_who_rose_above_is_nobodys_below_to_give(
    house: House, desk: Desk, outside: Desk
) -> None:
    async with (
        sitting_at(house, unit="xa-mau", name="Páo") as below,
        sitting_at(house, Role.OFFICER, unit="xa-mau", name="Lan") as rising,
    ):
        again = f"/{rising.who.id}/again"
        link = link_in(await below.press(await below.open("/staff/people"), again))
        _, fields = form(await outside.open(link), link)
        people, change = await desk.open("/staff/people"), f"/{rising.who.id}/change"
        await desk.press(people, change, role="administrator", unit="")
        typed = fields | {"password": PASSWORD, "again": PASSWORD}
        answer = await outside.client.post(link, data=typed)
        assert answer.status == 404
        assert "Lan" in await rising.open("/staff/me")
