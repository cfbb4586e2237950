"""An emulator of the made-up letterbox platform over real HTTP, and a villager who has a box."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict

import aiohttp
from aiohttp import web

from handlers.messages import Kind
from tests.emulators.phones import PATIENCE, Shown, until
from tests.emulators.serving import Server

KEY, SECRET = "letterbox-key-1", "letterbox-secret-1"
LENGTH = 160


class Emulator(Server):
    """The post office: `async with Emulator() as emulator: emulator.base`."""

    def __init__(self) -> None:
        super().__init__(web.Application())
        self.app.router.add_post("/{path}", self._answer)
        self.boxes: defaultdict[str, list[str]] = defaultdict(list)
        self.gone: set[str] = set()
        self.mischief: list[str] = []  # of the next calls: busy, refused, lost (it arrives), echo
        self.latency = 0.0
        self.key = KEY
        self.hook = ""
        self.slips: list[dict[str, object]] = []

    async def deliver(self, slip: dict[str, object]) -> None:
        """Bring a slip to the webhook."""
        headers = {"Letterbox-Key": SECRET}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.hook, json=slip, headers=headers) as response,
        ):
            await response.read()  # whatever it says: this post office brings a slip once

    async def _answer(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.latency)
        asked = await request.json()
        spoiled = self.mischief and request.path != "/receipts"
        mischief = self.mischief.pop(0) if spoiled else ""
        if mischief == "echo":
            return web.Response(status=502, text=f"{dict(request.headers)} {asked}")
        if request.headers.get("Letterbox-Key") != self.key:
            return web.json_response({}, status=401)
        if request.path != "/slips":
            return web.json_response({})
        box, words = asked["box"], asked["words"]
        if mischief == "busy":
            return web.json_response({}, status=503)
        if box in self.gone:
            return web.json_response({}, status=410)
        if mischief == "refused" or not 0 < len(words) <= LENGTH:
            return web.json_response({}, status=422)
        self.boxes[box].append(words)
        if mischief == "lost" and request.transport is not None:
            request.transport.abort()
        return web.json_response({"slip": f"{box}/{len(self.boxes[box])}"})


class LetterboxPhone:
    """No phone: a villager at their letterbox."""

    sends: frozenset[Kind] = frozenset()

    def __init__(self, emulator: Emulator, box: str) -> None:
        self._emulator, self._box = emulator, box

    async def write(self, text: str) -> None:
        slips = self._emulator.slips
        slips.append({"slip": len(slips), "box": self._box, "words": text, "at": time.time()})
        await self.again()

    async def send(self, kind: Kind, content: bytes = b"") -> None:
        raise LookupError(kind)

    async def tap(self, label: str) -> None:
        raise LookupError(label)

    async def block(self) -> None:
        self._emulator.gone.add(self._box)

    async def again(self) -> None:
        await self._emulator.deliver(self._emulator.slips[-1])

    async def screen(self, at_least: int = 0, patience: float = PATIENCE) -> list[Shown]:
        async def look() -> list[Shown]:
            return [Shown(words) for words in self._emulator.boxes[self._box]]

        return await until(look, at_least, patience)


def request(words: str) -> tuple[dict[str, str], bytes]:
    """What the post office calls our webhook with."""
    slip = {"slip": "f-1", "box": "9", "words": words, "at": time.time()}
    return {"Letterbox-Key": SECRET}, json.dumps(slip).encode()
