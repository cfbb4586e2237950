"""People: those who wrote to us, known by nothing but the platform's id and what they chose.

A row is a person as one account knows them. Who linked two chats is one person in two rows: one
of them holds what they chose, and the others are `same_as` it. A conversation keeps the row it
began with, so that linking and parting touch no conversation. To delete a person is to delete all
their rows in one statement: the database refuses to delete the one that holds the choices alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    and_,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from storage.database import Record, Transaction, Utc
from storage.upsert import insert_or_ignore

ADVISORY_LOCK = 6_203_312  # people are joined and parted one after the other

Id = BigInteger().with_variant(Integer, "sqlite")


class PersonRecord(Record):
    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("account", "sender"),
        Index("ix_people_same_as", "same_as"),
        Index("ix_people_forgotten", "forgotten_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    sender: Mapped[str] = mapped_column(String(128))
    unit: Mapped[str] = mapped_column(String(64), default="")
    # In which they want to read notices: what they said, and nothing that was found out.
    language: Mapped[str] = mapped_column(String(16), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(Utc)
    same_as: Mapped[int | None] = mapped_column(Id, ForeignKey("people.id"), default=None)
    forgotten_at: Mapped[datetime | None] = mapped_column(Utc, default=None)


@dataclass(frozen=True, slots=True)
class Person:
    """`unit` is the code of the commune or village they chose, or empty.

    `known_as` is the row by which the account at hand knows them: another than `id`, which is the
    same for all their chats, when they linked this one to an earlier one. One who was `forgotten`
    is only there until the last message to them is out.
    """

    id: int
    unit: str
    known_as: int
    forgotten: bool = False


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
            return Person(new, unit, new)
        found = await self._find(tx, account, sender)
        assert found is not None  # noqa: S101 - the insert was refused because they are there
        return found

    async def begin_anew(self, tx: Transaction, forgotten: Person, *, unit: str) -> Person:
        """Who was forgotten and writes again is a new person, whose row stays."""
        row, known_as = PersonRecord, forgotten.known_as
        await tx.connection.execute(
            update(row)
            .where(row.id == known_as)
            .values(forgotten_at=None, same_as=None, unit=unit, language="")
        )
        return Person(known_as, unit, known_as)

    async def get(self, tx: Transaction, known_as: int) -> Person:
        """The person of a row."""
        found = await self._one(tx, PersonRecord.id == known_as)
        assert found is not None  # noqa: S101 - rows that refer to people go with them
        return found

    async def choose_unit(self, tx: Transaction, person: int, unit: str) -> None:
        await tx.connection.execute(
            update(PersonRecord).where(PersonRecord.id == person).values(unit=unit)
        )

    async def language(self, tx: Transaction, person: int) -> str:
        """The code of the language that they want notices in; empty for Vietnamese."""
        found = await tx.connection.execute(
            select(PersonRecord.language).where(PersonRecord.id == person)
        )
        return found.scalar_one_or_none() or ""

    async def choose_language(self, tx: Transaction, person: int, code: str) -> None:
        """They want notices in this one; empty for Vietnamese."""
        await tx.connection.execute(
            update(PersonRecord).where(PersonRecord.id == person).values(language=code)
        )

    async def join(self, tx: Transaction, known_as: int, *, to: int) -> bool:
        """The people of these two rows are one; what the person of `to` chose holds for both.

        What they left open the other fills. False: they were one already.
        """
        await self._alone(tx)
        one, other = await self.get(tx, known_as), await self.get(tx, to)
        if one.id == other.id:
            return False
        row = PersonRecord
        await tx.connection.execute(
            update(row).where(or_(row.id == one.id, row.same_as == one.id)).values(same_as=other.id)
        )
        if not other.unit:
            await self.choose_unit(tx, other.id, one.unit)
        if not await self.language(tx, other.id):
            await self.choose_language(tx, other.id, await self.language(tx, one.id))
        return True

    async def part(self, tx: Transaction, known_as: int) -> int | None:
        """This row is a person of its own from now on; each side keeps what was chosen.

        Returns the row that began to hold choices of its own: this one, or the eldest of the
        others if the choices were here. None: it was alone already.
        """
        await self._alone(tx)
        row = PersonRecord
        person = await self.get(tx, known_as)
        others = row.same_as == person.id
        if person.id == known_as:  # the choices are here: the eldest of the others holds theirs
            heir = (await tx.connection.execute(select(func.min(row.id)).where(others))).scalar()
            if heir is None:
                return None
            await tx.connection.execute(update(row).where(others).values(same_as=heir))
        else:
            heir = known_as
        language = await self.language(tx, person.id)
        await tx.connection.execute(
            update(row)
            .where(row.id == heir)
            .values(same_as=None, unit=person.unit, language=language)
        )
        return int(heir)

    async def _alone(self, tx: Transaction) -> None:
        """Two linkings at once could make a ring; on SQLite there is one writer anyway."""
        if tx.on_postgresql:
            await tx.connection.execute(
                text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK}
            )

    async def _find(self, tx: Transaction, account: str, sender: str) -> Person | None:
        return await self._one(
            tx, and_(PersonRecord.account == account, PersonRecord.sender == sender)
        )

    async def _one(self, tx: Transaction, condition: ColumnElement[bool]) -> Person | None:
        row, holder = PersonRecord, aliased(PersonRecord)
        rows = await tx.connection.execute(
            select(
                func.coalesce(holder.id, row.id),
                func.coalesce(holder.unit, row.unit),
                row.id,
                row.forgotten_at.is_not(None),
            )
            .outerjoin(holder, holder.id == row.same_as)
            .where(condition)
        )
        found = rows.one_or_none()
        return None if found is None else Person(*found)


def chosen_as(language: str) -> str:
    """How the choice of a language is kept: of Vietnamese, which needs none, as nothing."""
    return "" if language == "vi" else language
