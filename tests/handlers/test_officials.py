"""Officials on their phones: joining, the list, answers with a preview, and who was first."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.wiring import House, now
from handlers.actions import CaseMove, encode
from handlers.messages import Kind
from handlers.official_actions import Duty, JoinOffice, Work
from storage.case_history import Happened, History
from storage.case_records import CaseKind, CaseState, NewCase, Side
from storage.cases import Cases
from storage.guesses import WRONG_IN_ONE
from storage.officials import Officials, Role
from tests.handlers.office import (
    QUESTION,
    Person,
    again,
    cases,
    invitation,
    official,
    remove,
)
from tests.handlers.villager import words


async def test_a_code_makes_a_chat_an_office_phone_after_a_yes(house: House) -> None:
    code, person = await invitation(house), Person(house)
    asked = await person.told(f"moi {code[:4]} {code[4:8]} {code[8:]}")
    assert "cán bộ trả lời của Xã Mẫu" in asked
    assert "khóa màn hình" in asked
    async with house.database.read() as tx:
        assert await Officials().all(tx) == [], "nothing is done before the yes"
    welcome = await person.say("1")
    assert "máy làm việc của bạn" in words(welcome)
    [offered] = [reply.commands for reply in welcome if reply.commands]
    assert (offered[0].word, len(offered) > 3) == ("viec", True), "the menu of their own chat"
    for command in offered:
        assert await person.told(f"/{command.word}") != await person.told("/khongcolenhnay")
    assert "Không có việc nào" in await person.told("viec")
    late = Person(house)
    assert "không đúng" in await late.told(f"mời {code}"), "it works once"


async def test_a_link_brings_the_code_and_digits_alone_count_only_when_asked_for(
    house: House,
) -> None:
    code = await invitation(house)
    assert "cán bộ trả lời" in await Person(house).told(f"moi-{code}", Kind.START)
    person = Person(house)
    assert "cán bộ trả lời" not in await person.told(code)
    assert "12 số" in await person.told("mã mời")
    assert "cán bộ trả lời" in await person.told(code)


async def test_codes_cannot_be_found_by_trying_nor_used_in_groups(house: House) -> None:
    code = await invitation(house)
    assert "nhắn riêng" in await Person(house, group=True).told(f"mời {code}")
    thief = Person(house)
    for guess in range(WRONG_IN_ONE):
        await thief.say(encode(JoinOffice(f"{guess:012}")), Kind.BUTTON)
    assert "chờ 10 phút" in await thief.told(f"mời {code}")
    assert "chờ 10 phút" in await thief.told(encode(JoinOffice(code)), Kind.BUTTON)


async def test_a_question_is_told_opened_and_answered_as_previewed(house: House) -> None:
    lan, villager = await official(house), Person(house)
    case = await villager.ask()
    await villager.replies()
    assert QUESTION in "".join(reply.text for reply in await lan.replies())
    listed = (await lan.say("việc"))[0]
    assert f"câu hỏi số {case.id}" in listed.buttons[0].label
    page = await lan.told("1")
    assert QUESTION in page
    assert "Trả lời" in (await lan.say("viec 1"))[0].buttons[0].label
    assert "chữ dễ hiểu" in await lan.told("1")
    preview = await lan.told("Bác đem máy ra tiệm ở chợ, hỏi UBND trước.")
    assert "“UBND”: nên viết đủ chữ" in preview
    assert "Ký" not in preview, "that is on a button"
    assert await villager.replies() == [], "nothing goes out before the yes"
    assert "Đã gửi" in await lan.told("1")
    [answer] = await villager.replies()
    assert answer.text in preview, "word for word"
    assert (await again(house, case)).state is CaseState.ANSWERED
    assert "Lan" not in answer.text


async def test_an_official_may_sign_rewrite_and_drop(house: House) -> None:
    lan, villager = await official(house), Person(house)
    await villager.ask()
    await villager.replies()
    for said in ("việc", "1", "2", "Máy gì?"):
        await lan.say(said)
    assert "Người trả lời: Lan" in await lan.told("3")
    assert "Người trả lời: Lan" not in await lan.told("3")
    await lan.say("2")
    assert "Máy cày mấy ngựa?" in await lan.told("Máy cày mấy ngựa?")
    assert "chưa gửi" in await lan.told("việc"), "what waits to be sent is not lost"
    assert "Đã bỏ" in await lan.told("thôi")
    assert await lan.draft() is None
    assert await villager.replies() == []


async def test_officials_still_ask_about_policies_as_anybody(house: House) -> None:
    lan = await official(house)
    assert "căn cước" in (await lan.told("làm thẻ bảo hiểm y tế hộ nghèo cần giấy tờ gì")).lower()


async def test_a_villager_who_writes_the_same_word_is_served_as_a_villager(house: House) -> None:
    villager = Person(house)
    await villager.ask()
    assert "Việc đang chờ" not in await villager.told("việc")
    stolen = encode(Work(Duty.OPEN, 1))
    assert "không phải máy làm việc" in await villager.told(stolen, Kind.BUTTON)


async def test_a_removed_official_loses_access_in_the_middle_of_an_answer(house: House) -> None:
    lan, villager = await official(house), Person(house)
    case = await villager.ask()
    for said in ("việc", "1", "1", "Ra chợ nhé."):
        await lan.say(said)
    await villager.replies()
    await remove(house, lan)
    assert await lan.draft() is None
    assert "không còn là máy làm việc" in await lan.told("1")
    assert await villager.replies() == []
    assert (await again(house, case)).waiting


async def test_two_who_answer_at_once_send_one_answer_and_the_other_is_told_who(
    house: House,
) -> None:
    people = [await official(house, name=name) for name in ("Lan", "Páo")]
    villager = Person(house)
    await villager.ask()
    await villager.replies()
    for one in people:
        for said in ("việc", "1", "1", "Ra chợ nhé."):
            await one.say(said)
    told = await asyncio.gather(*(one.told("1") for one in people))
    assert len(await villager.replies()) == 1
    [late] = [words for words in told if "Đã gửi" not in words]
    winner = "Páo" if "Đã gửi" in told[1] else "Lan"
    assert f"{winner} đã trả lời" in late
    assert [await one.draft() for one in people] == [None, None]


async def test_what_changed_meanwhile_is_shown_before_anything_goes_out(house: House) -> None:
    lan, villager = await official(house), Person(house)
    case = await villager.ask()
    for said in ("việc", "1", "1", "Ra chợ nhé."):
        await lan.say(said)
    async with house.database.begin() as tx:
        await Cases().add(tx, case, "máy cày Bông Sen", at=now(), due_at=case.due_at)
    await villager.replies()
    again_shown = await lan.told("1")
    assert "máy cày Bông Sen" in again_shown
    assert "chưa gửi" in again_shown
    assert await villager.replies() == []
    assert "Đã gửi" in await lan.told("1")
    old = encode(Work(Duty.SEND, case.id, case.version))
    assert "không có gì được gửi" in await lan.told(old, Kind.BUTTON)
    assert len(await villager.replies()) == 1


async def test_a_voice_note_is_no_answer_and_says_so(house: House) -> None:
    lan = await official(house)
    await Person(house).ask()
    for said in ("việc", "1", "1"):
        await lan.say(said)
    assert "viết bằng chữ" in await lan.told("", Kind.VOICE)
    assert await lan.draft() is not None


async def test_what_is_masked_is_shown_to_who_is_in_charge_and_noted(house: House) -> None:
    lan = await official(house)
    case = await Person(house).ask("máy cày hỏng thì sửa ở đâu, gọi tôi số 0912345678 nhé")
    await lan.say("việc")
    page = await lan.say("1")
    assert "0912345678" not in page[0].text
    unmask = encode(Work(Duty.UNMASK, case.id, case.version))
    assert "không làm thế được" in await lan.told(unmask, Kind.BUTTON), "not in charge"
    await lan.say("3")
    assert "lý do" in await lan.told("6")
    assert "0912345678" in await lan.told("cần gọi lại")
    async with house.database.read() as tx:
        last = (await History().of(tx, case.id))[-1]
    assert (last.what, last.detail) == (Happened.SHOWN, "cần gọi lại")


async def test_a_case_is_taken_handed_on_noted_and_closed(house: House) -> None:
    lan, pao = await official(house), await official(house, name="Páo")
    villager = Person(house)
    case = await villager.ask()
    await pao.replies()
    await lan.say("việc")
    await lan.say("1")
    assert "Bạn đã nhận" in await lan.told("3")
    assert "Giao" in await lan.told("4")
    assert "cho Páo" in await lan.told("1")
    assert "được giao" in "".join(reply.text for reply in await pao.replies())
    await pao.say("việc 1")
    await pao.say("7")
    assert "Ghi chú của Páo" in await pao.told("đã gọi tiệm")
    await pao.say("5")
    assert "Đã đóng" in await pao.told("hỏi nhầm")
    async with house.database.read() as tx:
        said = [words.side for words in await Cases().words(tx, case.id)]
        events = [(event.what, event.detail) for event in await History().of(tx, case.id)]
    assert Side.NOTE in said
    assert (Happened.CLOSED, "hỏi nhầm") in events
    assert "đã gọi tiệm" not in "".join(reply.text for reply in await villager.replies())


async def test_who_only_reads_and_who_does_not_lead_see_no_more_than_that(house: House) -> None:
    reader, lan = await official(house, Role.VIEWER), await official(house)
    far = await official(house, unit="xa-khac")
    villager = Person(house)
    case = await villager.ask()
    await reader.say("việc")
    [page] = await reader.say("1")
    assert [button.digit for button in page.buttons] == [0]
    answer = encode(Work(Duty.ANSWER, case.id, case.version))
    assert "không làm thế được" in await reader.told(answer, Kind.BUTTON)
    assert "không xem được" in await far.told(f"việc {case.id}")
    conduct = NewCase(CaseKind.COMPLAINT, unit="xa-mau", text="cán bộ quát bà con")
    async with house.database.begin() as tx:
        hidden = await Cases().open(
            tx, conduct, conversation=await villager.number(), at=now(), due_at=now()
        )
    assert "không xem được" in await lan.told(f"việc {hidden}")
    chair = await official(house, Role.APPROVER, name="Sua")
    assert "quát" in await chair.told(f"việc {hidden}")


async def test_eight_cases_stand_on_a_page_and_nine_shows_more(house: House) -> None:
    lan = await official(house)
    for number in range(10):
        await Person(house).ask(f"máy cày đời {number} của tôi hỏng sửa ở đâu")
    *_, first = await lan.say("việc")
    assert [button.digit for button in first.buttons] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
    [second] = await lan.say("9")
    assert [button.digit for button in second.buttons] == [1, 2, 0]


async def test_a_flood_is_received_held_back_and_released_by_who_leads(house: House) -> None:
    lan, chair = await official(house), await official(house, Role.APPROVER, name="Sua")
    most = house.settings.cases.flood_per_hour
    loud = Person(house)
    for number in range(most + 2):
        await loud.ask(f"máy cày đời {number} của tôi hỏng sửa ở đâu")
    assert "Cán bộ trả lời" in await loud.told("máy xay đời cũ nhà tôi hỏng sửa ở đâu")
    found = await cases(house)
    assert [bool(case.quarantine) for case in found] == [False] * most + [True] * 3
    assert "Đang tạm giữ" not in await lan.told("việc")
    assert "Đang tạm giữ: 3" in await chair.told("việc")
    assert "quá nhiều việc" in await chair.told(f"việc {found[-1].id}")
    await lan.replies()
    assert "Đã bỏ tạm giữ" in await chair.told("8")
    assert "máy xay" in "".join(reply.text for reply in await lan.replies())
    cry = NewCase(CaseKind.QUESTION, unit="xa-mau", text="chồng tôi đang đánh tôi, cứu tôi với")
    async with house.database.begin() as tx:
        heard = await house.casework.open(tx, cry, conversation=await loud.number(), at=now())
    assert heard.quarantine == "", "a cry for help is never held back"


async def test_the_same_words_of_others_are_told_as_likely_the_same(house: House) -> None:
    lan = await official(house)
    first = await Person(house).ask("máy cày nhà tôi hỏng thì đem sửa ở đâu")
    second = await Person(house).ask("May cay nha toi hong thi dem sua o dau!")
    assert f"trùng với việc số: {first.id}" in await lan.told(f"việc {second.id}")


async def test_the_buttons_that_villagers_get_are_theirs_alone(house: House) -> None:
    lan, villager = await official(house), Person(house)
    await villager.ask()
    for said in ("việc", "1", "1", "Ra chợ nhé.", "1"):
        await lan.say(said)
    *_, answer = await villager.replies()
    assert all(f":{move}:" in button.action for move, button in
               zip((CaseMove.GOOD, CaseMove.NOT_CONTENT, CaseMove.NOT_CLEAR), answer.buttons,
                   strict=True))  # fmt: skip


async def test_more_words_are_told_with_the_new_day(house: House) -> None:
    lan, villager = await official(house), Person(house)
    case = await villager.ask()
    later = now() + timedelta(days=30)
    async with house.database.begin() as tx:
        by = await Officials().of(tx, await lan.number())
        assert by
        await house.casework.ask_back(tx, case, "Máy gì?", by=by, at=now())
    asked = await again(house, case)
    async with house.database.begin() as tx:
        await house.casework.add(tx, asked, "máy Kubota", at=later)
    added = await again(house, case)
    assert added.due_at > later
    assert house.casework.day(added.due_at) in (await lan.replies())[-1].text


async def test_what_a_removed_official_had_in_hand_is_nobodys(house: House) -> None:
    lan, other = await official(house), await official(house, name="Sua")
    case = await Person(house).ask()
    for said in (f"việc {case.id}", "3"):
        await lan.say(said)
    assert (await again(house, case)).state is CaseState.ASSIGNED
    await remove(house, lan)
    free = await again(house, case)
    assert (free.state, free.official) == (CaseState.RECEIVED, None)
    assert "Người đang làm" not in await other.told(f"việc {case.id}")


async def test_an_official_who_has_their_data_deleted_works_here_no_more(house: House) -> None:
    lan = await official(house)
    assert "thôi là máy làm việc" in await lan.told("xóa dữ liệu")
    number = await lan.number()
    lan.heard = 0
    assert "Đã xóa hết" in await lan.told("1")
    async with house.database.read() as tx:
        assert await Officials().all(tx) == []
        assert await Officials().of(tx, number) is None


async def test_a_number_that_is_no_case_of_theirs_drops_no_preview(house: House) -> None:
    lan = await official(house)
    case = await Person(house).ask()
    for said in (f"việc {case.id}", "1", "Ra chợ nhé."):
        await lan.say(said)
    assert "chưa gửi" in await lan.told("việc 999")
    draft = await lan.draft()
    assert draft
    assert draft.ready
