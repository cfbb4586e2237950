"""An emulator of Telegram's Bot API over real HTTP: python -m tests.emulators.telegram --port 0.

What the bot calls is here; the rules between people and bots are in `telegram_world`, and what
tests and demos do to it (`/_control`) in `telegram_control`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from typing import Any

import aiohttp
from aiohttp import web

from tests.emulators import telegram_control
from tests.emulators.serving import Server, beside, end, give, hold_up, parameters, run
from tests.emulators.telegram_methods import METHODS
from tests.emulators.telegram_world import World
from tests.emulators.worlds import ApiError, Call, Fault

TOKEN = "123456:AAE-loaban-emulator-token-0123456789"
WORLDS: web.AppKey[dict[str, World]] = web.AppKey("worlds", dict)
SETTINGS: web.AppKey[Settings] = web.AppKey("settings")


class Settings:
    """`pace` scales the waits between attempts at a webhook (1: as in life, about 1, 2, 4 … s)."""

    def __init__(self, *, pace: float = 1.0, plain_http: bool = True) -> None:
        self.pace, self.plain_http = pace, plain_http


def application(
    tokens: list[str], *, limited: bool = True, pace: float = 1.0, plain_http: bool = True
) -> web.Application:
    """Build the server for these bots; `limited` puts Telegram's limits of speed in force."""
    app = web.Application(client_max_size=60 * 1024 * 1024)
    app[WORLDS] = {token: World(token, limited=limited) for token in tokens}
    app[SETTINGS] = Settings(pace=pace, plain_http=plain_http)
    app.router.add_route("*", "/bot{token}/{method}", answer)
    app.router.add_get("/file/bot{token}/{path:.+}", download)
    telegram_control.add_routes(app, list(app[WORLDS].values()))
    app.cleanup_ctx.append(_webhooks)
    return app


class Emulator(Server):
    """One bot's platform in this process: `async with Emulator() as emulator: emulator.base`."""

    def __init__(self, *, token: str = TOKEN, limited: bool = False, pace: float = 0.02) -> None:
        super().__init__(application([token], limited=limited, pace=pace), hangs_up=True)
        self.token, self.world = token, self.app[WORLDS][token]


async def answer(request: web.Request) -> web.StreamResponse:
    """Answer one call of the Bot API, with the faults that were asked for."""
    token, method = request.match_info["token"], request.match_info["method"]
    world = request.app[WORLDS].get(token)
    if not re.fullmatch(r"\d+:[A-Za-z0-9_-]{10,}", token):
        return _error(ApiError(404, "Not Found"))
    if world is None or world.revoked:
        return _error(ApiError(401, "Unauthorized"))
    name = {known.lower(): known for known in METHODS}.get(method.lower(), method)
    try:
        asked = await _parameters(request)
    except ValueError:
        return _error(ApiError(400, "Bad Request: can't parse request body"))
    if world.latency:
        await asyncio.sleep(world.latency)
    fault = world.fault(name)
    call = Call(name, {k: v for k, v in asked.items() if not isinstance(v, bytes)})
    world.calls.append(call)
    response: web.StreamResponse | None = None
    if fault is None or fault.accepted or fault.kind == "slow":
        response = await _run(request.app, world, name, asked)
        call.status = response.status
        if world.slow_answers:
            await asyncio.sleep(world.slow_answers)
    if fault is not None:
        response = await _spoil(request, fault, response)
        call.status = response.status
    call.ended = time.time()
    world.wake()
    assert response is not None
    return response


async def _run(
    app: web.Application, world: World, name: str, asked: dict[str, Any]
) -> web.Response:
    try:
        if name not in METHODS:
            raise ApiError(404, "Not Found")
        asked["_plain_http"] = app[SETTINGS].plain_http
        return web.json_response({"ok": True, "result": await METHODS[name](world, asked)})
    except ApiError as error:
        return _error(error)


async def _spoil(
    request: web.Request, fault: Fault, response: web.StreamResponse | None
) -> web.StreamResponse:
    match fault.kind:
        case "error" if fault.retry_after:
            words = f"Too Many Requests: retry after {fault.retry_after}"
            return _error(ApiError(429, words, retry_after=fault.retry_after))
        case "error":
            return _error(ApiError(fault.status or 500, fault.description))
        case "malformed":
            status = fault.status or 200
            return web.Response(text=fault.body, content_type="text/html", status=status)
    await hold_up(request, fault.kind, fault.seconds)
    return response or web.Response(status=500)


