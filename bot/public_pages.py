"""The public page of a unit: what people said, how soon it was answered, what was done about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import jinja2
from aiohttp import web

from content.texts import Texts
from handlers.errands import VIETNAM
from handlers.units import Units
from storage.case_groups import CaseGroups
from storage.database import Database
from storage.public_numbers import at_least, numbers_of, waiting_now

PAGES = Path(__file__).parent / "pages"
LOOKED_BACK = timedelta(days=365)
KEPT = timedelta(minutes=5)


class PublicPages:
    """Serves /u/<unit>. A page is made anew when it is `KEPT` old, however many ask.

    What was answered to fewer people than `FEWEST` is told to them alone: its title and answer
    could tell a neighbour who they are. A village has the numbers of the office that serves it:
    each case counts on one office's page.
    """

    def __init__(
        self, *, database: Database, units: Units, texts: Texts, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._units = units
        self._texts = texts
        self._clock = clock
        self._groups = CaseGroups()
        self._made: dict[str, tuple[datetime, str]] = {}
        self._pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(PAGES), autoescape=True, trim_blocks=True
        )

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/u/{unit}", self.page), web.get("/public.css", self.style)]

    async def page(self, request: web.Request) -> web.Response:
        unit = self._units.get(request.match_info["unit"])
        if unit is None:
            html = self._render("no_unit.html")
            return web.Response(text=html, status=404, content_type="text/html")
        now = self._clock()
        made_at, html = self._made.get(unit.code, (now - KEPT, ""))
        if now - made_at >= KEPT:
            html = await self._make(unit.code, now)
            self._made[unit.code] = now, html
        headers = {"Cache-Control": f"public, max-age={KEPT.seconds}"}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def style(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(
            PAGES / "public.css", headers={"Cache-Control": "public, max-age=3600"}
        )

    async def _make(self, code: str, now: datetime) -> str:
        since, office = now - LOOKED_BACK, self._units.office(code)
        served = self._units.served_with(code)
        async with self._database.read() as tx:
            numbers = await numbers_of(tx, served, since=since)
            waiting = await waiting_now(tx, served)
            groups = await self._groups.published(tx, self._units.below(code), since=since)
        done = [
            {
                "title": group.title,
                "answer": group.answer,
                "people": at_least(group.people),
                "day": group.published_at.astimezone(VIETNAM).strftime("%d/%m/%Y"),
            }
            for group in groups
            if group.published_at is not None and at_least(group.people)
        ]
        return self._render(
            "unit.html",
            unit=self._units.get(code),
            local=self._units.local(code),
            numbers=[one for one in numbers if one.people is not None],
            waiting=waiting,
            office=office if office and office.code != code else None,
            hidden=[one for one in numbers if one.people is None],
            done=done,
            today=now.astimezone(VIETNAM).strftime("%d/%m/%Y"),
        )

    def _render(self, name: str, **fields: object) -> str:
        return self._pages.get_template(name).render(texts=self._texts, **fields)
