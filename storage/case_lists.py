"""Lists of cases: what waits for whom, what is due, filtered and paged by key. It changes nothing.

Who sees what is one rule here, `sees`, for every list, console and export.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from storage.case_groups import CaseGroupRecord
from storage.case_history import CaseEventRecord, Happened
from storage.case_records import (
    OPEN,
    WAITING,
    Case,
    CaseKind,
    CaseRecord,
    CaseState,
    CaseWordsRecord,
    Side,
    as_case,
    cases,
)
from storage.database import Transaction

PAGE = 500

BEGINNINGS = (Happened.RECEIVED, Happened.REOPENED, Happened.ADDED, Happened.MOVED)
"""From these on a case waits anew, for whom it then lies with, and is reminded of anew."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What an official may see: cases of these units (None: of all); complaints, and what is held
    back, if they lead."""

    units: frozenset[str] | None
    leads: bool

    def covers(self, case: Case) -> bool:
        """Whether this case is among them."""
        inside = self.units is None or case.unit in self.units
        open_to_all = case.kind is not CaseKind.COMPLAINT and not case.quarantine
        return inside and (self.leads or open_to_all)


EVERYTHING = Sight(None, leads=True)


def sees(sight: Sight) -> ColumnElement[bool]:
    """The rule of `Sight.covers`, for a query."""
    row = CaseRecord
    inside = true() if sight.units is None else row.unit.in_(sight.units)
    if sight.leads:
        return inside
    return and_(inside, row.kind != CaseKind.COMPLAINT, row.quarantine == "")


class CaseLists:
    """The book of lists."""

    async def waiting(
        self, tx: Transaction, sight: Sight, *, official: int | None = None, at_most: int = 50
    ) -> list[Case]:
        """What an official has to do, the soonest due first; with `official`, only what is theirs
        or nobody's. What is held back is not among it."""
        row = CaseRecord
        query = cases(sees(sight), row.state.in_(WAITING), row.quarantine == "")
        if official is not None:
            query = query.where(or_(row.official_id == official, row.official_id.is_(None)))
        rows = await tx.connection.execute(query.order_by(row.due_at, row.id).limit(at_most))
        return [as_case(found) for found in rows]

    async def asked_back(self, tx: Transaction, sight: Sight, *, at_most: int = 50) -> list[Case]:
        """What waits for its villager to say more, the oldest first."""
        row = CaseRecord
        rows = await tx.connection.execute(
            cases(sees(sight), row.state == CaseState.NEEDS_INFORMATION)
            .order_by(row.id)
            .limit(at_most)
        )
        return [as_case(found) for found in rows]

    async def unanswered_since(
        self, tx: Transaction, before: datetime, *, unless: str = "", only: int | None = None
    ) -> list[Case]:
        """What was asked back before that time (UTC) and still waits for its villager; with
        `unless`, only that of which nobody was reminded in this way since."""
        row, event = CaseRecord, CaseEventRecord
        asked = (
            select(func.max(event.id))
            .where(event.case_id == row.id, event.what == Happened.ASKED_BACK)
            .correlate(row)
            .scalar_subquery()
        )
        query = cases(
            row.state == CaseState.NEEDS_INFORMATION,
            select(event.id).where(event.id == asked, event.at < before).correlate(row).exists(),
        )
        if unless:
            reminded = select(event.id).where(
                event.case_id == row.id, event.id > asked,
                event.what == Happened.REMINDED, event.detail == unless,
            )  # fmt: skip
            query = query.where(~reminded.correlate(row).exists())
        if only is not None:
            query = query.where(row.id == only)
        rows = await tx.connection.execute(query.order_by(row.id).limit(PAGE))
        return [as_case(found) for found in rows]

    async def held_back(self, tx: Transaction, sight: Sight, *, at_most: int = 50) -> list[Case]:
        """What waits in quarantine for a person to look at, the oldest first."""
        row = CaseRecord
        rows = await tx.connection.execute(
            cases(sees(sight), row.quarantine != "", row.state.in_(WAITING))
            .order_by(row.id)
            .limit(at_most)
        )
        return [as_case(found) for found in rows]

    async def openings(
        self, tx: Transaction, sight: Sight, numbers: Collection[int]
    ) -> dict[int, str]:
        """What these cases begin with, in the villager's words, by the case's number."""
        row, words = CaseRecord, CaseWordsRecord
        first = (
            select(func.min(words.id))
            .where(words.side == Side.VILLAGER, words.case_id.in_(numbers))
            .group_by(words.case_id)
        )
        rows = await tx.connection.execute(
            select(words.case_id, words.text)
            .join(row, row.id == words.case_id)
            .where(words.id.in_(first), sees(sight))
        )
        return {found.case_id: found.text for found in rows}

    async def beside(
        self, tx: Transaction, sight: Sight, case: Case, *, at_most: int = 100
    ) -> list[int]:
        """The numbers of other open cases of the unit, the newest first: among them may be some
        that say the same. Whose they are decides nothing: what is left out would tell that two
        cases, one of them without a name, are one person's. Complaints about somebody are by
        themselves, and what was answered with a group is no more among them.
        """
        row = CaseRecord
        unanswered = select(CaseGroupRecord.id).where(CaseGroupRecord.published_at.is_(None))
        rows = await tx.connection.execute(
            select(row.id)
            .where(
                sees(sight), row.unit == case.unit, row.id != case.id,
                row.state.in_(OPEN), row.quarantine == "",
                (row.kind == CaseKind.COMPLAINT) == (case.kind is CaseKind.COMPLAINT),
                or_(row.group_id.is_(None), row.group_id.in_(unanswered)),
            )
            .order_by(row.id.desc())
            .limit(at_most)
        )  # fmt: skip
        return list(rows.scalars())

    async def overdue(self, tx: Transaction, sight: Sight, now: datetime) -> int:
        """How many cases should have been answered before `now` (UTC); held back ones too."""
        row = CaseRecord
        count = await tx.connection.execute(
            select(func.count()).where(sees(sight), row.state.in_(WAITING), row.due_at < now)
        )
        return int(count.scalar_one())

    async def count_waiting(self, tx: Transaction, sight: Sight) -> int:
        """How many wait for an official; held back ones do not."""
        row = CaseRecord
        count = await tx.connection.execute(
            select(func.count()).where(sees(sight), row.state.in_(WAITING), row.quarantine == "")
        )
        return int(count.scalar_one())

    async def to_remind(
        self,
        tx: Transaction,
        detail: str,
        *,
        due_before: datetime,
        due_from: datetime | None = None,
        held: bool = False,
        only: int | None = None,
        above: int = 0,
        at_most: int = PAGE,
    ) -> list[Case]:
        """What is due before that time (UTC), still waits, and for which nobody was reminded in
        this way since it last began to wait, by number.

        `due_from` leaves out what was due before it; `held` asks for what is held back, and for
        nothing else; `only` is one case's number; `above` the last number of the page before.
        """
        row, event = CaseRecord, CaseEventRecord
        began = (
            select(func.max(event.id))
            .where(
                event.case_id == row.id,
                event.what.in_(BEGINNINGS),
            )
            .correlate(row)
            .scalar_subquery()
        )
        reminded = (
            select(event.id)
            .where(
                event.case_id == row.id,
                event.what == Happened.REMINDED,
                event.detail == detail,
                event.id > began,
            )
            .correlate(row)
            .exists()
        )
        query = cases(row.state.in_(WAITING), row.due_at < due_before, row.id > above, ~reminded)
        query = query.where(row.quarantine != "" if held else row.quarantine == "")
        if due_from is not None:
            query = query.where(row.due_at >= due_from)
        if only is not None:
            query = query.where(row.id == only)
        rows = await tx.connection.execute(query.order_by(row.id).limit(at_most))
        return [as_case(found) for found in rows]

    async def answered_before(
        self, tx: Transaction, before: datetime, *, at_most: int = PAGE
    ) -> list[Case]:
        """What was answered before that time (UTC) and nobody closed or reopened."""
        row = CaseRecord
        rows = await tx.connection.execute(
            cases(row.state == CaseState.ANSWERED, row.answered_at < before)
            .order_by(row.id)
            .limit(at_most)
        )
        return [as_case(found) for found in rows]

    async def pages(
        self,
        tx: Transaction,
        sight: Sight,
        *,
        units: Collection[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncIterator[list[Case]]:
        """All cases that were received from `since` to before `until` (UTC), in pages, the oldest
        first, so that a long list never stands in memory as a whole."""
        last = 0
        while page := await self.above(
            tx, sight, last, units=units, since=since, until=until, at_most=PAGE
        ):
            yield page
            if len(page) < PAGE:
                return
            last = page[-1].id

    async def above(
        self,
        tx: Transaction,
        sight: Sight,
        number: int,
        *,
        units: Collection[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        kind: CaseKind | None = None,
        at_most: int,
    ) -> list[Case]:
        """The next of them after the case of that number."""
        row = CaseRecord
        query = cases(sees(sight), row.id > number)
        if units is not None:
            query = query.where(row.unit.in_(units))
        if since is not None:
            query = query.where(row.received_at >= since)
        if until is not None:
            query = query.where(row.received_at < until)
        if kind is not None:
            query = query.where(row.kind == kind)
        rows = await tx.connection.execute(query.order_by(row.id).limit(at_most))
        return [as_case(found) for found in rows]
