"""Units and days off in the database: what others see, what is refused, what is never lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from storage.api_keys import ApiKeys
from storage.database import Database
from storage.officials import Role
from storage.people import People
from storage.units import KeptUnit, UnitBook, UnitChanged

AT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
COMMUNE = KeptUnit(
    "xa-mau", "Xã Mẫu", office_address="thôn 1, cạnh chợ",
    crisis={"flood": "0200 000 000"}, confirmed=date(2026, 11, 1),
)  # fmt: skip
VILLAGE = KeptUnit("ban-mau", "Bản Mẫu", "xa-mau")


async def kept(database: Database, *units: KeptUnit) -> int:
    """Keep them; the revision after it."""
    book = UnitBook()
    async with database.begin() as tx:
        await book.take_turn(tx)
        await book.add(tx, units, at=AT)
        return await book.revision(tx)


async def test_a_unit_comes_back_as_it_was_kept(database: Database) -> None:
    book = UnitBook()
    async with database.read() as tx:
        assert (await book.revision(tx), await book.all(tx)) == (0, [])
    assert await kept(database, COMMUNE, VILLAGE) == 1
    async with database.read() as tx:
        assert await book.all(tx) == [VILLAGE, COMMUNE]
        assert await book.get(tx, "xa-mau") == COMMUNE
        assert await book.get(tx, "nowhere") is None


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(database: Database) -> None:
    book = UnitBook()
    seen = await kept(database, COMMUNE)
    async with database.begin() as tx:
        await book.take_turn(tx, seen)
        await book.change(tx, replace(COMMUNE, name="Xã Mẫu mới"), at=AT)
    for step in (
        lambda tx: book.take_turn(tx, seen),
        lambda tx: book.change(tx, replace(COMMUNE, name="Xã Cũ"), at=AT),
    ):
        with pytest.raises(UnitChanged):
            async with database.begin() as tx:
                await step(tx)
    async with database.read() as tx:
        [unit] = await book.all(tx)
        assert (unit.name, unit.version, await book.revision(tx)) == ("Xã Mẫu mới", 2, seen + 1)


async def test_of_two_lists_that_were_looked_at_together_one_is_taken(database: Database) -> None:
    book = UnitBook()
    seen = await kept(database)

    async def take(unit: KeptUnit) -> bool:
        try:
            async with database.begin() as tx:
                await book.take_turn(tx, seen)
                await book.add(tx, [unit], at=AT)
        except UnitChanged:
            return False
        return True

    assert sorted(await asyncio.gather(take(COMMUNE), take(VILLAGE))) == [False, True]


async def test_what_there_is_of_a_unit_is_counted(database: Database) -> None:
    book = UnitBook()
    await kept(database, COMMUNE, VILLAGE)
    async with database.begin() as tx:
        await People().meet(tx, account="web", sender="v", unit="xa-mau", at=AT)
        key = await ApiKeys().create(
            tx, key_hash="x", name="báo", unit="ban-mau", role=Role.VIEWER, at=AT
        )
        assert await book.uses(tx, "xa-mau") == {"people": 1, "units": 1}
        assert await book.uses(tx, "ban-mau") == {"keys": 1}
        await ApiKeys().remove(tx, key, at=AT)
        assert await book.uses(tx, "ban-mau") == {}


async def test_days_off_are_kept_with_their_reason(database: Database) -> None:
    book, days = UnitBook(), {date(2027, 2, 6): "Tết", date(2027, 2, 5): "Tết"}
    async with database.begin() as tx:
        await book.add_days_off(tx, days)
        assert list(await book.days_off(tx)) == sorted(days)
        assert await book.remove_day_off(tx, date(2027, 2, 5)) == "Tết"
        assert await book.remove_day_off(tx, date(2027, 2, 5)) is None
        assert await book.days_off(tx) == {date(2027, 2, 6): "Tết"}
