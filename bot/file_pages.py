"""Stored files for whoever was sent a link: a plain page, and the file itself for players.

There is no sign-in: the name holds a mark that only we can make (`handlers.file_names`). All that
is no such name, is over, or whose case is forgotten gets the same answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path

import jinja2
from aiohttp import web

from bot.channels.web_chat_pages import cached
from content.texts import Texts
from handlers.case_files import PAGE, CaseFiles, plays_in_browsers
from handlers.file_names import ENDINGS
from handlers.messages import SENT, MediaKind
from storage.database import Database
from storage.files import File

PAGES = Path(__file__).parent / "pages"
UNSEEN = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "private, no-cache"}


class FilePages:
    """`read` gives the bytes of a file by its name as media, or raises FileNotFoundError."""

    def __init__(
        self,
        *,
        database: Database,
        files: CaseFiles,
        read: Callable[[str], Awaitable[bytes]],
        texts: Texts,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._files = database, files
        self._read, self._texts, self._clock = read, texts, clock

    @cached_property
    def _template(self) -> jinja2.Template:
        return jinja2.Environment(
            loader=jinja2.FileSystemLoader(PAGES), autoescape=True, trim_blocks=True
        ).get_template("file.html")

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(PAGE + "{ticket}", self.page),
            web.get(f"/media/{SENT}{{name}}", self.content),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """What it is, how long it lasts, and a player or picture: also for the oldest browsers."""
        ticket = request.match_info["ticket"]
        file = await self._named(ticket)
        if file is None:
            return self._html(404, file=None)
        kind = self._files.media(file).kind
        address = f"/media/{SENT}{ticket}.{ENDINGS[file.mime]}"
        title = self._texts(f"files.title.{kind}", length=self._files.length(file))
        plays = plays_in_browsers(file.mime)
        return self._html(200, file=address, kind=kind, title=title, kinds=MediaKind, plays=plays)

    async def content(self, request: web.Request) -> web.Response:
        """The file itself, in ranges, since iPhones play sounds only so."""
        name = SENT + request.match_info["name"]
        try:
            content = await self._read(name)
        except FileNotFoundError:
            return self._html(404, file=None)
        mime = next((m for m, ending in ENDINGS.items() if name.endswith(f".{ending}")), "")
        response = cached(request, content, mime or "application/octet-stream", seconds=0)
        response.headers.update(UNSEEN)
        if not mime.startswith(("audio/", "image/")):
            response.headers["Content-Disposition"] = "attachment"
        return response

    async def _named(self, ticket: str) -> File | None:
        async with self._database.read() as tx:
            return await self._files.named(tx, ticket, at=self._clock())

    def _html(self, status: int, **fields: object) -> web.Response:
        html = self._template.render(texts=self._texts, **fields)
        return web.Response(text=html, status=status, content_type="text/html", headers=UNSEEN)
