"""The desk for one notice: it is read here, approved, given back, paused, moved, taken back.

What may be done is what an official may do on their phone, through the same deeds. Each form tells
which version of the notice it was about: what was seen is what is approved.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from aiohttp import web

from content.texts import Texts
from handlers.charts import across
from handlers.notice_corrections import LONGEST_CORRECTION
from handlers.official.notices_deeds import Deeds, Done, Late, NotDone
from handlers.official.notices_pages import Seen
from handlers.official_actions import Deed
from handlers.staff.door import Door
from handlers.staff.downloads import picture
from handlers.staff.export_desk import FORMS
from handlers.staff.forms import Cannot, Form, number, reason, typed
from handlers.staff.notice_files import NoticeFiles
from handlers.staff.notice_form import NoticeForm, Wrong
from handlers.staff.notice_view import NoticeViews
from handlers.staff.notice_written import Written
from handlers.staff.papers_desk import ENDINGS, PapersDesk
from handlers.staff.staff import Right, Staff
from storage.audit import Kind, Verb
from storage.broadcast_recipients import Recipients
from storage.broadcast_records import AHEAD
from storage.broadcasts import Broadcasts, NoBroadcast, Phase, WrongState
from storage.database import Database, Transaction
from storage.officials import Official

ADDRESS = "/staff/notices"
EVERY = 5
"""Seconds after which a page of progress asks anew."""

DONE = frozenset({
    "notice.approved", "notice.returned", "notice.paused", "notice.resumed", "notice.moved",
    "notice.cancelled", "notice.again", "notice.left_uncertain", "notice.taken_back",
    "notice.taken_back_now", "notice.closed", "staff.notice.submitted",
    "staff.notice.sending_now", "staff.notice.kept", "staff.papers.none", "staff.answers.not_now",
})  # fmt: skip
"""What may stand above a notice after something was done."""

VERBS = {
    Deed.APPROVE: Verb.APPROVED,
    Deed.RETURN: Verb.RETURNED,
    Deed.PAUSE: Verb.PAUSED,
    Deed.RESUME: Verb.RESUMED,
    Deed.CANCEL: Verb.CANCELLED,
    Deed.RETRY: Verb.SENT_AGAIN,
    Deed.RETRY_UNCERTAIN: Verb.SENT_AGAIN,
    Deed.LEAVE_UNCERTAIN: Verb.LEFT,
    Deed.TAKE_BACK: Verb.TOOK_BACK,
    Deed.CLOSE: Verb.CLOSED,
}
"""What the audit log calls a deed."""

Act = Callable[[Transaction, Official, Seen, Form], Awaitable[Done]]


class NoticeDesk:
    """Shows a notice and carries out what is decided about it."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        texts: Texts,
        deeds: Deeds,
        views: NoticeViews,
        form: NoticeForm,
        files: NoticeFiles,
        papers: PapersDesk,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._texts = texts
        self._deeds = deeds
        self._views = views
        self._form = form
        self._files = files
        self._papers = papers
        self._clock = clock
        self._broadcasts = Broadcasts()
        self._recipients = Recipients()
        self.pause = partial(self._simple, Deed.PAUSE)
        self.resume = partial(self._simple, Deed.RESUME)
        self.cancel = partial(self._simple, Deed.CANCEL)
        self.retry = partial(self._simple, Deed.RETRY)
        self.retry_uncertain = partial(self._simple, Deed.RETRY_UNCERTAIN)
        self.leave_uncertain = partial(self._simple, Deed.LEAVE_UNCERTAIN)
        self.close = partial(self._simple, Deed.CLOSE)

    async def show(self, request: web.Request) -> web.Response:
        """The page of a notice."""
        staff = await self._door.staff(request)
        notice, done = number(request, "notice"), request.query.get("done", "")
        count, first = (_number(request.query.get(name, "")) for name in ("count", "first"))
        told = ""
        if done in DONE:
            told = self._texts(done, id=notice, count=count, first=first)
        answer = await self._page(staff, notice, told=told)
        if not told:
            async with self._database.begin() as tx:
                seen = await self._theirs(tx, staff, notice)
                unit = seen.it.draft.unit
                await self._door.note(tx, staff, Verb.SAW, Kind.BROADCAST, notice, unit=unit)
        return answer

    async def progress(self, request: web.Request) -> web.Response:
        """How far it has come; the page comes anew by itself while something moves."""
        staff = await self._door.staff(request)
        async with self._database.read() as tx:
            seen = await self._theirs(tx, staff, number(request, "notice"))
            view = await self._views.of(tx, staff.official, seen)
            account = await self._recipients.account(tx, seen.it.id)
        moves = seen.it.phase in (*AHEAD, Phase.SENDING) and "still" not in request.query
        answer = self._door.page(
            "notice_progress.html", staff=staff, view=view, account=account, moves=moves,
            every=EVERY,
        )  # fmt: skip
        if moves:
            answer.headers["Refresh"] = str(EVERY)
        return answer

    async def chart(self, request: web.Request) -> web.Response:
        """What became of it, drawn; the page says the same in words and in a table."""
        staff = await self._door.staff(request)
        async with self._database.read() as tx:
            seen = await self._theirs(tx, staff, number(request, "notice"))
            account = await self._recipients.account(tx, seen.it.id)
        said = self._texts("staff.notice.account")
        return picture(across(self._views.numbers(account), said))

    async def approve(self, request: web.Request) -> web.Response:
        """Release it as it was seen."""

        async def approve(tx: Transaction, by: Official, seen: Seen, form: Form) -> Done:
            now, at = bool(form.get("now")), self._clock()
            return await self._deeds.approve(tx, by, seen, now=now, at=at)

        return await self._step(request, Deed.APPROVE, approve)

    async def give_back(self, request: web.Request) -> web.Response:
        """Not so; its author reads why."""

        async def give_back(tx: Transaction, by: Official, seen: Seen, form: Form) -> Done:
            why, at = reason(form), self._clock()
            return await self._deeds.give_back(tx, by, seen, why=why, at=at)

        return await self._step(request, Deed.RETURN, give_back)

    async def move(self, request: web.Request) -> web.Response:
        """Another time."""

        async def move(tx: Transaction, by: Official, seen: Seen, form: Form) -> Done:
            at = self._clock()
            when = self._form.when(typed(form, "when"), now=at)
            if when.repeats:
                raise Wrong([("when", self._texts("staff.notice.move_once"))])
            return await self._deeds.move(tx, by, seen, to=when.first, at=at)

        return await self._step(request, None, move)

    async def take_back(self, request: web.Request) -> web.Response:
        """What was sent is wrong: other words for it, or none."""

        async def take_back(tx: Transaction, by: Official, seen: Seen, form: Form) -> Done:
            words, at = typed(form, "text"), self._clock()
            if not form.get("whole") and not any(letter.isalpha() for letter in words):
                raise Cannot("staff.case.empty", 422)
            if len(words) > LONGEST_CORRECTION:
                told = self._texts("notice.too_long", count=len(words), most=LONGEST_CORRECTION)
                raise Wrong([("text", told)])
            words = "" if form.get("whole") else words
            return await self._deeds.take_back(tx, by, seen, words=words, at=at)

        return await self._step(request, Deed.TAKE_BACK, take_back)

    async def submit(self, request: web.Request) -> web.Response:
        """Hand in a draft as it stands."""

        async def submit(tx: Transaction, by: Official, seen: Seen, _form: Form) -> Done:
            if seen.it.phase is not Phase.DRAFT:
                raise NotDone("notice.changed")
            await self._broadcasts.submit(tx, seen.it.id, by=by.name, at=self._clock())
            return Done(seen.it.id, "staff.notice.submitted")

        return await self._step(request, Deed.MEND, submit)

    async def _simple(self, deed: Deed, request: web.Request) -> web.Response:
        async def act(tx: Transaction, by: Official, seen: Seen, _form: Form) -> Done:
            return await self._deeds.do(tx, by, seen, deed, at=self._clock())

        return await self._step(request, deed, act)

    async def _step(self, request: web.Request, deed: Deed | None, act: Act) -> web.Response:
        """Do it in one transaction; then the page, with what was done or why not. Without a deed
        it is moved; a draft that is handed in is its author's, as one that is mended."""
        staff, form = await self._door.posted(request)
        notice = number(request, "notice")
        leads = deed in (Deed.APPROVE, Deed.RETURN)
        try:
            async with self._database.begin() as tx:
                seen = await self._theirs(tx, staff, notice, lock=True)
                self._door.need_anywhere(staff, Right.APPROVE if leads else Right.NOTICE)
                if form.get("seen", "") != str(seen.it.version):
                    raise NotDone("notice.changed")
                by = staff.official
                may = self._deeds.movable if deed is None else partial(self._may, deed)
                if not may(by, seen):
                    raise NotDone("notice.may_not")
                done = await act(tx, by, seen, form)
                why = reason(form) if deed is Deed.RETURN else ""
                verb = Verb.RESCHEDULED if deed is None else VERBS.get(deed, Verb.SUBMITTED)
                await self._door.note(
                    tx, staff, verb, Kind.BROADCAST, notice, unit=seen.it.draft.unit, reason=why
                )
        except (WrongState, NoBroadcast, NotDone, Cannot, Wrong, Late) as why_not:
            return await self._refuse(staff, notice, why_not, form)
        address = f"{ADDRESS}/{done.number}?done={done.key}&count={done.count}&first={notice}"
        return web.Response(status=303, headers={"Location": address})

    def _may(self, deed: Deed, by: Official, seen: Seen) -> bool:
        return self._deeds.may(by, seen, deed)

    async def _theirs(
        self, tx: Transaction, staff: Staff, notice: int, *, lock: bool = False
    ) -> Seen:
        """The notice, if they may see it. Raises HTTPNotFound."""
        seen = await self._deeds.look(tx, staff.official, notice, lock=lock)
        if seen is None:
            raise self._door.gone(staff)
        return seen

    async def _refuse(
        self, staff: Staff, notice: int, why_not: Exception, form: Form
    ) -> web.Response:
        """The notice as it is now, why nothing was done, and the words that were typed."""
        problem, status = self._texts("notice.changed"), 409
        match why_not:
            case Cannot():
                problem, status = self._texts(why_not.key), why_not.status
            case NotDone():
                problem = self._texts(why_not.key)
            case Wrong():
                problem, status = " ".join(words for _, words in why_not.faults), 422
            case Late():
                problem = ""  # the page says it
        return await self._page(staff, notice, problem=problem, kept=form, status=status)

    async def _page(
        self,
        staff: Staff,
        notice: int,
        *,
        told: str = "",
        problem: str = "",
        kept: Form | None = None,
        status: int = 200,
    ) -> web.Response:
        async with self._database.read() as tx:
            seen = await self._theirs(tx, staff, notice)
            view = await self._views.of(tx, staff.official, seen)
        said, at = kept or {}, f"{ADDRESS}/{notice}"
        return self._door.page(
            "notice.html", staff=staff, status=status, view=view, notice=told, problem=problem,
            text=typed(said, "text"), when=typed(said, "when"), longest=LONGEST_CORRECTION,
            files=self._files.shown(Written(), seen.it.draft, at),
            units=self._papers.units(staff), endings=ENDINGS, forms=FORMS,
        )  # fmt: skip


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
