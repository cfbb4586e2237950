"""The desk for what the cards lack: questions that got no answer, in groups that ask the same.

A group becomes a phrase of a card, is answered (`answer_desk`) or set aside; in each case all that
was shown of it is settled.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from content.answers import label
from content.cards import Facet
from content.faults import CardFault
from content.library import Library
from content.phrasebook import PhraseRefused, add_phrase, suggestion
from content.screens import shorten
from content.shelf import Heading
from content.texts import Texts
from handlers.staff.door import Door
from handlers.staff.question_groups import Alike, QuestionGroups
from handlers.staff.staff import Right, Staff
from storage.audit import Kind, Verb
from storage.database import Database
from storage.unanswered import NEWEST, Doubt, NotOpen, OpenQuestion, Unanswered

ADDRESS = "/staff/unanswered"
PAGE = 30
EXAMPLES = 5
SHOWN = 300
LONGEST_TYPED = 1_000
EVERY = 3
"""Seconds after which the page comes anew while it was never grouped."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What came back in a form; `questions` are the ids of the group as it was shown."""

    questions: tuple[int, ...]
    phrase: str = ""
    slug: str = ""
    facet: str = ""
    page: int = 1
    faults: tuple[CardFault, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A group as the page shows it, with the values that its form begins with."""

    questions: tuple[int, ...]
    examples: tuple[str, ...]
    guess: str
    unknown: int
    unsure: int
    wrong: int
    wrong_cards: str
    first: str
    last: str
    phrase: str
    slug: str
    facet: str
    waiting: int
    faults: tuple[CardFault, ...] = ()

    @property
    def count(self) -> int:
        return len(self.questions)


class UnansweredDesk:
    """Shows the groups and carries out what staff decide about one."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        unanswered: Unanswered,
        groups: QuestionGroups,
        library: Library,
        texts: Texts,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._unanswered = unanswered
        self._groups = groups
        self._library = library
        self._texts = texts
        self._zone = zone
        self._clock = clock

    async def show(self, request: web.Request) -> web.Response:
        """One page of the groups, the largest first."""
        staff = await self._door.staff(request)
        page, notice = _number(request.query.get("page", "")), self._notice(request.query)
        return await self._list(
            staff, page=page, notice=notice, comes_anew="still" not in request.query
        )

    async def add(self, request: web.Request) -> web.Response:
        """Make a phrase of the group; the program learns it when it next looks at its files."""
        return await self._settle(request, adding=True)

    async def dismiss(self, request: web.Request) -> web.Response:
        """Set the group aside."""
        return await self._settle(request, adding=False)

    async def _settle(self, request: web.Request, *, adding: bool) -> web.Response:
        staff, form = await self._door.posted(request)
        if adding:  # the cards are everybody's
            self._door.need(staff, Right.CARDS)
        self._door.need_anywhere(staff, Right.CARDS)
        typed = _typed(form)
        slug = typed.slug if adding else ""
        try:
            async with self._database.begin() as tx:
                await self._unanswered.settle(
                    tx, typed.questions, units=staff.only, slug=slug, at=self._clock()
                )
                first = min(typed.questions)
                if adding:
                    await self._door.note(tx, staff, Verb.ADDED, Kind.CARD, slug)
                else:
                    await self._door.note(tx, staff, Verb.DISMISSED, Kind.QUESTION, first)
                if adding:
                    await asyncio.to_thread(self._add, typed)
        except NotOpen:
            return await self._list(
                staff, page=typed.page, problem=self._texts("staff.unanswered.gone"), status=409
            )
        except PhraseRefused as refused:
            typed = replace(typed, faults=refused.faults)
            return await self._list(staff, page=typed.page, typed=typed, status=422)
        done = f"added={slug}" if adding else "dismissed=1"
        address = f"{ADDRESS}?page={typed.page}&{done}#top"
        return web.Response(status=303, headers={"Location": address})

    def _notice(self, query: Mapping[str, str]) -> str:
        """What was done to the group before this page."""
        if (slug := query.get("added", "")) in self._library.shelf.cards:
            title = self._library.shelf.cards.heading(slug).title
            return self._texts("staff.unanswered.added", title=title)
        if chats := _number(query.get("answered", "")):
            return self._texts("staff.unanswered.answered", count=chats)
        return self._texts("staff.unanswered.dismissed") if "dismissed" in query else ""

    def _add(self, typed: Typed) -> None:
        shelf, folder = self._library.shelf, self._library.folder
        add_phrase(shelf, folder, typed.slug, typed.facet, typed.phrase)

    async def _list(
        self,
        staff: Staff,
        *,
        page: int = 1,
        notice: str = "",
        problem: str = "",
        typed: Typed | None = None,
        comes_anew: bool = False,
        status: int = 200,
    ) -> web.Response:
        """The page of that number, or the one on which the group that was `typed` in now is.

        What was never grouped is a plain list without forms, which `comes_anew`.
        """
        async with self._database.read() as tx:
            numbers = await self._unanswered.numbers(tx, units=staff.only)
            count = await self._unanswered.count(tx, units=staff.only)

        async def read() -> list[tuple[int, str]]:
            async with self._database.read() as tx:
                found = await self._unanswered.open(tx, units=staff.only)
            return [(question.id, question.text) for question in found]

        look = await self._groups.look(staff.only, numbers, read, whole=typed is not None)
        groups = look.groups
        if typed is not None:
            page = next((n for n, g in enumerate(groups) if _is(g, typed)), 0) // PAGE + 1
        pages = max(1, -(-len(groups) // PAGE))
        page = min(max(page, 1), pages)
        rows = await self._rows(staff, groups[(page - 1) * PAGE : page * PAGE], typed)
        plain = look.first and look.running
        answer = self._door.page(
            "unanswered.html",
            staff=staff,
            settles=staff.has(Right.CARDS) and not plain,
            answers=not plain,
            teaches=staff.may(Right.CARDS),
            running=look.running,
            comes_anew=plain and comes_anew,
            plain=plain,
            every=EVERY,
            status=status,
            rows=rows,
            count=count,
            page=page,
            pages=pages,
            notice=notice,
            problem=problem,
            cards=self._cards(),
            facets=[(facet.value, label(facet, self._texts)) for facet in Facet],
        )
        if plain and comes_anew:
            answer.headers["Refresh"] = str(EVERY)
        return answer

    async def _rows(self, staff: Staff, groups: list[Alike], typed: Typed | None) -> list[Row]:
        """What is still open of these groups, in words."""
        numbers = [number for one in groups for number in one.members]
        async with self._database.read() as tx:
            found = await self._unanswered.open(tx, units=staff.only, among=numbers)
            asked = await self._unanswered.asked_of_officials(tx, numbers, units=staff.only)
        waiting = {n: c.id for n, c in asked.items() if staff.may(Right.PUBLISH, c.unit)}
        by_id = {question.id: question for question in found}
        rows = []
        for one in groups:
            if members := [by_id[number] for number in one.members if number in by_id]:
                rows.append(self._row(one, members, waiting, typed))
        return rows

    def _row(
        self,
        one: Alike,
        members: Sequence[OpenQuestion],
        waiting: Mapping[int, int],
        typed: Typed | None,
    ) -> Row:
        """`waiting` are the cases of questions whose people wait for an official."""
        cards = self._library.shelf.cards
        guessed = [m.guess for m in members if m.kind is not Doubt.WRONG]
        guesses = Counter(slug for slug in guessed if slug in cards)
        guess = guesses.most_common(1)[0][0] if guesses else ""
        wrong = Counter(m.guess for m in members if m.kind is Doubt.WRONG)
        days = [member.asked_at.astimezone(self._zone) for member in members]
        best = next((m.text for m in members if m.id == one.representative), members[0].text)
        texts = dict.fromkeys([best, *(member.text for member in members)])
        row = Row(
            questions=tuple(member.id for member in members),
            examples=tuple(shorten(text, SHOWN) for text in texts)[:EXAMPLES],
            guess=cards.heading(guess).title if guess else "",
            unknown=sum(member.kind is Doubt.UNKNOWN for member in members),
            unsure=sum(member.kind is Doubt.UNSURE for member in members),
            wrong=wrong.total(),
            wrong_cards=", ".join(
                f"“{cards.heading(slug).title if slug in cards else slug}”" for slug in wrong
            ),
            first=min(days).strftime("%d/%m/%Y"),
            last=max(days).strftime("%d/%m/%Y"),
            phrase=suggestion(best),
            # What the engine did not know at all, a hasty tap must not teach it.
            slug=guess if any(m.kind is Doubt.UNSURE and m.guess == guess for m in members) else "",
            facet=Facet.GENERAL.value,
            waiting=len({waiting[number] for number in one.members if number in waiting}),
        )
        if typed is None or not _is(one, typed):
            return row
        return replace(
            row, phrase=typed.phrase, slug=typed.slug, facet=typed.facet, faults=typed.faults
        )

    def _cards(self) -> list[tuple[str, tuple[Heading, ...]]]:
        """The cards to choose from, by the name of their group."""
        groups = self._library.shelf.groups.items()
        return [(self._texts(f"group.{name}"), headings) for name, headings in groups]


def _is(one: Alike, typed: Typed) -> bool:
    """Whether it is the group that the form was about, though more may have joined it."""
    return bool(typed.questions) and typed.questions[0] in one.members


def _typed(form: Mapping[str, str]) -> Typed:
    return Typed(
        questions=numbers_of(form.get("questions", "")),
        phrase=form.get("phrase", "")[:LONGEST_TYPED],
        slug=form.get("slug", "")[:64],
        facet=form.get("facet", "")[:64],
        page=_number(form.get("page", "")),
    )


def numbers_of(text: str) -> tuple[int, ...]:
    """The questions of a group, as its forms name them."""
    return tuple(_number(number) for number in text.split(",")[:NEWEST])


def _number(text: str) -> int:
    """A number as our own pages write it; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
