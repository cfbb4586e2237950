"""Post to officials: who is told of a case, at once or when their quiet hours end.

What came in the night is one message in the morning. What may be a cry for help does not wait.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from content.redaction import redact
from content.screens import shorten
from content.texts import Texts
from handlers.errands import VIETNAM
from handlers.messages import Reply
from handlers.post import Post
from handlers.units import Units
from storage.case_history import Happened, History
from storage.case_lists import Sight
from storage.case_records import Case, CaseKind, CaseState
from storage.database import Database, Transaction
from storage.newcomers import Newcomers
from storage.official_news import News, OfficialNews
from storage.officials import ANSWERING, LEADING, Desk, Official, Officials

SHOWN = 160
"""Letters of a case in a message about it."""

NAMED = 10
"""So many cases of one sort are named in the morning; of more, how many there are."""

ONCE = timedelta(hours=20)
"""So long who leads is not told again that cases are held back, while one of those still is."""

SORTS = (
    "new",
    "given",
    "added",
    "reopened",
    "soon",
    "late",
    "chair",
    "held",
    "asked",
    "asked_closed",
    "withdrawn",
)
"""What the morning tells, in this order: last words of keys that would have told it at once."""

STANDS = {"asked": CaseState.NEEDS_INFORMATION, "asked_closed": CaseState.CLOSED}
"""What is told of a case that waits for no official, as long as it is in this state."""


class OfficialPost:
    """Writes to officials."""

    def __init__(
        self,
        *,
        units: Units,
        texts: Texts,
        post: Post,
        quiet: Callable[[datetime], datetime | None],
        urgent: Callable[[str], bool],
    ) -> None:
        """`quiet` says until when officials are left alone at a time, None if they are not (UTC);
        `urgent` whether these words may not wait."""
        self._units = units
        self._texts = texts
        self._post = post
        self._quiet = quiet
        self._urgent = urgent
        self._officials = Officials()
        self._news = OfficialNews()
        self._newcomers = Newcomers()
        self._history = History()

    def sight(self, official: Official) -> Sight:
        """What an official may see."""
        units = self._units.below(official.unit) if official.unit else None
        return Sight(units, leads=official.leads)

    def sees(self, official: Official, case: Case) -> bool:
        """Whether they may open it; what is held back is for those who lead."""
        return self.sight(official).covers(case)

    def label(self, case: Case, texts: Texts | None = None) -> str:
        """How a case is called: its kind and number, in the villagers' words or those given."""
        said = texts or self._texts
        return said("case.label", kind=said(f"case.kind.{case.kind}"), id=case.id)

    def day(self, at: datetime) -> str:
        """A day as people say it."""
        local = at.astimezone(VIETNAM)
        return f"{local.day}/{local.month}/{local.year}"

    async def tell(
        self, tx: Transaction, case: Case, key: str, *, at: datetime, text: str = ""
    ) -> None:
        """Tell who has it in hand, else everybody who could take it."""
        official = await self._officials.get(tx, case.official) if case.official else None
        # Who works at the console alone has no chat: then their colleagues are told.
        if official and await self.tell_one(tx, case, official, key, at=at, text=text):
            return
        leading = case.kind is CaseKind.COMPLAINT
        await self.tell_all(tx, case, key, leading=leading, at=at, text=text)

    async def tell_one(
        self, tx: Transaction, case: Case, to: Official, key: str, *, at: datetime, text: str = ""
    ) -> int:
        """Tell one official; 0 if they cannot be written to."""
        desks = await self._officials.desks(tx, units=[to.unit], roles=[to.role])
        mine = [desk for desk in desks if desk.official.id == to.id]
        for desk in mine:
            await self._write(tx, desk, case, key, at=at, text=text)
        return len(mine)

    async def tell_all(
        self, tx: Transaction, case: Case, key: str, *, leading: bool, at: datetime, text: str = ""
    ) -> int:
        """Tell all who could see to it, or of them those who lead; how many there are."""
        desks = await self.desks(tx, case.unit, leading=leading)
        for desk in desks:
            await self._write(tx, desk, case, key, at=at, text=text)
        return len(desks)

    async def tell_together(self, tx: Transaction, cases: list[Case], *, at: datetime) -> None:
        """Tell who answers that these are new, in one message as soon as the clock looks."""
        until = self._quiet(at) or at
        for case in cases:
            leading = case.kind is CaseKind.COMPLAINT
            for desk in await self.desks(tx, case.unit, leading=leading):
                await self._news.hold(
                    tx, official=desk.official.id, case=case.id, what="new", until=until
                )

    async def tell_held(self, tx: Transaction, case: Case, *, key: str, at: datetime) -> bool:
        """Tell who leads that cases are held back: once for many. False: there is nobody to tell.

        It is noted of the case also where it was told of another: who was told looks at them all.
        """
        units = self._units.served_with(case.unit)
        told = await self._newcomers.told_of_held(tx, units, since=at - ONCE)
        if not told and not await self.tell_all(tx, case, key, leading=True, at=at):
            return False
        await self._history.note(tx, case.id, Happened.REMINDED, at=at, detail="held")
        return True

    async def desks(self, tx: Transaction, unit: str, *, leading: bool) -> list[Desk]:
        """Who answers in the nearest unit, from below, that has anybody."""
        roles = LEADING if leading else ANSWERING
        for code in [*(above.code for above in self._units.line(unit)), ""]:
            desks = await self._officials.desks(tx, units=[code], roles=roles)
            if desks:
                return desks
        return []

    async def good_morning(self, database: Database, now: datetime) -> int:
        """Tell everybody whose quiet hours are over what happened in them; to how many (UTC)."""
        if self._quiet(now) is not None:
            return 0
        async with database.read() as tx:
            due = await self._news.due(tx, at=now)
        for number in due:
            async with database.begin() as tx:
                await self._morning(tx, number, now)
        return len(due)

    async def _morning(self, tx: Transaction, number: int, now: datetime) -> None:
        official = await self._officials.get(tx, number)
        news = await self._news.take(tx, number, at=now)
        if official is None:  # removed since
            return
        told = _as_it_is([one for one in news if self.sees(official, one.case)])
        lines = [
            self._texts(f"official.morning.{sort}", count=len(of_it), cases=self._named(of_it))
            for sort in SORTS
            if (of_it := [one.case for one in told if one.what == sort])
        ]
        if not lines:
            return
        words = "\n".join([self._texts("official.morning"), *lines])
        desks = await self._officials.desks(tx, units=[official.unit], roles=[official.role])
        for desk in desks:
            if desk.official.id == official.id:
                await self._post.send(
                    tx, Reply(words), account=desk.account, conversation=desk.conversation, at=now
                )

    def _named(self, cases: list[Case]) -> str:
        names = ", ".join(map(self.label, cases[:NAMED]))
        return f"{names}…" if len(cases) > NAMED else names

    async def _write(
        self, tx: Transaction, desk: Desk, case: Case, key: str, *, at: datetime, text: str = ""
    ) -> None:
        """Write to an official. No digits of theirs change: they may be writing an answer."""
        morning = None if self._urgent(text) else self._quiet(at)
        if morning is not None:
            sort = key.rpartition(".")[2]
            await self._news.hold(
                tx, official=desk.official.id, case=case.id, what=sort, until=morning
            )
            return
        words = self._texts(
            key, case=self.label(case), due=self.day(case.due_at),
            text=shorten(redact(text), SHOWN),
        )  # fmt: skip
        await self._post.send(
            tx, Reply(words), account=desk.account, conversation=desk.conversation, at=at
        )


def _as_it_is(news: list[News]) -> list[News]:
    """The last that happened to each case, and nothing that is over: a case that came and was taken
    back in one night is none."""
    last: dict[int, News] = {}
    came = {one.case.id for one in news if one.what == "new"}
    for one in news:
        if one.case.id in came and one.case.waiting:
            last[one.case.id] = News("new", one.case)  # what was added to it is read with it
        elif one.case.waiting or _still_told(one, came):
            last[one.case.id] = one
    return list(last.values())


def _still_told(one: News, came: set[int]) -> bool:
    """Whether it is told though no official has to do anything for the case; `came` are those that
    are new to them."""
    if one.what == "withdrawn":
        return one.case.id not in came
    return one.case.state is STANDS.get(one.what)
