"""Answers: totals in which nobody is found, codes, and what closing leaves."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

import pytest

from storage.answer_numbers import tellable
from storage.answers import Answers, Given, forget_old_words, is_open
from storage.broadcasts import WrongState
from storage.consents import Purpose
from storage.database import Database
from storage.questionnaires import CODES, Form, Question, Questionnaire
from tests.storage.broadcast_office import LATER, NOW, Office

POLL = Questionnaire(Form.POLL, (Question("Ngày nào?", ("Bảy", "Chủ nhật")),), code=20)
BOOK = Answers()


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([0, 0], (None, (None, None))),
        ([4, 0], (None, (None, None))),
        ([3, 1], (None, (None, None))),
        ([30, 0], (30, (30, 0))),
        ([28, 2], (30, (None, None))),
        ([28, 7, 2], (37, (28, None, None))),
        ([28, 7, 1, 1], (37, (28, None, None, None))),
        ([28, 4, 4], (36, (28, None, None))),
        ([5, 5], (10, (5, 5))),
    ],
)
def test_small_numbers_are_hidden_with_the_next_one(
    counts: list[int], told: tuple[int | None, tuple[int | None, ...]]
) -> None:
    assert tellable(counts, exact=True) == told


def test_nobody_can_tell_a_few_by_subtracting_and_steps_hide_who_came_in_between() -> None:
    for counts in itertools.product(range(13), repeat=3):
        total, cells = tellable(list(counts), exact=True)
        if total is None:
            assert cells == (None, None, None)
            continue
        hidden = total - sum(cell for cell in cells if cell is not None)
        assert hidden == 0 or hidden >= 5, counts
        assert not hidden or cells.count(None) >= 2, counts
        steps, rounded = tellable(list(counts), exact=False)
        assert all(cell is None or cell % 5 == 0 for cell in (steps, *rounded))
        assert [cell is None for cell in rounded] == [cell is None for cell in cells]


@pytest.fixture
async def office(database: Database) -> Office:
    return Office(database)


async def test_closing_cuts_every_link_and_leaves_no_order(office: Office) -> None:
    people = [(await office.villager(f"v{n}"))[0] for n in range(4)]
    number = await office.begun(asks=POLL, purpose=Purpose.NOTICES)
    async with office.database.begin() as tx:
        for person, given in zip(people, [1, 0, 1, 0], strict=True):
            assert await BOOK.asked(tx, number, person) is not None
            await BOOK.put(tx, number, 0, Given(given), person=person)
        await BOOK.put(tx, number, 0, Given(0), person=people[0])
    async with office.database.begin() as tx:
        await BOOK.close(tx, number, by="Lan", at=NOW)
        assert await BOOK.of(tx, number, people[0]) == {}
        assert await BOOK.counts(tx, number) == {(0, 0): 3, (0, 1): 1}
        with pytest.raises(WrongState, match="closed already"):
            await BOOK.close(tx, number, by="Lan", at=NOW)
    it = await office.get(number)
    assert (it.respondents, it.closed_at) == (4, NOW)
    assert it.intact, "what was approved is as it was"


async def test_an_answer_that_is_being_noted_is_closed_with_the_others(office: Office) -> None:
    person, _ = await office.villager("a")
    number = await office.begun(asks=POLL)

    async def close() -> None:
        async with office.database.begin() as tx:
            await BOOK.close(tx, number, by="Lan", at=NOW)

    async with office.database.begin() as tx:
        it = await BOOK.asked(tx, number, person)
        assert it is not None
        closing = asyncio.create_task(close())
        await asyncio.wait([closing], timeout=0.2)
        assert not closing.done(), "it waits for who is answering just now"
        await BOOK.put(tx, number, 0, Given(1), person=person)
    await closing
    async with office.database.begin() as tx:
        assert await BOOK.of(tx, number, person) == {}
        assert await BOOK.counts(tx, number) == {(0, 1): 1}
        late = await BOOK.asked(tx, number, person)
        assert late is not None
        assert not is_open(late, NOW)


async def test_two_people_who_turn_out_to_be_one_keep_one_answer(office: Office) -> None:
    (one, _), (other, _) = await office.villager("a"), await office.villager("b")
    number = await office.begun(asks=POLL)
    async with office.database.begin() as tx:
        await BOOK.put(tx, number, 0, Given(0), person=one)
        await BOOK.put(tx, number, 0, Given(1), person=other)
        await BOOK.join(tx, one, to=other)
        assert await BOOK.counts(tx, number) == {(0, 1): 1}


async def test_a_code_is_free_again_once_its_poll_is_closed_and_new_ones_come_first(
    office: Office,
) -> None:
    async with office.database.begin() as tx:
        assert await BOOK.free_code(tx) == CODES[0]
    first = await office.begun(asks=POLL)
    async with office.database.begin() as tx:
        assert await BOOK.free_code(tx) == CODES[1]
        await BOOK.close(tx, first, by="Lan", at=NOW)
        assert await BOOK.free_code(tx) == CODES[1], "a late answer must not meet another poll"


async def test_what_asks_is_sent_once_and_is_no_emergency(office: Office) -> None:
    for more in ({"repeats": "daily@07:00"}, {"emergency": True, "reason": "bão"}):
        with pytest.raises(WrongState, match="sent once"):
            await office.scheduled(asks=POLL, **more)
    plain = await office.scheduled()
    asking = await office.scheduled(asks=POLL)
    for number, why in ((plain, "asks nothing"), (asking, "has not begun")):
        async with office.database.begin() as tx:
            with pytest.raises(WrongState, match=why):
                await BOOK.close(tx, number, by="Lan", at=NOW)


async def test_words_go_with_time_and_how_many_there_were_stays(office: Office) -> None:
    person, _ = await office.villager("a")
    number = await office.begun(asks=POLL)
    async with office.database.begin() as tx:
        await BOOK.put(tx, number, 0, Given(words="mái nhà dột"), person=person)
        await BOOK.close(tx, number, by="Lan", at=NOW)
        assert await BOOK.words(tx, number, 0) == ["mái nhà dột"]
    assert await forget_old_words(office.database, before=NOW) == 0
    assert await forget_old_words(office.database, before=LATER) == 1
    async with office.database.read() as tx:
        assert await BOOK.words(tx, number, 0) == []
        assert await BOOK.counts(tx, number) == {(0, None): 1}


async def test_what_would_be_over_before_it_goes_out_is_not_approved(office: Office) -> None:
    with pytest.raises(WrongState, match="until before it goes out"):
        await office.scheduled(asks=replace(POLL, until=LATER), due_at=LATER)
