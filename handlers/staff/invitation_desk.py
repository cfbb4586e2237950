"""The desk for who was invited: they choose a name and a password, and are signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from content.texts import Texts
from handlers.staff.door import HOME, Door
from handlers.staff.forms import Form
from handlers.staff.passwords import LONGEST, SHORTEST, Passwords, fault_of
from handlers.staff.staff import RIGHTS, Right
from handlers.units import Units
from storage.audit import Audit, Kind, Verb
from storage.database import Database, Transaction
from storage.officials import Role
from storage.sign_in_tries import SignInTries
from storage.staff_accounts import LONGEST_LOGIN, LoginTaken, StaffAccount, StaffAccounts
from storage.staff_invitations import StaffInvitation, StaffInvitations
from storage.staff_sessions import StaffSessions

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")
LONGEST_NAME = 80


class Over(Exception):
    """The invitation opens nothing any more."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody typed; `problem` is the text that says what is wrong with it, or nothing."""

    name: str
    login: str
    password: str
    problem: str


class InvitationDesk:
    """Takes up an invitation."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        sessions: StaffSessions,
        passwords: Passwords,
        texts: Texts,
        units: Units,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._sessions = sessions
        self._passwords = passwords
        self._texts = texts
        self._units = units
        self._clock = clock
        self._accounts = StaffAccounts()
        self._invitations = StaffInvitations()
        self._tries = SignInTries()
        self._audit = Audit()

    async def show(self, request: web.Request) -> web.Response:
        """The form; looking at it uses nothing up."""
        async with self._database.read() as tx:
            found = await self._find(tx, request.match_info["code"])
        if found is None:
            return self._over(request)
        return self._page(request, *found)

    async def accept(self, request: web.Request) -> web.Response:
        """The account, or its new password; then its first page."""
        code = request.match_info["code"]
        form, ours = await self._door.stepped(request)
        async with self._database.read() as tx:
            found = await self._find(tx, code)
        if found is None:
            return self._over(request)
        invitation, account = found
        chosen = _chosen(form, invitation, account)
        problem = chosen.problem if ours else "staff.form_old"
        if problem:
            status = 422 if ours else 403
            return self._page(request, *found, chosen=chosen, problem=problem, status=status)
        hashed = await self._passwords.hash(chosen.password)
        try:
            async with self._database.begin() as tx:
                account = await self._take_up(tx, code, chosen, hashed)
                token = await self._door.begin(tx, request, account)
        except LoginTaken:
            problem = "staff.login.taken"
            return self._page(request, *found, chosen=chosen, problem=problem, status=409)
        except Over:
            return self._over(request)
        answer = web.Response(status=303, headers={"Location": HOME})
        return self._door.let_in(answer, token)

    async def _take_up(
        self, tx: Transaction, code: str, chosen: Chosen, hashed: str
    ) -> StaffAccount:
        """Raises Over and LoginTaken."""
        at = self._clock()
        used = await self._invitations.use(tx, code, at=at)
        if used is None or (used.first and not await self._accounts.lacks_administrator(tx)):
            raise Over
        known = None if used.account is None else await self._accounts.get(tx, used.account)
        if not await self._stands(tx, used, known):
            raise Over
        if used.account is None:
            account = await self._accounts.create(
                tx, login=chosen.login, password=hashed, name=chosen.name, unit=used.unit,
                role=used.role, at=at,
            )  # fmt: skip
            verb = Verb.JOINED
        else:
            if known is None:
                raise Over
            account, verb = known, Verb.CHANGED_PASSWORD
            await self._accounts.set_password(tx, account.id, hashed)
            await self._accounts.end_totp(tx, account.id)
            await self._sessions.end_all(tx, account.id, at=at)
            await self._tries.forget(tx, self._door.mark(f"name {account.login}"))
        await self._audit.note(
            tx, verb, Kind.ACCOUNT, account.login, by=account.official.id, at=at,
            unit=account.official.unit, reason=account.official.role.value,
        )  # fmt: skip
        return account

    async def _find(
        self, tx: Transaction, code: str
    ) -> tuple[StaffInvitation, StaffAccount | None] | None:
        invitation = await self._invitations.find(tx, code, at=self._clock())
        if invitation is None:
            return None
        if invitation.first and not await self._accounts.lacks_administrator(tx):
            return None
        account = None
        if invitation.account is not None:
            account = await self._accounts.get(tx, invitation.account)
            if account is None:
                return None
        return (invitation, account) if await self._stands(tx, invitation, account) else None

    async def _stands(
        self, tx: Transaction, invitation: StaffInvitation, account: StaffAccount | None
    ) -> bool:
        """Whether who gave it could give it still, as things are now: nobody who was removed comes
        back by one of their own. A command asks for no right."""
        if invitation.given_by is None:
            return True
        giver = await self._accounts.of_official(tx, invitation.given_by)
        if giver is None or Right.PEOPLE not in RIGHTS[giver.official.role]:
            return False
        unit = account.official.unit if account else invitation.unit
        whose = giver.official.unit
        return not whose or (bool(unit) and unit in self._units.below(whose))

    def _over(self, request: web.Request) -> web.Response:
        return self._door.step(request, "invitation_over.html", status=404)

    def _page(
        self,
        request: web.Request,
        invitation: StaffInvitation,
        account: StaffAccount | None,
        *,
        chosen: Chosen | None = None,
        problem: str = "",
        status: int = 200,
    ) -> web.Response:
        role = account.official.role if account else invitation.role
        unit = self._units.get(account.official.unit if account else invitation.unit)
        return self._door.step(
            request, "invitation.html", status=status, action=request.path,
            again=account is not None,
            ask_name=account is None and not invitation.name,
            name=(chosen.name if chosen else "") or invitation.name,
            login=account.login if account else (chosen.login if chosen else ""),
            role=self._texts(f"official.role.{Role(role)}"),
            does=self._texts(f"official.does.{Role(role)}"),
            unit=unit.name if unit else "", shortest=SHORTEST,
            problem=self._texts(problem, least=SHORTEST, most=LONGEST) if problem else "",
        )  # fmt: skip


def _chosen(form: Form, invitation: StaffInvitation, account: StaffAccount | None) -> Chosen:
    """What was typed, and the first thing that is wrong with it."""
    name = " ".join((invitation.name or form.get("name", "")).split())[:LONGEST_NAME]
    login = account.login if account else form.get("login", "").strip().casefold()[:LONGEST_LOGIN]
    password = form.get("password", "")
    problem = ""
    if account is None and not any(letter.isalpha() for letter in name):
        problem = "staff.login.no_name"
    elif account is None and not LOGIN.fullmatch(login):
        problem = "staff.login.letters"
    elif password != form.get("again", ""):
        problem = "staff.password.differ"
    else:
        problem = fault_of(password, name, login)
    return Chosen(name, login, password, problem)
