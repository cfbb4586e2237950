"""What is forgotten of cases: words, places, names and the way back go; numbers and dates stay.

A case is counted in reports for years, but who said what is kept no longer than it is needed:
until its villager deletes their data, or for a while after it ended. The history has no words.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update

from storage.case_history import Happened, History
from storage.case_records import OPEN, CaseRecord, CaseState, CaseWordsRecord
from storage.cases import Cases
from storage.database import Database, Transaction
from storage.drafts import DraftRecord
from storage.files import FileRecord
from storage.official_drafts import OfficialDraftRecord
from storage.unanswered import UnansweredRecord

CHUNK = 200
"""Cases changed in one transaction, so that nobody who writes waits for long."""


async def forget_words(tx: Transaction, cases: Collection[int], *, at: datetime) -> None:
    """Delete what was said in these cases and all that leads back to a villager.

    Their files belong to nobody from now on, so that their bytes are deleted soon; questions that
    no card answered name the case no more.
    """
    row, file = CaseRecord, FileRecord
    await tx.connection.execute(delete(CaseWordsRecord).where(CaseWordsRecord.case_id.in_(cases)))
    await tx.connection.execute(
        update(row)
        .where(row.id.in_(cases))
        .values(place="", name="", conversation_id=None, receipt_hash=None)
    )
    for also in (file, UnansweredRecord):
        await tx.connection.execute(
            update(also).where(also.case_id.in_(cases)).values(case_id=None)
        )
    for case in cases:
        await History().note(tx, case, Happened.FORGOTTEN, at=at)


async def forget_cases_of(tx: Transaction, conversation: int, *, at: datetime) -> None:
    """A villager deletes their data: what still waits is withdrawn, and all words go.

    No time tells that several cases went together, and so that they were one person's: each has
    the beginning of the month (UTC), or when it came in if that was later.
    """
    book, month = Cases(), at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = await book.of_conversation(tx, conversation, states=set(CaseState))
    for case in found:
        when = max(month, case.received_at)
        if case.state in OPEN:
            await book.withdraw(tx, case, at=when)
        await forget_words(tx, [case.id], at=when)
    await tx.connection.execute(
        delete(DraftRecord).where(DraftRecord.conversation_id == conversation)
    )


async def forget_ended_cases(database: Database, *, before: datetime, at: datetime) -> int:
    """Forget the words of cases that ended before that time (UTC); return how many cases."""
    row, words = CaseRecord, CaseWordsRecord
    here = select(words.id).where(words.case_id == row.id).exists()
    count = 0
    while True:
        async with database.begin() as tx:
            found = await tx.connection.execute(
                select(row.id).where(row.closed_at < before, here).order_by(row.id).limit(CHUNK)
            )
            cases = list(found.scalars())
            await forget_words(tx, cases, at=at)
        count += len(cases)
        if len(cases) < CHUNK:
            return count


async def forget_drafts(database: Database, *, before: datetime) -> int:
    """Delete what villagers and officials began to write and left before that time (UTC); return
    how many drafts."""
    async with database.begin() as tx:
        return sum(
            [
                (await tx.connection.execute(delete(row).where(row.touched_at < before))).rowcount
                for row in (DraftRecord, OfficialDraftRecord)
            ]
        )
