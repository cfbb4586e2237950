"""Delivery on both databases: every message gets an end, and what a platform says is obeyed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels.channel import FailedForGood, Moved, RetryAt, StopWriting, Uncertain, Unreachable
from bot.outcomes import TRIES
from storage.conversations import ConversationRecord
from storage.database import Database
from storage.outbox import Lane, OutboxRecord, State
from tests.bot.office import Office, Post, now


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database, Post())


async def test_replies_reach_each_person_in_their_order(office: Office) -> None:
    for chat in ("a", "b", "c"):
        await office.put(chat, *(f"{chat}{n}" for n in range(5)))
    async with office.sending():
        await office.post.until(lambda: len(office.post.delivered) == 15)
    for chat in ("a", "b", "c"):
        assert [t for c, t in office.post.delivered if c == chat] == [
            f"{chat}{n}" for n in range(5)
        ]
    assert set((await office.states()).values()) == {State.SENT}


async def test_a_message_put_while_sending_goes_at_once(office: Office) -> None:
    async with office.sending():
        await asyncio.sleep(0.1)
        began = asyncio.get_running_loop().time()
        await office.put("a", "hello")
        await office.post.until(lambda: bool(office.post.delivered))
        assert asyncio.get_running_loop().time() - began < 1.0


async def test_a_blocked_person_gets_nothing_more(office: Office) -> None:
    office.post.answers["one"] = [StopWriting("bot was blocked")]
    number = await office.put("a", "one", "two")
    async with office.sending():
        await office.settled("two", State.FAILED)
    assert office.post.delivered == []
    async with office.database.read() as tx:
        row = await tx.connection.execute(
            select(ConversationRecord.stopped_at).where(ConversationRecord.id == number)
        )
        assert row.scalar_one() is not None


async def test_an_account_that_must_wait_waits_and_loses_nothing(office: Office) -> None:
    until = now() + timedelta(seconds=0.7)
    office.post.answers["one"] = [RetryAt("slow down", until, account_wide=True)]
    await office.put("a", "one")
    await office.put("b", "two")
    async with office.sending():
        await office.post.until(lambda: len(office.post.delivered) == 2)
    assert now() >= until


async def test_a_platform_that_cannot_be_reached_uses_up_no_messages_tries(office: Office) -> None:
    """However long the network is away; and nothing else of the account is tried meanwhile."""
    times = TRIES + 2
    away = [Unreachable("no connection", now() + timedelta(seconds=0.05 * n)) for n in range(times)]
    office.post.answers["one"] = [*away]
    await office.put("a", "one", lane=Lane.CAMPAIGN)
    async with office.sending():
        await office.settled("one", State.SENT)
    assert office.post.answers["one"] == []


async def test_another_account_goes_on_while_one_hangs(office: Office) -> None:
    quick = office.others["quick"] = Post("quick")
    office.post.answers.update({f"slow{n}": [1.0] for n in range(20)})
    for n in range(20):
        await office.put(f"s{n}", f"slow{n}")
    await office.put("q", "hello", account="quick")
    async with office.sending():
        await quick.until(lambda: bool(quick.delivered))
        assert office.post.delivered == []


async def test_a_chat_that_moved_is_written_to_at_its_new_place(office: Office) -> None:
    office.post.answers["one"] = [Moved("upgraded", "-100")]
    await office.put("old", "one", "two")
    async with office.sending():
        await office.post.until(lambda: len(office.post.delivered) == 2)
    assert office.post.delivered == [("-100", "one"), ("-100", "two")]


async def test_what_can_never_be_delivered_is_failed_with_its_reason(office: Office) -> None:
    office.post.answers["one"] = [FailedForGood("message is too long")]
    await office.put("a", "one", "two")
    async with office.sending():
        await office.post.until(lambda: len(office.post.delivered) == 1)
    assert (await office.states()) == {"one": State.FAILED, "two": State.SENT}


async def test_an_uncertain_reply_goes_out_again_and_an_uncertain_notice_waits(
    office: Office,
) -> None:
    office.post.answers["reply"] = [Uncertain("no answer")]
    office.post.answers["notice"] = [Uncertain("no answer")]
    await office.put("a", "reply")
    await office.put("b", "notice", lane=Lane.CAMPAIGN)
    async with office.sending():
        await office.settled("reply", State.SENT)
        await office.settled("notice", State.UNCERTAIN)
    assert office.post.delivered == [("a", "reply")]


async def test_a_fault_in_a_channel_is_tried_again(office: Office) -> None:
    office.post.answers["one"] = [RuntimeError("a mistake of ours")]
    await office.put("a", "one")
    async with office.sending():
        await office.settled("one", State.SENT)


async def test_stopping_sends_what_is_due_first(office: Office) -> None:
    for n in range(30):
        await office.put(f"c{n}", f"m{n}")
    async with office.sending():
        pass
    assert len(office.post.delivered) == 30


async def test_a_campaign_waits_for_the_morning_and_a_reply_does_not(office: Office) -> None:
    local = now() + timedelta(hours=7)
    start = (local - timedelta(hours=1)).time()
    end = (local + timedelta(hours=1)).time()
    await office.put("a", "notice", lane=Lane.CAMPAIGN)
    await office.put("b", "reply")
    async with office.sending(quiet_start=start, quiet_end=end):
        await office.settled("reply", State.SENT)
    assert (await office.states())["notice"] == State.PENDING


async def test_two_senders_deliver_each_message_once(office: Office) -> None:
    for n in range(60):
        await office.put(f"c{n}", f"m{n}")
    async with office.sending("one"), office.sending("two"):
        await office.post.until(lambda: len(office.post.delivered) >= 60)
    assert sorted(office.post.delivered) == sorted((f"c{n}", f"m{n}") for n in range(60))


async def test_what_nothing_stands_in_the_way_of_goes_out_at_the_first_claim(
    office: Office,
) -> None:
    await office.put("a", "one")
    async with office.sending():
        await office.settled("one", State.SENT)
    async with office.database.read() as tx:
        row = await tx.connection.execute(select(OutboxRecord.attempts, OutboxRecord.reason))
        assert tuple(row.one()) == (1, "")
