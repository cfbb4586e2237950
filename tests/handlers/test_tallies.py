"""What is asked adds one to its day's number, and the number names nobody."""

from __future__ import annotations

from datetime import date

import pytest

from bot.wiring import House
from handlers.actions import ShowCard, encode
from handlers.messages import Kind
from storage.tallies import Asked, Tallies, Tally
from tests.handlers.test_subscription import Villager


@pytest.fixture
def lan(house: House) -> Villager:
    account = next(a.name for a in house.settings.accounts if a.platform == "web_chat")
    return Villager(house, account=account)


async def test_each_question_is_counted_once_by_what_became_of_it(lan: Villager) -> None:
    await lan.say("làm thẻ bảo hiểm y tế cho hộ nghèo cần giấy gì")
    await lan.say("thẻ bảo hiểm y tế hộ nghèo xin ở đâu")
    await lan.say(encode(ShowCard("the-bhyt", "fee")), Kind.BUTTON)
    await lan.say("giá vàng hôm nay ở tiệm bao nhiêu một chỉ")
    await lan.say("cảm ơn nhé")
    async with lan.house.database.read() as tx:
        found = await Tallies().sums(tx, first=date.min, last=date.max)
    assert [(one.what, one.topic, one.many) for one in found] == [
        (Asked.ANSWERED, "the-bhyt", 2),
        (Asked.OPENED, "the-bhyt", 1),
        (Asked.UNKNOWN, "", 1),
    ]
    assert set(Tally.__slots__) == {"unit", "what", "topic", "many"}
