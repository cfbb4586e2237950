"""A number that was added can move to another, which never takes what is not there."""

from __future__ import annotations

from datetime import date
from typing import Any

from storage.database import Database
from storage.tallies import Asked, Tallies

DAY = date(2026, 11, 24)
KEY: dict[str, Any] = {
    "day": DAY, "unit": "xa-mau", "platform": "telegram", "topic": "so-do", "place": 3,
}  # fmt: skip
BOOK = Tallies()


async def sums(database: Database) -> dict[Asked, int]:
    async with database.read() as tx:
        return {one.what: one.many for one in await BOOK.sums(tx, first=DAY, last=DAY)}


async def test_one_moves_and_of_the_last_nothing_is_left(database: Database) -> None:
    async with database.begin() as tx:
        for _ in range(2):
            await BOOK.add(tx, Asked.HELPED, **KEY)
        await BOOK.move(tx, Asked.HELPED, to=Asked.NOT_HELPED, **KEY)
    assert await sums(database) == {Asked.HELPED: 1, Asked.NOT_HELPED: 1}
    async with database.begin() as tx:
        await BOOK.move(tx, Asked.HELPED, to=Asked.NOT_HELPED, **KEY)
    assert await sums(database) == {Asked.NOT_HELPED: 2}


async def test_what_is_not_there_does_not_move(database: Database) -> None:
    async with database.begin() as tx:
        await BOOK.add(tx, Asked.HELPED, **KEY)
        for other in ({"day": date(2026, 11, 25)}, {"unit": ""}, {"topic": "ho-ngheo"}):
            await BOOK.move(tx, Asked.HELPED, to=Asked.NOT_HELPED, **KEY | other)
    assert await sums(database) == {Asked.HELPED: 1}
