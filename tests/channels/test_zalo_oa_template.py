"""Zalo OA carries a notice's words by an approved template to whom it takes no free text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.channels.channel import (
    ByTemplate,
    FailedForGood,
    RetryAt,
    SendFailed,
    StopWriting,
    Uncertain,
)
from bot.channels.zalo_oa import ZaloOAChannel
from bot.channels.zalo_oa_errors import MEANINGS, OF_TEMPLATES, next_morning
from bot.channels.zalo_oa_template import NoticeTemplate
from content.shelf import SHIPPED
from content.texts import Texts
from handlers.messages import Address, Reply, Template
from tests.channels.test_zalo_oa_sending import silent_for
from tests.channels.zalo_oa_house import CHAT, DAY, QUOTA, House, failure, open_house
from tests.emulators.zalo_oa_line import CS, CU, LAN

PATH = "/v3.0/oa/message/template"
WORDS = "Sáng mai trạm y tế tiêm phòng cho trẻ."
NOTICE = Reply(f"{WORDS}\n\nNhắn DỪNG để thôi nhận.", template=WORDS)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with open_house() as opened:
        await approved(opened)
        yield opened


async def approved(house: House, **more: Any) -> None:
    """The template stands in Zalo's console, as more says."""
    text = "UBND xã Mẫu báo: <noi_dung>"
    given = {"id": "7895", "text": text, "parameters": {"noi_dung": 100}}
    await house.control.do("template", **given | more)


def templated(
    house: House, field: str = "noi_dung", length: int = 100, **more: Any
) -> ZaloOAChannel:
    return house.channel(template=NoticeTemplate("7895", field, Template(length)), **more)


async def test_who_wrote_lately_gets_the_text_and_who_did_not_the_template(house: House) -> None:
    channel = templated(house)
    assert channel.capabilities.template == Template(100)
    assert not isinstance(await channel.send(CHAT, NOTICE), ByTemplate)
    for hours in (49, 7 * 24 + 1):
        await silent_for(house, hours)
        assert isinstance(await templated(house).send(CHAT, NOTICE), ByTemplate)
    shown = [(line.kind, line.text) for line in await house.control.sent(LAN)]
    by_template = ("template", f"UBND xã Mẫu báo: {WORDS}")
    assert shown == [("text", NOTICE.text), by_template, by_template]


async def test_where_paying_is_allowed_the_text_goes_for_a_week_and_then_the_template(
    house: House,
) -> None:
    for hours, kind in ((49, "text"), (7 * 24 + 1, "template")):
        await silent_for(house, hours)
        await templated(house, allow_billed=True).send(CHAT, NOTICE)
        assert (await house.control.sent(LAN))[-1].kind == kind


@pytest.mark.parametrize("reply", [replace(NOTICE, template=""), Reply("Xã trả lời")])
async def test_what_was_not_released_for_the_template_is_left_out_with_its_reason(
    house: House, reply: Reply
) -> None:
    await silent_for(house, 7 * 24 + 1)
    for channel in (templated(house), house.channel()):
        refused = await failure(channel, reply)
        assert (type(refused), str(refused)) == (FailedForGood, "unsent.window_closed")
    assert str(await failure(house.channel(), NOTICE)) == "unsent.window_closed", "it has none"
    assert not await house.control.calls(PATH)


async def test_the_template_goes_to_whom_zalo_alone_knows_to_be_outside(house: House) -> None:
    """Nobody could say when they wrote, so the text was tried."""
    await silent_for(house, 7 * 24 + 1)
    for _ in range(2):
        await house.control.fault("error", path=QUOTA, error=-224)
    assert isinstance(await templated(house).send(CHAT, NOTICE), ByTemplate)
    assert [call.error for call in await house.control.calls(CS)] == [-230]


