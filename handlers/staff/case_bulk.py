"""The desk for several cases at once: chosen in the list, looked at once more, then done.

Each case is done by itself, by the step and the rules of the desk for one case, with its own line
in the audit log; what cannot be done is told with its reason and holds up nothing else. Sent twice
it is done once: who finds that they did just this themselves is told that it is done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from content.redaction import redact
from content.screens import shorten
from content.texts import Texts
from handlers.casework import Casework
from handlers.official.duties import duties
from handlers.official.proof import Proof
from handlers.official_actions import Duty
from handlers.staff.case_query import ADDRESS
from handlers.staff.case_steps import REASONED, VERBS, CaseSteps, Refusals, Step, why_not
from handlers.staff.door import Door, inside
from handlers.staff.forms import Cannot, Form, reason, typed, words
from handlers.staff.replies import Replies
from handlers.staff.staff import Right, Staff
from handlers.staff.unit_choice import Offered
from handlers.units import Units
from storage.audit import Kind
from storage.case_history import Happened, History
from storage.case_lists import CaseLists
from storage.case_records import Case
from storage.cases import Cases
from storage.database import Database, Transaction
from storage.official_drafts import Purpose
from storage.officials import Official, Officials

MOST = 100
SHOWN = 160

DEEDS: Mapping[str, tuple[Happened, frozenset[Duty]]] = {
    "assign": (Happened.ASSIGNED, frozenset({Duty.GIVE, Duty.TAKE})),
    "move": (Happened.MOVED, frozenset({Duty.HAND_ON})),
    "answer": (Happened.ANSWERED, frozenset({Duty.ANSWER})),
    "close": (Happened.CLOSED, frozenset({Duty.CLOSE})),
    "keep": (Happened.KEPT, frozenset({Duty.RELEASE})),
    "group": (Happened.GROUPED, frozenset({Duty.JOIN})),
}
"""What can be done to several, what the history calls it, and the duties one of which allows it."""

_CHOSEN = re.compile(r"case-([1-9][0-9]{0,17})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """A case that was chosen. `why` says why it cannot be done, or was not; `note` what to know."""

    id: int
    version: str
    label: str
    text: str = ""
    why: str = ""
    note: str = ""


class BulkDesk:
    """Shows what was chosen, and does it."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        casework: Casework,
        steps: CaseSteps,
        proof: Proof,
        replies: Replies,
        texts: Texts,
        units: Units,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._casework = casework
        self._steps: Mapping[str, Step] = {
            "assign": steps.assign,
            "move": steps.move,
            "answer": steps.send,
            "close": steps.close,
            "keep": steps.keep,
            "group": steps.group,
        }
        self._proof = proof
        self._replies = replies
        self._texts = texts
        self._units = units
        self._clock = clock
        self._cases = Cases()
        self._lists = CaseLists()
        self._history = History()

    async def choose(self, request: web.Request) -> web.Response:
        """What was chosen, and what it still takes: to whom, where to, which words. Nothing is
        done."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.ANSWER)
        return await self._page(staff, form)

    async def fill(self, request: web.Request) -> web.Response:
        """A saved reply below what was typed so far; nothing is sent."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.ANSWER)
        return await self._page(staff, form, fills=True)

    async def preview(self, request: web.Request) -> web.Response:
        """The words as villagers will read them; nothing is sent."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.ANSWER)
        try:
            self._check(form)
        except Cannot as cannot:
            return await self._page(staff, form, cannot=cannot)
        return await self._page(staff, form, proofread=True)

    async def do(self, request: web.Request) -> web.Response:
        """Do it to each, and tell which were not done and why."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.ANSWER)
        try:
            self._check(form)
        except Cannot as cannot:
            return await self._page(staff, form, cannot=cannot)
        deed, chosen = form["do"], _chosen(form)
        first = chosen[0][0]
        given = {**form, "purpose": Purpose.ANSWER.value, "other": str(first)}
        others = chosen[1:] if deed == "group" else chosen
        lines = [
            await self._one(staff, number, deed, given | {"seen": seen}) for number, seen in others
        ]
        return self._door.page(
            "bulk_done.html",
            staff=staff,
            done=[line for line in lines if not line.why],
            left=[line for line in lines if line.why],
            with_first=first if deed == "group" else 0,
            back=_back(form),
        )

    async def _one(self, staff: Staff, number: int, deed: str, form: Form) -> Line:
        by, label = staff.official, self._texts("staff.bulk.number", id=number)
        try:
            async with self._database.begin() as tx:
                case = await self._cases.get(tx, number, lock=True)
                if case is not None and await self._did(tx, case, deed, form, by):
                    return Line(number, "", self._casework.label(case))
                if case is None or not self._casework.sees(by, case):
                    return Line(number, "", label, why=self._texts("staff.case.none_such"))
                label = self._casework.label(case)
                done = await self._steps[deed](tx, case, form, by)
                why = reason(form) if done in REASONED else ""
                await self._door.note(
                    tx, staff, VERBS[done], Kind.CASE, number, unit=case.unit, reason=why
                )
        except Refusals as fault:
            return Line(number, "", label, why=self._texts(why_not(fault) or "staff.bulk.changed"))
        return Line(number, "", label)

    async def _did(self, tx: Transaction, case: Case, deed: str, form: Form, by: Official) -> bool:
        """Whether this very form was carried out before."""
        if deed == "group":
            first = await self._cases.get(tx, int(form["other"]))
            if first is None or case.group is None or first.group != case.group:
                return False
            return self._casework.sees(by, first) and self._casework.sees(by, case)
        if str(case.version - 1) != form["seen"]:
            return False
        what, _ = DEEDS[deed]
        last = [event for event in await self._history.of(tx, case.id) if event.what is what][-1:]
        if not last or last[0].by != by.id:
            return False
        match deed:
            case "assign":
                return last[0].detail == form.get("to", "")
            case "move":
                return last[0].detail == form.get("unit", "")
            case "answer":
                said = await self._cases.words(tx, case.id)
                return bool(said) and said[-1].text == words(form, "text")
        return last[0].detail == reason(form)

    def _check(self, form: Form) -> None:
        """Raises Cannot for a form with which nothing can be done to any."""
        chosen, deed = _chosen(form), form.get("do", "")
        if deed not in DEEDS:
            raise Cannot("staff.bulk.no_deed", 422)
        if not chosen:
            raise Cannot("staff.bulk.none", 422)
        if len(chosen) > MOST:
            raise Cannot("staff.bulk.too_many", 422)
        match deed:
            case "assign" if not form.get("to"):
                raise Cannot("official.not_to_them", 422)
            case "move" if self._units.get(form.get("unit", "")) is None:
                raise Cannot("staff.case.no_unit", 422)
            case "answer":
                words(form, "text")
            case "close" | "keep":
                reason(form)
            case "group" if len(chosen) < 2:
                raise Cannot("staff.bulk.two", 422)

    async def _page(
        self,
        staff: Staff,
        form: Form,
        *,
        proofread: bool = False,
        fills: bool = False,
        cannot: Cannot | None = None,
    ) -> web.Response:
        """The cases that were chosen with what is asked for, or with what is to be sent; where it
        `fills`, with the chosen reply in it."""
        chosen, deed, problem = _chosen(form)[:MOST], form.get("do", ""), cannot
        if problem is None and (deed not in DEEDS or not chosen):
            problem = Cannot("staff.bulk.no_deed" if chosen else "staff.bulk.none", 422)
        text = typed(form, "text")
        async with self._database.read() as tx:
            cases = [
                case
                for case in await self._cases.several(tx, [number for number, _ in chosen])
                if self._casework.sees(staff.official, case)
            ]
            lines = await self._lines(tx, staff.official, cases, deed, dict(chosen))
            able = [c for c, line in zip(cases, lines, strict=True) if not line.why]
            colleagues = await self._able(tx, staff, able) if deed == "assign" else []
            saved = await self._replies.for_cases(tx, able) if deed == "answer" else []
            if fills:
                kept, told = await self._replies.filled(tx, able, form)
                text, status = kept.text, 200 if kept.filled else 422
                problem = problem or (Cannot(told, status) if told else None)
        return self._door.page(
            "bulk.html",
            staff=staff,
            status=problem.status if problem else 200,
            lines=lines,
            deed=deed if deed in DEEDS else "",
            title=self._texts(f"staff.bulk.{deed}") if deed in DEEDS else "",
            able=able,
            colleagues=colleagues,
            saved=saved,
            units=Offered.of(self._units),
            typed=form,
            text=text,
            told=self._proof.told(able[0], Purpose.ANSWER, text) if proofread and able else "",
            remarks=self._proof.remarks(text) if proofread else [],
            problem=(
                self._texts(problem.key, most=MOST, case=self._texts("staff.bulk.these"))
                if problem
                else ""
            ),
            back=_back(form),
        )

    async def _lines(
        self,
        tx: Transaction,
        by: Official,
        cases: Sequence[Case],
        deed: str,
        seen: Mapping[int, str],
    ) -> list[Line]:
        """Each with what it begins with, and why it cannot be done as it stands now."""
        numbers = [case.id for case in cases]
        texts = await self._lists.openings(tx, self._casework.sight(by), numbers)
        lines = []
        for case in cases:
            _, needed = DEEDS.get(deed, (None, frozenset(Duty)))
            why = note = ""
            if seen[case.id] != str(case.version):
                why = self._texts("staff.bulk.changed")
            elif not needed & set(duties(by, case)):
                why = self._texts("official.may_not")
            elif deed == "answer" and await self._cases.thread(tx, case.id) is None:
                note = self._texts("official.remark.nobody")
            text = shorten(" ".join(redact(texts.get(case.id, "")).split()), SHOWN)
            lines.append(Line(case.id, seen[case.id], self._casework.label(case), text, why, note))
        return lines

    async def _able(self, tx: Transaction, staff: Staff, cases: Sequence[Case]) -> list[Official]:
        """Colleagues who may get any of these."""
        return [
            one
            for one in await Officials().all(tx)
            if one.id != staff.id
            and one.answers
            and any(self._casework.sees(one, case) for case in cases)
        ]


def _chosen(form: Form) -> list[tuple[int, str]]:
    """Numbers of the cases that were ticked with the version that was seen, by number."""
    found = [(named, value) for name, value in form.items() if (named := _CHOSEN.fullmatch(name))]
    return sorted((int(named[1]), value) for named, value in found)


def _back(form: Form) -> str:
    """The list from which they came."""
    back = inside(form.get("back", ""))
    return back if back.startswith(ADDRESS) else ADDRESS
