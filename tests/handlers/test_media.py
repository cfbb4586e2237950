"""What comes without words: an errand that expects it gets it, each picture of an album too."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.wiring import House
from handlers.actions import Action
from handlers.errands import Served, Visit
from handlers.messages import Attachment, Incoming, Kind, Reply
from handlers.reception import Errands, Reception
from tests.handlers.villager import Villager


class Listener:
    """An errand that notes what it is given, and expects it or not."""

    def __init__(self) -> None:
        self.expects = True
        self.visits: list[Visit] = []

    async def media(self, visit: Visit) -> Served | None:
        return await self.words(visit) if self.expects else None

    async def words(self, visit: Visit) -> Served:
        self.visits.append(visit)
        return Served((Reply(f"có {len(self.visits)}"),), visit.talk)

    @property
    def references(self) -> list[str]:
        return [one.reference for visit in self.visits for one in visit.attachments]


async def nobody_works(_visit: Visit, _kind: Kind, _action: Action | None) -> Served | None:
    return None


async def nothing_to_choose(_visit: Visit, _digit: str) -> Served | None:
    return None


async def nothing_asked(_visit: Visit, _code: int) -> Action | None:
    return None


async def keep(_visit: Visit) -> None:
    """Nobody is forgotten here."""


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
async def villager(house: House, listener: Listener) -> Villager:
    """Somebody who has been greeted, in a house where the listener serves."""
    errands = Errands(
        words=listener.words,
        start=listener.words,
        actions={},
        commands={},
        describe=lambda _: "",
        introduction=lambda _: Reply("chào"),
        media=listener.media,
        no_such_digit=nothing_to_choose,
        coded=nothing_asked,
        desk=nobody_works,
        forget=keep,
        store=str,
    )
    reception = Reception(
        database=house.database,
        errands=errands,
        texts=house.texts,
        capabilities=house.accounts.capabilities,
        home_units={},
        clock=lambda: datetime.now(UTC),
    )
    known = Villager(replace(house, accept=reception.accept))
    await known.say("chào")
    listener.visits.clear()
    return known


def photo(villager: Villager, reference: str, caption: str = "", album: str = "") -> Incoming:
    attachment = Attachment(Kind.IMAGE, reference)
    return replace(villager.incoming(caption, Kind.IMAGE), attachments=(attachment,), album=album)


async def send(villager: Villager, *messages: Incoming) -> list[str]:
    for message in messages:
        await villager.house.accept(message)
    return [reply.text for reply in await villager.replies()]


async def test_a_picture_alone_and_a_place_alone_reach_who_expects_them(
    villager: Villager, listener: Listener
) -> None:
    assert await send(villager, photo(villager, "a")) == ["có 1"]
    place = replace(villager.incoming("", Kind.LOCATION), location=(21.5, 104.9))
    assert await send(villager, place) == ["có 2"]
    assert listener.references == ["a"]
    assert listener.visits[1].location == (21.5, 104.9)


async def test_who_expects_nothing_leaves_the_answer_of_before(
    villager: Villager, listener: Listener
) -> None:
    listener.expects = False
    [answer] = await send(villager, photo(villager, "a"))
    assert answer.startswith(villager.house.texts("reception.image"))


async def test_words_with_a_picture_are_words_and_bring_it_along(
    villager: Villager, listener: Listener
) -> None:
    listener.expects = False  # of things without words
    assert await send(villager, photo(villager, "a", "cầu gãy")) == ["có 1"]
    assert (listener.visits[0].text, listener.references) == ("cầu gãy", ["a"])


@pytest.mark.parametrize("captions", [("", "", ""), ("", "cầu gãy", ""), ("cầu gãy", "", "")])
async def test_every_picture_of_an_album_arrives_once_and_one_answer_goes_back(
    villager: Villager, listener: Listener, captions: tuple[str, ...]
) -> None:
    photos = [photo(villager, name, c, "g") for name, c in zip("abc", captions, strict=True)]
    [_] = await send(villager, *photos, *photos)  # the platform delivers everything twice
    assert sorted(listener.references) == ["a", "b", "c"]
