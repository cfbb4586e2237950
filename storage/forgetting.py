"""Forgetting a person on demand: at once all that they wrote and chose, soon after the row itself.

The platform's id stays for a short while, because the last message has to reach them; who writes
again before it is gone begins anew. Law 91/2025/QH15, article 4: everybody may have their data
deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from storage.answers import Answers
from storage.broadcast_outcomes import keep_outcomes
from storage.case_privacy import forget_cases_of
from storage.case_records import CaseRecord
from storage.consents import ConsentRecord
from storage.conversations import ConversationRecord, Conversations, Talk
from storage.database import Database, Transaction
from storage.inbox import InboxRecord
from storage.links import LinkCodeRecord
from storage.officials import Officials
from storage.outbox import OutboxRecord
from storage.people import PersonRecord


@dataclass(frozen=True, slots=True)
class Kept:
    """How much of a person is kept: in how many chats, their messages, their cases."""

    chats: int
    messages: int
    cases: int


async def kept_of(tx: Transaction, person: int) -> Kept:
    """What is kept of a person (`Person.id`)."""
    chats = await _conversations(tx, person)
    counts = [
        (
            await tx.connection.execute(
                select(func.count()).where(record.conversation_id.in_(chats))
            )
        ).scalar_one()
        for record in (InboxRecord, CaseRecord)
    ]
    return Kept(len(chats), counts[0], counts[1])


async def forget_person(tx: Transaction, person: int, *, at: datetime) -> None:
    """Delete all that a person wrote and chose, in all chats that they linked.

    Cases that an official was still to answer are withdrawn. Nobody is told: several messages at
    once would tell that a case without a name and one with a name are the same person's.
    """
    row, chats = PersonRecord, await _conversations(tx, person)
    for chat in chats:
        await forget_cases_of(tx, chat, at=at)
        official = await Officials().of(tx, chat)
        if official is not None:  # they are told that they begin anew, so they do
            await Officials().remove(tx, official.id, at=at)
    theirs = OutboxRecord.conversation_id.in_(chats)
    await keep_outcomes(tx, theirs)
    await tx.connection.execute(delete(OutboxRecord).where(theirs))
    await tx.connection.execute(
        delete(LinkCodeRecord).where(LinkCodeRecord.conversation_id.in_(chats))
    )
    await tx.connection.execute(
        # Their numbers stay until the row goes, so that a copy from the platform is still known.
        update(InboxRecord)
        .where(InboxRecord.conversation_id.in_(chats))
        .values(text="", kind="forgotten", fault="")
    )
    await tx.connection.execute(
        delete(ConsentRecord).where(ConsentRecord.conversation_id.in_(chats))
    )
    for chat in chats:
        await Conversations().remember(tx, chat, Talk())
    rows = await tx.connection.execute(
        select(row.id).where(or_(row.id == person, row.same_as == person))
    )
    await Answers().forget(tx, list(rows.scalars()))
    await tx.connection.execute(
        update(row)
        .where(or_(row.id == person, row.same_as == person))
        .values(unit="", language="", forgotten_at=at)
    )


async def remove_forgotten(database: Database, *, before: datetime) -> int:
    """Delete the rows of people who were forgotten before that time (UTC); return how many."""
    row = PersonRecord
    async with database.begin() as tx:
        done = await tx.connection.execute(delete(row).where(row.forgotten_at < before))
        return done.rowcount


async def _conversations(tx: Transaction, person: int) -> list[int]:
    talk, row = ConversationRecord, PersonRecord
    found = await tx.connection.execute(
        select(talk.id)
        .join(row, row.id == talk.person_id)
        .where(or_(row.id == person, row.same_as == person))
        .order_by(talk.id)
    )
    return list(found.scalars())
