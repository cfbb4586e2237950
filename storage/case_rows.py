"""Cases with all that was said and happened, page by page, for exports: three queries each more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from storage.case_history import CaseEventRecord, Happened
from storage.case_lists import CaseLists, Sight
from storage.case_records import Case, CaseWordsRecord, Side
from storage.database import Transaction
from storage.files import FileRecord


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case; what its villager said and what officials answered, in their order; when it was
    first answered (UTC), how often it was opened again, how many files its villager sent, and what
    they said last of an answer, also where they opened it again because of that."""

    case: Case
    villager: tuple[str, ...]
    answers: tuple[str, ...]
    first_answered_at: datetime | None
    reopened: int
    files: int
    understood: bool | None
    satisfied: bool | None


async def case_rows(
    tx: Transaction,
    sight: Sight,
    *,
    units: Collection[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> AsyncIterator[CaseRow]:
    """All cases that came in from `since` to before `until` (UTC), the oldest first."""
    async for page in CaseLists().pages(tx, sight, units=units, since=since, until=until):
        for row in await rows_of(tx, page):
            yield row


async def rows_of(tx: Transaction, page: Sequence[Case]) -> list[CaseRow]:
    """These cases in their order, with all that was said and happened."""
    words, event = CaseWordsRecord, CaseEventRecord
    counted = (Happened.ANSWERED, Happened.REOPENED, Happened.RATED)
    numbers = [case.id for case in page]
    said = await tx.connection.execute(
        select(words.case_id, words.side, words.text)
        .where(words.case_id.in_(numbers), words.side != Side.NOTE)
        .order_by(words.id)
    )
    texts: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for case_id, side, text in said:
        texts[case_id, side].append(text)
    happened = await tx.connection.execute(
        select(event.case_id, event.what, event.at, event.detail)
        .where(event.case_id.in_(numbers), event.what.in_(counted))
        .order_by(event.id)
    )
    times: defaultdict[tuple[int, str], list[datetime]] = defaultdict(list)
    ratings: dict[int, str] = {}
    for case_id, what, at, detail in happened:
        times[case_id, what].append(at)
        if what == Happened.RATED:
            ratings[case_id] = detail
    counted_files = await tx.connection.execute(
        select(FileRecord.case_id, func.count())
        .where(FileRecord.case_id.in_(numbers), FileRecord.words_id.is_(None))
        .group_by(FileRecord.case_id)
    )
    files = dict(counted_files.all())
    rows = []
    for case in page:
        answered = times[case.id, Happened.ANSWERED]
        rated = ratings.get(case.id, "")
        understood, satisfied = _rated(rated, "understood"), _rated(rated, "satisfied")
        rows.append(
            CaseRow(
                case,
                villager=tuple(texts[case.id, Side.VILLAGER]),
                answers=tuple(texts[case.id, Side.OFFICIAL]),
                first_answered_at=answered[0] if answered else None,
                reopened=len(times[case.id, Happened.REOPENED]),
                files=files.get(case.id, 0),
                understood=case.understood if understood is None else understood,
                satisfied=case.satisfied if satisfied is None else satisfied,
            )
        )
    return rows


def _rated(detail: str, key: str) -> bool | None:
    """One of the values of a rating in the history; None where it was not told.

    Ratings of earlier versions have only names of what was told, not what: those tell nothing.
    """
    told = dict(part.partition("=")[::2] for part in detail.split(", "))
    return {"yes": True, "no": False}.get(told.get(key, ""))
