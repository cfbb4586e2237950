"""The console in each language that who sits at it may choose: the same desks, once in each.

Whoever has chosen nothing reads Vietnamese; what their browser would like is not asked. What is
written to villagers is Vietnamese, whatever the desk speaks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from handlers.staff.door import LANGUAGE_COOKIE, own
from handlers.staff.routes import Console
from handlers.staff.templates import Templates

CHOICE = r"/staff/language/{language:vi|en}"
YEAR = 365 * 24 * 3600

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Consoles:
    """Two consoles with the same addresses; the cookie says which one answers."""

    vietnamese: Console
    english: Console
    pages: Templates

    def routes(self) -> list[web.RouteDef]:
        pairs = zip(self.vietnamese.routes(), self.english.routes(), strict=True)
        return [
            web.get(CHOICE, self.choose),
            *(
                web.RouteDef(one.method, one.path, _either(one.handler, other.handler), one.kwargs)
                for one, other in pairs
            ),
        ]

    async def choose(self, request: web.Request) -> web.Response:
        """This browser reads the console so from now on, and goes back to the page it was at."""
        answer = web.Response(status=303, headers={"Location": own(request.query.get("next", ""))})
        language = request.match_info["language"]
        self.vietnamese.door.keep(answer, LANGUAGE_COOKIE, language, YEAR)
        return answer


def _either(vietnamese: Handler, english: Handler) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        chosen = english if request.cookies.get(LANGUAGE_COOKIE) == "en" else vietnamese
        return await chosen(request)

    return answer
