"""What officials may not learn: a complaint about themselves, whose case it is, what is masked."""

from __future__ import annotations

from bot.wiring import House, now
from handlers.messages import Kind
from storage.case_privacy import forget_words
from storage.officials import Role
from tests.handlers.office import Person, again, cases, official
from tests.handlers.test_feedback import told


async def of_the_village(house: House) -> Person:
    """Somebody of Bản Mẫu, in Xã Mẫu."""
    person = Person(house)
    await person.say("ban-mau", Kind.START)
    return person


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
            by=house.casework.console, at=now(),
        )  # fmt: skip
