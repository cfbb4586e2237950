"""An emulator of the Zalo Bot Platform over real HTTP: python -m tests.emulators.zalo_bot --port 0.

What the bot calls is here; the rules between people and bots are in `zalo_bot_world`, the methods
in `zalo_bot_methods`, and what tests and demos do to it (`/_control`) in `zalo_bot_control`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import fields, replace
from typing import Any

import aiohttp
from aiohttp import web

from tests.emulators import zalo_bot_control
from tests.emulators.serving import Server, beside, end, give, hold_up, parameters, run
from tests.emulators.worlds import ApiError, Call, Fault
from tests.emulators.zalo_bot_methods import METHODS
from tests.emulators.zalo_bot_world import Options, World

TOKEN = "987654321:loaban-emulator-token-0123456789"
WORLDS: web.AppKey[dict[str, World]] = web.AppKey("worlds", dict)


def application(tokens: list[str], options: Options | None = None) -> web.Application:
    """Build the server for these bots, each of which begins with these options."""
    app = web.Application()
    app[WORLDS] = {token: World(token, replace(options or Options())) for token in tokens}
    app.router.add_route("*", "/bot{token}/{method}", answer)
    app.router.add_get("/media/{bot}/{name}", media)
    zalo_bot_control.add_routes(app, list(app[WORLDS].values()))
    app.cleanup_ctx.append(_outgoing)
    return app


class Emulator(Server):
    """One bot's platform in this process: `async with Emulator() as emulator: emulator.base`."""

    def __init__(self, *, token: str = TOKEN, options: Options | None = None) -> None:
        super().__init__(application([token], options), hangs_up=True)
        self.token, self.world = token, self.app[WORLDS][token]


async def answer(request: web.Request) -> web.StreamResponse:
    """Answer one call of the platform, with the faults that were asked for."""
    world = request.app[WORLDS].get(request.match_info["token"])
    if world is None or world.revoked:
        return _refusal(ApiError(401, "Unauthorized"))
    name = request.match_info["method"]
    try:
        asked = await _parameters(request)
    except ValueError:
        return _refusal(ApiError(400, "Bad Request: the body cannot be read"))
    if world.latency:
        await asyncio.sleep(world.latency)
    fault = world.fault(name)
    call = Call(name, asked)
    world.calls.append(call)
    world.wake()
    status, body = 0, dict[str, Any]()
    if fault is None or fault.accepted or fault.kind in {"slow", "slow_body"}:
        status, body = await _run(world, name, asked)
    if fault is None:
        response: web.StreamResponse = _response(status, body)
    else:
        lost = name == "getUpdates" and body.get("ok") and not fault.kind.startswith("slow")
        if lost and world.options.lost_update == "again":
            world.updates.appendleft(body["result"])
        response = await _spoil(request, fault, status, body)
    if fault is None or fault.kind != "reset":
        call.status, call.ended = response.status, time.time()
    world.wake()
    return response


