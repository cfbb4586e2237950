"""What the clock does with broadcasts: plan what was approved, begin what is due, end what ended.

Each step asks for the state it starts from, so that doing it twice, or in two processes, does it
once. Only words that are still those that were approved go out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from storage.broadcast_records import Broadcast, BroadcastRecord, Phase, of_row
from storage.database import Transaction
from storage.outbox import OutboxRecord, State
from storage.upsert import insert_or_ignore

ENDED = (State.SENT, State.FAILED, State.SKIPPED)
MISSED = "missed: resume sends it now"
CHANGED = "its words are not those that were approved: it was not sent"
LOST = "a picture or sound of it is not in the store as it was approved: put it back, or cancel"


class Schedule:
    """The clock's side of the book of broadcasts. Times are aware UTC."""

    async def plan(self, tx: Transaction) -> None:
        """What was approved gets its time: the one it has, or that of its approval."""
        row = BroadcastRecord
        await tx.connection.execute(
            update(row)
            .where(row.state == Phase.APPROVED)
            .values(state=Phase.SCHEDULED.value, due_at=func.coalesce(row.due_at, row.approved_at))
        )

    async def recall(self, tx: Transaction, *, at: datetime) -> None:
        """What counted as missed and lies ahead after all is planned again: the clock was wrong."""
        row = BroadcastRecord
        await tx.connection.execute(
            update(row)
            .where(
                row.state == Phase.PAUSED,
                row.note == MISSED,
                row.started_at.is_(None),
                row.due_at > at,
            )
            .values(state=Phase.SCHEDULED.value, note="")
        )

    async def due(self, tx: Transaction, *, at: datetime) -> Sequence[Broadcast]:
        """What should have begun by now, the emergencies first."""
        row = BroadcastRecord.__table__
        rows = await tx.connection.execute(
            select(row)
            .where(row.c.state == Phase.SCHEDULED, row.c.due_at <= at)
            .order_by(row.c.emergency.desc(), row.c.due_at)
        )
        return [of_row(each) for each in rows]

    async def begin(self, tx: Transaction, it: Broadcast, *, at: datetime, note: str = "") -> None:
        """Its time has come; who comes second, or after a pause, changes nothing."""
        await self._start(tx, it, Phase.SENDING, started_at=at, note=note)

    async def miss(self, tx: Transaction, it: Broadcast) -> None:
        """Its time has passed by more than its grace: a person decides."""
        await self._start(tx, it, Phase.PAUSED, note=MISSED)

    async def hold(self, tx: Transaction, it: Broadcast, why: str = CHANGED) -> None:
        """It is not what was approved, for this reason: nothing more of it goes out."""
        row = BroadcastRecord
        await tx.connection.execute(
            update(row)
            .where(row.id == it.id, row.state.in_((Phase.SCHEDULED.value, Phase.SENDING.value)))
            .values(state=Phase.PAUSED.value, note=why)
        )
        await tx.connection.execute(
            update(OutboxRecord)
            .where(OutboxRecord.broadcast_id == it.id, OutboxRecord.state == State.PENDING)
            .values(state=State.HELD.value)
        )

    async def begin_one_of(
        self, tx: Transaction, it: Broadcast, *, next_due: datetime | None, late: bool, at: datetime
    ) -> None:
        """A repeated broadcast's time has come: one of its own goes out, and the next is planned.

        `late`: it was missed, so it waits for a person. Twice for one time makes one.
        """
        history = select(BroadcastRecord.history).where(BroadcastRecord.id == it.id)
        values = {
            **it.draft.columns(),
            "repeats": "",
            "series_id": it.id,
            "state": (Phase.PAUSED if late else Phase.SENDING).value,
            "started_at": None if late else at,
            "note": MISSED if late else "",
            "author": it.author,
            "approved_by": it.approved_by,
            "approved_at": it.approved_at,
            "approved": it.approved,
            "created_at": at,
            "history": (await tx.connection.execute(history)).scalar_one(),
        }
        await insert_or_ignore(tx, BroadcastRecord, values, ["series_id", "due_at"])
        if next_due is None:
            await self._start(tx, it, Phase.FINISHED, ended_at=at)
        else:
            await self._start(tx, it, Phase.SCHEDULED, due_at=next_due)

    async def sending(self, tx: Transaction) -> Sequence[Broadcast]:
        """All that go out now."""
        row = BroadcastRecord.__table__
        rows = await tx.connection.execute(
            select(row)
            .where(row.c.state == Phase.SENDING)
            .order_by(row.c.emergency.desc(), row.c.id)
        )
        return [of_row(each) for each in rows]

    async def finish(self, tx: Transaction, number: int, *, at: datetime) -> bool:
        """Note that it has ended, if every recipient has an end; tells whether it was so.

        The row is locked before it is asked for messages, so that a retry that began in between
        is seen.
        """
        run, row = BroadcastRecord, OutboxRecord
        locked = select(run.id).where(run.id == number, run.state == Phase.SENDING, run.expanded)
        if (await tx.connection.execute(locked.with_for_update())).first() is None:
            return False
        open_ones = (
            select(row.id)
            .where(row.broadcast_id == number, row.state.not_in([s.value for s in ENDED]))
            .limit(1)
        )
        if (await tx.connection.execute(open_ones)).first() is not None:
            return False
        await tx.connection.execute(
            update(run).where(run.id == number).values(state=Phase.FINISHED.value, ended_at=at)
        )
        return True

    async def _start(self, tx: Transaction, it: Broadcast, to: Phase, **values: Any) -> None:
        row = BroadcastRecord
        await tx.connection.execute(
            update(row)
            .where(row.id == it.id, row.state == Phase.SCHEDULED, row.due_at == it.draft.due_at)
            .values(state=to.value, **values)
        )
