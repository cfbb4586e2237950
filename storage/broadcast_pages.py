"""Broadcasts as a list that is paged by key, the newest first. It changes nothing."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from storage.broadcast_records import Broadcast, BroadcastRecord, Phase, of_row
from storage.database import Transaction


async def broadcast_page(
    tx: Transaction,
    *,
    phases: Collection[Phase],
    units: Collection[str] | None = None,
    below: int | None = None,
    at_most: int,
) -> list[Broadcast]:
    """Those in one of these states, to one of these units (None: to any); with `below`, those
    before the broadcast of that number."""
    row = BroadcastRecord
    query = (
        select(row.__table__)
        .where(row.state.in_(sorted(phases)))
        .order_by(row.id.desc())
        .limit(at_most)
    )
    if units is not None:
        query = query.where(row.unit.in_(units))
    if below is not None:
        query = query.where(row.id < below)
    return [of_row(found) for found in await tx.connection.execute(query)]
