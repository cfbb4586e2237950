"""What was left half told, told in pieces, given up, or must not be passed on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.wiring import House, now
from handlers.actions import MeantReceipt, encode
from handlers.messages import Attachment, Kind, Reply
from handlers.villager.awaited import PATIENCE
from storage.case_records import CaseKind, CaseRecord
from storage.conversations import ConversationRecord
from storage.drafts import DraftRecord
from storage.inbox import InboxRecord
from tests.handlers.office import Person, official
from tests.handlers.test_feedback import answered, cases, receipt, said, told, villager
from tests.handlers.villager import Villager, words

__all__ = ["villager"]

LATE = PATIENCE + timedelta(hours=1)


async def silence(house: House, time: timedelta = LATE) -> None:
    """So long nobody wrote."""
    async with house.database.begin() as tx:
        for record, column in (
            (ConversationRecord, ConversationRecord.awaited_since),
            (DraftRecord, DraftRecord.touched_at),
        ):
            rows = await tx.connection.execute(select(record.id, column))
            for number, at in rows.all():
                if at is not None:
                    change = update(record).where(record.id == number)
                    await tx.connection.execute(change.values({column.key: at - time}))


async def show(villager: Villager, kind: Kind, *attachments: Attachment) -> str:
    message = replace(villager.incoming("", kind), attachments=attachments)
    assert await villager.house.accept(message)
    return words(await villager.replies())


PHOTO = Attachment(Kind.IMAGE, "photo one")


@pytest.mark.parametrize(
    "text",
    [
        "to cao ong truong thon an tien",
        "tố cáo chủ tịch xã nhận hối lộ",
        "trưởng thôn ăn tiền của dân",
    ],
)
async def test_a_denunciation_is_never_passed_on_as_a_question(
    villager: Villager, text: str
) -> None:
    [shown] = await villager.say(text)
    assert "để không lọt đến người bị tố cáo" in shown.text
    assert 9 not in {button.digit for button in shown.buttons}
    assert "để không lọt đến người bị tố cáo" in await told(villager, "9")
    await told(villager, "0", "9")
    assert "để không lọt đến người bị tố cáo" in await told(villager, text)
    assert await cases(villager.house) == []


async def test_who_wants_a_person_while_telling_reads_that_it_is_kept_and_how_to_go_on(
    villager: Villager,
) -> None:
    await told(villager, "góp ý")
    assert "kể dở" not in await told(villager, "9"), "nothing is told yet"
    await told(villager, "góp ý", "3", "giếng làng cạn nước")
    [shown] = await villager.say("9")
    assert "đang kể dở vẫn còn. Muốn nói tiếp thì nhắn: góp ý" in shown.text
    [go_on] = [button.digit for button in shown.buttons if "Nói tiếp" in button.label]
    assert "Chuyện ở đâu" in await told(villager, str(go_on))
    await told(villager, "9", "góp ý")
    assert "Chuyện ở đâu" in await told(villager, "1"), "by the word as well"


async def test_a_question_about_denouncing_is_answered_but_not_passed_on(
    villager: Villager,
) -> None:
    assert "Khiếu nại và tố cáo" in await told(villager, "đơn tố cáo cần ghi những gì")
    assert "để không lọt đến người bị tố cáo" in await told(villager, "9")
    assert await cases(villager.house) == []


async def test_who_wants_to_denounce_can_complain_with_the_same_words(villager: Villager) -> None:
    await told(villager, "tố cáo ông trưởng thôn ăn tiền")
    assert "Không nộp cho chính người" in await told(villager, "1")
    assert "Chuyện này về ai" in await told(villager, "1")
    assert "“tố cáo ông trưởng thôn ăn tiền”" in await told(villager, "1")


async def test_words_after_a_photo_are_the_story_and_then_the_place_is_asked(
    villager: Villager,
) -> None:
    await told(villager, "góp ý", "3")
    assert "Chuyện ở đâu" in await show(villager, Kind.IMAGE, PHOTO)
    await silence(villager.house, timedelta(minutes=1))
    asked = await told(villager, "ruong nha toi bi ngap vi muong tac")
    assert "vào lời kể" in asked
    assert "Chuyện ở đâu" in asked
    await silence(villager.house, timedelta(minutes=1))
    seen = await told(villager, "thôn 1")
    assert "Lời bà con: “ruong nha toi bi ngap vi muong tac”" in seen
    assert "• Chỗ: thôn 1" in seen


async def test_what_comes_before_a_question_can_be_read_is_more_of_the_story(
    villager: Villager,
) -> None:
    seen = await told(villager, "góp ý", "3", "mương tắc", "ngập cả ruộng", "hai nhà rồi", "2")
    assert "Lời bà con: “mương tắc\nngập cả ruộng\nhai nhà rồi”" in seen


async def test_what_is_too_long_is_told_where_it_was_cut(villager: Villager) -> None:
    await told(villager, "góp ý", "2")
    cut = await told(villager, "a" * 5980 + " đến đây là còn, sau đây là mất")
    assert "chỉ giữ đến chỗ" in cut
    assert "đến đây là còn" in cut
    assert "là mất”. Phần sau" not in cut
    assert "Mã biên nhận" in await told(villager, "1")


@pytest.mark.parametrize(
    ("left", "late", "go_on"),
    [
        (["góp ý", "3", "đường vào bản lở"], "làm thẻ bảo hiểm y tế cần giấy gì", "• Chỗ: làm thẻ"),
        (["góp ý", "2", "mở chợ đêm"], "lam giay khai sinh can gi", "mở chợ đêm\nlam giay khai"),
        (["9"], "làm thẻ bảo hiểm y tế cần giấy gì", "Tôi đã chuyển cán bộ câu này"),
    ],
)
async def test_words_after_a_long_silence_are_asked_about_and_not_typed_again(
    villager: Villager, left: list[str], late: str, go_on: str
) -> None:
    await told(villager, *left)
    await silence(villager.house)
    asked = await told(villager, late)
    assert f"“{late}”" in asked
    assert "(1)" in asked
    assert await cases(villager.house) == []
    assert "Thẻ" in (answer := await told(villager, "2")) or "khai sinh" in answer
    await told(villager, "/menu")
    await told(villager, *(["9"] if left == ["9"] else ["góp ý", "1"]))
    await silence(villager.house)
    await told(villager, late)
    assert go_on in await told(villager, "1")


async def test_words_within_some_hours_go_where_they_were_asked_for(villager: Villager) -> None:
    await told(villager, "góp ý", "3", "đường vào bản lở")
    await silence(villager.house, timedelta(hours=1))
    assert "• Chỗ: đầu bản" in await told(villager, "đầu bản")


async def test_late_words_do_not_reopen_a_case_unasked(villager: Villager) -> None:
    await told(villager, "trâu ốm thì báo ai ở đâu thế", "9")
    case = await answered(villager, "Gọi thú y xã.")
    [answer] = await villager.replies()
    digit = next(b.digit for b in answer.buttons if "chưa hài lòng" in b.label)
    await told(villager, str(digit))
    await silence(villager.house, timedelta(days=3))
    assert "(1)" in await told(villager, "làm thẻ bảo hiểm y tế cần giấy gì")
    assert len(await said(villager.house, case)) == 2
    assert "Đã mở lại" in await told(villager, "1")


async def test_danger_after_a_long_silence_is_told_whom_to_call(villager: Villager) -> None:
    await told(villager, "góp ý", "3")
    await silence(villager.house)
    first, _ = await villager.say("chồng tôi đang cầm dao đánh tôi")
    assert "113" in first.text


def numbers(reply: Reply) -> set[int | None]:
    return {button.digit for button in reply.buttons}


async def test_answers_that_come_meanwhile_take_no_digit_of_a_screen_nor_of_each_other(
    villager: Villager,
) -> None:
    house = villager.house
    await told(villager, "trâu ốm thì báo ai ở đâu thế", "9")
    await told(villager, "máy cày nhà tôi hỏng thì sửa ở đâu", "9")
    await told(villager, "góp ý", "3", "mất nước cả tuần", "2")
    lan = await official(house)
    for case in sorted(await cases(house), key=lambda case: case.id):
        await lan.say(f"viec {case.id}")
        await lan.say("1")
        await lan.say("Bà con gọi thú y xã giúp.")
        await lan.say("1")
    first, second = [reply for reply in await villager.replies() if "trả lời" in reply.text]
    assert numbers(first).isdisjoint({0, 1, 2, 3, 9} | numbers(second))
    assert None not in numbers(second)
    assert "Mã biên nhận" in await told(villager, "1"), "the screen's own digit still sends"
    for reply in (first, second):
        digit = next(b.digit for b in reply.buttons if "chưa" not in b.label)
        assert "Cảm ơn bà con" in await told(villager, str(digit)), "and theirs still rate"


async def test_no_name_and_a_name_are_looked_at_before_anything_goes(villager: Villager) -> None:
    await told(villager, "góp ý", "2", "mở chợ đêm")
    for no_name in ("thôi khỏi ghi tên", "khong", "thôi", "bỏ qua"):
        seen = await told(villager, "2", no_name)
        assert "Xem lại trước khi gửi" in seen
        assert "Người gửi" not in seen
    assert "tên ngắn" in await told(villager, "2", "a" * 70)
    assert "• Người gửi: Sua" in await told(villager, "Sua")
    assert await cases(villager.house) == []
    assert "Mã biên nhận" in await told(villager, "2"), "after all without"
    [case] = await cases(villager.house)
    assert case.name == ""


@pytest.mark.parametrize("stop", ["thoi khong gui nua", "thôi, không gửi nữa đâu", "dừng"])
async def test_giving_up_is_heard_while_telling(villager: Villager, stop: str) -> None:
    await told(villager, "góp ý", "2")
    assert "chưa gửi gì cho ai" in await told(villager, stop)


async def test_stop_still_ends_notices_of_who_gets_them(villager: Villager) -> None:
    await told(villager, "đăng ký", "1", "góp ý", "2")
    assert "Đã dừng" in await told(villager, "dừng")


async def test_a_wrong_digit_repeats_the_choices_of_the_step(villager: Villager) -> None:
    await told(villager, "góp ý")
    [again] = await villager.say("7")
    assert "không có số 7" in again.text
    assert again.buttons[0].label == "1. Khen"
    assert next(b for b in again.buttons if b.digit == 0).label == "0. Thôi, không gửi"


async def test_a_thumb_is_no_problem_to_send(villager: Villager) -> None:
    await told(villager, "góp ý", "3")
    assert "chưa đọc được" in await told(villager, "👍")
    assert "Chuyện ở đâu" in await told(villager, "đèn đường hỏng")


async def test_a_receipt_typed_while_telling_opens_its_case_and_stands_nowhere(
    villager: Villager,
) -> None:
    three = receipt(await told(villager, "góp ý", "2", "nên có đèn đường", "1"))
    await told(villager, "góp ý", "3")
    stands = await told(villager, three)
    assert "đang chờ cán bộ" in stands
    assert "nhắn: góp ý" in stands
    async with villager.house.database.read() as tx:
        kept = (await tx.connection.execute(select(DraftRecord.text))).scalars().all()
        inbox = (await tx.connection.execute(select(InboxRecord.text))).scalars().all()
    assert not [text for text in (*kept, *inbox) if three.split(" – ")[0] in text]


async def test_what_is_nearly_a_receipt_is_confirmed_by_one_digit(villager: Villager) -> None:
    three = receipt(await told(villager, "góp ý", "2", "nên có đèn đường", "1"))
    first, *rest = three.split(" – ")
    asked = await told(villager, " ".join(["mã", f"{first}k", *rest]))
    assert three in asked
    assert "bấm 1" in asked
    assert "đang chờ cán bộ" in await told(villager, "1")


@pytest.mark.parametrize(
    ("told_before", "asked"),
    [
        ((), "Bà con kể đi"),
        (("cầu treo gãy ván",), "Chuyện ở đâu"),
        (("cầu treo gãy ván", "1"), "Xem lại trước khi gửi"),
        (("cầu treo gãy ván", "1", "2"), "ghi tên"),
    ],
)
async def test_what_is_nearly_a_receipt_comes_between_what_is_told_and_one_digit_leads_back(
    villager: Villager, told_before: tuple[str, ...], asked: str
) -> None:
    three = receipt(await told(villager, "góp ý", "2", "nên có đèn đường", "1"))
    first, *rest = three.split(" – ")
    await told(villager, "góp ý", "3", *told_before)
    near = " ".join(["mã", f"{first}k", *rest])
    shown = await told(villager, near)
    assert three in shown
    assert "Lời bà con đang kể dở vẫn còn" in shown
    assert asked in await told(villager, "2"), "no: on with what was told"
    await told(villager, near)
    [stands] = await villager.say("1")
    assert "đang chờ cán bộ" in stands.text
    assert "Lời bà con đang kể dở vẫn còn" in stands.text
    [back] = [button for button in stands.buttons if "Nói tiếp" in button.label]
    assert asked in await told(villager, str(back.digit))
    async with villager.house.database.read() as tx:
        [draft] = (await tx.connection.execute(select(DraftRecord.__table__))).all()
    assert draft.text == (told_before[0] if told_before else "")
    assert first not in draft.name + draft.place


async def test_a_made_up_yes_to_a_receipt_opens_nothing(villager: Villager) -> None:
    for mark in ("A" * 43, "không", ""):
        forged = encode(MeantReceipt(mark))
        assert "không thấy việc nào" in words(await villager.say(forged, Kind.BUTTON))


@pytest.mark.parametrize(
    ("text", "shows"),
    [
        ("em muốn góp ý", "muốn nói chuyện gì với xã"),
        ("góp y", "muốn nói chuyện gì với xã"),
        ("gop y gop y", "muốn nói chuyện gì với xã"),
        ("tôi muốn khen cán bộ y tế", "Bà con kể đi"),
        ("muốn than phiền", "Bà con kể đi"),
        ("kêu với xã chuyện nước bẩn", "Tôi đã ghi"),
        ("e mun hoi cán bộ", "nhắn câu muốn hỏi cán bộ"),
        ("cb oi", "nhắn câu muốn hỏi cán bộ"),
        ("có ai trực không", "nhắn câu muốn hỏi cán bộ"),
        ("khiếu nại quyết định thu hồi đất thì làm sao", "Khiếu nại và tố cáo"),
    ],
)
async def test_wishes_lead_where_they_should(villager: Villager, text: str, shows: str) -> None:
    assert shows in await told(villager, text)
    assert await cases(villager.house) == []


async def test_who_says_just_appeal_can_choose_the_law_or_feedback(villager: Villager) -> None:
    [asked] = await villager.say("tui muốn khiếu nại")
    assert [b.label for b in asked.buttons][:2] == ["1. Khiếu nại và tố cáo", "2. Góp ý, phản ánh"]
    assert "muốn nói chuyện gì với xã" in await told(villager, "2")


async def test_a_trouble_told_plainly_can_be_sent_as_feedback_with_its_words(
    villager: Villager,
) -> None:
    trouble = "cột loa của bản bị hỏng mấy tháng nay rồi"
    [offered] = await villager.say(trouble)
    send = next(b for b in offered.buttons if "Gửi phản ánh này cho xã" in b.label)
    assert "Tôi đã ghi" in await told(villager, str(send.digit))
    await told(villager, "3", "2")
    assert "Mã biên nhận" in await told(villager, "1")
    [case] = await cases(villager.house)
    assert (case.kind, await said(villager.house, case)) == (CaseKind.PROBLEM, [trouble])


async def test_a_trouble_that_a_card_seems_to_answer_can_be_sent_too(villager: Villager) -> None:
    [card] = await villager.say("cán bộ một cửa quát tháo bà con")
    assert [b for b in card.buttons if "Gửi phản ánh này cho xã" in b.label]


async def test_new_words_do_not_wipe_what_was_half_told(villager: Villager) -> None:
    await told(villager, "góp ý", "2", "nên mở chợ đêm", "/menu")
    asked = await told(villager, "góp ý: trạm y tế nên mở buổi chiều")
    assert "“nên mở chợ đêm”" in asked
    assert "“trạm y tế nên mở buổi chiều”" in asked
    assert "nên mở chợ đêm\ntrạm y tế nên mở" in await told(villager, "1")


async def test_a_voice_note_instead_of_a_question_becomes_feedback(villager: Villager) -> None:
    await told(villager, "9")
    assert "Tôi đã ghi" in await show(villager, Kind.VOICE, Attachment(Kind.VOICE, "voice one"))
    await told(villager, "/menu")
    assert "nhắn: góp ý" in await show(Villager(villager.house), Kind.VOICE)


async def test_cases_beyond_the_first_page_can_be_reached_and_late_ones_say_so(
    villager: Villager,
) -> None:
    for day in range(9):
        await told(villager, f"chợ phiên thứ {day + 2} bán bò giống ở dãy nào vậy", "9")
    assert len(await cases(villager.house)) == 9
    [page] = await villager.say("việc của tôi")
    assert "Xem tiếp" in page.buttons[7].label
    [rest] = await villager.say("8")
    assert "Câu hỏi số 1:" in rest.buttons[1].label
    assert "số 1 gửi" in await told(villager, "2")
    async with villager.house.database.begin() as tx:
        await tx.connection.execute(update(CaseRecord).values(due_at=now() - timedelta(days=1)))
    [page] = await villager.say("việc của tôi")
    assert "đã quá hạn" in page.buttons[0].label


async def test_an_official_is_not_spoken_to_as_a_villager_for_a_wrong_digit(house: House) -> None:
    lan = await official(house)
    assert "Bạn nhắn “việc”" in await lan.told("7")
    assert "Bà con viết câu hỏi" in await Person(house).told("7")
