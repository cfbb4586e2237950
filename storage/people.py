"""People: those who wrote to us, known by nothing but the platform's id and what they chose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Integer, String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.upsert import insert_or_ignore

Id = BigInteger().with_variant(Integer, "sqlite")


class PersonRecord(Record):
    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("account", "sender"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    sender: Mapped[str] = mapped_column(String(128))
    unit: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class Person:
    """`unit` is the code of the commune or village they chose, or empty."""

    id: int
    unit: str


class People:
    """The book of people."""

    async def meet(
        self, tx: Transaction, *, account: str, sender: str, unit: str, at: datetime
    ) -> Person:
        """Find the person, or write them down; `unit` is where a new person belongs at first."""
        found = await self._find(tx, account, sender)
        if found is not None:
            return found
        values = {"account": account, "sender": sender, "unit": unit, "created_at": at}
        new = await insert_or_ignore(tx, PersonRecord, values, ["account", "sender"])
        if new is not None:
            return Person(new, unit)
        found = await self._find(tx, account, sender)
        assert found is not None  # noqa: S101 - the insert was refused because they are there
        return found

    async def choose_unit(self, tx: Transaction, person: int, unit: str) -> None:
        await tx.connection.execute(
            update(PersonRecord).where(PersonRecord.id == person).values(unit=unit)
        )

    async def _find(self, tx: Transaction, account: str, sender: str) -> Person | None:
        row = (
            await tx.connection.execute(
                select(PersonRecord.id, PersonRecord.unit).where(
                    PersonRecord.account == account, PersonRecord.sender == sender
                )
            )
        ).one_or_none()
        return None if row is None else Person(row.id, row.unit)
