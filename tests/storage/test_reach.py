"""Whom a notice will reach: by account, by what the platform allows, and why it misses others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from handlers.messages import Window
from storage.broadcasts import BroadcastRecord, Broadcasts, Draft
from storage.consents import Consents, Purpose
from storage.conversations import ConversationRecord, Conversations
from storage.database import Database
from storage.forgetting import forget_person
from storage.inbox import Inbox
from storage.outbox import OutboxRecord
from storage.people import People
from storage.reach import Reach, Way, reach, reach_again, shut_out

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FREE = Window(timedelta(hours=48), timedelta(days=7))


@dataclass
class Town:
    """People of one database."""

    database: Database
    many: int = 0

    async def villager(
        self,
        *,
        account: str = "bot",
        unit: str = "xa",
        yes: bool | None = True,
        heard: timedelta | None = None,
    ) -> tuple[int, int]:
        """Somebody who said yes, no, or (None) nothing, and wrote so long ago."""
        self.many += 1
        name = str(self.many)
        async with self.database.begin() as tx:
            person = await People().meet(tx, account=account, sender=name, unit=unit, at=NOW)
            talk = await Conversations().open(
                tx, account=account, chat=name, thread="", person=person.known_as, at=NOW
            )
            if yes is not None:
                await Consents().answer(
                    tx, Purpose.NOTICES, yes=yes, person=person.id, conversation=talk.id,
                    notice="1", at=NOW,
                )  # fmt: skip
            if heard is not None:
                await Inbox().store(
                    tx, account=account, message_id=name, conversation=talk.id, kind="text",
                    text="x", sent_at=NOW - heard, at=NOW - heard,
                )  # fmt: skip
        return person.id, talk.id

    async def reach(
        self,
        *units: str,
        at: datetime = NOW,
        pays: bool = False,
        cap: int | None = 3,
        accounts: tuple[str, ...] = ("bot", "oa"),
        templates: tuple[str, ...] = (),
    ) -> Reach:
        async with self.database.read() as tx:
            return await reach(
                tx, Purpose.NOTICES, units=units, accounts=accounts,
                windows={"oa": Window(FREE.free, FREE.billed, pays)}, cap=cap, at=at,
                templates=templates,
            )  # fmt: skip

    async def had(self, person: int, talk: int, notices: int, *, ago: timedelta) -> None:
        """They got so many notices before."""
        for _ in range(notices):
            async with self.database.begin() as tx:
                number = await Broadcasts().write(tx, Draft("x"), by="Lan", at=NOW)
                await tx.connection.execute(
                    update(BroadcastRecord)
                    .where(BroadcastRecord.id == number)
                    .values(started_at=NOW - ago, ended_at=NOW - ago, state="finished")
                )
                await tx.connection.execute(
                    OutboxRecord.__table__.insert().values(
                        account="bot", conversation_id=talk, lane=2, body="{}", state="sent",
                        attempts=1, not_before=NOW, created_at=NOW, ended_at=NOW - ago,
                        platform_id="1", reason="", broadcast_id=number, person_id=person,
                    )
                )  # fmt: skip


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


async def test_people_are_counted_by_account_and_only_those_of_the_units(town: Town) -> None:
    for unit in ("xa", "ban", "khac"):
        await town.villager(unit=unit)
    await town.villager(account="oa", heard=HOUR)
    everybody = await town.reach()
    assert everybody.people == {("bot", Way.OPEN): 3, ("oa", Way.FREE): 1}
    assert (await town.reach("xa", "ban")).reached == 3
    assert (await town.reach("ban")).reached == 1


async def test_where_a_platform_sets_a_time_it_counts_from_when_they_last_wrote(
    town: Town,
) -> None:
    for hours in (1, 47, 49, 24 * 6, 24 * 8):
        await town.villager(account="oa", heard=timedelta(hours=hours))
    await town.villager(account="oa")
    assert (await town.reach()).people == {
        ("oa", Way.FREE): 2, ("oa", Way.UNPAID): 2, ("oa", Way.CLOSED): 1, ("oa", Way.UNKNOWN): 1,
    }  # fmt: skip
    paying = await town.reach(pays=True)
    assert (paying.ways(Way.BILLED), paying.ways(Way.UNPAID), paying.reached) == (2, 0, 5)
    tomorrow = await town.reach(at=NOW + timedelta(days=2))
    assert tomorrow.people == {
        ("oa", Way.UNPAID): 3, ("oa", Way.CLOSED): 2, ("oa", Way.UNKNOWN): 1,
    }  # fmt: skip


async def test_a_template_reaches_who_wrote_too_long_ago_or_would_cost_what_may_not_be_spent(
    town: Town,
) -> None:
    for hours in (1, 49, 24 * 8):
        person, talk = await town.villager(account="oa", heard=timedelta(hours=hours))
    await town.villager(account="oa")
    found = await town.reach(templates=("oa",))
    assert found.people == {
        ("oa", Way.FREE): 1, ("oa", Way.TEMPLATE): 2, ("oa", Way.UNKNOWN): 1,
    }  # fmt: skip
    assert found.reached == 4
    paying = await town.reach(templates=("oa",), pays=True)
    assert (paying.ways(Way.BILLED), paying.ways(Way.TEMPLATE)) == (1, 1)
    assert (await town.reach(templates=("other",))).ways(Way.TEMPLATE) == 0
    await town.had(person, talk, 3, ago=timedelta(days=1))
    assert (await town.reach(templates=("oa",))).ways(Way.FULL) == 1, "a template is a notice too"


async def test_who_blocked_or_is_on_a_removed_account_is_not_reached(town: Town) -> None:
    _, talk = await town.villager()
    await town.villager(account="gone")
    async with town.database.begin() as tx:
        await tx.connection.execute(
            update(ConversationRecord).where(ConversationRecord.id == talk).values(stopped_at=NOW)
        )
    found = await town.reach()
    assert (found.reached, found.ways(Way.BLOCKED), found.ways(Way.REMOVED)) == (0, 1, 1)


async def test_who_never_answered_and_who_said_no_are_told_apart(town: Town) -> None:
    await town.villager(yes=None)
    await town.villager(yes=None, unit="khac")
    await town.villager(yes=False)
    forgotten, _ = await town.villager()
    async with town.database.begin() as tx:
        await forget_person(tx, forgotten, at=NOW)
    found = await town.reach("xa")
    assert (found.reached, found.never, found.stopped) == (0, 1, 1)


async def test_two_linked_chats_are_one_person(town: Town) -> None:
    one, _ = await town.villager()
    two, _ = await town.villager(yes=None)
    async with town.database.begin() as tx:
        await People().join(tx, two, to=one)
        await Consents().join(tx, two, to=one)
    found = await town.reach("xa")
    assert (found.reached, found.never) == (1, 0)


async def test_who_had_enough_this_week_is_not_reached_but_by_an_emergency(town: Town) -> None:
    person, talk = await town.villager()
    await town.had(person, talk, 2, ago=timedelta(days=1))
    await town.had(person, talk, 1, ago=timedelta(days=6))
    assert (await town.reach()).people == {("bot", Way.FULL): 1}
    assert (await town.reach(cap=None)).reached == 1
    assert (await town.reach(at=NOW + timedelta(days=2))).reached == 1, "one is older then"


async def test_who_received_a_notice_is_reached_again_as_far_as_their_platform_allows(
    town: Town,
) -> None:
    lately = await town.villager(account="oa", heard=timedelta(hours=1))
    long_ago = await town.villager(account="oa", heard=timedelta(days=9))
    blocked = await town.villager(account="bot")
    free, missed = await town.villager(account="bot"), await town.villager(account="bot")
    async with town.database.begin() as tx:
        number = await Broadcasts().write(tx, Draft("x"), by="Lan", at=NOW)
        await tx.connection.execute(
            OutboxRecord.__table__.insert(),
            [
                {
                    "account": account, "conversation_id": talk, "lane": 2, "body": "{}",
                    "state": state, "attempts": 1, "not_before": NOW, "created_at": NOW,
                    "ended_at": NOW, "platform_id": "1", "reason": "", "broadcast_id": number,
                    "person_id": person,
                }
                for account, (person, talk), state in (
                    ("oa", lately, "sent"), ("oa", long_ago, "uncertain"),
                    ("bot", blocked, "sent"), ("bot", free, "sent"),
                    ("bot", missed, "failed"),
                )
            ],
        )  # fmt: skip
        await tx.connection.execute(
            update(ConversationRecord)
            .where(ConversationRecord.id == blocked[1])
            .values(stopped_at=NOW)
        )
    async with town.database.read() as tx:
        found = await reach_again(tx, number, accounts=("bot", "oa"), windows={"oa": FREE}, at=NOW)
        later = await reach_again(
            tx, number, accounts=("oa",), windows={"oa": FREE}, at=NOW + timedelta(days=30),
            templates=("oa",),
        )  # fmt: skip
    assert found.people == {
        ("oa", Way.FREE): 1, ("oa", Way.CLOSED): 1, ("bot", Way.BLOCKED): 1, ("bot", Way.OPEN): 1,
    }  # fmt: skip
    assert found.reached == 2
    assert later.ways(Way.TEMPLATE) == 2
    assert later.ways(Way.REMOVED) == 1


@pytest.mark.parametrize(("pays", "late"), [(False, 3), (True, 2)])
async def test_of_some_chats_those_that_were_silent_too_long_are_counted_by_account(
    town: Town, pays: bool, late: int
) -> None:
    """Nothing is known of who never wrote; where no window is, nobody is too late."""
    chats = [
        (await town.villager(account="oa", yes=None, heard=heard))[1]
        for heard in (HOUR, 72 * HOUR, 200 * HOUR, 300 * HOUR, None)
    ]
    chats.append((await town.villager(account="bot", yes=None, heard=300 * HOUR))[1])
    await town.villager(account="oa", heard=300 * HOUR)
    windows = {"oa": Window(FREE.free, FREE.billed, pays)}
    async with town.database.read() as tx:
        assert await shut_out(tx, chats, windows=windows, at=NOW) == {"oa": late}
        assert await shut_out(tx, chats, windows={}, at=NOW) == {}
        assert await shut_out(tx, [], windows=windows, at=NOW) == {}
