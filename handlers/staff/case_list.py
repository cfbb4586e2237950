"""The list of cases: filtered, counted by state, searched by words with or without their marks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiohttp import web

from content.languages import Language
from content.redaction import redact
from content.screens import shorten
from content.texts import Texts
from handlers.casework import Casework
from handlers.staff.case_bulk import DEEDS
from handlers.staff.case_query import EXPORT, STATES, Query, has_words
from handlers.staff.case_view import day
from handlers.staff.door import Door
from handlers.staff.live import Live
from handlers.staff.staff import Staff
from handlers.staff.unit_choice import Offered
from handlers.units import Units
from storage.case_groups import CaseGroups
from storage.case_history import History
from storage.case_lists import Sight
from storage.case_records import Case, CaseKind, CaseState
from storage.case_search import CaseSearch, Counts, Mark, Wanted
from storage.cases import Cases
from storage.database import Database, Transaction
from storage.officials import Official, Officials

PAGE = 30
SHOWN = 200
ROUNDS = 10
"""So many pages are looked through for words that are not masked; then the next one is offered."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Link:
    """A choice of the list with how many cases it has."""

    words: str
    address: str
    current: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A case in the list."""

    id: int
    version: int
    label: str
    state: str
    due: str
    late: bool
    held: bool
    unit: str
    hands: str
    group: int
    group_title: str
    text: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a page's cases: who has which in hand, and the titles of their groups."""

    names: Mapping[int, str]
    groups: Mapping[int, str]


