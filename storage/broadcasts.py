"""Broadcasts: what is to be said to those who asked for it, its states, and who may change them.

draft → submitted → scheduled (approved by another; the words are frozen) → sending → finished;
paused and cancelled on the way. The row is the schedule: whoever wakes looks here. Whom it goes to,
and what became of each message, is `broadcast_recipients`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.consents import Purpose
from storage.database import Record, Transaction, Utc
from storage.outbox import BELL, Lane, OutboxRecord, State
from storage.people import Id
from storage.upsert import insert_or_ignore

GRACE = timedelta(hours=6)
"""So late a notice may still go out that was missed while the program was down."""


class Phase(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


OPEN = (Phase.DRAFT, Phase.SUBMITTED)
LIVE = (Phase.SCHEDULED, Phase.SENDING, Phase.PAUSED)


class WrongState(Exception):
    """The broadcast is in a state that does not allow this; the message tells an operator why."""


class NoBroadcast(Exception):
    """There is no broadcast of this number."""


class BroadcastRecord(Record):
    __tablename__ = "broadcasts"
    __table_args__ = (
        UniqueConstraint("series_id", "due_at"),
        Index("ix_broadcasts_state", "state", "due_at"),
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
    created_at: Mapped[datetime] = mapped_column(Utc)
    started_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    expanded_to: Mapped[int] = mapped_column(Id, default=0)
    expanded: Mapped[bool] = mapped_column(Boolean, default=False)
    note: Mapped[str] = mapped_column(Text, default="")
    history: Mapped[str] = mapped_column(Text, default="[]")


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be sent: `unit` with all below it, or `only_unit`; empty for everybody.

    `due_at` in UTC, None for as soon as it is approved. `repeats` is a rule that the clock reads,
    empty for once.
    """

    text: str
    purpose: Purpose = Purpose.NOTICES
    unit: str = ""
    card: str = ""
    emergency: bool = False
    reason: str = ""
    due_at: datetime | None = None
    repeats: str = ""
    grace: timedelta = GRACE
    only_unit: bool = False


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One broadcast. `alone`: an emergency that one person wrote and released.

    `version` grows with all that people do to it: who looked at an earlier one decides anew.
    """

    id: int
    series: int | None
    phase: Phase
    draft: Draft
    author: str
    approved_by: str
    started_at: datetime | None
    ended_at: datetime | None
    expanded_to: int
    expanded: bool
    note: str
    version: int

    @property
    def alone(self) -> bool:
        return bool(self.approved_by) and self.approved_by == self.author

    @property
    def lane(self) -> Lane:
        return Lane.EMERGENCY if self.draft.emergency else Lane.CAMPAIGN


class Broadcasts:
    """The book of broadcasts. A change of state raises WrongState, or NoBroadcast."""

    async def write(self, tx: Transaction, draft: Draft, *, by: str, at: datetime) -> int:
        """Note a new draft; returns its number. Raises WrongState for an emergency without why."""
        if draft.emergency and not draft.reason.strip():
            raise WrongState("an emergency needs its reason")
        row = await tx.connection.execute(
            insert(BroadcastRecord)
            .values(
                **_columns(draft),
                state=Phase.DRAFT.value,
                author=by,
                created_at=at,
                history=noted("[]", "draft", by, at),
            )
            .returning(BroadcastRecord.id)
        )
        return int(row.scalar_one())

    async def get(self, tx: Transaction, number: int, *, lock: bool = False) -> Broadcast:
        query = select(BroadcastRecord.__table__).where(BroadcastRecord.id == number)
        if lock:
            query = query.with_for_update(key_share=True)
        row = (await tx.connection.execute(query)).one_or_none()
        if row is None:
            raise NoBroadcast(f"there is no broadcast {number}")
        return _broadcast(row)

    async def history(self, tx: Transaction, number: int) -> list[tuple[str, str, str]]:
        """What people did to it, oldest first: the deed, who did it, when (ISO, UTC)."""
        row = BroadcastRecord
        found = await tx.connection.execute(select(row.history).where(row.id == number))
        return [(deed, by, at) for deed, by, at in json.loads(found.scalar_one_or_none() or "[]")]

    async def edit(
        self, tx: Transaction, number: int, draft: Draft, *, by: str, at: datetime
    ) -> None:
        """Other words, audience or time: what was approved has to be approved anew."""
        await self._change(
            tx, number, (*OPEN, Phase.SCHEDULED), Phase.DRAFT, deed="edit", by=by, at=at,
            **_columns(draft), author=by, approved_by="", approved_at=None, note="",
        )  # fmt: skip

    async def submit(self, tx: Transaction, number: int, *, by: str, at: datetime) -> None:
        """The draft is ready for another person's eyes."""
        await self._change(tx, number, (Phase.DRAFT,), Phase.SUBMITTED, deed="submit", by=by, at=at)

    async def approve(self, tx: Transaction, number: int, *, by: str, at: datetime) -> None:
        """A second person releases it. An emergency may be released by its author, and shows it."""
        it = await self.get(tx, number, lock=True)
        if same_name(by, it.author) and not it.draft.emergency:
            raise WrongState(
                f"{it.author} wrote broadcast {number}: another person has to approve it"
            )
        due = it.draft.due_at
        if due is not None and due + it.draft.grace < at:
            raise WrongState(f"the time of broadcast {number} has passed: move it first")
        await self._change(
            tx, number, (Phase.SUBMITTED,), Phase.SCHEDULED, deed="approve", by=by, at=at,
            approved_by=it.author if same_name(by, it.author) else by,
            approved_at=at, due_at=due or at,
        )  # fmt: skip

    async def move(
        self, tx: Transaction, number: int, *, to: datetime, by: str, at: datetime
    ) -> None:
        """Another time; approval is of the words, so it stays."""
        before = await self.get(tx, number, lock=True)
        if before.phase is Phase.PAUSED and before.started_at is not None:
            raise WrongState(
                f"broadcast {number} has begun: it can be paused and resumed, not moved"
            )
        allowed = (*OPEN, Phase.SCHEDULED, Phase.PAUSED)
        then = Phase.SCHEDULED if before.phase is Phase.PAUSED else before.phase
        await self._change(tx, number, allowed, then, deed="move", by=by, at=at, due_at=to, note="")

    async def pause(self, tx: Transaction, number: int, *, by: str, at: datetime) -> None:
        """Nothing of it goes out from now on; what is in the platform's hands does."""
        await self._change(
            tx, number, (Phase.SCHEDULED, Phase.SENDING), Phase.PAUSED, deed="pause", by=by, at=at
        )
        await _set_messages(tx, number, State.PENDING, State.HELD)

    async def resume(self, tx: Transaction, number: int, *, by: str, at: datetime) -> None:
        """Go on; what was missed or is due meanwhile goes out now."""
        it = await self.get(tx, number, lock=True)
        then = Phase.SENDING if it.started_at else Phase.SCHEDULED
        due = it.draft.due_at
        late = {"due_at": at} if due is not None and due < at and not it.started_at else {}
        await self._change(
            tx, number, (Phase.PAUSED,), then, deed="resume", by=by, at=at, note="", **late
        )
        await _set_messages(tx, number, State.HELD, State.PENDING)
        await tx.ring(BELL)

    async def cancel(self, tx: Transaction, number: int, *, by: str, at: datetime) -> None:
        """Nothing more of it goes out, ever."""
        await self._change(
            tx, number, (*OPEN, *LIVE), Phase.CANCELLED, deed="cancel", by=by, at=at, ended_at=at
        )
        for state in (State.PENDING, State.HELD):
            await _set_messages(
                tx, number, state, State.SKIPPED, reason="the broadcast was cancelled", ended_at=at
            )

    async def due(self, tx: Transaction, *, at: datetime) -> Sequence[Broadcast]:
        """What should have begun by now, the emergencies first."""
        row = BroadcastRecord.__table__
        rows = await tx.connection.execute(
            select(row)
            .where(row.c.state == Phase.SCHEDULED, row.c.due_at <= at)
            .order_by(row.c.emergency.desc(), row.c.due_at)
        )
        return [_broadcast(each) for each in rows]

    async def begin(self, tx: Transaction, it: Broadcast, *, at: datetime) -> None:
        """Its time has come; who comes second, or after a pause, changes nothing."""
        await self._start(tx, it, Phase.SENDING, at, started_at=at)

    async def miss(self, tx: Transaction, it: Broadcast, *, at: datetime) -> None:
        """Its time has passed by more than its grace: a person decides."""
        await self._start(tx, it, Phase.PAUSED, at, note="missed: resume sends it now")

    async def begin_one_of(
        self, tx: Transaction, it: Broadcast, *, next_due: datetime | None, late: bool, at: datetime
    ) -> None:
        """A repeated broadcast's time has come: one of its own goes out, and the next is planned.

        `late`: it was missed, so it waits for a person. Twice for one time makes one.
        """
        draft = {**_columns(it.draft), "repeats": ""}
        values = {
            **draft,
            "series_id": it.id,
            "state": (Phase.PAUSED if late else Phase.SENDING).value,
            "started_at": None if late else at,
            "note": "missed: resume sends it now" if late else "",
            "author": it.author,
            "approved_by": it.approved_by,
            "created_at": at,
            "history": "[]",
        }
        await insert_or_ignore(tx, BroadcastRecord, values, ["series_id", "due_at"])
        if next_due is None:
            await self._start(tx, it, Phase.FINISHED, at, ended_at=at)
        else:
            await self._start(tx, it, Phase.SCHEDULED, at, due_at=next_due)

    async def sending(self, tx: Transaction) -> Sequence[Broadcast]:
        """All that go out now."""
        row = BroadcastRecord.__table__
        rows = await tx.connection.execute(
            select(row)
            .where(row.c.state == Phase.SENDING)
            .order_by(row.c.emergency.desc(), row.c.id)
        )
        return [_broadcast(each) for each in rows]

    async def finish(self, tx: Transaction, number: int, *, at: datetime) -> None:
        """Every recipient has an end."""
        await tx.connection.execute(
            update(BroadcastRecord)
            .where(BroadcastRecord.id == number, BroadcastRecord.state == Phase.SENDING)
            .values(state=Phase.FINISHED.value, ended_at=at)
        )

    async def send_again(self, tx: Transaction, number: int, *, by: str, at: datetime) -> None:
        """Some of its messages are sent again: it is not finished any more."""
        await self._change(
            tx, number, (Phase.SENDING, Phase.FINISHED), Phase.SENDING, deed="retry", by=by, at=at,
            ended_at=None,
        )  # fmt: skip

    async def skip_for(self, tx: Transaction, person: int, *, at: datetime) -> None:
        """Nothing that waits goes out to this person."""
        row = OutboxRecord
        await tx.connection.execute(
            update(row)
            .where(
                row.person_id == person,
                row.broadcast_id.is_not(None),
                row.state.in_((State.PENDING.value, State.HELD.value)),
            )
            .values(state=State.SKIPPED.value, reason=WITHDRAWN, ended_at=at)
        )

    async def _start(
        self, tx: Transaction, it: Broadcast, to: Phase, at: datetime, **values: Any
    ) -> None:
        row = BroadcastRecord
        await tx.connection.execute(
            update(row)
            .where(row.id == it.id, row.state == Phase.SCHEDULED, row.due_at == it.draft.due_at)
            .values(state=to.value, **values)
        )

    async def _change(
        self,
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


WITHDRAWN = "the person wants no notices"


def same_name(one: str, other: str) -> bool:
    """Whether two names are one person's, however they were typed."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


async def _set_messages(
    tx: Transaction, number: int, state: State, to: State, **values: Any
) -> None:
    row = OutboxRecord
    await tx.connection.execute(
        update(row)
        .where(row.broadcast_id == number, row.state == state)
        .values(state=to.value, **values)
    )


def noted(history: str, deed: str, by: str, at: datetime) -> str:
    """The history of a broadcast with one deed more."""
    return json.dumps([*json.loads(history), [deed, by, at.isoformat()]], ensure_ascii=False)


def _columns(draft: Draft) -> dict[str, Any]:
    return {
        "text": draft.text,
        "purpose": draft.purpose.value,
        "unit": draft.unit,
        "only_unit": draft.only_unit,
        "card": draft.card,
        "emergency": draft.emergency,
        "reason": draft.reason,
        "due_at": draft.due_at,
        "repeats": draft.repeats,
        "grace": int(draft.grace.total_seconds()),
    }


def _broadcast(row: Any) -> Broadcast:
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
    )
    return Broadcast(
        row.id,
        row.series_id,
        Phase(row.state),
        draft,
        row.author,
        row.approved_by,
        row.started_at,
        row.ended_at,
        row.expanded_to,
        row.expanded,
        row.note,
        len(json.loads(row.history)),
    )
