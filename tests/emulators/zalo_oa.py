"""An emulator of the Zalo Official Account API: python -m tests.emulators.zalo_oa --port 0.

One server is openapi.zalo.me, oauth.zaloapp.com and the place where media lie. What it keeps is in
`zalo_oa_world`, tokens in `zalo_oa_tokens`, the paths in `zalo_oa_api` and `zalo_oa_messages`,
webhooks in `zalo_oa_hooks`, and what tests and demos do to it (`/_control`) in `zalo_oa_control`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from tests.emulators import zalo_oa_control, zalo_oa_hooks
from tests.emulators.serving import Server, beside, give, hold_up, run
from tests.emulators.zalo_oa_api import METHODS, VERIFY
from tests.emulators.zalo_oa_options import ApiError, Fault, Options
from tests.emulators.zalo_oa_tokens import OAuthError, Tokens
from tests.emulators.zalo_oa_world import Account, Call, Platform, World

PLATFORM: web.AppKey[Platform] = web.AppKey("platform", Platform)
TOKENS: web.AppKey[Tokens] = web.AppKey("tokens", Tokens)
TOKEN_PATH = "/v4/oa/access_token"
FORM = "application/x-www-form-urlencoded"


def application(accounts: list[Account], options: Options, *, limit: int = 4000) -> web.Application:
    """Build the server for these OAs; an app may make `limit` calls a minute."""
    app = web.Application(client_max_size=60 * 1024 * 1024)
    app[PLATFORM] = Platform(accounts, options, limit=limit)
    app[TOKENS] = Tokens(app[PLATFORM])
    zalo_oa_control.add_routes(app, app[PLATFORM], app[TOKENS])
    app.router.add_get("/v4/oa/permission", consent)
    app.router.add_get("/media/{name}", download)
    app.router.add_route("*", "/{path:.*}", answer)
    app.cleanup_ctx.append(_webhooks)
    return app


class Emulator(Server):
    """The platform in this process: `async with Emulator() as emulator: emulator.base`."""

    def __init__(
        self, *, oas: int = 1, one_app: bool = False, limit: int = 4000, **options: Any
    ) -> None:
        accounts = [Account.numbered(number, one_app=one_app) for number in range(oas)]
        asked = Options(**{"retry_pace": 0.001, **options})
        super().__init__(application(accounts, asked, limit=limit), hangs_up=True)
        self.platform, self.tokens = self.app[PLATFORM], self.app[TOKENS]
        self.world = self.platform.worlds[0]

    async def start(self, port: int = 0) -> None:
        await super().start(port)
        self.platform.base = self.base


async def answer(request: web.Request) -> web.StreamResponse:
    """Answer one call of the Open API or the token address, with the faults asked for."""
    platform, tokens = request.app[PLATFORM], request.app[TOKENS]
    try:
        asked: Any = await _parameters(request)
    except ValueError:
        asked = None
    if request.path == TOKEN_PATH:
        asked = asked if request.content_type == FORM else {}
        oa, world, refusal = tokens.owner(asked), None, None
    else:
        world, refusal = _caller(request)
        oa = world.account.oa_id if world else ""
    call = Call(request.path, oa, _kept(request.path, asked), at=platform.clock.now())
    platform.calls.append(call)
    fault = platform.fault(request.path, oa)
    response: web.StreamResponse | None = None
    if fault is None or fault.accepted or fault.kind in {"slow", "trickle"}:
        if request.path == TOKEN_PATH:
            response = _exchange(request, asked)
        else:
            response = await _run(request, world, refusal, asked)
    if fault is not None:
        response = await _spoil(request, fault, response)
    assert response is not None
    call.status = response.status
    if isinstance(response, web.Response) and (fault is None or fault.kind in {"error", "slow"}):
        call.error = json.loads(response.text or "{}").get("error", 0)
    platform.wake()
    return response


def _caller(request: web.Request) -> tuple[World | None, ApiError | None]:
    try:
        proof = request.headers.get("appsecret_proof", "")
        token = request.headers.get("access_token", "")
        return request.app[TOKENS].world(token, proof), None
    except ApiError as error:
        return None, error


async def _run(
    request: web.Request, world: World | None, refusal: ApiError | None, asked: Any
) -> web.Response:
    platform = request.app[PLATFORM]
    path = VERIFY if request.path == platform.options.article_verify_path else request.path
    method = METHODS.get((request.method, path))
    if method is None:
        return web.json_response({"error": 404, "message": "Empty api"}, status=404)
    headers: dict[str, str] = {}
    try:
        if world is None:
            raise refusal or ApiError(-216, "Access token is invalid")
        left = platform.count(world.account.app_id)
        headers["X-RateLimit-Limit"] = str(platform.limit)
        headers["X-RateLimit-Remain"] = str(max(0, left))
        if left < 0:
            raise ApiError(-32, "Your application has reached the limit of requests a minute")
        if not isinstance(asked, dict):
            raise ApiError(-201, "body is invalid!")
        data = await method(world, asked)
    except ApiError as error:
        # An application's error is no error of HTTP.
        return web.json_response(_body(error.error, error.message), headers=headers)
    return web.json_response(_body(0, "Success") | {"data": data}, headers=headers)


def _exchange(request: web.Request, form: Any) -> web.Response:
    try:
        if request.method != "POST" or request.content_type != FORM:
            raise OAuthError(-14002, "Invalid request")
        secret = request.headers.get("secret_key", "")
        return web.json_response(request.app[TOKENS].exchange(secret, form))
    except OAuthError as error:
        status = request.app[PLATFORM].options.oauth_error_status
        return web.json_response(error.body(), status=status)


def _body(error: int, message: str) -> dict[str, Any]:
    return {"error": error, "message": message}


async def _spoil(
    request: web.Request, fault: Fault, response: web.StreamResponse | None
) -> web.StreamResponse:
    match fault.kind:
        case "error" if request.path == TOKEN_PATH:
            return web.json_response(OAuthError(fault.error, "An error that was asked for").body())
        case "error":
            return web.json_response(_body(fault.error, "An error that was asked for"))
        case "status":
            page = fault.body or "<html><body>Bad Gateway</body></html>"
            return web.Response(text=page, content_type="text/html", status=fault.status)
        case "html":
            page = fault.body or "<html><body>Hệ thống đang bảo trì</body></html>"
            return web.Response(text=page, content_type="text/html")
        case "malformed":
            text = fault.body or '{"error":0,"message":"Succ'
            return web.Response(text=text, content_type="application/json")
        case "trickle" if isinstance(response, web.Response):
            return await _trickle(request, response, fault.seconds)
    await hold_up(request, fault.kind, fault.seconds)
    return response or web.Response(status=500)


async def _trickle(
    request: web.Request, response: web.Response, seconds: float
) -> web.StreamResponse:
    """Send the status at once, and the body in ten pieces over these seconds."""
    slow, body = web.StreamResponse(headers={"Content-Type": "application/json"}), response.body
    assert isinstance(body, bytes)
    await slow.prepare(request)
    size = max(1, -(-len(body) // 10))
    for start in range(0, len(body), size):
        await asyncio.sleep(seconds / 10)
        await slow.write(body[start : start + size])
    return slow


async def _parameters(request: web.Request) -> Any:
    """Read what was asked. Raises ValueError when it is not JSON where it should be."""
    if request.method == "GET":
        return json.loads(request.query.get("data") or "{}")
    if request.content_type in {"multipart/form-data", FORM}:
        return dict(await request.post())
    return await request.json() if request.can_read_body else {}


def _kept(path: str, asked: Any) -> Any:
    """What the ledger shows of a call: no tokens, no files' contents."""
    if path == TOKEN_PATH:
        return {"grant_type": asked.get("grant_type")}
    if not isinstance(asked, dict):
        return None
    return {k: v.filename if isinstance(v, web.FileField) else v for k, v in asked.items()}


