"""What goes wrong in an office, on every channel: late, removed, two at once, gone for good."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update

from bot.official_wiring import reminders_of, working_days
from bot.wiring import now
from content.library import Library
from handlers.errands import VIETNAM
from storage.case_records import CaseKind, CaseRecord, CaseState, CaseWordsRecord
from storage.officials import Officials
from tests.emulators.phones import Phone
from tests.journeys.commune import Commune, commune, hear, say
from tests.journeys.test_voices import ROUND

ANSWER = "Bác ra chợ nhé."


async def all_join(world: Commune) -> None:
    """Each phone is an official's; as somebody who asks it is a villager's too."""

    async def join(number: int, name: str, phone: Phone) -> None:
        await say(phone, f"mời {await world.invite(name, number)}", "cán bộ trả lời")
        await say(phone, "1", "máy làm việc của bạn")

    await asyncio.gather(
        *(join(n, name, phone) for n, (name, phone) in enumerate(world.phones.items(), start=1))
    )


async def asked(world: Commune) -> dict[str, int]:
    """A question from each phone, which no card answers; its case by the phone's name."""
    found = {}
    for name, phone in world.phones.items():
        await say(phone, f"máy cày của nhà ở {name} hỏng thì sửa ở đâu", "chậm nhất là ngày")
        found[name] = (await cases(world))[-1].id
    return found


async def cases(world: Commune) -> list[CaseRecord]:
    async with world.house.database.read() as tx:
        rows = await tx.connection.execute(select(CaseRecord.__table__).order_by(CaseRecord.id))
        return list(rows.all())


async def heard(phone: Phone, words: str) -> int:
    """How often it was said there."""
    return sum(words in one.text for one in await phone.screen())


async def write(official: Phone, case: int) -> None:
    """Up to the preview."""
    await say(official, f"việc {case}", f"âu hỏi số {case}:")
    await say(official, "1", "viết câu trả lời")
    await say(official, ANSWER, "Bà con sẽ đọc đúng như sau")


def vietnam(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, tzinfo=VIETNAM)


async def test_a_due_day_passes_over_a_new_year_and_of_two_who_answer_one_is_first(
    data_folder: Path, library: Library
) -> None:
    async with commune(data_folder.parent, library) as world:
        await all_join(world)
        numbers = await asked(world)
        received = vietnam(2025, 12, 29)  # a Monday; the third day after is New Year's
        due = working_days(world.house.settings).due(CaseKind.QUESTION, received)
        assert due.astimezone(VIETNAM).date() == vietnam(2026, 1, 2).date()
        async with world.house.database.begin() as tx:
            values = {"received_at": received, "due_at": due}
            await tx.connection.execute(update(CaseRecord).values(values))
        reminders = reminders_of(world.house.settings, world.house.database, world.house.casework)
        assert await reminders.run(vietnam(2025, 12, 30)) == 0
        assert await reminders.run(vietnam(2025, 12, 31)) == len(numbers), "the next day at work"
        assert await reminders.run(vietnam(2026, 1, 1)) == 0, "nobody works"
        assert await reminders.run(vietnam(2026, 1, 5)) == 2 * len(numbers)
        await reminders.run(vietnam(2026, 1, 5))
        for name, phone in world.phones.items():
            await hear(phone, f"chưa trả lời câu hỏi số {numbers[name]}")
            for number in numbers.values():
                await hear(phone, f"âu hỏi số {number} sắp đến hạn")
        for phone in world.phones.values():
            assert await heard(phone, "đã quá hạn mà chưa trả lời") == 1, "once, and of their own"
        for name, whose in ROUND.items():
            first, villager = world.phones[name], world.phones[whose]
            second = world.phones[ROUND[whose]]
            for official in (first, second):
                await write(official, numbers[whose])
            before = [len(await one.screen()) for one in (first, second)]
            await asyncio.gather(first.write("1"), second.write("1"))
            told = [
                "".join(shown.text for shown in (await one.screen(seen + 1))[seen:])
                for one, seen in zip((first, second), before, strict=True)
            ]
            assert sum("Đã gửi câu trả lời" in one for one in told) == 1, told
            assert sum("đã trả lời" in one for one in told) == 1, told
            await hear(villager, f"“{ANSWER}”")
            assert await heard(villager, f"Xã Mẫu trả lời câu hỏi số {numbers[whose]}") == 1


async def test_a_removed_official_sends_nothing_and_a_villager_who_goes_takes_all_along(
    data_folder: Path, library: Library
) -> None:
    async with commune(data_folder.parent, library) as world:
        await all_join(world)
        numbers = await asked(world)
        for name, whose in ROUND.items():
            await write(world.phones[name], numbers[whose])
        async with world.house.database.begin() as tx:
            for official in await Officials().all(tx):
                assert await Officials().remove(tx, official.id, at=now())
        for name in ROUND:
            await say(world.phones[name], "1", "không còn là máy làm việc")
        assert {case.state for case in await cases(world)} == {CaseState.RECEIVED}
        for name, phone in world.phones.items():
            assert await heard(phone, f"trả lời câu hỏi số {numbers[name]} của bà con") == 0
        for gone, (name, phone) in enumerate(world.phones.items(), start=1):
            await say(phone, "xóa dữ liệu", "cũng được rút lại")
            await phone.write("1")
            await hear(phone, "Đã xóa hết")  # on the page it is all that is left
            of = {case.id: case for case in await cases(world)}
            case = of[numbers[name]]
            assert (case.state, case.conversation_id) == (CaseState.WITHDRAWN, None)
            left = [one for one in of.values() if one.state == CaseState.RECEIVED]
            assert len(left) == len(numbers) - gone, "nobody else's"
            async with world.house.database.read() as tx:
                words = await tx.connection.execute(select(CaseWordsRecord.case_id))
                assert set(words.scalars()) == {one.id for one in left}
