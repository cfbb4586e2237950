"""The desk for one answer to all who asked the same: written, seen as each channel shows it, sent.

The forms name the questions as they were shown and the cases that waited then, so nobody is
answered unseen, and of two taps the second finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from content.phrasebook import suggestion
from content.redaction import redact
from content.screens import shorten
from content.texts import Texts
from handlers.casework import Casework
from handlers.official.proof import Proof
from handlers.one_answer import Heard, OneAnswer
from handlers.staff.door import Door
from handlers.staff.forms import Cannot, Form, typed, words
from handlers.staff.staff import Right, Staff
from handlers.staff.unanswered import ADDRESS, EXAMPLES, SHOWN, numbers_of
from storage.audit import Kind, Verb
from storage.case_groups import LONGEST_TITLE, GroupFault, Trouble
from storage.case_records import Case, Changed, Refused
from storage.database import Database, Transaction
from storage.unanswered import NotOpen, OpenQuestion, Unanswered

PROPOSED = 80
"""Letters of a title that is made of somebody's question."""


class OneAnswerDesk:
    """Answers a group of questions once."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        unanswered: Unanswered,
        casework: Casework,
        answering: OneAnswer,
        proof: Proof,
        texts: Texts,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._unanswered = unanswered
        self._casework = casework
        self._answering = answering
        self._proof = proof
        self._texts = texts
        self._clock = clock

    async def write(self, request: web.Request) -> web.Response:
        """The group, with room for the answer; also back from the preview, with the words."""
        staff, form = await self._posted(request)
        return await self._page(staff, form)

    async def preview(self, request: web.Request) -> web.Response:
        """What is read on each channel, and in how many chats; nothing is sent."""
        staff, form = await self._posted(request)
        try:
            async with self._database.read() as tx:
                cases = await self._seen(tx, staff, form)
                title, answer = self._said(cases, form)
                heard = await self._heard(tx, cases, answer)
        except (Changed, Cannot, GroupFault, NotOpen) as why:
            return await self._refuse(staff, form, why)
        return self._door.page(
            "answer_preview.html",
            staff=staff,
            questions=form.get("questions", ""),
            cases=_written(cases),
            back=form.get("page", ""),
            title=title,
            text=answer,
            heard=heard.by_channel,
            left=heard.left,
            channels={one.platform: self._channel(one.platform) for one in heard.by_channel},
            count=heard.reached,
            public=bool(self._answering.unit(cases)),
            remarks=self._proof.remarks(answer),
        )

    async def send(self, request: web.Request) -> web.Response:
        """Send what was seen: each hears it once, their cases close, the group is settled."""
        staff, form = await self._posted(request)
        try:
            async with self._database.begin() as tx:
                cases = await self._seen(tx, staff, form)
                title, answer = self._said(cases, form)
                chats = (await self._heard(tx, cases, answer)).reached
                group = await self._answering.answer(
                    tx, numbers_of(form.get("questions", "")), cases, title=title, answer=answer,
                    by=staff.official, units=staff.only, at=self._clock(),
                )  # fmt: skip
                await self._door.note(
                    tx, staff, Verb.PUBLISHED, Kind.GROUP, group.id, unit=group.unit
                )
        except (Changed, Refused, Cannot, GroupFault, NotOpen) as why:
            return await self._refuse(staff, form, why)
        page = form.get("page", "")
        address = f"{ADDRESS}?page={page if page.isdecimal() else 1}&answered={chats}#top"
        return web.Response(status=303, headers={"Location": address})

    async def _posted(self, request: web.Request) -> tuple[Staff, Form]:
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.PUBLISH)
        return staff, form

    async def _open(self, tx: Transaction, staff: Staff, form: Form) -> list[OpenQuestion]:
        """The questions of the form. Raises NotOpen when one of them is settled, gone, or not
        theirs to see."""
        wanted = set(numbers_of(form.get("questions", "")))
        found = await self._unanswered.open(tx, units=staff.only, among=wanted)
        if len(found) != len(wanted):
            raise NotOpen(f"{len(found)} of {len(wanted)} questions are open")
        return found

    async def _waiting(
        self, tx: Transaction, staff: Staff, questions: list[OpenQuestion]
    ) -> list[Case]:
        """The cases of those who wait for the answer, as far as it is theirs to give."""
        numbers = [question.id for question in questions]
        asked = await self._unanswered.asked_of_officials(tx, numbers, units=staff.only)
        cases = {case.id: case for case in asked.values()}
        return [
            case
            for _, case in sorted(cases.items())
            if staff.may(Right.PUBLISH, case.unit) and self._casework.sees(staff.official, case)
        ]

    async def _seen(self, tx: Transaction, staff: Staff, form: Form) -> list[Case]:
        """Who waits now. Raises NotOpen, and Changed when it is not who the form was about."""
        cases = await self._waiting(tx, staff, await self._open(tx, staff, form))
        if not cases:
            raise Cannot("staff.answer.nobody")
        if _written(cases) != form.get("cases", ""):
            raise Changed
        return cases

    def _said(self, cases: list[Case], form: Form) -> tuple[str, str]:
        """Title and answer. Raises Cannot, or GroupFault for what the public must not read."""
        title, answer = " ".join(words(form, "title").split()), words(form, "text")
        if len(title) > LONGEST_TITLE:
            raise GroupFault(f"a title has {LONGEST_TITLE} letters at most", Trouble.LONG)
        self._answering.check(cases, title=title, answer=answer)
        return title, answer

    async def _heard(self, tx: Transaction, cases: list[Case], answer: str) -> Heard:
        """Raises Cannot when all have left."""
        heard = await self._answering.hearing(tx, cases, answer, at=self._clock())
        if not heard.by_channel:
            raise Cannot("staff.answer.nobody")
        return heard

    def _channel(self, platform: str) -> str:
        return self._texts(f"staff.accounts.platform.{platform}")

    async def _refuse(self, staff: Staff, form: Form, why: Exception) -> web.Response:
        """The group as it is now, why nothing was sent, and the words that were typed."""
        key, status = "staff.answer.changed", 409
        match why:
            case Cannot():
                key, status = why.key, why.status
            case GroupFault():
                key = f"staff.group.fault.{why.trouble}"
                status = 422 if why.trouble in {Trouble.NAMES, Trouble.LONG} else 409
        return await self._page(staff, form, problem=key, status=status)

    async def _page(
        self, staff: Staff, form: Form, *, problem: str = "", status: int = 200
    ) -> web.Response:
        """The form, or why there is nothing to answer any more, with the words that were typed."""
        questions, cases = [], list[Case]()
        async with self._database.read() as tx:
            try:
                questions = await self._open(tx, staff, form)
            except NotOpen:
                problem, status = "staff.answer.over", 409
            else:
                cases = await self._waiting(tx, staff, questions)
        if questions and not cases:
            problem, status = "staff.answer.nobody", 409
        shown = list(dict.fromkeys(shorten(one.text, SHOWN) for one in questions))
        return self._door.page(
            "answer.html",
            staff=staff,
            status=status,
            problem=self._texts(problem) if problem else "",
            questions=form.get("questions", ""),
            cases=_written(cases),
            back=form.get("page", ""),
            examples=shown[:EXAMPLES],
            more=max(0, len(questions) - EXAMPLES),
            asked=len(questions),
            waiting=len(cases),
            title=typed(form, "title") or _title(questions),
            text=typed(form, "text"),
        )


def _title(questions: list[OpenQuestion]) -> str:
    """What they ask, where nothing in it is masked; else staff find the words."""
    for one in questions:
        title = shorten(suggestion(one.text), PROPOSED)
        if title and "[" not in title and redact(title) == title:
            return title[0].upper() + title[1:]
    return ""


def _written(cases: list[Case]) -> str:
    """The cases that wait, as the forms name them."""
    return ",".join(str(case.id) for case in cases)
