"""Saved replies: words to begin an answer with, kept by the staff of a unit for all below it.

They are chosen in the form of a case, or of several, where words in brackets become what its
office's settings say; what goes out is previewed as every answer is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from aiohttp import web

from content.texts import Texts
from handlers.official.proof import LONGEST, Proof
from handlers.staff.door import Door
from handlers.staff.forms import Cannot, Form, Kept, number, typed, words
from handlers.staff.staff import Right, Staff
from handlers.staff.unit_choice import Offered
from handlers.units import Units
from storage.audit import Kind, Verb
from storage.case_records import Case
from storage.database import Database, Transaction
from storage.saved_replies import LONGEST_TITLE, SavedReplies, SavedReply, TitleTaken

ADDRESS = "/staff/replies"
MOST = 100
"""So many a unit keeps: more nobody finds through."""

BLANKS = ("unit_name", "office_address", "office_hours", "office_phone", "contact")
"""What an office's settings fill in."""

DONE = {"saved": "staff.reply.saved", "removed": "staff.reply.removed"}


class Line(NamedTuple):
    """A reply as the page shows it."""

    reply: SavedReply
    unit: str
    theirs: bool


class Replies:
    """Gives saved replies to the form of a case."""

    def __init__(self, *, texts: Texts, units: Units) -> None:
        self._texts = texts
        self._units = units
        self._book = SavedReplies()

    @property
    def blanks(self) -> list[str]:
        """What may stand in brackets."""
        return [f"[{self._texts(f'staff.reply.blank.{name}')}]" for name in BLANKS]

    def above(self, unit: str) -> list[str]:
        """The units whose replies are for that one: itself, those above, the whole house."""
        return [*(each.code for each in self._units.line(unit)), ""]

    async def for_cases(self, tx: Transaction, cases: Sequence[Case]) -> list[SavedReply]:
        """Those to choose from: what is for all of these."""
        lines = [self.above(unit) for unit in {case.unit for case in cases}]
        common = [unit for unit in lines[0] if all(unit in line for line in lines)] if lines else []
        return await self._book.of(tx, common)

    async def filled(self, tx: Transaction, cases: Sequence[Case], form: Form) -> tuple[Kept, str]:
        """What was typed with the chosen reply below it, and the text of what is to be seen to."""
        kept, chosen = Kept.of(form), form.get("saved", "")
        theirs = await self.for_cases(tx, cases)
        reply = next((one for one in theirs if str(one.id) == chosen), None)
        if reply is None:
            return kept, "staff.reply.none_chosen"
        text = self._fill(reply.text, {case.unit for case in cases})
        whole = f"{kept.text}\n\n{text}".strip()
        if len(whole) > LONGEST:
            return kept, "official.too_long"
        still = any(blank in whole for blank in self.blanks)
        return Kept(kept.purpose, whole, filled=True), "staff.reply.open" if still else ""

    def _fill(self, text: str, units: Collection[str]) -> str:
        """With what the offices that serve these units have in common; the rest stays in
        brackets."""
        facts = [self._units.local(unit) for unit in units]
        for name, blank in zip(BLANKS, self.blanks, strict=True):
            values = {getattr(one, name) for one in facts}
            if len(values) == 1 and (value := values.pop()):
                text = text.replace(blank, value)
        return text


