"""The desk where a notice is written or changed: a form, a look at it, handing it in.

Nothing is kept until it is handed in: the form and its preview carry what was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aiohttp import web

from content.library import Library
from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.actions import Deed
from handlers.official.notices_deeds import Deeds, NotDone
from handlers.official.notices_pages import Seen
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_words import NoticeWords
from handlers.staff.door import Door
from handlers.staff.forms import Form
from handlers.staff.notice_form import CARDS, NoticeForm, Written, Wrong
from handlers.staff.staff import Right, Staff
from storage.audit import Kind, Verb
from storage.broadcasts import Broadcasts, Draft, NoBroadcast, WrongState
from storage.consents import GENERAL, Purpose
from storage.database import Database, Transaction
from storage.notice_lists import NoticeLists
from storage.notices import Notices

NEW = "/staff/notices/new"
TWICE = timedelta(minutes=10)
"""The same words from the same author so soon are one notice: the button was pressed twice."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What is written on: a new notice, or one that is changed; `base` is where its forms go."""

    base: str = NEW
    seen: Seen | None = None

    @property
    def before(self) -> Draft | None:
        return self.seen.it.draft if self.seen else None


class NoticeWriting:
    """Serves the form, its preview, and handing in."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        texts: Texts,
        library: Library,
        words: NoticeWords,
        rights: NoticeRights,
        deeds: Deeds,
        form: NoticeForm,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._texts = texts
        self._library = library
        self._words = words
        self._rights = rights
        self._deeds = deeds
        self._form = form
        self._clock = clock
        self._broadcasts = Broadcasts()
        self._notices = Notices()
        self._lists = NoticeLists()
        self._go = fold(texts("notice.words_urgent"))

    async def show(self, request: web.Request) -> web.Response:
        """The empty form, or that of a notice as it stands."""
        staff = await self._door.staff(request)
        async with self._database.read() as tx:
            paper = await self._paper(tx, request, staff)
        if not self._mends(staff, paper):
            return self._page(staff, paper, Written(), problem="notice.may_not", status=409)
        place = self._form.places(staff.official)[0][0]
        before = paper.before
        written = self._form.filled(before) if before else Written(place=place)
        return self._page(staff, paper, written)

    async def rewrite(self, request: web.Request) -> web.Response:
        """Back from the preview, with all as it was typed."""
        staff, form = await self._door.posted(request)
        async with self._database.read() as tx:
            paper = await self._paper(tx, request, staff)
        return self._page(staff, paper, Written.of(form), version=form.get("seen", ""))

    async def preview(self, request: web.Request) -> web.Response:
        """What people will read and when, whom it reaches, what may be hard in it."""
        staff, form = await self._door.posted(request)
        now = self._clock()
        written = replace(Written.of(form), asked=now.isoformat())
        async with self._database.read() as tx:
            paper = await self._paper(tx, request, staff)
            try:
                draft = self._draft(staff, paper, written, form, now)
            except (Wrong, NotDone) as why:
                return self._refuse(staff, paper, written, form, why)
            version = form.get("seen", "")
            return await self._preview(tx, staff, paper, written, draft, version=version)

    async def submit(self, request: web.Request) -> web.Response:
        """Hand in what was seen in the preview, for another person's eyes."""
        return await self._hand_in(request, at_once=False)

    async def urgent(self, request: web.Request) -> web.Response:
        """An emergency on one person's word, who leads there and typed that they mean it."""
        return await self._hand_in(request, at_once=True)

    async def _hand_in(self, request: web.Request, *, at_once: bool) -> web.Response:
        staff, form = await self._door.posted(request)
        by, at, written = staff.official, self._clock(), Written.of(form)
        done = "staff.notice.submitted"
        try:
            async with self._database.begin() as tx:
                paper = await self._paper(tx, request, staff, lock=True)
                if at_once:
                    self._door.need_anywhere(staff, Right.APPROVE)
                draft = self._draft(staff, paper, written, form, at)
                if at_once and not draft.emergency:
                    raise NotDone("notice.may_not")
                if at_once and fold(form.get("go", "")).strip(' .!"“”') != self._go:
                    version = form.get("seen", "")
                    return await self._preview(
                        tx, staff, paper, written, draft, version=version, problem="notice.not_yet"
                    )
                number, fresh = await self._write(tx, staff, paper, draft, at)
                if fresh:
                    await self._broadcasts.submit(tx, number, by=by.name, at=at)
                    verb = Verb.EDITED if paper.seen else Verb.ADDED
                    await self._door.note(tx, staff, verb, Kind.BROADCAST, number, unit=draft.unit)
                if fresh and at_once:
                    await self._broadcasts.approve(tx, number, by=by.name, at=at)
                    await self._notices.released(tx, number, by.id)
                    await self._door.note(
                        tx, staff, Verb.APPROVED, Kind.BROADCAST, number, unit=draft.unit,
                        reason=draft.reason,
                    )  # fmt: skip
                    done = "staff.notice.sending_now"
        except (Wrong, NotDone, WrongState, NoBroadcast) as why:
            async with self._database.read() as tx:
                paper = await self._paper(tx, request, staff)
            return self._refuse(staff, paper, written, form, why)
        address = f"/staff/notices/{number}?done={done}"
        return web.Response(status=303, headers={"Location": address})

    async def _write(
        self, tx: Transaction, staff: Staff, paper: Paper, draft: Draft, at: datetime
    ) -> tuple[int, bool]:
        """The number of what it becomes, and whether it was not there before."""
        by = staff.official
        if paper.seen is not None:
            number = paper.seen.it.id
            await self._broadcasts.edit(tx, number, draft, by=by.name, at=at)
        else:
            twin = await self._lists.twin(tx, draft, author=by.id, since=at - TWICE)
            if twin is not None:
                return twin, False
            number = await self._broadcasts.write(tx, draft, by=by.name, at=at)
        await self._notices.wrote(tx, number, by.id)
        return number, True

    async def _paper(
        self, tx: Transaction, request: web.Request, staff: Staff, *, lock: bool = False
    ) -> Paper:
        """What the address is about. Raises HTTPNotFound, and HTTPForbidden for who writes none."""
        typed = request.match_info.get("notice", "")
        seen = None
        if typed:
            seen = await self._deeds.look(tx, staff.official, int(typed), lock=lock)
            if seen is None:
                raise self._door.gone(staff)
        self._door.need_anywhere(staff, Right.NOTICE)
        return Paper(f"/staff/notices/{typed}/edit", seen) if seen else Paper()

    def _mends(self, staff: Staff, paper: Paper) -> bool:
        return paper.seen is None or self._deeds.may(staff.official, paper.seen, Deed.MEND)

    def _draft(
        self, staff: Staff, paper: Paper, written: Written, form: Form, now: datetime
    ) -> Draft:
        """What was typed, as it will be sent. Raises Wrong, and NotDone where it was changed
        since the form was opened, or is not theirs to change."""
        if paper.seen is not None:
            if form.get("seen", "") != str(paper.seen.it.version):
                raise NotDone("notice.changed")
            if not self._mends(staff, paper):
                raise NotDone("notice.may_not")
        return self._form.draft(written, staff.official, before=paper.before, now=now)

    def _refuse(
        self, staff: Staff, paper: Paper, written: Written, form: Form, why: Exception
    ) -> web.Response:
        """The form with what was typed, and what is wrong."""
        version = form.get("seen", "")
        if isinstance(why, Wrong):
            return self._page(staff, paper, written, faults=why.faults, version=version, status=422)
        key = why.key if isinstance(why, NotDone) else "notice.changed"
        return self._page(staff, paper, written, problem=key, version=version, status=409)

    async def _preview(
        self,
        tx: Transaction,
        staff: Staff,
        paper: Paper,
        written: Written,
        draft: Draft,
        *,
        version: str,
        problem: str = "",
    ) -> web.Response:
        reach = await self._words.count(tx, draft, now=self._clock())
        names = ", ".join(await self._rights.leaders(tx, draft.unit, but=staff.official))
        who = self._texts("notice.approvers", names=names) if names else ""
        alone = draft.emergency and self._rights.releases(staff.official)
        asked = {"reason": draft.reason, "count": reach.reached}
        return self._door.page(
            "notice_preview.html", staff=staff, status=422 if problem else 200, paper=paper,
            written=written, fields=list(zip(CARDS, written.cards, strict=True)), version=version,
            when=self._words.when(draft.due_at, draft.repeats),
            looks=self._words.preview(draft).text, facts=self._words.facts(draft),
            reading=self._words.how_it_reads(draft), reach=self._words.reaching(reach, draft),
            who=who or self._texts("notice.no_approver"),
            urgent=self._texts("notice.ask.urgent", **asked) if alone else "",
            problem=self._texts(problem) if problem else "",
        )  # fmt: skip

    def _page(
        self,
        staff: Staff,
        paper: Paper,
        written: Written,
        *,
        problem: str = "",
        faults: Sequence[tuple[str, str]] = (),
        version: str = "",
        status: int = 200,
    ) -> web.Response:
        before = paper.before
        places = [
            (value, self._words.place(unit, only=only))
            for value, unit, only in self._form.places(staff.official)
        ]
        purposes = [(one.value, self._texts(f"notice.purpose.{one}")) for one in GENERAL]
        fixed = before is not None and (before.asks or before.purpose is Purpose.TOPIC)
        return self._door.page(
            "notice_form.html", staff=staff, status=status, paper=paper, written=written,
            fields=list(zip(CARDS, written.cards, strict=True)), places=places,
            purposes=[] if fixed else purposes, cards=self._cards(),
            asks=before.asks if before else None, faults=faults,
            wrong={name for name, _ in faults},
            version=version or (str(paper.seen.it.version) if paper.seen else ""),
            problem=self._texts(problem, id=paper.seen.it.id if paper.seen else 0)
            if problem else "",
        )  # fmt: skip

    def _cards(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The cards to choose from, by the name of their group."""
        groups = self._library.shelf.groups.items()
        return [
            (self._texts(f"group.{name}"), [(one.slug, one.title) for one in headings])
            for name, headings in groups
        ]
