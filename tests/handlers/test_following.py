"""Being told when a card changes: asked of who wants it, for that card, taken back at will."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.wiring import House, now
from handlers.actions import Follow, ShowCard, TakeFollow, encode
from handlers.messages import Kind
from storage.broadcasts import Phase
from storage.consents import Consents, Purpose
from storage.people import People
from tests.bot.test_broadcast_commands import command
from tests.handlers.notices import account_of, again, asked_for_notices, sending
from tests.handlers.office import Person, official

CARD = "ho-ngheo"


async def answered(house: House) -> Person:
    """Somebody who was answered from a card."""
    lan = Person(house)
    await lan.say("xa-mau", Kind.START)
    await lan.say(encode(ShowCard(CARD)), Kind.BUTTON)
    return lan


async def follower(house: House, slug: str = CARD) -> Person:
    lan = Person(house)
    await lan.say("xa-mau", Kind.START)
    await lan.say(encode(Follow(slug)), Kind.BUTTON)
    await lan.say("1")
    return lan


async def drafted(house: House, *more: str) -> str:
    printed = await command(
        house, "draft", "--text", "Thẻ đã đổi.", "--by", "Lan", "--asked-about", CARD, *more
    )
    return printed.split()[-1]


async def reached(house: House, number: str) -> int:
    counted = await command(house, "reach", number, "--json")
    return int(json.loads(counted.splitlines()[-1])["reached"])


@pytest.mark.parametrize("words", ["báo tôi", "Theo doi"])
async def test_who_wants_it_below_an_answer_is_asked_and_only_a_yes_counts(
    house: House, words: str
) -> None:
    lan = await answered(house)
    number = await drafted(house)
    assert "thay đổi, bà con có muốn" in await lan.told(words)
    assert await reached(house, number) == 0, "a question is no yes"
    await lan.say("0")
    assert await reached(house, number) == 0
    lan = await answered(house)
    await lan.say(words)
    assert "Đã ghi" in await lan.told("1")
    assert await reached(house, number) == 1
    await asked_for_notices(house.database)
    assert await reached(house, number) == 1, "who wants other notices asked for none of this"


@pytest.mark.parametrize("way", ["DỪNG", "menu"])
async def test_it_is_taken_back_by_one_word_or_from_the_menu(house: House, way: str) -> None:
    lan = await answered(house)
    await lan.say("báo tôi")
    await lan.say("1")
    number = await drafted(house)
    if way == "menu":
        await lan.say(encode(ShowCard(CARD)), Kind.BUTTON)
        assert "đã nhờ tôi báo" in await lan.told("báo tôi")
        assert "Đã dừng" in await lan.told("1")
    else:
        assert "Đã dừng" in await lan.told(way)
    assert await reached(house, number) == 0


async def test_a_yes_is_for_one_card_and_is_asked_again_at_the_moment_of_sending(
    house: House,
) -> None:
    await follower(house)
    goes = await follower(house)
    await follower(house, "the-bhyt")
    number = await drafted(house)
    it = await again(house, int(number))
    assert (it.draft.purpose, it.draft.topic, it.draft.card) == (Purpose.TOPIC, CARD, CARD)
    await command(house, "submit", number, "--by", "Lan")
    await command(house, "approve", number, "--by", "Minh")
    await house.clock.broadcasts()
    await goes.say("dừng")
    async with sending(house):
        async with asyncio.timeout(15):
            while (await again(house, int(number))).phase is not Phase.FINISHED:
                await house.clock.broadcasts()
                await asyncio.sleep(0.05)
    account = await account_of(house, int(number))
    assert (account.recipients, account.sent, account.skipped) == (2, 1, 1)


async def test_linked_chats_keep_each_yes_once(house: House) -> None:
    one, one_talk = await asked_for_notices(house.database, yes=None)
    other, other_talk = await asked_for_notices(house.database, yes=None)
    book = Consents()
    async with house.database.begin() as tx:
        for person, talk, slugs in ((one, one_talk, "ab"), (other, other_talk, "bc")):
            for slug in slugs:
                await book.answer(
                    tx, Purpose.TOPIC, topic=slug, yes=True, person=person, conversation=talk,
                    notice="1", at=now(),
                )  # fmt: skip
        await People().join(tx, one, to=other)
        await book.join(tx, one, to=other)
        assert await book.topics(tx, other) == {"a", "b", "c"}
        assert await book.given(tx, other) == set(), "none of it is a yes to all notices"


async def test_in_a_group_and_for_no_card_nothing_is_offered(house: House) -> None:
    group = Person(house, group=True)
    for action in (Follow(CARD), TakeFollow(CARD, "2026-11")):
        assert "riêng" in await group.told(encode(action), Kind.BUTTON)
    lan = Person(house)
    await lan.say("", Kind.START)
    assert "hỏi một việc trước" in await lan.told(encode(Follow("khong-co")), Kind.BUTTON)
    old = encode(TakeFollow(CARD, "2020-01"))
    assert "bà con có muốn" in await lan.told(old, Kind.BUTTON), "older words are asked anew"


async def test_saved_lists_are_counted_live_and_serve_drafts(house: House) -> None:
    await official(house, name="Lan")
    for _ in range(2):
        await asked_for_notices(house.database, unit="ban-mau")
    await follower(house)
    save = ("save-list", "--by", "Lan")
    await command(house, *save, "--unit", "ban-mau", "Bản trên")
    await command(house, *save, "--unit", "xa-mau", "--asked-about", CARD, "Hộ nghèo")
    listed = json.loads((await command(house, "lists", "--json")).splitlines()[-1])
    assert {one["name"]: one["reached"] for one in listed} == {"Bản trên": 2, "Hộ nghèo": 1}
    await asked_for_notices(house.database, unit="ban-mau")
    assert "3" in await command(house, "lists")
    draft = ("draft", "--text", "Mai họp.", "--by", "Lan", "--list")
    poll = ("draft", "--poll", "Họp chứ?", "--choice", "Có", "--choice", "Không", "--by", "Lan")
    number = (await command(house, *draft, "Bản trên")).split()[-1]
    assert await reached(house, number) == 3
    number = (await command(house, *draft, "Hộ nghèo")).split()[-1]
    assert (await again(house, int(number))).draft.topic == CARD
    for words, why in (
        ((*draft, "Không có"), "no list"),
        ((*draft, "Bản trên", "--unit", "ban-mau"), "leave out"),
        ((*poll, "--list", "Bản trên"), "did not say yes to being asked"),
        ((*save, "--unit", "xa-khac", "Khác"), "no say over xa-khac"),
        ((*save, "--purpose", "surveys", "--asked-about", CARD, "x"), "a purpose of its own"),
        ((*save, "--purpose", "topic", "x"), "a purpose of its own"),
        (("drop-list", "--by", "Lan", "Không có"), "no list"),
    ):
        assert why in await command(house, *words, fails=True)
    await command(house, "drop-list", "--by", "Lan", "Bản trên")
    listed = json.loads((await command(house, "lists", "--json")).splitlines()[-1])
    assert [one["name"] for one in listed] == ["Hộ nghèo"]
