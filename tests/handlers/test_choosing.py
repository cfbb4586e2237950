"""A villager chooses: by digits, by buttons, the commune, and nine for a person."""

from __future__ import annotations

import pytest

from bot.wiring import House
from content.screens import utf16_length
from handlers.actions import ChooseUnit, ShowCard, encode
from handlers.messages import Kind
from tests.handlers.villager import Villager, choice, greeted, waiting, words


@pytest.fixture
async def known(house: House) -> Villager:
    """One who has been greeted."""
    return await greeted(house)


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


@pytest.mark.parametrize("action", ["1:c:khong-co:general", "1:g:khong-co:0", "9:h", "", "x" * 999])
async def test_an_old_or_foreign_button_leads_home(known: Villager, action: str) -> None:
    [reply] = await known.say(action, Kind.BUTTON)
    assert "trang đầu" in reply.text.lower() or "hỏi chuyện gì" in reply.text


async def test_words_that_lead_home_do(known: Villager) -> None:
    for text in ("trang đầu", "MENU", "/help", "thôi", "  về đầu "):
        assert "hỏi chuyện gì" in words(await known.say(text)), text
