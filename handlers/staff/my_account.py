"""The desk for one's own account: password, code from a phone, and where one is signed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pyotp
import segno
from aiohttp import web

from content.texts import Texts
from handlers.staff.door import Door
from handlers.staff.forms import Form, number
from handlers.staff.passwords import LONGEST, SHORTEST, Passwords, fault_of
from handlers.staff.second_step import address_of, step_of
from handlers.staff.staff import Staff
from handlers.units import Units
from storage.audit import Kind, Verb
from storage.database import Database, Transaction
from storage.sign_in_tries import SignInTries
from storage.staff_accounts import StaffAccount, StaffAccounts
from storage.staff_sessions import StaffSession, StaffSessions

ADDRESS = "/staff/me"
FREE = 5
"""So many wrong passwords are free here."""

DONE = {
    "password": "staff.me.password_changed",
    "on": "staff.me.step_on",
    "off": "staff.me.step_off",
    "ended": "staff.me.session_ended",
    "shortcuts": "staff.shortcuts.set",
}


class Place(NamedTuple):
    """A session as the page shows it."""

    id: int
    browser: str
    began: str
    seen: str
    here: bool


class MyAccount:
    """What everybody does for themselves."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        sessions: StaffSessions,
        passwords: Passwords,
        texts: Texts,
        units: Units,
        zone: ZoneInfo,
        seal: Callable[[str], str],
        unseal: Callable[[str], str | None],
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._sessions = sessions
        self._passwords = passwords
        self._texts = texts
        self._units = units
        self._zone = zone
        self._seal, self._unseal = seal, unseal
        self._clock = clock
        self._accounts = StaffAccounts()
        self._tries = SignInTries()

    async def show(self, request: web.Request) -> web.Response:
        """The account and its sessions."""
        staff = await self._door.staff(request)
        return await self._page(staff, notice=DONE.get(request.query.get("done", ""), ""))

    async def password(self, request: web.Request) -> web.Response:
        """Another password; all other sessions are over."""
        staff, form = await self._door.posted(request)
        account = await self._proved(staff, form)
        if isinstance(account, str):
            return await self._page(staff, problem=account, failed="password", status=422)
        new = form.get("password", "")
        differ = new != form.get("again", "")
        problem = "staff.password.differ" if differ else fault_of(new, staff.name, staff.login)
        if problem:
            return await self._page(staff, problem=problem, failed="password", status=422)
        hashed = await self._passwords.hash(new)
        async with self._database.begin() as tx:
            await self._accounts.set_password(tx, staff.account, hashed)
            await self._sessions.end_all(tx, staff.account, but=staff.session, at=self._clock())
            await self._note(tx, staff, Verb.CHANGED_PASSWORD)
        return self._done("password")

    async def draw(self, request: web.Request) -> web.Response:
        """A new secret for the phone, drawn as a QR code; nothing is asked for yet."""
        staff, _ = await self._door.posted(request)
        return self._step_page(staff, pyotp.random_base32())

    async def turn_on(self, request: web.Request) -> web.Response:
        """The phone told the right code: from now on it is asked for. In the place of another phone
        it is taken only once that one was turned off, which asks for the password."""
        staff, form = await self._door.posted(request)
        secret, whose = self._opened(form)
        if not secret or whose != staff.account:
            return await self._page(staff, problem="staff.form_old", status=422)
        step = step_of(secret, form.get("code", ""), self._clock())
        if step is None:
            return self._step_page(staff, secret, problem="staff.code.wrong", status=422)
        async with self._database.begin() as tx:
            fresh = await self._accounts.begin_totp(tx, staff.account, self._seal(secret))
            if fresh:
                await self._accounts.use_step(tx, staff.account, step)
                await self._note(tx, staff, Verb.SET_SECOND_STEP, "on")
        if not fresh:
            return await self._page(staff, problem="staff.me.step_is_on", status=409)
        return self._done("on")

    async def turn_off(self, request: web.Request) -> web.Response:
        """It is asked for no more; the password proves who says so."""
        staff, form = await self._door.posted(request)
        account = await self._proved(staff, form)
        if isinstance(account, str):
            return await self._page(staff, problem=account, failed="step", status=422)
        async with self._database.begin() as tx:
            await self._accounts.end_totp(tx, staff.account)
            await self._note(tx, staff, Verb.SET_SECOND_STEP, "off")
        return self._done("off")

    async def shortcuts(self, request: web.Request) -> web.Response:
        """Whether single keys do something at the console, wherever they sign in."""
        staff, form = await self._door.posted(request)
        async with self._database.begin() as tx:
            await self._accounts.set_shortcuts(tx, staff.account, on=form.get("on") == "1")
        return self._done("shortcuts")

    async def end(self, request: web.Request) -> web.Response:
        """One of one's sessions is over at once."""
        staff, _ = await self._door.posted(request)
        session = number(request, "session")
        async with self._database.begin() as tx:
            ended = await self._sessions.end(tx, session, account=staff.account, at=self._clock())
            if ended:
                await self._door.note(
                    tx, staff, Verb.ENDED_SESSION, Kind.SESSION, session, unit=staff.unit
                )
        if not ended:
            raise self._door.gone(staff)
        return self._done("ended")

    async def end_others(self, request: web.Request) -> web.Response:
        """All but this one are over at once."""
        staff, _ = await self._door.posted(request)
        async with self._database.begin() as tx:
            at = self._clock()
            if await self._sessions.end_all(tx, staff.account, but=staff.session, at=at):
                await self._note(tx, staff, Verb.ENDED_SESSION)
        return self._done("ended")

    async def _proved(self, staff: Staff, form: Form) -> StaffAccount | str:
        """The account, if the password of now was typed; else the text that says why not."""
        async with self._database.begin() as tx:
            mark = self._door.mark(f"own {staff.account}")
            if await self._tries.take(tx, mark, free=FREE, at=self._clock()):
                return "staff.me.wait"
            account = await self._accounts.get(tx, staff.account)
        given = form.get("now", "")[: LONGEST + 1]
        if account is None or not await self._passwords.verify(account.password, given):
            return "staff.me.wrong"
        async with self._database.begin() as tx:
            await self._tries.forget(tx, mark)
        return account

    def _opened(self, form: Form) -> tuple[str, int]:
        """The secret that our own page held sealed, and for whom."""
        whose, _, secret = (self._unseal(form.get("sealed", "")) or "").partition(" ")
        return secret, int(whose) if whose.isdecimal() else 0

    def _step_page(
        self, staff: Staff, secret: str, *, problem: str = "", status: int = 200
    ) -> web.Response:
        drawn = segno.make(address_of(secret, staff.login), error="m", micro=False)
        return self._door.page(
            "second_step.html", staff=staff, status=status,
            drawn=drawn.svg_inline(scale=5, light="#fff", svgclass=None, lineclass=None),
            secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            sealed=self._seal(f"{staff.account} {secret}"),
            problem=self._texts(problem) if problem else "",
        )  # fmt: skip

    async def _page(
        self, staff: Staff, *, notice: str = "", problem: str = "", failed: str = "",
        status: int = 200,
    ) -> web.Response:  # fmt: skip
        """`failed`: which part's form is to be filled in anew."""
        async with self._database.read() as tx:
            sessions = await self._sessions.of(tx, staff.account, at=self._clock())
            account = await self._accounts.get(tx, staff.account)
        unit = self._units.get(staff.unit)
        return self._door.page(
            "me.html", staff=staff, status=status, failed=failed,
            role=self._texts(f"official.role.{staff.role}"),
            does=self._texts(f"official.does.{staff.role}"),
            unit=unit.name if unit else self._texts("staff.whole"),
            places=[self._place(one, staff) for one in sessions],
            asks=bool(account and account.totp), shortest=SHORTEST,
            notice=self._texts(notice) if notice else "",
            problem=self._texts(problem, least=SHORTEST, most=LONGEST) if problem else "",
        )  # fmt: skip

    def _place(self, one: StaffSession, staff: Staff) -> Place:
        browser = one.browser or self._texts("staff.me.browser")
        began, seen = (
            at.astimezone(self._zone).strftime("%H:%M %d/%m/%Y")
            for at in (one.began_at, one.seen_at)
        )
        return Place(one.id, browser, began, seen, one.id == staff.session)

    async def _note(self, tx: Transaction, staff: Staff, verb: Verb, reason: str = "") -> None:
        await self._door.note(
            tx, staff, verb, Kind.ACCOUNT, staff.login, unit=staff.unit, reason=reason
        )

    def _done(self, what: str) -> web.Response:
        return web.Response(status=303, headers={"Location": f"{ADDRESS}?done={what}"})
