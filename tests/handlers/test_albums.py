"""Several things sent at once get one answer, whatever order they come in, on both databases."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from bot.wiring import House
from handlers.messages import Incoming, Kind
from tests.handlers.villager import Villager, greeted, words

QUESTION = "làm thẻ bảo hiểm y tế hộ nghèo cần giấy tờ gì"


def album(villager: Villager, *captions: str, name: str = "g") -> list[Incoming]:
    """Photos sent at once, with these captions."""
    photos = [villager.incoming(caption, Kind.IMAGE) for caption in captions]
    return [replace(photo, album=name) for photo in photos]


@pytest.fixture
async def known(house: House) -> Villager:
    return await greeted(house)


async def test_photos_with_one_caption_are_answered_once_by_its_words(known: Villager) -> None:
    for number, order in enumerate(itertools.permutations(range(3))):
        photos = album(known, QUESTION, "", "", name=f"g{number}")
        for place in (*order, *order):  # the platform delivers everything again
            await known.house.accept(photos[place])
        [answer] = await known.replies()
        assert "căn cước" in answer.text.lower(), order


async def test_photos_without_words_are_answered_once(known: Villager) -> None:
    for photo in album(known, "", "", ""):
        await known.house.accept(photo)
    [answer] = await known.replies()
    assert "chưa xem được ảnh" in answer.text


async def test_a_caption_that_comes_late_does_not_take_the_first_greeting_away(
    house: House,
) -> None:
    villager = Villager(house)
    for photo in album(villager, "", QUESTION):
        await house.accept(photo)
    greeting, answer = await villager.replies()
    assert "máy trả lời tự động" in greeting.text
    assert "căn cước" in answer.text.lower()


async def test_a_digit_or_a_command_as_a_caption_does_what_it_does_alone(known: Villager) -> None:
    [home] = await known.say("0")
    chosen = words(await known.say("1", Kind.IMAGE))
    assert chosen == words([*await known.say("0"), *await known.say("1")][1:])
    assert words(await known.say("/menu", Kind.IMAGE)) == home.text
