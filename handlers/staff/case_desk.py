"""The desk for one case: it is read here, answered, asked back, handed on, held back, closed.

What may be done is what an official may do on their phone; it is done through the same casework.
Each form tells which version of the case it was about, so of two who act at once one is first, and
the other reads what changed and keeps their words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from content.texts import Texts
from handlers.casework import Casework, NotDownwards
from handlers.grouping import Grouping
from handlers.official.duties import colleagues, duties
from handlers.official.proof import Proof
from handlers.official_actions import Duty
from handlers.staff.case_view import CaseViews
from handlers.staff.door import Door
from handlers.staff.forms import NOTHING, Cannot, Form, Kept, number, reason, words, writing
from handlers.staff.staff import Staff
from handlers.units import Units
from storage.audit import Kind, Verb
from storage.case_groups import GroupFault
from storage.case_history import Happened, History
from storage.case_records import Case, Changed, Refused
from storage.cases import Cases
from storage.database import Database, Transaction
from storage.official_drafts import Purpose
from storage.officials import Official

DUTIES = {Purpose.ANSWER: Duty.ANSWER, Purpose.ASK_BACK: Duty.ASK_BACK}

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

VERBS = {
    "answer": Verb.ANSWERED,
    "ask_back": Verb.ASKED_BACK,
    "assign": Verb.ASSIGNED,
    "move": Verb.MOVED,
    "close": Verb.CLOSED,
    "release": Verb.RELEASED,
    "keep": Verb.KEPT,
    "note": Verb.NOTED,
    "group": Verb.GROUPED,
    "ungroup": Verb.UNGROUPED,
    "unmask": Verb.UNMASKED,
}
"""What the audit log calls a step."""

REASONED = frozenset({"close", "keep", "unmask"})
"""Steps whose words are why they were done."""

Step = Callable[[Transaction, Case, Form, Official], Awaitable[str]]


class CaseDesk:
    """Shows a case and carries out what is decided about it."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        casework: Casework,
        grouping: Grouping,
        proof: Proof,
        views: CaseViews,
        texts: Texts,
        units: Units,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._casework = casework
        self._grouping = grouping
        self._proof = proof
        self._views = views
        self._texts = texts
        self._units = units
        self._clock = clock
        self._cases = Cases()
        self._history = History()

    async def show(self, request: web.Request) -> web.Response:
        """The page of a case, masked."""
        staff = await self._door.staff(request)
        case_id, done = number(request, "case"), request.query.get("done", "")
        answer = await self._page(staff, case_id, done=done)
        if not done:
            async with self._database.begin() as tx:
                case = await self._casework.get(tx, case_id)
                await self._door.note(tx, staff, Verb.SAW, Kind.CASE, case_id, unit=case.unit)
        return answer

    async def unmask(self, request: web.Request) -> web.Response:
        """The page once with all that is masked; that and the reason stand in the history."""

        async def note(tx: Transaction, case: Case, form: Form, by: Official) -> str:
            self._allow(by, case, Duty.UNMASK)
            why, at = reason(form), self._clock()
            await self._history.note(tx, case.id, Happened.SHOWN, at=at, by=by.id, detail=why)
            return "unmask"

        return await self._step(request, note, unmasked=True)

    async def preview(self, request: web.Request) -> web.Response:
        """What the villager will read, and what may be hard in it; nothing is sent."""
        staff, form = await self._door.posted(request)
        async with self._database.read() as tx:
            case = await self._theirs(tx, staff, number(request, "case"))
            try:
                purpose, text = writing(form)
                self._seen(staff.official, case, form, DUTIES[purpose])
            except (Changed, Cannot) as why:
                return await self._refuse(staff, case.id, why, form)
            return self._door.page(
                "case_preview.html",
                staff=staff,
                case=case,
                label=self._casework.label(case),
                purpose=purpose.value,
                text=text,
                told=self._proof.told(case, purpose, text),
                remarks=await self._proof.all_remarks(tx, case, text),
            )

    async def rewrite(self, request: web.Request) -> web.Response:
        """Back from the preview, with the words as they were."""
        staff, form = await self._door.posted(request)
        return await self._page(staff, number(request, "case"), kept=Kept.of(form))

    async def send(self, request: web.Request) -> web.Response:
        """Send what was seen in the preview."""

        async def send(tx: Transaction, case: Case, form: Form, by: Official) -> str:
            purpose, text = writing(form)
            self._seen(by, case, form, DUTIES[purpose])
            at = self._clock()
            if purpose is Purpose.ANSWER:
                await self._casework.answer(tx, case, text, by=by, at=at)
            else:
                await self._casework.ask_back(tx, case, text, by=by, at=at)
            return purpose.value

        return await self._step(request, send)

    async def assign(self, request: web.Request) -> web.Response:
        """Give it to an official."""

        async def assign(tx: Transaction, case: Case, form: Form, by: Official) -> str:
            self._seen(by, case, form, Duty.GIVE)
            able = await colleagues(tx, self._casework, by, case)
            to = next((one for one in able if str(one.id) == form.get("to", "")), None)
            if to is None:
                raise Cannot("official.not_to_them", 422)
            at = self._clock()
            await self._casework.assign(tx, case, to=to, by=by, at=at)
            return "assign"

        return await self._step(request, assign)

    async def move(self, request: web.Request) -> web.Response:
        """Hand it on to another unit."""

        async def move(tx: Transaction, case: Case, form: Form, by: Official) -> str:
            self._seen(by, case, form, Duty.HAND_ON)
            unit = self._units.get(form.get("unit", ""))
            if unit is None or unit.code == case.unit:
                raise Cannot("staff.case.no_unit", 422)
            at = self._clock()
            await self._casework.move(tx, case, to=unit, by=by, at=at)
            return "move"

        return await self._step(request, move)

    async def close(self, request: web.Request) -> web.Response:
        """Close it without an answer; why stands in the history."""

        async def close(tx: Transaction, case: Case, form: Form, by: Official) -> str:
            self._seen(by, case, form, Duty.CLOSE)
            why, at = reason(form), self._clock()
            await self._casework.close(tx, case, by=by, at=at, why=why)
            return "close"

        return await self._step(request, close)

    async def release(self, request: web.Request) -> web.Response:
        """Let what was held back go the usual way."""

        async def release(tx: Transaction, case: Case, form: Form, by: Official) -> str:
            self._seen(by, case, form, Duty.RELEASE)
            await self._casework.release(tx, case, by=by, at=self._clock())
            return "release"

        return await self._step(request, release)

    async def keep(self, request: web.Request) -> web.Response:
        """It was looked at and stays held back; why stands in the history."""

        async def keep(tx: Transaction, case: Case, form: Form, by: Official) -> str:
            self._seen(by, case, form, Duty.RELEASE)
            why, at = reason(form), self._clock()
            await self._casework.keep(tx, case, by=by, at=at, why=why)
            return "keep"

        return await self._step(request, keep)

    async def note(self, request: web.Request) -> web.Response:
        """Words among officials."""

        async def note(tx: Transaction, case: Case, form: Form, by: Official) -> str:
            self._allow(by, case, Duty.NOTE)
            text, at = words(form, "text"), self._clock()
            await self._cases.note(tx, case.id, text, by=by.id, at=at)
            return "note"

        return await self._step(request, note)

    async def group(self, request: web.Request) -> web.Response:
        """Another case says the same: both are in one group from then on."""

        async def group(tx: Transaction, case: Case, form: Form, by: Official) -> str:
            self._allow(by, case, Duty.NOTE)
            named = form.get("other", "")
            said = int(named) if named.isascii() and named.isdecimal() and len(named) < 19 else 0
            other = await self._cases.get(tx, said, lock=True)
            if other is None or other.id == case.id or not self._casework.sees(by, other):
                raise Cannot("staff.case.none_such", 422)
            at = self._clock()
            await self._grouping.put_together(tx, case, other, at=at, by=by)
            return "group"

        return await self._step(request, group)

    async def ungroup(self, request: web.Request) -> web.Response:
        """The case stands alone again."""

        async def ungroup(tx: Transaction, case: Case, _form: Form, by: Official) -> str:
            self._allow(by, case, Duty.NOTE)
            if case.group is not None:
                at = self._clock()
                await self._grouping.take_out(tx, case, at=at, by=by)
            return "ungroup"

        return await self._step(request, ungroup)

    def _allow(self, by: Official, case: Case, duty: Duty) -> None:
        """Raises Cannot for what they may not do with the case as it stands."""
        if duty not in duties(by, case):
            raise Cannot("official.may_not", 409 if by.answers else 403)

    def _seen(self, by: Official, case: Case, form: Form, duty: Duty) -> None:
        """Raises Changed for a form about an earlier version of the case, else as `_allow`."""
        if by.answers and form.get("seen", "") != str(case.version):
            raise Changed
        self._allow(by, case, duty)

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
        except (Changed, Refused, Cannot, NotDownwards, GroupFault) as why_not:
            return await self._refuse(staff, case_id, why_not, form)
        if unmasked:
            return await self._page(staff, case_id, notice="official.shown", unmasked=True)
        address = f"/staff/cases/{case_id}?done={done}"
        if not self._casework.sees(staff.official, after):
            address = "/staff/cases?moved=1"
        return web.Response(status=303, headers={"Location": address})

    async def _refuse(self, staff: Staff, case_id: int, why: Exception, form: Form) -> web.Response:
        """The case as it is now, why nothing was done, and the words that were typed."""
        key, status = "", 409
        match why:
            case Cannot():
                key, status = why.key, why.status
            case NotDownwards():
                key = "staff.case.not_down"
            case GroupFault():
                key = f"staff.group.fault.{why.trouble}"
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
            case = await self._theirs(tx, staff, case_id)
            view = await self._views.of(tx, case, self._clock(), staff.official, unmasked=unmasked)
            first = await self._casework.answered_by(tx, case) if changed else None
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
            unmasked=unmasked,
            notice=self._texts(notice, **about) if notice else "",
            problem=self._texts(problem, **about) if problem else "",
        )