async def download(request: web.Request) -> web.StreamResponse:
    """Give a file's bytes, as after getFile; `slow_files` is a pause in the middle."""
    world = request.app[WORLDS].get(request.match_info["token"])
    content = world.files.get(world.links.get(request.match_info["path"], "")) if world else None
    if world is None or content is None:
        return _error(ApiError(404, "Not Found"))
    return await give(request, content, "application/octet-stream", pause=world.slow_files)


async def _parameters(request: web.Request) -> dict[str, Any]:
    """Read what was sent; nested values of a form may be JSON text."""
    found = await parameters(request)
    if request.content_type == "application/json":
        return found
    for name, value in list(found.items()):
        if isinstance(value, web.FileField):
            found[name] = value.file.read()
            found["file_name"] = value.filename
        elif isinstance(value, str) and value[:1] in {"{", "["} and name not in {"text", "caption"}:
            found[name] = json.loads(value)
        elif value in {"true", "false", "True", "False"}:
            found[name] = value.lower() == "true"
    return found


def _error(error: ApiError) -> web.Response:
    return web.json_response(error.body(), status=error.code)


# Webhooks


async def _webhooks(app: web.Application) -> Any:
    """Deliver updates to the webhooks that bots set, while the server runs."""
    async with (
        aiohttp.ClientSession() as session,
        beside(*(_deliver(app, world, session) for world in app[WORLDS].values())),
    ):
        yield


async def _deliver(app: web.Application, world: World, session: aiohttp.ClientSession) -> None:
    """Keep one attempt for each chat on its way, so that a chat's updates stay in order."""
    busy: dict[Any, asyncio.Task[None]] = {}
    try:
        while True:
            changed = world.changed
            busy = {chat: task for chat, task in busy.items() if not task.done()}
            for update in list(world.updates.values()) if world.webhook else ():
                if len(busy) >= world.webhook["max_connections"]:
                    break
                chat = _chat_of(update)
                if chat not in busy:
                    busy[chat] = asyncio.create_task(_attempt(app, world, session, update))
            await changed.wait()
    finally:
        await end(busy.values())


def _chat_of(update: dict[str, Any]) -> Any:
    for content in update.values():
        if isinstance(content, dict):
            chat = content.get("chat") or content.get("message", {}).get("chat", {})
            return chat.get("id")
    return None


async def _attempt(
    app: web.Application, world: World, session: aiohttp.ClientSession, update: dict[str, Any]
) -> None:
    hook, wait = world.webhook, 1.0
    secret = hook["secret_token"]
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    while world.webhook is hook and update["update_id"] in world.updates:
        try:
            async with session.post(
                hook["url"], json=update, headers=headers, timeout=aiohttp.ClientTimeout(60)
            ) as response:
                body = await response.read()
            if 200 <= response.status < 300:
                world.updates.pop(update["update_id"], None)
                if body.startswith(b"{") and "method" in (asked := json.loads(body)):
                    await _run(app, world, asked.pop("method"), asked)
                break
            problem = f"Wrong response from the webhook: {response.status} {response.reason}"
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            problem = f"Connection failed: {type(error).__name__}"
        hook |= {"last_error_date": int(time.time()), "last_error_message": problem}
        await asyncio.sleep(wait * app[SETTINGS].pace)
        wait = min(wait * 2, 60)
    # The loop looks again once this task is done.
    asyncio.get_running_loop().call_soon(world.wake)


def main() -> None:
    """Serve until interrupted; the port is the first line of output."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--port", type=int, default=8081)
    asked.add_argument("--token", action="append", help="may be given more than once")
    asked.add_argument("--no-limits", action="store_true")
    asked.add_argument("--pace", type=float, default=1.0, help="scales waits between webhook tries")
    given = asked.parse_args()

    app = application(given.token or [TOKEN], limited=not given.no_limits, pace=given.pace)
    run(Server(app, hangs_up=True), given.port, lambda server: server.port)


if __name__ == "__main__":
    main()
