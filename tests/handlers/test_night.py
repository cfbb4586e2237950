"""Officials sleep: what comes at night is one message in the morning, but a cry for help."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.config import load
from bot.official_wiring import reminders_of
from bot.wiring import House, build
from content.library import Library
from storage.case_records import Case, CaseKind, NewCase
from storage.officials import Officials, Role
from tests.handlers.office import Person, again, official, remove
from tests.handlers.test_reminders import another_clock, vietnam

NIGHT, MORNING = vietnam(2026, 12, 1, 22), vietnam(2026, 12, 2, 6)
Building = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture
async def building(migrated_address: str, data_folder: Path, library: Library) -> Building:
    """Builds the house anew on the same database, as a start of the program does."""

    @asynccontextmanager
    async def built(start: str = "21:00", end: str = "06:00") -> AsyncIterator[House]:
        environment = {
            "LOABAN_DATABASE__URL": migrated_address,
            "LOABAN_DATA__FOLDER": str(data_folder),
            "LOABAN_CONFIG": str(Path(__file__).parent.parent / "house.toml"),
            "LOABAN_QUIET_HOURS__START": start,
            "LOABAN_QUIET_HOURS__END": end,
        }
        async with build(load(environment), library) as house:
            yield house

    return built


@pytest.fixture
async def night(building: Building) -> AsyncIterator[House]:
    async with building() as house:
        yield house


async def heard(person: Person) -> list[str]:
    return [reply.text for reply in await person.replies()]


async def comes_in(house: House, text: str, at: datetime = NIGHT, villager: str = "") -> Case:
    """A question of somebody who came a long time ago."""
    person = Person(house, chat=villager) if villager else Person(house)
    await person.say("trang đầu")
    new = NewCase(CaseKind.QUESTION, unit="xa-mau", text=text)
    number = await person.number()
    async with house.database.begin() as tx:
        return await house.casework.open(tx, new, conversation=number, at=at)


async def test_what_came_at_night_is_one_message_when_the_quiet_hours_end(night: House) -> None:
    lan = await official(night)
    await lan.replies()
    first = await comes_in(night, "máy cày hỏng sửa ở đâu")
    second = await comes_in(night, "giếng cạn hỏi ai", MORNING - timedelta(hours=3))
    assert await heard(lan) == []
    clock = another_clock(night)
    await clock.run(MORNING - timedelta(minutes=1))
    assert await heard(lan) == []
    await asyncio.gather(clock.run(MORNING), another_clock(night).run(MORNING))
    [told] = await heard(lan)
    assert f"Mới (2): câu hỏi số {first.id}, câu hỏi số {second.id}" in told
    assert "máy cày" not in told
    await clock.run(MORNING + timedelta(minutes=5))
    assert await heard(lan) == [], "once"
    await comes_in(night, "trường mở cửa chưa", MORNING)
    assert "trường mở cửa chưa" in (await heard(lan))[0], "by day at once"


async def test_a_cry_for_help_is_told_at_night(night: House) -> None:
    lan = await official(night)
    await lan.replies()
    await comes_in(night, "chồng tôi đang đánh tôi, cứu tôi với")
    assert "cứu tôi với" in (await heard(lan))[0]


async def test_an_official_who_works_at_night_is_answered_though_something_waits(
    night: House,
) -> None:
    lan = await official(night)
    await lan.replies()
    case = await comes_in(night, "máy cày hỏng sửa ở đâu")
    assert f"câu hỏi số {case.id}" in (await lan.say("việc"))[0].buttons[0].label
    for said in ("1", "1", "Bác ra chợ nhé."):
        await lan.say(said)
    assert "Đã gửi" in await lan.told("1")
    await another_clock(night).run(MORNING)
    assert await heard(lan) == [], "what is over by the morning is not told"


async def test_what_was_added_is_read_with_a_new_case_and_what_was_taken_back_is_none(
    night: House,
) -> None:
    lan = await official(night)
    await lan.replies()
    case, gone = [await comes_in(night, text) for text in ("máy cày hỏng", "giếng cạn nước")]
    async with night.database.begin() as tx:
        await night.casework.add(tx, case, "máy màu đỏ", at=NIGHT)
        await night.casework.withdraw(tx, gone, at=NIGHT)
    await another_clock(night).run(MORNING)
    [told] = await heard(lan)
    assert f"Mới (1): câu hỏi số {case.id}" in told
    assert f"số {gone.id}" not in told
    async with night.database.begin() as tx:
        await night.casework.withdraw(tx, await again(night, case), at=NIGHT)
    await another_clock(night).run(MORNING + timedelta(days=1))
    assert f"Bà con đã rút (1): câu hỏi số {case.id}" in (await heard(lan))[0]


async def test_who_was_removed_at_night_is_told_nothing_and_who_leads_sees_complaints(
    night: House,
) -> None:
    lan, chair = await official(night), await official(night, Role.APPROVER, name="Sua")
    villager = Person(night)
    await villager.say("trang đầu")
    new = NewCase(CaseKind.COMPLAINT, unit="xa-mau", text="cán bộ quát bà con")
    async with night.database.begin() as tx:
        await night.casework.open(tx, new, conversation=await villager.number(), at=NIGHT)
    await comes_in(night, "máy cày hỏng")
    for one in (lan, chair):
        await one.replies()
    await remove(night, lan)
    await another_clock(night).run(MORNING)
    assert await heard(lan) == []
    assert "phàn nàn" in (await heard(chair))[0]


async def test_a_reminder_in_quiet_hours_waits_for_their_end(building: Building) -> None:
    async with building("20:00", "09:00") as house:  # offices open at eight
        lan = await official(house)
        await lan.replies()
        case = await comes_in(house, "máy cày hỏng", vietnam(2026, 11, 30))
        await lan.replies()
        clock = reminders_of(house.settings, house.database, house.casework)
        await clock.run(vietnam(2026, 12, 2, 8))
        assert await heard(lan) == []
        await clock.run(vietnam(2026, 12, 2, 9))
        [told] = await heard(lan)
        assert f"Sắp đến hạn (1): câu hỏi số {case.id}" in told
        await clock.run(vietnam(2026, 12, 2, 10))
        assert await heard(lan) == []


async def test_a_draft_and_what_waits_for_the_morning_survive_a_restart(
    building: Building,
) -> None:
    async with building() as house:
        lan = await official(house)
        villager = Person(house)
        case = await comes_in(house, "máy cày hỏng", vietnam(2026, 12, 1), villager.chat)
        for said in ("việc", "1", "1", "Bác đem ra chợ nhé."):
            await lan.say(said)
        await lan.replies()
        night = await comes_in(house, "giếng cạn nước")
    async with building() as later:
        lan, villager = (Person(later, person.chat, person.heard) for person in (lan, villager))
        await villager.replies()
        assert "Bác đem ra chợ nhé." in await lan.told("việc"), "what they wrote is still there"
        assert "Đã gửi" in await lan.told("1")
        [answer] = await heard(villager)
        assert "Bác đem ra chợ nhé." in answer
        assert not (await again(later, case)).waiting
        await another_clock(later).run(MORNING)
        assert f"câu hỏi số {night.id}" in (await heard(lan))[0]
        async with later.database.read() as tx:
            assert len(await Officials().all(tx)) == 1
