"""What an OA may send through the Zalo OA emulator: the checks of messages, and their way on.

Each sender answers with the `data` of a success, or raises ApiError as the platform would.
"""

from __future__ import annotations

import re
from typing import Any

import aiohttp

from tests.emulators import zalo_oa_hooks as hooks
from tests.emulators.zalo_oa_options import DAY, ApiError, invalid, need
from tests.emulators.zalo_oa_world import Asset, Shown, Villager, World

Body = dict[str, Any]
REACTIONS = {"/-strong", "/-heart", ":>", ":o", ":-((", ":-h"}
REVOKE = "/-remove"
MEGABYTE = 1024 * 1024


async def send_cs(world: World, body: Body) -> Any:
    """POST /v3.0/oa/message/cs: one message to a person who wrote lately."""
    user = world.reach(_object(body, "recipient").get("user_id"))
    shown = await _read(world, _object(body, "message"))
    bill = world.charge_reply(user)
    user.asked_for_info |= shown.kind == "request_user_info"
    sent_time = {"sent_time": world.clock.ms()} if world.options.sent_time_on_cs else {}
    return _deliver(world, user, shown) | sent_time | {"quota": bill}


async def send_template(world: World, body: Body) -> Any:
    """POST /v3.0/oa/message/template: an approved template, filled in, to a person by id."""
    user = world.reach(body.get("user_id"))
    template = world.templates.get(str(body.get("template_id")))
    if template is None:
        raise ApiError(-109, "Template id is invalid")
    if "refused" in template:
        raise ApiError(template["refused"], "The template can not be used now")
    if not template.get("by_uid", True):
        raise ApiError(-249, "This template can not be sent by user_id")
    text = _filled(template, body.get("template_data"))
    if template.get("tag", 1) == 3:
        _promote(world, user)
    if template.get("daily", 1) <= 0:
        raise ApiError(-147, "The template has reached its limit of the day")
    bill = world.charge()
    template["daily"] = template.get("daily", 10_000) - 1
    done = _deliver(world, user, Shown("", "", "oa", "template", text))
    return done | {"sent_time": world.clock.ms(), "quota": bill}


def _filled(template: Body, given: Any) -> str:
    """The template with its parameters: each one that it has, as text, and no others."""
    need(isinstance(given, dict), "template_data")
    if set(given) != set(template["parameters"]):
        raise ApiError(-1122, "The template's parameters are not those that were given")
    text = str(template["text"])
    for name, limit in template["parameters"].items():
        need(isinstance(given[name], str) and given[name], name)
        if len(given[name]) > limit:
            raise ApiError(-1121, f"{name} is longer than the template allows")
        text = text.replace(f"<{name}>", given[name])
    return text


def _promote(world: World, user: Villager) -> None:
    if world.is_night():
        raise ApiError(-234, "The message can not be sent from 22:00 to 06:00")
    if world.past(user.promotions, DAY):
        raise ApiError(-1472, "One promotion a day")
    if len(world.past(user.promotions, 30 * DAY)) >= world.options.promotions_a_month:
        raise ApiError(-1441, "Too many promotions this month")
    world.count_campaign()
    user.promotions.append(world.clock.now())


async def send_v2(world: World, body: Body) -> Any:
    """POST /v2.0/oa/message: articles to many, reactions, and words to the anonymous."""
    recipient = _object(body, "recipient")
    if "target" in recipient:
        return _broadcast(world, _object(recipient, "target"), _object(body, "message"))
    if "sender_action" in body:
        return _react(world, recipient, _object(body, "sender_action"))
    if "anonymous_id" in recipient:
        person = world.anonymous.get(recipient.get("conversation_id", ""))
        need(person == recipient["anonymous_id"], "anonymous_id")
        text = _text(_object(body, "message").get("text"))
        shown = Shown("", world.platform.new_id(), "oa", "text", text)
        world.show(world.user(str(person)), shown)
        return {"message_id": shown.message_id}
    raise ApiError(-240, "API v2 has been shut down, use v3")


