"""The webhooks of the Zalo OA emulator: events, their signatures, and the ladder of attempts."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.emulators.zalo_oa_world import Shown, Villager, World

LADDER = (30.0, 300.0, 900.0, 1800.0, 3600.0)  # seconds before each further attempt


def signature(app_id: str, body: bytes, timestamp: str, secret: str) -> str:
    """The value of X-ZEvent-Signature: a plain SHA-256 over the four, joined."""
    joined = app_id.encode() + body + timestamp.encode() + secret.encode()
    return f"mac={hashlib.sha256(joined).hexdigest()}"


@dataclass
class Event:
    """One delivery to make. Copies of an event have the same body and signature."""

    of: str  # the person whose events keep their order
    name: str
    body: bytes
    headers: dict[str, str]
    tried: asyncio.Event = field(default_factory=asyncio.Event)


def emit(world: World, of: str, content: dict[str, Any]) -> dict[str, Any]:
    """Begin to deliver an event, with the mischief that was asked for; return its body."""
    mischief = dict(_mischief(world))
    now = world.clock.now() - mischief.get("stale", {}).get("seconds", 0)
    stamp: Any = str(int(now * 1000))
    stamp = int(stamp) if world.options.timestamps == "number" else stamp
    body = content | {"app_id": world.account.app_id, "timestamp": stamp}
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = _signed(world, raw, str(stamp), mischief)
    world.events.append(body)
    for _ in range(1 + mischief.get("duplicate", {}).get("copies", 0)):
        world.waiting.append(Event(of, str(body.get("event_name", "")), raw, headers))
    world.platform.wake()
    return body


def repeat(world: World, body: dict[str, Any]) -> None:
    """Deliver an old event once more, byte for byte."""
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = _signed(world, raw, str(body.get("timestamp", "")), {})
    world.waiting.append(Event("", str(body.get("event_name", "")), raw, headers))
    world.platform.wake()


def _mischief(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in world.mischief:
        if one["times"] > 0:
            one["times"] -= 1
            yield one["kind"], one


def _signed(world: World, raw: bytes, stamp: str, mischief: dict[str, Any]) -> dict[str, str]:
    options, account, headers = world.options, world.account, {"Content-Type": "application/json"}
    if options.signed_time == "header":
        stamp = headers["X-ZEvent-Timestamp"] = world.clock.ms()
    if "unsigned" in mischief:
        return headers
    signer = account.oa_id if options.signed_id == "oa" else account.app_id
    secret = "another secret" if "wrong_signature" in mischief else account.oa_secret
    return headers | {"X-ZEvent-Signature": signature(signer, raw, stamp, secret)}


def from_user(
    world: World, user: Villager, name: str, message: dict[str, Any], *, message_id: str = ""
) -> dict[str, Any]:
    """An event of a person's message; it counts as an interaction."""
    world.interact(user)
    return emit(
        world,
        user.id,
        {
            "event_name": name,
            "sender": {"id": user.id},
            "user_id_by_app": world.alias(user.id),
            "recipient": {"id": world.account.oa_id},
            "message": {**message, "msg_id": message_id or world.platform.new_id()},
        },
    )


def follow(world: World, user: Villager, *, on: bool = True, source: str = "oa_profile") -> Any:
    content = {
        "event_name": "follow" if on else "unfollow",
        "oa_id": world.account.oa_id,
        "follower": {"id": user.id},
        "user_id_by_app": world.alias(user.id),
        "source": source,
    }
    return emit(world, user.id, content)


def echo(world: World, user: Villager, shown: Shown) -> None:
    """Tell the app of its own message, and what the person's phone did with it."""
    kind = {"request_user_info": "list", "template": "text"}.get(shown.kind, shown.kind)
    oa, person = {"id": world.account.oa_id}, {"id": user.id}
    content: dict[str, Any] = {"msg_id": shown.message_id, "text": shown.text}
    if kind in {"image", "gif"}:
        picture = {"thumbnail": shown.url, "url": shown.url}
        content["attachments"] = [{"type": kind, "payload": picture}]
    elif shown.elements:
        content["attachments"] = [{"type": kind, "payload": one} for one in shown.elements]
    both = {"sender": oa, "recipient": person, "user_id_by_app": world.alias(user.id)}
    emit(world, user.id, {"event_name": f"oa_send_{kind}", **both, "message": content})
    if not user.on_mobile:
        return
    both = {"sender": person, "recipient": oa}
    told: dict[str, Any] = {"user_received_message": {"msg_id": shown.message_id}}
    told["user_seen_message"] = {"msg_ids": [shown.message_id]}
    for name, message in told.items():
        emit(world, user.id, {"event_name": name, **both, "message": message})


async def serve(world: World, session: aiohttp.ClientSession) -> None:
    """Deliver the OA's events until cancelled: a person's first attempts in order, all else not."""
    last: dict[str, Event] = {}
    async with asyncio.TaskGroup() as group:
        while True:
            changed = world.platform.changed
            if not world.held:
                for event in world.waiting:
                    group.create_task(_deliver(world, session, event, last.get(event.of)))
                    last[event.of] = event
                world.waiting = []
            await changed.wait()


async def _deliver(
    world: World, session: aiohttp.ClientSession, event: Event, before: Event | None
) -> None:
    if before is not None:
        await before.tried.wait()
    for retry, wait in enumerate((0.0, *LADDER)):
        clock, pace = world.clock, world.options.retry_pace
        await clock.until(clock.now() + wait * pace)
        url = world.webhook
        if not url:
            event.tried.set()
            return
        headers = event.headers | ({"num_retry": str(retry)} if retry else {})
        status = await _attempt(world, session, url, headers, event.body)
        made = {"event": event.name, "retry": retry, "status": status, "at": clock.now()}
        world.attempts.append(made | {"body": event.body.decode()})
        event.tried.set()
        world.platform.wake()
        if status == 200 or (status and not world.options.retry_on_status):
            return
    if world.options.unsubscribe and world.webhook == url:
        world.webhook = ""


async def _attempt(
    world: World, session: aiohttp.ClientSession, url: str, headers: dict[str, str], body: bytes
) -> int:
    """POST once; return the status, or 0 when no answer came in time."""
    timeout = aiohttp.ClientTimeout(total=world.options.webhook_seconds)
    try:
        async with session.post(url, data=body, headers=headers, timeout=timeout) as response:
            await response.read()
            return response.status
    except (aiohttp.ClientError, TimeoutError, OSError):
        return 0
