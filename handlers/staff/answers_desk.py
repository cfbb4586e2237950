"""The desk that gives what was answered to a closed question as a file, without who answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import IO

from aiohttp import web

from content.texts import Texts
from handlers.exports import CsvSheet, JsonLines, Sheet, SurveyColumns, TooManyRows, Value, Workbook
from handlers.official.notices_deeds import Deeds
from handlers.staff.door import Door
from handlers.staff.downloads import draft, sent
from handlers.staff.export_desk import FORMS
from handlers.staff.forms import number
from handlers.staff.staff import Right
from handlers.survey_rows import survey_rows
from storage.audit import Kind, Verb
from storage.broadcasts import WrongState
from storage.database import Database


class AnswersDesk:
    """Writes the file."""

    def __init__(self, *, door: Door, database: Database, texts: Texts, deeds: Deeds) -> None:
        self._door = door
        self._database = database
        self._texts = texts
        self._deeds = deeds

    async def write(self, request: web.Request) -> web.StreamResponse:
        """It stands in the audit log before its first letter goes out."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.EXPORT)
        notice, ending = number(request, "notice"), form.get("form", "")
        refused = web.HTTPSeeOther(f"/staff/notices/{notice}?done=staff.answers.not_now")
        async with self._database.begin() as tx:
            seen = await self._deeds.look(tx, staff.official, notice)
            if seen is None:
                raise self._door.gone(staff)
            if ending not in FORMS or seen.it.draft.asks is None:
                raise refused
            try:
                rows = await survey_rows(tx, seen.it)
            except WrongState:
                raise refused from None
            await self._door.note(
                tx, staff, Verb.EXPORTED, Kind.BROADCAST, notice, unit=seen.it.draft.unit,
                reason=ending,
            )  # fmt: skip
        async with draft() as file:
            try:
                await asyncio.to_thread(self._write, file, ending, rows)
            except TooManyRows:
                raise refused from None
            return await sent(request, file, f"tra-loi-{notice}.{ending}")

    def _write(self, file: IO[bytes], ending: str, rows: Sequence[list[Value]]) -> None:
        names = SurveyColumns.NAMES
        sheet: Sheet
        match ending:
            case "csv":
                sheet = CsvSheet(file, names)
            case "jsonl":
                sheet = JsonLines(file, names)
            case _:
                sheet = Workbook(file, self._texts, names, "export.survey")
        for row in rows:
            sheet.write(row)
        sheet.close()
