"""The desk of saved lists: audiences with a name, counted each time they are shown.

A list holds nobody: it says who is meant, and whoever fits when a notice goes out gets it.
Officials see and change the lists of their own people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from content.texts import Texts
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_words import NoticeWords
from handlers.staff.door import Door
from handlers.staff.forms import typed
from handlers.staff.notice_choices import NoticeChoices
from handlers.staff.notice_form import NoticeForm
from handlers.staff.notice_written import Written
from handlers.staff.staff import Right, Staff
from storage.audiences import LONGEST_NAME, Audience, Audiences
from storage.audit import Kind, Verb
from storage.broadcasts import Draft
from storage.database import Database, Transaction

ADDRESS = "/staff/notices/lists"
PAGE = 10
DONE = ("saved", "dropped")


@dataclass(frozen=True, slots=True)
class Line:
    """A list in words: to whom, and how many that reaches now."""

    name: str
    to: str
    reach: str


class NoticeAudiences:
    """Shows, saves and drops them."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        texts: Texts,
        words: NoticeWords,
        rights: NoticeRights,
        form: NoticeForm,
        choices: NoticeChoices,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._texts = texts
        self._words = words
        self._rights = rights
        self._form = form
        self._choices = choices
        self._clock = clock
        self._audiences = Audiences()

    async def show(self, request: web.Request) -> web.Response:
        """The lists, by name."""
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.NOTICE)
        done = request.query.get("done", "")
        told = self._texts(f"staff.lists.{done}") if done in DONE else ""
        place = self._form.places.first(staff.official).value
        return await self._page(
            staff, Written(place=place), told=told, after=request.query.get("after", "")
        )

    async def save(self, request: web.Request) -> web.Response:
        """Give an audience a name; one of that name is replaced."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.NOTICE)
        name, written = " ".join(typed(form, "name").split()), Written.of(form)
        who, wrong = self._form.audience(written, staff.official, saved={})
        if not 0 < len(name) <= LONGEST_NAME:
            wrong.append(("name", self._texts("staff.lists.no_name", most=LONGEST_NAME)))
        async with self._database.begin() as tx:
            earlier = await self._audiences.get(tx, name)
            if earlier is not None and not self._rights.covers(staff.official, earlier.unit):
                wrong.append(("name", self._texts("staff.lists.taken")))
            if not wrong:
                await self._audiences.save(tx, name, who, by=staff.name, at=self._clock())
                verb = Verb.ADDED if earlier is None else Verb.EDITED
                await self._door.note(tx, staff, verb, Kind.LIST, name, unit=who.unit)
        if wrong:
            return await self._page(staff, written, name=name, faults=wrong, status=422)
        return web.Response(status=303, headers={"Location": f"{ADDRESS}?done=saved"})

    async def drop(self, request: web.Request) -> web.Response:
        """Forget it; notices that were written for it stay as they are."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.NOTICE)
        name = form.get("name", "")
        async with self._database.begin() as tx:
            who = (await self._rights.lists(tx, staff.official)).get(name)
            if who is None:
                raise self._door.gone(staff)
            await self._audiences.drop(tx, name)
            await self._door.note(tx, staff, Verb.DELETED, Kind.LIST, name, unit=who.unit)
        return web.Response(status=303, headers={"Location": f"{ADDRESS}?done=dropped"})

    async def _page(
        self,
        staff: Staff,
        written: Written,
        *,
        told: str = "",
        name: str = "",
        after: str = "",
        faults: Sequence[tuple[str, str]] = (),
        status: int = 200,
    ) -> web.Response:
        async with self._database.read() as tx:
            lists = await self._rights.lists(tx, staff.official)
            rest = [one for one in lists.items() if one[0] > after]
            lines = [await self._line(tx, *one) for one in rest[:PAGE]]
            choices = await self._choices.of(tx, staff.official, written)
        more = f"{ADDRESS}?{urlencode({'after': lines[-1].name})}" if len(rest) > PAGE else ""
        return self._door.page(
            "notice_lists.html", staff=staff, status=status, lines=lines, more=more, told=told,
            name=name, written=written, choices=choices, faults=faults,
            wrong={field for field, _ in faults}, longest=LONGEST_NAME,
        )  # fmt: skip

    async def _line(self, tx: Transaction, name: str, who: Audience) -> Line:
        draft = who.of(Draft(""))
        reach = await self._words.count(tx, draft, now=self._clock())
        return Line(name, "\n".join(self._words.whom(draft)), self._words.reaching(reach, draft))
