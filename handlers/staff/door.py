"""The door of the console: a key opens it, and its first page tells how things stand.

The key lies in the data folder, readable by its owner alone, and the link that `run` prints holds
it. The cookie that it sets is derived from the key, so a new key signs everybody out.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web

from content.redaction import redact
from content.texts import Texts
from handlers.units import Units
from storage.case_lists import EVERYTHING, CaseLists
from storage.case_records import Side
from storage.cases import Cases
from storage.database import Database
from storage.outbox import Outbox
from storage.unanswered import Unanswered

COOKIE = "loaban_staff"
PAGES = Path(__file__).parent / "pages"


class Door:
    """Lets staff in by the key of this installation."""

    def __init__(
        self,
        *,
        key: str,
        database: Database,
        texts: Texts,
        cases: Cases,
        outbox: Outbox,
        unanswered: Unanswered,
        units: Units,
        zone: ZoneInfo,
        secure: bool,
        clock: Callable[[], datetime],
    ) -> None:
        self._key = key
        self._database = database
        self._texts = texts
        self._cases = cases
        self._lists = CaseLists()
        self._outbox = outbox
        self._unanswered = unanswered
        self._units = units
        self._zone = zone
        self._secure = secure
        self._clock = clock
        self._pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(PAGES), autoescape=True, trim_blocks=True
        )

    def link(self, base: str) -> str:
        """The address that signs in; whoever has it is staff."""
        return f"{base}/staff/enter?key={self._key}"

    async def overview(self, request: web.Request) -> web.Response:
        """What waits, what went out: for those who are signed in."""
        if not self.knows(request):
            return self.closed()
        async with self._database.read() as tx:
            waiting = [
                (case, redact(next((w.text for w in words if w.side is Side.VILLAGER), "")))
                for case in await self._lists.waiting(tx, EVERYTHING)
                if (words := await self._cases.words(tx, case.id))
            ]
            count = await self._cases.count_waiting(tx)
            sent = await self._outbox.counts(tx)
            unanswered = await self._unanswered.count(tx)
            late = await self._lists.overdue(tx, self._clock())
        rows = [
            {
                "id": case.id,
                "text": text,
                "unit": unit.name if (unit := self._units.get(case.unit)) else "",
                "asked_at": case.received_at.astimezone(self._zone).strftime("%H:%M %d/%m/%Y"),
            }
            for case, text in waiting
        ]
        return self.page(
            "overview.html",
            questions=rows,
            waiting=count,
            late=late,
            counts=sent,
            unanswered=unanswered,
        )

    async def enter(self, request: web.Request) -> web.Response:
        """Sign in with the key in the address; then the address without it."""
        if not _same(request.query.get("key", ""), self._key):
            return self.closed()
        answer = web.Response(status=303, headers={"Location": "/staff"})
        answer.set_cookie(
            COOKIE,
            self._token(),
            path="/staff",
            httponly=True,
            samesite="Strict",
            secure=self._secure,
            max_age=12 * 3600,
        )
        return answer

    async def leave(self, request: web.Request) -> web.Response:
        if self.knows(request) and await self.form(request) is None:
            return self.page("door.html", status=403)
        answer = web.Response(status=303, headers={"Location": "/staff"})
        answer.del_cookie(COOKIE, path="/staff")
        return answer

    async def style(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGES / "staff.css", headers={"Cache-Control": "max-age=3600"})

    def knows(self, request: web.Request) -> bool:
        """Whether who asks is signed in."""
        return _same(request.cookies.get(COOKIE, ""), self._token())

    async def form(self, request: web.Request) -> dict[str, str] | None:
        """What was typed in one of our own pages; None when the form is not from there."""
        try:
            posted = await request.post()
        except ValueError:  # nothing that a browser sends
            return None
        form = {name: value for name, value in posted.items() if isinstance(value, str)}
        return form if _same(form.get("token", ""), self._form_token()) else None

    def closed(self) -> web.Response:
        """The page for who is not signed in."""
        return self.page("door.html", status=401)

    def old_form(self) -> web.Response:
        """The page for a form that is not from our own page of this session: nothing was done."""
        return self.page("old_form.html", status=403)

    def page(self, name: str, *, status: int = 200, **fields: object) -> web.Response:
        """A page from a template, which nobody may keep a copy of."""
        token = "" if status == 401 else self._form_token()
        html = self._pages.get_template(name).render(texts=self._texts, token=token, **fields)
        return web.Response(
            text=html,
            status=status,
            content_type="text/html",
            headers={"Cache-Control": "no-store"},
        )

    def _token(self) -> str:
        return hmac.new(self._key.encode(), b"staff session", hashlib.sha256).hexdigest()

    def _form_token(self) -> str:
        """Belongs to the session: a site that can only make a browser post does not know it."""
        return hmac.new(
            self._key.encode(), f"form {self._token()}".encode(), hashlib.sha256
        ).hexdigest()


def _same(given: str, wanted: str) -> bool:
    """Compared in constant time; as bytes, since a foreign letter would raise."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
