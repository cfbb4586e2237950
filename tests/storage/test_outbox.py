"""The outbox on both databases: order, claims, lost claims, and who may still write."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from storage.conversations import Conversations
from storage.database import Database
from storage.inbox import Inbox
from storage.outbox import BELL, Claim, Lane, Outbox, OutboxRecord, SenderRecord, State
from storage.people import People
from storage.transcript import Transcript
from tests.conftest import Clock


@dataclass
class Desk:
    """An outbox with conversations to write to."""

    database: Database
    clock: Clock
    outbox: Outbox

    async def conversation(self, chat: str, account: str = "web") -> int:
        async with self.database.begin() as tx:
            person = await People().meet(tx, account=account, sender=chat, unit="", at=self.clock())
            opened = await Conversations().open(
                tx, account=account, chat=chat, thread="", person=person.id, at=self.clock()
            )
        return opened.id

    async def put(
        self, conversation: int, *bodies: str, lane: Lane = Lane.REPLY, account: str = "web"
    ) -> None:
        async with self.database.begin() as tx:
            await self.outbox.put(
                tx,
                list(bodies),
                account=account,
                conversation=conversation,
                inbox=None,
                lane=lane,
                at=self.clock(),
            )

    async def claim(
        self,
        owner: str = "one",
        *,
        account: str = "web",
        n: int = 10,
        last_lane: Lane = Lane.CAMPAIGN,
    ) -> list[Claim]:
        async with self.database.begin() as tx:
            await self.outbox.alive(tx, owner, at=self.clock())
            return await self.outbox.claim(
                tx,
                account=account,
                owner=owner,
                at=self.clock(),
                at_most=n,
                last_lane=last_lane,
            )

    async def sent(self, claim: Claim) -> bool:
        async with self.database.begin() as tx:
            return await self.outbox.sent(tx, claim, platform_id="p", at=self.clock())

    async def dies(self, owner: str) -> None:
        """Nothing was heard of the sender for longer than its lease; nobody said goodbye."""
        async with self.database.begin() as tx:
            # Before the test's own clock and before PostgreSQL's, whichever is behind.
            long_ago = min(self.clock(), datetime.now(UTC)) - timedelta(days=1)
            await tx.connection.execute(
                update(SenderRecord).where(SenderRecord.owner == owner).values(seen_at=long_ago)
            )

    async def free(self) -> int:
        async with self.database.begin() as tx:
            return await self.outbox.free_lost_claims(tx, at=self.clock())

    async def state(self, row: int) -> str:
        async with self.database.read() as tx:
            found = await tx.connection.execute(
                select(OutboxRecord.state).where(OutboxRecord.id == row)
            )
            return str(found.scalar_one())


@pytest.fixture
def desk(database: Database, clock: Clock) -> Desk:
    return Desk(database, clock, Outbox())


async def test_messages_of_one_conversation_go_one_after_the_other(desk: Desk) -> None:
    chat = await desk.conversation("a")
    await desk.put(chat, "first", "second")
    [first] = await desk.claim()
    assert first.body == "first"
    assert await desk.claim() == []
    await desk.sent(first)
    [second] = await desk.claim()
    assert second.body == "second"


async def test_a_notice_that_waits_for_the_morning_keeps_no_reply_waiting(desk: Desk) -> None:
    chat = await desk.conversation("a")
    await desk.put(chat, "notice", lane=Lane.CAMPAIGN)
    await desk.put(chat, "first", "second")
    for answer in ("first", "second"):
        [claim] = await desk.claim(last_lane=Lane.REPLY)
        assert claim.body == answer
        assert await desk.claim() == [], "one message of a chat is on its way at a time"
        await desk.sent(claim)
    assert await desk.claim(last_lane=Lane.REPLY) == []
    [notice] = await desk.claim()
    assert notice.body == "notice"
    await desk.put(chat, "third")
    assert await desk.claim() == [], "the notice is on its way already"


async def test_other_conversations_do_not_wait_for_one_that_is_slow(desk: Desk) -> None:
    slow, quick = await desk.conversation("slow"), await desk.conversation("quick")
    await desk.put(slow, "one", "two")
    await desk.claim()
    await desk.put(quick, "hello")
    assert [claim.body for claim in await desk.claim()] == ["hello"]


async def test_emergencies_go_before_replies_and_replies_before_campaigns(desk: Desk) -> None:
    for lane in (Lane.CAMPAIGN, Lane.REPLY, Lane.EMERGENCY):
        await desk.put(await desk.conversation(lane.name), lane.name, lane=lane)
    claims = [(await desk.claim(n=1))[0].body for _ in range(3)]
    assert claims == ["EMERGENCY", "REPLY", "CAMPAIGN"]


async def test_a_row_that_must_wait_is_not_claimed_before_its_time(desk: Desk) -> None:
    chat = await desk.conversation("a")
    await desk.put(chat, "later")
    [claim] = await desk.claim()
    async with desk.database.begin() as tx:
        when = desk.clock.at.replace(minute=5)
        await desk.outbox.retry(tx, claim, when=when, reason="slow down", counts=False)
    assert await desk.claim() == []
    desk.clock.pass_by(301)
    [again] = await desk.claim()
    assert again.attempts == 0, "a slow-down is not a try"


async def test_a_dead_senders_reply_goes_out_again_and_its_notice_waits_for_a_person(
    desk: Desk,
) -> None:
    reply, notice = await desk.conversation("r"), await desk.conversation("n")
    await desk.put(reply, "reply")
    await desk.put(notice, "notice", lane=Lane.CAMPAIGN)
    held = {claim.body: claim for claim in await desk.claim("dying")}
    assert await desk.free() == 0, "the sender lives"
    await desk.dies("dying")
    assert await desk.free() == 2
    assert await desk.state(held["notice"].id) == State.UNCERTAIN
    [again] = await desk.claim("two")
    assert (again.body, again.attempts) == ("reply", 1)


async def test_a_sender_that_slept_too_long_can_no_longer_write(desk: Desk) -> None:
    await desk.put(await desk.conversation("a"), "reply")
    [stale] = await desk.claim("sleeper")
    await desk.dies("sleeper")
    await desk.free()
    [fresh] = await desk.claim("two")
    assert not await desk.sent(stale)
    assert await desk.sent(fresh)


async def test_what_was_sent_before_the_claim_was_lost_is_not_sent_again(desk: Desk) -> None:
    await desk.put(await desk.conversation("a"), "reply")
    [stale] = await desk.claim("sleeper")
    await desk.dies("sleeper")
    await desk.free()
    assert await desk.sent(stale), "nobody has claimed it since"
    assert await desk.claim("two") == []


@pytest.mark.parametrize("at_once", [False, True])
async def test_what_was_deleted_while_it_went_out_does_not_end_what_came_in_its_place(
    desk: Desk, at_once: bool
) -> None:
    """Who has their data deleted gets a last message, which SQLite gives the number of the last
    one that was deleted, though its sender may still note how that one ended."""
    chat = await desk.conversation("a")
    await desk.put(chat, "delete all?")
    [claim] = await desk.claim()
    async with desk.database.begin() as tx:
        await tx.connection.execute(delete(OutboxRecord))
    await desk.put(chat, "all is deleted")
    if at_once:
        async with desk.database.begin() as tx:
            await desk.outbox.sent_all(tx, [(claim, "p", "")], at=desk.clock())
    else:
        assert not await desk.sent(claim)
    [last] = await desk.claim()
    assert last.body == "all is deleted"


async def test_a_retired_sender_frees_its_rows_at_once(desk: Desk) -> None:
    await desk.put(await desk.conversation("a"), "reply")
    await desk.claim("leaving")
    async with desk.database.begin() as tx:
        await desk.outbox.retire(tx, "leaving")
    assert await desk.free() == 1


async def test_no_row_is_claimed_twice_by_many_senders_at_once(desk: Desk) -> None:
    for n in range(30):
        await desk.put(await desk.conversation(f"c{n}"), f"m{n}")
    batches = await asyncio.gather(*(desk.claim(f"owner{n}", n=5) for n in range(8)))
    bodies = [claim.body for batch in batches for claim in batch]
    assert sorted(bodies) == sorted(f"m{n}" for n in range(30))


async def test_putting_rings_the_bell_in_another_process_too(
    desk: Desk, database_address: str
) -> None:
    chat = await desk.conversation("a")
    other = Database.at(database_address)
    await other.listen()
    try:
        if desk.database.on_postgresql:
            bell = other.bell(BELL)
            async with asyncio.timeout(5):
                while True:  # until the listener is connected
                    heard = bell.rings
                    await desk.put(chat, "x")
                    await bell.wait(heard, at_most=0.5)
                    if bell.rings != heard:
                        break
        else:
            bell = desk.database.bell(BELL)
            heard = bell.rings
            await desk.put(chat, "x")
            assert bell.rings == heard + 1
    finally:
        await other.close()


async def test_a_rolled_back_message_leaves_no_row_and_rings_no_bell(desk: Desk) -> None:
    chat = await desk.conversation("a")
    bell = desk.database.bell(BELL)
    heard = bell.rings
    with pytest.raises(RuntimeError):
        async with desk.database.begin() as tx:
            await desk.outbox.put(
                tx,
                ["x"],
                account="web",
                conversation=chat,
                inbox=None,
                lane=Lane.REPLY,
                at=desk.clock(),
            )
            raise RuntimeError("power cut")
    assert bell.rings == heard
    assert await desk.claim() == []


async def test_a_reply_that_waits_can_be_unsaid_until_it_is_on_its_way(desk: Desk) -> None:
    conversation, now = await desk.conversation("lan"), desk.clock()
    async with desk.database.begin() as tx:
        inbox = await Inbox().store(
            tx,
            account="web",
            message_id="m1",
            conversation=conversation,
            kind="image",
            text="",
            sent_at=now,
            at=now,
        )
        assert inbox is not None
        assert await Inbox().find(tx, account="web", message_id="m1") == inbox
        assert await Inbox().find(tx, account="web", message_id="m2") is None
        await desk.outbox.put(
            tx,
            ["greeting", "answer"],
            account="web",
            conversation=conversation,
            inbox=inbox,
            lane=Lane.REPLY,
            at=now,
            not_before=now + timedelta(seconds=2),
        )
    assert await desk.claim() == []
    async with desk.database.begin() as tx:
        assert await desk.outbox.withdraw(tx, inbox)
    desk.clock.pass_by(2)
    [claim] = await desk.claim()
    assert claim.body == "greeting"
    async with desk.database.begin() as tx:
        assert not await desk.outbox.withdraw(tx, inbox)
    assert await desk.sent(claim)
    assert await desk.claim() == []


async def test_what_stands_last_in_a_conversation_is_known_once_it_has_arrived(desk: Desk) -> None:
    conversation = await desk.conversation("lan")

    async def last() -> tuple[str, str] | None:
        async with desk.database.read() as tx:
            return await Transcript().latest(tx, conversation)

    assert await last() is None
    await desk.put(conversation, "a")
    assert await last() is None
    [claim] = await desk.claim()
    assert await last() is None
    await desk.sent(claim)
    assert await last() == ("p", "a")
    await desk.put(await desk.conversation("hoa"), "b")
    assert await last() == ("p", "a")
    await desk.put(conversation, "c")
    assert await last() is None
