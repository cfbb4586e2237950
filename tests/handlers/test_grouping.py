"""Cases that say the same are joined by one digit, undone by the same one, and answered once."""

from __future__ import annotations

import asyncio

from bot.wiring import House, now
from handlers.actions import encode
from handlers.messages import Kind
from handlers.official_actions import Duty, Work
from storage.case_groups import CaseGroups
from storage.case_history import Happened, History
from storage.case_records import Case, CaseKind, NewCase
from storage.cases import Cases
from storage.officials import Role
from tests.handlers.office import Person, again, cases, official

SAME = ("máy cày nhà tôi hỏng thì đem sửa ở đâu", "May cay nha toi hong thi dem sua o dau!")


async def alike(house: House, *, unit: str = "xa-mau", kind: CaseKind = CaseKind.QUESTION) -> Case:
    """A case that says what all others of these say, from somebody else."""
    person = Person(house)
    await person.say("trang đầu")
    new = NewCase(kind, unit=unit, text=SAME[1])
    async with house.database.begin() as tx:
        return await house.casework.open(tx, new, conversation=await person.number(), at=now())


async def labels(person: Person, said: str, kind: Kind = Kind.TEXT) -> dict[int | None, str]:
    *_, reply = await person.say(said, kind)
    return {button.digit: button.label for button in reply.buttons}


async def test_one_digit_joins_two_cases_the_list_counts_them_and_the_same_digit_parts_them(
    house: House,
) -> None:
    lan = await official(house)
    first = await Person(house).ask(SAME[0])
    second = await alike(house)
    listed = await labels(lan, "việc")
    assert f"câu hỏi số {first.id} (+1 việc giống)" in listed[1]
    page = await labels(lan, f"việc {second.id}")
    assert page[8] == f"8. Gộp với việc số {first.id}"
    told = await lan.told("8")
    assert f"Đã gộp với việc số {first.id}" in told
    assert f"Đang gộp với việc số: {first.id}." in told
    assert "Có thể trùng" not in told
    first, second = await again(house, first), await again(house, second)
    assert first.group == second.group is not None
    async with house.database.read() as tx:
        opened = await CaseGroups().get(tx, second.group)
        events = await History().of(tx, second.id)
    assert (opened.unit, opened.people, opened.title) == ("xa-mau", 2, "Câu hỏi")
    assert (events[-1].what, events[-1].by is not None) == (Happened.GROUPED, True)
    assert "(+1 việc giống)" in (await labels(lan, "việc"))[1]
    third = await alike(house)
    assert (await labels(lan, f"việc {third.id}"))[8] == f"8. Gộp với việc số {first.id}"
    await lan.say("8")
    assert (await again(house, third)).group == second.group, "into the group that there is"
    assert "đứng riêng" in await lan.told("8"), "undone"
    assert (await again(house, third)).group is None
    assert (await again(house, first)).group == (await again(house, second)).group
    await lan.say(f"việc {second.id}")
    await lan.say("8")
    assert (await labels(lan, f"việc {first.id}"))[8] == f"8. Gộp với việc số {second.id}"
    await lan.say("8")
    async with house.database.read() as tx:
        [only] = await CaseGroups().all(tx)
    assert only.people == 2, "whoever is left alone in a group is joined anew in it"


async def test_one_answer_reaches_all_who_were_joined(house: House) -> None:
    lan, villager = await official(house), Person(house)
    first = await villager.ask(SAME[0])
    second = await alike(house)
    for said in (f"việc {second.id}", "8"):
        await lan.say(said)
    await villager.replies()
    async with house.database.begin() as tx:
        joined = await CaseGroups().get(tx, (await again(house, first)).group or 0)
        await house.public_answers.publish(tx, joined, "Tiệm ở chợ sửa máy cày.", at=now())
    assert "Tiệm ở chợ" in (await villager.replies())[-1].text
    async with house.database.begin() as tx:
        await house.casework.reopen(tx, await again(house, first), "chưa được", at=now())
    third = await alike(house)
    assert 8 not in await labels(lan, f"việc {third.id}"), "what was answered takes no more in"
    assert 8 not in await labels(lan, f"việc {first.id}"), "nor can it be left"


async def test_complaints_other_units_and_held_back_cases_are_never_joined(house: House) -> None:
    chair = await official(house, Role.ADMINISTRATOR, unit="", name="Sua")
    first = await Person(house).ask(SAME[0])
    complaint = await alike(house, kind=CaseKind.COMPLAINT)
    second_complaint = await alike(house, kind=CaseKind.COMPLAINT)
    far = await alike(house, unit="xa-khac")
    held = NewCase(CaseKind.QUESTION, unit="xa-mau", text=SAME[0], quarantine="flood")
    async with house.database.begin() as tx:
        number = await Cases().open(tx, held, conversation=None, at=now(), due_at=now())
        kept_back = await Cases().get(tx, number)
    assert kept_back
    for case in (complaint, second_complaint, far):
        assert 8 not in await labels(chair, f"việc {case.id}")
    assert (await labels(chair, f"việc {kept_back.id}"))[8] == "8. Bỏ tạm giữ"
    assert f"trùng với việc số: {complaint.id}" in await chair.told(f"việc {second_complaint.id}")
    for one, other in (
        (complaint, second_complaint),
        (first, complaint),
        (first, far),
        (first, kept_back),
        (kept_back, first),
        (first, first),
    ):
        made_up = encode(Work(Duty.JOIN, one.id, one.version, other.id))
        assert "không làm thế được" in await chair.told(made_up, Kind.BUTTON), (one, other)
    assert {case.group for case in await cases(house)} == {None}
    async with house.database.read() as tx:
        assert await CaseGroups().all(tx) == [], "nor is an empty group left behind"


async def test_who_only_reads_joins_nothing_and_nobody_joins_what_they_do_not_see(
    house: House,
) -> None:
    reader, far = await official(house, Role.VIEWER), await official(house, unit="xa-khac")
    first, second = await Person(house).ask(SAME[0]), await alike(house)
    assert 8 not in await labels(reader, f"việc {second.id}")
    made_up = encode(Work(Duty.JOIN, second.id, second.version, first.id))
    assert "không làm thế được" in await reader.told(made_up, Kind.BUTTON)
    assert "không xem được" in await far.told(made_up, Kind.BUTTON)
    assert (await again(house, second)).group is None


async def test_two_who_join_at_once_make_one_group(house: House) -> None:
    people = [await official(house, name=name) for name in ("Lan", "Páo")]
    first, second = await Person(house).ask(SAME[0]), await alike(house)
    await people[0].say(f"việc {second.id}")
    await people[1].say(f"việc {first.id}")
    await asyncio.gather(*(one.say("8") for one in people))
    async with house.database.read() as tx:
        [made] = await CaseGroups().all(tx)
    assert made.people == 2