async def _run(world: World, name: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    try:
        if name not in METHODS:  # names are case-sensitive
            raise ApiError(404, "Not Found")
        result = await METHODS[name](world, asked)
    except ApiError as error:
        return 200 if world.options.errors_as_200 else error.code, error.body()
    return 200, {"ok": True} if result is None else {"ok": True, "result": result}


async def _spoil(
    request: web.Request, fault: Fault, status: int, body: dict[str, Any]
) -> web.StreamResponse:
    match fault.kind:
        case "error":
            return _refusal(ApiError(fault.status or 500, fault.description))
        case "malformed":
            kind = "text/html" if fault.body.startswith("<") else "application/json"
            return web.Response(text=fault.body, content_type=kind, status=fault.status or 500)
        case "slow_body":
            content = json.dumps(body).encode()
            response = web.StreamResponse(status=status)
            response.content_length = len(content)
            await response.prepare(request)
            await response.write(content[:10])
            await asyncio.sleep(fault.seconds)
            await response.write(content[10:])
            return response
    await hold_up(request, fault.kind, fault.seconds)
    return _response(status, body) if fault.kind == "slow" else web.Response(status=500)


async def media(request: web.Request) -> web.StreamResponse:
    """Give what a person sent: pictures, stickers, voices; `slow_files` is a pause within."""
    bot, name = request.match_info["bot"], request.match_info["name"]
    worlds = (world for world in request.app[WORLDS].values() if world.me["id"] == bot)
    world = next((world for world in worlds if name in world.media), None)
    if world is None:
        raise web.HTTPNotFound
    media_type, content = world.media[name]
    return await give(request, content, media_type, pause=world.slow_files)


async def _parameters(request: web.Request) -> dict[str, Any]:
    """Read what was sent; what comes in a form is text."""
    found = await parameters(request)
    if request.content_type == "application/json":
        return found
    return {name: str(value) for name, value in found.items()}


def _refusal(error: ApiError) -> web.Response:
    return _response(error.code, error.body())


def _response(status: int, body: dict[str, Any]) -> web.Response:
    return web.json_response(body, status=status)


# Webhooks, and photos that the bot sends


async def _outgoing(app: web.Application) -> AsyncIterator[None]:
    """Deliver updates to the webhooks that bots set, and fetch photos, while the server runs."""
    async with aiohttp.ClientSession() as session:

        async def content_type(url: str) -> str:
            try:
                async with session.get(url, timeout=aiohttp.ClientTimeout(10)) as response:
                    await response.read()
                    return response.content_type if response.status == 200 else ""
            except (aiohttp.ClientError, TimeoutError):
                return ""

        for world in app[WORLDS].values():
            world.fetch = content_type
        async with beside(*(_deliver(world, session) for world in app[WORLDS].values())):
            yield


async def _deliver(world: World, session: aiohttp.ClientSession) -> None:
    """Post what waits: a chat's updates one after the other, different chats side by side."""
    busy: dict[str, asyncio.Task[None]] = {}
    try:
        while True:
            changed = world.changed
            for chat in {_chat_of(update) for update in world.updates} if world.webhook else ():
                if chat not in busy or busy[chat].done():
                    busy[chat] = asyncio.create_task(_post_all(world, chat, session))
            await changed.wait()
    finally:
        await end(busy.values())


async def _post_all(world: World, chat: str, session: aiohttp.ClientSession) -> None:
    while world.webhook:
        update = next((update for update in world.updates if _chat_of(update) == chat), None)
        if update is None:
            return
        world.updates.remove(update)
        if not await _post(world, update, session):
            world.undelivered.append(update)
            world.wake()


async def _post(world: World, update: dict[str, Any], session: aiohttp.ClientSession) -> bool:
    """Try to hand an update to the webhook; return whether it was taken."""
    options = world.options
    limit = aiohttp.ClientTimeout(options.webhook_timeout)
    for attempt in range(options.webhook_tries):
        if attempt:
            await asyncio.sleep(options.webhook_pause * 2.0 ** (attempt - 1))
        body = {"ok": True, "result": update} if options.wrapped else update
        headers = {"X-Bot-Api-Secret-Token": world.webhook.get("secret", "")}
        url = world.webhook.get("url", "")
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with session.post(url, json=body, headers=headers, timeout=limit) as response:
                await response.read()
                if 200 <= response.status < 300:
                    return True
    return False


def _chat_of(update: Any) -> str:
    match update:
        case {"message": {"chat": {"id": str(chat)}}}:
            return chat
    return ""


def main() -> None:
    """Serve until interrupted; the port is the first line of output."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--port", type=int, default=8082)
    asked.add_argument("--token", action="append", help="may be given more than once")
    names = ", ".join(option.name for option in fields(Options))
    asked.add_argument("--option", action="append", default=[], help=f"name=JSON, of {names}")
    given = asked.parse_args()
    chosen = {
        name: json.loads(value) for name, _, value in (o.partition("=") for o in given.option)
    }

    app = application(given.token or [TOKEN], Options(**chosen) if chosen else None)
    run(Server(app, hangs_up=True), given.port, lambda server: server.port)


if __name__ == "__main__":
    main()
