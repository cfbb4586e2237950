"""The desk for a group of cases that say the same: one short answer to all, which is public."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from content.redaction import redact
from content.screens import shorten
from content.texts import Texts
from handlers.casework import Casework
from handlers.grouping import Grouping
from handlers.official.proof import Proof
from handlers.public_answers import PublicAnswers
from handlers.staff.case_view import day
from handlers.staff.door import Door
from handlers.staff.forms import Cannot, Form, number, typed, words
from handlers.staff.staff import Right, Staff
from handlers.units import Units
from storage.audit import Kind, Verb
from storage.case_groups import CaseGroup, CaseGroups, GroupFault, Trouble
from storage.case_lists import CaseLists
from storage.case_records import Case, CaseKind, Changed, Refused
from storage.database import Database, Transaction

SHOWN = 200


class GroupDesk:
    """Shows a group and publishes its answer."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        casework: Casework,
        answers: PublicAnswers,
        grouping: Grouping,
        proof: Proof,
        texts: Texts,
        units: Units,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._casework = casework
        self._answers = answers
        self._grouping = grouping
        self._proof = proof
        self._texts = texts
        self._units = units
        self._clock = clock
        self._groups = CaseGroups()
        self._lists = CaseLists()

    async def show(self, request: web.Request) -> web.Response:
        """The group and its cases."""
        staff = await self._door.staff(request)
        done = "staff.group.published" if "done" in request.query else ""
        return await self._page(staff, number(request, "group"), notice=done)

    async def preview(self, request: web.Request) -> web.Response:
        """What each villager and the public will read; nothing is published."""
        staff, form = await self._door.posted(request)
        group_id = number(request, "group")
        try:
            async with self._database.read() as tx:
                group, members = await self._seen(tx, staff, group_id, form)
                question = await self._question(tx, staff, members[0])
            title, answer = _line(words(form, "title")), words(form, "text")
            self._answers.for_public(group.unit, title)
            self._answers.for_public(group.unit, answer)
        except (Changed, Cannot, GroupFault) as why:
            return await self._refuse(staff, group_id, why, form)
        return self._door.page(
            "group_preview.html",
            staff=staff,
            group=group,
            members=_written(members),
            count=len(members),
            title=title,
            text=answer,
            told=self._answers.as_published(members[:1], question, answer),
            remarks=self._proof.remarks(answer),
        )

    async def rewrite(self, request: web.Request) -> web.Response:
        """Back from the preview, with the words as they were."""
        staff, form = await self._door.posted(request)
        return await self._page(staff, number(request, "group"), form=form)

    async def publish(self, request: web.Request) -> web.Response:
        """Answer all of them: everybody is told, the cases close, the public reads it."""
        staff, form = await self._door.posted(request)
        group_id = number(request, "group")
        try:
            title, answer = _line(words(form, "title")), words(form, "text")
            async with self._database.begin() as tx:
                group, _ = await self._seen(tx, staff, group_id, form)
                await self._grouping.rename(tx, group, title)
                by, at = staff.official, self._clock()
                await self._answers.publish(tx, group, answer, at=at, by=by)
                await self._door.note(
                    tx, staff, Verb.PUBLISHED, Kind.GROUP, group_id, unit=group.unit
                )
        except (Changed, Refused, Cannot, GroupFault) as why:
            return await self._refuse(staff, group_id, why, form)
        return web.Response(status=303, headers={"Location": f"/staff/groups/{group_id}?done=1"})

    async def _seen(
        self, tx: Transaction, staff: Staff, group_id: int, form: Form
    ) -> tuple[CaseGroup, list[Case]]:
        """The group as it is now. Raises GroupFault when it is answered or empty, and Changed when
        its cases are not those that the form was about: nobody is answered unseen."""
        group = await self._groups.get(tx, group_id, lock=True)
        if not staff.covers(group.unit):
            raise self._door.gone(staff)
        self._door.need(staff, Right.PUBLISH, group.unit)
        if group.published_at is not None:
            raise GroupFault(f"group {group_id} was answered already", Trouble.ANSWERED)
        members = await self._groups.members(tx, group_id)
        if not members:
            raise GroupFault(f"group {group_id} has no cases", Trouble.EMPTY)
        if _written(members) != form.get("members", ""):
            raise Changed
        return group, members

    async def _question(self, tx: Transaction, staff: Staff, case: Case) -> str:
        """What was asked in it, masked; nothing where it is no question."""
        if case.kind is not CaseKind.QUESTION:
            return ""
        sight = self._casework.sight(staff.official)
        return redact((await self._lists.openings(tx, sight, [case.id])).get(case.id, ""))

    async def _refuse(
        self, staff: Staff, group_id: int, why: Exception, form: Form
    ) -> web.Response:
        """The group as it is now, why nothing was done, and the words that were typed."""
        key, status = "staff.group.changed", 409
        match why:
            case Cannot():
                key, status = why.key, why.status
            case GroupFault():
                key = f"staff.group.fault.{why.trouble}"
                status = 422 if why.trouble in {Trouble.NAMES, Trouble.LONG} else 409
        return await self._page(staff, group_id, problem=key, form=form, status=status)

    async def _page(
        self,
        staff: Staff,
        group_id: int,
        *,
        notice: str = "",
        problem: str = "",
        form: Form | None = None,
        status: int = 200,
    ) -> web.Response:
        async with self._database.read() as tx:
            try:
                group = await self._groups.get(tx, group_id)
            except GroupFault:
                raise self._door.gone(staff) from None
            if not staff.covers(group.unit):
                raise self._door.gone(staff)
            members = await self._groups.members(tx, group_id)
            sight = self._casework.sight(staff.official)
            texts = await self._lists.openings(tx, sight, [case.id for case in members])
        unit, said = self._units.get(group.unit), form or {}
        label = self._texts("staff.group.name", id=group.id)
        return self._door.page(
            "group.html",
            staff=staff,
            publishes=staff.may(Right.PUBLISH, group.unit),
            status=status,
            group=group,
            label=label,
            unit=unit.name if unit else "",
            day=day(group.published_at) if group.published_at else "",
            rows=[self._row(case, texts.get(case.id, "")) for case in members],
            members=_written(members),
            title=typed(said, "title") or group.title,
            text=typed(said, "text"),
            notice=self._texts(notice) if notice else "",
            problem=self._texts(problem, case=label) if problem else "",
        )

    def _row(self, case: Case, text: str) -> dict[str, object]:
        return {
            "id": case.id,
            "label": self._casework.label(case, self._texts),
            "state": self._texts(f"official.state.{case.state}"),
            "text": shorten(" ".join(redact(text).split()), SHOWN),
        }


def _written(members: list[Case]) -> str:
    """The cases of a group, as its forms name them."""
    return ",".join(str(case.id) for case in members)


def _line(text: str) -> str:
    return " ".join(text.split())
