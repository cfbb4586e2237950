"""How a notice looks: one message on every channel, with a way on that works where it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.channels.telegram import TelegramChannel
from bot.channels.web_chat import WebChat
from bot.wiring import House
from content.library import Library
from content.understanding import Answer, Choices
from handlers.messages import Capabilities
from handlers.notice_page import LONGEST
from storage.broadcasts import Draft

NO_BUTTONS = Capabilities(2000, buttons=0)
CARD = "tiem-chung"


@pytest.mark.parametrize(
    "able", [WebChat.capabilities, TelegramChannel.capabilities, NO_BUTTONS, Capabilities(2000, 1)]
)
def test_the_longest_notice_is_one_message_that_tells_how_to_stop(
    house: House, able: Capabilities
) -> None:
    longest = ("tiêm phòng " * LONGEST)[:LONGEST].strip()
    shown = house.notices.page.shown(Draft(longest, card=CARD), able)
    assert longest in shown.text
    assert "nhắn DỪNG" in shown.text


def test_where_there_are_no_buttons_words_lead_to_the_card(house: House) -> None:
    title = house.library.shelf.cards.heading(CARD).title
    shown = house.notices.page.shown(Draft("Mai tiêm.", card=CARD), NO_BUTTONS)
    assert f"nhắn: {title}" in shown.text
    assert not shown.buttons
    assert "Xem thêm" not in shown.text, "a label that cannot be tapped says nothing"
    rich = house.notices.page.shown(Draft("Mai tiêm.", card=CARD), WebChat.capabilities)
    assert [button.label for button in rich.buttons] == ["Xem thêm", "Dừng nhận tin"]
    gone = house.notices.page.shown(Draft("Mai tiêm.", card="khong-con"), NO_BUTTONS)
    assert "nhắn: " not in gone.text


def test_several_cards_have_a_button_each_by_name_or_words(house: House) -> None:
    heading = house.library.shelf.cards.heading
    cards = (CARD, "the-bhyt", "ho-ngheo")
    titles = [heading(card).title for card in cards]
    draft = Draft("Mai tiêm.", card=CARD, also=cards[1:])
    rich = house.notices.page.shown(draft, TelegramChannel.capabilities)
    assert [button.label for button in rich.buttons] == [*titles, "Dừng nhận tin"]
    plain = house.notices.page.shown(draft, NO_BUTTONS)
    assert all(f"nhắn: {title}" in plain.text for title in titles)
    assert replace(draft, also=()).frozen() != draft.frozen(), "they are approved too"


def test_every_cards_title_leads_to_it_when_it_is_typed(library: Library) -> None:
    for slug in library.shelf.cards:
        outcome = library.understand(library.shelf.cards.heading(slug).title, None)
        match outcome:
            case Answer(slug=found):
                assert found == slug
            case Choices(slugs=slugs):
                assert slug in slugs
            case _:
                pytest.fail(f"{slug}: {outcome}")
