"""What tests and demos do to the Zalo OA emulator: people act, things go wrong, screens are read.

The routes are POST /_control/<deed> with a JSON object; `ZaloOAControl` is their typed client.
The field `oa` holds an OA's id; the first OA is meant without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import aiohttp
from aiohttp import web

from tests.emulators import zalo_oa_hooks as hooks
from tests.emulators import zalo_oa_villagers
from tests.emulators.control import Asked, Control, add_deeds
from tests.emulators.zalo_oa_options import Fault
from tests.emulators.zalo_oa_tokens import Tokens
from tests.emulators.zalo_oa_villagers import Desk
from tests.emulators.zalo_oa_world import Call, Platform, Shown


def event(desk: Desk, asked: Asked) -> Any:
    """Deliver any event at all (user_withdraw, user_reacted_message …); the rest is added."""
    return hooks.emit(desk.world, str(asked.get("user", "")), asked["content"])


def resend(desk: Desk, asked: Asked) -> Any:
    """Deliver the event at this place of the history once more."""
    hooks.repeat(desk.world, desk.world.events[asked.get("index", -1)])
    return {}


def mischief(desk: Desk, asked: Asked) -> Any:
    """Spoil the next `times` events: duplicate (`copies`), wrong_signature, unsigned, stale."""
    given = {"times": 1, "copies": 1, "seconds": 3600.0}
    desk.world.mischief.append(given | asked)
    return {}


def hold(desk: Desk, asked: Asked) -> Any:
    """Keep events back until `on` is false; then they go out, with `reverse` the last first."""
    desk.world.held = asked.get("on", True)
    if asked.get("reverse"):
        desk.world.waiting.reverse()
    desk.platform.wake()
    return {}


def fault(desk: Desk, asked: Asked) -> Any:
    desk.platform.faults.append(Fault(**asked))
    return {}


def heal(desk: Desk, asked: Asked) -> Any:
    """End all faults."""
    desk.platform.faults.clear()
    return {}


def clock(desk: Desk, asked: Asked) -> Any:
    """Move the clock by `seconds`, put it `to` a time (epoch), or change its `speed`."""
    desk.platform.clock.move(**asked)
    return {"now": desk.platform.clock.now()}


def options(desk: Desk, asked: Asked) -> Any:
    for name, value in asked.items():
        if not hasattr(desk.platform.options, name):
            raise web.HTTPBadRequest(text=f"no option {name}")
        setattr(desk.platform.options, name, value)
    return asdict(desk.platform.options)


def oa(desk: Desk, asked: Asked) -> Any:
    """Set `webhook`, `quota`, `proof_required`, `name`; return what the console shows."""
    for name in {"webhook", "proof_required", "name"} & set(asked):
        setattr(desk.world, name, asked[name])
    if "quota" in asked:
        desk.world.quota = dict.fromkeys(desk.world.quota, 0) | asked["quota"]
        desk.world.bought = dict(desk.world.quota)
    return asdict(desk.world.account) | {"webhook": desk.world.webhook, "quota": desk.world.quota}


def console(desk: Desk, asked: Asked) -> Any:
    """Set the app's `callback` and `challenge` for consent; with `consent` return a code."""
    if "callback" in asked:
        kept = asked["callback"], asked.get("challenge", "")
        desk.tokens.consoles[desk.world.account.app_id] = kept
    return {"code": desk.tokens.consent(desk.world)} if asked.get("consent") else {}


def tokens(desk: Desk, asked: Asked) -> Any:
    """Give a fresh pair; `end` "access" or "refresh" ends those that the OA has instead."""
    match asked.get("end"):
        case "access":
            desk.tokens.forget(desk.world)
        case "refresh":
            desk.tokens.forget_refresh(desk.world)
        case _:
            return desk.tokens.issue(desk.world)
    return {}


def template(desk: Desk, asked: Asked) -> Any:
    """Approve a template: `id`, `text` with <names>, `parameters` (name → most characters),
    `tag` 1 to 3, `by_uid`, `daily` (messages left today), or what any call is `refused` with.
    """
    desk.world.templates[asked["id"]] = asked
    return {}


def user(desk: Desk, asked: Asked) -> Any:
    """Set fields of a villager, who need not have acted before (see `Villager`)."""
    person = desk.user(asked)
    for name in set(asked) - {"user"}:
        if not hasattr(person, name):
            raise web.HTTPBadRequest(text=f"no field {name}")
        setattr(person, name, asked[name])
    return person