def _broadcast(world: World, target: Body, message: Body) -> Any:
    payload = _object(_object(message, "attachment"), "payload")
    elements = _elements(payload, 1)
    need("text" not in message and payload.get("template_type") == "media", "message")
    need(elements[0].get("media_type") == "article", "media_type")
    article = next(
        (a for a in world.articles.values() if a["id"] == elements[0].get("attachment_id")), None
    )
    need(article is not None, "attachment_id")
    assert article is not None
    wanted = {name: _choices(world, name, value) for name, value in target.items()}
    world.count_campaign()
    message_id = world.platform.new_id()
    for user in [user for user in world.users.values() if user.follows and not user.banned]:
        # An empty choice, and gender 0, mean anyone; so does a trait that nobody set.
        unfit = (
            values and user.traits.get(name, values[0]) not in values
            for name, values in wanted.items()
            if values != [0] or name != "gender"
        )
        if not any(unfit):
            world.show(
                user, Shown("", message_id, "oa", "article", article["title"], elements=elements)
            )
    return {"message_id": message_id}


def _choices(world: World, name: str, value: Any) -> list[int]:
    most = {"ages": 7, "gender": 2, "locations": 2, "cities": 63, "platform": 3}
    if world.options.broadcast_targets == "text":
        need(isinstance(value, str) and re.fullmatch(r"(\d+(,\d+)*)?", value), name)
        value = [int(one) for one in value.split(",") if one]
    need(name in most and isinstance(value, list), name)
    need(all(isinstance(one, int) and 0 <= one <= most[name] for one in value), name)
    return list(value)


def _react(world: World, recipient: Body, action: Body) -> Any:
    user = world.reach(recipient.get("user_id"))
    found = [s for s in user.screen if s.message_id == action.get("react_message_id")]
    icon = action.get("react_icon")
    need(found, "react_message_id")
    need(icon in REACTIONS or icon == REVOKE, "react_icon")
    need(icon == REVOKE or len(found[0].reactions) < 50, "react_icon")
    found[0].reactions = [] if icon == REVOKE else [*found[0].reactions, str(icon)]
    world.platform.wake()
    return {"message_id": found[0].message_id, "user_id": user.id}


def _deliver(world: World, user: Villager, shown: Shown) -> dict[str, Any]:
    shown.message_id = world.platform.new_id()
    world.show(user, shown)
    if world.options.echoes:
        hooks.echo(world, user, shown)
    return {"message_id": shown.message_id, "user_id": user.id}


# Reading a message


async def _read(world: World, message: Body) -> Shown:
    """Check a cs message as far as its documents say; raise ApiError -201 with the field."""
    quoted = message.get("quote_message_id")
    need(quoted is None or (isinstance(quoted, str) and quoted), "quote_message_id")
    shown = Shown("", "", "oa", "text")
    attachment = message.get("attachment")
    if message.get("text") is not None or attachment is None:
        shown.text = _text(message.get("text"))
    if attachment is None:
        return shown
    need(isinstance(attachment, dict), "attachment")
    payload = _object(attachment, "payload")
    if attachment.get("type") == "file":
        shown.kind, shown.url = "file", _asset(world, payload.get("token"), {"file"}, "token")
        return shown
    need(attachment.get("type") == "template", "attachment")
    shown.buttons = _buttons(world, payload.get("buttons"))
    match payload.get("template_type"):
        case None:
            need(shown.text, "text")
            need(shown.buttons, "buttons")
        case "media":
            need(world.options.buttons_with_media or not shown.buttons, "buttons")
            shown.elements = _elements(payload, world.options.media_elements)
            for element in shown.elements:
                shown.kind, shown.url = await _medium(world, element)
        case "list" if world.options.lists:
            shown.kind, shown.elements = "list", _listed(world, payload)
        case "request_user_info":
            shown.kind, shown.elements = "request_user_info", _elements(payload, 1)
            _titled(shown.elements[0], subtitle=True)
            need(_is_url(shown.elements[0].get("image_url")), "image_url")
        case "list":
            raise ApiError(-233, "Message type is not supported")
        case _:
            raise invalid("template_type")
    return shown


def _text(text: Any) -> str:
    need(isinstance(text, str) and text.strip() and len(text) <= 2000, "text")
    return str(text)


