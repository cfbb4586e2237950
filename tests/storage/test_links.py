"""Codes for linking: good once and for a while, tried a few times; and who is one person."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from storage.conversations import ConversationRecord, Conversations
from storage.database import Database
from storage.guesses import (
    KNOWN_AFTER,
    WATCHED,
    WRONG_IN_ALL,
    WRONG_IN_ONE,
    Guess,
    Guesses,
    WrongGuessRecord,
)
from storage.links import LASTS, LinkCodeRecord, Links
from storage.people import People, Person, PersonRecord
from storage.privacy import forget_link_codes

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CODE, OTHER_CODE = "10203040", "50607080"
LINKS, GUESSES, PEOPLE = Links(), Guesses(Guess.LINK), People()


@dataclass
class Chat:
    """A conversation on an account of its own, and the row of its person."""

    database: Database
    name: str
    number: int = 0
    row: int = 0

    async def begin(self, unit: str = "") -> Chat:
        async with self.database.begin() as tx:
            who = {"account": self.name, "at": NOW}
            person = await PEOPLE.meet(tx, sender="s", unit=unit, **who)
            talk = await Conversations().open(
                tx, chat="c", thread="", person=person.known_as, **who
            )  # fmt: skip
        self.number, self.row = talk.id, person.known_as
        return self

    async def offer(self, code: str = CODE, at: datetime = NOW) -> bool:
        async with self.database.begin() as tx:
            return await LINKS.offer(tx, code, conversation=self.number, at=at)

    async def take(self, code: str = CODE, at: datetime = NOW) -> str:
        """The account on which the code was told, or nothing."""
        async with self.database.begin() as tx:
            origin = await LINKS.take(tx, code, conversation=self.number, at=at)
        return origin.account if origin else ""

    async def use(self, at: datetime = NOW) -> str:
        async with self.database.begin() as tx:
            origin = await LINKS.use(tx, conversation=self.number, at=at)
        return origin.account if origin else ""

    async def join(self, other: Chat) -> bool:
        async with self.database.begin() as tx:
            return await PEOPLE.join(tx, self.row, to=other.row)

    async def part(self) -> bool:
        async with self.database.begin() as tx:
            return await PEOPLE.part(tx, self.row)

    async def person(self) -> Person:
        async with self.database.read() as tx:
            return await PEOPLE.get(tx, self.row)

    async def wrong(self, times: int, at: datetime = NOW) -> None:
        async with self.database.begin() as tx:
            for _ in range(times):
                await GUESSES.note(tx, conversation=self.number, at=at)

    async def must_wait(self, at: datetime = NOW) -> bool:
        async with self.database.read() as tx:
            return await GUESSES.too_many(tx, conversation=self.number, at=at)


async def chats(database: Database, count: int) -> list[Chat]:
    return [await Chat(database, f"account {n}").begin(f"xa-{n}") for n in range(count)]


async def test_of_several_who_type_a_code_at_once_one_has_it_and_it_links_once(
    database: Database,
) -> None:
    teller, *others = await chats(database, 6)
    assert await teller.offer()
    assert not await teller.take(), "where it was told it opens nothing"
    took = await asyncio.gather(*(other.take() for other in others))
    assert sorted(took) == ["", "", "", "", teller.name]
    winner = others[took.index(teller.name)]
    assert await winner.take() == teller.name, "typed again before the yes"
    used = await asyncio.gather(*(winner.use() for _ in range(5)))
    assert sorted(used) == ["", "", "", "", teller.name]
    assert not any([await other.take() for other in others])


async def test_a_code_is_good_for_a_quarter_of_an_hour_until_the_yes(database: Database) -> None:
    teller, other = await chats(database, 2)
    await teller.offer()
    assert not await other.take(at=NOW + LASTS)
    assert await other.take(at=NOW + LASTS - SECOND) == teller.name
    assert not await other.use(at=NOW + LASTS)
    assert await other.use(at=NOW + LASTS - SECOND) == teller.name


async def test_a_new_code_takes_the_place_of_the_old_one_and_no_two_are_the_same(
    database: Database,
) -> None:
    teller, second, other = await chats(database, 3)
    assert await teller.offer(OTHER_CODE)
    assert await teller.offer(CODE)
    assert not await second.offer(CODE)
    assert await second.offer(OTHER_CODE)
    assert await other.take(OTHER_CODE) == second.name, "it is not the first one's any more"
    assert await other.take(CODE) == teller.name
    assert await other.use() == teller.name, "they are asked about what they typed last"
    assert not await other.use()


async def test_only_the_hash_of_a_code_is_in_its_table(database: Database) -> None:
    [teller] = await chats(database, 1)
    await teller.offer()
    async with database.read() as tx:
        row = (await tx.connection.execute(select(LinkCodeRecord.__table__))).one()
    assert CODE not in str(row)
    assert len(row.code_hash) == 64


async def test_wrong_codes_are_counted_for_each_chat_and_for_all(database: Database) -> None:
    first, *others = await chats(database, 2 + WRONG_IN_ALL // (WRONG_IN_ONE - 1))
    await first.wrong(WRONG_IN_ONE - 1)
    assert not await first.must_wait()
    await first.wrong(1)
    assert await first.must_wait()
    assert not await others[-1].must_wait()
    assert await first.must_wait(at=NOW + WATCHED - SECOND)
    assert not await first.must_wait(at=NOW + WATCHED)
    left = WRONG_IN_ALL - WRONG_IN_ONE
    for other in others[:-1]:
        await other.wrong(min(left, WRONG_IN_ONE - 1))
        left -= min(left, WRONG_IN_ONE - 1)
    assert left == 0
    assert await others[-1].must_wait(), "who guesses from many chats stops all"
    assert not await others[-1].must_wait(at=NOW + WATCHED)


async def test_what_one_chooses_in_a_linked_chat_holds_in_the_others(database: Database) -> None:
    first, second, third = await chats(database, 3)
    assert await second.join(first)
    assert await third.join(second)
    assert not await first.join(third), "they are one person already"
    people = [await chat.person() for chat in (first, second, third)]
    assert {(person.id, person.unit) for person in people} == {(first.row, "xa-0")}
    async with database.begin() as tx:
        met = await PEOPLE.meet(tx, account=third.name, sender="s", unit="", at=NOW)
        await PEOPLE.choose_unit(tx, met.id, "xa-9")
    assert (met.id, met.known_as) == (first.row, third.row)
    assert (await second.person()).unit == "xa-9"


async def test_who_had_chosen_nothing_takes_the_others_choice(database: Database) -> None:
    first, second = await Chat(database, "a").begin(), await Chat(database, "b").begin("xa-1")
    await second.join(first)
    assert (await first.person()).unit == "xa-1"


@pytest.mark.parametrize("leaver", [0, 1, 2])
async def test_who_parts_stands_alone_with_the_choices_and_the_others_stay_one(
    database: Database, leaver: int
) -> None:
    linked = await chats(database, 3)
    for chat in linked[1:]:
        await chat.join(linked[0])
    gone = linked.pop(leaver)
    assert await gone.part()
    assert not await gone.part(), "it is alone already"
    assert (await gone.person()).unit == "xa-0"
    staying = [await chat.person() for chat in linked]
    assert {person.unit for person in staying} == {"xa-0"}
    assert len({person.id for person in staying}) == 1
    assert (await gone.person()).id == gone.row != staying[0].id
    async with database.begin() as tx:
        await PEOPLE.choose_unit(tx, gone.row, "xa-9")
    assert [(await chat.person()).unit for chat in linked] == ["xa-0", "xa-0"]


async def test_linkings_at_once_in_a_ring_make_one_person(database: Database) -> None:
    ring = await chats(database, 4)
    await asyncio.gather(*(ring[n].join(ring[(n + 1) % 4]) for n in range(4)))
    people = [await chat.person() for chat in ring]
    assert len({person.id for person in people}) == 1
    async with database.read() as tx:
        alone = select(func.count(PersonRecord.id)).where(PersonRecord.same_as.is_(None))
        assert (await tx.connection.execute(alone)).scalar_one() == 1


async def test_a_person_is_deleted_whole_or_not_at_all(database: Database) -> None:
    first, second, other = await chats(database, 3)
    await second.join(first)
    await first.offer()
    with pytest.raises(IntegrityError):
        async with database.begin() as tx:
            await tx.connection.execute(delete(PersonRecord).where(PersonRecord.id == first.row))
    everywhere = or_(PersonRecord.id == first.row, PersonRecord.same_as == first.row)
    async with database.begin() as tx:
        await tx.connection.execute(delete(PersonRecord).where(everywhere))
    async with database.read() as tx:
        talks = await tx.connection.execute(select(ConversationRecord.id))
        assert list(talks.scalars()) == [other.number]
        codes = await tx.connection.execute(select(LinkCodeRecord.id))
        assert list(codes.scalars()) == []


async def test_codes_that_open_nothing_and_old_wrong_ones_are_forgotten(database: Database) -> None:
    old, new = await chats(database, 2)
    await old.offer(OTHER_CODE, at=NOW - LASTS)
    await new.offer()
    await old.wrong(2, at=NOW - WATCHED)
    await new.wrong(1, at=NOW - WATCHED + SECOND)
    assert await forget_link_codes(database, now=NOW) == 3
    async with database.read() as tx:
        for record in (LinkCodeRecord, WrongGuessRecord):
            left = await tx.connection.execute(select(record.conversation_id))
            assert list(left.scalars()) == [new.number]


async def test_who_guesses_from_new_chats_stops_no_chat_that_is_known(database: Database) -> None:
    known, *others = await chats(database, 1 + WRONG_IN_ALL)
    async with database.begin() as tx:
        row = ConversationRecord
        await tx.connection.execute(
            update(row).where(row.id == known.number).values(created_at=NOW - KNOWN_AFTER)
        )
    for other in others[:-1]:
        await other.wrong(1)
    await others[0].wrong(1)
    assert await others[-1].must_wait()
    assert not await known.must_wait()
    await known.wrong(WRONG_IN_ONE)
    assert await known.must_wait()
