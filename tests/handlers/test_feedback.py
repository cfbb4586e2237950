"""Telling feedback by digits and words, from the first one to the receipt and its answer."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.receipt_keys import ReceiptKeys
from bot.wiring import House, now
from content.receipts import RETIRED
from handlers.messages import Attachment, Kind, Reply
from storage.case_lists import EVERYTHING, CaseLists
from storage.case_records import Case, CaseKind, CaseRecord, CaseState, CaseWordsRecord
from storage.cases import Cases
from storage.conversations import ConversationRecord
from storage.drafts import DraftRecord
from storage.files import Files
from storage.inbox import InboxRecord
from storage.officials import Officials, Role
from storage.outbox import OutboxRecord
from tests.handlers.villager import Villager, words


@pytest.fixture
async def villager(house: House) -> Villager:
    """Somebody of xa-mau."""
    person = Villager(house)
    await person.say("xa-mau", Kind.START)
    return person


async def cases(house: House) -> list[Case]:
    async with house.database.read() as tx:
        return await CaseLists().waiting(tx, EVERYTHING)


async def said(house: House, case: Case) -> list[str]:
    async with house.database.read() as tx:
        return [words.text for words in await Cases().words(tx, case.id)]


def labels(reply: Reply) -> list[str]:
    return [button.label for button in reply.buttons]


def receipt(reply: str) -> str:
    """The three words in the message that tells them."""
    found = re.search(r"Mã biên nhận:\n(.+)\n", reply)
    assert found, reply
    return found[1]


async def told(villager: Villager, *texts: str) -> str:
    """Say all that; the last reply, with what is sealed in it as the villager reads it."""
    reply = ""
    for text in texts:
        reply = words(await villager.say(text))
    return villager.house.reveal(reply)


async def test_a_problem_is_told_in_four_messages_by_digits_and_its_receipt_tells_how_it_stands(
    villager: Villager,
) -> None:
    [kinds] = await villager.say("gop y")
    assert labels(kinds)[:4] == [
        "1. Khen", "2. Góp ý cho tốt hơn", "3. Báo việc hỏng, việc khó", "4. Phàn nàn về người",
    ]  # fmt: skip
    await villager.say("3")
    [where] = await villager.say("Đèn nhà văn hóa hỏng ba tháng rồi")
    assert labels(where)[:2] == ["1. Bản Mẫu", "2. Bỏ qua"]
    [seen] = await villager.say("1")
    assert "Xã Mẫu" in seen.text
    assert "• Chỗ: Bản Mẫu" in seen.text
    assert "“Đèn nhà văn hóa hỏng ba tháng rồi”" in seen.text
    assert "không thấy tên, số điện thoại" in seen.text
    assert labels(seen)[0] == "1. Gửi, không kèm tên"
    sent = await told(villager, "1")
    three = receipt(sent)
    [case] = await cases(villager.house)
    assert (case.kind, case.unit, case.place, case.name) == (
        CaseKind.PROBLEM, "xa-mau", "Bản Mẫu", "",
    )  # fmt: skip
    assert villager.house.casework.day(case.due_at) in sent
    other = Villager(villager.house)
    await other.say("", Kind.START)
    stands = await told(other, three)
    assert "đang chờ cán bộ" in stands
    assert "Đèn nhà" not in stands, "the words are the villager's and the office's"
    assert "đang chờ cán bộ" in await told(other, three.upper().replace(" – ", " "))


async def test_only_a_keyed_hash_of_the_receipt_is_in_the_database(villager: Villager) -> None:
    three = receipt(await told(villager, "góp ý", "2", "nên mở chợ ngày chủ nhật", "1"))
    await villager.say(three)
    async with villager.house.database.read() as tx:
        kept = [
            *(await tx.connection.execute(select(OutboxRecord.body))).scalars(),
            *(await tx.connection.execute(select(InboxRecord.text))).scalars(),
            *(await tx.connection.execute(select(ConversationRecord.__table__))).all(),
        ]
    assert not [row for row in kept if three.split(" – ")[0] in str(row)]


async def test_words_that_begin_feedback_are_its_words_and_a_question_stays_a_question(
    villager: Villager,
) -> None:
    assert "Tôi đã ghi" in await told(villager, "Phản ánh: điện yếu, quạt chạy chậm")
    assert "“điện yếu, quạt chạy chậm”" in await told(villager, "3", "2")
    await villager.say("thôi")
    assert "Tôi đã ghi" not in await told(villager, "góp ý với xã thì gặp ai")


async def test_back_skip_and_stop_by_words_and_by_digits(villager: Villager) -> None:
    await told(villager, "góp ý", "3")
    assert "Chuyện ở đâu" in await told(villager, "giếng làng cạn nước")
    again = await told(villager, "quay lai")
    assert "“giếng làng cạn nước”" in again, "what was told is not wiped unsaid"
    assert "lời mới thay lời này" in again
    assert "Chuyện ở đâu" in await told(villager, "giếng làng bị bẩn")
    assert "Lời bà con: “giếng làng bị bẩn”" in await told(villager, "bo qua")
    assert "“giếng làng bị bẩn”" in await told(villager, "quay lai", "quay lai")
    assert "Lời bà con: “giếng làng bị bẩn”" in await told(villager, "1", "bo qua")
    assert "chưa gửi gì" in await told(villager, "0")
    assert "hỏi chuyện gì" in await told(villager, "thôi"), "nothing is begun any more"
    assert await cases(villager.house) == []


async def test_half_told_feedback_survives_a_question_and_a_days_absence(
    villager: Villager,
) -> None:
    await told(villager, "góp ý", "2", "trạm y tế nên mở buổi chiều")
    async with villager.house.database.begin() as tx:
        await tx.connection.execute(
            update(DraftRecord).values(touched_at=now() - timedelta(days=1))
        )
    await villager.say("/menu")
    assert "thẻ" in await told(villager, "làm thẻ bảo hiểm y tế cần giấy gì")
    resumed = await told(villager, "góp ý")
    assert "trạm y tế nên mở buổi chiều" in resumed
    assert "Mã biên nhận" in await told(villager, "1", "1")


async def test_a_complaint_reaches_only_who_leads_and_one_about_the_leader_nobody_below(
    villager: Villager,
) -> None:
    asked = await told(villager, "góp ý", "4", "cán bộ một cửa quát tháo bà con")
    assert "Chuyện này về ai" in asked
    assert "lãnh đạo của Xã Mẫu" in await told(villager, "1")
    assert "Mã biên nhận" in await told(villager, "1")
    stopped = await told(villager, "góp ý", "4", "chủ tịch xã lấy đất của thôn", "2")
    assert "chưa có cấp trên nào nhận" in stopped
    [case] = await cases(villager.house)
    assert await said(villager.house, case) == ["cán bộ một cửa quát tháo bà con"]


@pytest.mark.parametrize("way", [["góp ý", "5"], ["góp ý", "4", "tôi muốn tố cáo ông trưởng thôn"]])
async def test_a_denunciation_is_told_its_way_and_not_taken(
    villager: Villager, way: list[str]
) -> None:
    told_how = await told(villager, *way)
    assert "được giữ kín tên" in told_how
    steps = await told(villager, "1")
    assert "Không nộp cho chính người mình tố cáo" in steps
    assert "một cửa" not in steps, "that is the office of whom it is about"
    assert "được giữ kín tên" in await told(villager, "quay lại"), "and not the first page"
    assert await cases(villager.house) == []


async def test_a_name_is_sent_only_if_it_is_given(villager: Villager) -> None:
    await told(villager, "góp ý", "1", "cô y tá ở trạm rất tốt")
    assert "ghi tên thế nào" in await told(villager, "2")
    seen = await told(villager, "Mẹ của Mua")
    assert "• Người gửi: Mẹ của Mua" in seen, "it is shown before it goes"
    assert "Ngoài tên bà con tự ghi" in seen
    assert "Mã biên nhận" in await told(villager, "1")
    [case] = await cases(villager.house)
    assert case.name == "Mẹ của Mua"


async def test_danger_in_feedback_is_told_whom_to_call_first(villager: Villager) -> None:
    await told(villager, "góp ý", "3")
    first, then = await villager.say("chồng tôi đang cầm dao đánh tôi")
    assert "113" in first.text
    assert "Chuyện ở đâu" in then.text


async def test_a_voice_note_a_photo_and_a_place_are_enough_and_go_with_the_case(
    villager: Villager,
) -> None:
    async def send(kind: Kind, **more: Any) -> str:
        message = replace(villager.incoming("", kind), **more)
        assert await villager.house.accept(message)
        return words(await villager.replies())

    await told(villager, "góp ý", "3")
    voice = Attachment(Kind.VOICE, "voice one", "audio/ogg")
    assert "Chuyện ở đâu" in await send(Kind.VOICE, attachments=(voice,))
    seen = await send(Kind.LOCATION, location=(21.5, 104.25))
    assert "Chỗ: 21.500, 104.250" in seen
    photo = Attachment(Kind.IMAGE, "photo one")
    assert "Ảnh, tin nói, tệp: 2" in await send(Kind.IMAGE, attachments=(photo,))
    await told(villager, "1")
    [case] = await cases(villager.house)
    async with villager.house.database.read() as tx:
        kept = await Files().of_case(tx, case.id)
    assert [(file.kind, file.reference) for file in kept] == [
        ("voice", "voice one"),
        ("image", "photo one"),
    ]
    assert "chưa nghe được" in await send(Kind.VOICE, attachments=(voice,)), "nothing is told now"


async def test_old_buttons_show_where_it_really_stands(villager: Villager) -> None:
    [kinds] = await villager.say("góp ý")
    await told(villager, "3", "mất điện ba ngày")
    [reply] = await villager.say(kinds.buttons[0].action, Kind.BUTTON)
    assert "Chuyện ở đâu" in reply.text
    await villager.say("thôi")
    [reply] = await villager.say(kinds.buttons[0].action, Kind.BUTTON)
    assert "chưa có gì đang viết dở" in reply.text


async def test_nothing_is_told_in_a_group(house: House) -> None:
    person = Villager(house, group=True)
    assert "nhắn riêng" in await told(person, "góp ý")


async def test_five_wrong_receipts_stop_a_chat_for_a_while(villager: Villager) -> None:
    three = receipt(await told(villager, "góp ý", "2", "nên có đèn đường", "1"))
    guesser = Villager(villager.house)
    await guesser.say("", Kind.START)
    book = villager.house.receipts
    for first in range(5):
        draws = iter([first, first + 1, first + 2])
        wrong = book.shown(book.draw(lambda _, draws=draws: next(draws)))
        assert "không thấy việc nào" in await told(guesser, wrong)
    assert "chờ 10 phút" in await told(guesser, three)
    assert "đang chờ cán bộ" in await told(villager, three)


def slipped(three: str) -> str:
    """The receipt with a letter too much, which no word has there and Telex does not mean."""
    return f"{three}q"


async def test_a_slip_is_asked_about_and_the_state_is_told_for_the_exact_words_alone(
    villager: Villager,
) -> None:
    three = receipt(await told(villager, "góp ý", "2", "nên có đèn đường", "1"))
    other = Villager(villager.house)
    await other.say("", Kind.START)
    asked = await told(other, f"mã: {slipped(three)}")
    assert f"Có phải mã của bà con là: {three}?" in asked
    assert "đang chờ cán bộ" not in asked
    assert "đang chờ cán bộ" in await told(other, three)
    async with villager.house.database.read() as tx:
        kept = [
            *(await tx.connection.execute(select(OutboxRecord.body))).scalars(),
            *(await tx.connection.execute(select(InboxRecord.text))).scalars(),
        ]
    assert not [row for row in kept if three.split(" – ")[0] in str(row)], "slips are sealed too"


async def test_slips_are_answered_alike_whether_or_not_there_is_a_case_and_count_as_guesses(
    villager: Villager,
) -> None:
    """So that nobody learns from "có phải …?" that they come near to somebody's receipt."""
    three = receipt(await told(villager, "góp ý", "2", "nên có đèn đường", "1"))
    book = villager.house.receipts
    guesser = Villager(villager.house)
    await guesser.say("", Kind.START)
    for near in (three, *(book.shown(book.draw(lambda _, n=n: n)) for n in (3, 33, 333, 1033))):
        text = f"mã biên nhận {slipped(near)}"
        assert f"Có phải mã của bà con là: {near}?" in await told(guesser, text)
    assert "chờ 10 phút" in await told(guesser, f"mã biên nhận {slipped(three)}")
    assert "chờ 10 phút" in await told(guesser, three)


