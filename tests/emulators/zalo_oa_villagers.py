"""What villagers do in the Zalo OA emulator: write, send, tap, follow.

They are deeds of `zalo_oa_control`.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.emulators import zalo_oa_hooks as hooks
from tests.emulators.control import Asked
from tests.emulators.zalo_oa_tokens import Tokens
from tests.emulators.zalo_oa_world import Asset, Platform, Shown, Villager, World

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="
)
SAMPLES = {  # what people send when a test does not say: content, type, ending
    "image": (PIXEL, "image/png", "png"),
    "gif": (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "image/gif", "gif"),
    "audio": (b"#!AMR\n" + bytes([0x3C]) + bytes(31), "audio/amr", "amr"),
    "video": (b"\x00\x00\x00\x18ftypmp42" + bytes(12), "video/mp4", "mp4"),
    "file": (b"%PDF-1.4\n%%EOF\n", "application/pdf", "pdf"),
    "sticker": (PIXEL, "image/png", "png"),
    "link": (PIXEL, "image/png", "png"),  # its thumbnail
}


@dataclass(frozen=True)
class Desk:
    """Where a deed is done."""

    platform: Platform
    tokens: Tokens
    world: World

    def user(self, asked: Asked) -> Villager:
        return self.world.user(str(asked["user"]))


def say(desk: Desk, asked: Asked) -> Any:
    """A villager writes; `quote` names the message that is answered."""
    user, text = desk.user(asked), asked["text"]
    line = Shown("", desk.platform.new_id(), "user", "text", text)
    quoted = {"quote_msg_id": asked["quote"]} if asked.get("quote") else {}
    desk.world.show(user, line)
    message = {"text": text, **quoted}
    return hooks.from_user(desk.world, user, "user_send_text", message, message_id=line.message_id)


def attach(desk: Desk, asked: Asked) -> Any:
    """A villager sends an image, gif, audio, video, file, sticker, link or location.

    `content` (base64) may replace the sample, `text` is its caption, `payload` replaces all.
    """
    user, kind = desk.user(asked), asked["kind"]
    payload = asked.get("payload") or _payload(desk, kind, asked)
    line = Shown("", desk.platform.new_id(), "user", kind, asked.get("text", ""))
    line.url = str(payload.get("url", ""))
    desk.world.show(user, line)
    message = {"attachments": [{"type": kind, "payload": payload}]}
    if "text" in asked or kind == "location":
        message["text"] = asked.get("text", "")
    return hooks.from_user(
        desk.world, user, f"user_send_{kind}", message, message_id=line.message_id
    )


def _payload(desk: Desk, kind: str, asked: Asked) -> Asked:
    if kind == "location":
        place: Asked = {"latitude": 10.76, "longitude": 106.74}
        if desk.platform.options.coordinates == "text":
            place = {name: str(value) for name, value in place.items()}
        return {"coordinates": place}
    content, media_type, ending = SAMPLES[kind]
    content = base64.b64decode(asked["content"]) if "content" in asked else content
    name = f"{desk.platform.new_id()}.{asked.get('ending', ending)}"
    until = desk.platform.clock.now() + desk.platform.options.media_lifetime
    desk.platform.media[name] = Asset(kind, content, media_type, until)
    url = f"{desk.platform.base}/media/{name}"
    match kind:
        case "audio":
            return {"url": url}
        case "video":
            return {"url": url, "thumbnail": url, "description": ""}
        case "link":
            return {"thumbnail": url, "description": "", "url": asked["url"]}
        case "sticker":
            return {"id": "46958", "url": url}
        case "file":
            # MD5 is what the platform gives.
            checksum = hashlib.md5(content, usedforsecurity=False).hexdigest()
            about = {"size": str(len(content)), "name": asked.get("name", "don.pdf")}
            return about | {"checksum": checksum, "type": ending, "url": url}
    return {"thumbnail": url, "url": url}


def tap(desk: Desk, asked: Asked) -> Any:
    """A villager taps the newest button with this title; return what that opens or sends."""
    user, title = desk.user(asked), asked["title"]
    shown = [b for line in reversed(user.screen) for b in line.buttons if b["title"] == title]
    if not shown:
        raise web.HTTPBadRequest(text="no button on this screen has this title")
    kind, payload = shown[0]["type"], shown[0].get("payload")
    if not kind.startswith("oa.query."):
        return {"opened": payload}
    # What a query button sends is an ordinary message; there is no event of a button.
    if kind == "oa.query.show":
        return say(desk, {"user": user.id, "text": payload})
    return hooks.from_user(desk.world, user, "user_send_text", {"text": payload})


def follow(desk: Desk, asked: Asked) -> Any:
    """A villager follows the OA, which is an interaction; `on` false takes it back."""
    user, on = desk.user(asked), asked.get("on", True)
    user.follows = on
    if on:
        desk.world.interact(user)
    return hooks.follow(desk.world, user, on=on, source=asked.get("source", "oa_profile"))


def submit_info(desk: Desk, asked: Asked) -> Any:
    """A villager fills in the form that the OA asked for."""
    user = desk.user(asked)
    if not user.asked_for_info:
        raise web.HTTPBadRequest(text="the OA asked this person for nothing")
    user.shared, user.asked_for_info = asked["info"], False
    both = {"sender": {"id": user.id}, "recipient": {"id": desk.world.account.oa_id}}
    return hooks.emit(
        desk.world, user.id, {"event_name": "user_submit_info", **both, "info": asked["info"]}
    )


def click_chat(desk: Desk, asked: Asked) -> Any:
    """A villager opens the chat by its button on the OA's page, which is an interaction."""
    user = desk.user(asked)
    desk.world.interact(user)
    ids = {"oa_id": desk.world.account.oa_id, "user_id": user.id}
    alias = desk.world.alias(user.id)
    content = {"event_name": "user_click_chatnow", **ids, "user_id_by_app": alias}
    return hooks.emit(desk.world, user.id, content)


def anonymous(desk: Desk, asked: Asked) -> Any:
    """Someone writes without having an account."""
    desk.world.anonymous[asked["conversation"]] = person = str(asked["user"])
    content = {"conversation_id": asked["conversation"], "text": asked["text"]}
    content["msg_id"] = desk.platform.new_id()
    both = {"sender": {"id": person}, "recipient": {"id": desk.world.account.oa_id}}
    event = {"event_name": "anonymous_send_text", **both, "message": content}
    return hooks.emit(desk.world, person, event)


DEEDS = (say, attach, tap, follow, submit_info, click_chat, anonymous)
