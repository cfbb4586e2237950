"""How much conversations bring that began a short while ago: counts for the rules against floods.

Nothing is kept for it: each count is made of cases and conversations as they are.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, or_, select, text

from storage.case_history import CaseEventRecord, Happened
from storage.case_records import CaseRecord
from storage.conversations import ConversationRecord
from storage.database import Transaction

ADVISORY_LOCK = 6_203_315  # who leads is told by one at a time; SQLite has one writer anyway


class Newcomers:
    """Counts. Times are in UTC."""

    async def among(self, tx: Transaction, conversation: int, *, began: datetime) -> bool:
        """Whether the conversation began after that time."""
        row = ConversationRecord
        found = await tx.connection.execute(
            select(row.id).where(row.id == conversation, row.created_at > began)
        )
        return found.first() is not None

    async def cases(
        self, tx: Transaction, units: Collection[str], *, since: datetime, began: datetime
    ) -> int:
        """How many cases of these units came in from `since` on, out of conversations that began
        after that time.

        Who had their data deleted since then counts too: else that would be the way around.
        """
        row, talk = CaseRecord, ConversationRecord
        count = await tx.connection.execute(
            select(func.count(row.id))
            .join(talk, talk.id == row.conversation_id, isouter=True)
            .where(
                row.unit.in_(units),
                row.received_at >= since,
                or_(talk.id.is_(None), talk.created_at > began),
            )
        )
        return int(count.scalar_one())

    async def told_of_held(
        self, tx: Transaction, units: Collection[str], *, since: datetime
    ) -> bool:
        """Whether somebody was told after that time of a case of these units that is still held
        back: then they know that there are some to look at.

        Who asks tells and notes it in the same transaction; another who asks meanwhile waits.
        """
        if tx.on_postgresql:
            await tx.connection.execute(
                text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK}
            )
        row, event = CaseRecord, CaseEventRecord
        found = await tx.connection.execute(
            select(event.id)
            .join(row, row.id == event.case_id)
            .where(
                row.unit.in_(units),
                row.quarantine != "",
                event.what == Happened.REMINDED,
                event.detail == "held",
                event.at > since,
            )
            .limit(1)
        )
        return found.first() is not None