async def test_a_word_said_twice_is_kindly_refused(villager: Villager) -> None:
    assert "ba từ đều khác nhau" in await told(villager, "hoa sen cây tre hoa sen")
    assert "xem lại ba từ" in await told(villager, "mã biên nhận hoa sen cây tre bla bla")


async def test_a_receipt_in_words_that_are_drawn_no_more_still_opens_its_case(
    villager: Villager,
) -> None:
    house = villager.house
    await told(villager, "góp ý", "2", "nên có đèn đường", "1")
    old = (RETIRED.read_text("utf-8").split("\n")[n] for n in (5, 55, 555))
    first, second, third = old
    keys = ReceiptKeys(
        house.settings.token_key.get_secret_value(), house.settings.data.folder / "receipts.key"
    )
    mark = keys.hashes(house.receipts.canonical((first, second, third)))[0]
    async with house.database.begin() as tx:
        await tx.connection.execute(update(CaseRecord).values(receipt_hash=mark))
    assert "đang chờ cán bộ" in await told(villager, f"{first}, {second}, {third}")


async def answered(villager: Villager, text: str) -> Case:
    """An official of the commune answers the villager's one case."""
    house = villager.house
    [case] = await cases(house)
    async with house.database.begin() as tx:
        chat = (await tx.connection.execute(select(ConversationRecord.id).limit(1))).scalar_one()
        await Officials().invite(tx, "code", name="Lan", unit="xa-mau", role=Role.OFFICER, at=now())
        lan = await Officials().join(tx, "code", conversation=chat, at=now())
        assert lan
        await house.casework.answer(tx, case, text, by=lan, at=now())
    return case


