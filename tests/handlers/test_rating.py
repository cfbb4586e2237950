"""What people think of a card's answer: counted once, a changed mind moves it, nobody is asked."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from bot.wiring import House, now
from handlers.actions import CaseMove, CaseStep, Helped, RateAnswer, ShowCard, encode
from handlers.messages import Button, Capabilities, Kind, Reply
from handlers.post import Post
from storage.conversations import Conversations, Talk
from storage.inbox import InboxRecord
from storage.tallies import Asked, Tallies
from storage.unanswered import Doubt, Unanswered
from tests.handlers.villager import Villager, greeted, waiting, words

QUESTION = "làm thẻ bảo hiểm y tế cho hộ nghèo cần giấy gì"
RIGHT, WRONG = (encode(RateAnswer("the-bhyt", helped)) for helped in (Helped.YES, Helped.NO))
THANKS, SORRY, OLD = "Cảm ơn bà con. Cần gì", "hỏi lại bằng lời khác", "Câu trả lời ấy cũ rồi"


async def said(house: House) -> dict[Asked, int]:
    """How often answers were called right and wrong."""
    async with house.database.read() as tx:
        found = await Tallies().sums(tx, first=date.min, last=date.max)
    rated = [one for one in found if one.what in {Asked.HELPED, Asked.NOT_HELPED}]
    assert {one.topic for one in rated} <= {"the-bhyt"}
    return {one.what: one.many for one in rated}


async def wrong(house: House) -> list[tuple[str, str]]:
    """What is noted as answered wrongly, and by which card."""
    async with house.database.read() as tx:
        return [
            (one.text, one.guess) for one in await Unanswered().open(tx) if one.kind is Doubt.WRONG
        ]


async def talk(lan: Villager) -> Talk:
    async with lan.house.database.read() as tx:
        found = await Conversations().find(tx, account="web", chat=lan.chat)
    assert found is not None
    return found.talk


def ratings(reply: Reply) -> list[str]:
    return [button.action for button in reply.buttons if button.digit is None]


@pytest.fixture
async def lan(house: House) -> Villager:
    return await greeted(house)


async def test_an_answer_can_be_rated_below_all_that_it_offers_and_without_a_digit(
    lan: Villager,
) -> None:
    for told in (
        await lan.say(QUESTION),
        await lan.say(encode(ShowCard("the-bhyt", "fee")), Kind.BUTTON),
    ):
        [answer] = told
        assert ratings(answer) == [RIGHT, WRONG]
        assert [button.action for button in answer.buttons[-2:]] == [RIGHT, WRONG]
        assert [b.digit for b in answer.buttons[:-2]][-2:] == [9, 0]
    assert await said(lan.house) == {}, "nothing is counted unsaid"


@pytest.mark.parametrize("spoken", [False, True], ids=["by a button", "in words"])
async def test_what_is_said_twice_counts_once_and_a_changed_mind_moves_it(
    lan: Villager, spoken: bool
) -> None:
    async def tell(button: str, typed: str) -> str:
        return words(await (lan.say(typed) if spoken else lan.say(button, Kind.BUTTON)))

    await lan.say(QUESTION)
    for _ in range(2):
        assert THANKS in await tell(RIGHT, "đúng rồi")
        assert await said(lan.house) == {Asked.HELPED: 1}
    for _ in range(2):
        assert SORRY in await tell(WRONG, "chua dung")
        assert await said(lan.house) == {Asked.NOT_HELPED: 1}
        assert await wrong(lan.house) == [(QUESTION, "the-bhyt")]
    assert THANKS in await tell(RIGHT, "dung roi a")
    assert await said(lan.house) == {Asked.HELPED: 1}
    assert await wrong(lan.house) == []
    await lan.say(QUESTION)
    await tell(RIGHT, "👍")
    assert await said(lan.house) == {Asked.HELPED: 2}, "another answer was shown"


async def test_after_thanks_the_subject_and_its_choices_stay(lan: Villager) -> None:
    [answer] = await lan.say(QUESTION)
    await lan.say(RIGHT, Kind.BUTTON)
    assert (await talk(lan)).topic == "the-bhyt"
    second = next(b for b in answer.buttons if b.digit == 2)
    [shown] = await lan.say("2")
    assert second.action not in [b.action for b in shown.buttons], "it is what is shown now"
    await lan.say(RIGHT, Kind.BUTTON)
    assert "phí" in words(await lan.say("mất tiền không")).lower()


async def test_who_was_not_helped_may_ask_an_official_or_in_other_words(lan: Villager) -> None:
    await lan.say(QUESTION)
    [sorry] = await lan.say("không phải cái này")
    assert [b.digit for b in sorry.buttons] == [9, 0]
    assert (await talk(lan)).sure is False
    assert "đã chuyển cán bộ" in words(await lan.say("9"))
    assert await waiting(lan.house) == [QUESTION]
    async with lan.house.database.read() as tx:
        [noted] = [one.id for one in await Unanswered().open(tx)]
        assert set(await Unanswered().asked_of_officials(tx, [noted])) == {noted}


async def test_who_means_none_of_the_subjects_offered_may_ask_an_official_too(
    house: House, lan: Villager
) -> None:
    [menu] = await lan.say("thẻ bảo hiểm với lương hưu")
    assert menu.menu
    [reply] = await lan.say("khong phai cai nay")
    assert SORRY in reply.text
    assert (await talk(lan)).question == "thẻ bảo hiểm với lương hưu"
    assert await said(house) == {}


async def test_a_question_in_other_words_is_not_drawn_to_the_card_that_was_wrong(
    lan: Villager,
) -> None:
    await lan.say(QUESTION)
    await lan.say(WRONG, Kind.BUTTON)
    await lan.say("tách sổ đỏ cho con thì cần giấy gì")
    assert (await talk(lan)).topic != "the-bhyt"


async def test_the_question_is_noted_without_numbers(lan: Villager) -> None:
    await lan.say(f"{QUESTION} số tôi 0912345678")
    await lan.say(WRONG, Kind.BUTTON)
    [(text, _)] = await wrong(lan.house)
    assert "giấy gì" in text
    assert "0912" not in text


async def test_a_question_goes_on_through_the_other_parts_of_its_card_and_is_noted_once(
    lan: Villager,
) -> None:
    await lan.say(QUESTION)
    for digit in ("1", "2", "3"):
        await lan.say(digit)
        await lan.say(WRONG, Kind.BUTTON)
    assert await wrong(lan.house) == [(QUESTION, "the-bhyt")]
    assert await said(lan.house) == {Asked.NOT_HELPED: 3}, "each answer was shown"


async def test_a_question_that_was_noted_before_its_card_was_chosen_is_not_noted_again(
    lan: Villager,
) -> None:
    await lan.say("thẻ bảo hiểm y tế của chị Nguyễn Thị Lan 0912 345 678 cần giấy gì")
    [answer] = await lan.say("1")
    assert ratings(answer) == [RIGHT, WRONG]
    await lan.say("chưa đúng")
    async with lan.house.database.read() as tx:
        assert [one.kind for one in await Unanswered().open(tx)] == [Doubt.UNSURE]
    assert await said(lan.house) == {Asked.NOT_HELPED: 1}


async def test_an_answer_that_stands_last_no_more_is_not_counted(lan: Villager) -> None:
    await lan.say(QUESTION)
    await lan.say("0")
    for button in (RIGHT, WRONG):
        assert OLD in words(await lan.say(button, Kind.BUTTON))
    assert OLD not in words(await lan.say("đúng rồi"))
    await lan.say("xét hộ nghèo thế nào")
    assert OLD in words(await lan.say(RIGHT, Kind.BUTTON)), "of another card"
    assert await said(lan.house) == {}


async def test_thanks_and_stickers_in_between_change_nothing(lan: Villager) -> None:
    await lan.say(QUESTION)
    await lan.say("cảm ơn nhé")
    await lan.say("", Kind.STICKER)
    assert await said(lan.house) == {}, "thanks are no rating"
    await lan.say("chuẩn rồi")
    assert await said(lan.house) == {Asked.HELPED: 1}
    assert (await talk(lan)).topic == "the-bhyt"


async def test_in_a_group_nothing_is_offered_and_nothing_heard(house: House) -> None:
    group = Villager(house, group=True)
    assert ratings((await group.say(QUESTION))[-1]) == []
    await group.say("chưa đúng")
    await group.say(WRONG, Kind.BUTTON)
    assert await said(house) == {}


async def test_whoever_is_in_danger_is_not_asked_to_rate(lan: Villager) -> None:
    told = await lan.say("chồng đang đánh tôi, cứu với")
    assert len(told[0].buttons) + len(told[-1].buttons)
    assert not any(ratings(reply) for reply in told)
    await lan.say(RIGHT, Kind.BUTTON)
    assert await said(lan.house) == {}


async def test_words_after_what_came_unasked_may_be_about_that(lan: Villager) -> None:
    await lan.say(QUESTION)
    reply = Reply("Xã trả lời.", (Button("Hỏi lại", encode(CaseStep(CaseMove.REOPEN, 1))),))
    async with lan.house.database.begin() as tx:
        here = await Conversations().find(tx, account="web", chat=lan.chat)
        assert here is not None
        post = Post(lambda _account: Capabilities(text_length=2000, buttons=12))
        await post.send(tx, reply, account="web", conversation=here.id, at=now())
    await lan.say("chưa đúng")
    assert await said(lan.house) == {}
    await lan.say(QUESTION)
    await lan.say("đúng rồi")
    assert await said(lan.house) == {Asked.HELPED: 1}


async def test_words_for_an_official_are_no_rating(lan: Villager) -> None:
    await lan.say(encode(ShowCard("the-bhyt", "fee")), Kind.BUTTON)
    await lan.say("9")
    await lan.say("chưa đúng")
    assert await said(lan.house) == {}
    assert await waiting(lan.house) == ["chưa đúng"]


async def test_the_history_of_the_chat_does_not_tell_which_button_it_was(lan: Villager) -> None:
    await lan.say(QUESTION)
    await lan.say(RIGHT, Kind.BUTTON)
    first = await kept(lan)
    await lan.say(WRONG, Kind.BUTTON)
    assert await kept(lan) == first == "Nói câu trả lời có đúng không"


async def kept(lan: Villager) -> str:
    async with lan.house.database.read() as tx:
        row = InboxRecord
        found = await tx.connection.execute(select(row.text).order_by(row.id.desc()).limit(1))
        return str(found.scalar_one())
