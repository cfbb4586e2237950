"""What some pages of the console are about, and no filling makes: done as staff would do it."""

from __future__ import annotations

from sqlalchemy import select, update

from bot.wiring import House, now
from storage.case_groups import CaseGroups
from storage.case_records import WAITING, CaseRecord
from storage.cases import Cases
from storage.officials import Role
from storage.unanswered import UnansweredRecord
from storage.units import KeptUnit, UnitBook
from tests.console.desk import Desk, account

PEOPLE, ASKED = 100, 200


async def furnish(house: House, desk: Desk) -> dict[str, str]:
    """A unit in the database, an account, people, saved replies, a group of two cases, a draft of a
    notice and an invitation; what stands for them in an address."""
    async with house.database.begin() as tx:
        units = UnitBook()
        await units.take_turn(tx)
        await units.add(tx, [KeptUnit("xa-kept", "Xã Giữ")], at=now())
    await house.keeping.take_up()
    for n in range(PEOPLE):
        await account(house, Role.OFFICER, unit=f"xa-{n % 20}", name=f"Cán bộ {n}")
    page = await desk.open("/staff/new-account?platform=telegram")
    await desk.press(
        page, "/new-account", name="tele", unit="xa-3", set_token="123456789:" + "A" * 35
    )
    for n in range(20):
        page = await desk.open("/staff/replies?unit=xa-3")
        await desk.press(page, "/add", title=f"Câu số {n}", text="Bà con đến [địa chỉ]." * 9)
    async with house.database.begin() as tx:
        # Who asked some of the questions waits for an official.
        waiting = select(CaseRecord.id).where(
            CaseRecord.state.in_(WAITING),
            CaseRecord.quarantine == "",
            CaseRecord.group_id.is_(None),
        )
        numbers = (await tx.connection.execute(waiting.limit(ASKED))).scalars()
        for question, number in enumerate(numbers, start=1):
            row = UnansweredRecord
            named = update(row).where(row.id == question).values(case_id=number)
            await tx.connection.execute(named)
        groups = CaseGroups()
        group = await groups.open(tx, unit="xa-3", title="Cầu gãy", at=now())
        for number in (1, 2):
            case = await Cases().get(tx, number, lock=True)
            assert case is not None
            await groups.put(tx, case, await groups.get(tx, group), at=now())
    page = await desk.open("/staff/notices/new")
    page = await desk.press(page, "/preview", text="Mời bà con họp lúc 7 giờ.")
    page = await desk.press(page, "/keep")
    async with house.database.begin() as tx:
        invitation = await house.console.inviting.invite(
            tx, name="Lan", unit="xa-3", role=Role.OFFICER, by=desk.who.official.id
        )
    draft = page.partition('action="/staff/notices/')[2].partition("/")[0]
    return {"group": str(group), "draft": draft, "invitation": invitation}
