"""What the controls of all emulators have in common: deeds under /_control, and their client.

A deed is a function of a place (a bot's world, an OA's desk) and of what was asked; its name is
the route's. Its answer goes out as JSON.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

from tests.emulators.worlds import BotWorld, Call, Fault, Watched

Asked = dict[str, Any]
T = TypeVar("T")
World = TypeVar("World", bound=BotWorld)


def add_deeds(
    app: web.Application,
    deeds: Iterable[Callable[[Any, Asked], Any]],
    place: Callable[[web.Request, str, Asked], tuple[Any, Watched]],
) -> None:
    """Put the deeds under /_control. With `at_least` a ledger is waited for, `timeout` seconds.

    `place` takes out of what was asked where a deed of this name is done, and who tells of news.
    """

    def handler(deed: Callable[[Any, Asked], Any]) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            asked = await request.json() if request.can_read_body else {}
            where, watched = place(request, deed.__name__, asked)
            least, seconds = asked.pop("at_least", 0), asked.pop("timeout", 15)
            if least:
                await watched.wait_for(lambda: len(deed(where, asked)) >= least, seconds)
            return web.json_response(deed(where, asked), dumps=partial(json.dumps, default=asdict))

        return handle

    for deed in deeds:
        app.router.add_post(f"/_control/{deed.__name__}", handler(deed))


class Control:
    """A typed client of /_control. Raises aiohttp.ClientResponseError."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session, self._base = session, base

    async def ledger(self, line: type[T], deed: str, **asked: Any) -> list[T]:
        """Return what a ledger holds, once it is `at_least` so much or 15 seconds are over."""
        return [line(**one) for one in await self.do(deed, **asked)]

    async def do(self, deed: str, **asked: Any) -> Any:
        url = f"{self._base}/_control/{deed}"
        async with self._session.post(url, json=asked, raise_for_status=True) as response:
            return await response.json()


# Platforms of bots


def fault(world: BotWorld, asked: Asked) -> Any:
    world.faults.setdefault(asked.pop("method"), deque()).append(Fault(**asked))
    return {}


def calls(world: BotWorld, asked: Asked) -> Any:
    method = asked.get("method")
    return [one for one in world.calls if method in {None, one.method}]


def add_bot_deeds(
    app: web.Application, deeds: Iterable[Callable[[World, Asked], Any]], worlds: list[World]
) -> None:
    """Put these deeds, `fault` and `calls` under /_control; `bot` is a bot's id, or the first's."""

    def place(request: web.Request, _: str, asked: Asked) -> tuple[World, World]:
        bot = asked.pop("bot", None)
        world = next(w for w in worlds if bot in {None, w.me["id"]})
        world.base = f"{request.scheme}://{request.host}"
        return world, world

    add_deeds(app, (*deeds, fault, calls), place)


class BotControl(Control):
    """What the clients for all platforms of bots can do. Without `bot` the first bot is meant."""

    def __init__(
        self, session: aiohttp.ClientSession, base: str, bot: int | str | None = None
    ) -> None:
        super().__init__(session, base)
        self._whose = {} if bot is None else {"bot": bot}

    async def reverse(self) -> None:
        await self.do("reverse")

    async def fault(self, method: str, kind: str, **more: Any) -> None:
        """Spoil the next calls of a method ("*": of any); `more` is as in `Fault`."""
        await self.do("fault", method=method, kind=kind, **more)

    async def settings(self, **values: Any) -> None:
        await self.do("settings", **values)

    async def state(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.do("state")
        return found

    async def calls(self, method: str | None = None, *, at_least: int = 0) -> list[Call]:
        """Return the calls, once there are `at_least` of them or 15 seconds are over."""
        return await self.ledger(Call, "calls", method=method, at_least=at_least)

    async def do(self, deed: str, **asked: Any) -> Any:
        return await super().do(deed, **self._whose | asked)
