"""A link into the chat names a unit, a card, or both."""

from __future__ import annotations

import pytest

from bot.wiring import House
from handlers.messages import Kind
from tests.handlers.test_subscription import Villager


@pytest.fixture
def lan(house: House) -> Villager:
    account = next(a.name for a in house.settings.accounts if a.platform == "web_chat")
    return Villager(house, account=account)


@pytest.mark.parametrize("link", ["xa-mau_the-bhyt", "_the-bhyt"])
async def test_a_card_in_a_link_is_shown_at_once_and_is_what_the_talk_is_about(
    lan: Villager, link: str
) -> None:
    shown = await lan.say(link, Kind.START)
    assert shown.text.startswith("Thẻ bảo hiểm y tế")
    papers = await lan.say("cần giấy gì")
    assert "Thẻ bảo hiểm y tế" in papers.text
    assert "Căn cước" in papers.text


@pytest.mark.parametrize("link", ["xa-mau_khong-co", "_", "xa-mau_", ""])
async def test_a_card_that_is_none_leads_to_the_first_page(lan: Villager, link: str) -> None:
    assert "Loa Bản" in (await lan.say(link, Kind.START)).text