def crowd(desk: Desk, asked: Asked) -> Any:
    """`count` people follow at once, without events; return their ids."""
    ids = [desk.platform.number(f"{desk.world.account.oa_id}{n}") for n in range(asked["count"])]
    for user_id in ids:
        person = desk.world.user(user_id)
        person.follows = True
        desk.world.interact(person)
    return ids


def screen(desk: Desk, asked: Asked) -> Any:
    """What a villager sees, oldest first."""
    return desk.user(asked).screen


def sent(desk: Desk, asked: Asked) -> Any:
    """The ledger: what arrived from the OA at one person, or at all."""
    wanted = asked.get("user")
    return [line for line in desk.world.sent if wanted in {None, line.user}]


def calls(desk: Desk, asked: Asked) -> Any:
    wanted = asked.get("path")
    return [call for call in desk.platform.calls if wanted in {None, call.path}]


def attempts(desk: Desk, asked: Asked) -> Any:
    """What was tried at the webhook: event, retry, status (0: no answer), at, body."""
    wanted = asked.get("event")
    return [one for one in desk.world.attempts if wanted in {None, one["event"]}]


DEEDS: tuple[Callable[[Desk, Asked], Any], ...] = (
    *zalo_oa_villagers.DEEDS,
    *(event, resend, mischief, hold, fault, heal),
    *(clock, options, oa, console, tokens, template, user, crowd),
    *(screen, sent, calls, attempts),
)


def add_routes(app: web.Application, platform: Platform, granted: Tokens) -> None:
    """Put the deeds under /_control."""

    def desk(_: web.Request, deed: str, asked: Asked) -> tuple[Desk, Platform]:
        oa_id = "" if deed == "fault" else asked.pop("oa", "")  # a fault may name one of its own
        return Desk(platform, granted, platform.world(oa_id)), platform

    add_deeds(app, DEEDS, desk)


class ZaloOAControl(Control):
    """The typed client of /_control for one OA. Raises aiohttp.ClientResponseError."""

    def __init__(self, session: aiohttp.ClientSession, base: str, oa: str = "") -> None:
        super().__init__(session, base)
        self._oa = oa

    async def say(self, user: str, text: str, **more: Any) -> dict[str, Any]:
        """A villager writes; return the event's body."""
        return dict(await self.do("say", user=user, text=text, **more))

    async def attach(self, user: str, kind: str, **more: Any) -> dict[str, Any]:
        return dict(await self.do("attach", user=user, kind=kind, **more))

    async def tap(self, user: str, title: str) -> dict[str, Any]:
        return dict(await self.do("tap", user=user, title=title))

    async def follow(self, user: str, *, on: bool = True) -> dict[str, Any]:
        return dict(await self.do("follow", user=user, on=on))

    async def webhook(self, url: str) -> None:
        await self.do("oa", webhook=url)

    async def fault(self, kind: str, **more: Any) -> None:
        """Spoil calls; `more` is as in `Fault`, and holds for all OAs unless it names one."""
        await self.do("fault", kind=kind, **more)

    async def mischief(self, kind: str, **more: Any) -> None:
        await self.do("mischief", kind=kind, **more)

    async def move(self, seconds: float) -> None:
        """Move the emulator's clock forward."""
        await self.do("clock", seconds=seconds)

    async def options(self, **values: Any) -> None:
        await self.do("options", **values)

    async def tokens(self, **asked: Any) -> dict[str, str]:
        return dict(await self.do("tokens", **asked))

    async def screen(self, user: str, *, at_least: int = 0) -> list[Shown]:
        """Return what a villager sees, once it is this many lines or 15 seconds are over."""
        return await self.ledger(Shown, "screen", user=user, at_least=at_least)

    async def sent(self, user: str | None = None, *, at_least: int = 0) -> list[Shown]:
        return await self.ledger(Shown, "sent", user=user, at_least=at_least)

    async def calls(self, path: str | None = None, *, at_least: int = 0) -> list[Call]:
        return await self.ledger(Call, "calls", path=path, at_least=at_least)

    async def attempts(self, event: str | None = None, *, at_least: int = 0) -> list[Any]:
        return list(await self.do("attempts", event=event, at_least=at_least))

    async def do(self, deed: str, **asked: Any) -> Any:
        given = asked if deed == "fault" else {"oa": self._oa, **asked}
        return await super().do(deed, **given)
