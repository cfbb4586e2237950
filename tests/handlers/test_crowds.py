"""Many fresh conversations at once: all is received, but looked at before it fills the lists."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import load
from bot.wiring import House, build, now
from content.library import Library
from handlers.messages import Kind
from storage.case_lists import EVERYTHING, CaseLists
from storage.case_records import Case, CaseKind, NewCase
from storage.officials import Role
from tests.handlers.office import Person, again, cases, official
from tests.handlers.test_feedback import receipt
from tests.handlers.test_reminders import another_clock, vietnam

MOST = 3
DAY = timedelta(days=1)


@pytest.fixture
async def house(migrated_address: str, data_folder: Path, library: Library) -> AsyncIterator[House]:
    """A house whose office takes three cases an hour from newcomers."""
    environment = {
        "LOABAN_DATABASE__URL": migrated_address,
        "LOABAN_DATA__FOLDER": str(data_folder),
        "LOABAN_CONFIG": str(Path(__file__).parent.parent / "house.toml"),
        "LOABAN_CASES__NEWCOMERS_PER_HOUR": str(MOST),
    }
    async with build(load(environment), library) as built:
        yield built


async def question(house: House, number: int) -> Case:
    return await Person(house).ask(f"máy cày đời {number} của tôi hỏng sửa ở đâu")


async def heard(person: Person) -> list[str]:
    return [reply.text for reply in await person.replies()]


async def test_beyond_the_bound_a_case_gets_its_receipt_and_day_and_who_leads_is_told_once(
    house: House,
) -> None:
    lan, chair = await official(house), await official(house, Role.APPROVER, name="Sua")
    for number in range(MOST):
        await question(house, number)
    for one in (lan, chair):
        assert len(await heard(one)) >= MOST
    villager = Person(house)
    await villager.say("xa-mau", Kind.START)
    for said in ("góp ý", "2", "nên mở chợ ngày chủ nhật"):
        await villager.say(said)
    sent = house.reveal(await villager.told("1"))
    assert receipt(sent)
    held = (await cases(house))[-1]
    assert held.quarantine == "crowd"
    assert house.casework.day(held.due_at) in sent
    assert "đang chờ cán bộ" in await villager.told(receipt(sent))
    for number in range(MOST):
        await question(house, 10 + number)
    assert [case.quarantine for case in await cases(house)] == [""] * MOST + ["crowd"] * (MOST + 1)
    assert await heard(lan) == []
    [summary] = await heard(chair)
    assert f"góp ý số {held.id}" in summary
    await another_clock(house).run(vietnam(2030, 1, 7))
    reminded = [text for text in await heard(chair) if "tạm giữ" in text]
    assert reminded == [], "who was told is not told of each"
    assert f"Đang tạm giữ: {MOST + 1}" in await chair.told("việc")
    assert "quá nhiều người mới" in await chair.told(f"việc {held.id}")
    await chair.say("8")
    assert (await again(house, held)).quarantine == ""
    assert "nên mở chợ" in "".join(await heard(lan))


async def test_who_leads_lets_all_pass_by_a_word_and_who_answers_is_told_once(
    house: House,
) -> None:
    lan, chair = await official(house), await official(house, Role.APPROVER, name="Sua")
    for number in range(MOST):
        await question(house, number)
    held = [await question(house, 10 + number) for number in range(3)]
    new = NewCase(CaseKind.QUESTION, unit="xa-mau", text="một người gửi nhiều", quarantine="flood")
    flood = Person(house)
    await flood.say("trang đầu")
    async with house.database.begin() as tx:
        loud = await house.casework.open(tx, new, conversation=await flood.number(), at=now())
    assert "cho qua hết" in await chair.told(f"việc {held[0].id}")
    assert "Đã cho qua" not in await lan.told("cho qua hết"), "only who leads"
    await lan.replies()
    assert "Đã cho qua 3 việc" in await chair.told("Cho qua hết.")
    assert [(await again(house, case)).quarantine for case in (*held, loud)] == [
        "",
        "",
        "",
        "flood",
    ]
    assert await heard(lan) == []
    await another_clock(house).run(now() + timedelta(minutes=5))
    told = [text for text in await heard(lan) if "Mới (3)" in text]
    assert len(told) == 1
    assert all(f"câu hỏi số {case.id}" in told[0] for case in held)


async def test_people_of_yesterday_and_cries_for_help_and_other_offices_are_not_held_back(
    house: House,
) -> None:
    await official(house, Role.APPROVER)
    await official(house, Role.APPROVER, unit="xa-khac")
    old = Person(house)
    await old.say("xa-mau")
    for number in range(MOST + 1):
        await question(house, number)
    assert (await cases(house))[-1].quarantine == "crowd"
    fresh = Person(house)
    await fresh.say("xa-mau", Kind.START)
    new = NewCase(CaseKind.QUESTION, unit="xa-mau", text="giếng làng cạn nước")
    cry = replace(new, text="chồng tôi đang đánh tôi, cứu tôi với")
    async with house.database.begin() as tx:
        heard_cry = await house.casework.open(tx, cry, conversation=await fresh.number(), at=now())
        held = await house.casework.open(tx, new, conversation=await fresh.number(), at=now())
        later = await house.casework.open(
            tx, new, conversation=await old.number(), at=now() + DAY + timedelta(minutes=1)
        )
        elsewhere = NewCase(CaseKind.QUESTION, unit="xa-khac", text="giếng làng cạn nước")
        far = await house.casework.open(tx, elsewhere, conversation=await old.number(), at=now())
    assert held.quarantine == "crowd"
    assert [case.quarantine for case in (heard_cry, later, far)] == ["", "", ""]


async def test_a_village_counts_with_its_commune_and_deleted_data_is_no_way_around(
    house: House,
) -> None:
    await official(house, Role.APPROVER)
    person = Person(house)
    await person.say("ban-mau")
    await person.say("máy cày đời 0 của tôi hỏng sửa ở đâu")
    await person.say("xóa dữ liệu")
    await person.say("1")
    for number in range(1, MOST):
        await question(house, number)
    assert (await question(house, MOST)).quarantine == "crowd"


async def test_of_many_that_come_at_once_who_leads_is_told_once(house: House) -> None:
    chair = await official(house, Role.APPROVER)
    for number in range(MOST):
        await question(house, number)
    people = [Person(house) for _ in range(4)]
    for person in people:
        await person.say("xa-mau", Kind.START)
    await chair.replies()
    await asyncio.gather(*(
        person.say(f"máy xay đời {number} của tôi hỏng sửa ở đâu")
        for number, person in enumerate(people)
    ))  # fmt: skip
    assert [case.quarantine for case in (await cases(house))[MOST:]] == ["crowd"] * 4
    assert len(await heard(chair)) == 1


async def test_each_case_of_a_new_conversation_counts(house: House) -> None:
    await official(house, Role.APPROVER)
    loud = Person(house)
    for number in range(MOST + 1):
        await loud.ask(f"máy cày đời {number} của tôi hỏng sửa ở đâu")
    assert (await cases(house))[-1].quarantine == "crowd"


async def test_where_nobody_leads_nothing_is_held_back(house: House) -> None:
    lan = await official(house)
    for number in range(MOST + 2):
        await question(house, number)
    assert {case.quarantine for case in await cases(house)} == {""}
    assert len(await heard(lan)) >= MOST + 2
    async with house.database.read() as tx:
        assert await CaseLists().held_back(tx, EVERYTHING) == []
