"""Notices that were handed in: approved by another, or given back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.wiring import House, now
from handlers.actions import encode
from handlers.messages import Kind
from handlers.official_actions import Deed, Notice
from storage.broadcasts import Broadcasts, Phase
from storage.officials import Role
from storage.people import People
from tests.handlers.notices import (
    WORDS,
    again,
    asked_for_notices,
    composed,
    handed_in,
    sending,
    submitted,
    told_news,
    two,
)
from tests.handlers.office import official
from tests.handlers.villager import words


async def test_who_leads_is_shown_the_notice_and_approves_it_and_the_author_is_told(
    house: House,
) -> None:
    lan, sua = await two(house)
    await asked_for_notices(house.database)
    number = await handed_in(lan)
    news = await told_news(house, sua)
    assert "Lan nhờ bạn duyệt thông báo số 1" in news
    assert WORDS in news
    assert "cho 1 người" in news
    assert await told_news(house, sua) == "", "it is told once"
    assert "Đã duyệt" in await sua.told("1")
    assert (await again(house, number)).approved_by == "Sua"
    assert "Sua đã duyệt thông báo số 1" in await told_news(house, lan)
    async with sending(house):
        async with asyncio.timeout(20):
            while (await again(house, number)).phase is not Phase.FINISHED:
                await house.clock.broadcasts()
                await asyncio.sleep(0.05)
    done = "Thông báo số 1 đã gửi xong: 1 trên 1 người đã nhận"
    assert done in words(await lan.replies())
    assert done in words(await sua.replies())


async def test_nobody_approves_their_own_words_however_they_try(house: House) -> None:
    sua = await official(house, Role.APPROVER, name="Sua")
    other = await official(house, Role.APPROVER, name="Minh")
    number = await handed_in(sua)
    it = await again(house, number)
    approve = encode(Notice(Deed.APPROVE, number, it.version))
    assert "không tự duyệt" in await sua.told(approve, Kind.BUTTON)
    namesake = await official(house, Role.APPROVER, name=" sua")
    assert "không tự duyệt" in await namesake.told(approve, Kind.BUTTON)
    async with house.database.begin() as tx:
        mine, theirs = [
            await People().meet(tx, account="web", sender=one.chat, unit="", at=now())
            for one in (sua, other)
        ]
        await People().join(tx, theirs.id, to=mine.id)
    assert "không tự duyệt" in await other.told(approve, Kind.BUTTON), "they linked their chats"
    assert (await again(house, number)).phase is Phase.SUBMITTED


async def test_only_who_leads_that_unit_or_one_above_it_approves(house: House) -> None:
    lan = await official(house)
    number = await handed_in(lan)
    approve = encode(Notice(Deed.APPROVE, number, (await again(house, number)).version))
    officer = await official(house, name="Páo")
    below = await official(house, Role.APPROVER, unit="ban-mau", name="Dũng")
    far = await official(house, Role.APPROVER, unit="xa-khac", name="Xa")
    assert "chỉ người phụ trách" in await officer.told(approve, Kind.BUTTON)
    for one in (below, far):
        assert "không xem được" in await one.told(approve, Kind.BUTTON)
        assert "Chưa có thông báo nào" in await one.told("các thông báo")
    above = await official(house, Role.ADMINISTRATOR, unit="", name="Tỉnh")
    assert "Đã duyệt" in await above.told(approve, Kind.BUTTON)


async def test_the_nearest_who_leads_is_asked_and_the_author_never(house: House) -> None:
    sua = await official(house, Role.APPROVER, name="Sua")
    chief = await official(house, Role.APPROVER, unit="", name="Tỉnh")
    await handed_in(sua)
    assert await told_news(house, sua) == ""
    assert "duyệt thông báo số 1" in await told_news(house, chief)


async def test_where_nobody_leads_yet_whoever_comes_is_asked(house: House) -> None:
    lan = await official(house)
    assert "Chưa có ai khác duyệt được" in await composed(lan)
    await submitted(lan)
    await house.notices.reports.run(now())
    sua = await official(house, Role.APPROVER, name="Sua")
    assert "duyệt thông báo số 1" in await told_news(house, sua)


async def test_a_notice_is_given_back_with_why_mended_and_approved(house: House) -> None:
    lan, sua = await two(house)
    number = await handed_in(lan)
    await told_news(house, sua)
    assert "lý do trả lại" in await sua.told("2")
    assert "Đã trả lại" in await sua.told("Chưa nói mấy giờ.")
    assert "Sua trả lại thông báo số 1: Chưa nói mấy giờ." in await told_news(house, lan)
    assert "Bị trả lại vì: Chưa nói mấy giờ." in await lan.told("thông báo của tôi") + (
        await lan.told("1")
    )
    assert WORDS in await lan.told("1"), "mended where it stands"
    await lan.say("2")
    await lan.say("7h sáng mai trạm y tế tiêm phòng.")
    assert await submitted(lan) == number
    await house.notices.reports.run(now())
    *shown, asked = await sua.replies()
    assert "7h sáng mai trạm" in words(shown)
    assert "Đã duyệt" in await sua.told(str(asked.buttons[0].digit))
    assert (await again(house, number)).draft.text == "7h sáng mai trạm y tế tiêm phòng."


async def test_giving_back_can_be_left_and_waits(house: House) -> None:
    lan, sua = await two(house)
    number = await handed_in(lan)
    await told_news(house, sua)
    await sua.say("2")
    assert "Các thông báo" in await sua.told("thôi")
    assert (await again(house, number)).phase is Phase.SUBMITTED
    await sua.say("1")
    assert "Các thông báo" in await sua.told("3"), "3 puts it off"


async def test_what_was_changed_since_it_was_looked_at_is_not_approved(house: House) -> None:
    lan, sua = await two(house)
    number = await handed_in(lan)
    await told_news(house, sua)
    await lan.say("thông báo của tôi")
    await lan.say("1")
    await lan.say("1")
    await lan.say("2")
    await lan.say("Ngày kia mới tiêm phòng.")
    assert await submitted(lan) == number
    told = await sua.told("1")
    assert "vừa thay đổi" in told
    assert "Ngày kia mới tiêm phòng." in told
    assert (await again(house, number)).phase is Phase.SUBMITTED
    assert "Đã duyệt" in await sua.told("1"), "what they see now"


async def test_two_who_approve_at_once_release_it_once(house: House) -> None:
    lan, sua = await two(house)
    minh = await official(house, Role.APPROVER, name="Minh")
    await handed_in(lan)
    await house.notices.reports.run(now())
    told = await asyncio.gather(sua.told("1"), minh.told("1"))
    assert sum("Đã duyệt" in words for words in told) == 1


async def test_an_approval_after_its_time_asks_whether_now_will_do(house: House) -> None:
    lan, sua = await two(house)
    number = await handed_in(lan, when="mai 8h30")
    async with house.database.begin() as tx:
        await Broadcasts().move(tx, number, to=now() - timedelta(hours=1), by="x", at=now())
    await told_news(house, sua)
    await sua.say("các thông báo")
    await sua.say("1")
    assert "Giờ gửi đã qua" in await sua.told("1")
    assert "Đã duyệt" in await sua.told("1")
    due = (await again(house, number)).draft.due_at
    assert due
    assert now() - due < timedelta(minutes=5)


async def test_a_repeated_notice_whose_first_time_passed_is_given_back(house: House) -> None:
    lan, sua = await two(house)
    number = await handed_in(lan, when="hằng ngày 7h")
    async with house.database.begin() as tx:
        await Broadcasts().move(tx, number, to=now() - timedelta(hours=1), by="x", at=now())
    await told_news(house, sua)
    asked = (await sua.say("1"))[0]
    assert "Giờ gửi đã qua" in asked.text
    assert [button.digit for button in asked.buttons] == [2, 0]
    assert "lý do trả lại" in await sua.told("2")


async def test_an_emergency_goes_out_on_one_word_that_is_asked_twice_and_marked(
    house: House,
) -> None:
    sua = await official(house, Role.APPROVER, name="Sua")
    await asked_for_notices(house.database)
    await composed(sua, words="Lũ đang về. Bà con lên chỗ cao ngay.", when="mai 7h")
    assert "lý do khẩn" in await sua.told("7")
    assert "Gõ GỬI GẤP để gửi ngay cho 1 người" in await sua.told("Lũ quét")
    assert "Chưa gửi gì cả" in await sua.told("gửi")
    assert "đang được gửi ngay cho 1 người" in await sua.told("“GUI GAP”")
    it = await again(house, 1)
    assert (it.alone, it.draft.emergency, it.draft.reason) == (True, True, "Lũ quét")
    assert it.phase is Phase.APPROVED
    assert "GỬI GẤP: Sua" in await sua.told("các thông báo") + await sua.told("1")
    await house.clock.broadcasts()
    it = await again(house, 1)
    assert it.phase is Phase.SENDING
    assert it.draft.due_at == it.approved_at, "at once"


async def test_an_officer_marks_an_emergency_but_another_person_releases_it(house: House) -> None:
    lan, sua = await two(house)
    await composed(lan, words="Lũ đang về.")
    await lan.say("7")
    assert "VIỆC KHẨN" in await lan.told("Lũ quét")
    assert "Chưa gửi gì cả" not in await lan.told("gửi gấp")
    await submitted(lan)
    assert (await again(house, 1)).phase is Phase.SUBMITTED
    assert "VIỆC KHẨN, gửi cả ban đêm. Lý do: Lũ quét" in await told_news(house, sua)


async def test_an_emergency_can_be_taken_back_before_it_is_sent(house: House) -> None:
    sua = await official(house, Role.APPROVER, name="Sua")
    await composed(sua, when="mai 8h30")
    await sua.say("7")
    await sua.say("Lũ quét")
    calm = await sua.told("quay lại")
    assert "VIỆC KHẨN" not in calm
    assert "8:30" in calm, "its time is as it was"
    assert "Đã gửi duyệt" in await sua.told("1")
    assert not (await again(house, 1)).draft.emergency


async def test_who_could_have_approved_an_emergency_knows_of_it_at_once(house: House) -> None:
    sua = await official(house, Role.APPROVER, name="Sua")
    minh = await official(house, Role.APPROVER, name="Minh")
    await composed(sua, words="Lũ đang về.")
    for said in ("7", "Lũ quét", "gửi gấp"):
        await sua.say(said)
    assert "Sua đã gửi gấp thông báo số 1" in await told_news(house, minh)
    assert await told_news(house, sua) == ""


async def test_an_approver_who_composes_does_not_approve_anothers_by_the_same_digit(
    house: House,
) -> None:
    lan, sua = await two(house)
    await composed(sua, words="Mai họp thôn.")
    number = await handed_in(lan)
    assert "Mai họp thôn" not in await told_news(house, sua)
    assert "thông báo số 2" in await sua.told("1"), "their own is handed in"
    assert (await again(house, number)).phase is Phase.SUBMITTED


async def test_what_was_approved_and_is_mended_waits_for_approval_anew(house: House) -> None:
    lan, sua = await two(house)
    number = await handed_in(lan, when="mai 8h30")
    await told_news(house, sua)
    await sua.say("1")
    await lan.say("các thông báo")
    await lan.say("1")
    await lan.say("1")
    await lan.say("2")
    await lan.say("Mai tiêm phòng lúc 9 giờ.")
    assert await submitted(lan) == number
    assert (await again(house, number)).phase is Phase.SUBMITTED
    assert "lúc 9 giờ" in await told_news(house, sua)


async def test_the_approval_is_told_also_when_it_is_sent_at_once(house: House) -> None:
    lan, sua = await two(house)
    await asked_for_notices(house.database)
    await handed_in(lan)
    await told_news(house, sua)
    await sua.say("1")
    await house.clock.broadcasts()
    assert "Sua đã duyệt thông báo số 1" in words(await lan.replies())
