"""The desk for people at the console: administrators invite them, change their roles, remove them.

Whoever administers a unit does so for it and all below, and makes nobody of more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.staff.door import Door
from handlers.staff.forms import Form, number
from handlers.staff.invitation_desk import LONGEST_NAME
from handlers.staff.inviting import Inviting
from handlers.staff.staff import Right, Staff
from handlers.staff.unit_choice import Offered
from handlers.units import Units
from storage.audit import Kind, Verb
from storage.database import Database, Transaction
from storage.officials import Role
from storage.staff_accounts import LastAdministrator, StaffAccount, StaffAccounts
from storage.staff_invitations import LASTS, StaffInvitations
from storage.staff_sessions import StaffSessions

ADDRESS = "/staff/people"
PAGE = 25
DONE = {"changed": "staff.people.changed", "removed": "staff.people.removed"}


class BadChoice(Exception):
    """No such role or unit."""


class People:
    """Shows who may sign in, and carries out what is decided about them."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        sessions: StaffSessions,
        inviting: Inviting,
        texts: Texts,
        units: Units,
        public_url: str,
        clock: Callable[[], datetime],
    ) -> None:
        """`public_url` may be empty: then links begin as the administrator's own address does."""
        self._door = door
        self._database = database
        self._sessions = sessions
        self._inviting = inviting
        self._texts = texts
        self._units = units
        self._public_url = public_url
        self._clock = clock
        self._accounts = StaffAccounts()
        self._invitations = StaffInvitations()

    async def show(self, request: web.Request) -> web.Response:
        """Those of one's units, by name, a page at a time; of all whose name has what was typed."""
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.PEOPLE)
        given = request.query
        return await self._page(
            staff, notice=DONE.get(given.get("done", ""), ""),
            words=given.get("text", "").strip()[:LONGEST_NAME], after=given.get("after", ""),
        )  # fmt: skip

    async def invite(self, request: web.Request) -> web.Response:
        """A link for somebody new, shown once."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.PEOPLE)
        try:
            unit, role = self._chosen(staff, form)
        except BadChoice:
            return await self._page(staff, problem="staff.people.bad", status=422)
        name = " ".join(form.get("name", "").split())[:LONGEST_NAME]
        async with self._database.begin() as tx:
            path = await self._inviting.invite(tx, name=name, unit=unit, role=role, by=staff.id)
        return self._invited(request, staff, path, name)

    async def invite_again(self, request: web.Request) -> web.Response:
        """A link by which somebody chooses a new password, shown once."""
        staff, _ = await self._door.posted(request)
        async with self._database.begin() as tx:
            account = await self._theirs(tx, staff, request)
            path = await self._inviting.invite_again(tx, account, by=staff.id)
        return self._invited(request, staff, path, account.official.name)

    async def change(self, request: web.Request) -> web.Response:
        """Another role or unit, at once."""
        staff, form = await self._door.posted(request)
        try:
            async with self._database.begin() as tx:
                account = await self._theirs(tx, staff, request)
                unit, role = self._chosen(staff, form)
                await self._accounts.change(tx, account, unit=unit, role=role)
                await self._door.note(
                    tx, staff, Verb.CHANGED_ROLE, Kind.ACCOUNT, account.login, unit=unit,
                    reason=role.value,
                )  # fmt: skip
        except BadChoice:
            return await self._page(staff, problem="staff.people.bad", status=422)
        except LastAdministrator:
            return await self._page(staff, problem="staff.people.last", status=409)
        return self._done("changed")

    async def remove(self, request: web.Request) -> web.Response:
        """They may do nothing more, at the console and in their chat."""
        staff, _ = await self._door.posted(request)
        try:
            async with self._database.begin() as tx:
                account, at = await self._theirs(tx, staff, request), self._clock()
                await self._accounts.remove(tx, account, at=at)
                await self._sessions.end_all(tx, account.id, at=at)
                await self._invitations.close(tx, account.id, at=at)
                unit = account.official.unit
                await self._door.note(
                    tx, staff, Verb.REMOVED, Kind.ACCOUNT, account.login, unit=unit
                )
        except LastAdministrator:
            return await self._page(staff, problem="staff.people.last", status=409)
        return self._done("removed")

    async def _theirs(self, tx: Transaction, staff: Staff, request: web.Request) -> StaffAccount:
        """Whom it is about. Raises HTTPForbidden, and HTTPNotFound for who is of elsewhere."""
        self._door.need_anywhere(staff, Right.PEOPLE)
        account = await self._accounts.get(tx, number(request, "account"))
        if account is None or not _below(staff, account):
            raise self._door.gone(staff)
        return account

    def _chosen(self, staff: Staff, form: Form) -> tuple[str, Role]:
        """The unit and the role of a form. Raises BadChoice for what is not theirs to give."""
        code, role = form.get("unit", ""), form.get("role", "")
        unit = self._units.get(code)
        if (code and unit is None) or role not in set(Role):
            raise BadChoice
        given = unit.code if unit else ""
        if not staff.may(Right.PEOPLE, given) or (staff.unit and not given):
            raise BadChoice
        return given, Role(role)

    def _invited(self, request: web.Request, staff: Staff, path: str, name: str) -> web.Response:
        base = self._public_url or str(request.url.origin())
        return self._door.page(
            "invited.html", staff=staff, link=f"{base}{path}", name=name, days=LASTS.days
        )

    async def _page(
        self, staff: Staff, *, notice: str = "", problem: str = "", words: str = "",
        after: str = "", status: int = 200,
    ) -> web.Response:  # fmt: skip
        """`after` is the number of the last account of the page before."""
        async with self._database.read() as tx:
            found = await self._accounts.all(tx, units=staff.only)
        theirs = [one for one in found if _below(staff, one) and _called(one, words)]
        begin = next((n for n, one in enumerate(theirs, 1) if str(one.id) == after), 0)
        accounts = theirs[begin : begin + PAGE]
        told = {"text": words} if words else {}
        more = told | {"after": str(accounts[-1].id)} if begin + PAGE < len(theirs) else {}
        whole = self._texts("staff.whole")
        units = Offered.of(
            (unit for unit in self._units if staff.covers(unit.code)), "" if staff.unit else whole
        )
        names = {"": whole, **units.names}
        return self._door.page(
            "people.html", staff=staff, status=status,
            accounts=[(one, names.get(one.official.unit, one.official.unit)) for one in accounts],
            units=units, count=len(theirs), words=words,
            first=f"{ADDRESS}?{urlencode(told)}" if begin else "",
            more=f"{ADDRESS}?{urlencode(more)}" if more else "",
            roles=[(role.value, self._texts(f"official.role.{role}")) for role in Role],
            notice=self._texts(notice) if notice else "",
            problem=self._texts(problem) if problem else "",
        )  # fmt: skip

    def _done(self, what: str) -> web.Response:
        return web.Response(status=303, headers={"Location": f"{ADDRESS}?done={what}"})


def _below(staff: Staff, account: StaffAccount) -> bool:
    """Whether they may decide about that account. Who has a unit decides about nobody of the whole
    installation, also while their unit is all that there is: a new password would make them one."""
    return staff.covers(account.official.unit) and bool(account.official.unit or not staff.unit)


def _called(account: StaffAccount, words: str) -> bool:
    """Whether their name, or that with which they sign in, has the words, diacritics or not."""
    return fold(words) in fold(f"{account.official.name} {account.login}")