class ReplyDesk:
    """Where saved replies are written, changed and removed."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        replies: Replies,
        proof: Proof,
        texts: Texts,
        units: Units,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._replies = replies
        self._proof = proof
        self._texts = texts
        self._units = units
        self._clock = clock
        self._book = SavedReplies()

    async def show(self, request: web.Request) -> web.Response:
        """Those of one unit and of all above it."""
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.ANSWER)
        done = request.query.get("done", "")
        return await self._page(
            staff, self._unit(staff, request.query.get("unit", staff.unit)),
            notice=DONE.get(done, ""), shown=request.query.get("reply", ""),
        )  # fmt: skip

    async def add(self, request: web.Request) -> web.Response:
        """A new one. Sent twice it is one."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.ANSWER)
        unit = self._unit(staff, form.get("unit", ""))
        try:
            title, text = _title(form), words(form, "text")
            async with self._database.begin() as tx:
                if len(await self._book.of(tx, [unit])) >= MOST:
                    raise Cannot("staff.reply.full")
                made = await self._book.add(tx, unit=unit, title=title, text=text, at=self._clock())
                if made is not None:
                    await self._note(tx, staff, Verb.ADDED, made, unit)
        except (Cannot, TitleTaken) as fault:
            return await self._refuse(staff, unit, fault, form)
        return _back(unit, "saved", made)

    async def edit(self, request: web.Request) -> web.Response:
        """Other words, unless somebody changed it since."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.ANSWER)
        reply = await self._theirs(staff, request)
        try:
            title, text = _title(form), words(form, "text")
            if form.get("seen", "") != str(reply.version):
                if (title, text) == (reply.title, reply.text):
                    return _back(reply.unit, "saved", reply.id)  # the second of two taps
                raise Cannot("staff.reply.changed")
            async with self._database.begin() as tx:
                if not await self._book.edit(tx, reply, title=title, text=text, at=self._clock()):
                    raise Cannot("staff.reply.changed")
                await self._note(tx, staff, Verb.EDITED, reply.id, reply.unit)
        except (Cannot, TitleTaken) as fault:
            return await self._refuse(staff, reply.unit, fault, form, reply.id)
        return _back(reply.unit, "saved", reply.id)

    async def remove(self, request: web.Request) -> web.Response:
        staff, _ = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.ANSWER)
        reply = await self._theirs(staff, request)
        async with self._database.begin() as tx:
            await self._book.drop(tx, reply.id)
            await self._note(tx, staff, Verb.DELETED, reply.id, reply.unit)
        return _back(reply.unit, "removed")

    async def _theirs(self, staff: Staff, request: web.Request) -> SavedReply:
        """The reply of the address. Raises HTTPNotFound for what they do not see, HTTPForbidden
        for what is of a unit above theirs."""
        async with self._database.read() as tx:
            reply = await self._book.get(tx, number(request, "reply"))
        if reply is None or not (
            staff.covers(reply.unit) or reply.unit in self._replies.above(staff.unit)
        ):
            raise self._door.gone(staff)
        self._door.need(staff, Right.ANSWER, reply.unit)
        return reply

    def _unit(self, staff: Staff, code: str) -> str:
        """A unit of theirs. Raises HTTPNotFound."""
        if (code and self._units.get(code) is None) or not staff.covers(code):
            raise self._door.gone(staff)
        return code

    async def _refuse(
        self, staff: Staff, unit: str, fault: Exception, form: Form, reply: int = 0
    ) -> web.Response:
        """Why nothing was kept, with what was typed."""
        key, status = "staff.reply.taken", 409
        if isinstance(fault, Cannot):
            key, status = fault.key, fault.status
        return await self._page(staff, unit, problem=key, form=form, open_at=reply, status=status)

    async def _page(
        self,
        staff: Staff,
        unit: str,
        *,
        notice: str = "",
        problem: str = "",
        shown: str = "",
        form: Form | None = None,
        open_at: int = 0,
        status: int = 200,
    ) -> web.Response:
        """`shown` is the number of the reply whose wording is remarked on; `form` what was typed
        for the reply `open_at`, or for a new one."""
        async with self._database.read() as tx:
            replies = await self._book.of(tx, self._replies.above(unit))
        lines = [
            Line(one, self._name(one.unit), staff.may(Right.ANSWER, one.unit)) for one in replies
        ]
        just = next((one for one in replies if str(one.id) == shown), None)
        return self._door.page(
            "replies.html",
            staff=staff,
            status=status,
            lines=lines,
            unit=unit,
            name=self._name(unit),
            units=Offered.of(
                (one for one in self._units if staff.covers(one.code)),
                self._texts("staff.whole") if staff.everywhere else "",
            ),
            blanks=", ".join(self._replies.blanks),
            remarks=self._proof.remarks(just.text) if just else [],
            typed=form or {},
            open_at=open_at if form else -1,
            notice=self._texts(notice) if notice else "",
            problem=(
                self._texts(problem, most=MOST, case=self._texts("staff.reply.this"))
                if problem
                else ""
            ),
        )

    def _name(self, code: str) -> str:
        unit = self._units.get(code)
        return unit.name if unit else self._texts("staff.whole")

    async def _note(self, tx: Transaction, staff: Staff, verb: Verb, reply: int, unit: str) -> None:
        await self._door.note(tx, staff, verb, Kind.REPLY, reply, unit=unit)


def _title(form: Form) -> str:
    """What it is found by. Raises Cannot."""
    title = " ".join(typed(form, "title").split())
    if not title:
        raise Cannot("staff.reply.no_title", 422)
    return title[:LONGEST_TITLE]


def _back(unit: str, done: str, reply: int | None = None) -> web.Response:
    told = {"unit": unit, "done": done} | ({"reply": str(reply)} if reply else {})
    return web.Response(status=303, headers={"Location": f"{ADDRESS}?{urlencode(told)}"})
