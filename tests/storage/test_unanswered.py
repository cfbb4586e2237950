"""Questions that no card answered: kept without who asked, settled once, forgotten in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from storage.case_privacy import forget_words
from storage.case_records import CaseKind, NewCase
from storage.cases import Cases
from storage.database import Database, Transaction
from storage.migrate import migrate
from storage.privacy import forget_old_messages
from storage.unanswered import REMEMBERED, Doubt, NotOpen, Unanswered, UnansweredRecord

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
BOOK = Unanswered()


async def note(tx: Transaction, text: str, *, at: datetime = NOW) -> None:
    await BOOK.note(tx, unit="xa-mau", text=text, kind=Doubt.UNSURE, guess="so-do", at=at)


async def noted(database: Database, *texts: str) -> list[int]:
    """Their ids, the oldest first."""
    async with database.begin() as tx:
        for text in texts:
            await note(tx, text)
    async with database.read() as tx:
        return [question.id for question in reversed(await BOOK.open(tx))]


async def test_open_questions_come_newest_first_and_no_more_than_asked_for(
    database: Database,
) -> None:
    await noted(database, "một", "hai", "ba")
    async with database.read() as tx:
        assert await BOOK.count(tx) == 3
        newest = await BOOK.open(tx, at_most=2)
    assert [question.text for question in newest] == ["ba", "hai"]
    assert newest[0].kind is Doubt.UNSURE
    assert newest[0].guess == "so-do"
    assert newest[0].asked_at == NOW


@pytest.mark.parametrize(("slug", "state"), [("so-do", "added"), ("", "dismissed")])
async def test_what_is_settled_is_no_longer_open_and_says_what_became_of_it(
    database: Database, slug: str, state: str
) -> None:
    first, second = await noted(database, "một", "hai")
    async with database.begin() as tx:
        await BOOK.settle(tx, [first, first], slug=slug, at=NOW)
    async with database.read() as tx:
        assert [question.id for question in await BOOK.open(tx)] == [second]
        row = (await tx.connection.execute(
            select(UnansweredRecord.__table__).where(UnansweredRecord.id == first)
        )).one()  # fmt: skip
    assert (row.state, row.slug, row.settled_at) == (state, slug, NOW)


async def test_a_group_of_which_one_is_settled_or_gone_is_refused_whole(database: Database) -> None:
    first, second = await noted(database, "một", "hai")
    async with database.begin() as tx:
        await BOOK.settle(tx, [first], at=NOW)
    for group in ([first, second], [second, second + 99], []):
        with pytest.raises(NotOpen):
            async with database.begin() as tx:
                await BOOK.settle(tx, group, slug="so-do", at=NOW)
    async with database.read() as tx:
        assert [question.id for question in await BOOK.open(tx)] == [second]


async def test_as_many_as_are_shown_can_be_settled_at_once(database: Database) -> None:
    numbers = await noted(database, *(f"câu {n}" for n in range(300)))
    async with database.begin() as tx:
        await BOOK.settle(tx, numbers, at=NOW)
    async with database.read() as tx:
        assert await BOOK.count(tx) == 0


async def test_nothing_in_the_table_can_name_a_person_but_by_a_case_that_waits(
    database: Database,
) -> None:
    async with database.read() as tx:
        columns = await tx.connection.run_sync(lambda c: inspect(c).get_columns("unanswered"))
        foreign = await tx.connection.run_sync(lambda c: inspect(c).get_foreign_keys("unanswered"))
    names = {"id", "unit", "text", "kind", "guess", "asked_at", "state", "settled_at", "slug"}
    assert {column["name"] for column in columns} == names | {"case_id"}
    assert [one["referred_table"] for one in foreign] == ["cases"]


async def case_of(tx: Transaction, **new: object) -> int:
    """A question for an official."""
    values = {"kind": CaseKind.QUESTION, "unit": "xa-mau", "text": "hai", **new}
    return await Cases().open(tx, NewCase(**values), conversation=None, at=NOW, due_at=NOW)


async def test_the_newest_question_of_these_words_is_whose_case_it_becomes(
    database: Database,
) -> None:
    first, second, other = await noted(database, "hai", "hai", "ba")
    async with database.begin() as tx:
        case, again = await case_of(tx), await case_of(tx)
        for number, text, unit in ((case, "hai", "xa-mau"), (again, "hai", "xa-khac")):
            await BOOK.pass_on(tx, unit=unit, text=text, case=number, at=NOW)
    numbers = [first, second, other]
    async with database.read() as tx:
        found = await BOOK.asked_of_officials(tx, numbers)
        assert {question: one.id for question, one in found.items()} == {second: case}
        assert await BOOK.asked_of_officials(tx, numbers, units={"xa-khac"}) == {}
        assert await BOOK.asked_of_officials(tx, [first, other]) == {}
    async with database.begin() as tx:
        late = NOW + REMEMBERED
        await BOOK.pass_on(tx, unit="xa-mau", text="hai", case=again, at=late)
        assert list(await BOOK.asked_of_officials(tx, numbers)) == [second]
        await BOOK.pass_on(tx, unit="xa-mau", text="hai", case=again, at=NOW)
        assert sorted(await BOOK.asked_of_officials(tx, numbers)) == [first, second]


async def test_nobody_waits_in_a_case_that_ended_is_held_back_or_forgotten(
    database: Database,
) -> None:
    numbers = await noted(database, "một", "hai", "ba")
    async with database.begin() as tx:
        opened = []
        for text, held in (("một", ""), ("hai", ""), ("ba", "flood")):
            number = await case_of(tx, text=text, quarantine=held)
            await BOOK.pass_on(tx, unit="xa-mau", text=text, case=number, at=NOW)
            opened.append(number)
        ends = await Cases().get(tx, opened[0])
        assert ends
        await Cases().close(tx, ends, by=None, at=NOW)
        assert list(await BOOK.asked_of_officials(tx, numbers)) == [numbers[1]]
        await forget_words(tx, [opened[1]], at=NOW)
        assert await BOOK.asked_of_officials(tx, numbers) == {}
        row = UnansweredRecord
        named = select(row.case_id).where(row.id == numbers[1])
        assert (await tx.connection.execute(named)).scalar_one() is None


async def test_what_is_settled_names_no_case_any_more(database: Database) -> None:
    [number] = await noted(database, "hai")
    async with database.begin() as tx:
        await BOOK.pass_on(tx, unit="xa-mau", text="hai", case=await case_of(tx), at=NOW)
        await BOOK.settle(tx, [number], answered=True, at=NOW)
        row = (await tx.connection.execute(select(UnansweredRecord.__table__))).one()
    assert (row.state, row.case_id, row.slug) == ("answered", None, "")


async def test_they_are_forgotten_with_the_messages_open_or_not(database: Database) -> None:
    old = NOW - timedelta(days=181)
    async with database.begin() as tx:
        for text in ("cũ", "cũ, đã xem"):
            await note(tx, text, at=old)
        await note(tx, "mới")
        settled = [q.id for q in await BOOK.open(tx) if q.text == "cũ, đã xem"]
        await BOOK.settle(tx, settled, slug="so-do", at=NOW)
    assert await forget_old_messages(database, before=NOW - timedelta(days=180)) == 2
    async with database.read() as tx:
        texts = await tx.connection.execute(select(UnansweredRecord.text))
        assert list(texts.scalars()) == ["mới"]


async def test_listing_and_forgetting_use_their_indexes(tmp_path: Path) -> None:
    database = Database.at(f"sqlite:///{tmp_path / 'x.db'}")
    await migrate(database)
    plans = []
    try:
        async with database.begin() as tx:
            for statement in (
                "SELECT id, text FROM unanswered WHERE state = ? ORDER BY id DESC LIMIT 5000",
                "SELECT id FROM unanswered WHERE asked_at < ? LIMIT 500",
            ):
                plan = f"EXPLAIN QUERY PLAN {statement}"
                rows = await tx.connection.exec_driver_sql(plan, ("x",))
                plans += [row[3] for row in rows]
    finally:
        await database.close()
    assert not [plan for plan in plans if plan.startswith("SCAN") or "TEMP" in plan], plans


async def test_what_was_no_doubt_is_taken_back_once_and_not_what_was_passed_on(
    database: Database,
) -> None:
    await noted(database, "một", "một", "hai")
    key = {"unit": "xa-mau", "text": "một"}
    async with database.begin() as tx:
        await BOOK.take_back(tx, **key, kind=Doubt.WRONG)
        await BOOK.take_back(tx, unit="", text="một", kind=Doubt.UNSURE)
        assert await BOOK.count(tx) == 3, "of another kind, of another unit"
        await BOOK.take_back(tx, **key, kind=Doubt.UNSURE)
        assert [one.text for one in await BOOK.open(tx)] == ["hai", "một"]
        case = await case_of(tx, text="một")
        await BOOK.pass_on(tx, **key, case=case, at=NOW)
        await BOOK.take_back(tx, **key, kind=Doubt.UNSURE)
        assert await BOOK.count(tx) == 2