async def test_an_answer_comes_into_the_chat_and_is_rated_by_a_digit(villager: Villager) -> None:
    await told(villager, "trâu ốm thì báo ai ở đâu thế", "9")
    case = await answered(villager, "Bà con gọi thú y xã.")
    [answer] = await villager.replies()
    assert "“Bà con gọi thú y xã.”" in answer.text
    digit = next(b.digit for b in answer.buttons if "hài lòng" in b.label and "chưa" not in b.label)
    assert "Cảm ơn bà con" in await told(villager, str(digit))
    async with villager.house.database.read() as tx:
        rated = await Cases().get(tx, case.id)
    assert rated
    assert (rated.state, rated.understood, rated.satisfied) == (CaseState.CLOSED, True, True)


async def test_who_is_not_content_says_why_and_the_case_waits_again(villager: Villager) -> None:
    await told(villager, "góp ý", "3", "cầu gãy", "2", "1")
    case = await answered(villager, "Đã biết.")
    [answer] = await villager.replies()
    digit = next(b.digit for b in answer.buttons if "chưa hài lòng" in b.label)
    assert "nói thật" in await told(villager, str(digit))
    assert "Đã mở lại" in await told(villager, "biết rồi mà bao giờ sửa")
    [again] = await cases(villager.house)
    assert (again.id, again.state) == (case.id, CaseState.ASSIGNED)
    assert (await said(villager.house, again))[-1] == "biết rồi mà bao giờ sửa"


