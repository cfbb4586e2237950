"""Pictures and voices of notices at the console: taken with the form, held until a notice names
them, and given to who may see the notice.

What a form carries to and fro is a ticket, good for who sent the file alone.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from aiohttp import web

from content.texts import Texts
from handlers.case_files import plays_in_browsers
from handlers.messages import Kind
from handlers.official.notices_deeds import Deeds
from handlers.official.notices_enclosing import enclosed_of
from handlers.staff.door import Door
from handlers.staff.files import as_response
from handlers.staff.forms import Form, number
from handlers.staff.notice_written import FILES, KEPT, Written
from handlers.staff.staff import Right, Staff
from storage.broadcasts import Draft, Enclosed
from storage.database import Database, Transaction
from storage.files import File, Files, FileState

HELD = timedelta(days=3)
"""So long a file waits for its notice after its form was last seen."""

KINDS = {"picture": Kind.IMAGE, "voice": Kind.VOICE}
_TICKET = re.compile(r"(?P<id>[0-9]{1,18})-(?P<mark>[0-9a-f]{32})")


class NotTaken(Exception):
    """It may not go with a notice; `reason` is the key of a text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Store(Protocol):
    """What keeps the bytes. `largest`: the most bytes of one file."""

    @property
    def largest(self) -> int: ...
    async def keep(self, content: bytes, kind: Kind, *, held: timedelta) -> File:
        """Look at what it really is, and store it without what tells who made it. Raises
        NotTaken."""

    async def read(self, key: str) -> bytes:
        """Raises FileNotFoundError, or what the store raises."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A file on a page: where it lies, what it shows or how long it lasts; `plays`: browsers can
    play it."""

    address: str
    about: str
    seconds: int
    plays: bool


class NoticeFiles:
    """Takes, holds and shows them."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        texts: Texts,
        deeds: Deeds,
        store: Store,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._texts = texts
        self._deeds = deeds
        self._store = store
        self._clock = clock
        self._files = Files()

    @property
    def most(self) -> int:
        """Bytes of a form with both files, and room for its words."""
        return len(FILES) * self._store.largest + 1024 * 1024

    @property
    def megabytes(self) -> int:
        return self._store.largest // (1024 * 1024)

    async def take(
        self, staff: Staff, written: Written, form: Form, sent: Mapping[str, bytes]
    ) -> tuple[Written, list[tuple[str, str]]]:
        """The form with what was sent with it, and without what is to be left out; what is wrong
        with a file, by its field."""
        files, wrong = dict(written.files), []
        for name in FILES:
            if form.get(f"no_{name}"):
                files.pop(name, None)
            if content := sent.get(name):
                try:
                    file = await self._store.keep(content, KINDS[name], held=HELD)
                    files[name] = self._ticket(staff, file)
                except NotTaken as unfit:
                    wrong.append((name, self._texts(unfit.reason)))
        about = written.about if files.get("picture") else ""
        return replace(written, files=files, about=about), wrong

    async def enclosed(
        self, tx: Transaction, staff: Staff, written: Written, before: Draft | None
    ) -> tuple[list[Enclosed], list[tuple[str, str]]]:
        """What goes with the notice, and what is wrong about it. In a transaction that writes it is
        held on."""
        found, wrong = list[Enclosed](), list[tuple[str, str]]()
        for name, ticket in written.files.items():
            about = written.about if name == "picture" else ""
            if ticket == KEPT:
                sounds = name == "voice"
                had = [one for one in (before.enclosed if before else ()) if one.is_sound is sounds]
                found += [replace(one, about=about) for one in had]
            elif file := await self._find(tx, staff, ticket):
                found.append(enclosed_of(file, about))
            else:
                wrong.append((name, self._texts("staff.notice.file_gone")))
        return sorted(found, key=lambda one: one.is_sound), wrong

    async def hold(self, tx: Transaction, draft: Draft, before: Draft | None) -> bool:
        """Keep what it encloses from being swept away meanwhile. False: something is gone."""
        at, had = self._clock(), {one.id for one in before.enclosed} if before else set()
        for one in draft.enclosed:
            if one.id in had:
                continue
            if not await self._files.hold(tx, one.id, at=at, until=at + HELD):
                return False
        return True

    def shown(self, written: Written, draft: Draft, base: str) -> dict[str, Shown]:
        """The files of a preview, by name; those that the notice has already lie below `base`."""
        found = {}
        for one in draft.enclosed:
            name = "voice" if one.is_sound else "picture"
            ticket = written.files.get(name, KEPT)
            address = f"{base}/{name}" if ticket == KEPT else f"/staff/notices/new/file/{ticket}"
            plays = plays_in_browsers(one.mime)
            found[name] = Shown(address, one.about, one.seconds, plays)
        return found

    async def show_new(self, request: web.Request) -> web.Response:
        """What somebody sent and has not handed in, to them alone."""
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.NOTICE)
        async with self._database.read() as tx:
            file = await self._find(tx, staff, request.match_info["ticket"])
        if file is None:
            raise self._door.gone(staff)
        return await self._given(staff, file.key, file.mime, f"tep-{file.id}")

    async def show(self, request: web.Request) -> web.Response:
        """The picture or voice of a notice that they may see."""
        staff = await self._door.staff(request)
        sounds, notice = request.match_info["file"] == "voice", number(request, "notice")
        async with self._database.read() as tx:
            seen = await self._deeds.look(tx, staff.official, notice)
        enclosed = seen.it.draft.enclosed if seen else ()
        for one in enclosed:
            if one.is_sound is sounds:
                return await self._given(staff, one.key, one.mime, f"thong-bao-{notice}")
        raise self._door.gone(staff)

    async def _given(self, staff: Staff, key: str, mime: str, name: str) -> web.Response:
        try:
            content = await self._store.read(key)
        except FileNotFoundError:
            raise self._door.gone(staff) from None
        return as_response(mime, content, name)

    async def _find(self, tx: Transaction, staff: Staff, ticket: str) -> File | None:
        """The stored file of a ticket of theirs."""
        told = _TICKET.fullmatch(ticket)
        file = await self._files.get(tx, int(told["id"])) if told else None
        if told is None or file is None or file.state is not FileState.STORED:
            return None
        mine = hmac.compare_digest(self._ticket(staff, file), ticket)
        return file if mine and file.digest else None

    def _ticket(self, staff: Staff, file: File) -> str:
        mark = self._door.mark(f"notice file {staff.id} {file.id} {file.key}")
        return f"{file.id}-{mark[:32]}"
