"""What the API lists: cases, questions without an answer, notices, numbers and units. It changes
nothing but the audit log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from handlers.errands import VIETNAM
from handlers.exports import Columns
from handlers.staff.api_answers import (
    AccountAnswer,
    CaseAnswer,
    CaseEventAnswer,
    CasePage,
    CaseWithHistory,
    NoticeAnswer,
    NoticePage,
    NoticeWithAccount,
    TallyAnswer,
    TallyAnswers,
    UnansweredAnswer,
    UnansweredPage,
    UnitAnswer,
    UnitAnswers,
    local,
    local_or_none,
)
from handlers.staff.api_door import ApiDoor, Caller, role_lacks
from handlers.staff.api_problems import nothing_there
from handlers.staff.api_queries import (
    CaseQuery,
    NoticeQuery,
    Query,
    TallyQuery,
    UnansweredQuery,
    beginning,
    ending,
)
from handlers.staff.api_route import Asked
from handlers.staff.case_list import read_mark, written_mark
from handlers.staff.staff import Right
from handlers.units import Units
from storage.broadcast_outcomes import account_of
from storage.broadcast_pages import broadcast_page
from storage.broadcast_records import OPEN, Broadcast, NoBroadcast, Phase, read
from storage.case_history import History
from storage.case_records import WAITING
from storage.case_rows import CaseRow, rows_of
from storage.case_search import CaseSearch, Mark, Wanted
from storage.cases import Cases
from storage.database import Database
from storage.public_numbers import FEWEST
from storage.tallies import Tallies
from storage.unanswered import Unanswered

DAYS_BACK = timedelta(days=30)


class ApiReading:
    """Answers what is asked."""

    def __init__(
        self,
        *,
        door: ApiDoor,
        database: Database,
        units: Units,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._units = units
        self._clock = clock
        self._cases = Cases()
        self._search = CaseSearch()
        self._history = History()
        self._unanswered = Unanswered()
        self._tallies = Tallies()

    async def cases(self, asked: Asked[CaseQuery]) -> CasePage:
        """A page of them, the one that is due last first."""
        query, now = asked.query, self._clock()
        units = self._door.units_of(asked.caller, query.unit)
        states = frozenset({query.state}) if query.state else None
        if query.waiting:
            states = WAITING if states is None else states & WAITING
        wanted = Wanted(
            states=states,
            kind=query.kind,
            units=units,
            overdue=query.late,
            platform=query.platform or "",
            since=beginning(query.received_from),
            until=ending(query.received_to),
            due_since=beginning(query.due_from),
            due_until=ending(query.due_to),
        )
        after = read_mark(query.cursor or "")
        async with self._database.read() as tx:
            page = await self._search.page(
                tx, asked.caller.sight, wanted, now=now, after=after, at_most=query.limit + 1
            )
            rows = await rows_of(tx, page[: query.limit])
        last = page[query.limit - 1] if len(page) > query.limit else None
        return CasePage(
            items=await self._told(rows),
            next=written_mark(Mark(last.due_at, last.id)) if last else None,
        )

    async def case(self, asked: Asked[Query]) -> CaseWithHistory:
        """One case. Raises Problem."""
        async with self._database.read() as tx:
            case = await self._cases.get(tx, asked.number)
            if case is None or not asked.caller.sight.covers(case):
                raise nothing_there("such case", noted=f"case {case.id} is not its" if case else "")
            rows = await rows_of(tx, [case])
            history = await self._history.of(tx, case.id)
        await self._door.note_case(asked.caller, case)
        [told] = await self._told(rows)
        events = [CaseEventAnswer(at=local(event.at), what=event.what) for event in history]
        return CaseWithHistory(**told.model_dump(), history=events)

    async def unanswered(self, asked: Asked[UnansweredQuery]) -> UnansweredPage:
        """A page of them, the newest first."""
        query = asked.query
        units = self._door.units_of(asked.caller, query.unit)
        async with self._database.read() as tx:
            found = await self._unanswered.open(
                tx, units=units, below=query.cursor, at_most=query.limit + 1
            )
        items = [
            UnansweredAnswer(
                id=one.id, unit=one.unit, text=one.text, kind=one.kind, guess=one.guess,
                asked_at=local(one.asked_at),
            )
            for one in found[: query.limit]
        ]  # fmt: skip
        return UnansweredPage(items=items, next=_next([one.id for one in found], query.limit))

    async def notices(self, asked: Asked[NoticeQuery]) -> NoticePage:
        """A page of them, the newest first; what is handed in and not approved yet for those who
        write notices. Raises Problem."""
        query, caller = asked.query, asked.caller
        units = self._door.units_of(caller, query.unit)
        phases = _phases(caller)
        if query.state and query.state not in phases:
            raise role_lacks(caller.key, f"notices that are in the state {query.state.value}")
        async with self._database.read() as tx:
            found = await broadcast_page(
                tx,
                phases=[query.state] if query.state else phases,
                units=units,
                below=query.cursor,
                at_most=query.limit + 1,
            )
        return NoticePage(
            items=[NoticeAnswer.model_validate(_notice(one)) for one in found[: query.limit]],
            next=_next([one.id for one in found], query.limit),
        )

    async def notice(self, asked: Asked[Query]) -> NoticeWithAccount:
        """One notice and what became of it. Raises Problem."""
        caller = asked.caller
        async with self._database.read() as tx:
            try:
                found = await read(tx, asked.number)
            except NoBroadcast:
                raise nothing_there("such notice") from None
            if not caller.covers(found.draft.unit):
                raise nothing_there("such notice", noted=f"notice {found.id} is not its")
            if found.phase not in _phases(caller):
                raise nothing_there("such notice", noted=f"notice {found.id} is not approved yet")
            account = await account_of(tx, found.id)
        told = AccountAnswer(
            **{name: getattr(account, name) for name in AccountAnswer.model_fields}
        )
        return NoticeWithAccount.model_validate(_notice(found) | {"account": told})

    async def tallies(self, asked: Asked[TallyQuery]) -> TallyAnswers:
        """Numbers of some days; of fewer than five it is not told how many."""
        query = asked.query
        last = query.day_to or self._clock().astimezone(VIETNAM).date()
        first = query.day_from or (last - DAYS_BACK if last > date.min + DAYS_BACK else date.min)
        units = self._door.units_of(asked.caller, query.unit)
        async with self._database.read() as tx:
            sums = await self._tallies.sums(tx, first=first, last=last, units=units)
        items = [
            TallyAnswer(
                unit=one.unit, what=one.what, topic=one.topic,
                many=one.many if one.many >= FEWEST else None,
            )
            for one in sums
            if query.what in {None, one.what} and query.topic in {None, one.topic}
        ]  # fmt: skip
        return TallyAnswers(day_from=first.isoformat(), day_to=last.isoformat(), items=items)

    async def units(self, asked: Asked[Query]) -> UnitAnswers:
        """Those that the key sees."""
        theirs = [unit for unit in self._units if asked.caller.covers(unit.code)]
        return UnitAnswers(
            items=[UnitAnswer(code=u.code, name=u.name, parent=u.parent) for u in theirs]
        )

    async def _told(self, rows: Sequence[CaseRow]) -> list[CaseAnswer]:
        # Masking takes milliseconds a text, for which nobody else should have to wait.
        return await asyncio.to_thread(self._masked, rows)

    def _masked(self, rows: Sequence[CaseRow]) -> list[CaseAnswer]:
        columns = Columns(unit_name=self._unit_name, now=self._clock())
        told = []
        for row in rows:
            values = [
                local(value) if isinstance(value, datetime) else value
                for value in columns.values(row)
            ]
            told.append(CaseAnswer.model_validate(dict(zip(Columns.NAMES, values, strict=True))))
        return told

    def _unit_name(self, code: str) -> str:
        unit = self._units.get(code)
        return unit.name if unit else ""


def _phases(caller: Caller) -> list[Phase]:
    """The states of notices that it sees: a draft is its author's alone."""
    hidden = {Phase.DRAFT} if caller.has(Right.NOTICE) else set(OPEN)
    return [phase for phase in Phase if phase not in hidden]


def _notice(one: Broadcast) -> dict[str, object]:
    draft = one.draft
    return {
        "id": one.id,
        "state": one.phase,
        "unit": draft.unit,
        "only_unit": draft.only_unit,
        "purpose": draft.purpose,
        "emergency": draft.emergency,
        "text": draft.headline,
        "cards": list(draft.cards),
        "language": draft.language,
        "takes_back": draft.takes_back,
        "due_at": local_or_none(draft.due_at),
        "approved_at": local_or_none(one.approved_at),
        "started_at": local_or_none(one.started_at),
        "ended_at": local_or_none(one.ended_at),
    }


def _next(numbers: Sequence[int], limit: int) -> int | None:
    """The place where the next page begins."""
    return numbers[limit - 1] if len(numbers) > limit else None
