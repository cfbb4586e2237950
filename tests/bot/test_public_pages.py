"""You said, we did: one answer for all who said it, and a public page that points to nobody."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.web import Site
from bot.wiring import House, now
from handlers.messages import Kind
from storage.case_groups import CaseGroups, GroupFault
from storage.case_records import CaseState
from storage.database import Transaction
from storage.public_numbers import at_least
from tests.handlers.test_feedback import cases, receipt, told
from tests.handlers.test_reception import Villager, words

Client = TestClient[web.Request, web.Application]
ANSWER = "Xã đã sửa xong đèn nhà văn hóa ngày 20/11."


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    async with TestClient(TestServer(Site(house).application())) as opened:
        yield opened


async def reporters(house: House, count: int, unit: str = "xa-mau") -> list[Villager]:
    """So many people who told of the same broken lamp."""
    people = [Villager(house) for _ in range(count)]
    for person in people:
        await person.say(unit, Kind.START)
        await told(person, "góp ý", "3", "đèn nhà văn hóa hỏng", "bỏ qua", "1")
    return people


async def group(tx: Transaction, house: House) -> int:
    """A group of all cases that wait."""
    book = CaseGroups()
    number = await book.open(tx, unit="xa-mau", title="Đèn nhà văn hóa", at=now())
    for case in await cases(house):
        await book.put(tx, case, await book.get(tx, number), at=now())
    return number


async def test_everybody_who_said_it_gets_the_one_answer_and_the_page_shows_it(
    house: House, client: Client
) -> None:
    people = await reporters(house, 6)
    first = people[0]
    three = receipt(await told(first, "góp ý", "2", "nên thay đèn tiết kiệm", "1"))
    async with house.database.begin() as tx:
        number = await group(tx, house)
        found = await CaseGroups().get(tx, number)
        assert found.people == 6, "people, not cases"
        assert await house.casework.publish(tx, found, ANSWER, at=now()) == 7
    for person in people:
        assert words(await person.replies()).count(ANSWER) == (2 if person is first else 1)
    assert await cases(house) == []
    other = Villager(house)
    await other.say("", Kind.START)
    assert ANSWER in await told(other, three)
    page = await (await client.get("/u/xa-mau")).text()
    assert ANSWER in page
    assert "từ 5 người trở lên đã nói" in page
    with pytest.raises(GroupFault, match="answered already"):
        async with house.database.begin() as tx:
            await house.casework.publish(tx, await CaseGroups().get(tx, number), "Lại", at=now())


async def test_numbers_of_fewer_than_five_people_are_not_on_the_page(
    house: House, client: Client
) -> None:
    people = await reporters(house, 7)
    for _ in range(5):
        await told(people[0], "góp ý", "1", "cô giáo tốt lắm", "1")
    page = await (await client.get("/u/xa-mau")).text()
    table, _, hidden = page.partition("</table>")
    assert "từ 5 trở lên" in table
    assert "Lời khen" not in table, "five words of one person are one person"
    assert "Lời khen" in hidden
    assert not re.search(r">\s*7\s*<|từ 7", page)
    assert [at_least(n) for n in (0, 4, 5, 9, 14)] == [None, None, 5, 5, 10]


async def test_an_answer_that_names_somebody_and_an_empty_group_are_refused(house: House) -> None:
    await reporters(house, 1)
    async with house.database.begin() as tx:
        number = await group(tx, house)
        empty = await CaseGroups().open(tx, unit="xa-mau", title="Không có gì", at=now())
    for chosen, answer, why in (
        (number, "Gọi anh Sùng A Páo 0912 345 678.", "leave that out"),
        (empty, ANSWER, "no cases"),
    ):
        with pytest.raises(GroupFault, match=why):
            async with house.database.begin() as tx:
                found = await CaseGroups().get(tx, chosen)
                await house.casework.publish(tx, found, answer, at=now())
    [case] = await cases(house)
    assert case.state is CaseState.RECEIVED


async def test_an_unknown_unit_is_told_in_words_and_what_is_typed_is_only_text(
    client: Client,
) -> None:
    answer = await client.get("/u/<script>alert(1)")
    assert answer.status == 404
    assert "Không có xã nào" in await answer.text()
    assert "<script>" not in await answer.text()


async def test_a_case_of_another_unit_stays_out_of_the_page(house: House, client: Client) -> None:
    await reporters(house, 5, unit="xa-khac")
    assert "từ 5 trở lên" in await (await client.get("/u/XA-KHAC")).text()
    assert "từ 5 trở lên" not in await (await client.get("/u/xa-mau")).text()
