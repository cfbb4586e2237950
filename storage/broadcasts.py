"""The book of broadcasts: what people do with one, and who may do it.

draft → submitted → approved (by another; the words are frozen) → scheduled → sending → finished;
paused and cancelled on the way. The row is the schedule: whoever wakes looks here. What the clock
does is in `broadcast_schedule`; whom it goes to and what became of it, in `broadcast_recipients`.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from storage.broadcast_draft import GRACE, Draft, Enclosed
from storage.broadcast_records import (
    AHEAD,
    LIVE,
    OPEN,
    Broadcast,
    BroadcastRecord,
    NoBroadcast,
    Phase,
    WrongState,
    change,
    noted,
    read,
    same_name,
)
from storage.database import Transaction
from storage.outbox import BELL, OutboxRecord, State

__all__ = [
    "GRACE",
    "Broadcast",
    "BroadcastRecord",
    "Broadcasts",
    "Draft",
    "Enclosed",
    "NoBroadcast",
    "Phase",
    "WrongState",
    "noted",
    "same_name",
]

WITHDRAWN = "the person wants no notices"
CANCELLED = "the broadcast was cancelled"


class Broadcasts:
    """The book of broadcasts. A change of state raises WrongState, or NoBroadcast."""

    async def write(self, tx: Transaction, draft: Draft, *, by: str, at: datetime) -> int:
        """Note a new draft; returns its number. Raises WrongState for one that cannot be sent."""
        _sound(draft)
        row = await tx.connection.execute(
            insert(BroadcastRecord)
            .values(
                **draft.columns(),
                state=Phase.DRAFT.value,
                author=by,
                created_at=at,
                history=noted("[]", "draft", by, at),
            )
            .returning(BroadcastRecord.id)
        )
        return int(row.scalar_one())

    async def get(self, tx: Transaction, number: int, *, lock: bool = False) -> Broadcast:
        return await read(tx, number, lock=lock)

    async def history(self, tx: Transaction, number: int) -> list[tuple[str, str, str]]:
        """What people did to it, oldest first: the deed, who did it, when (ISO, UTC)."""
        row = BroadcastRecord
        found = await tx.connection.execute(select(row.history).where(row.id == number))
        return [(deed, by, at) for deed, by, at in json.loads(found.scalar_one_or_none() or "[]")]

    async def edit(
        self, tx: Transaction, number: int, draft: Draft, *, by: str, at: datetime
    ) -> None:
        """Other words, audience or time: what was approved has to be approved anew.

        The author stays the author; who edited may not approve it either.
        """
        _sound(draft)
        await change(
            tx, number, (*OPEN, *AHEAD), Phase.DRAFT, deed="edit", by=by, at=at,
            **draft.columns(), approved_by="", approved_at=None, approved="", note="",
        )  # fmt: skip

    async def submit(self, tx: Transaction, number: int, *, by: str, at: datetime) -> None:
        """The draft is ready for another person's eyes."""
        await change(tx, number, (Phase.DRAFT,), Phase.SUBMITTED, deed="submit", by=by, at=at)

    async def approve(self, tx: Transaction, number: int, *, by: str, at: datetime) -> None:
        """A second person releases it, as it stands now: a copy is kept, and only that goes out.

        An emergency may be released by who wrote it, and shows it.
        """
        it = await read(tx, number, lock=True)
        if it.wrote(by) and not it.draft.emergency:
            raise WrongState(
                f"{by.strip()} wrote broadcast {number}: another person has to approve it"
            )
        due = it.draft.due_at
        if due is not None and due + it.draft.grace < at:
            raise WrongState(f"the time of broadcast {number} has passed: move it first")
        asks = it.draft.asks
        if asks is not None and asks.until is not None and asks.until <= max(at, due or at):
            raise WrongState(f"broadcast {number} takes answers until before it goes out: edit it")
        own = next((one for one in (it.author, *it.editors) if same_name(by, one)), by)
        await change(
            tx, number, (Phase.SUBMITTED,), Phase.APPROVED, deed="approve", by=by, at=at,
            approved_by=own, approved_at=at, approved=it.draft.frozen(),
        )  # fmt: skip

    async def move(
        self, tx: Transaction, number: int, *, to: datetime, by: str, at: datetime
    ) -> None:
        """Another time; approval is of the words, so it stays."""
        before = await read(tx, number, lock=True)
        if before.phase is Phase.PAUSED and before.started_at is not None:
            raise WrongState(
                f"broadcast {number} has begun: it can be paused and resumed, not moved"
            )
        allowed = (*OPEN, *AHEAD, Phase.PAUSED)
        then = Phase.SCHEDULED if before.phase is Phase.PAUSED else before.phase
        await change(tx, number, allowed, then, deed="move", by=by, at=at, due_at=to, note="")

    async def pause(self, tx: Transaction, number: int, *, by: str, at: datetime) -> None:
        """Nothing of it goes out from now on; what is in the platform's hands does."""
        await change(tx, number, (*AHEAD, Phase.SENDING), Phase.PAUSED, deed="pause", by=by, at=at)
        await _set_messages(tx, number, State.PENDING, State.HELD)

    async def resume(self, tx: Transaction, number: int, *, by: str, at: datetime) -> None:
        """Go on; what was missed or is due meanwhile goes out now."""
        it = await read(tx, number, lock=True)
        if it.phase is Phase.PAUSED and not it.intact:
            raise WrongState(
                f"the words of broadcast {number} are not those that were approved: cancel it"
            )
        then = Phase.SENDING if it.started_at else Phase.SCHEDULED
        due = it.draft.due_at
        late = {"due_at": at} if not it.started_at and (due is None or due < at) else {}
        await change(
            tx, number, (Phase.PAUSED,), then, deed="resume", by=by, at=at, note="", **late
        )
        await _set_messages(tx, number, State.HELD, State.PENDING)
        await tx.ring(BELL)

    async def cancel(self, tx: Transaction, number: int, *, by: str, at: datetime) -> None:
        """Nothing more of it goes out, ever."""
        await change(
            tx, number, (*OPEN, *LIVE), Phase.CANCELLED, deed="cancel", by=by, at=at, ended_at=at
        )
        for state in (State.PENDING, State.HELD):
            await _set_messages(tx, number, state, State.SKIPPED, reason=CANCELLED, ended_at=at)

    async def send_again(self, tx: Transaction, number: int, *, by: str, at: datetime) -> None:
        """Some of its messages are sent again: it is not finished any more."""
        await change(
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


def _sound(draft: Draft) -> None:
    if draft.asks is not None and (draft.emergency or draft.repeats):
        raise WrongState("what asks something is sent once, and is no emergency")
    if draft.asks is not None and draft.template:
        raise WrongState("what asks something does not fit into a template")
    if draft.emergency and not draft.reason.strip():
        raise WrongState("an emergency needs its reason")


async def _set_messages(
    tx: Transaction, number: int, state: State, to: State, **values: Any
) -> None:
    row = OutboxRecord
    await tx.connection.execute(
        update(row)
        .where(row.broadcast_id == number, row.state == state)
        .values(state=to.value, **values)
    )
