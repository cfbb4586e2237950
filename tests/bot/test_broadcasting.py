"""The clock's side of broadcasts, on a clock that a test moves: planned, late, missed, set back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from bot.broadcast_words import for_script, told
from storage.broadcast_outcomes import account_of
from storage.broadcasts import Broadcast, BroadcastRecord, Broadcasts, Draft, Phase, WrongState
from storage.database import Database
from storage.outbox import OutboxRecord
from tests.conftest import Clock
from tests.faults.sending import broadcasting
from tests.storage.broadcast_office import Office

HOUR = timedelta(hours=1)
BOOK = Broadcasts()


class Clerk:
    """Writes notices, and lets the clock tick."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self.moving = broadcasting(database, {"bot": ""}, clock)

    async def approved(self, **values: object) -> int:
        async with self.database.begin() as tx:
            number = await BOOK.write(tx, Draft("tin", **values), by="Lan", at=self.clock())
            await BOOK.submit(tx, number, by="Lan", at=self.clock())
            await BOOK.approve(tx, number, by="Mai", at=self.clock())
        return number

    async def tick(self, at: datetime | None = None) -> None:
        self.clock.at = at or self.clock.at
        await self.moving.tick()

    async def get(self, number: int) -> Broadcast:
        async with self.database.read() as tx:
            return await BOOK.get(tx, number)

    async def all(self) -> list[Broadcast]:
        async with self.database.read() as tx:
            numbers = await tx.connection.execute(
                select(BroadcastRecord.id).order_by(BroadcastRecord.due_at, BroadcastRecord.id)
            )
            return [await BOOK.get(tx, number) for number in numbers.scalars()]

    async def messages(self) -> int:
        async with self.database.read() as tx:
            rows = await tx.connection.execute(select(func.count()).select_from(OutboxRecord))
            return int(rows.scalar_one())

    async def status(self, number: int) -> str:
        async with self.database.read() as tx:
            return "\n".join(told(await BOOK.get(tx, number), await account_of(tx, number)))


@pytest.fixture
async def clerk(database: Database, clock: Clock) -> Clerk:
    await Office(database).villager("a")
    return Clerk(database, clock)


async def test_what_is_approved_is_planned_by_the_clock_and_goes_out_at_its_time(
    clerk: Clerk,
) -> None:
    due = clerk.clock.at + HOUR
    number = await clerk.approved(due_at=due)
    assert (await clerk.get(number)).phase is Phase.APPROVED
    await clerk.tick()
    assert (await clerk.get(number)).phase is Phase.SCHEDULED
    await clerk.tick(due - timedelta(seconds=1))
    assert await clerk.messages() == 0
    await clerk.tick(due)
    it = await clerk.get(number)
    assert (it.phase, it.note, await clerk.messages()) == (Phase.SENDING, "", 1)
    assert "approved by Mai at 10:00 23/11/2026" in await clerk.status(number)


async def test_a_notice_missed_while_the_program_was_down_goes_out_late_within_its_grace(
    clerk: Clerk,
) -> None:
    number = await clerk.approved(due_at=clerk.clock.at + HOUR, grace=2 * HOUR)
    await clerk.tick(clerk.clock.at + 3 * HOUR)
    it = await clerk.get(number)
    assert (it.phase, it.note, await clerk.messages()) == (
        Phase.SENDING, "began 120 minutes late", 1
    )  # fmt: skip


async def test_a_notice_missed_by_more_than_its_grace_is_reported_and_waits_for_a_person(
    clerk: Clerk,
) -> None:
    number = await clerk.approved(due_at=clerk.clock.at + HOUR, grace=2 * HOUR)
    await clerk.tick(clerk.clock.at + 3 * HOUR + timedelta(seconds=1))
    it = await clerk.get(number)
    assert (it.phase, await clerk.messages()) == (Phase.PAUSED, 0)
    assert f"{number}: paused · missed: resume sends it now" in await clerk.status(number)
    async with clerk.database.begin() as tx:
        await BOOK.resume(tx, number, by="Lan", at=clerk.clock())
    await clerk.tick()
    assert ((await clerk.get(number)).phase, await clerk.messages()) == (Phase.SENDING, 1)