def _elements(payload: Body, most: int) -> list[Body]:
    elements = payload.get("elements")
    need(isinstance(elements, list) and 1 <= len(elements) <= most, "elements")
    assert isinstance(elements, list)
    need(all(isinstance(one, dict) for one in elements), "elements")
    return elements


def _listed(world: World, payload: Body) -> list[Body]:
    elements = _elements(payload, 5)
    for number, element in enumerate(elements):
        _titled(element, subtitle=number == 0)
        need("image_url" not in element or _is_url(element["image_url"]), "image_url")
        if "default_action" in element:
            action = _object(element, "default_action")
            content = {"url": action.get("url")} if "url" in action else action.get("payload")
            _action(str(action.get("type")), content, "default_action")
    return elements


def _titled(element: Body, *, subtitle: bool) -> None:
    title, below = element.get("title"), element.get("subtitle")
    need(isinstance(title, str) and 0 < len(title) <= 100, "title")
    need(below is not None or not subtitle, "subtitle")
    need(below is None or (isinstance(below, str) and 0 < len(below) <= 500), "subtitle")


def _buttons(world: World, buttons: Any) -> list[Body]:
    if buttons is None:
        return []
    need(isinstance(buttons, list) and len(buttons) <= 5, "buttons")
    for button in buttons:
        need(isinstance(button, dict), "buttons")
        title, most = button.get("title"), world.options.button_title_length
        need(isinstance(title, str) and title.strip() and len(title) <= most, "title")
        _action(str(button.get("type")), button.get("payload"), "payload")
    return list(buttons)


def _action(kind: str, payload: Any, field: str) -> None:
    if kind in {"oa.query.show", "oa.query.hide"}:
        need(isinstance(payload, str) and 0 < len(payload) <= 1000, field)
        return
    need(kind in {"oa.open.url", "oa.open.phone", "oa.open.sms"}, "type")
    need(isinstance(payload, dict), field)
    if kind == "oa.open.url":
        need(_is_url(payload.get("url")), "url")
    else:
        need(re.fullmatch(r"\d{5,15}", str(payload.get("phone_code", ""))), "phone_code")
        need(kind == "oa.open.phone" or isinstance(payload.get("content"), str), "content")


async def _medium(world: World, element: Body) -> tuple[str, str]:
    """Check one picture; return its kind and where the person's screen finds it."""
    kind, url, asset = (element.get(name) for name in ("media_type", "url", "attachment_id"))
    need(kind in {"image", "gif", "sticker"}, "media_type")
    if kind == "sticker":
        need(world.options.stickers, "media_type")
        need(isinstance(asset, str) and asset, "attachment_id")
        return "sticker", ""
    need((url is None) != (asset is None), "attachment_id")
    if kind == "gif":
        for name in ("width", "height"):
            need(isinstance(element.get(name), int) and element[name] > 0, name)
    if asset is not None:
        return str(kind), _asset(world, asset, {str(kind)}, "attachment_id")
    need(_is_url(url), "url")
    if world.options.fetch_urls:
        need(await _shows_picture(world, str(url), str(kind)), "url")
    return str(kind), str(url)


async def _shows_picture(world: World, url: str, kind: str) -> bool:
    timeout = aiohttp.ClientTimeout(total=5)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            content = await response.read() if response.status == 200 else b""
    except (aiohttp.ClientError, TimeoutError):
        return False
    most = world.options.gif_size if kind == "gif" else MEGABYTE
    return is_picture(content, kind) and len(content) <= most


def _asset(world: World, asset_id: Any, kinds: set[str], field: str) -> str:
    asset = world.assets.get(asset_id) if isinstance(asset_id, str) else None
    need(asset is not None and asset.kind in kinds, field)
    assert isinstance(asset, Asset)
    if asset.until <= world.clock.now():
        raise ApiError(-100, f"{field} was expired")
    return f"{world.platform.base}/media/{asset_id}"


def is_picture(content: bytes, kind: str) -> bool:
    starts = (b"GIF8",) if kind == "gif" else (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
    return content.startswith(starts)


def _is_url(url: Any) -> bool:
    return isinstance(url, str) and re.match(r"https?://[^\s/]+", url) is not None


def _object(body: Body, name: str) -> Body:
    found = body.get(name)
    need(isinstance(found, dict), name)
    assert isinstance(found, dict)
    return found
