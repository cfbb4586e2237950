"""The methods that the Zalo bot emulator answers, with their checks and limits."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.emulators.worlds import ApiError
from tests.emulators.zalo_bot_world import TEXT_LENGTH, Chat, World, units

Parameters = dict[str, Any]
LOCAL = re.compile(
    r"https?://(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[::1\])", re.I
)


async def get_me(world: World, asked: Parameters) -> Any:
    return world.me


async def get_updates(world: World, asked: Parameters) -> Any:
    """Hand over the oldest update, alone; there is no acknowledgement."""
    try:
        wait = float(asked.get("timeout") or 30)
    except ValueError:
        raise ApiError(400, "Bad Request: timeout is invalid") from None
    end = time.monotonic() + min(wait, world.options.longest_wait)
    while True:
        if world.webhook:
            raise ApiError(*world.options.polling_refused)
        if world.updates:
            return world.updates.popleft()
        changed, left = world.changed, end - time.monotonic()
        if left <= 0:
            raise ApiError(408, "Request timeout")
        try:
            await asyncio.wait_for(changed.wait(), left)
        except TimeoutError:
            continue


async def set_webhook(world: World, asked: Parameters) -> Any:
    url, secret = asked.get("url"), asked.get("secret_token")
    if not isinstance(url, str) or not _allowed(world, url):
        raise ApiError(400, "Bad Request: url must be a public https address")
    if not isinstance(secret, str) or not 8 <= len(secret) <= 256:
        raise ApiError(400, "Bad Request: secret_token must have 8 to 256 characters")
    world.webhook = {"url": url, "secret": secret, "updated_at": int(time.time() * 1000)}
    world.wake()
    return _shown(world)


async def delete_webhook(world: World, asked: Parameters) -> Any:
    shown = _shown(world)
    world.webhook = {}
    world.wake()
    return shown | {"url": ""}


async def get_webhook_info(world: World, asked: Parameters) -> Any:
    return _shown(world)


async def send_message(world: World, asked: Parameters) -> Any:
    chat = world.reachable(asked.get("chat_id"))
    text = asked.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ApiError(400, "Bad Request: text is required")
    if units(text) > TEXT_LENGTH:
        raise ApiError(400, "Bad Request: text is too long")
    if asked.get("parse_mode") not in {None, "markdown", "html"}:
        raise ApiError(400, "Bad Request: parse_mode is invalid")
    return world.deliver(chat, "text", text=text)


async def send_photo(world: World, asked: Parameters) -> Any:
    chat = world.reachable(asked.get("chat_id"))
    url, caption = asked.get("photo"), asked.get("caption") or ""
    if not isinstance(url, str) or not _allowed(world, url):
        raise ApiError(400, "Bad Request: photo must be a public https address")
    if units(caption) > TEXT_LENGTH:
        raise ApiError(400, "Bad Request: caption is too long")
    await _look(world, url, "image")
    return world.deliver(chat, "image", text=caption, url=url)


async def send_sticker(world: World, asked: Parameters) -> Any:
    chat = world.reachable(asked.get("chat_id"))
    if not asked.get("sticker"):
        raise ApiError(400, "Bad Request: sticker is required")
    return world.deliver(chat, "sticker", text=str(asked["sticker"]))


async def send_voice(world: World, asked: Parameters) -> Any:
    chat, url = world.reachable(asked.get("chat_id")), asked.get("voice_url")
    if chat.type != "PRIVATE":
        raise ApiError(400, "Bad Request: voices are for private chats")
    if not isinstance(url, str) or not _allowed(world, url) or not url.endswith(".aac"):
        raise ApiError(400, "Bad Request: voice_url must be an address of an .aac file")
    await _look(world, url, "audio")
    return world.deliver(chat, "voice", url=url)


async def send_chat_action(world: World, asked: Parameters) -> None:
    chat: Chat = world.reachable(asked.get("chat_id"))
    if asked.get("action") != "typing":
        raise ApiError(400, "Bad Request: action is invalid")
    chat.typing = True


async def _look(world: World, url: str, kind: str) -> None:
    """Raises ApiError where something of another kind lies there, or nothing."""
    looks = world.options.fetches_media and world.fetch
    if looks and not (await looks(url)).startswith(f"{kind}/"):
        raise ApiError(400, f"Bad Request: the {kind} cannot be fetched")


def _allowed(world: World, url: str) -> bool:
    if LOCAL.match(url):
        return world.options.plain_http
    return url.startswith("https://")


def _shown(world: World) -> dict[str, Any]:
    if not world.webhook and world.options.no_webhook_is_404:
        raise ApiError(404, "Not Found")
    return {"url": "", "updated_at": 0} | {k: v for k, v in world.webhook.items() if k != "secret"}


Method = Callable[[World, Parameters], Awaitable[Any]]
METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendSticker": send_sticker,
    "sendVoice": send_voice,
    "sendChatAction": send_chat_action,
}
