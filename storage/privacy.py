"""What is forgotten, and when: messages are kept no longer than their purpose needs.

Law 91/2025/QH15, article 3(3): personal data are kept for a time that fits the purpose.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists, or_, select, update

from storage.broadcast_outcomes import keep_outcomes
from storage.broadcast_records import BroadcastRecord
from storage.conversations import ConversationRecord
from storage.database import Database
from storage.guesses import WATCHED, WrongGuessRecord
from storage.inbox import InboxRecord
from storage.links import LinkCodeRecord
from storage.outbox_records import UNFINISHED, OutboxRecord
from storage.unanswered import UnansweredRecord

CHUNK = 500
"""Rows deleted in one transaction, so that nobody who writes waits for long."""


async def forget_old_messages(database: Database, *, before: datetime) -> int:
    """Delete what came in or went out before that time (UTC); return how many rows.

    What is still on its way stays, and what became of a broadcast, in numbers; so do questions that
    wait for a person's answer. Those that no card could answer go, whether staff looked or not.
    """
    finished = select(OutboxRecord.id).where(
        OutboxRecord.created_at < before, OutboxRecord.state.not_in(UNFINISHED)
    )
    came = select(InboxRecord.id).where(InboxRecord.received_at < before)
    asked = select(UnansweredRecord.id).where(UnansweredRecord.asked_at < before)
    count = 0
    for record, old in (
        (OutboxRecord, finished),
        (InboxRecord, came),
        (UnansweredRecord, asked),
    ):
        while True:
            async with database.begin() as tx:
                chunk = await tx.connection.execute(old.limit(CHUNK).with_for_update())
                these = list(chunk.scalars())
                if record is OutboxRecord:
                    await keep_outcomes(tx, OutboxRecord.id.in_(these))
                await tx.connection.execute(delete(record).where(record.id.in_(these)))
            count += len(these)
            if len(these) < CHUNK:
                break
    async with database.begin() as tx:
        # Pictures and sounds of notices that ended long ago are nobody's from now on.
        run = BroadcastRecord
        await tx.connection.execute(
            update(run)
            .where(
                run.ended_at < before, or_(run.picture_id.is_not(None), run.voice_id.is_not(None))
            )
            .values(picture_id=None, voice_id=None)
        )
        # What a conversation remembers of its last question goes with its last message.
        talk = ConversationRecord
        here = exists().where(InboxRecord.conversation_id == talk.id)
        await tx.connection.execute(
            update(talk).where(talk.question != "", ~here).values(question="")
        )
    return count


async def forget_link_codes(database: Database, *, now: datetime) -> int:
    """Delete the codes that open nothing any more, and wrong ones that count no longer (UTC)."""
    codes = delete(LinkCodeRecord).where(LinkCodeRecord.expires_at <= now)
    wrong = delete(WrongGuessRecord).where(WrongGuessRecord.at <= now - WATCHED)
    async with database.begin() as tx:
        return sum([(await tx.connection.execute(each)).rowcount for each in (codes, wrong)])
