"""The aiohttp application: webhooks, web chat, staff pages, health; opens and closes resources."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    generate_latest,
)

from bot.channels.channel import Refused
from bot.wiring import House
from handlers.messages import Incoming
from handlers.staff.headers import is_console, protect
from storage.database import DatabaseFault
from storage.migrate import current, newest
from storage.outbox import Outbox

log = logging.getLogger(__name__)

MAX_BODY = 1024 * 1024
STORE_TIME = 1.5  # Zalo wants its answer within 2 seconds; refusing in time makes it repeat
SHUTDOWN = 8.0

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """All addresses of one process."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._storing: set[asyncio.Task[None]] = set()
        self._registry = CollectorRegistry()
        self._received = Counter(
            "loaban_messages_received_total",
            "Messages taken in over webhooks, by account and outcome",
            ["account", "outcome"],
            registry=self._registry,
        )
        self._outbox = Gauge(
            "loaban_outbox_messages", "Messages in the outbox", ["state"], registry=self._registry
        )

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY, middlewares=[_shield])
        app.add_routes(
            [
                web.post("/hooks/{account}", self.hook),
                web.get("/healthz", self.health),
                web.get("/readyz", self.ready),
                web.get("/metrics", self.metrics),
                *self._house.file_pages.routes(),  # before all other media
                *self._house.web_chat.routes(),
                *self._house.consoles.routes(),
                *self._house.console.api.routes(),
                *self._house.consent_page.routes(),
                *self._house.public_pages.routes(),
            ]
        )
        app.on_shutdown.append(self._house.web_chat.hang_up)
        app.on_shutdown.append(self._house.console.live.hang_up)
        app.on_cleanup.append(self._finish_storing)
        app.on_cleanup.append(self._house.console.question_groups.close)
        app.on_response_prepare.append(_protect)
        return app

    async def hook(self, request: web.Request) -> web.Response:
        """A platform's webhook: checked, stored, and only then acknowledged."""
        account = request.match_info["account"]
        body = await request.read()
        channel = self._house.channels.get(account)
        if channel is None:
            return web.Response(status=403)  # as for a wrong secret: names are not to be guessed
        try:
            messages = await channel.receive(request.headers, body)
        except Refused as refused:
            self._received.labels(account, "refused").inc()
            log.warning("%s: a webhook request is refused: %s", account, refused.reason)
            return web.Response(status=refused.status)
        # Storing goes on beyond the time limit: a blocked database cannot be called back, and the
        # platform's next copy finds the message stored or stores it.
        storing = asyncio.create_task(self._store(messages))
        self._storing.add(storing)
        storing.add_done_callback(self._stored)
        try:
            await asyncio.wait_for(asyncio.shield(storing), STORE_TIME)
        except (TimeoutError, *DatabaseFault) as fault:
            log.error("%s: a message could not be stored (%s)", account, type(fault).__name__)
            return web.Response(status=503, headers={"Retry-After": "5"})
        return web.json_response({})

    async def _store(self, messages: list[Incoming]) -> None:
        for message in messages:
            new = await self._house.accept(message)
            account = message.address.account  # a platform may bring to one what is another's
            self._received.labels(account, "stored" if new else "repeated").inc()

    def _stored(self, storing: asyncio.Task[None]) -> None:
        self._storing.discard(storing)
        if not storing.cancelled() and (fault := storing.exception()):
            log.debug("storing ended with %s", type(fault).__name__)  # told where it was awaited

    async def _finish_storing(self, _app: web.Application) -> None:
        if self._storing:
            await asyncio.wait(self._storing, timeout=SHUTDOWN)

    async def health(self, _request: web.Request) -> web.Response:
        """The process lives."""
        return web.json_response({"ok": True})

    async def ready(self, _request: web.Request) -> web.Response:
        """The process can do its work: the database answers and has the right shape."""
        try:
            async with asyncio.timeout(3):
                fits = await current(self._house.database) == newest()
        except (TimeoutError, *DatabaseFault) as fault:
            return web.json_response(
                {"ok": False, "problem": f"the database does not answer ({type(fault).__name__})"},
                status=503,
            )
        if not fits:
            problem = "the database needs a migration: run `python -m bot migrate`"
            return web.json_response({"ok": False, "problem": problem}, status=503)
        return web.json_response({"ok": True, "cards": len(self._house.library.shelf.cards)})

    async def metrics(self, _request: web.Request) -> web.Response:
        async with self._house.database.read() as tx:
            for state, count in (await Outbox().counts(tx)).items():
                self._outbox.labels(state.value).set(count)
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )


class Interrupted(Exception):
    """An answer could not be written to its end: the connection breaks off, so that nobody takes
    what came for the whole."""


@web.middleware
async def _shield(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log each request without what it carries; say of a fault only what helps."""
    began = time.monotonic()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as answer:
        status = answer.status
        raise
    except DatabaseFault as fault:
        status = 503
        log.error("%s %s: the database failed (%s)", request.method, _asked(request),
                  type(fault).__name__)  # fmt: skip
        if request.writer.output_size:  # no other answer may follow into a file that has begun
            raise Interrupted(type(fault).__name__) from None
        return web.Response(status=503, headers={"Retry-After": "5"})
    finally:
        log.debug("%s %s %d %.0f ms", request.method, _asked(request), status,
                  (time.monotonic() - began) * 1000)  # fmt: skip


def _asked(request: web.Request) -> str:
    """Which address of ours: what stands in it may open something to whoever reads the log."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else request.path


async def _protect(request: web.Request, response: web.StreamResponse) -> None:
    if is_console(request):
        protect(response)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "LoaBan"  # not which versions of what


def runner_of(house: House) -> web.AppRunner:
    """What answers. Nothing that comes in packed is unpacked: no platform and no browser sends
    such a body, a stranger's could fill the memory, and a signature is of the body as it came."""
    return web.AppRunner(
        Site(house).application(),
        access_log=None,
        shutdown_timeout=SHUTDOWN,
        auto_decompress=False,
    )


async def serve(house: House, stop: asyncio.Event, ready: Callable[[str], None]) -> None:
    """Answer on the configured address until `stop`; call `ready` with the address once bound.

    Raises OSError when the address is taken or not this machine's.
    """
    settings, runner = house.settings.web, runner_of(house)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        host, port = runner.addresses[0][:2]
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - only shown
        ready(settings.public_url or f"http://{shown}:{port}")
        await stop.wait()
    finally:
        await runner.cleanup()
