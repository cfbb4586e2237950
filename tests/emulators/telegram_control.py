"""What tests and demos do to the Telegram emulator: people act, things go wrong, ledgers are read.

The routes are POST /_control/<deed> with a JSON object; `TelegramControl` is their typed client.
With several bots the field `bot` holds a bot's id; the first bot is meant without it.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.emulators.control import Asked, BotControl, add_bot_deeds
from tests.emulators.telegram_world import Sent, World, entities

FILE = {"file_id": "from-person", "file_unique_id": "fp", "file_size": 1000}
ATTACHMENTS: dict[str, Any] = {
    "sticker": {**FILE, "width": 512, "height": 512, "is_animated": False, "type": "regular"},
    "voice": {**FILE, "duration": 4, "mime_type": "audio/ogg"},
    "audio": {**FILE, "duration": 40},
    "video_note": {**FILE, "length": 240, "duration": 5},
    "photo": [{**FILE, "width": 90, "height": 60}, {**FILE, "width": 900, "height": 600}],
    "document": {**FILE, "file_name": "don.pdf", "mime_type": "application/pdf"},
    "video": {**FILE, "width": 320, "height": 240, "duration": 9},
    "animation": {**FILE, "width": 320, "height": 240, "duration": 2},
    "location": {"latitude": 21.0278, "longitude": 105.8342},
    "venue": {"location": {"latitude": 21.0, "longitude": 105.8}, "title": "UBND", "address": "Xã"},
    "contact": {"phone_number": "84900000000", "first_name": "Lan"},
    "dice": {"emoji": "🎲", "value": 3},
    "poll": {"id": "1", "question": "?", "options": []},
}


def say(world: World, asked: Asked) -> Any:
    """A person writes; with `kind`, sends something, and `text` is its caption.

    Things sent at once share an `album`. `content` (base64) is what a file holds.
    """
    chat = world.chat(asked["chat"], asked.get("type", "private"), asked.get("name", "Bà Lan"))
    where = {"thread": asked.get("thread"), "reply_to": asked.get("reply_to")}
    message = world.message_from(chat, asked.get("user") or abs(chat.id), **where)
    kind, text = asked.get("kind", "text"), asked.get("text", "")
    if kind == "text":
        message["text"] = text
    else:
        message[kind] = _filled(world, ATTACHMENTS[kind], asked)
        if kind == "animation":
            message["document"] = ATTACHMENTS["document"]
        if kind == "venue":
            message["location"] = ATTACHMENTS["location"]
        message |= {"caption": text} if text else {}
    if asked.get("album"):
        message["media_group_id"] = asked["album"]
    if marks := entities(text):
        message["entities" if kind == "text" else "caption_entities"] = marks
    return {"update_id": world.add_update(message=message), "message_id": message["message_id"]}


def _filled(world: World, shape: Any, asked: Asked) -> Any:
    """The file that is sent, whose content the bot can download, if it has one."""
    if "content" not in asked:
        return shape
    content = base64.b64decode(asked["content"])
    file_id = f"from-person-{len(world.files)}"
    world.files[file_id] = content
    own = {"file_id": file_id, "file_size": asked.get("size", len(content))}
    return [{**one, **own} for one in shape] if isinstance(shape, list) else {**shape, **own}


def edit(world: World, asked: Asked) -> Any:
    message = world.chats[asked["chat"]].messages[asked["message_id"]]
    message |= {"text": asked["text"], "edit_date": int(time.time()) + 1}
    message["entities"] = entities(asked["text"])
    return {"update_id": world.add_update(edited_message=message)}


def press(world: World, asked: Asked) -> Any:
    """A person taps a button of a message of the bot; `data` must be on it."""
    chat = world.chats[asked["chat"]]
    message = chat.messages[asked["message_id"]]
    keyboard = message.get("reply_markup", {}).get("inline_keyboard", [])
    if asked["data"] not in {b.get("callback_data") for row in keyboard for b in row}:
        raise web.HTTPBadRequest(text="no button of this message has this data")
    if asked.get("inaccessible"):
        message = {"chat": chat.as_json(), "message_id": message["message_id"], "date": 0}
    query = f"{world.me['id']}{len(world.history)}{message['message_id']}"
    world.queries.add(query)
    content = {
        "id": query,
        "from": world.person(asked.get("user") or abs(chat.id)),
        "message": message,
        "chat_instance": "1",
        "data": asked["data"],
    }
    return {"update_id": world.add_update(callback_query=content), "query": query}


def block(world: World, asked: Asked) -> Any:
    """A person blocks the bot, or a group throws it out; `on` false takes it back."""
    chat = world.chats[asked["chat"]]
    chat.blocked = asked.get("on", True)
    inside, outside = "member", "kicked"
    old, new = (inside, outside) if chat.blocked else (outside, inside)
    user = asked.get("user") or abs(chat.id)
    return {"update_id": world.membership(chat, old, new, user)}


def deactivate(world: World, asked: Asked) -> Any:
    world.chats[asked["chat"]].deactivated = True
    return {}


def migrate(world: World, asked: Asked) -> Any:
    return {"update_id": world.migrate(world.chats[asked["chat"]], asked["new"])}


def update(world: World, asked: Asked) -> Any:
    """Queue any update at all; it gets the next number."""
    return {"update_id": world.add_update(**asked["content"])}


def resend(world: World, asked: Asked) -> Any:
    """Deliver an old update once more."""
    again = world.history[asked["update_id"]]
    if world.webhook:
        world.updates[asked["update_id"]] = again
    else:
        world.again.append(again)
    world.wake()
    return {}


def reverse(world: World, asked: Asked) -> Any:
    """Put the updates that wait into the wrong order."""
    world.updates = dict(reversed(world.updates.items()))
    return {}


def settings(world: World, asked: Asked) -> Any:
    """Set `latency`, `slow_answers` and `slow_files` in seconds, `limited`, `revoked` (the token).

    `forget_links` lets those that getFile gave expire, `forget_files` the files too.
    """
    for name in {"latency", "limited", "revoked", "slow_answers", "slow_files"} & set(asked):
        setattr(world, name, asked[name])
    if asked.get("forget_files"):
        world.files.clear()
    if asked.get("forget_links"):
        world.links.clear()
    return {}


def state(world: World, asked: Asked) -> Any:
    return {
        "pending": len(world.updates),
        "webhook": world.webhook,
        "answered": world.answered,
        "allowed": sorted(world.allowed),
        "commands": world.commands,
    }


def sent(world: World, asked: Asked) -> Any:
    """The ledger: what arrived in a chat, or in all."""
    chat = asked.get("chat")
    return [one for one in world.sent if chat in {None, one.chat}]


def age(world: World, asked: Asked) -> Any:
    """Let so many seconds pass for what stands in a chat."""
    for message in world.chats[asked["chat"]].messages.values():
        message["date"] -= asked["seconds"]
    return {}


def standing(world: World, asked: Asked) -> Any:
    """What stands in a chat now, of the bot's: the words, or those below a picture or sound."""
    messages = world.chats[asked["chat"]].messages.values()
    return [
        {"text": one.get("text", one.get("caption", ""))}
        for one in messages
        if one["from"] == world.me
    ]


