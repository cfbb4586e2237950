"""A poll composed in an official's chat: question, choices, to whom, until when, and its end."""

from __future__ import annotations

import asyncio

from bot.wiring import House
from storage.broadcasts import Phase
from storage.consents import Purpose
from storage.officials import Role
from storage.questionnaires import Form
from tests.handlers.asking import agreed
from tests.handlers.notices import again, sending, told_news
from tests.handlers.office import official

QUESTION = "Họp thôn ngày nào thì tiện?"


async def test_a_poll_is_composed_released_answered_and_its_totals_come_by_themselves(
    house: House,
) -> None:
    lan, sua = await official(house), await official(house, Role.APPROVER, name="Sua")
    people = [await agreed(house) for _ in range(7)]
    assert "Bạn viết câu hỏi" in await lan.told("hỏi ý kiến")
    assert "mỗi dòng một câu" in await lan.told(QUESTION)
    assert "1. Thứ bảy\n2. Chủ nhật" in await lan.told("Thứ bảy\nChủ nhật")
    assert "hai câu chọn giống nhau" in await lan.told("thứ bảy")
    assert "3. Thứ hai" in await lan.told("Thứ hai")
    assert "Thứ hai" not in await lan.told("3"), "the last choice is taken away"
    assert "ở đâu" in await lan.told("1")
    assert "Gửi lúc nào" in await lan.told("1")
    assert "không lặp lại" in await lan.told("thứ hai hằng tuần 7h")
    assert "đến lúc nào" in await lan.told("1")
    assert "phải sau lúc gửi" in await lan.told("thứ hai hằng tuần 7h")
    preview = await lan.told("17h ngày mai")
    assert f"{QUESTION}\n\nBà con bấm một câu" in preview
    assert "[201. Thứ bảy] [202. Chủ nhật] [Dừng nhận tin]" in preview
    assert "Nhận trả lời đến: 17:00" in preview
    assert "Việc khẩn" not in preview
    assert "số 1" in await lan.told("1")
    assert "nhờ bạn duyệt" in await told_news(house, sua)
    await lan.replies()
    await sua.say("thông báo của tôi")
    await sua.say("1")
    assert "Đã duyệt" in await sua.told("1")
    it = await again(house, 1)
    assert (it.draft.purpose, it.draft.unit) == (Purpose.SURVEYS, "xa-mau")
    assert it.draft.asks is not None
    assert it.draft.asks.form is Form.POLL
    await house.clock.broadcasts()
    for person in people:
        await person.say("201")
    await lan.say("thông báo của tôi")
    page = await lan.told("1")
    assert "5 người trả lời (tính theo bội số" in page
    assert "Thứ bảy: 5\nChủ nhật: 0" in page
    assert "không mở lại được" in await lan.told("8")
    assert "Đã đóng câu hỏi số 1" in await lan.told("1")
    async with sending(house), asyncio.timeout(20):
        while (await again(house, 1)).phase is not Phase.FINISHED:
            await house.clock.broadcasts()
            await asyncio.sleep(0.02)
    news = await told_news(house, sua)
    assert "Câu hỏi số 1 đã đóng" in news
    assert "Thứ bảy: 7" in news


async def test_several_questions_are_a_survey_and_one_in_words_too(house: House) -> None:
    lan = await official(house)
    for words in ("thăm dò", QUESTION, "Thứ bảy\nChủ nhật"):
        await lan.say(words)
    assert "câu hỏi thứ 2" in await lan.told("2")
    await lan.say("Xã cần sửa gì trước?")
    assert "ở đâu" in await lan.told("1"), "in words"
    await lan.say("1")
    await lan.say("1")
    preview = await lan.told("1")
    assert "Có 2 câu" in preview
    assert "Câu 1 trên 2: Họp thôn" in preview
    assert "Câu 2 trên 2: Xã cần sửa gì trước?\nBà con trả lời bằng lời" in preview
    await lan.say("1")
    it = await again(house, 1)
    assert it.phase is Phase.SUBMITTED
    assert it.draft.asks is not None
    assert (it.draft.asks.form, len(it.draft.asks.questions)) == (Form.SURVEY, 2)


async def test_a_cards_question_is_taken_and_what_was_begun_is_offered_again(
    house: House,
) -> None:
    lan = await official(house)
    await lan.say("hỏi ý kiến")
    assert "Thẻ nào?" in await lan.told("1")
    assert "Tìm thấy" in await lan.told("cháy rừng")
    assert "ở đâu" in await lan.told("1")
    assert "viết dở: “Trước khi đốt nương" in await lan.told("hỏi ý kiến")
    await lan.say("1")
    await lan.say("1")
    await lan.say("1")
    assert "Phải báo trưởng thôn, kiểm lâm trước" in await lan.told("1")
    await lan.say("1")
    it = await again(house, 1)
    assert it.draft.asks is not None
    assert it.draft.asks.form is Form.QUIZ


async def test_back_leads_to_the_question_and_a_poll_with_one_choice_is_not_finished(
    house: House,
) -> None:
    lan = await official(house)
    await lan.say("hỏi ý kiến")
    await lan.say("Câu viết sai")
    assert "Bạn viết câu hỏi" in await lan.told("0")
    await lan.say(QUESTION)
    await lan.say("Thứ bảy")
    assert "cần ít nhất 2" in await lan.told("1")
    assert "nhiều nhất là 8" in await lan.told("\n".join("bcdefghi"))
