"""You said, we did: one answer for all who said it, and a public page that points to nobody."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.web import Site
from bot.wiring import House, now
from content.answers import LocalFacts
from handlers.messages import Kind
from handlers.units import Unit, Units
from storage.case_groups import CaseGroups, GroupFault
from storage.case_records import CaseKind, CaseState, NewCase
from storage.cases import Cases
from storage.conversations import Conversations
from storage.database import Transaction
from storage.people import People
from storage.public_numbers import at_least
from tests.browser import chromium
from tests.handlers.test_feedback import cases, receipt, told
from tests.handlers.villager import Villager

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
        assert await house.public_answers.publish(tx, found, ANSWER, at=now()) == 7
    for person in people:
        [answered] = await person.replies()
        assert ANSWER in answered.text, "once, also to somebody with two cases"
        if person is first:
            assert "việc cần sửa số 1, góp ý số 7 của bà con" in answered.text
            assert [button.label for button in answered.buttons] == [
                "1. Hỏi lại: việc cần sửa số 1",
                "2. Hỏi lại: góp ý số 7",
            ]
    assert await cases(house) == []
    other = Villager(house)
    await other.say("", Kind.START)
    assert ANSWER in await told(other, three)
    page = await (await client.get("/u/xa-mau")).text()
    assert ANSWER in page
    assert "từ 5 người trở lên đã nói" in page
    with pytest.raises(GroupFault, match="answered already"):
        async with house.database.begin() as tx:
            await house.public_answers.publish(
                tx, await CaseGroups().get(tx, number), "Lại", at=now()
            )


async def test_what_few_people_said_is_answered_to_them_and_not_on_the_page(
    house: House, client: Client
) -> None:
    people = await reporters(house, 4)
    async with house.database.begin() as tx:
        found = await CaseGroups().get(tx, await group(tx, house))
        assert await house.public_answers.publish(tx, found, ANSWER, at=now()) == 4
    for person in people:
        assert ANSWER in (await person.replies())[-1].text
    page = await (await client.get("/u/xa-mau")).text()
    assert ANSWER not in page
    assert found.title not in page


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
                await house.public_answers.publish(tx, found, answer, at=now())
    [case] = await cases(house)
    assert case.state is CaseState.RECEIVED


async def test_an_answer_may_name_the_number_of_the_office_itself(house: House) -> None:
    [person] = await reporters(house, 1)
    answer = "Xã đã sửa. Hỏng nữa thì gọi 0200 000000, hoặc 0200.000.000."
    async with house.database.begin() as tx:
        found = await CaseGroups().get(tx, await group(tx, house))
        await house.public_answers.publish(tx, found, answer, at=now())
    assert answer in (await person.replies())[-1].text


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


async def test_a_village_has_the_numbers_of_its_office_and_no_page_is_the_sum_of_others(
    house: House, client: Client
) -> None:
    await reporters(house, 4)
    await reporters(house, 1, unit="ban-mau")
    commune = await (await client.get("/u/xa-mau")).text()
    village = await (await client.get("/u/ban-mau")).text()
    assert "từ 5 trở lên" in commune
    assert "Đang chờ trả lời: từ 5 việc trở lên" in commune
    assert "Số dưới đây là của cả Xã Mẫu" in village
    assert "Số dưới đây" not in commune
    assert numbers_on(village) == numbers_on(commune)
    far = await (await client.get("/u/xa-khac")).text()
    assert "dưới 5 người, nên không nêu số" in far


def numbers_on(page: str) -> list[str]:
    return re.findall(r"<t[dh][^>]*>.*?</t[dh]>|Đang chờ[^<]*", page)


def test_each_unit_is_served_by_one_office_alone() -> None:
    def unit(code: str, parent: str = "", address: str = "") -> Unit:
        return Unit(code, code, parent, LocalFacts(office_address=address))

    units = Units([
        unit("tinh", address="phố 1"),
        unit("xa", "tinh", "thôn 1"),
        unit("ban", "xa"),
        unit("ban-xa", "ban"),
        unit("xa-moi", "tinh"),
        unit("xa-le"),
    ])  # fmt: skip
    parts = {units.served_with(one.code) for one in units}
    assert parts == {
        frozenset({"tinh", "xa-moi"}),
        frozenset({"xa", "ban", "ban-xa"}),
        frozenset({"xa-le"}),
    }
    assert units.served_with("") == frozenset({""})
    assert sum(map(len, parts)) == len(units), "nobody is counted twice"


async def test_linked_chats_and_no_name_get_the_public_answer_once(house: House) -> None:
    people = await reporters(house, 2)
    other = Villager(house)
    await other.say("xa-mau", Kind.START)
    await told(other, "góp ý", "2", "nên thay đèn nhà văn hóa", "1")
    code = re.search(r"\d{4} \d{4}", await told(other, "liên kết"))
    assert code
    await told(people[0], code[0], "1")
    await other.replies()
    async with house.database.begin() as tx:
        number = await group(tx, house)
        found = await CaseGroups().get(tx, number)
        assert found.people == 2
        await house.public_answers.publish(tx, found, ANSWER, at=now())
    assert await people[0].replies() == [], "they are told in the chat from which they last wrote"
    [answer] = await other.replies()
    assert "việc cần sửa số 1, góp ý số 3 của bà con" in answer.text
    assert [button.label for button in answer.buttons] == ["1. Hỏi lại: góp ý số 3"]
    [alone] = await people[1].replies()
    assert "việc cần sửa số 2 của bà con" in alone.text


async def test_a_chat_in_which_others_read_along_hears_of_its_own_case_alone(house: House) -> None:
    """A question asked in a group and another told in private are answered each where it came from,
    though whoever began the group's chat is the same."""
    async with house.database.begin() as tx:
        person = await People().meet(tx, account="web", sender="p", unit="xa-mau", at=now())
        for place in ("p", "a group"):
            talk = await Conversations().open(
                tx, account="web", chat=place, thread="", person=person.known_as, at=now()
            )
            new = NewCase(CaseKind.QUESTION, unit="xa-mau", text="đèn hỏng")
            await Cases().open(tx, new, conversation=talk.id, at=now(), due_at=now())
    async with house.database.begin() as tx:
        number = await group(tx, house)
        await house.public_answers.publish(tx, await CaseGroups().get(tx, number), ANSWER, at=now())
    for place, case in (("p", "câu hỏi số 1"), ("a group", "câu hỏi số 2")):
        [answer] = await Villager(house, chat=place).replies()
        assert f"({case})" in answer.text


@pytest.mark.browser
async def test_the_page_fits_a_phone_of_360_pixels(house: House, client: Client) -> None:
    await reporters(house, 6)
    address = str(client.make_url("/u/xa-mau"))
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": 360, "height": 740})
        await page.goto(address)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        shown = await page.inner_text("main")
        assert "Đang chờ trả lời" in shown
        assert "dưới 1 phần 10" in shown, "nobody is answered yet"
