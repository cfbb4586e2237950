"""The desk where a notice is written or changed: a form, a look at it, handing it in or keeping it.

Nothing but files is kept before that: the form and its preview carry what was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from aiohttp import web

from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.official.notices_deeds import Deeds, NotDone
from handlers.official.notices_pages import Seen
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_words import NoticeWords
from handlers.official_actions import Deed
from handlers.staff.door import Door
from handlers.staff.forms import Form
from handlers.staff.notice_choices import NoticeChoices
from handlers.staff.notice_files import NoticeFiles, Shown
from handlers.staff.notice_form import NoticeForm, Wrong
from handlers.staff.notice_written import Written
from handlers.staff.staff import Right, Staff
from storage.answers import Answers
from storage.audit import Kind, Verb
from storage.broadcasts import Broadcasts, Draft, NoBroadcast, WrongState
from storage.database import Database, Transaction
from storage.notice_lists import NoticeLists
from storage.notices import Notices

NEW = "/staff/notices/new"
TWICE = timedelta(minutes=10)
"""The same words from the same author so soon are one notice: the button was pressed twice."""


class End(Enum):
    """What becomes of what was seen in the preview."""

    KEEP = auto()  # a draft, for its author alone
    SUBMIT = auto()
    AT_ONCE = auto()  # an emergency on one person's word


DONE = {
    End.KEEP: "staff.notice.kept",
    End.SUBMIT: "staff.notice.submitted",
    End.AT_ONCE: "staff.notice.sending_now",
}


@dataclass(frozen=True, slots=True)
class Paper:
    """What is written on: a new notice, or one that is changed; `base` is where its forms go."""

    base: str = NEW
    seen: Seen | None = None

    @property
    def before(self) -> Draft | None:
        return self.seen.it.draft if self.seen else None


@dataclass(frozen=True, slots=True)
class Turn:
    """One form that came: from whom, about what, what was typed; the version that they saw, and
    the words that send an emergency."""

    staff: Staff
    paper: Paper
    written: Written
    version: str = ""
    go: str = ""


class NoticeWriting:
    """Serves the form, its preview, and what is done with it."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        texts: Texts,
        words: NoticeWords,
        rights: NoticeRights,
        deeds: Deeds,
        form: NoticeForm,
        choices: NoticeChoices,
        files: NoticeFiles,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._texts = texts
        self._words = words
        self._rights = rights
        self._deeds = deeds
        self._form = form
        self._choices = choices
        self._files = files
        self._clock = clock
        self._broadcasts = Broadcasts()
        self._notices = Notices()
        self._lists = NoticeLists()
        self._answers = Answers()
        self._go = fold(texts("notice.words_urgent"))

    async def show(self, request: web.Request) -> web.Response:
        """The empty form, or that of a notice as it stands."""
        staff = await self._door.staff(request)
        async with self._database.read() as tx:
            paper = await self._paper(tx, request, staff)
            if not self._mends(staff, paper):
                return self._door.page(
                    "notice_not_yours.html", staff=staff, status=409, seen=paper.seen
                )
            before, place = paper.before, self._form.places.first(staff.official).value
            written = self._form.filled(before) if before else Written(place=place)
            return await self._page(tx, Turn(staff, paper, written))

    async def rewrite(self, request: web.Request) -> web.Response:
        """The form again, with all as it was typed: back from the preview, or with room for one
        more question."""
        staff, form, written, wrong = await self._posted(request)
        async with self._database.read() as tx:
            turn = await self._turn(tx, request, staff, written, form)
            more, status = bool(form.get("more")), 422 if wrong else 200
            return await self._page(tx, turn, faults=wrong, more=more, status=status)

    async def preview(self, request: web.Request) -> web.Response:
        """What people will read and when, whom it reaches, what may be hard in it."""
        staff, form, written, wrong = await self._posted(request)
        now = self._clock()
        written = replace(written, asked=now.isoformat())
        async with self._database.begin() as tx:
            turn = await self._turn(tx, request, staff, written, form)
            try:
                draft = await self._draft(tx, turn, now, wrong=wrong)
            except (Wrong, NotDone) as why:
                return await self._refuse(tx, turn, why)
            await self._files.hold(tx, draft, turn.paper.before)
            return await self._preview(tx, turn, draft)

    async def keep(self, request: web.Request) -> web.Response:
        """Keep it as a draft, to be handed in later."""
        return await self._hand_in(request, End.KEEP)

    async def submit(self, request: web.Request) -> web.Response:
        """Hand in what was seen in the preview, for another person's eyes."""
        return await self._hand_in(request, End.SUBMIT)

    async def urgent(self, request: web.Request) -> web.Response:
        """An emergency on one person's word, who leads there and typed that they mean it."""
        return await self._hand_in(request, End.AT_ONCE)

    async def _hand_in(self, request: web.Request, end: End) -> web.Response:
        staff, form = await self._door.posted(request)
        at, written = self._clock(), Written.of(form)
        try:
            async with self._database.begin() as tx:
                turn = await self._turn(tx, request, staff, written, form, lock=True)
                if end is End.AT_ONCE:
                    self._door.need_anywhere(staff, Right.APPROVE)
                draft = await self._draft(tx, turn, at)
                if not_yet := self._not_yet(turn, draft, end):
                    return await self._preview(tx, turn, draft, problem=not_yet)
                number, fresh = await self._write(tx, turn, draft, at)
                if fresh:
                    await self._finish(tx, turn, number, draft, end)
        except (Wrong, NotDone, WrongState, NoBroadcast) as why:
            async with self._database.read() as tx:
                turn = await self._turn(tx, request, staff, written, form)
                return await self._refuse(tx, turn, why)
        address = f"/staff/notices/{number}?done={DONE[end]}"
        return web.Response(status=303, headers={"Location": address})

    async def _finish(
        self, tx: Transaction, turn: Turn, number: int, draft: Draft, end: End
    ) -> None:
        """What was written is handed in, and released at once where that is meant."""
        staff, by, at = turn.staff, turn.staff.official, self._clock()
        verb = Verb.EDITED if turn.paper.seen else Verb.ADDED
        await self._door.note(tx, staff, verb, Kind.BROADCAST, number, unit=draft.unit)
        if end is End.KEEP:
            return
        await self._broadcasts.submit(tx, number, by=by.name, at=at)
        if end is End.AT_ONCE:
            await self._broadcasts.approve(tx, number, by=by.name, at=at)
            await self._notices.released(tx, number, by.id)
            await self._door.note(
                tx, staff, Verb.APPROVED, Kind.BROADCAST, number, unit=draft.unit,
                reason=draft.reason,
            )  # fmt: skip

    def _not_yet(self, turn: Turn, draft: Draft, end: End) -> str:
        """What somebody has to say first: the key of a text; nothing: it can be done. Raises
        NotDone for what is no emergency."""
        if end is End.AT_ONCE and not draft.emergency:
            raise NotDone("notice.may_not")
        if end is not End.KEEP and turn.written.unread:
            return "staff.notice.read_again"
        if end is End.AT_ONCE and fold(turn.go).strip(' .!"“”') != self._go:
            return "notice.not_yet"
        return ""

    async def _write(
        self, tx: Transaction, turn: Turn, draft: Draft, at: datetime
    ) -> tuple[int, bool]:
        """The number of what it becomes, and whether it was not there before. Raises Wrong when a
        file of it is gone."""
        by, seen = turn.staff.official, turn.paper.seen
        if seen is not None:
            number = seen.it.id
            await self._broadcasts.edit(tx, number, draft, by=by.name, at=at)
        else:
            twin = await self._lists.twin(tx, draft, author=by.id, since=at - TWICE)
            if twin is not None:
                return twin, False
            number = await self._broadcasts.write(tx, draft, by=by.name, at=at)
        if not await self._files.hold(tx, draft, turn.paper.before):
            raise Wrong([("picture", self._texts("staff.notice.file_gone"))])
        await self._notices.wrote(tx, number, by.id)
        return number, True

    async def _posted(
        self, request: web.Request
    ) -> tuple[Staff, Form, Written, list[tuple[str, str]]]:
        """Who sent the form, what stands in it with the files that came, and what is wrong with
        those. Raises what the door raises."""
        staff, form, sent = await self._door.posted_with_files(request, at_most=self._files.most)
        self._door.need_anywhere(staff, Right.NOTICE)  # before anything of theirs is stored
        written, wrong = await self._files.take(staff, Written.of(form), form, sent)
        return staff, form, written, wrong

    async def _turn(
        self,
        tx: Transaction,
        request: web.Request,
        staff: Staff,
        written: Written,
        form: Form,
        *,
        lock: bool = False,
    ) -> Turn:
        """Raises what `_paper` raises."""
        paper = await self._paper(tx, request, staff, lock=lock)
        return Turn(staff, paper, written, form.get("seen", ""), form.get("go", ""))

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

    async def _draft(
        self,
        tx: Transaction,
        turn: Turn,
        now: datetime,
        *,
        wrong: Sequence[tuple[str, str]] = (),
    ) -> Draft:
        """What was typed, as it will be sent. Raises Wrong, with what was `wrong` before, and
        NotDone where it was changed since the form was opened, or is not theirs to change."""
        staff, paper, written = turn.staff, turn.paper, turn.written
        if paper.seen is not None:
            if turn.version != str(paper.seen.it.version):
                raise NotDone("notice.changed")
            if not self._mends(staff, paper):
                raise NotDone("notice.may_not")
        enclosed, lost = await self._files.enclosed(tx, staff, written, paper.before)
        faults = [*wrong, *lost]
        try:
            draft = self._form.draft(
                written, staff.official, before=paper.before, enclosed=enclosed, now=now,
                saved=await self._rights.lists(tx, staff.official),
            )  # fmt: skip
        except Wrong as why:
            raise Wrong([*why.faults, *faults]) from why
        if faults:
            raise Wrong(faults)
        return await self._coded(tx, self._words.templates.possible(draft))

    async def _coded(self, tx: Transaction, draft: Draft) -> Draft:
        """With numbers for its choices, if it asks something and has none. Raises NotDone."""
        if draft.asks is None or draft.asks.code:
            return draft
        try:
            code = await self._answers.free_code(tx)
        except WrongState as full:
            raise NotDone("notice.too_many_open") from full
        return replace(draft, asks=replace(draft.asks, code=code))

    async def _refuse(self, tx: Transaction, turn: Turn, why: Exception) -> web.Response:
        """The form with what was typed, and what is wrong."""
        if isinstance(why, Wrong):
            return await self._page(tx, turn, faults=why.faults, status=422)
        key = why.key if isinstance(why, NotDone) else "notice.changed"
        return await self._page(tx, turn, problem=key, status=409)

    async def _preview(
        self, tx: Transaction, turn: Turn, draft: Draft, *, problem: str = ""
    ) -> web.Response:
        staff, words, written = turn.staff, self._words, turn.written.paired()
        reach = await words.count(tx, draft, now=self._clock())
        names = ", ".join(await self._rights.leaders(tx, draft.unit, but=staff.official))
        who = self._texts("notice.approvers", names=names) if names else ""
        alone = draft.emergency and self._rights.releases(staff.official)
        asked = {"reason": draft.reason, "count": words.many(reach, draft)}
        beyond = {} if draft.template else words.templates.beyond(reach, draft)
        return self._door.page(
            "notice_preview.html", staff=staff, status=422 if problem else 200, paper=turn.paper,
            fields=list(written.fields()), version=turn.version,
            when=words.when(draft.due_at, draft.repeats),
            looks=words.preview(draft).text, facts=words.facts(draft),
            right=words.right_answer(draft), reading=words.how_it_reads(draft),
            reach=words.reaching(reach, draft), files=self._shown(turn, draft),
            unread=[(code, self._texts(f"language.{code}")) for code in written.unread],
            template=draft.template,
            by_template=words.templates.question(beyond, draft) if beyond else "",
            known=words.templates.known() if beyond or draft.template else [],
            who=who or self._texts("notice.no_approver"),
            urgent=self._texts("notice.ask.urgent", **asked) if alone else "",
            problem=self._texts(problem) if problem else "",
        )  # fmt: skip

    def _shown(self, turn: Turn, draft: Draft) -> Mapping[str, Shown]:
        seen = turn.paper.seen
        base = f"/staff/notices/{seen.it.id}" if seen else ""
        return self._files.shown(turn.written, draft, base)

    async def _page(
        self,
        tx: Transaction,
        turn: Turn,
        *,
        problem: str = "",
        faults: Sequence[tuple[str, str]] = (),
        more: bool = False,
        status: int = 200,
    ) -> web.Response:
        staff, paper, written = turn.staff, turn.paper, turn.written
        number, version = (paper.seen.it.id, paper.seen.it.version) if paper.seen else (0, "")
        enclosed, _ = await self._files.enclosed(tx, staff, written, paper.before)
        return self._door.page(
            "notice_form.html", staff=staff, status=status, paper=paper, written=written,
            choices=await self._choices.of(tx, staff.official, written, more=more),
            files=self._shown(turn, Draft("", enclosed=tuple(enclosed))),
            megabytes=self._files.megabytes, faults=faults, wrong={name for name, _ in faults},
            version=turn.version or version,
            problem=self._texts(problem, id=number) if problem else "",
        )  # fmt: skip
