"""Pages that hear what is new, as server-sent events: how many cases, and who is at the same one.

A page tells up to where it knows the history (`since`), and gets a sentence whenever there is more;
asked anew after the connection broke, it is told all since then. Nothing on the page is changed by
it: whoever reads decides when to look. Only what is not theirs to see any more leaves a list at
once, so a list tells which cases it shows. Without scripts all pages work as they are.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode
from weakref import WeakSet

from aiohttp import web

from content.texts import Texts
from handlers.casework import Casework
from handlers.staff.case_query import Query
from handlers.staff.door import Door
from handlers.staff.live_hub import Crowded, Listener, LiveHub
from handlers.units import Units
from storage.cases import Cases
from storage.database import Database

log = logging.getLogger(__name__)

ADDRESS = "/staff/live"
BEAT = 15.0
"""Seconds between signs of life: proxies end what is silent; a page hears when it is cut off."""

SLOW = 10.0
"""Seconds within which a browser has to take what is written."""

MOST = 100
"""Cases that a list shows at once, at most."""

NAMED = 2
"""So many colleagues are named; the others are counted."""


class Live:
    """Opens and feeds streams of events."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        hub: LiveHub,
        casework: Casework,
        texts: Texts,
        units: Units,
        beat: float = BEAT,
    ) -> None:
        self._door = door
        self._database = database
        self._hub = hub
        self._casework = casework
        self._texts = texts
        self._units = units
        self._beat = beat
        self._cases = Cases()
        self._open: dict[Listener, web.Application] = {}
        self._closed: WeakSet[web.Application] = WeakSet()

    def address(
        self, mark: int, *, case: int = 0, query: Query | None = None, shown: Sequence[int] = ()
    ) -> str:
        """Where a page hears its news: of a case, or of the list that a query asks for and that
        shows these."""
        told = {"since": str(mark)} | ({"case": str(case)} if case else {})
        told |= {"shown": ".".join(map(str, shown))} if shown else {}
        return f"{ADDRESS}?{urlencode((query.pairs(q='') if query else {}) | told)}"

    def beside(self, there: Mapping[int, str], official: int) -> str:
        """Who else has the case open, in a sentence; nothing if nobody has."""
        names = [name for number, name in there.items() if number != official]
        if not names:
            return ""
        shown, more = ", ".join(names[:NAMED]), len(names) - NAMED
        if more > 0:
            return self._texts("staff.live.beside_more", names=shown, count=more)
        return self._texts("staff.live.beside", names=shown)

    async def hang_up(self, app: web.Application) -> None:
        """End all streams of an application that closes; the pages come back by themselves."""
        self._closed.add(app)
        for listener, whose in self._open.items():
            if whose is app:
                listener.end("stop")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """The events of one page, until it, its session or the program ends."""
        staff = await self._door.staff(request, by_itself=True)
        since, case = request.query.get("since", ""), request.query.get("case", "")
        shown = request.query["shown"].split(".") if "shown" in request.query else []
        if not all(map(_whole, [since, *shown, *([case] if case else [])])) or len(shown) > MOST:
            return web.Response(status=400)
        if request.app in self._closed:
            return web.Response(status=503)
        if case:
            async with self._database.read() as tx:
                found = await self._cases.get(tx, int(case))
            if found is None or not self._casework.sees(staff.official, found):
                raise self._door.gone(staff)
        query = Query.of(request.query, (u for u in self._units if staff.covers(u.code)))
        listener = Listener(
            staff, staff.official, int(case or 0),
            lambda one: query.concerns(one, self._units), int(since),
            shown=frozenset(map(int, shown)),
        )  # fmt: skip
        self._open[listener] = request.app
        try:
            await self._hub.join(listener)
            return await self._feed(request, listener)
        except Crowded:
            return web.Response(status=503, headers={"Retry-After": "60"})
        finally:
            self._open.pop(listener, None)
            await self._hub.leave(listener)

    async def _feed(self, request: web.Request, one: Listener) -> web.StreamResponse:
        response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
        response.content_type = "text/event-stream"
        response.charset = "utf-8"
        await response.prepare(request)
        told = request.headers.get("Last-Event-ID") or request.query.get("last", "")
        beside: str | None = None
        away: set[int] = set()
        try:
            await _write(response, "retry: 3000\n\n")
            while not one.ended:
                one.bell.clear()
                if (state := _state(one)) and state != told:
                    told = state
                    await _write(response, _event("news", self._news(one), state))
                if gone := sorted(one.gone - away):
                    away.update(gone)
                    await _write(response, _event("gone", ".".join(map(str, gone))))
                if one.case and (now := self.beside(one.beside, one.staff.id)) != beside:
                    beside = now
                    await _write(response, _event("beside", now))
                if not await _rung(one.bell, self._beat):
                    # The comment is for proxies; a script can hear only the event.
                    await _write(response, ": still here\n" + _event("beat", "1"))
            await _write(response, _event(one.ended, "1"))
            await response.write_eof()
        except (ConnectionError, TimeoutError):
            log.debug("a page that listened went away")
        return response

    def _news(self, one: Listener) -> str:
        """What is new, in a sentence."""
        if one.case:
            return self._texts("staff.live.this")
        changed = one.changed - one.new
        if one.new and changed:
            return self._texts("staff.live.both", new=len(one.new), changed=len(changed))
        if one.new:
            return self._texts("staff.live.new", count=len(one.new))
        return self._texts("staff.live.changed", count=len(changed))


def _state(one: Listener) -> str:
    """What a page knows that heard all there is; nothing while there is no news."""
    return f"{max(one.steps)}.{len(one.steps)}" if one.steps else ""


async def _write(response: web.StreamResponse, text: str) -> None:
    await asyncio.wait_for(response.write(text.encode()), SLOW)


async def _rung(bell: asyncio.Event, at_most: float) -> bool:
    try:
        await asyncio.wait_for(bell.wait(), at_most)
    except TimeoutError:
        return False
    return True


def _event(name: str, data: str, number: str = "") -> str:
    return (f"id: {number}\n" if number else "") + f"event: {name}\ndata: {data}\n\n"


def _whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18
