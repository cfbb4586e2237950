"""One OA at the Zalo OA emulator, for tests: a client, a control, a webhook that takes notes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from tests.emulators.serving import Server
from tests.emulators.zalo_oa import TOKEN_PATH, Emulator
from tests.emulators.zalo_oa_control import ZaloOAControl
from tests.emulators.zalo_oa_hooks import signature
from tests.emulators.zalo_oa_world import Account

LAN, CU = "2512523625412515", "9152523625412999"
CS = "/v3.0/oa/message/cs"
NOON, NIGHT = 1_795_582_800, 1_795_622_400  # 25 November 2026, 12:00 and 23:00 in Việt Nam
PICTURE = "https://xa.example.vn/lich.png"


@asynccontextmanager
async def open_line() -> AsyncIterator[Line]:
    """Start an emulator of two OAs at noon; Bà Lan has just spoken to the first."""
    # Retries wait for the emulator's clock, which the tests move.
    async with (
        Emulator(oas=2, retry_pace=1.0) as emulator,
        aiohttp.ClientSession() as session,
        Hearer() as hearer,
    ):
        control = ZaloOAControl(session, emulator.base)
        await control.do("clock", to=NOON)
        await control.webhook(hearer.url)
        token = (await control.tokens())["access_token"]
        await control.options(echoes=False)
        await control.do("user", user=LAN, last_interaction=NOON)
        yield Line(emulator, session, control, hearer, token)


@dataclass
class Line:
    """One OA at the emulator, with a webhook of its own and a client that holds a fresh token."""

    emulator: Emulator
    session: aiohttp.ClientSession
    control: ZaloOAControl
    hearer: Hearer
    token: str = ""

    @property
    def account(self) -> Account:
        return self.emulator.world.account

    async def call(self, path: str, body: Any = None, **headers: str) -> Any:
        """Make one call, whose HTTP status must be 200 however it ends; return the answer."""
        url, headers = self.emulator.base + path, {"access_token": self.token} | headers
        if path.startswith("/v3.0/oa/user") or path == "/v2.0/oa/getoa":
            sent = self.session.get(url, params={"data": json.dumps(body or {})}, headers=headers)
        elif isinstance(body, aiohttp.FormData):
            sent = self.session.post(url, data=body, headers=headers)
        else:
            sent = self.session.post(url, json=body, headers=headers)
        async with sent as response:
            assert response.status == 200
            return await response.json()

    async def error(self, path: str, body: Any = None, **headers: str) -> int:
        return int((await self.call(path, body, **headers))["error"])

    async def say(self, user: str = LAN, **message: Any) -> Any:
        return await self.call(CS, cs(user, **message))

    async def upload(self, kind: str, content: bytes, name: str = "a.png") -> Any:
        form = aiohttp.FormData()
        form.add_field("file", content, filename=name)
        return await self.call(f"/v2.0/oa/upload/{kind}", form)

    async def exchange(self, *, secret: str = "", **form: str) -> Any:
        form = {"app_id": self.account.app_id, **form}
        headers = {"secret_key": secret or self.account.app_secret}
        url = self.emulator.base + TOKEN_PATH
        async with self.session.post(url, data=form, headers=headers) as response:
            return await response.json()

    async def refresh(self, token: str, **more: str) -> Any:
        return await self.exchange(grant_type="refresh_token", refresh_token=token, **more)

    def is_signed(self, heard: Heard) -> bool:
        app, secret = self.account.app_id, self.account.oa_secret
        right = signature(app, heard.raw, heard.body["timestamp"], secret)
        return heard.headers.get("X-ZEvent-Signature") == right


def cs(user: str = LAN, **message: Any) -> dict[str, Any]:
    return {"recipient": {"user_id": user}, "message": message}


def template(**payload: Any) -> dict[str, Any]:
    return {"type": "template", "payload": payload}


def media(**element: Any) -> dict[str, Any]:
    return template(template_type="media", elements=[{"media_type": "image", **element}])


def button(title: str = "Có", kind: str = "oa.query.show", payload: Any = "#fb:yes") -> Any:
    return {"title": title, "type": kind, "payload": payload}


@dataclass(frozen=True)
class Heard:
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.raw))

    @property
    def name(self) -> str:
        return str(self.body["event_name"])


class Hearer(Server):
    """`async with Hearer() as hearer: hearer.url`. `statuses` are given first, then 200.

    `at_once` is how many requests were ever under way together, each for `seconds`.
    """

    def __init__(self) -> None:
        super().__init__(web.Application())
        self.app.router.add_post("/hook", self._hear)
        self.heard: list[Heard] = []
        self.statuses: list[int] = []
        self.seconds, self.at_once, self._now = 0.0, 0, 0
        self._more = asyncio.Condition()

    @property
    def url(self) -> str:
        return f"{self.base}/hook"

    async def hears(self, count: int) -> list[Heard]:
        """Return what came, once it is this many. Raises TimeoutError after 15 seconds."""
        async with asyncio.timeout(15), self._more:
            await self._more.wait_for(lambda: len(self.heard) >= count)
        return self.heard

    async def _hear(self, request: web.Request) -> web.Response:
        self._now += 1
        self.at_once = max(self.at_once, self._now)
        raw = await request.read()
        await asyncio.sleep(self.seconds)
        self._now -= 1
        status = self.statuses.pop(0) if self.statuses else 200
        async with self._more:
            self.heard.append(Heard(dict(request.headers), raw))
            self._more.notify_all()
        return web.Response(status=status)
