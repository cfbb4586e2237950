"""Broadcasts in the database: states, two people, one message a person, the last look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.clock import next_time
from storage.broadcast_recipients import Recipients
from storage.broadcasts import BroadcastRecord, Draft, NoBroadcast, Phase, WrongState
from storage.consents import Purpose
from storage.conversations import Conversations
from storage.database import Database
from storage.outbox import Outbox, State
from storage.people import People
from storage.questionnaires import Form, Question, Questionnaire
from tests.storage.broadcast_office import (
    BODIES,
    BOOK,
    CONSENTS,
    LATER,
    NOW,
    RECIPIENTS,
    SCHEDULE,
    Office,
)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


async def test_another_person_approves_and_only_what_was_submitted(office: Office) -> None:
    async with office.database.begin() as tx:
        number = await BOOK.write(tx, Draft("tin"), by="Chị Lan", at=NOW)
    with pytest.raises(WrongState, match="is draft; to approve it must be submitted"):
        await office.do("approve", number)
    await office.do("submit", number)
    with pytest.raises(WrongState, match="another person"):
        await office.do("approve", number, by=" chị  lan ")
    await office.do("approve", number)
    it = await office.get(number)
    assert (it.phase, it.approved_by, it.approved_at) == (Phase.APPROVED, "Mai", NOW)
    assert it.draft.due_at is None
    async with office.database.begin() as tx:
        await SCHEDULE.plan(tx)
    it = await office.get(number)
    assert (it.phase, it.draft.due_at) == (Phase.SCHEDULED, NOW)
    with pytest.raises(NoBroadcast):
        await office.do("approve", number + 1)


async def test_an_edit_after_approval_needs_a_new_one(office: Office) -> None:
    number = await office.scheduled(due_at=LATER)
    await office.do("edit", number, draft=Draft("tin khác"))
    changed = await office.get(number)
    assert (changed.phase, changed.approved_by, changed.draft.text) == ("draft", "", "tin khác")


async def test_who_edited_is_refused_as_who_wrote_it_and_does_not_take_the_authors_place(
    office: Office,
) -> None:
    number = await office.scheduled(due_at=LATER)
    await office.do("edit", number, by="Mai", draft=Draft("tin khác", due_at=LATER))
    await office.do("submit", number, by="Lan")
    for name in ("Lan", "MAI "):
        with pytest.raises(WrongState, match="another person"):
            await office.do("approve", number, by=name)
    await office.do("approve", number, by="Hoa")
    it = await office.get(number)
    assert (it.author, it.editors, it.approved_by, it.alone) == ("Lan", ("Mai",), "Hoa", False)
    assert it.intact


async def test_another_time_needs_no_new_approval_and_an_edit_frees_the_copy(
    office: Office,
) -> None:
    number = await office.scheduled(due_at=LATER)
    await office.do("move", number, to=LATER + timedelta(hours=1))
    assert (await office.get(number)).intact
    await office.do("edit", number, draft=Draft("tin khác"))
    changed = await office.get(number)
    assert (changed.approved, changed.approved_at, changed.intact) == ("", None, False)


async def test_going_by_a_template_is_part_of_what_is_approved(office: Office) -> None:
    number = await office.scheduled(template=True, due_at=LATER)
    assert (await office.get(number)).intact
    async with office.database.begin() as tx:
        await tx.connection.execute(
            update(BroadcastRecord).where(BroadcastRecord.id == number).values(template=False)
        )
    assert not (await office.get(number)).intact
    asks = Questionnaire(Form.POLL, (Question("Đi không?", ("có", "không")),))
    with pytest.raises(WrongState, match="does not fit into a template"):
        async with office.database.begin() as tx:
            await BOOK.write(tx, Draft("tin", template=True, asks=asks), by="Lan", at=NOW)


async def test_an_emergency_goes_out_with_one_person_a_reason_and_a_mark(office: Office) -> None:
    with pytest.raises(WrongState, match="reason"):
        async with office.database.begin() as tx:
            await BOOK.write(tx, Draft("lũ", emergency=True), by="Lan", at=NOW)
    async with office.database.begin() as tx:
        draft = Draft("lũ", emergency=True, reason="lũ quét")
        number = await BOOK.write(tx, draft, by="Lan", at=NOW)
    await office.do("submit", number, by="Lan")
    await office.do("approve", number, by="Lan")
    assert (await office.get(number)).alone


async def test_each_person_who_said_yes_gets_one_message_however_often_it_is_expanded(
    office: Office,
) -> None:
    for name in ("a", "b", "c"):
        await office.villager(name, unit="xa" if name != "c" else "khac")
    await office.villager("d", yes=False)
    number = await office.begun(units=("xa",))
    await office.expand(number, ("xa",))
    assert (await office.account(number)).recipients == 2
    assert await office.send() == 2
    async with office.database.read() as tx:
        assert not await RECIPIENTS.unfinished(tx, number)


async def test_more_people_than_a_chunk_are_all_reached_once(office: Office) -> None:
    for name in range(7):
        await office.villager(str(name))
    number = await office.scheduled()
    async with office.database.begin() as tx:
        await SCHEDULE.begin(tx, await BOOK.get(tx, number), at=NOW)
    reached = []
    while not (it := await office.get(number)).expanded:
        async with office.database.begin() as tx:
            # A book of its own each time, as after a crash.
            await Recipients(chunk=3).expand(tx, it, bodies=BODIES, units=(), at=NOW)
        reached.append((await office.account(number)).recipients)
    assert reached == [3, 6, 7, 7]


async def test_two_linked_chats_get_a_notice_once_and_stop_together(office: Office) -> None:
    one, _ = await office.villager("a")
    other, _ = await office.villager("b")
    async with office.database.begin() as tx:
        await People().join(tx, one, to=other)
        await CONSENTS.join(tx, one, to=other)
    number = await office.begun()
    assert (await office.account(number)).recipients == 1
    async with office.database.begin() as tx:
        heir = await People().part(tx, one)
        assert heir == one
        await CONSENTS.part(tx, other, alone=one, heir=heir)
        assert not await CONSENTS.given(tx, one), "its answer gave way to the other's"
        assert await CONSENTS.given(tx, other) == {Purpose.NOTICES}


async def test_who_stops_after_the_expansion_gets_nothing(office: Office) -> None:
    person, talk = await office.villager("a")
    number = await office.begun()
    async with office.database.begin() as tx:
        await CONSENTS.answer(
            tx, Purpose.NOTICES, yes=False, person=person, conversation=talk, notice="1", at=NOW
        )
    assert await office.claim() == []
    account = await office.account(number)
    assert (account.skipped, account.reasons) == (1, {"the person wants no notices": 1})


async def test_a_person_gets_so_many_notices_a_week_and_emergencies_besides(office: Office) -> None:
    await office.villager("a")
    await office.begun()
    assert await office.send(cap=1) == 1
    second = await office.begun()
    assert await office.send(cap=1) == 0
    assert (await office.account(second)).reasons == {"the person had enough notices this week": 1}
    await office.begun(emergency=True, reason="lũ")
    assert await office.send(cap=1) == 1


async def test_the_notices_of_a_week_are_counted_over_all_chats_that_a_person_linked(
    office: Office,
) -> None:
    one, _ = await office.villager("a")
    await office.begun()
    assert await office.send(cap=1) == 1
    other, _ = await office.villager("b")
    async with office.database.begin() as tx:
        await People().join(tx, one, to=other)
        await CONSENTS.join(tx, one, to=other)
    second = await office.begun()
    assert await office.send(cap=1) == 0, "the first came in the other chat"
    assert (await office.account(second)).reasons == {"the person had enough notices this week": 1}
    await office.begun(emergency=True, reason="lũ")
    assert await office.send(cap=1) == 1


async def test_chats_that_are_linked_after_the_messages_were_made_get_one_of_them(
    office: Office,
) -> None:
    one, _ = await office.villager("a")
    other, _ = await office.villager("b", yes=False)
    alone = await office.begun()
    async with office.database.begin() as tx:
        await People().join(tx, one, to=other)
        await CONSENTS.join(tx, one, to=other)
    assert await office.send() == 1, "the yes holds for the person, whose row is another now"
    assert (await office.account(alone)).sent == 1
    third, _ = await office.villager("c")
    both = await office.begun()
    async with office.database.begin() as tx:
        await People().join(tx, third, to=other)
        await CONSENTS.join(tx, third, to=other)
    assert await office.send() == 1
    account = await office.account(both)
    assert (account.sent, account.reasons) == (1, {"the person gets it in another chat": 1})


async def test_a_pause_holds_what_waits_a_cancel_ends_it(office: Office) -> None:
    for name in ("a", "b"):
        await office.villager(name)
    number = await office.begun()
    await office.do("pause", number)
    assert await office.claim() == []
    assert (await office.account(number)).pending == 2
    with pytest.raises(WrongState, match="not moved"):
        await office.do("move", number, to=LATER)
    await office.do("resume", number)
    [first, _] = await office.claim()
    async with office.database.begin() as tx:
        await Outbox().retry(tx, first, when=NOW, reason="later")
    await office.do("cancel", number)
    account = await office.account(number)
    assert (account.pending, account.skipped) == (1, 1), "one is in the sender's hands"


async def test_retry_sends_only_what_failed_and_not_to_who_blocked_us(office: Office) -> None:
    talks = [await office.villager(name) for name in ("a", "b", "c")]
    number = await office.begun()
    gone, failed, fine = await office.claim()
    async with office.database.begin() as tx:
        await Outbox().failed(tx, gone, reason="blocked", at=NOW)
        await Conversations().stop_writing(tx, talks[0][1], at=NOW)
        await Outbox().failed(tx, failed, reason="too long away", at=NOW)
        await Outbox().sent(tx, fine, platform_id="1", at=NOW)
        await SCHEDULE.finish(tx, number, at=NOW)
        await BOOK.send_again(tx, number, by="Lan", at=NOW)
        assert await RECIPIENTS.retry(tx, number, state=State.FAILED, at=NOW) == 1
    assert [claim.chat for claim in await office.claim()] == ["b"]
    account = await office.account(number)
    assert (account.sent, account.failed, account.blocked, account.pending) == (1, 1, 1, 1)
    assert (await office.get(number)).phase is Phase.SENDING


async def test_two_clocks_begin_one_of_a_repeated_broadcast_once(office: Office) -> None:
    await office.scheduled(due_at=NOW, repeats="weekly:0@10:00")
    following = next_time("weekly:0@10:00", NOW)
    assert following == NOW + timedelta(days=7)
    for _ in range(2):  # the second clock looked before the first one wrote
        async with office.database.begin() as tx:
            for it in await SCHEDULE.due(tx, at=NOW):
                for _ in range(2):
                    await SCHEDULE.begin_one_of(tx, it, next_due=following, late=False, at=NOW)
    async with office.database.read() as tx:
        assert len(await SCHEDULE.sending(tx)) == 1
        assert not await SCHEDULE.due(tx, at=LATER)
        assert len(await SCHEDULE.due(tx, at=NOW + timedelta(days=7))) == 1


@pytest.mark.parametrize(
    ("rule", "days"), [("daily@10:00", 1), ("weekly:2@10:00", 2), ("monthly:5@10:00", 12)]
)
def test_the_next_time_of_a_rule(rule: str, days: int) -> None:
    assert next_time(rule, NOW) == NOW + timedelta(days=days)