class CaseList:
    """Shows the list; it changes nothing."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        casework: Casework,
        live: Live,
        platforms: Sequence[str],
        texts: Texts,
        units: Units,
        clock: Callable[[], datetime],
    ) -> None:
        """`platforms` are those on which cases may come."""
        self._door = door
        self._live = live
        self._platforms = platforms
        self._database = database
        self._casework = casework
        self._texts = texts
        self._units = units
        self._clock = clock
        self._cases = Cases()
        self._search = CaseSearch()
        self._groups = CaseGroups()
        self._history = History()

    async def show(self, request: web.Request) -> web.Response:
        """One page of the list."""
        staff = await self._door.staff(request)
        theirs = [unit for unit in self._units if staff.covers(unit.code)]
        query, now = Query.of(request.query, theirs), self._clock()
        sight = self._casework.sight(staff.official)
        hidden, wanted = query.hidden, query.wanted(self._units)
        async with self._database.read() as tx:
            news = await self._history.mark(tx, now=now)
            counts = await self._search.counts(tx, sight, wanted, now=now)
            if hidden:
                rows, last = list[Row](), None
            else:
                rows, last = await self._rows(
                    tx, sight, wanted, read_mark(request.query.get("after", "")), now
                )
            named = await self._named(tx, staff, query.q)
            colleagues = [one for one in await self._around(tx, staff) if one.id != staff.id]
        query = query.shown()
        return self._door.page(
            "cases.html",
            staff=staff,
            rows=rows,
            links=self._links(query, counts),
            query=query,
            narrowed=query.narrowed,
            back=query.address(after=request.query.get("after", "")),
            deeds=[(deed, self._texts(f"staff.bulk.{deed}")) for deed in DEEDS],
            live=self._live.address(news, query=query, shown=[row.id for row in rows]),
            colleagues=colleagues,
            channels=[(p, self._texts(f"staff.accounts.platform.{p}")) for p in self._platforms],
            languages=[(one.value, self._texts(f"language.{one}")) for one in Language],
            all_topics=query.address(topic=""),
            export=query.address(EXPORT) if not hidden else "",
            hidden=hidden,
            named=named,
            more=query.address(after=written_mark(last)) if last else "",
            begins="after" not in request.query,
            first=query.address(),
            kinds=[(kind.value, self._texts(f"case.kind.{kind}")) for kind in CaseKind],
            units=Offered.of(theirs, self._texts("staff.cases.every_unit")),
            notice=self._texts("staff.cases.moved_away") if "moved" in request.query else "",
        )

    async def _rows(
        self,
        tx: Transaction,
        sight: Sight,
        wanted: Wanted,
        mark: Mark | None,
        now: datetime,
    ) -> tuple[list[Row], Mark | None]:
        """A page from that place on, and where the next one begins."""
        rows: list[Row] = []
        for _ in range(ROUNDS):
            page = await self._search.page(tx, sight, wanted, now=now, after=mark, at_most=PAGE + 1)
            said = await self._search.texts(tx, [case.id for case in page])
            beside = await self._beside(tx, page)
            # Masking takes milliseconds a text, for which nobody else should have to wait.
            found = await asyncio.to_thread(self._found, page, said, beside, wanted.words, now)
            for case, row in zip(page, found, strict=True):
                if len(rows) == PAGE:
                    return rows, mark
                if row is not None:
                    rows.append(row)
                mark = Mark(case.due_at, case.id)
            if len(page) <= PAGE:
                return rows, None
        return rows, mark

    async def _beside(self, tx: Transaction, page: Sequence[Case]) -> Beside:
        hands = {case.official for case in page if case.official is not None}
        groups = {case.group for case in page if case.group is not None}
        return Beside(
            await self._casework.names(tx, hands) if hands else {},
            await self._groups.titles(tx, groups) if groups else {},
        )

    async def _around(self, tx: Transaction, staff: Staff) -> list[Official]:
        """Who may have in hand what they see: who answers for their unit, below it and above."""
        above = {"", *(unit.code for unit in self._units.line(staff.unit))}
        return [
            one
            for one in await Officials().all(tx)
            if one.answers and (staff.covers(one.unit) or one.unit in above)
        ]

    def _found(
        self,
        page: Sequence[Case],
        said: Mapping[int, Sequence[str]],
        beside: Beside,
        words: Sequence[str],
        now: datetime,
    ) -> list[Row | None]:
        """A row of each case, or None where the words are only in what is masked."""
        return [
            self._row(case, said.get(case.id, ()), beside, now)
            if not words or has_words(said.get(case.id, ()), words)
            else None
            for case in page
        ]

    def _row(self, case: Case, texts: Sequence[str], beside: Beside, now: datetime) -> Row:
        unit = self._units.get(case.unit)
        return Row(
            id=case.id,
            version=case.version,
            label=self._casework.label(case, self._texts),
            state=self._texts(f"official.state.{case.state}"),
            due=day(case.due_at),
            late=case.overdue(now),
            held=bool(case.quarantine) and case.waiting,
            unit=unit.name if unit else "",
            hands=beside.names.get(case.official or -1, ""),
            group=case.group or 0,
            group_title=redact(beside.groups.get(case.group or 0, "")),
            text=shorten(" ".join(redact(texts[0]).split()), SHOWN) if texts else "",
        )

    def _links(self, query: Query, counts: Counts) -> list[Link]:
        """All, then each state, then what is overdue and what is held back."""
        none = {"state": "", "overdue": "", "held": ""}

        def link(key: str, count: int, **chosen: str) -> Link:
            want = none | chosen
            return Link(
                self._texts(key, count=count),
                query.address(**want),
                all(getattr(query, name) == value for name, value in want.items()),
            )

        def of(states: Iterable[CaseState]) -> int:
            return sum(counts.states.get(state, 0) for state in states)

        return [
            link("staff.cases.all", of(CaseState)),
            *(
                link(f"staff.cases.state.{name}", of(states), state=name)
                for name, states in STATES.items()
            ),
            link("staff.cases.overdue", counts.overdue, overdue="1"),
            link("staff.cases.held", counts.held, held="1"),
        ]

    async def _named(self, tx: Transaction, staff: Staff, typed: str) -> Case | None:
        """The case whose number was typed in place of words."""
        if not (typed.isascii() and typed.isdecimal() and len(typed) < 10):
            return None
        case = await self._cases.get(tx, int(typed))
        return case if case and self._casework.sees(staff.official, case) else None


def written_mark(mark: Mark) -> str:
    """A place in the list, as an address holds it."""
    return f"{(mark.due_at - _EPOCH) // timedelta(microseconds=1)}.{mark.id}"


def read_mark(written: str) -> Mark | None:
    """The place that our own page wrote into the address; None for anything else."""
    due, _, number = written.partition(".")
    if not all(part.isascii() and part.isdecimal() and len(part) < 18 for part in (due, number)):
        return None
    try:
        return Mark(_EPOCH + timedelta(microseconds=int(due)), int(number))
    except OverflowError:
        return None
