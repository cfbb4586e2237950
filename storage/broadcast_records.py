"""What a broadcast is: its draft and its state, the record that keeps both, and who wrote it.

How a broadcast changes its state is in `broadcasts` (people) and `broadcast_schedule` (the clock).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Any

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.broadcast_draft import Draft, Enclosed
from storage.consents import Purpose
from storage.database import Record, Transaction, Utc
from storage.outbox import Lane
from storage.people import Id
from storage.questionnaires import Questionnaire


class Phase(StrEnum):
    """`APPROVED`: another person released these words; the clock has not planned them yet."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


OPEN = (Phase.DRAFT, Phase.SUBMITTED)
AHEAD = (Phase.APPROVED, Phase.SCHEDULED)
LIVE = (*AHEAD, Phase.SENDING, Phase.PAUSED)


class WrongState(Exception):
    """The broadcast is in a state that does not allow this; the message tells an operator why."""


class NoBroadcast(Exception):
    """There is no broadcast of this number."""


class BroadcastRecord(Record):
    __tablename__ = "broadcasts"
    __table_args__ = (
        UniqueConstraint("series_id", "due_at"),
        Index("ix_broadcasts_state", "state", "due_at"),
        Index("ix_broadcasts_picture", "picture_id"),
        Index("ix_broadcasts_voice", "voice_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    series_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("broadcasts.id", ondelete="SET NULL"), default=None
    )
    state: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    card: Mapped[str] = mapped_column(String(64), default="")
    purpose: Mapped[str] = mapped_column(String(16))
    unit: Mapped[str] = mapped_column(String(64), default="")
    only_unit: Mapped[bool] = mapped_column(Boolean, default=False)
    emergency: Mapped[bool] = mapped_column(Boolean, default=False)
    reason: Mapped[str] = mapped_column(Text, default="")
    repeats: Mapped[str] = mapped_column(String(64), default="")
    due_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    grace: Mapped[int] = mapped_column(Integer)
    author: Mapped[str] = mapped_column(String(128))
    approved_by: Mapped[str] = mapped_column(String(128), default="")
    approved_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    approved: Mapped[str] = mapped_column(Text, default="")  # a copy of what was approved, JSON
    created_at: Mapped[datetime] = mapped_column(Utc)
    started_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    expanded_to: Mapped[int] = mapped_column(Id, default=0)
    expanded: Mapped[bool] = mapped_column(Boolean, default=False)
    note: Mapped[str] = mapped_column(Text, default="")
    history: Mapped[str] = mapped_column(Text, default="[]")
    enclosed: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")
    texts: Mapped[str] = mapped_column(Text, default="{}", server_default="{}")
    language: Mapped[str] = mapped_column(String(16), default="", server_default="")
    topic: Mapped[str] = mapped_column(String(64), default="", server_default="")
    also: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")
    takes_back: Mapped[int | None] = mapped_column(Id, default=None)  # a broadcast's number
    removes: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    # Whose the files are, so that nobody deletes them: no keys, for the files know of no notice.
    picture_id: Mapped[int | None] = mapped_column(Id, default=None)
    voice_id: Mapped[int | None] = mapped_column(Id, default=None)
    questions: Mapped[str] = mapped_column(Text, default="", server_default="")  # JSON, or empty
    code: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    closed_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    respondents: Mapped[int | None] = mapped_column(Integer, default=None)
    arrived: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    opted_out: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    template: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One broadcast. `editors` changed the author's words; `approved` is a copy, frozen.

    `version` grows with all that people do to it: who looked at an earlier one decides anew.
    `handed_in` says that its words as they stand were handed in, though it may be a draft again.
    Of what asks something: since when (UTC) no answer is taken, and how many people had answered.
    `arrived` are the messages of which the platform said so, `opted_out` the people who wanted no
    more within two days of it.
    """

    id: int
    series: int | None
    phase: Phase
    draft: Draft
    author: str
    editors: tuple[str, ...]
    approved_by: str
    approved_at: datetime | None
    approved: str
    started_at: datetime | None
    ended_at: datetime | None
    expanded_to: int
    expanded: bool
    note: str
    version: int
    handed_in: bool
    closed_at: datetime | None = None
    respondents: int | None = None
    arrived: int = 0
    opted_out: int = 0

    @property
    def took(self) -> timedelta | None:
        """From its beginning to its end."""
        return self.ended_at - self.started_at if self.ended_at and self.started_at else None

    @property
    def alone(self) -> bool:
        """An emergency that was released by somebody who wrote it."""
        return bool(self.approved_by) and self.wrote(self.approved_by)

    @property
    def intact(self) -> bool:
        """Whether its words are those that were approved."""
        return self.approved == self.draft.frozen()

    @property
    def lane(self) -> Lane:
        return Lane.EMERGENCY if self.draft.emergency else Lane.CAMPAIGN

    def wrote(self, name: str) -> bool:
        """Whether this person wrote or changed its words."""
        return any(same_name(name, one) for one in (self.author, *self.editors))


def same_name(one: str, other: str) -> bool:
    """Whether two names are one person's, however they were typed."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def noted(history: str, deed: str, by: str, at: datetime) -> str:
    """The history with one deed more."""
    return json.dumps([*json.loads(history), [deed, by, at.isoformat()]], ensure_ascii=False)


async def read(tx: Transaction, number: int, *, lock: bool = False) -> Broadcast:
    """One broadcast, with `lock` until the transaction ends. Raises NoBroadcast."""
    query = select(BroadcastRecord.__table__).where(BroadcastRecord.id == number)
    if lock:
        query = query.with_for_update(key_share=True)
    row = (await tx.connection.execute(query)).one_or_none()
    if row is None:
        raise NoBroadcast(f"there is no broadcast {number}")
    return of_row(row)


async def begun(
    tx: Transaction,
    *,
    since: datetime,
    until: datetime,
    units: Collection[str] | None = None,
) -> list[Broadcast]:
    """What began from `since` to before `until` (UTC), to one of these units (None: to any), the
    oldest first."""
    row = BroadcastRecord
    query = (
        select(row.__table__)
        .where(row.started_at >= since, row.started_at < until)
        .order_by(row.started_at, row.id)
    )
    if units is not None:
        query = query.where(row.unit.in_(units))
    return [of_row(found) for found in await tx.connection.execute(query)]


async def change(
    tx: Transaction,
    number: int,
    allowed: Collection[Phase],
    to: Phase,
    *,
    deed: str,
    by: str,
    at: datetime,
    **values: Any,
) -> None:
    """Change the state and note who did it, if it is one of the `allowed` ones."""
    row = BroadcastRecord
    query = select(row.state, row.history).where(row.id == number).with_for_update()
    found = (await tx.connection.execute(query)).one_or_none()
    if found is None:
        raise NoBroadcast(f"there is no broadcast {number}")
    if found.state not in set(allowed):
        wanted = " or ".join(allowed)
        raise WrongState(f"broadcast {number} is {found.state}; to {deed} it must be {wanted}")
    await tx.connection.execute(
        update(row)
        .where(row.id == number)
        .values(state=to.value, history=noted(found.history, deed, by, at), **values)
    )


def of_row(row: Any) -> Broadcast:
    """The broadcast of a record's row."""
    draft = Draft(
        text=row.text,
        purpose=Purpose(row.purpose),
        unit=row.unit,
        card=row.card,
        emergency=row.emergency,
        reason=row.reason,
        due_at=row.due_at,
        repeats=row.repeats,
        grace=timedelta(seconds=row.grace),
        only_unit=row.only_unit,
        texts=tuple(json.loads(row.texts).items()),
        language=row.language,
        topic=row.topic,
        also=tuple(json.loads(row.also)),
        template=row.template,
        takes_back=row.takes_back,
        removes=row.removes,
        enclosed=tuple(Enclosed(*one) for one in json.loads(row.enclosed)),
        asks=Questionnaire.from_json(row.questions),
    )
    history = json.loads(row.history)
    deeds = [deed for deed, _, _ in history]
    return Broadcast(
        id=row.id,
        series=row.series_id,
        phase=Phase(row.state),
        draft=draft,
        author=row.author,
        editors=tuple(by for deed, by, _ in history if deed == "edit"),
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        approved=row.approved,
        started_at=row.started_at,
        ended_at=row.ended_at,
        expanded_to=row.expanded_to,
        expanded=row.expanded,
        note=row.note,
        version=len(deeds),
        handed_in="submit" in takewhile(lambda deed: deed != "edit", reversed(deeds)),
        closed_at=row.closed_at,
        respondents=row.respondents,
        arrived=row.arrived,
        opted_out=row.opted_out,
    )
