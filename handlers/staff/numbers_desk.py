"""The desk for numbers: what people ask, what waits, what they say of answers, and what went out,
of a unit and a time. Each number opens the list behind it, where there is one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from aiohttp import web

from content.library import Library
from content.texts import Texts
from handlers.casework import Casework
from handlers.charts import across, upright
from handlers.errands import VIETNAM
from handlers.numbers import (
    UnitLine,
    may_tell,
    rated_of,
    shares_of,
    topics_told,
    unit_lines,
    weeks_of,
)
from handlers.reporting import rated_by_topic
from handlers.staff.case_query import STATES, Query
from handlers.staff.chosen import Chosen, NotTheirs
from handlers.staff.door import Door
from handlers.staff.downloads import picture
from handlers.staff.staff import Staff
from handlers.units import Units
from storage.broadcast_records import begun
from storage.case_numbers import Ratings, UnitNumbers, numbers_by_unit, ratings, received_by_topic
from storage.case_records import CaseState
from storage.case_search import Wanted
from storage.database import Database, Transaction
from storage.notice_lists import NoticeLists, Sent
from storage.tallies import Asked, Tallies, Tally
from storage.unanswered import Unanswered

ADDRESS = "/staff/numbers"
PICTURES = ("topics", "weeks", "units")
MOST_TOPICS, MOST_UNITS, MOST_NOTICES = 12, 40, 8
SHARED = (Asked.ANSWERED, Asked.UNSURE, Asked.UNKNOWN, Asked.DANGER)


class NumbersDesk:
    """Shows them, with pictures that each have a table beside them."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        casework: Casework,
        unanswered: Unanswered,
        library: Library,
        texts: Texts,
        units: Units,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._casework = casework
        self._unanswered = unanswered
        self._library = library
        self._texts = texts
        self._units = units
        self._clock = clock
        self._tallies = Tallies()
        self._notice_lists = NoticeLists()

    async def show(self, request: web.Request) -> web.Response:
        """All of it, on one page."""
        staff, chosen = await self._asked(request)
        sight, wanted, now = (
            self._casework.sight(staff.official),
            self._wanted(chosen),
            self._clock(),
        )
        async with self._database.read() as tx:
            tallies = await self._sums(tx, chosen)
            weeks = await self._weeks(tx, chosen)
            topics = topics_told(tallies)[:MOST_TOPICS]
            of_topics = await received_by_topic(tx, sight, wanted, [slug for slug, _ in topics])
            cases = await numbers_by_unit(tx, sight, wanted, now=now)
            said = await ratings(tx, sight, wanted)
            notices = await self._notices(tx, chosen)
            open_questions = await self._unanswered.count(tx, units=wanted.units)
        query, shares, rated = self._query(chosen), shares_of(tallies), rated_by_topic(tallies)
        lines = self._lines(chosen, tallies, cases)
        return self._door.page(
            "numbers.html",
            staff=staff,
            status=422 if chosen.wrong else 200,
            shares=[
                (self._texts(f"report.asked.{what}"), shares.many.get(what, 0), shares.part(what))
                for what in SHARED
            ],
            questions=shares.questions,
            open_questions=open_questions,
            topics=[
                (
                    self._title(slug),
                    self._texts("staff.numbers.few") if many is None else many,
                    self._cell(rated.get(slug)),
                    of_topics.get(slug, 0),
                    query.address(topic=slug),
                )
                for slug, many in topics
            ],
            weeks=[(f"{week:%d/%m/%Y}", many) for week, many in weeks],
            states=self._states(cases.values(), query),
            lines=[(line, *self._links(line, chosen)) for line in lines],
            rated=[
                (self._texts(f"staff.numbers.{name}"), one, may_tell(one))
                for name, one in said.items()
            ],
            **self._machine(rated_of(tallies)),
            notices=notices,
            pictures={name: chosen.address(f"{ADDRESS}/{name}.svg") for name in PICTURES},
            said={
                "topics": self._said("topics", self._topic_bars(topics)),
                "weeks": self._said("weeks", [(f"{w:%d/%m/%Y}", n) for w, n in weeks]),
                "units": self._said("units", _bars(lines)),
            },
            report=chosen.address("/staff/report"),
            leads=staff.official.leads,
            **chosen.fields(ADDRESS, staff, self._units, self._texts, self._today()),
        )

    async def topics(self, request: web.Request) -> web.Response:
        """The picture of what is asked most."""

        async def rows(tx: Transaction, _: Staff, chosen: Chosen) -> list[tuple[str, int]]:
            found = topics_told(await self._sums(tx, chosen))[:MOST_TOPICS]
            return self._topic_bars(found)

        return await self._picture(request, "topics", rows, across)

    async def weeks(self, request: web.Request) -> web.Response:
        """The picture of questions week by week."""

        async def rows(tx: Transaction, _: Staff, chosen: Chosen) -> list[tuple[str, int]]:
            return [(f"{week:%d/%m/%Y}", many) for week, many in await self._weeks(tx, chosen)]

        return await self._picture(request, "weeks", rows, upright)

    async def units(self, request: web.Request) -> web.Response:
        """The picture of cases by unit."""

        async def rows(tx: Transaction, staff: Staff, chosen: Chosen) -> list[tuple[str, int]]:
            sight, wanted = self._casework.sight(staff.official), self._wanted(chosen)
            cases = await numbers_by_unit(tx, sight, wanted, now=self._clock())
            return _bars(self._lines(chosen, await self._sums(tx, chosen), cases))

        return await self._picture(request, "units", rows, across)

    async def _picture(
        self,
        request: web.Request,
        name: str,
        rows: Callable[[Transaction, Staff, Chosen], Awaitable[list[tuple[str, int]]]],
        draw: Callable[[Sequence[tuple[str, int]], str], bytes],
    ) -> web.Response:
        staff, chosen = await self._asked(request)
        async with self._database.read() as tx:
            bars = await rows(tx, staff, chosen)
        return picture(draw(bars, self._said(name, bars)))

    async def _asked(self, request: web.Request) -> tuple[Staff, Chosen]:
        staff = await self._door.staff(request)
        try:
            return staff, Chosen.of(request.query, staff, self._units, self._today())
        except NotTheirs as fault:
            raise self._door.gone(staff) from fault

    async def _sums(self, tx: Transaction, chosen: Chosen) -> list[Tally]:
        period, codes = chosen.period, self._codes(chosen)
        return await self._tallies.sums(tx, first=period.first, last=period.last, units=codes)

    async def _weeks(self, tx: Transaction, chosen: Chosen) -> list[tuple[date, int]]:
        first, last = chosen.period.first, chosen.period.last
        days = await self._tallies.by_day(tx, first=first, last=last, units=self._codes(chosen))
        return weeks_of(days, first, last)

    def _lines(
        self, chosen: Chosen, tallies: Sequence[Tally], cases: Mapping[str, UnitNumbers]
    ) -> list[UnitLine]:
        """What stands right below the unit, and the unit by itself."""
        below = self._units.inside(chosen.code)
        if not below:
            return []
        places = [(unit.code, unit.name, self._units.below(unit.code)) for unit in below]
        alone = (
            self._texts("staff.numbers.alone", unit=chosen.unit.name)
            if chosen.unit
            else self._texts("report.no_unit")
        )
        places.append(("", alone, frozenset({chosen.code})))
        return unit_lines(places, tallies, cases)[:MOST_UNITS]

    async def _notices(
        self, tx: Transaction, chosen: Chosen
    ) -> list[tuple[int, str, int, int, int]]:
        period = chosen.period
        found = await begun(tx, since=period.since, until=period.until, units=self._codes(chosen))
        shown = found[-MOST_NOTICES:][::-1]
        accounts = await self._notice_lists.sent(tx, [it.id for it in shown])
        lines = []
        for it in shown:
            account = accounts.get(it.id, Sent(0, 0))
            part = round(100 * account.sent / account.recipients) if account.recipients else 0
            lines.append((it.id, it.draft.headline, account.recipients, account.sent, part))
        return lines

    def _states(self, cases: Collection[UnitNumbers], query: Query) -> list[tuple[str, str]]:
        """All cases, then those of each state, as links to them."""

        def many(states: Iterable[CaseState]) -> int:
            return sum(one.states.get(state, 0) for one in cases for state in states)

        late, held = sum(one.overdue for one in cases), sum(one.held for one in cases)
        return [
            (self._texts("staff.cases.all", count=many(CaseState)), query.address()),
            *(
                (self._texts(f"staff.cases.state.{name}", count=many(states)),
                 query.address(state=name))
                for name, states in STATES.items()
            ),
            (self._texts("staff.cases.overdue", count=late), query.address(overdue="1")),
            (self._texts("staff.cases.held", count=held), query.address(held="1")),
        ]  # fmt: skip

    def _links(self, line: UnitLine, chosen: Chosen) -> tuple[str, str, str, str]:
        """To the unit's numbers, and to its cases: all, waiting, overdue; empty for what is no
        unit by itself."""
        if not line.code:
            return "", "", "", ""
        query = Query(unit=line.code, **chosen.days)
        return (
            chosen.address(ADDRESS, unit=line.code),
            query.address(),
            query.address(state="waiting"),
            query.address(overdue="1"),
        )

    def _said(self, name: str, rows: Sequence[tuple[str, int]]) -> str:
        if not any(many for _, many in rows):
            return self._texts("staff.numbers.no_picture")
        most, many = max(rows, key=lambda row: row[1])
        return self._texts(f"staff.numbers.said.{name}", most=most, many=many)

    def _machine(self, said: Ratings) -> dict[str, Any]:
        """What was said of the machine's answers: in one sentence, and as rows of words, times and
        part in percent; not of few."""
        if not may_tell(said):
            return {"machine": self._texts("staff.numbers.machine_few"), "rated_machine": []}
        count = said.yes + said.no
        right = round(100 * said.yes / count)
        parts = {"count": count, "yes": said.yes, "no": said.no, "right": right}
        return {
            "machine": self._texts("staff.numbers.machine_said", **parts, wrong=100 - right),
            "rated_machine": [
                (self._texts("report.asked.helped"), said.yes, right),
                (self._texts("report.asked.not_helped"), said.no, 100 - right),
            ],
        }

    def _topic_bars(self, topics: Sequence[tuple[str, int | None]]) -> list[tuple[str, int]]:
        """What is not told has no bar."""
        return [(self._title(slug), many) for slug, many in topics if many is not None]

    def _cell(self, said: Ratings | None) -> str:
        """The same of one card."""
        if said is None:
            return ""
        if not may_tell(said):
            return self._texts("staff.numbers.few")
        return self._texts("staff.numbers.machine_cell", yes=said.yes, no=said.no)

    def _query(self, chosen: Chosen) -> Query:
        return Query(unit=chosen.code, **chosen.days)

    def _wanted(self, chosen: Chosen) -> Wanted:
        return self._query(chosen).wanted(self._units)

    def _codes(self, chosen: Chosen) -> frozenset[str] | None:
        return self._units.below(chosen.code) if chosen.unit else None

    def _title(self, slug: str) -> str:
        cards = self._library.shelf.cards
        return cards[slug].title if slug in cards else slug

    def _today(self) -> date:
        return self._clock().astimezone(VIETNAM).date()


def _bars(lines: Sequence[UnitLine]) -> list[tuple[str, int]]:
    """What is not told has no bar."""
    return [(line.name, line.received) for line in lines if line.received is not None]
