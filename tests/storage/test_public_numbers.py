"""Numbers for the public, in which nobody can be found: counted by both databases."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from storage.case_groups import CaseGroups
from storage.case_privacy import forget_cases_of
from storage.case_records import Case, CaseKind, NewCase
from storage.cases import Cases
from storage.conversations import Conversation, Conversations
from storage.database import Database
from storage.people import People
from storage.public_numbers import FEWEST, KindNumbers, numbers_of, waiting_now

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
SINCE = NOW - timedelta(days=365)
UNIT = "xa-mau"
CHATS = itertools.count(1)
DAY = timedelta(days=1)


async def chat(database: Database) -> Conversation:
    """Somebody new, in a chat of their own."""
    name = f"chat {next(CHATS)}"
    async with database.begin() as tx:
        person = await People().meet(tx, account="web", sender=name, unit=UNIT, at=SINCE)
        return await Conversations().open(
            tx, account="web", chat=name, thread="", person=person.known_as, at=SINCE
        )


async def reported(
    database: Database,
    talk: Conversation,
    *,
    days: float | None = None,
    kind: CaseKind = CaseKind.PROBLEM,
    unit: str = UNIT,
) -> Case:
    """A case of that chat; answered after so many days."""
    at = NOW - 100 * DAY
    async with database.begin() as tx:
        new = NewCase(kind, unit=unit, text="đèn hỏng")
        number = await Cases().open(tx, new, conversation=talk.id, at=at, due_at=at + 7 * DAY)
        case = await Cases().get(tx, number)
        assert case
        if days is not None:
            await Cases().answer(tx, case, "Đã sửa.", by=None, at=at + days * DAY)
            case = await Cases().get(tx, number)
    assert case
    return case


async def problems(database: Database) -> KindNumbers:
    async with database.read() as tx:
        numbers = await numbers_of(tx, [UNIT], since=SINCE)
    [found] = [one for one in numbers if one.kind is CaseKind.PROBLEM]
    return found


async def waiting(database: Database) -> int | None:
    async with database.read() as tx:
        return await waiting_now(tx, [UNIT])


async def test_people_are_counted_in_steps_of_five_and_their_waiting_is_a_median_of_people(
    database: Database,
) -> None:
    for days in (1, 2, 3, 10, 40, 50):
        await reported(database, await chat(database), days=days)
    loud = await chat(database)
    for _ in range(20):
        await reported(database, loud, days=300 / 20)
    found = await problems(database)
    assert found == KindNumbers(CaseKind.PROBLEM, 5, answered=1.0, median_days=10)
    assert await waiting(database) is None


async def test_an_even_number_of_people_has_its_median_in_the_middle_and_a_day_at_least(
    database: Database,
) -> None:
    for days in (0.01, 0.01, 0.01, 0.02, 3, 4):
        await reported(database, await chat(database), days=days)
    assert (await problems(database)).median_days == 1
    for days in (4, 4, 5, 5):
        await reported(database, await chat(database), days=days)
    assert (await problems(database)).median_days == 4, "between 3 and 4"


@pytest.mark.parametrize(
    ("answered", "waits", "share", "told"),
    [
        (6, 0, 1.0, None),
        (0, 6, 0.0, 5),
        (5, 5, 0.5, 5),
        (9, 1, None, None),  # 90 of 100 told with ten people would point to the one who waits
        (1, 9, None, 5),
        (5, 4, None, None),
        (14, 6, 0.7, 5),
    ],
)
async def test_a_share_is_told_only_where_both_its_parts_are_none_or_five(
    database: Database, answered: int, waits: int, share: float | None, told: int | None
) -> None:
    for number in range(answered + waits):
        days = 2.0 if number < answered else None
        await reported(database, await chat(database), days=days)
    found = await problems(database)
    assert found.people == (answered + waits) // FEWEST * FEWEST
    assert found.answered == share
    assert (found.median_days is None) is (answered < FEWEST)
    assert await waiting(database) == told


async def test_linked_chats_are_one_person_and_deleted_data_never_makes_more_of_one(
    database: Database,
) -> None:
    talks = [await chat(database) for _ in range(5)]
    for talk in talks:
        await reported(database, talk, days=1)
    assert (await problems(database)).people == 5
    async with database.begin() as tx:
        assert await People().join(tx, talks[0].person, to=talks[1].person)
    assert (await problems(database)).people is None, "four, one of them with two chats"


async def test_who_reported_five_things_and_is_forgotten_is_not_told_as_five_people(
    database: Database,
) -> None:
    talk = await chat(database)
    for _ in range(5):
        case = await reported(database, talk, days=1)
        async with database.begin() as tx:  # a closed case stays, counted, without its words
            await Cases().close(tx, case, by=None, at=NOW)
    assert (await problems(database)).people is None
    async with database.begin() as tx:
        await forget_cases_of(tx, talk.id, at=NOW)
    for _ in range(3):
        await reported(database, await chat(database), days=1)
    assert (await problems(database)).people is None
    await reported(database, await chat(database), days=1)
    assert (await problems(database)).people == 5


async def test_waiting_is_told_of_cases_but_only_where_five_people_wait(
    database: Database,
) -> None:
    loud = await chat(database)
    for _ in range(12):
        await reported(database, loud, kind=CaseKind.QUESTION)
    assert await waiting(database) is None
    for _ in range(4):
        await reported(database, await chat(database))
    assert await waiting(database) == 15


async def test_a_group_counts_people_whatever_their_chats(database: Database) -> None:
    talk = await chat(database)
    book = CaseGroups()
    async with database.begin() as tx:
        number = await book.open(tx, unit=UNIT, title="Đèn", at=NOW)
    for _ in range(2):
        case = await reported(database, talk)
        async with database.begin() as tx:
            await book.put(tx, case, await book.get(tx, number), at=NOW)
    async with database.read() as tx:
        assert (await book.get(tx, number)).people == 1
