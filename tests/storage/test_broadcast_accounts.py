"""What became of a broadcast: counted, kept, finished, and what may have arrived."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage.broadcasts import Phase
from storage.conversations import Conversations
from storage.database import Database
from storage.forgetting import forget_person
from storage.outbox import BY_TEMPLATE, Outbox, State
from storage.privacy import forget_old_messages
from tests.storage.broadcast_office import (
    BOOK,
    NOW,
    RECIPIENTS,
    SCHEDULE,
    Office,
    lose_the_sender,
)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


async def test_an_ordinary_notice_of_a_dead_sender_waits_for_a_person(office: Office) -> None:
    await office.villager("a")
    number = await office.begun()
    assert len(await office.claim()) == 1
    async with office.database.begin() as tx:
        await Outbox().retire(tx, "me")
        await Outbox().free_lost_claims(tx, at=NOW)
        assert await RECIPIENTS.unfinished(tx, number)
    assert (await office.account(number)).uncertain == 1
    async with office.database.begin() as tx:
        assert await RECIPIENTS.leave(tx, number, at=NOW) == 1
        assert not await RECIPIENTS.unfinished(tx, number)


async def test_what_may_have_arrived_and_is_sent_again_is_counted(office: Office) -> None:
    """An emergency at once; an ordinary notice after a person's yes."""
    await office.villager("a")
    flood = await office.begun(emergency=True, reason="lũ")
    assert len(await office.claim()) == 1
    await lose_the_sender(office)
    assert await office.send() == 1
    account = await office.account(flood)
    assert (account.sent, account.uncertain, account.again) == (1, 0, 1)
    notice = await office.begun()
    assert len(await office.claim()) == 1
    await lose_the_sender(office)
    account = await office.account(notice)
    assert (account.uncertain, account.again, await office.send()) == (1, 0, 0)
    async with office.database.begin() as tx:
        assert await RECIPIENTS.retry(tx, notice, state=State.UNCERTAIN, at=NOW) == 1
    assert await office.send() == 1
    account = await office.account(notice)
    assert (account.sent, account.uncertain, account.again) == (1, 0, 1)


async def test_a_sender_that_was_taken_for_dead_sends_nothing_more_of_what_it_held(
    office: Office,
) -> None:
    await office.villager("a")
    await office.begun(emergency=True, reason="lũ")
    [held] = await office.claim()
    await lose_the_sender(office)
    async with office.database.begin() as tx:
        await Outbox().alive(tx, "other", at=NOW)
        [theirs] = await Outbox().claim(tx, account="bot", owner="other", at=NOW, at_most=9)
        assert await RECIPIENTS.refuse(tx, [held], cap=3, at=NOW) == {held.id}
        assert await RECIPIENTS.refuse(tx, [theirs], cap=3, at=NOW) == set()
        assert await Outbox().sent(tx, theirs, platform_id="1", at=NOW)


async def test_what_a_late_answer_proves_delivered_is_not_uncertain_any_more(
    office: Office,
) -> None:
    for name in ("a", "b", "c"):
        await office.villager(name)
    number = await office.begun()
    claims = await office.claim()
    await lose_the_sender(office)
    assert (await office.account(number)).uncertain == 3
    async with office.database.begin() as tx:
        await Outbox().sent_all(tx, [(claim, f"p{claim.id}", "") for claim in claims[:2]], at=NOW)
    account = await office.account(number)
    assert (account.sent, account.uncertain) == (2, 1)


async def test_an_account_never_shrinks_when_messages_are_kept_no_longer(office: Office) -> None:
    talks = [await office.villager(name) for name in ("a", "b", "c", "d", "e")]
    number = await office.begun()
    gone, failed, fine, lost, *_ = await office.claim()
    async with office.database.begin() as tx:
        await Outbox().failed(tx, gone, reason="blocked", at=NOW)
        await Conversations().stop_writing(tx, talks[0][1], at=NOW)
        await Outbox().failed(tx, failed, reason="too long away", at=NOW)
        await Outbox().sent(tx, fine, platform_id="1", at=NOW)
        await Outbox().uncertain(tx, lost, reason="no answer", at=NOW)
        await forget_person(tx, talks[4][0], at=NOW)
    account = await office.account(number)
    assert (account.recipients, account.pending, account.skipped) == (5, 0, 1)
    assert await forget_old_messages(office.database, before=NOW + timedelta(days=1)) == 4
    account = await office.account(number)
    assert (account.recipients, account.sent, account.failed, account.blocked) == (5, 1, 2, 1)
    assert (account.uncertain, account.skipped) == (0, 2)
    assert account.reasons == {
        "blocked": 1,
        "too long away": 1,
        "the person had their data deleted": 1,
        "it is not known whether it arrived, and it was not sent again": 1,
    }


async def test_it_is_finished_only_when_everybody_was_written_to_and_has_an_end(
    office: Office,
) -> None:
    await office.villager("a")
    number = await office.scheduled()

    async def finished() -> bool:
        async with office.database.begin() as tx:
            return await SCHEDULE.finish(tx, number, at=NOW)

    async with office.database.begin() as tx:
        await SCHEDULE.begin(tx, await BOOK.get(tx, number), at=NOW)
    assert not await finished(), "nobody was looked for yet"
    await office.expand(number)
    assert not await finished()
    [claim] = await office.claim()
    assert not await finished()
    await lose_the_sender(office)
    assert not await finished(), "uncertain is no end"
    async with office.database.begin() as tx:
        await Outbox().sent(tx, claim, platform_id="1", at=NOW)
    assert await finished()
    assert (await office.get(number)).phase is Phase.FINISHED


async def test_what_went_by_a_template_is_counted_apart_and_stays_so(office: Office) -> None:
    for name in ("a", "b", "c", "d"):
        await office.villager(name)
    number = await office.begun(template=True)
    plain, alone, *together = await office.claim()
    async with office.database.begin() as tx:
        await Outbox().sent(tx, plain, platform_id="1", at=NOW)
        await Outbox().sent(tx, alone, platform_id="2", at=NOW, way=BY_TEMPLATE)
        both = [(claim, "3", BY_TEMPLATE) for claim in together]
        await Outbox().sent_all(tx, both, at=NOW)
    for _ in range(2):
        account = await office.account(number)
        assert (account.sent, account.by_template, account.reasons) == (4, 3, {})
        await forget_old_messages(office.database, before=NOW + timedelta(days=1))
