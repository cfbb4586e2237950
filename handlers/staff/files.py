"""Files of cases for staff, given so that nothing in them can act on the page or on the house."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from handlers.case_files import CaseFiles, Content
from handlers.file_names import ENDINGS
from handlers.staff.door import Door
from storage.database import Database


def as_response(content: Content, number: int) -> web.Response:
    """A file for a browser: pictures and sounds to show, the rest to save under a name of ours."""
    ending = ENDINGS.get(content.mime)
    shown = ending is not None and content.mime.startswith(("image/", "audio/"))
    name = f"vu-viec-{content.case}-tep-{number}.{ending or 'bin'}"
    return web.Response(
        body=content.bytes,
        content_type=content.mime if ending else "application/octet-stream",
        headers={
            "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        },
    )


class FileDesk:
    """Hands files out to those who are signed in."""

    def __init__(
        self, *, door: Door, database: Database, files: CaseFiles, clock: Callable[[], datetime]
    ) -> None:
        self._door, self._database, self._files = door, database, files
        self._clock = clock

    async def show(self, request: web.Request) -> web.Response:
        if not self._door.knows(request):
            return self._door.closed()
        number = int(request.match_info["id"])
        try:
            async with self._database.read() as tx:
                content = await self._files.content(tx, number)
        except FileNotFoundError:
            content = None
        if content is None:
            raise web.HTTPNotFound
        return as_response(content, number)

    async def fetch_again(self, request: web.Request) -> web.Response:
        """Somebody wants to see it now: it is fetched at once, and the case shows how it went."""
        if not self._door.knows(request):
            return self._door.closed()
        if await self._door.form(request) is None:
            return self._door.old_form()
        async with self._database.begin() as tx:
            number = int(request.match_info["id"])
            case = await self._files.once_more(tx, number, at=self._clock())
        if case is None:
            return self._door.page("case_gone.html", status=404)
        return web.Response(
            status=303, headers={"Location": f"/staff/cases/{case}?done=file#files"}
        )
