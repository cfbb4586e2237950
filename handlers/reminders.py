"""Reminders: who has to be told that an answer is due, and which answers nobody objected to.

The clock only wakes it; what was done stands in the cases' history, so nothing is done twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.casework import Casework
from handlers.errands import VIETNAM
from handlers.working_days import WorkingDays
from storage.case_history import Happened, History
from storage.case_lists import PAGE, CaseLists
from storage.case_records import Case, CaseState, Changed, Refused
from storage.cases import Cases
from storage.database import Database

HELD, TOLD, ASKED = "held", "told", "asked"


@dataclass(frozen=True, slots=True)
class Due:
    """One kind of reminder: for what is due from and before when, and whether who leads gets it."""

    detail: str
    before: datetime
    since: datetime | None = None
    chair: bool = False
    held: bool = False


class Reminders:
    """Reminds officials on working days, while offices are open, and tells them of the night."""

    def __init__(
        self,
        *,
        database: Database,
        casework: Casework,
        days: WorkingDays,
        chair_after: timedelta,
        close_after: timedelta,
        remind_asked: timedelta,
        close_asked: timedelta,
    ) -> None:
        """`chair_after` the due time who leads is told; `close_after` an answer its case closes.

        `remind_asked` and `close_asked` are counted from when a villager was asked for more.
        """
        self._database = database
        self._casework = casework
        self._days = days
        self._chair_after = chair_after
        self._close_after = close_after
        self._remind_asked = remind_asked
        self._close_asked = close_asked
        self._cases = Cases()
        self._lists = CaseLists()
        self._history = History()

    async def run(self, now: datetime) -> int:
        """Do what is to be done at that time (UTC); return how many cases it was done for, and how
        many officials were told in the morning of their night."""
        done = await self._casework.good_morning(self._database, now)
        if not self._days.at_work(now):
            return done
        for due in self._dues(now):
            told: set[str] = set()  # that held ones are late is told once a unit, not case by case
            async for case in self._waiting(due):
                quiet = due.held and case.unit in told
                if await self._remind(case, due, now, quiet=quiet):
                    done += 1
                    told.add(case.unit)
        async for case in self._waiting(Due(TOLD, now)):
            done += await self._tell_villager(case, now)
        done += await self._asked(now)
        return done + await self._close(now)

    def _dues(self, now: datetime) -> tuple[Due, ...]:
        soon = self._days.end_of_next(now) + timedelta(seconds=1)
        ever = now + timedelta(days=3650)
        return (
            Due("soon", soon, since=now),
            Due("late", now),
            Due("chair", now - self._chair_after, chair=True),
            Due(HELD, ever, held=True),
            Due("late", now, held=True),
        )

    async def _waiting(self, due: Due) -> AsyncIterator[Case]:
        last = 0
        while True:
            async with self._database.read() as tx:
                page = await self._lists.to_remind(
                    tx, due.detail, due_before=due.before, due_from=due.since, held=due.held,
                    above=last,
                )  # fmt: skip
            for case in page:
                yield case
            if len(page) < PAGE:
                return
            last = page[-1].id

    async def _remind(self, case: Case, due: Due, now: datetime, *, quiet: bool) -> bool:
        """Remind of one, unless another clock did, or there is nobody to remind; `quiet` only
        notes it."""
        if due.detail == "soon" and _day(case.received_at) == _day(now):
            return False  # they were told today
        async with self._database.begin() as tx:
            await self._cases.get(tx, case.id, lock=True)
            found = await self._lists.to_remind(
                tx, due.detail, due_before=due.before, due_from=due.since, held=due.held,
                only=case.id,
            )  # fmt: skip
            if not found:
                return False
            key = f"official.due.{due.detail}"
            if due.detail == HELD:
                return await self._casework.remind_of_held(tx, found[0], key=key, at=now)
            told = quiet or await self._casework.remind(
                tx, found[0], chair=due.chair, key=key, at=now
            )
            if told:
                await self._history.note(tx, case.id, Happened.REMINDED, at=now, detail=due.detail)
        return bool(told)

    async def _tell_villager(self, case: Case, now: datetime) -> bool:
        """Tell them once that nobody answered in time, unless another clock did."""
        async with self._database.begin() as tx:
            await self._cases.get(tx, case.id, lock=True)
            found = await self._lists.to_remind(tx, TOLD, due_before=now, only=case.id)
            for late in found:
                await self._casework.tell_late(tx, late, at=now)
                await self._history.note(tx, late.id, Happened.REMINDED, at=now, detail=TOLD)
        return bool(found)

    async def _asked(self, now: datetime) -> int:
        """Close what a villager was asked long ago, remind them of the rest; how many cases."""
        done = 0
        for before, unless in ((now - self._close_asked, ""), (now - self._remind_asked, ASKED)):
            async with self._database.read() as tx:
                silent = await self._lists.unanswered_since(tx, before, unless=unless)
            for old in silent:
                async with self._database.begin() as tx:
                    await self._cases.get(tx, old.id, lock=True)
                    found = await self._lists.unanswered_since(
                        tx, before, unless=unless, only=old.id
                    )
                    for case in found:
                        if unless:
                            await self._casework.remind_asked(tx, case, at=now)
                            await self._history.note(
                                tx, case.id, Happened.REMINDED, at=now, detail=ASKED
                            )
                        else:
                            await self._casework.close_asked(tx, case, at=now)
                    done += len(found)
        return done

    async def _close(self, now: datetime) -> int:
        """Close what was answered long ago and nobody objected to."""
        async with self._database.read() as tx:
            answered = await self._lists.answered_before(tx, now - self._close_after)
        closed = 0
        for old in answered:
            async with self._database.begin() as tx:
                case = await self._cases.get(tx, old.id, lock=True)
                if case is None or (case.state, case.version) != (CaseState.ANSWERED, old.version):
                    continue
                with contextlib.suppress(Refused, Changed):
                    await self._casework.close(tx, case, by=None, at=now)
                    closed += 1
        return closed


def _day(at: datetime) -> object:
    return at.astimezone(VIETNAM).date()
