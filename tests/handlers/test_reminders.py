"""Reminders: the clock walks over due dates, weekends, New Year and Tết."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta

import pytest

from bot.official_wiring import reminders_of, working_days
from bot.wiring import House
from handlers.errands import VIETNAM
from handlers.reminders import Reminders
from storage.case_records import CaseKind, CaseState, NewCase
from storage.cases import Cases
from storage.conversations import Conversations
from storage.officials import Officials, Role
from storage.people import People
from tests.handlers.office import Person, again, cases, official, remove

HOUR = timedelta(hours=1)


def vietnam(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return datetime(year, month, day, hour, tzinfo=VIETNAM)


async def handed_in(house: House, at: datetime) -> None:
    """A question asked at that time, due three days later or on the working day after."""
    async with house.database.begin() as tx:
        person = await People().meet(tx, account="web", sender="v", unit="xa-mau", at=at)
        talk = await Conversations().open(
            tx, account="web", chat="v", thread="", person=person.known_as, at=at
        )
        due = working_days(house.settings).due(CaseKind.QUESTION, at)
        new = NewCase(CaseKind.QUESTION, unit="xa-mau", text="máy cày hỏng")
        await Cases().open(tx, new, conversation=talk.id, at=at, due_at=due)


@pytest.fixture
def reminders(house: House) -> Reminders:
    return another_clock(house)


def another_clock(house: House) -> Reminders:
    return reminders_of(house.settings, house.database, house.casework)


async def walk(
    reminders: Reminders, people: dict[str, Person], begin: datetime, end: datetime
) -> list[tuple[str, str, str]]:
    """Tick every hour; (when, who, which) of each reminder that came."""
    seen, at = [], begin
    while at <= end:
        await reminders.run(at)
        for name, person in people.items():
            for reply in await person.replies():
                for sign, what in (("sắp đến hạn", "soon"), ("đã quá hạn", "late"),
                                   ("Báo người phụ trách", "chair")):  # fmt: skip
                    if sign in reply.text:
                        seen.append((f"{at:%d/%m %H}", name, what))
        at += HOUR
    return seen


async def test_reminders_wait_for_working_days_over_a_weekend_and_new_year(
    house: House, reminders: Reminders
) -> None:
    people = {"Lan": await official(house), "Sua": await official(house, Role.APPROVER)}
    for person in people.values():
        await person.replies()
    asked = vietnam(2026, 12, 28)  # Monday: due on Thursday, the last day of the year
    await handed_in(house, asked)
    assert await walk(reminders, people, asked, vietnam(2027, 1, 6)) == [
        ("30/12 08", "Lan", "soon"),
        ("30/12 08", "Sua", "soon"),
        ("04/01 08", "Lan", "late"),  # 1/1 is a holiday, then a weekend
        ("04/01 08", "Sua", "late"),
        ("04/01 08", "Sua", "chair"),
    ]


async def test_nothing_is_due_or_reminded_of_during_tet(house: House, reminders: Reminders) -> None:
    lan = await official(house)
    await lan.replies()
    asked = vietnam(2027, 2, 3)
    await handed_in(house, asked)
    [case] = await cases(house)
    days = working_days(house.settings)
    tet = [date(2027, 2, day) for day in range(5, 11)]
    closed = [day for day in tet if not days.works(day)]
    assert len(closed) >= 4, "Tết of 2027 begins on 6 February"
    seen = await walk(reminders, {"Lan": lan}, asked, vietnam(2027, 2, 20))
    assert [what for _, _, what in seen] == ["soon", "late"]
    for when, _, _ in seen:
        day = datetime.strptime(f"{when} 2027", "%d/%m %H %Y").date()  # noqa: DTZ007 - a day
        assert days.works(day)
    assert days.works(case.due_at.astimezone(VIETNAM).date())


async def test_two_clocks_and_a_restart_remind_once(house: House, reminders: Reminders) -> None:
    lan = await official(house)
    await lan.replies()
    await handed_in(house, vietnam(2026, 11, 30))
    late = vietnam(2026, 12, 4)
    await asyncio.gather(reminders.run(late), another_clock(house).run(late))
    await another_clock(house).run(late + HOUR)
    assert len(await lan.replies()) == 1


async def test_whoever_has_it_is_reminded_and_after_them_all_who_could(
    house: House, reminders: Reminders
) -> None:
    lan, pao = await official(house), await official(house, name="Páo")
    await handed_in(house, vietnam(2026, 11, 30))
    await lan.say("việc")
    await lan.say("1")
    await lan.say("3")
    for one in (lan, pao):
        await one.replies()
    await reminders.run(vietnam(2026, 12, 2))
    assert (len(await lan.replies()), len(await pao.replies())) == (1, 0)
    await remove(house, lan)
    await reminders.run(vietnam(2026, 12, 4))
    assert (len(await lan.replies()), len(await pao.replies())) == (0, 1)


async def test_an_answer_nobody_objects_to_closes_its_case_in_working_time(
    house: House, reminders: Reminders
) -> None:
    await official(house)
    await handed_in(house, vietnam(2026, 11, 30))
    [case] = await cases(house)
    async with house.database.begin() as tx:
        [working] = await Officials().all(tx)
        await Cases().answer(tx, case, "Ra chợ.", by=working.id, at=vietnam(2026, 12, 1))
    await reminders.run(vietnam(2026, 12, 14))
    assert (await again(house, case)).state is CaseState.ANSWERED
    await reminders.run(vietnam(2026, 12, 15, 20))
    assert (await again(house, case)).state is CaseState.ANSWERED, "not in the evening"
    await reminders.run(vietnam(2026, 12, 16))
    assert (await again(house, case)).state is CaseState.CLOSED


async def texts_of(house: House, chat: str) -> list[str]:
    """All that was written to that chat."""
    return [reply.text for reply in await Person(house, chat=chat).replies()]


async def test_a_villager_is_told_once_and_plainly_that_their_day_is_over(
    house: House, reminders: Reminders
) -> None:
    asked = vietnam(2027, 3, 1)  # Monday: due on Thursday
    await handed_in(house, asked)
    for day in range(4, 13):
        await reminders.run(vietnam(2027, 3, day))
    [told] = await texts_of(house, "v")
    assert "đã quá hạn mà chưa trả lời câu hỏi số 1" in told


async def test_what_was_asked_back_stays_in_sight_is_reminded_of_once_and_closed_in_the_end(
    house: House, reminders: Reminders
) -> None:
    lan = await official(house)
    begun = vietnam(2027, 3, 1)
    await handed_in(house, begun)
    [case] = await cases(house)
    async with house.database.begin() as tx:
        by = await Officials().of(tx, await lan.number())
        assert by
        await house.casework.ask_back(tx, case, "Máy gì?", by=by, at=begun)
    assert "CHỜ BÀ CON, câu hỏi số 1" in (await lan.say("việc"))[0].buttons[0].label
    for day in range(2, 30):
        await reminders.run(begun + timedelta(days=day))
    first, reminded = await texts_of(house, "v")
    assert "Máy gì?" in first
    assert "vẫn chờ bà con nói thêm" in reminded
    assert "Máy gì?" in reminded
    assert "chưa trả lời câu hỏi thêm về câu hỏi số 1" in (await lan.replies())[-1].text
    for day in range(30, 34):
        await reminders.run(begun + timedelta(days=day))
    assert "nên khép lại" in (await texts_of(house, "v"))[-1]
    assert (await again(house, case)).state is CaseState.CLOSED
    assert "đã tự đóng" in (await lan.replies())[-1].text
