"""What tests and demos do to the Zalo bot emulator: people act, things go wrong, screens are read.

The routes are POST /_control/<deed> with a JSON object; `ZaloBotControl` is their typed client.
With several bots the field `bot` holds a bot's id; the first bot is meant without it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import aiohttp
from aiohttp import web

from tests.emulators.zalo_bot_world import Call, Fault, Line, World

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636000000002000148afa4710000000049454e44ae4260"
    "82"
)
AAC = bytes.fromhex("fff15080021ffc") + bytes(9)
MEDIA = {"image": ("jpg", "image/png", PNG), "voice": ("aac", "audio/aac", AAC)}
Asked = dict[str, Any]


def say(world: World, asked: Asked) -> Any:
    """A person writes; with `kind`, sends something, and `text` is its caption.

    `content` replaces or adds fields of the message; `event` makes it another event.
    """
    chat = world.chat(asked["chat"], asked.get("type", "PRIVATE"), asked.get("name", "Bà Lan"))
    kind, text = asked.get("kind", "text"), asked.get("text", "")
    content: dict[str, Any] = {}
    if kind == "text":
        content["text"] = text
    elif kind in MEDIA:
        ending, type_, stored = MEDIA[kind]
        name = f"{len(world.media) + 1}.{ending}"
        world.media[name] = (type_, stored)
        key = "voice_url" if kind == "voice" else world.options.photo_field
        content[key] = f"{asked['base']}/media/{world.me['id']}/{name}"
        content |= {"caption": text} if text else {}
    elif kind == "sticker":
        world.media["sticker.png"] = ("image/png", PNG)
        url = f"{asked['base']}/media/{world.me['id']}/sticker.png"
        content |= {"sticker": "bfe458bf64fa8da4d4eb", "url": url}
    event = asked.get("event", f"message.{kind}.received")
    user = asked.get("user") or chat.id
    content |= asked.get("content", {})
    return {
        "message_id": world.say(chat, event, content, user=user, bot=asked.get("is_bot", False))
    }


def block(world: World, asked: Asked) -> Any:
    """A person blocks the bot; `on` false takes it back. No event is known to come of it."""
    world.chats[asked["chat"]].blocked = asked.get("on", True)
    return {}


def update(world: World, asked: Asked) -> Any:
    """Queue any update at all."""
    number = world.new_id()
    world.add_update(asked["content"], number)
    return {"message_id": number}


def resend(world: World, asked: Asked) -> Any:
    """Deliver an old update once more."""
    world.add_update(world.history[asked["message_id"]], asked["message_id"])
    return {}


def reverse(world: World, asked: Asked) -> Any:
    """Put the updates that wait into the wrong order."""
    world.updates.reverse()
    return {}


def fault(world: World, asked: Asked) -> Any:
    world.faults.setdefault(asked.pop("method"), deque()).append(Fault(**asked))
    return {}


def settings(world: World, asked: Asked) -> Any:
    """Set `latency` in seconds, `revoked` (the token), `quota` left, or any of the options."""
    for name, value in asked.items():
        place = world if name in {"latency", "revoked", "quota"} else world.options
        if not hasattr(place, name):
            raise web.HTTPBadRequest(text=f"there is no setting {name}")
        setattr(place, name, value)
    world.wake()
    return {}


def state(world: World, asked: Asked) -> Any:
    return {
        "pending": len(world.updates),
        "webhook": world.webhook,
        "undelivered": world.undelivered,
        "typing": [chat.id for chat in world.chats.values() if chat.typing],
    }


def screen(world: World, asked: Asked) -> Any:
    """What a chat shows, or all chats do; with `who`, of the "bot" or the "person" alone."""
    chat, who = asked.get("chat"), asked.get("who")
    lines = [line for one in world.chats.values() if chat in {None, one.id} for line in one.lines]
    return [asdict(line) for line in lines if who in {None, line.who}]


def calls(world: World, asked: Asked) -> Any:
    method = asked.get("method")
    return [asdict(one) for one in world.calls if method in {None, one.method}]


DEEDS: tuple[Callable[[World, Asked], Any], ...] = (
    *(say, block, update, resend, reverse),
    *(fault, settings, state, screen, calls),
)


def add_routes(app: web.Application, worlds: list[World]) -> None:
    """Put the deeds under /_control. With `at_least` a ledger is waited for, `timeout` seconds."""

    def handler(deed: Callable[[World, Asked], Any]) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            asked = await request.json() if request.can_read_body else {}
            bot = asked.pop("bot", None)
            world = next(w for w in worlds if bot in {None, w.me["id"]})
            if deed is say:
                asked["base"] = f"{request.scheme}://{request.host}"
            least, end = asked.pop("at_least", 0), time.monotonic() + asked.pop("timeout", 5)
            while True:
                changed = world.changed
                answer = deed(world, asked)
                if not least or len(answer) >= least or (left := end - time.monotonic()) <= 0:
                    return web.json_response(answer)
                try:
                    await asyncio.wait_for(changed.wait(), left)
                except TimeoutError:
                    continue

        return handle

    for deed in DEEDS:
        app.router.add_post(f"/_control/{deed.__name__}", handler(deed))


class ZaloBotControl:
    """The typed client of /_control. Raises aiohttp.ClientResponseError.

    Without `bot`, a bot's id, it means the server's first.
    """

    def __init__(self, session: aiohttp.ClientSession, base: str, bot: str | None = None) -> None:
        self._session, self._base, self._bot = session, base, bot

    async def say(self, chat: str, text: str, **more: Any) -> str:
        """A person writes to the bot; return the message's id. `more` is as in the deed `say`."""
        return str((await self.do("say", chat=chat, text=text, **more))["message_id"])

    async def attach(self, chat: str, kind: str, caption: str = "", **more: Any) -> str:
        """A person sends an image, sticker, voice, or something unsupported."""
        return await self.say(chat, caption, kind=kind, **more)

    async def block(self, chat: str, *, on: bool = True) -> None:
        await self.do("block", chat=chat, on=on)

    async def update(self, content: Any) -> str:
        return str((await self.do("update", content=content))["message_id"])

    async def resend(self, message_id: str) -> None:
        await self.do("resend", message_id=message_id)

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

    async def screen(self, chat: str | None = None, *, at_least: int = 0) -> list[Line]:
        """Return what a chat shows, once it holds so many lines or 5 seconds are over."""
        return [Line(**one) for one in await self.do("screen", chat=chat, at_least=at_least)]

    async def sent(self, chat: str | None = None, *, at_least: int = 0) -> list[Line]:
        """Return what the bot sent, once there is so much of it or 5 seconds are over."""
        asked = {"chat": chat, "who": "bot", "at_least": at_least}
        return [Line(**one) for one in await self.do("screen", **asked)]

    async def calls(self, method: str | None = None, *, at_least: int = 0) -> list[Call]:
        """Return the calls, once there are `at_least` of them or 5 seconds are over."""
        return [Call(**one) for one in await self.do("calls", method=method, at_least=at_least)]

    async def do(self, deed: str, **asked: Any) -> Any:
        url = f"{self._base}/_control/{deed}"
        whose = {"bot": self._bot} if self._bot else {}
        async with self._session.post(url, json=whose | asked, raise_for_status=True) as response:
            return await response.json()
