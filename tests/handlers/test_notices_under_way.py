"""A notice that was released: what failed, what is paused, what was missed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.wiring import House, now
from handlers.actions import encode
from handlers.messages import Kind
from handlers.official_actions import Deed, Notice
from storage.broadcasts import Broadcasts, Phase
from storage.conversations import Conversations
from storage.outbox import OutboxRecord, State
from tests.handlers.notices import account_of, again, asked_for_notices, handed_in, told_news, two
from tests.handlers.office import Person, official
from tests.handlers.villager import words


async def ended(house: House, number: int, *states: State) -> None:
    """As a sender would end the messages of a notice that has begun: one state a message."""
    await house.clock.broadcasts()
    async with house.database.begin() as tx:
        row = OutboxRecord
        rows = await tx.connection.execute(
            row.__table__.select().where(row.broadcast_id == number).order_by(row.id)
        )
        for found, state in zip(rows.all(), states, strict=True):
            await tx.connection.execute(
                update(row)
                .where(row.id == found.id)
                .values(state=state.value, ended_at=now(), reason="" if state == "sent" else "x")
            )
    await house.clock.broadcasts()


async def released(house: House, people: int = 3) -> tuple[Person, Person, int]:
    lan, sua = await two(house)
    for _ in range(people):
        await asked_for_notices(house.database)
    number = await handed_in(lan)
    await told_news(house, sua)
    await sua.say("1")
    await told_news(house, lan)
    return lan, sua, number


async def test_what_failed_is_told_in_words_and_one_tap_sends_only_that_again(
    house: House,
) -> None:
    lan, sua, number = await released(house)
    await ended(house, number, State.SENT, State.FAILED, State.FAILED)
    for one in (lan, sua):
        assert "1 trên 3 người đã nhận, 2 người cần gửi lại" in await told_news(house, one)
    await lan.say("thông báo của tôi")
    page = await lan.say("1")
    assert "4. Gửi lại cho 2 người chưa nhận" in [b.label for b in page[-1].buttons]
    assert "gửi lại thông báo số 1 cho 2 người" in await lan.told("4")
    account = await account_of(house, number)
    assert (account.sent, account.pending) == (1, 2)
    assert (await again(house, number)).phase is Phase.SENDING


async def test_what_is_uncertain_waits_for_one_tap(house: House) -> None:
    lan, sua, number = await released(house, people=2)
    await ended(house, number, State.SENT, State.UNCERTAIN)
    replies = [*await lan.replies(), *await sua.replies()]
    assert sum("1 người chưa rõ" in reply.text for reply in replies) == 2
    again_button = replies[0].buttons[0]
    assert "có thể nhận hai lần" in again_button.label
    assert "không gửi lại" in (await lan.told(str(replies[0].buttons[1].digit))).lower()
    assert (await account_of(house, number)).skipped == 1
    await house.clock.broadcasts()
    assert (await again(house, number)).phase is Phase.FINISHED


async def test_it_is_paused_resumed_and_cancelled_by_digits(house: House) -> None:
    lan, sua, number = await released(house)
    await house.clock.broadcasts()
    await lan.say("các thông báo")
    assert "đang gửi" in await lan.told("1")
    assert "Đã tạm dừng" in await lan.told("2")
    assert (await again(house, number)).phase is Phase.PAUSED
    assert "Lan đã tạm dừng thông báo số 1" in await told_news(house, sua)
    assert "gửi tiếp" in await lan.told("2")
    assert "Hủy thông báo số 1?" in await lan.told("3")
    assert "đang gửi" in await lan.told("0"), "nothing is cancelled before the yes"
    await lan.say("3")
    assert "Đã hủy" in await lan.told("1")
    assert (await account_of(house, number)).skipped == 3
    assert "Lan đã hủy thông báo số 1" in await told_news(house, sua)


async def test_another_officer_may_look_and_change_nothing(house: House) -> None:
    _, _, number = await released(house)
    pao = await official(house, name="Páo")
    await pao.say("các thông báo")
    [_, page] = await pao.say("1")
    assert [button.digit for button in page.buttons] == [0]
    pause = encode(Notice(Deed.PAUSE, number, (await again(house, number)).version))
    assert "không làm thế được" in await pao.told(pause, Kind.BUTTON)
    gone = encode(Notice(Deed.OPEN, 99))
    assert "không còn" in await pao.told(gone, Kind.BUTTON)


async def test_a_missed_notice_is_told_and_resumed_by_one_tap(house: House) -> None:
    lan, _, number = await released(house)
    async with house.database.begin() as tx:
        await Broadcasts().move(tx, number, to=now() - timedelta(days=1), by="x", at=now())
    await house.clock.broadcasts()
    told = await lan.replies()
    assert "lỡ giờ gửi" in told[-1].text
    assert "gửi tiếp" in await lan.told(str(told[-1].buttons[0].digit))
    assert (await again(house, number)).phase is Phase.SCHEDULED


async def test_each_of_a_repeated_notice_is_told_to_who_wrote_it(house: House) -> None:
    lan, sua = await two(house)
    await asked_for_notices(house.database)
    number = await handed_in(lan, when="hằng ngày 7h")
    await told_news(house, sua)
    await sua.say("1")
    async with house.database.begin() as tx:
        await Broadcasts().move(tx, number, to=now() - timedelta(minutes=1), by="x", at=now())
    await told_news(house, lan)
    await ended(house, number + 1, State.SENT)
    assert "Thông báo số 2 đã gửi xong: 1 trên 1 người đã nhận" in words(
        [*await lan.replies(), *await sua.replies()]
    )


@pytest.mark.parametrize("stopped", [True, False])
async def test_who_blocked_is_not_tried_again(house: House, stopped: bool) -> None:
    lan, _, number = await released(house, people=0)
    _, conversation = await asked_for_notices(house.database)
    await ended(house, number, State.FAILED)
    if stopped:
        async with house.database.begin() as tx:
            await Conversations().stop_writing(tx, conversation, at=now())
    await lan.say("các thông báo")
    page = (await lan.say("1"))[-1]
    assert (4 in {button.digit for button in page.buttons}) is not stopped
