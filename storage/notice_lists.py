"""Lists of notices for the console: by state, page by page, and those of a month.

Whose notices somebody sees is handed in (`Sight`); a draft is its author's alone, as in the chat.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, true

from storage.broadcast_draft import Draft
from storage.broadcast_outcomes import OutcomeRecord
from storage.broadcast_records import AHEAD, Broadcast, BroadcastRecord, Phase, of_row
from storage.database import Transaction
from storage.notices import NoticeRecord
from storage.officials import OfficialRecord
from storage.outbox_records import ENDED, OutboxRecord, State

AHEAD_OF = (*AHEAD, Phase.DRAFT, Phase.SUBMITTED, Phase.PAUSED)
"""What may still go out at its time."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose notices: those that this official wrote, and all handed in for these units (None: for
    anybody)."""

    author: int
    units: Collection[str] | None


@dataclass(frozen=True, slots=True)
class Sent:
    """How many people have a notice, of how many it goes to."""

    sent: int
    recipients: int


class NoticeLists:
    """The book of lists."""

    async def page(
        self,
        tx: Transaction,
        sight: Sight,
        *,
        states: Collection[Phase] = (),
        below: int | None = None,
        at_most: int,
    ) -> list[Broadcast]:
        """The newest first; of these states (none: of all), with lower numbers than `below`."""
        row = BroadcastRecord
        query = _seen(sight).order_by(row.id.desc()).limit(at_most)
        if states:
            query = query.where(row.state.in_(list(states)))
        if below is not None:
            query = query.where(row.id < below)
        return [of_row(found) for found in await tx.connection.execute(query)]

    async def counts(self, tx: Transaction, sight: Sight) -> dict[Phase, int]:
        """How many there are of each state."""
        row = BroadcastRecord
        seen = _seen(sight).with_only_columns(row.state, func.count()).group_by(row.state)
        return {Phase(state): many for state, many in await tx.connection.execute(seen)}

    async def between(
        self, tx: Transaction, sight: Sight, *, since: datetime, until: datetime
    ) -> list[Broadcast]:
        """What began from `since` to before `until` (UTC), what is due then, and what is repeated
        from an earlier time on. What was cancelled before it began is not among it."""
        row = BroadcastRecord
        began = and_(row.started_at >= since, row.started_at < until)
        due = and_(
            row.started_at.is_(None), row.state.in_(list(AHEAD_OF)), row.due_at < until,
            or_(row.due_at >= since, row.repeats != ""),
        )  # fmt: skip
        query = _seen(sight).where(or_(began, due)).order_by(row.id)
        return [of_row(found) for found in await tx.connection.execute(query)]

    async def sent(self, tx: Transaction, numbers: Collection[int]) -> Mapping[int, Sent]:
        """How far these notices have come; what nobody was sent is not among it."""
        box, kept = OutboxRecord, OutcomeRecord
        found: dict[int, Sent] = {}
        none, ended = literal(0), kept.state == State.SENT
        # What was sent, and of how many: each in an index that holds all that is asked. The sent
        # ones first, so that they are never more than all.
        for query in (
            select(box.broadcast_id, func.count().label("sent"), none.label("recipients"))
            .where(box.broadcast_id.in_(numbers), ENDED, box.state == State.SENT)
            .group_by(box.broadcast_id),
            select(box.broadcast_id, none.label("sent"), func.count().label("recipients"))
            .where(box.broadcast_id.in_(numbers))
            .group_by(box.broadcast_id),
            select(
                kept.broadcast_id,
                func.sum(case((ended, kept.many), else_=0)).label("sent"),
                func.sum(kept.many).label("recipients"),
            )
            .where(kept.broadcast_id.in_(numbers))
            .group_by(kept.broadcast_id),
        ):
            for one in await tx.connection.execute(query):
                before = found.get(one.broadcast_id, Sent(0, 0))
                found[one.broadcast_id] = Sent(
                    before.sent + int(one.sent), before.recipients + int(one.recipients)
                )
        return found

    async def twin(
        self, tx: Transaction, draft: Draft, *, author: int, since: datetime
    ) -> int | None:
        """The number of the very same notice that this official wrote since then (UTC). Whoever
        asks for the same official at the same time waits until this transaction has ended."""
        row, notice, who = BroadcastRecord, NoticeRecord, OfficialRecord
        await tx.connection.execute(select(who.id).where(who.id == author).with_for_update())
        query = (
            select(row.__table__)
            .join(notice, notice.broadcast_id == row.id)
            .where(notice.author_id == author, row.created_at >= since, row.text == draft.text)
            .order_by(row.id.desc())
        )
        for found in await tx.connection.execute(query):
            it = of_row(found)
            same = _uncoded(it.draft) == _uncoded(draft) and it.draft.due_at == draft.due_at
            if same and it.phase is not Phase.CANCELLED:
                return it.id
        return None


def _uncoded(draft: Draft) -> str:
    """What an approval is of, but for the code of its choices, which is drawn anew each time."""
    if draft.asks is None:
        return draft.frozen()
    return replace(draft, asks=replace(draft.asks, code=0)).frozen()


def _seen(sight: Sight) -> Any:
    row, notice = BroadcastRecord, NoticeRecord
    theirs: ColumnElement[bool] = true() if sight.units is None else row.unit.in_(sight.units)
    handed_in = and_(theirs, row.state != Phase.DRAFT)
    return (
        select(row.__table__)
        .outerjoin(notice, notice.broadcast_id == row.id)
        .where(or_(notice.author_id == sight.author, handed_in))
    )
