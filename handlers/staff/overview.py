"""The first page of the console: how things stand, of what somebody may see."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from content.redaction import redact
from handlers.casework import Casework
from handlers.staff.door import Door
from handlers.staff.staff import Staff
from handlers.units import Units
from storage.case_lists import CaseLists
from storage.database import Database
from storage.outbox import Outbox
from storage.unanswered import Unanswered


class Overview:
    """What waits, what went out."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        casework: Casework,
        unanswered: Unanswered,
        units: Units,
        zone: ZoneInfo,
        troubled: Callable[[Staff], Awaitable[int]],
        to_dial: Callable[[Staff], int],
        cards: Callable[[Staff], Awaitable[int]],
        clock: Callable[[], datetime],
    ) -> None:
        """`troubled` tells how many accounts of theirs somebody has to see to, `to_dial` of how
        many of their units the numbers for people in danger have to be dialled again, `cards` how
        many drafts of cards wait for them."""
        self._door = door
        self._database = database
        self._casework = casework
        self._unanswered = unanswered
        self._units = units
        self._zone = zone
        self._troubled, self._to_dial, self._cards_waiting = troubled, to_dial, cards
        self._clock = clock
        self._lists = CaseLists()
        self._outbox = Outbox()

    async def show(self, request: web.Request) -> web.Response:
        """Messages are counted for those alone who see the whole installation."""
        staff = await self._door.staff(request)
        sight = self._casework.sight(staff.official)
        async with self._database.read() as tx:
            waiting = await self._lists.waiting(tx, sight)
            said = await self._lists.openings(tx, sight, [case.id for case in waiting])
            count = await self._lists.count_waiting(tx, sight)
            late = await self._lists.overdue(tx, sight, self._clock())
            sent = await self._outbox.counts(tx) if staff.everywhere else {}
            unanswered = await self._unanswered.count(tx, units=staff.only)
        shown = await asyncio.to_thread(lambda: {n: redact(text) for n, text in said.items()})
        rows = [
            {
                "id": case.id,
                "text": shown.get(case.id, ""),  # of a photo or a voice alone there are none
                "unit": unit.name if (unit := self._units.get(case.unit)) else "",
                "asked_at": case.received_at.astimezone(self._zone).strftime("%H:%M %d/%m/%Y"),
            }
            for case in waiting
        ]
        return self._door.page(
            "overview.html",
            staff=staff,
            questions=rows,
            waiting=count,
            late=late,
            counts=sent,
            unanswered=unanswered,
            troubled=await self._troubled(staff),
            to_dial=self._to_dial(staff),
            cards=await self._cards_waiting(staff),
        )
