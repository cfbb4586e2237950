"""Answering polls, quizzes and surveys: one answer a person, changed at will, and then nobody's."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from bot.wiring import House, now
from handlers.actions import encode
from handlers.messages import Kind
from handlers.survey_actions import Survey, Vote
from handlers.villager.awaited import PATIENCE
from storage.broadcasts import BroadcastRecord
from storage.conversations import ConversationRecord
from storage.drafts import Drafts
from storage.questionnaires import OPEN_FOR, Form, Question, Questionnaire
from tests.handlers.asking import SURVEY, agreed, asked, closed, kept, results
from tests.handlers.office import Person

QUIZ = Questionnaire(
    Form.QUIZ, (Question("Cháy rừng thì gọi số nào?", ("Gọi 115.", "Gọi 114."), right=1),)
)


async def test_an_answer_by_number_or_button_is_one_a_person_and_the_last_one_counts(
    house: House,
) -> None:
    lan = await agreed(house)
    number = await asked(house)
    [shown] = await lan.replies()
    assert [button.digit for button in shown.buttons] == [201, 202, 203, None]
    assert "Đã ghi: “Thứ bảy”" in await lan.told("201")
    assert "Đã đổi thành: “Chủ nhật”" in await lan.told("chọn số 202 nhé")
    assert "Đã đổi" in await lan.told(shown.buttons[2].action, Kind.BUTTON)
    assert await kept(house, number) == [(0, 2, "", True)]


async def test_digits_of_what_was_going_on_go_on_to_mean_what_they_did(house: House) -> None:
    lan = await agreed(house)
    await lan.say("góp ý")
    number = await asked(house)
    told = await lan.told("202")
    assert "Việc đang nói dở vẫn còn" in told
    assert "Đã đổi" in await lan.told("203"), "an answer leaves its numbers as they were"
    assert "không có số" not in await lan.told("3")
    async with house.database.read() as tx:
        draft = await Drafts().of(tx, await lan.number())
    assert draft is not None
    assert draft.kind, "3 went to the feedback"
    assert await kept(house, number) == [(0, 2, "", True)]


async def test_other_numbers_are_no_answers(house: House) -> None:
    lan = await agreed(house)
    number = await asked(house)
    for typed in ("113", "209", "204", "911", "999"):
        await lan.say(typed)
    assert await kept(house, number) == []


async def test_who_was_not_asked_cannot_answer(house: House) -> None:
    await agreed(house)
    number = await asked(house)
    stranger = Person(house)
    await stranger.say("trang đầu")
    for text, kind in (("201", Kind.TEXT), (encode(Vote(number, 0)), Kind.BUTTON)):
        await stranger.say(text, kind)
    assert "không còn ở đây" in await stranger.told(encode(Vote(number, 1)), Kind.BUTTON)
    assert await kept(house, number) == []


async def test_after_the_end_an_answer_gets_a_sentence_and_is_not_noted(house: House) -> None:
    lan = await agreed(house)
    number = await asked(house)
    await lan.say("201")
    await closed(house, number)
    assert "đã đóng" in await lan.told("202")
    assert await kept(house, number) == [(0, 0, "", False)], "and it leads to nobody any more"


async def test_it_closes_by_itself_at_its_end_even_before_the_clock_looked(house: House) -> None:
    lan = await agreed(house)
    number = await asked(house)
    assert (await results(house, number)).closed_at is None
    async with house.database.begin() as tx:
        long_ago = now() - OPEN_FOR
        await tx.connection.execute(update(BroadcastRecord).values(started_at=long_ago))
    assert "đã đóng" in await lan.told("201")
    await house.clock.broadcasts()
    assert (await results(house, number)).closed_at is not None
    assert await kept(house, number) == []


async def test_two_polls_at_once_have_numbers_of_their_own(house: House) -> None:
    lan = await agreed(house)
    one, other = await asked(house), await asked(house)
    await lan.say("201")
    await lan.say("213")
    assert await kept(house, one) == [(0, 0, "", True)]
    assert await kept(house, other) == [(0, 2, "", True)]


async def test_a_quiz_says_right_or_not_yet_with_the_cards_sentence_and_no_score(
    house: House,
) -> None:
    lan = await agreed(house)
    await asked(house, QUIZ)
    await lan.replies()
    assert await lan.told("201") == "Chưa đúng, không sao. Bà con nhớ giúp: Gọi 114."
    assert await lan.told("202") == "Đúng rồi. Gọi 114."


async def test_a_survey_goes_question_by_question_with_skip_and_back(house: House) -> None:
    lan = await agreed(house)
    number = await asked(house, SURVEY, "Xã muốn nghe về trạm y tế.")
    [shown] = await lan.replies()
    assert "Có 3 câu" in shown.text
    assert [button.label for button in shown.buttons] == ["201. Trả lời", "Dừng nhận tin"]
    assert "Câu 1 trên 3" in await lan.told("201")
    assert "Câu 2 trên 3" in await lan.told("1")
    assert "Câu 1 trên 3" in await lan.told("0")
    assert "Đã trả lời: “Hay đến”" in await lan.told("quay lại"), "there is none before the first"
    assert "Câu 2 trên 3" in await lan.told("ít khi"), "a choice may be typed"
    assert "Câu 3 trên 3" in await lan.told("9")
    assert "Xong rồi" in await lan.told("sửa mái nhà")
    assert await kept(house, number) == [
        (0, 1, "", True), (1, None, "", True), (2, None, "sửa mái nhà", True)
    ]  # fmt: skip
    assert "Câu 1 trên 3" in await lan.told("1"), "to change an answer"
    await closed(house, number)
    assert [row[3] for row in await kept(house, number)] == [False, False], "no row of a skip"


async def test_a_survey_that_was_left_goes_on_where_it_stood(house: House) -> None:
    lan = await agreed(house)
    await asked(house, SURVEY)
    await lan.say("201")
    await lan.say("1")
    assert "nhắn 201" in await lan.told("thôi")
    assert "Câu 2 trên 3" in await lan.told("201")
    answer = await lan.told("làm giấy khai sinh cần giấy gì")
    assert "Câu hỏi của xã còn dở: nhắn 201" in answer
    assert "Câu 2 trên 3" in await lan.told("201")
    assert "không có số 7" in await lan.told("7")
    assert "Câu 3 trên 3" in await lan.told("2")


async def test_a_survey_that_closes_meanwhile_says_so(house: House) -> None:
    lan = await agreed(house)
    number = await asked(house, SURVEY)
    await lan.say("201")
    await closed(house, number)
    assert "đã đóng" in await lan.told("1")
    assert "Câu" not in await lan.told("thứ hai")


async def test_who_has_their_data_deleted_takes_their_answers_along(house: House) -> None:
    lan, minh = await agreed(house), await agreed(house)
    number = await asked(house)
    await lan.say("201")
    await minh.say("202")
    await lan.say("xóa dữ liệu của tôi")
    await lan.say("1")
    assert await kept(house, number) == [(0, 1, "", True)]


async def test_a_step_of_a_survey_that_is_none_is_refused(house: House) -> None:
    lan = await agreed(house)
    number = await asked(house)
    step = encode(Survey("b", number))
    assert "không còn ở đây" in await lan.told(step, Kind.BUTTON)


async def test_words_that_come_hours_later_are_asked_about_and_kept_while_they_choose(
    house: House,
) -> None:
    lan = await agreed(house)
    number = await asked(house, SURVEY)
    for typed in ("201", "1", "1"):
        await lan.say(typed)
    async with house.database.begin() as tx:
        long_ago = now() - PATIENCE - timedelta(minutes=1)
        await tx.connection.execute(
            update(ConversationRecord)
            .where(ConversationRecord.expecting != "")
            .values(awaited_since=long_ago)
        )
    assert "câu trả lời cho câu hỏi của xã (1)" in await lan.told("sửa mái nhà")
    assert "Xong rồi" in await lan.told("1")
    assert (await kept(house, number))[-1] == (2, None, "sửa mái nhà", True)


async def test_who_is_in_danger_is_told_whom_to_call_also_in_an_answer(house: House) -> None:
    lan = await agreed(house)
    await asked(house, SURVEY)
    for typed in ("201", "1", "1"):
        await lan.say(typed)
    first, *_ = await lan.say("chồng đang đánh tôi, cứu tôi với")
    assert "113" in first.text
