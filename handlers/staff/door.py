"""The door of the console: who asks is known by their session, or is asked to sign in.

Each desk begins with `staff` (a page) or `posted` (a form), shows with `page`, and writes into the
audit log with `note`. What these raise is the answer that the browser gets.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import unquote, urlencode

from aiohttp import web

from content.texts import Texts
from handlers.staff.browsers import browser_of
from handlers.staff.forms import Form, storable, typed
from handlers.staff.staff import RIGHTS, Right, Staff, staff_of
from handlers.staff.templates import PAGES, SCRIPT, STYLE, Templates
from handlers.staff.unit_choice import TYPED, meant, told
from handlers.units import Units
from storage.audit import Audit, Kind, Verb
from storage.database import Database, Transaction
from storage.staff_accounts import StaffAccount, StaffAccounts
from storage.staff_sessions import TOUCHED, StaffSession, StaffSessions

COOKIE = "loaban_staff"
STEP_COOKIE = "loaban_door"
"""Holds a form together with the browser that it was given to, before anybody is signed in."""

LANGUAGE_COOKIE = "loaban_language"
SEARCHED = "q"
OTHER = {"vi": "en", "en": "vi"}
"""To which language a page of each one offers to change."""

HOME = "/staff"
SIGN_IN = "/staff/sign-in"
OF_CASES = ("/staff/cases/", "/staff/groups/")

_Answer = TypeVar(
    "_Answer", web.HTTPForbidden, web.HTTPNotFound, web.HTTPUnauthorized,
    web.HTTPUnprocessableEntity,
)  # fmt: skip
_INSIDE = re.compile(r"/staff(?:[/?][\w\-./?&=%+,:;~]*)?", re.ASCII)


class Door:
    """Knows who is there, and gives out pages."""

    def __init__(
        self,
        *,
        keys: Sequence[bytes],
        sessions: StaffSessions,
        database: Database,
        texts: Texts,
        pages: Templates,
        units: Units,
        secure: bool,
        clock: Callable[[], datetime],
        language: str = "vi",
    ) -> None:
        """`keys` make hashes of tokens, the first one those that are stored; `secure` says that
        pages come over HTTPS; `language` is that of `texts`."""
        self._keys = keys
        self._sessions = sessions
        self._database = database
        self._texts = texts
        self._units = units
        self._secure = secure
        self._clock = clock
        self._language = language
        self._accounts = StaffAccounts()
        self._audit = Audit()
        self._pages = pages

    async def staff(self, request: web.Request, *, by_itself: bool = False) -> Staff:
        """Who asks for a page. Raises HTTPSeeOther, to sign in and then come back here, or where a
        unit was typed, to the page of the one that is meant; HTTPUnprocessableEntity asks which.
        With `by_itself` the page asked, and nobody need be there."""
        staff = await self.who(request, by_itself=by_itself)
        if staff is None:
            after = {"next": request.path_qs} if request.path_qs != HOME else {}
            raise web.HTTPSeeOther(f"{SIGN_IN}?{urlencode(after)}" if after else SIGN_IN)
        asked = self._settled(request, staff, request.query)
        if asked is not request.query:
            raise web.HTTPSeeOther(request.rel_url.with_query(asked))
        return staff

    async def posted(self, request: web.Request) -> tuple[Staff, Form]:
        """Who sent one of our own forms, and what they typed. Raises HTTPUnauthorized when nobody
        is signed in, HTTPForbidden when the form is not from a page of this session: then nothing
        is done, and the page keeps the words that were typed; HTTPUnprocessableEntity to ask which
        unit was meant by what they typed for one."""
        form = await _form(request)
        staff = await self.who(request)
        if staff is None:
            text = typed(form, "text")
            raise self._no(web.HTTPUnauthorized, "signed_out.html", text=text)
        if not same(form.get("token", ""), staff.token):
            raise self._no(web.HTTPForbidden, "old_form.html", staff=staff)
        return staff, self._settled(request, staff, form)

    async def posted_with_files(
        self, request: web.Request, *, at_most: int
    ) -> tuple[Staff, Form, Mapping[str, bytes]]:
        """The same for a form with files, all of it `at_most` bytes; what each of them is, is for
        the caller. Only of who is signed in more is read than of others. Raises also
        HTTPRequestEntityTooLarge."""
        if await self.who(request) is not None:
            request = request.clone(client_max_size=at_most)
        try:
            staff, form = await self.posted(request)
        except web.HTTPRequestEntityTooLarge:
            html = self._html("too_large.html", staff=await self.who(request))
            raise web.HTTPRequestEntityTooLarge(
                at_most, text=html, content_type="text/html"
            ) from None
        files = {}
        for name, sent in (await request.post()).items():
            if isinstance(sent, web.FileField):
                with sent.file:
                    files[name] = await asyncio.to_thread(sent.file.read)
        return staff, form, files

    async def who(self, request: web.Request, *, by_itself: bool = False) -> Staff | None:
        """Who is signed in there; None: nobody, or no longer."""
        token = request.cookies.get(COOKIE, "")
        if not token:
            return None
        now = self._clock()
        async with self._database.read() as tx:
            session = await self._sessions.find(tx, self._hashes(token), at=now)
            account = await self._accounts.get(tx, session.account) if session else None
        if session is None or account is None:
            return None
        if now - session.seen_at > TOUCHED and not by_itself:
            async with self._database.begin() as tx:
                await self._sessions.touch(tx, session.id, at=now)
        return staff_of(
            account.official, self._units, account=account.id, login=account.login,
            session=session.id, token=self._mark(f"form {token}"), shortcuts=account.shortcuts,
            here=_here(request),
        )  # fmt: skip

    def need(self, staff: Staff, right: Right, unit: str = "") -> None:
        """Raises HTTPForbidden unless they may do so for that unit (without one, for the whole
        installation)."""
        if not staff.may(right, unit):
            raise self.refused(staff)

    def need_anywhere(self, staff: Staff, right: Right) -> None:
        """The same for a desk that shows nothing but what is theirs."""
        if not staff.has(right):
            raise self.refused(staff)

    def refused(self, staff: Staff) -> web.HTTPForbidden:
        """To raise: they may not do this."""
        return self._no(web.HTTPForbidden, "refused.html", staff=staff)

    def gone(self, staff: Staff) -> web.HTTPNotFound:
        """To raise: there is no such thing, or it is not theirs to see, which looks the same."""
        of_cases = staff.here.startswith(OF_CASES)
        template = "case_gone.html" if of_cases else "nowhere.html"
        return self._no(web.HTTPNotFound, template, staff=staff)

    async def nowhere(self, request: web.Request) -> web.Response:
        """An address of the console where nothing is to be opened: mistyped, of an old link, or of
        what came of a form, which a browser opens anew after it was closed."""
        raise self._no(web.HTTPNotFound, "nowhere.html", staff=await self.staff(request))

    def page(
        self, template: str, /, *, staff: Staff | None = None, status: int = 200, **fields: object
    ) -> web.Response:
        """A page from a template, which knows `staff`, `may` (a right's name) and `token`."""
        html = self._html(template, staff=staff, **fields)
        return web.Response(text=html, status=status, content_type="text/html")

    async def note(
        self,
        tx: Transaction,
        staff: Staff,
        verb: Verb,
        kind: Kind,
        thing: int | str,
        *,
        unit: str = "",
        reason: str = "",
    ) -> None:
        """One line in the audit log, in the transaction of what was done."""
        await self._audit.note(
            tx, verb, kind, thing, by=staff.id, at=self._clock(), unit=unit, reason=reason
        )

    async def begin(self, tx: Transaction, request: web.Request, account: StaffAccount) -> str:
        """A new session, in the place of the one that this browser had; its token."""
        now, token = self._clock(), secrets.token_urlsafe(32)
        old = await self.session(tx, request)
        if old is not None:
            await self._sessions.end(tx, old.id, account=old.account, at=now)
        number = await self._sessions.begin(
            tx, account=account.id, token_hash=self._hashes(token)[0],
            browser=browser_of(request.headers.get("User-Agent", "")), at=now,
        )  # fmt: skip
        await self._audit.note(
            tx, Verb.SIGNED_IN, Kind.SESSION, number, by=account.official.id, at=now,
            unit=account.official.unit,
        )  # fmt: skip
        return token

    async def session(self, tx: Transaction, request: web.Request) -> StaffSession | None:
        """The session of the browser, whoever's."""
        hashes = self._hashes(request.cookies.get(COOKIE, ""))
        return await self._sessions.find(tx, hashes, at=self._clock())

    def let_in(self, answer: web.Response, token: str) -> web.Response:
        """The browser holds the session from now on."""
        self.keep(answer, COOKIE, token)
        answer.del_cookie(STEP_COOKIE, path=HOME)
        return answer

    def keep(self, answer: web.Response, name: str, value: str, seconds: int | None = None) -> None:
        """Give a cookie to the browser, for the console alone."""
        answer.set_cookie(
            name, value, path=HOME, httponly=True, samesite="Strict", secure=self._secure,
            max_age=seconds,
        )  # fmt: skip

    def step(
        self, request: web.Request, template: str, /, *, status: int = 200, **fields: object
    ) -> web.Response:
        """A page with a form for who is not signed in yet."""
        given = request.cookies.get(STEP_COOKIE, "") or secrets.token_urlsafe(24)
        token = self._mark(f"step {given}")
        here = _here(request) or own(request.path)
        html = self._html(template, staff=None, token=token, here=here, **fields)
        answer = web.Response(text=html, status=status, content_type="text/html")
        self.keep(answer, STEP_COOKIE, given)
        return answer

    async def stepped(self, request: web.Request) -> tuple[Form, bool]:
        """What was typed in such a form, and whether it was given to this browser."""
        form = await _form(request)
        given = request.cookies.get(STEP_COOKIE, "")
        return form, bool(given) and same(form.get("token", ""), self._mark(f"step {given}"))

    def mark(self, what: str) -> str:
        """What only this installation makes of it, for cookies and counts."""
        return self._mark(what)

    async def style(self, request: web.Request) -> web.FileResponse:
        return _kept(request, STYLE)

    async def script(self, request: web.Request) -> web.FileResponse:
        return _kept(request, SCRIPT)

    def _settled(self, request: web.Request, staff: Staff, form: Form) -> Form:
        """The same with the code of the unit for what was typed. Nothing typed in what narrows a
        page leaves it out."""
        field = next((name for name in form if name.endswith(TYPED)), "")
        if not field:
            return form
        name, typed = field.removesuffix(TYPED), form[field].strip()
        rest = {one: value for one, value in form.items() if one not in {field, name}}
        if not typed and request.method == "GET":
            return rest
        which = meant(typed, staff, self._units, self._texts)
        if which.sure:
            return rest | {name: which.codes[0]}
        choices = [(one.code, told(one, self._units)) for one in map(self._units.get, which.codes)
                   if one is not None]  # fmt: skip
        raise self._no(
            web.HTTPUnprocessableEntity, "unit_which.html", staff=staff, choices=choices,
            more=which.more, typed=typed, name=name, fields=list(rest.items()),
            method=request.method.lower(), action=request.path,
        )  # fmt: skip

    def _no(
        self, kind: type[_Answer], template: str, *, staff: Staff | None = None, **fields: object
    ) -> _Answer:
        return kind(text=self._html(template, staff=staff, **fields), content_type="text/html")

    def _html(self, template: str, /, *, staff: Staff | None, **fields: object) -> str:
        may = RIGHTS[staff.role] if staff else frozenset[Right]()
        known = {
            "staff": staff, "may": may, "token": staff.token if staff else "",
            "here": staff.here if staff else "",
            "language": self._language, "other": OTHER[self._language],
        }  # fmt: skip
        return self._pages.render(template, texts=self._texts, **(known | fields))

    def _hashes(self, token: str) -> list[str]:
        text = f"session {token}".encode("utf-8", "replace")
        return [hmac.new(key, text, hashlib.sha256).hexdigest() for key in self._keys]

    def _mark(self, what: str) -> str:
        text = what.encode("utf-8", "replace")
        return hmac.new(self._keys[0], text, hashlib.sha256).hexdigest()


def inside(address: str) -> str:
    """The address if it is one of the console's, to go on to after signing in; else its first
    page. Nothing else is ever redirected to."""
    known = own(address)
    return HOME if known.startswith(SIGN_IN) else known


def own(address: str) -> str:
    """The address if it is one of the console's, the page for signing in too; else its first."""
    known = len(address) < 500 and _INSIDE.fullmatch(address) and ".." not in unquote(address)
    return address if known else HOME


def _kept(request: web.Request, name: str) -> web.FileResponse:
    """For a year where it was asked for by its digest, else for an hour."""
    seconds = 31_536_000 if "v" in request.query else 3600
    return web.FileResponse(PAGES / name, headers={"Cache-Control": f"max-age={seconds}"})


def _here(request: web.Request) -> str:
    """The address of a page that can be asked for once more, without the words that somebody
    searched for, which a page does not repeat; "" for what came of a form."""
    if request.method != "GET":
        return ""
    query = [(name, value) for name, value in request.query.items() if name != SEARCHED]
    return str(request.rel_url.with_query(query))


async def _form(request: web.Request) -> Mapping[str, str]:
    try:
        posted = await request.post()
    except (ValueError, LookupError, RuntimeError):  # nothing that a browser sends
        return {}
    return {name: storable(value) for name, value in posted.items() if isinstance(value, str)}


def same(given: str, wanted: str) -> bool:
    """Compared in constant time; as bytes, since a foreign letter would raise."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
