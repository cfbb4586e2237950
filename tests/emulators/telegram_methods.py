"""The methods of the Bot API that the Telegram emulator answers, with their checks and limits."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.emulators.telegram_world import BY_DEFAULT, World, units
from tests.emulators.worlds import ApiError

DELETABLE = 48 * 3600
"""Seconds for which a bot may delete what it sent; it may edit that for as long as it is there."""

Parameters = dict[str, Any]


async def get_me(world: World, asked: Parameters) -> Any:
    return world.me


async def get_updates(world: World, asked: Parameters) -> Any:
    if world.webhook:
        words = "can't use getUpdates method while webhook is active; use deleteWebhook first"
        raise ApiError(409, f"Conflict: {words}")
    world.poller += 1
    mine = world.poller
    world.wake()  # an earlier call that still waits is ended by this one
    _allow(world, asked)
    offset, limit = int(asked.get("offset") or 0), int(asked.get("limit") or 100)
    if not 1 <= limit <= 100:
        limit = 100
    if offset < 0:
        offset = max([0, *list(world.updates)[offset:][:1]])
    for number in [number for number in world.updates if number < offset]:
        del world.updates[number]
    end = time.monotonic() + min(float(asked.get("timeout") or 0), 50)
    while not (world.updates or world.again) and (left := end - time.monotonic()) > 0:
        try:
            await asyncio.wait_for(world.changed.wait(), left)
        except TimeoutError:
            break
        if world.poller != mine:
            words = "terminated by other getUpdates request; make sure that only one bot instance"
            raise ApiError(409, f"Conflict: {words} is running")
        if world.webhook:
            raise ApiError(409, "Conflict: terminated by setWebhook request")
    again, world.again = world.again, []
    return [*again, *world.updates.values()][:limit]


async def set_webhook(world: World, asked: Parameters) -> Any:
    url, secret = asked.get("url") or "", asked.get("secret_token") or ""
    if not url:
        return await delete_webhook(world, asked)
    loopback = re.match(r"http://(127\.0\.0\.1|localhost)[:/]", url)
    if not url.startswith("https://") and not (loopback and asked["_plain_http"]):
        raise ApiError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
    port = re.match(r"https://[^/]+:(\d+)", url)
    if port and port[1] not in {"443", "80", "88", "8443"}:
        words = "Webhook can be set up only on ports 80, 88, 443 or 8443"
        raise ApiError(400, f"Bad Request: bad webhook: {words}")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise ApiError(400, "Bad Request: secret token contains unallowed characters")
    if asked.get("drop_pending_updates"):
        world.updates.clear()
    _allow(world, asked)
    world.webhook = {
        "url": url,
        "secret_token": secret,
        "max_connections": int(asked.get("max_connections") or 40),
    }
    world.wake()
    return True


async def delete_webhook(world: World, asked: Parameters) -> Any:
    world.webhook = {}
    if asked.get("drop_pending_updates"):
        world.updates.clear()
    world.wake()
    return True


async def get_webhook_info(world: World, asked: Parameters) -> Any:
    known = {key: value for key, value in world.webhook.items() if key != "secret_token"}
    pending = {"has_custom_certificate": False, "pending_update_count": len(world.updates)}
    return {"url": "", **known, **pending, "allowed_updates": sorted(world.allowed)}


async def send_message(world: World, asked: Parameters) -> Any:
    chat = world.reachable(asked.get("chat_id"))
    text = _text(asked.get("text"), 4096, "message")
    content = {"text": text, **_markup(asked)}
    return world.deliver("sendMessage", chat, asked.get("message_thread_id"), content)


def _media(method: str, field: str, shape: Callable[[str, bytes], Any]) -> Method:
    async def send(world: World, asked: Parameters) -> Any:
        chat, given = world.reachable(asked.get("chat_id")), asked.get(field)
        if not given:
            raise ApiError(400, f"Bad Request: there is no {field} in the request")
        if isinstance(given, bytes):
            file_id = f"{field}-{hashlib.sha256(given).hexdigest()[:20]}"
            world.files[file_id] = given
        elif given in world.files:
            file_id = given
        else:
            words = "wrong file identifier/HTTP URL specified"
            raise ApiError(400, f"Bad Request: {words}")
        content = {field: shape(file_id, world.files[file_id]), **_markup(asked)}
        if asked.get("caption"):
            content["caption"] = _text(asked["caption"], 1024, "message caption")
        return world.deliver(method, chat, asked.get("message_thread_id"), content)

    return send


def _photo(file_id: str, content: bytes) -> Any:
    ids = {"file_id": file_id, "file_unique_id": file_id[-8:], "file_size": len(content)}
    return [{**ids, "width": 90, "height": 60}, {**ids, "width": 900, "height": 600}]


def _sound(file_id: str, content: bytes) -> Any:
    ids = {"file_id": file_id, "file_unique_id": file_id[-8:], "file_size": len(content)}
    return {**ids, "duration": 3, "mime_type": "audio/ogg"}


async def edit_message_text(world: World, asked: Parameters) -> Any:
    content = {"text": _text(asked.get("text"), 4096, "message"), **_markup(asked)}
    return _edit(world, asked, "editMessageText", content)


async def edit_message_caption(world: World, asked: Parameters) -> Any:
    caption = _text(asked.get("caption"), 1024, "message caption")
    return _edit(world, asked, "editMessageCaption", {"caption": caption, **_markup(asked)})


async def delete_message(world: World, asked: Parameters) -> Any:
    chat = world.reachable(asked.get("chat_id"))
    message = chat.messages.get(int(asked.get("message_id") or 0))
    if message is None:
        raise ApiError(400, "Bad Request: message to delete not found")
    if message["date"] < time.time() - DELETABLE:
        raise ApiError(400, "Bad Request: message can't be deleted for everyone")
    world.note("deleteMessage", chat, chat.messages.pop(message["message_id"]))
    return True


async def edit_message_reply_markup(world: World, asked: Parameters) -> Any:
    return _edit(world, asked, "editMessageReplyMarkup", _markup(asked))


def _edit(world: World, asked: Parameters, method: str, content: Parameters) -> Any:
    chat = world.reachable(asked.get("chat_id"))
    message = chat.messages.get(int(asked.get("message_id") or 0))
    if message is None:
        raise ApiError(400, "Bad Request: message to edit not found")
    if message["from"] != world.me:
        raise ApiError(400, "Bad Request: message can't be edited")
    if "text" in content and "text" not in message:
        raise ApiError(400, "Bad Request: there is no text in the message to edit")
    if "caption" in content and "text" in message:
        raise ApiError(400, "Bad Request: there is no caption in the message to edit")
    after = {k: v for k, v in message.items() if k not in {"reply_markup", "edit_date"}} | content
    if after == {k: v for k, v in message.items() if k != "edit_date"}:
        words = "specified new message content and reply markup are exactly the same"
        raise ApiError(400, f"Bad Request: message is not modified: {words}")
    message.clear()
    message |= after | {"edit_date": int(time.time())}
    world.note(method, chat, message)
    return message


async def answer_callback_query(world: World, asked: Parameters) -> Any:
    query = str(asked.get("callback_query_id"))
    if query not in world.queries:
        words = "query is too old and response timeout expired or query ID is invalid"
        raise ApiError(400, f"Bad Request: {words}")
    if units(asked.get("text") or "") > 200:
        raise ApiError(400, "Bad Request: MESSAGE_TOO_LONG")
    world.queries.discard(query)
    world.answered.append(query)
    return True


async def send_chat_action(world: World, asked: Parameters) -> Any:
    world.reachable(asked.get("chat_id"))
    if not asked.get("action"):
        raise ApiError(400, "Bad Request: wrong parameter action in request")
    return True


async def set_my_commands(world: World, asked: Parameters) -> Any:
    commands = asked.get("commands") or []
    for one in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one.get("command", "")):
            raise ApiError(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= units(one.get("description", "")) <= 256:
            raise ApiError(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    if len(commands) > 100:
        raise ApiError(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
    world.commands[_audience(asked)] = commands
    return True


async def get_my_commands(world: World, asked: Parameters) -> Any:
    return world.commands.get(_audience(asked), [])


async def delete_my_commands(world: World, asked: Parameters) -> Any:
    world.commands.pop(_audience(asked), None)
    return True


def _audience(asked: Parameters) -> str:
    """Whose menu it is: a language, or "chat <id>" before it for one chat alone."""
    scope, language = asked.get("scope") or {}, asked.get("language_code") or ""
    if language and not re.fullmatch(r"[a-z]{2}", str(language)):
        raise ApiError(400, "Bad Request: invalid language code specified")
    match scope.get("type", "default"):
        case "default":
            return str(language)
        case "chat":
            return f"chat {scope.get('chat_id')} {language}".strip()
    raise ApiError(400, "Bad Request: BOT_COMMAND_SCOPE_INVALID")


async def get_file(world: World, asked: Parameters) -> Any:
    file_id = asked.get("file_id")
    if file_id not in world.files:
        raise ApiError(400, "Bad Request: invalid file_id")
    size = len(world.files[file_id])
    if size > 20 * 1024 * 1024:
        raise ApiError(400, "Bad Request: file is too big")
    ids = {"file_id": file_id, "file_unique_id": file_id[-8:]}
    path = f"files/{len(world.links)}_{file_id}"  # each time another link
    world.links[path] = file_id
    return {**ids, "file_size": size, "file_path": path}


def _allow(world: World, asked: Parameters) -> None:
    if "allowed_updates" in asked:
        world.allowed = set(asked["allowed_updates"] or BY_DEFAULT)


def _text(text: Any, limit: int, what: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ApiError(400, f"Bad Request: {what} text is empty")
    if units(text.strip()) > limit:
        raise ApiError(400, f"Bad Request: {what} is too long")
    return text.strip()


def _markup(asked: Parameters) -> Parameters:
    markup = asked.get("reply_markup")
    if not markup:
        return {}
    if isinstance(markup, str):
        markup = json.loads(markup)
    buttons = [button for row in markup.get("inline_keyboard", []) for button in row]
    if len(buttons) > 100:
        raise ApiError(400, "Bad Request: reply markup is too long")
    for button in buttons:
        if not str(button.get("text", "")).strip():
            words = 'Field "text" must be non-empty'
            raise ApiError(400, f"Bad Request: can't parse inline keyboard button: {words}")
        data = str(button.get("callback_data", "")).encode()
        if "url" not in button and not 1 <= len(data) <= 64:
            raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
    return {"reply_markup": markup}


Method = Callable[[World, Parameters], Awaitable[Any]]
METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "sendMessage": send_message,
    "sendPhoto": _media("sendPhoto", "photo", _photo),
    "sendVoice": _media("sendVoice", "voice", _sound),
    "sendAudio": _media("sendAudio", "audio", _sound),
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "deleteMessage": delete_message,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "answerCallbackQuery": answer_callback_query,
    "sendChatAction": send_chat_action,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "getFile": get_file,
}
