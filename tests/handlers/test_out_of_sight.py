"""What officials may not learn: a complaint about themselves, whose case it is, what is masked."""

from __future__ import annotations

from dataclasses import replace

from bot.wiring import House, now
from handlers.actions import CaseMove, CaseStep, encode
from handlers.exports import Columns
from handlers.messages import Kind
from storage.case_history import Happened, History
from storage.case_lists import EVERYTHING, CaseLists
from storage.case_privacy import forget_words
from storage.case_records import CaseKind, CaseState, NewCase
from storage.case_rows import case_rows
from storage.cases import Cases
from storage.database import Transaction
from storage.officials import Official, Officials, Role
from tests.handlers.office import QUESTION, Person, again, cases, official
from tests.handlers.test_feedback import told


async def of_the_village(house: House) -> Person:
    """Somebody of Bản Mẫu, in Xã Mẫu."""
    person = Person(house)
    await person.say("ban-mau", Kind.START)
    return person


async def head(tx: Transaction) -> Official:
    """Somebody of the whole installation, at the console alone."""
    role = Role.ADMINISTRATOR
    return await Officials().hire(tx, name="Mai", unit="", role=role, at=now())


async def test_a_complaint_about_the_village_head_goes_to_the_commune_as_was_said(
    house: House,
) -> None:
    head = await official(house, Role.APPROVER, unit="ban-mau", name="Trưởng bản")
    chair = await official(house, Role.APPROVER, name="Chủ tịch")
    villager = await of_the_village(house)
    for about in ("3", "4"):  # the head; and whoever that is not said of
        seen = await told(villager, "góp ý", "4", "chửi bà con trong buổi họp", about)
        assert "Chỉ lãnh đạo của Xã Mẫu và cấp trên" in seen
        assert "Mã biên nhận" in await told(villager, "1")
    assert [case.unit for case in await cases(house)] == ["xa-mau", "xa-mau"]
    assert len(await chair.replies()) == 2
    assert await head.replies() == []
    assert "Không có việc nào" in await head.told("viec")
    assert "chửi bà con" not in await head.told("viec 1")


async def test_who_will_see_it_is_named_whoever_answers(house: House) -> None:
    villager = await of_the_village(house)
    seen = await told(villager, "góp ý", "2", "nên trồng thêm cây")
    assert "Chỉ cán bộ trả lời của Bản Mẫu, Xã Mẫu và cấp trên" in seen
    assert "Mã biên nhận" in await told(villager, "1")
    assert [case.unit for case in await cases(house)] == ["ban-mau"]


async def test_a_case_without_its_words_can_be_opened(house: House) -> None:
    chair = await official(house, Role.APPROVER)
    villager = Person(house)
    case = await villager.ask()
    async with house.database.begin() as tx:
        await forget_words(tx, [case.id], at=now())
    assert f"số {case.id}" in await chair.told("viec")
    assert f"Câu hỏi số {case.id}" in await chair.told(f"viec {case.id}")
    elsewhere = house.units.get("xa-khac")
    assert elsewhere
    async with house.database.begin() as tx:
        await house.casework.move(
            tx, await again(house, case), to=elsewhere,
            by=await head(tx), at=now(),
        )  # fmt: skip


async def exported(house: House) -> list[dict[str, object]]:
    columns = Columns(unit_name=str, now=now())
    async with house.database.read() as tx:
        return [
            dict(zip(columns.NAMES, columns.values(row), strict=True))
            async for row in case_rows(tx, EVERYTHING)
        ]


async def test_discontent_stays_in_the_history_and_in_exports_after_reopening(house: House) -> None:
    villager = Person(house)
    case = await villager.ask()
    async with house.database.begin() as tx:
        await house.casework.answer(tx, case, "Ra chợ.", by=await head(tx), at=now())
    await villager.say(encode(CaseStep(CaseMove.NOT_CONTENT, case.id)), Kind.BUTTON)
    await villager.say("tiệm ở chợ đóng cửa rồi")
    assert (await again(house, case)).state is CaseState.ASSIGNED, "whoever answered has it"
    async with house.database.read() as tx:
        events = await History().of(tx, case.id)
    [rated] = [event.detail for event in events if event.what is Happened.RATED]
    assert rated == "understood=yes, satisfied=no"
    [row] = await exported(house)
    assert (row["understood"], row["satisfied"], row["reopened"]) == (True, False, 1)


async def test_a_place_and_a_name_are_masked_until_somebody_says_why_they_look(
    house: House,
) -> None:
    lan, chair = await official(house), await official(house, Role.APPROVER, name="Sua")
    place = "nhà ông Giàng A Páo, 0912345678, căn cước 012345678901"
    new = NewCase(
        CaseKind.PROBLEM, unit="xa-mau", text="mương tắc", place=place,
        name="Vừ Thị Mỷ 0987654321",
    )  # fmt: skip
    async with house.database.begin() as tx:
        await Cases().open(tx, new, conversation=None, at=now(), due_at=now())
    [case] = await cases(house)
    shown = await lan.told(f"viec {case.id}")
    assert "Người gửi: [tên]" in shown
    assert "mương tắc" in shown
    written = str(await exported(house))
    for hidden in ("Páo", "0912345678", "012345678901", "Vừ", "0987654321"):
        assert hidden not in shown
        assert hidden not in written
    await told(chair, f"viec {case.id}", "6")
    whole = await chair.told("đến tận nơi xem mương")
    assert place in whole
    assert "Người gửi: Vừ Thị Mỷ 0987654321" in whole


async def test_cases_that_say_the_same_are_listed_alike_whoever_told_them(house: House) -> None:
    first, second = Person(house), Person(house)
    await first.ask()
    await told(first, "góp ý", "2", QUESTION, "1")
    await second.ask()
    everybodys = await cases(house)
    assert len(everybodys) == 3
    async with house.database.read() as tx:
        for case in everybodys:
            others = await CaseLists().beside(tx, EVERYTHING, case)
            assert {case.id, *others} == {one.id for one in everybodys}


async def test_a_sent_location_is_kept_to_a_hundred_metres_and_that_is_said(house: House) -> None:
    villager = Person(house)
    await villager.say("xa-mau", Kind.START)
    await told(villager, "góp ý", "3", "cầu gãy")
    sent = replace(villager.incoming("", Kind.LOCATION), location=(22.336212, 103.843891))
    assert await house.accept(sent)
    [seen] = await villager.replies()
    assert "22.336, 103.844" in seen.text
    assert "chừng 100 mét" in seen.text
    await villager.say("1")
    [case] = await cases(house)
    assert case.place == "22.336, 103.844"


async def test_nothing_tells_that_two_cases_were_taken_back_by_one_person(house: House) -> None:
    chair = await official(house, Role.APPROVER)
    villager = Person(house)
    await villager.say("xa-mau", Kind.START)
    await told(villager, "góp ý", "2", "nên trồng thêm cây", "2", "Vừ Thị Mỷ", "1")
    await told(villager, "góp ý", "4", "cán bộ quát tháo bà con", "1", "1")
    await chair.replies()
    villager.heard = 0
    await told(villager, "xóa dữ liệu", "1")
    assert await chair.replies() == []
    assert "Không có việc nào" in await chair.told("viec")
    first, second = await cases(house)
    assert first.state is second.state is CaseState.WITHDRAWN
    assert first.closed_at == first.received_at != second.closed_at
    async with house.database.read() as tx:
        times = [{e.at for e in await History().of(tx, one.id)} for one in (first, second)]
        assert await Cases().words(tx, first.id) == []
    assert times[0].isdisjoint(times[1])
