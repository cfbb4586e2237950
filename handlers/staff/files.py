"""Files of cases for staff, given so that nothing in them can act on the page or on the house."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from handlers.case_files import CaseFiles, Content
from handlers.casework import Casework
from handlers.file_names import ENDINGS
from handlers.official.duties import duties
from handlers.official_actions import Duty
from handlers.staff.door import Door
from handlers.staff.staff import Staff
from storage.audit import Kind, Verb
from storage.case_records import Case
from storage.cases import Cases
from storage.database import Database, Transaction


def as_response(mime: str, content: bytes, name: str) -> web.Response:
    """A file for a browser: pictures and sounds to show, the rest to save; `name` is ours, without
    its ending."""
    ending = ENDINGS.get(mime)
    shown = "inline" if ending and mime.startswith(("image/", "audio/")) else "attachment"
    return web.Response(
        body=content,
        content_type=mime if ending else "application/octet-stream",
        headers={
            "Content-Disposition": f'{shown}; filename="{name}.{ending or "bin"}"',
            "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        },
    )


class FileDesk:
    """Hands files out to those who may answer their case."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        files: CaseFiles,
        casework: Casework,
        clock: Callable[[], datetime],
    ) -> None:
        self._door, self._database, self._files = door, database, files
        self._casework = casework
        self._clock = clock

    async def show(self, request: web.Request) -> web.Response:
        """The file; that it was looked at stands in the audit log."""
        staff = await self._door.staff(request)
        number = int(request.match_info["id"])
        async with self._database.read() as tx:
            case = await self._case(tx, staff, number)
            content = await self._content(tx, number)
        if case is None or content is None:
            raise self._door.gone(staff)
        async with self._database.begin() as tx:
            await self._door.note(tx, staff, Verb.SAW, Kind.FILE, number, unit=case.unit)
        name = f"vu-viec-{content.case}-tep-{number}"
        return as_response(content.mime, content.bytes, name)

    async def fetch_again(self, request: web.Request) -> web.Response:
        """Somebody wants to see it now: it is fetched at once, and the case shows how it went."""
        staff, _ = await self._door.posted(request)
        number = int(request.match_info["id"])
        async with self._database.begin() as tx:
            case = await self._case(tx, staff, number)
            if case is None:
                raise self._door.gone(staff)
            await self._files.once_more(tx, number, at=self._clock())
            await self._door.note(tx, staff, Verb.FETCHED, Kind.FILE, number, unit=case.unit)
        return web.Response(
            status=303, headers={"Location": f"/staff/cases/{case.id}?done=file#files"}
        )

    async def _case(self, tx: Transaction, staff: Staff, number: int) -> Case | None:
        """The case of a file, if they may see it and answer."""
        of = await self._files.case_of(tx, number)
        case = None if of is None else await Cases().get(tx, of)
        if case is None or not self._casework.sees(staff.official, case):
            return None
        return case if Duty.FILES in duties(staff.official, case) else None

    async def _content(self, tx: Transaction, number: int) -> Content | None:
        try:
            return await self._files.content(tx, number)
        except FileNotFoundError:
            return None
