"""Numbers that pages show: the same as of every row, and on SQLite from indexes that hold them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, select, update

from storage.broadcast_outcomes import account_of, keep_outcomes
from storage.case_lists import EVERYTHING
from storage.case_numbers import numbers_by_unit, ratings
from storage.case_records import CaseKind, CaseState, NewCase
from storage.case_search import Wanted
from storage.cases import Cases
from storage.database import Database
from storage.migrate import migrate
from storage.notice_lists import NoticeLists, Sent
from storage.outbox import Lane, Outbox, OutboxRecord, State
from storage.tallies import Tallies
from tests.storage.broadcast_office import NOW, Office

HOUR = timedelta(hours=1)


async def notices(database: Database) -> list[int]:
    """Two notices to as many people as there are states, one message in each of them."""
    office = Office(database)
    for state in State:
        await office.villager(state)
    made = [await office.begun(), await office.begun()]
    async with database.begin() as tx:
        for number in made:
            rows = await tx.connection.execute(
                select(OutboxRecord.id).where(OutboxRecord.broadcast_id == number)
            )
            for row, state in zip(rows.scalars().all(), State, strict=True):
                change = update(OutboxRecord).where(OutboxRecord.id == row)
                await tx.connection.execute(change.values(state=state.value))
    return made


async def test_messages_are_counted_in_every_state_with_a_notice_and_without(
    database: Database,
) -> None:
    await notices(database)
    _, talk = await Office(database).villager("one more", yes=False)
    async with database.begin() as tx:
        await Outbox().put(
            tx, ["{}"], account="bot", conversation=talk, inbox=None, lane=Lane.REPLY, at=NOW
        )
    async with database.read() as tx:
        states = await tx.connection.execute(select(OutboxRecord.state))
        every = Counter(State(state) for state in states.scalars())
        assert await Outbox().counts(tx) == every
    assert every[State.SENT] == 2
    assert every[State.PENDING] == 3


async def test_how_far_a_notice_came_is_the_same_in_a_list_as_in_its_account(
    database: Database,
) -> None:
    first, second = await notices(database)
    async with database.begin() as tx:  # of one message only its outcome is left
        sent = (OutboxRecord.broadcast_id == first) & (OutboxRecord.state == State.SENT)
        await keep_outcomes(tx, sent)
        await tx.connection.execute(OutboxRecord.__table__.delete().where(sent))
    async with database.read() as tx:
        listed = await NoticeLists().sent(tx, [first, second, second + 1])
        for number in (first, second):
            account = await account_of(tx, number)
            assert listed[number] == Sent(account.sent, account.recipients)
    assert listed == {first: Sent(1, len(State)), second: Sent(1, len(State))}


async def test_a_time_begins_with_its_first_moment_and_ends_before_its_last(
    database: Database,
) -> None:
    """So also of each unit: at that very moment, a second before, and elsewhere."""
    since, until = NOW, NOW + HOUR
    second = timedelta(seconds=1)
    moments = [since - second, since, until - second, until]
    async with database.begin() as tx:
        for unit, times in {"xa-a": moments, "xa-b": moments[1:2], "xa-c": moments[:1]}.items():
            for at in times:
                new = NewCase(CaseKind.PROBLEM, unit=unit, text="đèn hỏng")
                await Cases().open(tx, new, conversation=None, at=at, due_at=at + HOUR)
    wanted = Wanted(since=since, until=until)
    async with database.read() as tx:
        found = await numbers_by_unit(tx, EVERYTHING, wanted, now=NOW + HOUR + second)
        one = Wanted(since=since, until=until, units=frozenset({"xa-b"}))
        theirs = await numbers_by_unit(tx, EVERYTHING, one, now=NOW)
    assert {unit: many.received for unit, many in found.items()} == {"xa-a": 2, "xa-b": 1}
    assert {unit: many.overdue for unit, many in found.items()} == {"xa-a": 1, "xa-b": 1}
    assert found["xa-a"].states[CaseState.RECEIVED] == 2
    assert {unit: many.received for unit, many in theirs.items()} == {"xa-b": 1}


async def test_counting_reads_no_row_of_a_big_table_but_its_index(tmp_path: Path) -> None:
    database = Database.at(f"sqlite:///{tmp_path / 'x.db'}")
    await migrate(database)
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        asked.append((statement, parameters))

    year = Wanted(since=datetime(2026, 1, 1, tzinfo=UTC), until=NOW)
    first, last = year.since.date() if year.since else NOW.date(), NOW.date()
    try:
        async with database.read() as tx:
            event.listen(database.engine.sync_engine, "before_cursor_execute", note)
            await Outbox().counts(tx)
            await NoticeLists().sent(tx, [1, 2])
            await numbers_by_unit(tx, EVERYTHING, year, now=NOW)
            await ratings(tx, EVERYTHING, year)
            await Tallies().sums(tx, first=first, last=last)
            await Tallies().by_day(tx, first=first, last=last)
            event.remove(database.engine.sync_engine, "before_cursor_execute", note)
            plans = [
                row[3]
                for statement, parameters in asked
                for row in await tx.connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", parameters
                )
            ]
    finally:
        await database.close()
    wanted = {
        "SCAN outbox USING COVERING INDEX ix_outbox_ended",
        "SEARCH outbox USING COVERING INDEX ix_outbox_ended (broadcast_id=? AND state=?)",
        "SEARCH outbox USING COVERING INDEX uq_outbox_broadcast_person (broadcast_id=?)",
        "SCAN cases USING COVERING INDEX ix_cases_numbers",
        "SEARCH cases USING INDEX ix_cases_rated (received_at>? AND received_at<?)",
        "SEARCH tallies USING COVERING INDEX ix_tallies_sums (day>? AND day<?)",
    }
    assert not wanted - {*plans}, plans
