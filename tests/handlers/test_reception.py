"""Reception with the real cards, engine and both databases: what comes in, what goes out."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from bot.wiring import House
from content.cards import Card
from content.screens import utf16_length
from handlers.actions import AskPerson, ChooseUnit, Home, ShowCard, encode
from handlers.messages import Address, Incoming, Kind, Reply
from handlers.reception import SILENT
from storage.case_lists import EVERYTHING, CaseLists
from storage.cases import Cases
from storage.conversations import ConversationRecord, Conversations
from storage.inbox import InboxRecord
from storage.outbox import OutboxRecord, State
from storage.unanswered import Unanswered

NUMBERS = itertools.count(1)


async def waiting(house: House) -> list[str]:
    """The first words of each case that waits for an official."""
    async with house.database.read() as tx:
        found = await CaseLists().waiting(tx, EVERYTHING)
        return [(await Cases().words(tx, case.id))[0].text for case in found]


@dataclass
class Villager:
    """Somebody in a web chat of their own."""

    house: House
    chat: str = field(default_factory=lambda: f"chat {next(NUMBERS)}")
    heard: int = 0
    group: bool = False

    def incoming(self, text: str = "", kind: Kind = Kind.TEXT) -> Incoming:
        return Incoming(
            Address("web", self.chat),
            f"m{next(NUMBERS)}",
            kind,
            sender=self.chat,
            sent_at=datetime.now(UTC),
            text=text,
            group=self.group,
        )

    async def say(self, text: str = "", kind: Kind = Kind.TEXT) -> list[Reply]:
        """Send it; return the replies to it."""
        assert await self.house.accept(self.incoming(text, kind))
        return await self.replies()

    async def replies(self) -> list[Reply]:
        """What came into the outbox for this person since the last look."""
        async with self.house.database.read() as tx:
            rows = await tx.connection.execute(
                select(OutboxRecord.id, OutboxRecord.body)
                .join(ConversationRecord, ConversationRecord.id == OutboxRecord.conversation_id)
                .where(ConversationRecord.chat == self.chat, OutboxRecord.id > self.heard)
                .order_by(OutboxRecord.id)
            )
            found = rows.all()
        self.heard = found[-1].id if found else self.heard
        return [Reply.from_json(row.body) for row in found]

    async def count(self, record: type[InboxRecord] | type[OutboxRecord]) -> int:
        async with self.house.database.read() as tx:
            return int((await tx.connection.execute(select(func.count(record.id)))).scalar_one())


@pytest.fixture
def villager(house: House) -> Villager:
    return Villager(house)


@pytest.fixture
async def known(villager: Villager) -> Villager:
    """One who has been greeted."""
    await villager.say("", Kind.START)
    return villager


def words(replies: list[Reply]) -> str:
    return "\n".join(reply.text for reply in replies)


def choice(reply: Reply, digit: int) -> str:
    return next(b.action for b in reply.buttons if b.digit == digit)


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


async def test_a_digit_does_what_the_button_does(known: Villager) -> None:
    [answer] = await known.say("tiền tuổi già mỗi tháng được bao nhiêu")
    other = Villager(known.house)
    await other.say("", Kind.START)
    [same] = await other.say("tiền tuổi già mỗi tháng được bao nhiêu")
    assert [b.label for b in same.buttons] == [b.label for b in answer.buttons]
    for digit in (1, 9, 0):
        typed = await known.say(str(digit))
        tapped = await other.say(choice(same, digit), Kind.BUTTON)
        assert words(typed) == words(tapped)
        await known.say(choice(answer, 1), Kind.BUTTON)
        await other.say(choice(same, 1), Kind.BUTTON)


@pytest.mark.parametrize("typed", ["2", " 2 ", "2.", "số 2", "so 2", "chọn 2", "２", "2️⃣"])
async def test_a_digit_may_be_typed_in_many_ways(known: Villager, typed: str) -> None:
    [welcome] = await known.say("0")
    [page] = await known.say(typed)
    assert page.text.startswith(welcome.buttons[1].label.removeprefix("2. "))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", Kind.STICKER),
        ("", Kind.VOICE),
        ("cảm ơn nhé", Kind.TEXT),
        ("zxqv wkjh", Kind.TEXT),
    ],
)
async def test_a_digit_means_the_last_list_of_choices_whatever_came_between(
    known: Villager, text: str, kind: Kind
) -> None:
    [welcome] = await known.say("0")
    await known.say(text, kind)
    [page] = await known.say("cái số 2 đó ạ")
    assert page.text.startswith(welcome.buttons[1].label.removeprefix("2. "))


async def test_a_number_in_words_is_a_choice_only_where_it_was_offered(known: Villager) -> None:
    [welcome] = await known.say("0")
    [page] = await known.say("số hai")
    assert page.text.startswith(welcome.buttons[1].label.removeprefix("2. "))
    await known.say("9")
    assert "số 2" not in words(await known.say("hai"))


async def test_nine_and_zero_always_work_and_other_digits_say_when_they_do_not(
    known: Villager,
) -> None:
    await known.say("góp ý")
    assert "số 7" in words(await known.say("7"))
    assert "nhắn câu muốn hỏi" in words(await known.say("9"))
    await known.say("khi nào có điện về bản ạ")
    assert "Bà con muốn hỏi chuyện gì" in words(await known.say("0"))


async def test_a_question_that_no_card_answers_waits_for_an_official(known: Villager) -> None:
    question = "mua điện thoại cũ ở đâu rẻ"
    [reply] = await known.say(question)
    assert "không đoán" in reply.text
    assert await waiting(known.house) == [question]


async def test_nine_passes_the_last_question_on(known: Villager) -> None:
    question = "bố tôi 76 tuổi có được tiền tuổi già không"
    await known.say(question)
    assert question in words(await known.say("9"))
    assert await waiting(known.house) == [question]


async def test_nine_without_a_question_takes_the_next_words_as_they_are(known: Villager) -> None:
    await known.say("9")
    assert "xin chào ông chủ tịch" in words(await known.say("xin chào ông chủ tịch"))
    assert await waiting(known.house) == ["xin chào ông chủ tịch"]
    assert "Chào bà con" in words(await known.say("xin chào"))


async def test_a_commune_is_chosen_by_list_code_name_or_link_and_taken_back(
    known: Villager,
) -> None:
    [units] = await known.say("/xa")
    assert [b.label for b in units.buttons][:2] == ["1. Xã Mẫu", "2. Xã Khác"]
    [chosen] = await known.say("1")
    assert "Xã Mẫu" in chosen.text
    assert chosen.buttons[0].label == "1. Bản Mẫu"
    for text in ("XA-KHAC", "xã khác", "Xa  khac"):
        assert "Xã Khác" in words(await known.say(text))
    [card] = await known.say(encode(ShowCard("the-bhyt", "where")), Kind.BUTTON)
    assert "Xã Khác" in card.text
    assert "Đã bỏ chọn" in words(await known.say(encode(ChooseUnit()), Kind.BUTTON))
    [by_link] = await Villager(known.house).say("xa-mau", Kind.START)
    assert "Xã Mẫu" in by_link.text


async def test_a_villages_card_names_the_commune_office_above_it(known: Villager) -> None:
    await known.say("ban-mau", Kind.START)
    [card] = await known.say(encode(ShowCard("tro-cap-huu-tri-xa-hoi", "where")), Kind.BUTTON)
    assert "thôn 1, cạnh chợ" in card.text


async def test_every_group_and_every_card_can_be_reached_by_digits_alone(known: Villager) -> None:
    seen: set[str] = set()
    [home] = await known.say("0")
    for digit in (b.digit for b in home.buttons if b.digit in range(1, 8)):
        [home] = await known.say("0")
        [page] = await known.say(str(digit))
        while True:
            seen |= {b.action for b in page.buttons if b.action.startswith("1:c:")}
            more = [b for b in page.buttons if b.digit == 8 and b.action.startswith("1:g:")]
            if not more:
                break
            [page] = await known.say("8")
    cards = known.house.library.shelf.cards
    assert seen == {encode(ShowCard(slug)) for slug in cards}


async def test_every_facet_of_every_card_can_be_shown(known: Villager) -> None:
    for slug, card in known.house.library.shelf.cards.items():
        for facet in card.sections:
            replies = await known.say(encode(ShowCard(slug, facet.value)), Kind.BUTTON)
            assert replies, (slug, facet)
            assert all(0 < utf16_length(reply.text) <= 3000 for reply in replies)
            assert "{" not in words(replies), (slug, facet)


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


@pytest.mark.parametrize("action", ["1:c:khong-co:general", "1:g:khong-co:0", "9:h", "", "x" * 999])
async def test_an_old_or_foreign_button_leads_home(known: Villager, action: str) -> None:
    [reply] = await known.say(action, Kind.BUTTON)
    assert "trang đầu" in reply.text.lower() or "hỏi chuyện gì" in reply.text


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


async def test_words_that_lead_home_do(known: Villager) -> None:
    for text in ("trang đầu", "MENU", "/help", "thôi", "  về đầu "):
        assert "hỏi chuyện gì" in words(await known.say(text)), text


async def test_history_shows_words_for_buttons_and_never_their_codes(known: Villager) -> None:
    for action in (Home(), AskPerson(), ShowCard("the-bhyt", "papers")):
        await known.say(encode(action), Kind.BUTTON)
    await known.say("1:zz", Kind.BUTTON)
    await known.say("", Kind.VOICE)
    async with known.house.database.read() as tx:
        said = list((await tx.connection.execute(select(InboxRecord.text))).scalars())
    assert not [text for text in said if text.startswith("1:")]
    assert "(tin nói)" in said


async def test_somebody_in_danger_hears_first_whom_to_call(known: Villager) -> None:
    first, steps = await known.say("lũ về rồi")
    assert "112" in first.text
    assert steps.text.startswith("Tránh lũ, sạt lở, bão: các bước")
    assert "hỏi lại xã trước khi làm" not in steps.text


async def test_nothing_stands_before_whom_to_call_even_at_the_first_contact(
    villager: Villager,
) -> None:
    first, _steps = await villager.say("lũ về rồi")
    assert "112" in first.text


async def test_who_wants_to_die_is_offered_no_card_and_staff_no_phrase(known: Villager) -> None:
    for cry in ("toi muon tu tu", "sống làm gì nữa, chết cho xong"):
        [reply] = await known.say(cry)
        assert "Bà con đừng ở một mình" in reply.text
        assert {b.digit for b in reply.buttons} == {9, 0}, cry
    async with known.house.database.read() as tx:
        assert await Unanswered().count(tx) == 0


async def test_a_card_that_helps_in_danger_shows_what_to_do(known: Villager) -> None:
    first, then = await known.say("vợ em ra máu nhiều, có thai 7 tháng")
    assert "115" in first.text
    assert ": các bước" in then.text.splitlines()[0]


async def test_danger_in_the_middle_of_another_talk_is_no_follow_up(known: Villager) -> None:
    await known.say("chuẩn nghèo năm nay là bao nhiêu")
    first, then = await known.say("lu ve roi cuu voi")
    assert "112" in first.text
    assert "nghèo" not in then.text
    await known.say("chồng đánh tôi thì gọi ai")
    first, then = await known.say("nó lại đánh tôi nữa rồi, phải làm sao")
    assert "113" in first.text
    assert "Bị người nhà đánh" in then.text, "a talk about this danger goes on"


async def test_danger_that_no_card_answers_gets_no_menu_of_guesses(known: Villager) -> None:
    [reply] = await known.say("em khong muon song nua")
    assert "115" in reply.text
    assert {b.digit for b in reply.buttons} == {9, 0}
    assert len(await waiting(known.house)) == 1


async def test_danger_is_heard_where_an_officials_question_was_expected(known: Villager) -> None:
    await known.say("9")
    first, passed = await known.say("chồng đánh tôi, nó đang cầm dao")
    assert "113" in first.text
    assert "cầm dao" in passed.text


async def test_a_word_or_a_number_alone_does_not_go_to_an_official(known: Villager) -> None:
    for text in ("88", "asdfgh"):
        assert "chưa hiểu" in words(await known.say(text))
    assert await waiting(known.house) == []