@pytest.mark.parametrize(
    ("wrong", "settings"),
    [
        ({"id": "1234"}, {}),  # -109
        ({"refused": -131}, {}),
        ({"refused": -146}, {}),
        ({"refused": -135}, {}),
        ({"by_uid": False}, {}),  # -249
        ({}, {"field": "loi"}),  # -1122
        ({"parameters": {"noi_dung": 10}}, {}),  # -1121
        ({}, {"length": 10}),
    ],
)
async def test_a_template_at_fault_fails_that_message_and_nothing_else(
    wrong: dict[str, Any], settings: dict[str, Any]
) -> None:
    async with open_house() as house:
        await approved(house, **wrong)
        channel = templated(house, **settings)
        await silent_for(house, 8 * 24)
        refused = await failure(channel, NOTICE)
        assert (type(refused), str(refused)) == (FailedForGood, "unsent.template_refused")
        await house.control.do("user", user=CU, last_interaction=house.now().timestamp())
        assert await channel.send(Address("xa-mau", CU), Reply("Xã trả lời"))


@pytest.mark.parametrize(
    ("error", "then"),
    [
        (-118, StopWriting),
        (-227, StopWriting),
        (-244, FailedForGood),
        (-139, FailedForGood),
        (-141, FailedForGood),
        (-115, FailedForGood),
        (-321, FailedForGood),
        (-133, RetryAt),
        (-200, RetryAt),
        (-32, RetryAt),
    ],
)
async def test_what_zalo_says_to_a_template_decides_what_follows(
    house: House, error: int, then: type[SendFailed]
) -> None:
    await silent_for(house, 8 * 24)
    await house.control.fault("error", path=PATH, error=error)
    channel = templated(house)
    refused = await failure(channel, NOTICE)
    assert type(refused) is then or (error == -32 and isinstance(refused, then))
    assert getattr(refused, "account_wide", False) is (error == -32)
    if error == -133:
        assert isinstance(refused, RetryAt)
        assert refused.when == next_morning(house.now())


async def test_an_answer_that_is_lost_leaves_it_uncertain(house: House) -> None:
    await silent_for(house, 8 * 24)
    await house.control.fault("reset", path=PATH, accepted=True)
    assert isinstance(await failure(templated(house), NOTICE), Uncertain)


async def test_once_the_days_number_is_used_up_nobody_asks_before_the_morning(
    house: House,
) -> None:
    await approved(house, daily=1)
    await silent_for(house, 8 * 24)
    channel = templated(house)
    await channel.send(CHAT, NOTICE)
    for _ in range(3):
        refused = await failure(channel, NOTICE)
        assert isinstance(refused, RetryAt)
        assert (str(refused), refused.account_wide) == ("unsent.daily_limit", False)
        assert refused.when == next_morning(house.now())
    assert len(await house.control.calls(PATH)) == 2
    await approved(house, daily=1)
    await house.control.move(DAY)
    await channel.send(CHAT, NOTICE)


async def test_no_template_is_sent_when_no_paid_message_is_left(house: House) -> None:
    await house.control.do("oa", quota={"sub_quota": 1})
    await silent_for(house, 8 * 24)
    await templated(house).send(CHAT, NOTICE)
    channel = templated(house)
    for _ in range(2):
        assert str(await failure(channel, NOTICE)) == "unsent.no_quota"
    assert len(await house.control.calls(PATH)) == 1
    asked = [call.parameters.get("product_type") for call in await house.control.calls(QUOTA)]
    assert asked.count("transaction") == 6, "three kinds, twice: the count is believed for a minute"


async def test_a_new_access_token_is_fetched_for_a_template_too(house: House) -> None:
    channel = templated(house)
    await channel.send(CHAT, NOTICE)
    await silent_for(house, 8 * 24)
    await house.control.fault("error", path=PATH, error=-220)
    assert isinstance(await channel.send(CHAT, NOTICE), ByTemplate)


def test_each_reason_of_a_template_is_a_text() -> None:
    texts = Texts.load(SHIPPED / "texts" / "vi.po")
    for meaning in (*MEANINGS.values(), *OF_TEMPLATES.values()):
        assert texts(meaning.reason)
