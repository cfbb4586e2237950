"""What changed in the cases, for all pages that are open in this process: looked up once for all.

Every two seconds, while anybody listens, it reads what came into the history, whose sessions still
serve and who has which case open. So it hears of every process, and a page costs no query.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from handlers.casework import Casework
from handlers.staff.staff import Staff
from storage.case_history import Happened, History, Step
from storage.case_presence import CasePresence, forget_presence
from storage.case_records import Case
from storage.cases import Cases
from storage.database import Database, DatabaseFault
from storage.officials import Official
from storage.staff_accounts import StaffAccount, StaffAccounts
from storage.staff_sessions import StaffSessions

log = logging.getLogger(__name__)

LOOK = 2.0
"""Seconds between looks."""

AT_CASES = timedelta(seconds=20)
"""So often it is noted who has a case open."""

MOST_STEPS = 1000
PER_SESSION = 4
"""Browsers open six connections to a place and no more: pages have to be left some."""

PER_PROCESS = 500

QUIET = frozenset(
    {Happened.SHOWN, Happened.FILES_SHOWN, Happened.REMINDED, Happened.QUARANTINED}
    | {Happened.KEPT, Happened.FORGOTTEN, Happened.FILE_REFUSED}
)
"""What changes nothing that a list or the words of a case show."""

NEW = frozenset({Happened.RECEIVED, Happened.MOVED, Happened.RELEASED})
"""With these a case comes into a list."""


class Crowded(Exception):
    """This process has as many pages listening as it takes."""


@dataclass(eq=False)
class Listener:
    """A page that is open: whose, which case it shows (0: a list), and which cases concern it."""

    staff: Staff
    official: Official
    case: int
    concerns: Callable[[Case], bool]
    mark: int
    """All after this entry of the history is news to the page."""
    new: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    steps: set[int] = field(default_factory=set)
    """The entries that made them so."""
    shown: frozenset[int] = frozenset()
    """The cases that stand on a list."""
    gone: set[int] = field(default_factory=set)
    """Those among them that are not theirs to see any more, or never were, which looks the same."""
    beside: dict[int, str] = field(default_factory=dict)
    """Who has the case open too, or themselves."""
    ended: str = ""
    """Why nothing more is told: "over" (signed out), "rest" (too many pages) or "stop"."""
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self, why: str) -> None:
        self.ended = self.ended or why
        self.bell.set()


class LiveHub:
    """Tells listeners what they may know."""

    def __init__(
        self,
        *,
        database: Database,
        casework: Casework,
        sessions: StaffSessions,
        clock: Callable[[], datetime],
        look: float = LOOK,
    ) -> None:
        self._database = database
        self._casework = casework
        self._sessions = sessions
        self._clock = clock
        self._look = look
        self._accounts = StaffAccounts()
        self._cases = Cases()
        self._history = History()
        self._presence = CasePresence()
        self._listeners: list[Listener] = []
        self._looking: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._mark = 0
        self._heard: set[int] = set()
        """Entries above the mark that were told."""
        self._noted: datetime | None = None

    async def join(self, listener: Listener) -> None:
        """Listen from now on, and hear what came since the page's mark. Raises Crowded."""
        if len(self._listeners) >= PER_PROCESS:
            raise Crowded
        own = [one for one in self._listeners if one.staff.session == listener.staff.session]
        for oldest in own[: max(0, len(own) + 1 - PER_SESSION)]:
            oldest.end("rest")
        self._listeners.append(listener)
        try:
            async with self._database.read() as tx:
                mark = await self._history.mark(tx, now=self._clock())
                steps = await self._history.since(
                    tx, listener.mark, case=listener.case or None, at_most=MOST_STEPS
                )
                looked = {step.case for step in steps} | listener.shown
                cases = await self._cases.several(tx, looked)
                there = await self._presence.at(tx, [listener.case], now=self._clock())
        except BaseException:
            self._listeners.remove(listener)
            raise
        self._tell(listener, steps, {case.id: case for case in cases})
        self._take_away(listener, listener.shown, {case.id: case for case in cases})
        listener.beside = there.get(listener.case, {})
        if listener.case:
            self._noted = None  # others see them at the next look
        if self._looking is None:
            self._mark, self._heard, self._stop = mark, set(), asyncio.Event()
            self._looking = asyncio.create_task(self._look_on(self._stop), name="console's news")
        else:  # another began while this one read: nothing in between is left out
            self._mark = min(self._mark, mark)

    async def leave(self, listener: Listener) -> None:
        """The page is gone: nobody sees them at the case any more, unless another page has it."""
        with contextlib.suppress(ValueError):
            self._listeners.remove(listener)
        who = (listener.case, listener.official.id)
        if listener.case and who not in self._at_cases():
            with contextlib.suppress(*DatabaseFault):  # it is over in a minute by itself
                async with self._database.begin() as tx:
                    await self._presence.left(tx, *who)
        if not self._listeners and self._looking is not None:
            looking, self._looking = self._looking, None
            self._stop.set()
            await looking

    async def _look_on(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._look)
                return
            try:
                await self._once()
            except DatabaseFault as fault:
                log.warning("no news for the console (%s), trying again", type(fault).__name__)
            except Exception:  # what broke must not leave all pages without news
                log.exception("looking for the console's news broke; it is tried again")

    async def _once(self) -> None:
        """One look for all."""
        now, listeners, begun = self._clock(), list(self._listeners), self._mark
        async with self._database.read() as tx:
            steps = await self._history.since(tx, begun, at_most=MOST_STEPS)
            fresh = [step for step in steps if step.id not in self._heard]
            mark = await self._history.mark(tx, now=now) if steps else begun
            if len(steps) == MOST_STEPS:
                mark = min(mark, steps[-1].id)
            found = await self._cases.several(tx, {step.case for step in fresh})
            serving = await self._sessions.serving(
                tx, {one.staff.session for one in listeners}, at=now
            )
            accounts = await self._accounts.several(tx, {one.staff.account for one in listeners})
            there = await self._presence.at(
                tx, {one.case for one in listeners if one.case}, now=now
            )
        self._mark = mark if self._mark == begun else min(mark, self._mark)
        self._heard = {step.id for step in steps if step.id > mark}
        self._look_after(listeners, serving, accounts, there)
        cases = {case.id: case for case in found}
        for one in self._listeners:  # also who came while this read
            self._tell(one, fresh, cases)
            self._take_away(one, {step.case for step in fresh}, cases)
        await self._note(now)

    def _look_after(
        self,
        listeners: Iterable[Listener],
        serving: Collection[int],
        accounts: Mapping[int, StaffAccount],
        there: Mapping[int, dict[int, str]],
    ) -> None:
        """Who was signed out hears no more; whose role changed, what is theirs now."""
        for one in listeners:
            account = accounts.get(one.staff.account)
            if one.staff.session not in serving or account is None:
                one.end("over")
                continue
            one.official = account.official
            if one.beside != there.get(one.case, {}):
                one.beside = there.get(one.case, {})
                one.bell.set()

    async def _note(self, now: datetime) -> None:
        """Write down who has a case open, from time to time."""
        if self._noted is not None and now - self._noted < AT_CASES:
            return
        self._noted = now
        if at := self._at_cases():
            async with self._database.begin() as tx:
                await self._presence.seen(tx, at, at=now)
        await forget_presence(self._database, now=now)

    def _at_cases(self) -> set[tuple[int, int]]:
        return {
            (one.case, one.official.id) for one in self._listeners if one.case and not one.ended
        }

    def _take_away(self, one: Listener, looked: Collection[int], cases: dict[int, Case]) -> None:
        """Of the cases that were `looked` for, those which leave their list, whoever did it. Why,
        and whether there is such a case at all, is not said."""
        for number in one.shown.intersection(looked) - one.gone:
            case = cases.get(number)
            if case is None or not self._casework.sees(one.official, case):
                one.gone.add(number)
                one.new.discard(number)
                one.changed.discard(number)
                one.bell.set()

    def _tell(self, one: Listener, steps: Iterable[Step], cases: dict[int, Case]) -> None:
        """Add what they may know and did not do themselves."""
        for step in steps:
            case = cases.get(step.case)
            if (
                case is None
                or one.ended
                or step.id <= one.mark
                or step.what in QUIET
                or step.by == one.official.id
                or one.case not in {0, case.id}
                or not self._casework.sees(one.official, case)
                or not one.concerns(case)
            ):
                continue
            (one.new if step.what in NEW else one.changed).add(case.id)
            one.steps.add(step.id)
            one.bell.set()