async def consent(request: web.Request) -> web.StreamResponse:
    """The page on which an admin agrees: it sends the browser back with a code at once."""
    tokens, query = request.app[TOKENS], request.query
    app_id, callback = query.get("app_id", ""), query.get("redirect_uri", "")
    # The console holds one address and one challenge; a link that was built otherwise fails.
    if tokens.consoles.get(app_id) != (callback, query.get("code_challenge", "")):
        return web.json_response(OAuthError(-14003, "Invalid redirect uri").body())
    worlds = [w for w in request.app[PLATFORM].worlds if w.account.app_id == app_id]
    back = {"code": tokens.consent(worlds[0]), "oa_id": worlds[0].account.oa_id}
    back |= {"state": query["state"]} if "state" in query else {}
    raise web.HTTPFound(f"{callback}?{urlencode(back)}")


async def download(request: web.Request) -> web.StreamResponse:
    """Give what a person sent, until its address dies, or what an OA uploaded."""
    platform, name = request.app[PLATFORM], request.match_info["name"]
    assets = [platform.media, *(world.assets for world in platform.worlds)]
    found = next((kept[name] for kept in assets if name in kept), None)
    if found is None or found.until <= platform.clock.now():
        return web.Response(status=platform.options.gone_media_status)
    return await give(request, found.content, found.type, pause=platform.options.slow_files)


async def _webhooks(app: web.Application) -> Any:
    """Deliver events to the webhooks that the consoles name, while the server runs."""
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        beside(*(zalo_oa_hooks.serve(world, session) for world in app[PLATFORM].worlds)),
    ):
        yield


def main() -> None:
    """Serve until interrupted; the address is the first line of output."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--port", type=int, default=8082)
    asked.add_argument("--oas", type=int, default=1, help="how many Official Accounts there are")
    asked.add_argument("--one-app", action="store_true", help="all of them under one app")
    asked.add_argument("--limit", type=int, default=4000, help="calls a minute for each app")
    asked.add_argument("--retry-pace", type=float, default=1.0, help="scales waits of webhooks")
    given = asked.parse_args()

    emulator = Emulator(
        oas=given.oas, one_app=given.one_app, limit=given.limit, retry_pace=given.retry_pace
    )
    run(emulator, given.port, lambda server: server.base)


if __name__ == "__main__":
    main()
