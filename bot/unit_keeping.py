"""Units and days off as they stand now: those of the settings file, and those kept at the console.

Every process looks again every two seconds, at a number alone unless something changed. What a
unit of the file says is never overruled: it is changed in the file.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator

from bot.config import SAMPLE_UNIT, Settings, UnitSection
from bot.hotlines import Hotlines as HotlineSettings
from content.answers import LocalFacts
from handlers.unit_rules import FACTS
from handlers.units import NO_HOTLINES, Hotlines, Source, Unit, Units
from handlers.working_days import DaysOff
from storage.database import Database, DatabaseFault, Transaction, lacks_tables
from storage.units import KeptUnit, UnitBook

MOST_NAMED = 20

log = logging.getLogger(__name__)


class UnitKeeping:
    """What everybody in this process holds: `units`, the days on which offices are `off`, and those
    on which no notices go out (`silent`). `take_up` keeps them true."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.units = units_of(settings)
        self.off = DaysOff(settings.holidays.days)
        self.silent = DaysOff(settings.broadcasts.holidays)
        self._settings, self._database = settings, database
        self._book = UnitBook()
        self._revision = -1
        self._one_at_a_time = asyncio.Lock()

    @classmethod
    async def begin(cls, settings: Settings, database: Database) -> UnitKeeping:
        """With a first look: while the database is away, the file's have to do."""
        keeping = cls(settings, database)
        try:
            await keeping.take_up()
        except DatabaseFault as fault:
            log.warning("units of the console cannot be looked up (%s)", type(fault).__name__)
        return keeping

    async def take_up(self) -> None:
        """See what changed since the last look. Raises what the database raises."""
        async with self._one_at_a_time:
            async with self._database.read() as tx:
                revision = await self._book.revision(tx)
                if revision == self._revision:
                    return
                kept, days = await self._book.all(tx), await self._book.days_off(tx)
            self.units.replace(_all(self._settings, kept))
            self.off.replace(days)
            self.silent.replace(days)
            self._revision = revision


def units_of(settings: Settings, kept: Iterable[KeptUnit] = ()) -> Units:
    """The units of the settings, and those that the database has, as the errands know them."""
    return Units(_all(settings, kept), everywhere=hotlines(settings.crisis))


async def units_in(tx: Transaction, settings: Settings) -> Units:
    """The same, with those of this database."""
    return units_of(settings, await UnitBook().all(tx))


def units_now(settings: Settings) -> Units:
    """The same, for a command that has opened nothing yet. Raises what the database raises; one
    that was never migrated has no units."""

    async def look() -> Units:
        database = Database.at(settings.database_url)
        try:
            async with database.read() as tx:
                return await units_in(tx, settings)
        except DatabaseFault as fault:
            if not lacks_tables(fault):
                raise
            return units_of(settings)
        finally:
            await database.close()

    return asyncio.run(look())


def codes_of(units: Units) -> str:
    """Some of their codes, for whoever named one that is none."""
    codes = sorted(one.code for one in units)
    return ", ".join(codes[:MOST_NAMED] + ["…"] * (len(codes) > MOST_NAMED))


def hotlines(settings: HotlineSettings) -> Hotlines:
    """The numbers of the settings as the errands know them."""
    if settings.confirmed is None:
        return NO_HOTLINES
    return Hotlines(dict(settings.numbers()), settings.confirmed)


def _all(settings: Settings, kept: Iterable[KeptUnit]) -> Iterator[Unit]:
    """The file's in its order, then the others by name. The sample is there while nothing else is;
    what stands below a unit that is none stands highest."""
    stored = {unit.code: unit for unit in kept}
    of_file = [one for one in settings.units if one is not SAMPLE_UNIT or not stored]
    codes = {one.code for one in of_file} | stored.keys()
    for section in of_file:
        yield _of_file(section, Source.BOTH if section.code in stored else Source.FILE)
    shadowed = {one.code for one in of_file}
    for unit in stored.values():
        if unit.code not in shadowed:
            yield _of_database(unit, unit.parent if unit.parent in codes else "")


def _of_file(unit: UnitSection, source: Source) -> Unit:
    return Unit(
        code=unit.code,
        name=unit.name,
        parent=unit.parent,
        local=LocalFacts(
            unit_name="" if unit is SAMPLE_UNIT else unit.name,
            office_address=unit.office_address,
            office_hours=unit.office_hours,
            office_phone=unit.office_phone,
            contact=unit.contact,
            clinic=unit.clinic_address,
            police=unit.police_address,
        ),
        hotlines=hotlines(unit.crisis),
        source=source,
    )


def _of_database(unit: KeptUnit, parent: str) -> Unit:
    facts = {name: getattr(unit, name) for name in FACTS}
    numbers = Hotlines(dict(unit.crisis), unit.confirmed) if unit.confirmed else NO_HOTLINES
    local = LocalFacts(unit_name=unit.name, **facts)
    return Unit(unit.code, unit.name, parent, local, numbers, Source.KEPT)
