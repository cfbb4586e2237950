"""Units and days off that are kept at the console; those of the settings file are not here.

Each change makes the revision grow, so that processes which only look at that see what is new.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Integer, String, Text, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from storage.accounts import AccountRecord
from storage.api_keys import ApiKeyRecord
from storage.broadcast_records import BroadcastRecord
from storage.case_records import CaseRecord
from storage.database import Record, Transaction, Utc
from storage.officials import OfficialRecord
from storage.people import PersonRecord

LONGEST_CODE, LONGEST_NAME, LONGEST_FACT, LONGEST_DAY = 40, 60, 200, 80
REVISION = "units"


class UnitRecord(Record):
    __tablename__ = "units"

    code: Mapped[str] = mapped_column(String(LONGEST_CODE), primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    parent: Mapped[str] = mapped_column(String(LONGEST_CODE))
    office_address: Mapped[str] = mapped_column(String(LONGEST_FACT))
    office_hours: Mapped[str] = mapped_column(String(LONGEST_FACT))
    office_phone: Mapped[str] = mapped_column(String(LONGEST_FACT))
    contact: Mapped[str] = mapped_column(String(LONGEST_FACT))
    clinic: Mapped[str] = mapped_column(String(LONGEST_FACT))
    police: Mapped[str] = mapped_column(String(LONGEST_FACT))
    crisis: Mapped[str] = mapped_column(Text)
    confirmed: Mapped[date | None] = mapped_column(Date)
    version: Mapped[int] = mapped_column(Integer)
    changed_at: Mapped[datetime] = mapped_column(Utc)


class DayOffRecord(Record):
    __tablename__ = "days_off"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_DAY))


class RevisionRecord(Record):
    __tablename__ = "revisions"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(Integer)


@dataclass(frozen=True, slots=True)
class KeptUnit:
    """A unit; what is unknown is empty. `crisis` are numbers by kind of danger, which somebody
    dialled on the day `confirmed`. `version` grows with each change of it, from 1."""

    code: str
    name: str
    parent: str = ""
    office_address: str = ""
    office_hours: str = ""
    office_phone: str = ""
    contact: str = ""
    clinic: str = ""
    police: str = ""
    crisis: Mapping[str, str] = field(default_factory=dict)
    confirmed: date | None = None
    version: int = 1


class UnitChanged(Exception):
    """Somebody changed it meanwhile, or took it away."""


class UnitBook:
    """The book of units. Whoever changes it calls `take_turn` first, in the same transaction."""

    async def revision(self, tx: Transaction) -> int:
        """Grows with each change of units and days off."""
        row = RevisionRecord
        found = await tx.connection.execute(select(row.number).where(row.name == REVISION))
        return int(found.scalar_one_or_none() or 0)

    async def take_turn(self, tx: Transaction, seen: int | None = None) -> None:
        """Something changes: others who change something wait until this one is done.

        Raises UnitChanged unless all is as it was at the revision `seen`.
        """
        row, new = RevisionRecord, postgresql.insert if tx.on_postgresql else sqlite.insert
        await tx.connection.execute(
            new(row).values(name=REVISION, number=0).on_conflict_do_nothing(index_elements=["name"])
        )
        grow = update(row).where(row.name == REVISION).values(number=row.number + 1)
        grown = await tx.connection.execute(
            grow if seen is None else grow.where(row.number == seen)
        )
        if not grown.rowcount:
            raise UnitChanged

    async def all(self, tx: Transaction) -> list[KeptUnit]:
        """Every unit, by name."""
        table = UnitRecord.__table__
        rows = await tx.connection.execute(select(table).order_by(table.c.name, table.c.code))
        return [_unit(row) for row in rows.mappings()]

    async def get(self, tx: Transaction, code: str) -> KeptUnit | None:
        table = UnitRecord.__table__
        rows = await tx.connection.execute(select(table).where(table.c.code == code))
        row = rows.mappings().one_or_none()
        return None if row is None else _unit(row)

    async def add(self, tx: Transaction, units: Sequence[KeptUnit], *, at: datetime) -> None:
        """New units, whose codes nobody has."""
        if units:
            await tx.connection.execute(insert(UnitRecord), [_row(one, at) for one in units])

    async def change(self, tx: Transaction, unit: KeptUnit, *, at: datetime) -> None:
        """What it is from now on; its version is that of what was changed. Raises UnitChanged."""
        row = UnitRecord
        values = _row(unit, at) | {"version": unit.version + 1}
        changed = await tx.connection.execute(
            update(row).where(row.code == unit.code, row.version == unit.version).values(values)
        )
        if not changed.rowcount:
            raise UnitChanged

    async def remove(self, tx: Transaction, code: str) -> None:
        await tx.connection.execute(delete(UnitRecord).where(UnitRecord.code == code))

    async def uses(self, tx: Transaction, code: str) -> Mapping[str, int]:
        """How much there is of the unit, by what: what has something is not to be removed."""
        found: dict[str, int] = {}
        for name, record in _USERS.items():
            query = select(func.count()).select_from(record).where(record.unit == code)
            if name in _ENDED:
                query = query.where(record.removed_at.is_(None))
            found[name] = int((await tx.connection.execute(query)).scalar_one())
        below = select(func.count()).where(UnitRecord.parent == code)
        found["units"] = int((await tx.connection.execute(below)).scalar_one())
        return {name: count for name, count in found.items() if count}

    async def days_off(self, tx: Transaction) -> dict[date, str]:
        """The days off with what each is, from the first."""
        row = DayOffRecord
        found = await tx.connection.execute(select(row.day, row.name).order_by(row.day))
        return {one.day: one.name for one in found}

    async def add_days_off(self, tx: Transaction, days: Mapping[date, str]) -> None:
        """Days that are not among them yet."""
        rows = [{"day": day, "name": name} for day, name in days.items()]
        await tx.connection.execute(insert(DayOffRecord), rows)

    async def remove_day_off(self, tx: Transaction, day: date) -> str | None:
        """What it was; None when it was none."""
        row = DayOffRecord
        gone = await tx.connection.execute(delete(row).where(row.day == day).returning(row.name))
        return gone.scalar_one_or_none()


_USERS: Mapping[str, Any] = {
    "people": PersonRecord,
    "cases": CaseRecord,
    "officials": OfficialRecord,
    "broadcasts": BroadcastRecord,
    "accounts": AccountRecord,
    "keys": ApiKeyRecord,
}
_ENDED = frozenset({"officials", "keys"})
USES = (*_USERS, "units")


def _unit(row: Any) -> KeptUnit:
    known = {one.name: row[one.name] for one in fields(KeptUnit)}
    return KeptUnit(**known | {"crisis": json.loads(row["crisis"])})


def _row(unit: KeptUnit, at: datetime) -> dict[str, Any]:
    known = {one.name: getattr(unit, one.name) for one in fields(KeptUnit)}
    crisis = json.dumps(dict(unit.crisis), ensure_ascii=False, sort_keys=True)
    return known | {"crisis": crisis, "changed_at": at}
