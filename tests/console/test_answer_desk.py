"""One answer to all who asked the same and wait for an official, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot.account_settings import Account
from bot.wiring import House, now
from handlers.messages import Capabilities, Window
from storage.audit import Audit, Kind, Verb, Wanted
from storage.case_groups import CaseGroups
from storage.case_records import Case, CaseState
from storage.cases import Cases
from storage.conversations import ConversationRecord
from storage.inbox import InboxRecord
from storage.outbox import Lane, OutboxRecord
from storage.people import People
from storage.unanswered import UnansweredRecord, UnansweredState
from tests.bot.office import Post
from tests.console.desk import Desk, form, forms, sitting_at
from tests.console.test_case_desk import address
from tests.handlers.office import Person, Role, again, cases

LIST = "/staff/unanswered"
ASKED = (
    "máy cày nhà tôi hỏng thì sửa ở đâu",
    "máy cày hỏng thì sửa ở đâu vậy",
    "may cay nha em hong thi sua o dau",
)
AGAIN = "máy cày nhà tôi hỏng thì có chỗ nào sửa ở đâu"
ANSWER = "Bà con đem máy ra tiệm sửa ở chợ xã, mở cửa cả ngày."
ONE_DATABASE = pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
"""For what the database has no part in."""


async def three(house: House) -> list[Person]:
    """Three villagers of Xã Mẫu who asked alike, and read that an official will answer."""
    people = [Person(house) for _ in ASKED]
    for person, question in zip(people, ASKED, strict=True):
        await person.say("xa-mau", person.incoming().kind.START)
        assert "cán bộ" in await person.told(question)
    return people


async def grouped(desk: Desk) -> str:
    """The list, when all is grouped."""
    while "Đang gom" in (page := await desk.open(LIST)):
        await asyncio.sleep(0.05)
    return page


async def written(desk: Desk) -> str:
    """The page on which the answer to the first group is written."""
    return await desk.press(await grouped(desk), "/answer")


async def seen(desk: Desk, **typed: str) -> str:
    """Its preview."""
    return await desk.press(await written(desk), "/preview", text=ANSWER, **typed)


async def states(house: House) -> list[str]:
    async with house.database.read() as tx:
        row = UnansweredRecord
        return list((await tx.connection.execute(select(row.state).order_by(row.id))).scalars())


async def test_three_who_asked_alike_each_hear_it_once_with_their_own_words(
    desk: Desk, house: House
) -> None:
    people = await three(house)
    page = await grouped(desk)
    assert "Được hỏi 3 lần" in page
    assert "Đang chờ cán bộ trả lời: 3 việc" in page
    proof = await seen(desk, title="Sửa máy cày ở đâu")
    assert "Trang web: 3 cuộc trò chuyện" in proof
    assert f"Bà con hỏi: “{ASKED[0]}”" in proof
    assert "Nút: 1. Hỏi lại" in proof
    assert "Sửa máy cày ở đâu" in proof
    for person in people:
        assert await person.replies() == [], "nothing goes out before it was seen"
    done = await desk.press(proof, "/send")
    assert "Đã gửi câu trả lời tới 3 cuộc trò chuyện" in done
    for person, question in zip(people, ASKED, strict=True):
        [reply] = await person.replies()
        assert f"Bà con hỏi: “{question}”" in reply.text
        assert "Cán bộ Xã Mẫu trả lời chung" in reply.text
        assert f"“{ANSWER}”" in reply.text
    assert {case.state for case in await cases(house)} == {CaseState.CLOSED}
    assert await states(house) == ["answered"] * 3
    assert "Không còn câu nào chưa xem." in await grouped(desk)
    async with house.database.read() as tx:
        [group] = await CaseGroups().all(tx)
        [entry] = await Audit().page(tx, Wanted(verb=Verb.PUBLISHED), at_most=9)
        last = select(OutboxRecord.lane).order_by(OutboxRecord.id.desc()).limit(3)
        lanes = set((await tx.connection.execute(last)).scalars())
        named = select(func.count()).where(UnansweredRecord.case_id.is_not(None))
        assert (await tx.connection.execute(named)).scalar_one() == 0, "settled, it names no case"
    assert (group.unit, group.title, group.answer) == ("xa-mau", "Sửa máy cày ở đâu", ANSWER)
    assert lanes == {Lane.REPLY.value}
    assert (entry.by, entry.kind, entry.unit) == (desk.who.official.id, Kind.GROUP, "xa-mau")


async def test_two_taps_at_once_send_it_once_and_the_second_keeps_the_words(
    desk: Desk, house: House
) -> None:
    people = await three(house)
    to, fields = form(await seen(desk), "/send")
    twice = [desk.client.post(to, data=fields, allow_redirects=False) for _ in range(2)]
    answers = await asyncio.gather(*twice)
    assert sorted(answer.status for answer in answers) == [303, 409]
    late = next(answer for answer in answers if answer.status == 409)
    page = await late.text()
    assert "không gửi thêm lần nào" in page
    assert ANSWER in page
    for person in people:
        assert len(await person.replies()) == 1


async def test_who_asked_twice_hears_it_once_below_what_they_asked_last(
    desk: Desk, house: House
) -> None:
    first, *_ = people = await three(house)
    await first.say(AGAIN)
    assert len(await cases(house)) == 4
    proof = await seen(desk)
    assert "Trang web: 3 cuộc trò chuyện" in proof
    await desk.press(proof, "/send")
    [reply] = [one for one in await first.replies() if ANSWER in one.text]
    assert f"Bà con hỏi: “{AGAIN}”" in reply.text, "what they asked last"
    for person in people[1:]:
        assert len(await person.replies()) == 1


async def test_who_left_or_had_their_data_deleted_gets_nothing(desk: Desk, house: House) -> None:
    stays, forgotten, answered = await three(house)
    await forgotten.say("xóa dữ liệu")
    await forgotten.say("1")
    third = (await cases(house))[-1]
    case_page = await desk.open(address(third))
    proof = await desk.press(case_page, "/preview", text="Bác gọi bác thợ.", purpose="answer")
    await desk.press(proof, "/send")
    for person in (stays, forgotten, answered):
        await person.replies()
    async with house.database.read() as tx:
        row = UnansweredRecord
        named = list((await tx.connection.execute(select(row.case_id).order_by(row.id))).scalars())
    assert named[1] is None, "forgotten, nothing leads from the question to them"
    proof = await seen(desk)
    assert "Trang web: 1 cuộc trò chuyện" in proof
    await desk.press(proof, "/send")
    assert len(await stays.replies()) == 1
    assert await forgotten.replies() == []
    assert await answered.replies() == [], "they have their answer"


async def test_who_linked_two_chats_hears_it_in_one_and_who_stopped_in_none(
    desk: Desk, house: House
) -> None:
    """The last chat in which they asked; the question quoted is the one of that chat."""
    first, second, third = await three(house)
    row = ConversationRecord
    async with house.database.begin() as tx:
        chats = row.chat.in_([first.chat, second.chat])
        people = await tx.connection.execute(select(row.person_id).where(chats).order_by(row.id))
        one, other = people.scalars()
        assert await People().join(tx, other, to=one)
        await tx.connection.execute(
            update(row).where(row.chat == third.chat).values(stopped_at=now())
        )
    proof = await seen(desk)
    assert "Trang web: 1 cuộc trò chuyện" in proof
    await desk.press(proof, "/send")
    assert await first.replies() == await third.replies() == []
    [reply] = await second.replies()
    assert f"Bà con hỏi: “{ASKED[1]}”" in reply.text
    assert {case.state for case in await cases(house)} == {CaseState.CLOSED}


async def test_who_is_not_reached_any_more_is_counted_before_it_is_sent(
    desk: Desk, house: House
) -> None:
    """One wrote just now, one three days ago, which would cost money, one nine; one has left."""
    window = Window(timedelta(hours=48), timedelta(days=7))
    zalo = Account.model_construct(name="web", platform="zalo_oa", unit="xa-mau")
    house.accounts.put(zalo, Post("web", capabilities=Capabilities(2000, 5, window=window)))
    _, costs, closed = await three(house)
    gone = Person(house)
    await gone.say("xa-mau", gone.incoming().kind.START)
    await gone.say(AGAIN)
    async with house.database.begin() as tx:
        for person, days in ((costs, 3), (closed, 9)):
            there = InboxRecord.conversation_id == await person.number()
            at = now() - timedelta(days=days)
            await tx.connection.execute(update(InboxRecord).where(there).values(sent_at=at))
        row = ConversationRecord
        stop = update(row).where(row.chat == gone.chat).values(stopped_at=now())
        await tx.connection.execute(stop)
    proof = await seen(desk)
    assert "Zalo OA: 3 cuộc trò chuyện" in proof
    assert "2 cuộc trò chuyện trong số này lâu rồi không nhắn" in proof
    assert "1 việc không còn ai nhận tin" in proof
    assert "Gửi tới 1 cuộc trò chuyện" in proof


async def test_where_all_have_left_nothing_is_offered(desk: Desk, house: House) -> None:
    people = await three(house)
    page = await written(desk)
    for person in people:
        await person.say("xóa dữ liệu")
        await person.say("1")
    refused = await desk.press(page, "/preview", 409, text=ANSWER)
    assert "Không còn ai chờ" in refused
    assert ANSWER in refused
    assert not [to for to, _ in forms(await grouped(desk)) if to.endswith("/answer")]


async def test_who_waits_is_another_than_was_seen_and_nobody_is_answered_unseen(
    desk: Desk, house: House
) -> None:
    people = await three(house)
    proof = await seen(desk)
    case = (await cases(house))[0]
    async with house.database.begin() as tx:
        await Cases().withdraw(tx, case, at=now())
    page = await desk.press(proof, "/send", 409)
    assert "chưa gửi gì" in page
    assert form(page, "/preview")[1]["text"] == ANSWER
    for person in people:
        assert await person.replies() == []
    assert await states(house) == ["open"] * 3
    await desk.press(await desk.press(page, "/preview"), "/send")
    assert [len(await person.replies()) for person in people] == [0, 1, 1]


async def test_who_was_asked_back_waits_for_nobody_until_they_ask_an_official(
    desk: Desk, house: House
) -> None:
    """Who then says "hỏi cán bộ" waits, who leaves it at that does not."""
    left, waits = Person(house), Person(house)
    for person in (left, waits):
        await person.say("xa-mau", person.incoming().kind.START)
        assert "chuyện nào?" in await person.told("tiền")
    page = await grouped(desk)
    assert "Được hỏi 2 lần" in page
    assert not [to for to, _ in forms(page) if to.endswith("/answer")]
    assert "chuyển cán bộ" in await waits.told("hỏi cán bộ")
    assert "Đang chờ cán bộ trả lời: 1 việc" in await grouped(desk)
    await desk.press(await seen(desk, title="Hỏi về tiền"), "/send")
    assert [len(await person.replies()) for person in (left, waits)] == [0, 1]


@ONE_DATABASE
async def test_what_is_public_is_refused_with_names_and_the_words_are_kept(
    desk: Desk, house: House
) -> None:
    await three(house)
    page = await written(desk)
    for typed, why in (
        ({"text": "Gọi 0912 345 678 nhé."}, "tên hoặc số của ai đó"),
        ({"text": ANSWER, "title": "Nhà chị Lò Thị Hoa"}, "tên hoặc số của ai đó"),
        ({"text": "…"}, "Chưa có chữ nào"),
        ({"text": ANSWER, "title": "dài " * 40}, "120 chữ cái"),
    ):
        refused = await desk.press(page, "/preview", 422, **typed)
        assert why in refused
        kept = form(refused, "/preview")[1]
        assert {name: kept[name].strip() for name in typed} == {
            name: words.strip() for name, words in typed.items()
        }
    assert await states(house) == ["open"] * 3


@ONE_DATABASE
@pytest.mark.parametrize("role", Role)
async def test_only_who_may_publish_answers_and_only_for_their_own_unit(
    house: House, role: Role
) -> None:
    await three(house)
    async with sitting_at(house) as desk:
        to, fields = form(await seen(desk), "/send")
    async with sitting_at(house, role, unit="xa-khac") as far:
        page = await grouped(far)
        assert "máy cày" not in page
        token = forms(page)[0][1]["token"]
        answer = await far.client.post(to, data=fields | {"token": token}, allow_redirects=False)
        assert answer.status == (409 if role in {Role.APPROVER, Role.ADMINISTRATOR} else 403)
        assert "máy cày" not in await answer.text()
    async with sitting_at(house, role, unit="xa-mau") as here:
        offered = [one for one, _ in forms(await grouped(here)) if one.endswith("/answer")]
        assert bool(offered) is (role in {Role.APPROVER, Role.ADMINISTRATOR})
    assert set(await states(house)) == {UnansweredState.OPEN.value}


@ONE_DATABASE
async def test_a_case_that_was_held_back_or_moved_away_is_not_answered_with_them(
    house: House,
) -> None:
    await three(house)
    one: Case = (await cases(house))[0]
    async with house.database.begin() as tx:
        await Cases().move(tx, one, unit="xa-khac", by=None, at=now())
    async with sitting_at(house, Role.APPROVER, unit="xa-mau") as desk:
        proof = await seen(desk)
        assert "Trang web: 2 cuộc trò chuyện" in proof
        await desk.press(proof, "/send")
    assert (await again(house, one)).state is CaseState.RECEIVED
