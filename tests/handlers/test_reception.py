"""Reception with the real cards, engine and both databases: what comes in, what goes out."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.wiring import House
from content.cards import Card
from handlers.actions import AskPerson, Home, ShowCard, encode
from handlers.messages import Kind
from handlers.reception import SILENT
from storage.conversations import Conversations
from storage.inbox import InboxRecord
from storage.outbox import OutboxRecord, State
from tests.handlers.villager import Villager, greeted, waiting, words


@pytest.fixture
def villager(house: House) -> Villager:
    return Villager(house)


@pytest.fixture
async def known(house: House) -> Villager:
    """One who has been greeted."""
    return await greeted(house)


async def test_the_first_contact_says_what_it_is_in_three_lines_and_asks_for_nothing(
    villager: Villager,
) -> None:
    [welcome] = await villager.say("", Kind.START)
    assert "máy trả lời tự động" in welcome.text
    assert len(welcome.text.splitlines()) == 3
    assert {b.digit for b in welcome.buttons} >= {1, 2, 9}


async def test_a_first_question_is_greeted_and_answered(villager: Villager) -> None:
    greeting, answer = await villager.say("làm thẻ bảo hiểm y tế hộ nghèo cần giấy tờ gì")
    assert "máy trả lời tự động" in greeting.text
    assert "căn cước" in answer.text.lower()
    assert await villager.say("cảm ơn nhé")
    assert "máy trả lời tự động" not in words(await villager.say("xin chào"))


async def test_an_answer_names_its_source_its_review_and_that_it_is_a_sample(
    known: Villager,
) -> None:
    [answer] = await known.say("người già 76 tuổi mỗi tháng được bao nhiêu tiền tuổi già")
    assert "540.000 đồng" in answer.text
    assert "Theo " in answer.text
    assert "Đọc lại ngày" in answer.text
    assert "Thẻ mẫu" in answer.text


async def test_a_follow_up_keeps_the_subject(known: Villager) -> None:
    await known.say("bố tôi 76 tuổi không có lương hưu có được tiền tuổi già không")
    [answer] = await known.say("thế nộp ở đâu?")
    assert answer.text.startswith("Tiền tuổi già hằng tháng: làm ở đâu")
    [answer] = await known.say("mat tien khong")
    assert answer.text.startswith("Tiền tuổi già hằng tháng: mất tiền không")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "😀😀👍",
        "\u200b\u200f\u202e",
        "؟ مرحبا كيف الحال",
        "\x00\x01 tiền \ud800 già",
        "a" * 100_000,
        "tiền già " * 12_000,
        "'; DROP TABLE inbox; --",
        "<script>alert(1)</script>",
        "1:c:khong-co:general",
        "{title} %s {0}",
        "٣",
    ],
)
async def test_any_text_gets_a_short_answer_and_is_stored(known: Villager, text: str) -> None:
    replies = await known.say(text)
    assert replies
    assert all(0 < len(reply.text) <= 3000 for reply in replies)
    assert "lỗi" not in words(replies)


@pytest.mark.parametrize("kind", [k for k in Kind if k not in SILENT])
async def test_every_kind_of_message_gets_an_answer(known: Villager, kind: Kind) -> None:
    assert await known.say("", kind)


async def test_a_picture_with_words_is_answered_by_its_words(known: Villager) -> None:
    [answer] = await known.say("làm thẻ bảo hiểm hộ nghèo cần giấy tờ gì", Kind.IMAGE)
    assert "căn cước" in answer.text.lower()


async def test_the_same_message_is_answered_once_however_often_it_comes(known: Villager) -> None:
    incoming = known.incoming("xin chào")
    taken = await asyncio.gather(*(known.house.accept(incoming) for _ in range(10)))
    assert sum(taken) == 1
    assert len(await known.replies()) == 1
    assert not await known.house.accept(replace(incoming, text="đổi ý"))


async def test_a_conversations_messages_are_answered_in_the_order_in_which_they_came(
    known: Villager,
) -> None:
    others = [Villager(known.house) for _ in range(6)]
    for other in others:
        await other.say("", Kind.START)
    await asyncio.gather(*(other.say("0") for other in others), known.say("0"))
    for other in others:
        await asyncio.gather(*(other.house.accept(other.incoming(f"{n}")) for n in (1, 0, 2, 0)))
        assert len(await other.replies()) >= 4


async def test_who_blocks_the_bot_gets_nothing_more_and_who_writes_again_does(
    known: Villager,
) -> None:
    await known.say("xin chào")
    assert await known.say("", Kind.BLOCKED) == []
    async with known.house.database.read() as tx:
        states = await tx.connection.execute(select(OutboxRecord.state))
        assert State.PENDING not in set(states.scalars())
    assert await known.say("xin chào")
    async with known.house.database.read() as tx:
        found = await Conversations().find(tx, account="web", chat=known.chat)
        assert found is not None
        assert not found.stopped


async def test_a_chat_that_moved_goes_on_at_its_new_place(known: Villager) -> None:
    assert await known.say("new place", Kind.MIGRATED) == []
    known.chat = "new place"
    known.heard = 0
    before = len(await known.replies())
    assert before, "the conversation came along"
    assert "máy trả lời tự động" not in words(await known.say("xin chào"))


class Torn(dict[str, Card]):
    """Cards of which one vanishes between understanding and answering, as an editor may cause."""

    def __getitem__(self, slug: str) -> Card:
        if slug == "tro-cap-huu-tri-xa-hoi":
            raise KeyError(slug)
        return super().__getitem__(slug)


async def test_an_errand_that_breaks_keeps_the_message_and_apologises(
    house: House, villager: Villager
) -> None:
    await villager.say("", Kind.START)
    shelf = house.library.shelf
    whole = shelf.cards
    shelf.cards = Torn(whole)
    try:
        [reply] = await villager.say("tiền tuổi già mỗi tháng được bao nhiêu")
    finally:
        shelf.cards = whole
    assert "Máy gặp lỗi" in reply.text
    async with house.database.read() as tx:
        faults = await tx.connection.execute(
            select(InboxRecord.fault).where(InboxRecord.fault != "")
        )
        assert len(faults.all()) == 1
    assert "Chào bà con" in words(await villager.say("xin chào"))


async def test_a_group_is_not_greeted_before_its_answer(house: House) -> None:
    villager = Villager(house)
    incoming = replace(villager.incoming("xin chào"), group=True)
    await house.accept(incoming)
    assert len(await villager.replies()) == 1


async def test_history_shows_words_for_buttons_and_never_their_codes(known: Villager) -> None:
    for action in (Home(), AskPerson(), ShowCard("the-bhyt", "papers")):
        await known.say(encode(action), Kind.BUTTON)
    await known.say("1:zz", Kind.BUTTON)
    await known.say("", Kind.VOICE)
    async with known.house.database.read() as tx:
        said = list((await tx.connection.execute(select(InboxRecord.text))).scalars())
    assert not [text for text in said if text.startswith("1:")]
    assert "(tin nói)" in said


async def test_a_word_or_a_number_alone_does_not_go_to_an_official(known: Villager) -> None:
    for text in ("88", "asdfgh"):
        assert "chưa hiểu" in words(await known.say(text))
    assert await waiting(known.house) == []
