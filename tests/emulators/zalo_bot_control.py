"""What tests and demos do to the Zalo bot emulator: people act, things go wrong, screens are read.

The routes are POST /_control/<deed> with a JSON object; `ZaloBotControl` is their typed client.
With several bots the field `bot` holds a bot's id; the first bot is meant without it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.emulators.control import Asked, BotControl, add_bot_deeds
from tests.emulators.zalo_bot_world import Line, World

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636000000002000148afa4710000000049454e44ae4260"
    "82"
)
AAC = bytes.fromhex("fff15080021ffc") + bytes(9)
MEDIA = {"image": ("jpg", "image/png", PNG), "voice": ("aac", "audio/aac", AAC)}


def say(world: World, asked: Asked) -> Any:
    """A person writes; with `kind`, sends something, and `text` is its caption.

    `file` (base64) is what is sent. `content` replaces or adds fields of the message; `event` makes
    it another event.
    """
    chat = world.chat(asked["chat"], asked.get("type", "PRIVATE"), asked.get("name", "Bà Lan"))
    kind, text = asked.get("kind", "text"), asked.get("text", "")
    content: dict[str, Any] = {}
    if kind == "text":
        content["text"] = text
    elif kind in MEDIA:
        ending, type_, stored = MEDIA[kind]
        stored = base64.b64decode(asked["file"]) if "file" in asked else stored
        name = f"{len(world.media) + 1}.{ending}"
        world.media[name] = (type_, stored)
        key = "voice_url" if kind == "voice" else world.options.photo_field
        content[key] = f"{world.base}/media/{world.me['id']}/{name}"
        content |= {"caption": text} if text else {}
    elif kind == "sticker":
        world.media["sticker.png"] = ("image/png", PNG)
        url = f"{world.base}/media/{world.me['id']}/sticker.png"
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


def settings(world: World, asked: Asked) -> Any:
    """Set `latency` and `slow_files` in seconds, `revoked` (the token), `quota` left, an option.

    `forget_files` lets the links of all that was sent expire.
    """
    if asked.pop("forget_files", False):
        world.media.clear()
    for name, value in asked.items():
        place = world if name in {"latency", "revoked", "quota", "slow_files"} else world.options
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
    return [line for line in lines if who in {None, line.who}]


DEEDS: tuple[Callable[[World, Asked], Any], ...] = (
    *(say, block, update, resend, reverse),
    *(settings, state, screen),
)


def add_routes(app: web.Application, worlds: list[World]) -> None:
    """Put the deeds under /_control."""
    add_bot_deeds(app, DEEDS, worlds)


class ZaloBotControl(BotControl):
    """The typed client of /_control. Raises aiohttp.ClientResponseError."""

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

    async def screen(self, chat: str | None = None, *, at_least: int = 0) -> list[Line]:
        """Return what a chat shows, once it holds so many lines or 15 seconds are over."""
        return await self.ledger(Line, "screen", chat=chat, at_least=at_least)

    async def sent(self, chat: str | None = None, *, at_least: int = 0) -> list[Line]:
        """Return what the bot sent, once there is so much of it or 15 seconds are over."""
        return await self.ledger(Line, "screen", chat=chat, who="bot", at_least=at_least)
