"""The desk for one case: it is read here, answered, asked back, handed on, held back, closed.

What may be done is what an official may do on their phone; it is done through the same casework.
Each form tells which version of the case it was about, so of two who act at once one is first, and
the other reads what changed and keeps their words.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from content.texts import Texts
from handlers.casework import Casework
from handlers.official.proof import Proof
from handlers.staff.case_steps import (
    DUTIES,
    REASONED,
    VERBS,
    CaseSteps,
    Refusals,
    Step,
    seen,
    why_not,
)
from handlers.staff.case_view import CaseViews
from handlers.staff.door import Door
from handlers.staff.forms import NOTHING, Cannot, Form, Kept, number, reason, writing
from handlers.staff.live import Live
from handlers.staff.replies import Replies
from handlers.staff.staff import Right, Staff
from storage.audit import Kind, Verb
from storage.case_history import History
from storage.case_presence import CasePresence
from storage.case_records import Case, Changed
from storage.cases import Cases
from storage.database import Database, Transaction

DONE = {
    "answer": "official.sent.answer",
    "ask_back": "official.sent.ask_back",
    "assign": "official.given",
    "move": "staff.case.moved",
    "close": "official.closed",
    "release": "official.released",
    "keep": "staff.case.kept",
    "note": "official.noted",
    "group": "staff.case.grouped",
    "ungroup": "staff.case.ungrouped",
    "file": "staff.file.asked",
}
"""What was done before the page, by the word in its address."""


class CaseDesk:
    """Shows a case and carries out what is decided about it."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        casework: Casework,
        steps: CaseSteps,
        proof: Proof,
        views: CaseViews,
        replies: Replies,
        live: Live,
        texts: Texts,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._casework = casework
        self._steps = steps
        self._proof = proof
        self._views = views
        self._replies = replies
        self._live = live
        self._texts = texts
        self._clock = clock
        self._cases = Cases()
        self._history = History()
        self._presence = CasePresence()

    async def show(self, request: web.Request) -> web.Response:
        """The page of a case, masked."""
        staff = await self._door.staff(request)
        case_id, done = number(request, "case"), request.query.get("done", "")
        answer = await self._page(staff, case_id, done=done)
        async with self._database.begin() as tx:
            await self._presence.seen(tx, [(case_id, staff.id)], at=self._clock())
            if not done:
                case = await self._casework.get(tx, case_id)
                await self._door.note(tx, staff, Verb.SAW, Kind.CASE, case_id, unit=case.unit)
        return answer

    async def unmask(self, request: web.Request) -> web.Response:
        """The page once with all that is masked."""
        return await self._step(request, self._steps.unmask, unmasked=True)

    async def preview(self, request: web.Request) -> web.Response:
        """What the villager will read, and what may be hard in it; nothing is sent."""
        staff, form = await self._door.posted(request)
        async with self._database.read() as tx:
            case = await self._theirs(tx, staff, number(request, "case"))
            try:
                purpose, text = writing(form)
                seen(staff.official, case, form, DUTIES[purpose])
            except (Changed, Cannot) as why:
                return await self._refuse(staff, case.id, why, form)
            return self._door.page(
                "case_preview.html",
                staff=staff,
                case=case,
                label=self._casework.label(case, self._texts),
                purpose=purpose.value,
                text=text,
                told=self._proof.told(case, purpose, text),
                remarks=await self._proof.all_remarks(tx, case, text),
            )

    async def rewrite(self, request: web.Request) -> web.Response:
        """Back from the preview, with the words as they were."""
        staff, form = await self._door.posted(request)
        return await self._page(staff, number(request, "case"), kept=Kept.of(form))

    async def fill(self, request: web.Request) -> web.Response:
        """A saved reply below what was typed so far; nothing is sent."""
        staff, form = await self._door.posted(request)
        case_id = number(request, "case")
        async with self._database.read() as tx:
            case = await self._theirs(tx, staff, case_id)
            self._door.need(staff, Right.ANSWER, case.unit)
            kept, problem = await self._replies.filled(tx, [case], form)
        return await self._page(
            staff, case_id, kept=kept, problem=problem, status=200 if kept.filled else 422
        )

    async def send(self, request: web.Request) -> web.Response:
        """Send what was seen in the preview."""
        return await self._step(request, self._steps.send)

    async def assign(self, request: web.Request) -> web.Response:
        return await self._step(request, self._steps.assign)

    async def move(self, request: web.Request) -> web.Response:
        return await self._step(request, self._steps.move)

    async def close(self, request: web.Request) -> web.Response:
        return await self._step(request, self._steps.close)

    async def release(self, request: web.Request) -> web.Response:
        return await self._step(request, self._steps.release)

    async def keep(self, request: web.Request) -> web.Response:
        return await self._step(request, self._steps.keep)

    async def note(self, request: web.Request) -> web.Response:
        return await self._step(request, self._steps.note)

    async def group(self, request: web.Request) -> web.Response:
        return await self._step(request, self._steps.group)

    async def ungroup(self, request: web.Request) -> web.Response:
        return await self._step(request, self._steps.ungroup)

    async def _theirs(
        self, tx: Transaction, staff: Staff, case_id: int, *, lock: bool = False
    ) -> Case:
        """The case, if they may see it. Raises HTTPNotFound."""
        case = await self._cases.get(tx, case_id, lock=lock)
        if case is None or not self._casework.sees(staff.official, case):
            raise self._door.gone(staff)
        return case

    async def _step(
        self, request: web.Request, step: Step, *, unmasked: bool = False
    ) -> web.Response:
        """Do it in one transaction; then the page of the case, with what was done or why not."""
        staff, form = await self._door.posted(request)
        case_id = number(request, "case")
        try:
            async with self._database.begin() as tx:
                case = await self._theirs(tx, staff, case_id, lock=True)
                done = await step(tx, case, form, staff.official)
                why = reason(form) if done in REASONED else ""
                await self._door.note(
                    tx, staff, VERBS[done], Kind.CASE, case_id, unit=case.unit, reason=why
                )
                after = await self._casework.get(tx, case_id)
        except Refusals as fault:
            return await self._refuse(staff, case_id, fault, form)
        if unmasked:
            return await self._page(staff, case_id, notice="official.shown", unmasked=True)
        address = f"/staff/cases/{case_id}?done={done}"
        if not self._casework.sees(staff.official, after):
            address = "/staff/cases?moved=1"
        return web.Response(status=303, headers={"Location": address})

    async def _refuse(
        self, staff: Staff, case_id: int, fault: Exception, form: Form
    ) -> web.Response:
        """The case as it is now, why nothing was done, and the words that were typed."""
        key = why_not(fault)
        status = fault.status if isinstance(fault, Cannot) else 409
        return await self._page(
            staff, case_id, problem=key, changed=not key, kept=Kept.of(form), status=status
        )

    async def _page(
        self,
        staff: Staff,
        case_id: int,
        *,
        done: str = "",
        notice: str = "",
        problem: str = "",
        changed: bool = False,
        kept: Kept = NOTHING,
        unmasked: bool = False,
        status: int = 200,
    ) -> web.Response:
        """`done`, `notice` and `problem` name what stands above the case; `changed` says that
        somebody was first."""
        async with self._database.read() as tx:
            mark = await self._history.mark(tx, now=self._clock())
            case = await self._theirs(tx, staff, case_id)
            view = await self._views.of(tx, case, self._clock(), staff.official, unmasked=unmasked)
            first = await self._casework.answered_by(tx, case, self._texts) if changed else None
            there = await self._presence.at(tx, [case_id], now=self._clock())
            saved = await self._replies.for_cases(tx, [case]) if staff.has(Right.ANSWER) else []
        if changed:
            problem = "official.answered_first" if first and kept.text else "official.changed"
        about = {"case": view.label, "name": first or view.hands, "office": view.office}
        notice = notice or DONE.get(done, "")
        return self._door.page(
            "case.html",
            staff=staff,
            status=status,
            view=view,
            case=case,
            kept=kept,
            saved=saved,
            live=self._live.address(mark, case=case_id),
            beside=self._live.beside(there.get(case_id, {}), staff.id),
            unmasked=unmasked,
            notice=self._texts(notice, **about) if notice else "",
            problem=self._texts(problem, **about) if problem else "",
        )