DEEDS: tuple[Callable[[World, Asked], Any], ...] = (
    *(say, edit, press, block, deactivate, migrate, update, resend, reverse),
    *(settings, state, sent, age, standing),
)


def add_routes(app: web.Application, worlds: list[World]) -> None:
    """Put the deeds under /_control."""
    add_bot_deeds(app, DEEDS, worlds)


class TelegramControl(BotControl):
    """The typed client of /_control, for tests. Raises aiohttp.ClientResponseError."""

    async def say(self, chat: int, text: str, **more: Any) -> int:
        """A person writes to the bot; return the update's id. `more` is as in the deed `say`."""
        return int((await self.do("say", chat=chat, text=text, **more))["update_id"])

    async def say_in_group(self, chat: int, text: str, *, user: int = 7, **more: Any) -> int:
        kind = "supergroup" if str(chat).startswith("-100") else "group"
        return await self.say(chat, text, type=kind, name="Thôn Đoài", user=user, **more)

    async def attach(self, chat: int, kind: str, caption: str = "", **more: Any) -> int:
        return await self.say(chat, caption, kind=kind, **more)

    async def edit(self, chat: int, message_id: int, text: str) -> int:
        asked = {"chat": chat, "message_id": message_id, "text": text}
        return int((await self.do("edit", **asked))["update_id"])

    async def press(self, chat: int, message_id: int, data: str, **more: Any) -> str:
        """A person taps a button; return the id of the press."""
        asked = {"chat": chat, "message_id": message_id, "data": data, **more}
        return str((await self.do("press", **asked))["query"])

    async def block(self, chat: int, *, on: bool = True) -> int:
        return int((await self.do("block", chat=chat, on=on))["update_id"])

    async def deactivate(self, chat: int) -> None:
        await self.do("deactivate", chat=chat)

    async def migrate(self, chat: int, new: int) -> int:
        return int((await self.do("migrate", chat=chat, new=new))["update_id"])

    async def age(self, chat: int, seconds: float) -> None:
        """Let time pass for what stands in a chat."""
        await self.do("age", chat=chat, seconds=seconds)

    async def standing(self, chat: int) -> list[str]:
        """The words of the bot's messages that stand in a chat now."""
        return [one["text"] for one in await self.do("standing", chat=chat)]

    async def update(self, **content: Any) -> int:
        return int((await self.do("update", content=content))["update_id"])

    async def resend(self, update_id: int) -> None:
        await self.do("resend", update_id=update_id)

    async def sent(self, chat: int | None = None, *, at_least: int = 0) -> list[Sent]:
        """Return the ledger, once it holds `at_least` messages or 15 seconds are over."""
        return await self.ledger(Sent, "sent", chat=chat, at_least=at_least)