async def test_each_time_of_a_repeated_notice_that_was_missed_is_reported(clerk: Clerk) -> None:
    """Down for three days and a morning: the last one is within its grace."""
    first = clerk.clock.at + HOUR  # 11:00 in Vietnam
    series = await clerk.approved(due_at=first, repeats="daily@11:00")
    await clerk.tick()
    await clerk.tick(first + timedelta(days=3, hours=1))
    await clerk.tick()
    own = [it for it in await clerk.all() if it.series == series]
    assert [it.draft.due_at for it in own] == [first + timedelta(days=n) for n in range(4)]
    assert [it.phase for it in own] == [Phase.PAUSED] * 3 + [Phase.SENDING]
    assert (await clerk.get(series)).draft.due_at == first + timedelta(days=4)
    assert all(it.intact and it.approved_by == "Mai" for it in own)
    assert await clerk.messages() == 1


async def test_a_clock_that_ran_ahead_and_is_set_right_neither_forgets_nor_doubles(
    clerk: Clerk,
) -> None:
    right = clerk.clock.at
    once = await clerk.approved(due_at=right + HOUR)
    series = await clerk.approved(due_at=right + HOUR, repeats="daily@11:00")
    await clerk.tick()
    await clerk.tick(right + timedelta(days=2))
    assert await clerk.messages() == 0, "all was missed, by that clock"
    await clerk.tick(right)
    assert await clerk.messages() == 0
    for _ in range(2):
        await clerk.tick(right + HOUR)
    assert (await clerk.get(once)).phase is Phase.SENDING
    assert await clerk.messages() == 2, "the one, and one of the repeated"
    await clerk.tick(right + timedelta(days=1, hours=1))
    assert await clerk.messages() == 3
    own = [it for it in await clerk.all() if it.series == series]
    times = [it.draft.due_at for it in own]
    assert len(times) == len(set(times))


async def test_a_clock_that_is_set_back_after_a_notice_began_sends_it_once(clerk: Clerk) -> None:
    due = clerk.clock.at + HOUR
    await clerk.approved(due_at=due)
    await clerk.approved(due_at=due, repeats="daily@11:00")
    for at in (due, due - 5 * HOUR, due, due + timedelta(minutes=1), due - HOUR, due):
        await clerk.tick(at)
    assert await clerk.messages() == 2


async def test_words_that_changed_after_the_approval_do_not_go_out(clerk: Clerk) -> None:
    """Past the book, by hand in the database: what was approved is a copy, and they differ."""
    number = await clerk.approved(due_at=clerk.clock.at + HOUR)
    await clerk.tick()
    row = BroadcastRecord
    async with clerk.database.begin() as tx:
        await tx.connection.execute(update(row).where(row.id == number).values(text="khác"))
    await clerk.tick(clerk.clock.at + HOUR)
    it = await clerk.get(number)
    assert (it.phase, await clerk.messages()) == (Phase.PAUSED, 0)
    assert "not those that were approved" in it.note
    with pytest.raises(WrongState, match="not those that were approved"):
        async with clerk.database.begin() as tx:
            await BOOK.resume(tx, number, by="Lan", at=clerk.clock())


async def test_a_script_reads_who_approved_and_when(clerk: Clerk) -> None:
    number = await clerk.approved()
    async with clerk.database.read() as tx:
        read = for_script(await BOOK.get(tx, number), await account_of(tx, number))
    keys = ["state", "recipients", "pending", "sent", "failed", "uncertain", "skipped", "reasons"]
    assert set(keys) <= set(read)
    assert read["state"] == "approved"
    assert (read["approved_by"], read["approved_at"]) == ("Mai", "2026-11-23T10:00:00+07:00")