async def test_an_answer_that_comes_while_feedback_is_told_disturbs_nothing(
    villager: Villager,
) -> None:
    await told(villager, "trâu ốm thì báo ai ở đâu thế", "9")
    await told(villager, "góp ý", "3", "mất nước cả tuần")
    await answered(villager, "Gọi thú y.")
    [answer] = await villager.replies()
    assert "Xem lại trước khi gửi" in await told(villager, "2"), "2 still is: leave the place out"
    assert {b.digit for b in answer.buttons} & {1, 2, 3, 0} == set()


async def test_own_cases_are_listed_and_can_be_added_to_and_withdrawn(villager: Villager) -> None:
    assert "chưa gửi" in await told(villager, "việc của tôi")
    await told(villager, "góp ý", "3", "cầu gãy", "2", "1")
    [listed] = await villager.say("viec cua toi")
    assert "Việc cần sửa số" in labels(listed)[0]
    assert "đang chờ cán bộ" in await told(villager, "1")
    assert "nhắn thêm vào đây" in await told(villager, "1")
    assert "Đã chuyển thêm" in await told(villager, "gãy thêm nhịp nữa")
    [case] = await cases(villager.house)
    assert await said(villager.house, case) == ["cầu gãy", "gãy thêm nhịp nữa"]
    assert "Đã rút" in await told(villager, "việc của tôi", "1", "2")
    assert await cases(villager.house) == []


async def test_a_case_of_another_chat_can_be_read_by_receipt_but_not_changed(
    villager: Villager,
) -> None:
    three = receipt(await told(villager, "góp ý", "3", "cầu gãy", "2", "1"))
    other = Villager(villager.house)
    await other.say("", Kind.START)
    [stands] = await other.say(three)
    assert {b.digit for b in stands.buttons} == {9, 0}
    [own] = await villager.say(three)
    withdraw = next(b.action for b in own.buttons if "Rút" in b.label)
    assert "không còn ở đây" in words(await other.say(withdraw, Kind.BUTTON))
    assert len(await cases(villager.house)) == 1


async def test_the_words_of_a_crash_between_are_handed_in_once(villager: Villager) -> None:
    """The platform repeats the last message, since it was not told that it arrived."""
    await told(villager, "góp ý", "3", "cầu gãy", "2")
    last = villager.incoming("1")
    assert await villager.house.accept(last)
    assert not await villager.house.accept(last)
    assert len(await villager.replies()) == 1
    async with villager.house.database.read() as tx:
        texts = (await tx.connection.execute(select(CaseWordsRecord.text))).scalars().all()
    assert list(texts) == ["cầu gãy"]
