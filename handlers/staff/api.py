"""The API at /api/v1: one table of its addresses, each served and described from the same entry.

It reads only. Who asks is known by a key alone; cookies open nothing, and no other site may read.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from functools import cached_property
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web
from pydantic import BaseModel, ValidationError

from handlers.staff.api_answers import (
    CasePage,
    CaseWithHistory,
    NoticePage,
    NoticeWithAccount,
    TallyAnswers,
    UnansweredPage,
    UnitAnswers,
)
from handlers.staff.api_document import Document, document
from handlers.staff.api_door import ApiDoor
from handlers.staff.api_export import MEDIA, ApiExport
from handlers.staff.api_problems import (
    HEADERS,
    Fault,
    Problem,
    bad_query,
    nothing_there,
    wrong,
)
from handlers.staff.api_queries import (
    BIGGEST,
    CaseQuery,
    ExportQuery,
    NoticeQuery,
    Query,
    TallyQuery,
    UnansweredQuery,
)
from handlers.staff.api_reading import ApiReading
from handlers.staff.api_route import ROOT, AnyRoute, Asked, Route
from handlers.staff.staff import Right
from storage.database import DatabaseFault

log = logging.getLogger(__name__)

ALLOWED = "GET, HEAD, OPTIONS"
JSON = "application/json; charset=utf-8"


class Api:
    """All addresses below /api."""

    def __init__(self, *, door: ApiDoor, reading: ApiReading, export: ApiExport) -> None:
        self._door = door
        self.table = _table(reading, export, self._describe)

    @cached_property
    def _document(self) -> bytes:
        """Written when it is first asked for."""
        return json.dumps(document(self.table), ensure_ascii=False).encode()

    def routes(self) -> list[web.RouteDef]:
        served = [web.route("*", route.address, self._served(route)) for route in self.table]
        return [*served, web.route("*", "/api{rest:(/.*)?}", self._nowhere)]

    def _served(self, route: AnyRoute) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            try:
                return await self._answer(route, request)
            except Problem as problem:
                return problem.answer()
            except DatabaseFault as fault:
                log.error("GET %s: the database failed (%s)", route.address, type(fault).__name__)
                return Problem(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "the database does not answer just now: ask again in some seconds",
                    headers={"Retry-After": "5"},
                ).answer()

        return serve

    async def _answer(self, route: AnyRoute, request: web.Request) -> web.StreamResponse:
        if request.method == hdrs.METH_OPTIONS:
            return web.Response(status=204, headers={"Allow": ALLOWED} | HEADERS)
        if request.method not in {hdrs.METH_GET, hdrs.METH_HEAD}:
            raise Problem(
                HTTPStatus.METHOD_NOT_ALLOWED,
                f"this address answers to {ALLOWED}: the API reads and changes nothing",
                headers={"Allow": ALLOWED},
            )
        if route.right is None:
            _query(route, request)
            return _json(self._document)
        caller = await self._door.caller(request, route.name, route.right)
        try:
            number = _number(request) if route.numbered else 0
            asked = Asked(request, caller, _query(route, request), number)
            answer = await route.serve(asked)
        except Problem as problem:
            await self._door.note_refusal(caller.key, route.name, problem)
            raise
        if isinstance(answer, BaseModel):
            return _json(answer.model_dump_json().encode())
        return answer

    async def _describe(self, _asked: Asked[Query]) -> web.StreamResponse:
        return _json(self._document)

    async def _nowhere(self, _request: web.Request) -> web.StreamResponse:
        return Problem(
            HTTPStatus.NOT_FOUND, f"there is nothing here: {ROOT}/openapi.json names all addresses"
        ).answer()


def _table(
    reading: ApiReading,
    export: ApiExport,
    describe: Callable[[Asked[Query]], Awaitable[web.StreamResponse]],
) -> list[AnyRoute]:
    """Every address, what may be asked there, and what comes."""
    read = Right.READ
    return [
        Route(
            "/cases", "list_cases", "Cases, the one that is due last first", read,
            CaseQuery, reading.cases, CasePage,
        ),
        Route(
            "/cases/{id}", "read_case", "One case with its history", read,
            Query, reading.case, CaseWithHistory,
        ),
        Route(
            "/unanswered", "list_unanswered", "Questions that no card answered", read,
            UnansweredQuery, reading.unanswered, UnansweredPage,
        ),
        Route(
            "/notices", "list_notices", "Notices and how they stand", read,
            NoticeQuery, reading.notices, NoticePage,
        ),
        Route(
            "/notices/{id}", "read_notice", "One notice and what became of it", read,
            Query, reading.notice, NoticeWithAccount,
        ),
        Route(
            "/tallies", "read_tallies", "How often what was asked, by unit and card", read,
            TallyQuery, reading.tallies, TallyAnswers,
        ),
        Route(
            "/units", "list_units", "The units that this key sees", read,
            Query, reading.units, UnitAnswers,
        ),
        Route(
            "/exports/feedback", "export_feedback", "All cases as a file, the oldest first",
            Right.EXPORT, ExportQuery, export.feedback,
            media=tuple(kind.partition(";")[0] for kind in MEDIA.values()),
        ),
        Route(
            "/openapi.json", "read_document", "This document; no key is needed", None,
            Query, describe, Document,
        ),
    ]  # fmt: skip


def _query(route: AnyRoute, request: web.Request) -> Any:
    """What was asked, checked. Raises Problem."""
    twice = [name for name in request.query if len(request.query.getall(name)) > 1]
    if twice:
        raise wrong([Fault(parameter=twice[0][:64], detail="give it once")])
    try:
        return route.query.model_validate(dict(request.query))
    except ValidationError as invalid:
        raise bad_query(invalid, list(route.query.model_fields)) from None


def _number(request: web.Request) -> int:
    """The number in the address. Raises Problem: what is no number is not there."""
    given = request.match_info["id"]
    if not (given.isascii() and given.isdecimal() and len(given) < 19):
        raise nothing_there("thing without a number")
    number = int(given)
    if not 0 < number <= BIGGEST:
        raise nothing_there("such number")
    return number


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, headers={"Content-Type": JSON} | HEADERS)
