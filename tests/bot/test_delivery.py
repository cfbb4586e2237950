"""Delivery on both databases: every message gets an end, and what a platform says is obeyed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from bot.channels.channel import (
    Accept,
    FailedForGood,
    Health,
    Moved,
    RetryAt,
    StopWriting,
    Uncertain,
)
from bot.delivery import Delivery, Rules
from handlers.messages import Address, Capabilities, Incoming, Reply
from storage.conversations import ConversationRecord, Conversations
from storage.database import Database
from storage.outbox import Lane, Outbox, OutboxRecord, State
from storage.people import People

PLAIN = Capabilities(text_length=1000, buttons=0)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Post:
    """A channel that writes down what it delivers and refuses as the test says."""

    account: str = "post"
    paced: bool = True
    capabilities: Capabilities = PLAIN
    delivered: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, list[Exception | float]] = field(default_factory=dict)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def poll(self, accept: Accept) -> None: ...
    async def receive(self, headers: Mapping[str, str], body: bytes) -> list[Incoming]:
        return []

    async def check(self) -> Health:
        return Health(True)

    async def send(self, address: Address, reply: Reply) -> str:
        waiting = self.answers.get(reply.text, [])
        if waiting:
            match waiting.pop(0):
                case float() as seconds:
                    await asyncio.sleep(seconds)
                case Exception() as refusal:
                    raise refusal
        self.delivered.append((address.chat, reply.text))
        self.arrived.set()
        return f"p{len(self.delivered)}"

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not condition():
                self.arrived.clear()
                try:
                    await asyncio.wait_for(self.arrived.wait(), 0.05)
                except TimeoutError:
                    continue


@dataclass
class Office:
    database: Database
    post: Post
    others: dict[str, Post] = field(default_factory=dict)

    async def put(
        self, chat: str, *texts: str, lane: Lane = Lane.REPLY, account: str = "post"
    ) -> int:
        async with self.database.begin() as tx:
            person = await People().meet(tx, account=account, sender=chat, unit="", at=now())
            opened = await Conversations().open(
                tx, account=account, chat=chat, thread="", person=person.id, at=now()
            )
            await Outbox().put(
                tx,
                [Reply(text).to_json() for text in texts],
                account=account,
                conversation=opened.id,
                inbox=None,
                lane=lane,
                at=now(),
            )
        return opened.id

    async def states(self) -> dict[str, str]:
        async with self.database.read() as tx:
            rows = await tx.connection.execute(select(OutboxRecord.body, OutboxRecord.state))
            return {Reply.from_json(row.body).text: row.state for row in rows}

    async def settled(self, text: str, state: State) -> None:
        async with asyncio.timeout(15):
            while (await self.states())[text] != state:
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def sending(self, owner: str = "one", **rules: object) -> AsyncIterator[None]:
        stop = asyncio.Event()
        values = {
            "per_second": 1000.0,
            "per_chat_per_second": 100.0,
            "quiet_start": time(0),
            "quiet_end": time(0),
        }
        delivery = Delivery(
            database=self.database,
            channels={"post": self.post, **self.others},
            rules=Rules(**(values | rules)),  # type: ignore[arg-type]
            owner=owner,
            clock=now,
        )
        task = asyncio.create_task(delivery.run(stop))
        try:
            yield
        finally:
            stop.set()
            await task


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


async def test_another_account_goes_on_while_one_hangs(office: Office) -> None:
    office.others["quick"] = Post("quick")
    office.post.answers.update({f"slow{n}": [1.0] for n in range(20)})
    for n in range(20):
        await office.put(f"s{n}", f"slow{n}")
    await office.put("q", "hello", account="quick")
    async with office.sending():
        await office.others["quick"].until(lambda: bool(office.others["quick"].delivered))
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
