"""How often what was asked and shown, by day: numbers alone, of nobody in particular.

A question adds one to its day's number and is forgotten with the messages; who asked is not noted,
so nobody can count people, or tell that two questions came from one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, Index, Integer, String, and_, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction

PLACES = 8
"""Rows of one number: many questions at once do not wait for each other."""


KEY = ["day", "unit", "platform", "what", "topic", "facet", "place"]


class Asked(StrEnum):
    """What became of a question, how a card came up, or what was said of its answer."""

    ANSWERED = "answered"  # a card answered it at once
    OPENED = "opened"  # a card was chosen by a button or a link
    UNSURE = "unsure"  # it was asked which card is meant
    UNKNOWN = "unknown"  # no card answers it
    DANGER = "danger"  # somebody seemed to be in danger: whom to call came first
    HELPED = "helped"  # it was said that a card's answer was what they asked for
    NOT_HELPED = "not_helped"  # it was said that it was not


class TallyRecord(Record):
    __tablename__ = "tallies"
    __table_args__ = (Index("ix_tallies_sums", "day", "what", "unit", "topic", "many"),)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    platform: Mapped[str] = mapped_column(String(16), primary_key=True)
    what: Mapped[str] = mapped_column(String(16), primary_key=True)
    topic: Mapped[str] = mapped_column(String(64), primary_key=True)
    facet: Mapped[str] = mapped_column(String(16), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    many: Mapped[int] = mapped_column(Integer)


@dataclass(frozen=True, slots=True)
class Tally:
    """How often. `unit` is empty for people who chose none, `topic` where no card is meant."""

    unit: str
    what: Asked
    topic: str
    many: int


class Tallies:
    """The book of numbers."""

    async def add(
        self,
        tx: Transaction,
        what: Asked,
        *,
        day: date,
        unit: str,
        platform: str,
        topic: str = "",
        facet: str = "",
        place: int = 0,
    ) -> None:
        """One more on that day in Vietnam; `place` spreads them, any number will do."""
        insert = postgresql.insert if tx.on_postgresql else sqlite.insert
        one = insert(TallyRecord).values(
            day=day, unit=unit, platform=platform, what=what.value, topic=topic, facet=facet,
            place=place % PLACES, many=1,
        )  # fmt: skip
        await tx.connection.execute(
            one.on_conflict_do_update(
                index_elements=KEY,
                set_={"many": TallyRecord.many + 1},
            )
        )

    async def move(
        self,
        tx: Transaction,
        what: Asked,
        *,
        to: Asked,
        day: date,
        unit: str,
        platform: str,
        topic: str = "",
        facet: str = "",
        place: int = 0,
    ) -> None:
        """One that was added becomes another; nothing is changed where it is not to be found."""
        row = TallyRecord
        key: dict[str, Any] = {
            "day": day, "unit": unit, "platform": platform, "topic": topic, "facet": facet,
        }  # fmt: skip
        here = and_(
            *(getattr(row, name) == value for name, value in key.items()),
            row.what == what.value,
            row.place == place % PLACES,
        )
        less = update(row).where(here, row.many > 0).values(many=row.many - 1)
        if (await tx.connection.execute(less)).rowcount:
            await tx.connection.execute(delete(row).where(here, row.many == 0))
            await self.add(tx, to, **key, place=place)

    async def by_day(
        self, tx: Transaction, *, first: date, last: date, units: Collection[str] | None = None
    ) -> dict[date, dict[Asked, int]]:
        """What was asked on each day from the first to the last, of these units (None: all)."""
        row = TallyRecord
        query = (
            select(row.day, row.what, func.sum(row.many))
            .where(row.day.between(first, last))
            .group_by(row.day, row.what)
        )
        if units is not None:
            query = query.where(row.unit.in_(units))
        days: dict[date, dict[Asked, int]] = {}
        for day, what, many in await tx.connection.execute(query):
            days.setdefault(day, {})[Asked(what)] = int(many)
        return days

    async def sums(
        self, tx: Transaction, *, first: date, last: date, units: Collection[str] | None = None
    ) -> list[Tally]:
        """By unit, what and topic, from the first to the last day; of these units (None: all)."""
        row = TallyRecord
        query = (
            select(row.unit, row.what, row.topic, func.sum(row.many))
            .where(row.day.between(first, last))
            .group_by(row.unit, row.what, row.topic)
            .order_by(row.unit, row.what, row.topic)
        )
        if units is not None:
            query = query.where(row.unit.in_(units))
        found = await tx.connection.execute(query)
        return [Tally(unit, Asked(what), topic, int(many)) for unit, what, topic, many in found]
