"""Servers on this machine, for emulators and tests: while a block runs, or as their own process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

from aiohttp import web


class Server:
    """An application in this process: `async with Server(app) as server: server.base`.

    With `hangs_up` a call ends when its caller has gone, as on the real platforms.
    """

    def __init__(self, app: web.Application, *, hangs_up: bool = False) -> None:
        self.app, self.base, self.port = app, "", 0
        self._hangs_up = hangs_up

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        # No access log: its lines would hold tokens and codes.
        self._runner = web.AppRunner(
            self.app, access_log=None, handler_cancellation=self._hangs_up, shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        self.base = f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        await self._runner.cleanup()


def run(server: Server, port: int, first_line: Callable[[Server], object]) -> None:
    """Serve until interrupted, as a process of its own; print what its caller waits for."""

    async def serve() -> None:
        await server.start(port)
        print(first_line(server), flush=True)  # noqa: T201 - the caller reads it
        await asyncio.Event().wait()

    asyncio.run(serve())


async def parameters(request: web.Request) -> dict[str, Any]:
    """Read what was sent as query, JSON or form. Raises ValueError."""
    sent = await (request.json() if request.content_type == "application/json" else request.post())
    if not isinstance(sent, Mapping):
        raise ValueError("not an object")
    return {**request.query, **sent}


async def hold_up(request: web.Request, kind: str, seconds: float) -> None:
    """Do what a fault of kind reset, hang or slow does before the answer; nothing for others."""
    match kind:
        case "reset" if request.transport is not None:
            request.transport.abort()
        case "hang":
            await asyncio.sleep(3600)
        case "slow":
            await asyncio.sleep(seconds)


async def give(
    request: web.Request, content: bytes, media_type: str, *, pause: float = 0.0
) -> web.StreamResponse:
    """Give a file, with a pause after its first bytes."""
    response = web.StreamResponse(headers={"Content-Type": media_type})
    await response.prepare(request)
    await response.write(content[:4])
    await asyncio.sleep(pause)
    await response.write(content[4:])
    await response.write_eof()
    return response


@asynccontextmanager
async def beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let this work go on while the block runs."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        await end(tasks)


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel what still runs, and wait until it has ended."""
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
