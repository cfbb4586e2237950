"""The desk at the door: a name, a password and, where somebody set it up, a code from their phone.

A try counts before it is made; after some that failed the next one waits, a quarter of an hour at
most. A browser that was signed in before counts by itself, so that nobody keeps its owner out.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from content.texts import Texts
from handlers.staff.door import COOKIE, HOME, SIGN_IN, STEP_COOKIE, Door, inside, same
from handlers.staff.passwords import LONGEST, Passwords
from handlers.staff.second_step import SecondStep
from storage.audit import Audit, Kind, Verb
from storage.database import Database
from storage.sign_in_tries import SignInTries
from storage.staff_accounts import LONGEST_LOGIN, StaffAccount, StaffAccounts
from storage.staff_sessions import StaffSessions

KNOWN_COOKIE = "loaban_known"
KNOWN_FOR = 180 * 24 * 3600
FREE_OF_NAME = 5
FREE_OF_ADDRESS = 30
"""So many failed tries in an hour are free: of a name, and of an address with a whole office."""

HALF_LASTS = timedelta(minutes=5)
"""So long after the password the code may be typed."""


@dataclass(frozen=True, slots=True)
class _Try:
    """What a try counts for; an empty address tells nothing and counts for nothing."""

    name: str
    address: str


class SignIn:
    """Lets people in, and out."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        sessions: StaffSessions,
        passwords: Passwords,
        second: SecondStep,
        texts: Texts,
        address_of: Callable[[web.Request], str],
        seal: Callable[[str], str],
        unseal: Callable[[str], str | None],
        clock: Callable[[], datetime],
    ) -> None:
        """`address_of` says from where somebody asks, or "" where that tells nothing; `seal` and
        `unseal` close what a form carries from one step to the next."""
        self._door = door
        self._database = database
        self._sessions = sessions
        self._passwords = passwords
        self._second = second
        self._texts = texts
        self._address_of = address_of
        self._seal, self._unseal = seal, unseal
        self._clock = clock
        self._accounts = StaffAccounts()
        self._tries = SignInTries()
        self._audit = Audit()

    async def show(self, request: web.Request) -> web.Response:
        """The form; who is signed in goes on at once."""
        after = inside(request.query.get("next", ""))
        if await self._door.who(request) is not None:
            return web.Response(status=303, headers={"Location": after})
        return self._page(request, after)

    async def enter(self, request: web.Request) -> web.Response:
        """A name and a password."""
        form, ours = await self._door.stepped(request)
        after, login = inside(form.get("next", "")), form.get("login", "").strip()[:LONGEST_LOGIN]
        if not ours:
            return self._page(request, after, problem="staff.form_old", login=login, status=403)
        trying = self._try(request, login)
        if (waits := await self._waits(trying)) is not None:
            return self._wait(request, after, login, waits)
        async with self._database.read() as tx:
            account = await self._accounts.by_login(tx, login)
        given = form.get("password", "")[: LONGEST + 1]
        right = await self._passwords.verify(account.password if account else "", given)
        if account is None or not right:
            await self._failed(account)
            return self._page(
                request, after, problem="staff.sign_in.wrong", login=login, status=401
            )
        if self._passwords.is_old(account.password):
            hashed = await self._passwords.hash(given)
            async with self._database.begin() as tx:
                await self._accounts.set_password(tx, account.id, hashed)
        if account.totp:
            return self._code_page(request, after, self._half(request, account))
        return await self._let_in(request, account, after, trying)

    async def code(self, request: web.Request) -> web.Response:
        """The code from their phone, after the password."""
        form, ours = await self._door.stepped(request)
        after, half = inside(form.get("next", "")), form.get("half", "")
        number = self._opened(request, half) if ours else None
        if number is None:
            return self._page(request, after, problem="staff.form_old", status=403)
        async with self._database.read() as tx:
            account = await self._accounts.get(tx, number)
        if account is None:
            return self._page(request, after, problem="staff.form_old", status=403)
        trying = self._try(request, account.login)
        if (waits := await self._waits(trying)) is not None:
            return self._wait(request, after, account.login, waits)
        async with self._database.begin() as tx:
            right = await self._second.accept(tx, account, form.get("code", ""), at=self._clock())
        if not right:
            await self._failed(account)
            return self._code_page(request, after, half, problem="staff.code.wrong", status=401)
        return await self._let_in(request, account, after, trying)

    async def leave(self, request: web.Request) -> web.Response:
        """Sign out: the session is over everywhere."""
        staff, _ = await self._door.posted(request)
        async with self._database.begin() as tx:
            await self._sessions.end(tx, staff.session, account=staff.account, at=self._clock())
            await self._door.note(tx, staff, Verb.SIGNED_OUT, Kind.SESSION, staff.session)
        answer = web.Response(status=303, headers={"Location": SIGN_IN})
        answer.del_cookie(COOKIE, path=HOME)
        return answer

    async def _let_in(
        self, request: web.Request, account: StaffAccount, after: str, trying: _Try
    ) -> web.Response:
        async with self._database.begin() as tx:
            await self._tries.forget(tx, trying.name)
            if trying.address:
                await self._tries.undo(tx, trying.address)
            token = await self._door.begin(tx, request, account)
        answer = web.Response(status=303, headers={"Location": after})
        own = secrets.token_urlsafe(18)
        known = f"{own}.{self._door.mark(f'known {own} {account.login}')}"
        self._door.keep(answer, KNOWN_COOKIE, known, KNOWN_FOR)
        return self._door.let_in(answer, token)

    def _try(self, request: web.Request, login: str) -> _Try:
        own, _, proof = request.cookies.get(KNOWN_COOKIE, "").partition(".")
        name = f"name {login.casefold()}"
        if own and same(proof, self._door.mark(f"known {own} {login.casefold()}")):
            name = f"browser {own}"
        address = self._address_of(request)
        return _Try(self._door.mark(name), self._door.mark(f"address {address}") if address else "")

    async def _waits(self, trying: _Try) -> timedelta | None:
        """Count the try; how long it has to wait if there were too many."""
        free = ((trying.address, FREE_OF_ADDRESS), (trying.name, FREE_OF_NAME))
        for mark, many in free:
            if not mark:
                continue
            async with self._database.begin() as tx:
                left = await self._tries.take(tx, mark, free=many, at=self._clock())
            if left:
                return left
        return None

    async def _failed(self, account: StaffAccount | None) -> None:
        if account is None:
            return
        async with self._database.begin() as tx:
            await self._audit.note(
                tx, Verb.SIGN_IN_FAILED, Kind.ACCOUNT, account.login, by=None, at=self._clock(),
                unit=account.official.unit,
            )  # fmt: skip

    def _half(self, request: web.Request, account: StaffAccount) -> str:
        """That this browser told the password of an account."""
        until = self._clock() + HALF_LASTS
        about = self._browser(request)
        return self._seal(json.dumps([account.id, until.timestamp(), about]))

    def _opened(self, request: web.Request, half: str) -> int | None:
        """The account's number; None when it is another browser, or too late."""
        opened = self._unseal(half) if half else None
        if opened is None:
            return None
        try:
            number, until, about = json.loads(opened)
        except ValueError:  # sealed for something else
            return None
        fits = about == self._browser(request) and self._clock().timestamp() < until
        return int(number) if fits else None

    def _browser(self, request: web.Request) -> str:
        return self._door.mark(f"half {request.cookies.get(STEP_COOKIE, '')}")

    def _wait(self, request: web.Request, after: str, login: str, left: timedelta) -> web.Response:
        minutes = max(1, -(-int(left.total_seconds()) // 60))
        answer = self._page(
            request, after, problem="staff.sign_in.wait", login=login, status=429, minutes=minutes
        )
        answer.headers["Retry-After"] = str(int(left.total_seconds()) + 1)
        return answer

    def _page(
        self,
        request: web.Request,
        after: str,
        *,
        problem: str = "",
        login: str = "",
        status: int = 200,
        **fields: object,
    ) -> web.Response:
        return self._door.step(
            request, "sign_in.html", status=status, next=after, login=login,
            problem=self._texts(problem, **fields) if problem else "",
        )  # fmt: skip

    def _code_page(
        self, request: web.Request, after: str, half: str, *, problem: str = "", status: int = 200
    ) -> web.Response:
        return self._door.step(
            request, "sign_in_code.html", status=status, next=after, half=half,
            problem=self._texts(problem) if problem else "",
        )  # fmt: skip
