"""The roles as tasks: answering the web, fetching by long polling, sending, ticking.

One process may take one role or all; a role that fails for good stops the others in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from bot.channels.channel import Channel
from bot.waiting import first
from bot.web import serve
from bot.wiring import House
from handlers.messages import Incoming
from storage.database import DatabaseFault, is_gone

log = logging.getLogger(__name__)

WEB, WORKER, CLOCK = "web", "worker", "clock"
ALL = (WEB, WORKER, CLOCK)
RELOAD = 2.0
RETRY = 1.0
SETTLE = RELOAD + 1.0
"""Seconds within which every process has taken up what was changed."""


async def run(house: House, roles: Iterable[str], ready: Callable[[str], None]) -> None:
    """Take the roles until SIGTERM or SIGINT, then finish what is in hand.

    The web ends first, so that what it still took in is sent; then the sender drains.
    Raises what a role raised.
    """
    roles = set(roles)
    asked, web_ended = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, asked.set)
    tasks: list[asyncio.Task[None]] = []

    def begin(name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(lambda _: asked.set())
        tasks.append(task)
        return task

    for channel in house.channels.values():
        await channel.open()
    intake = [begin("accounts", keep_accounts(house, asked, fetch=WEB in roles))]
    if WEB in roles:
        intake.append(begin("web", serve(house, asked, ready)))
        intake.append(begin("cards", _reload(house, asked)))
    else:
        ready("")
    if WORKER in roles:
        begin("worker", house.delivery().run(web_ended))
        begin("files", house.filing.fetching.run(web_ended))
    if CLOCK in roles:
        begin("clock", house.clock.run(asked))
    try:
        await asked.wait()
        log.info("stopping: finishing what is in hand")
        house.leaving.set()
        await asyncio.gather(*intake, return_exceptions=True)
    finally:
        web_ended.set()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)
    for fault in ended:
        if isinstance(fault, BaseException):
            raise fault


async def keep_accounts(house: House, stop: asyncio.Event, *, fetch: bool) -> None:
    """Take up units and accounts as they change; where this process fetches, for each account."""
    fetching: dict[str, _Fetching] = {}
    try:
        while not stop.is_set():
            try:
                await house.keeping.take_up()
                await house.accounts.take_up()
            except DatabaseFault as fault:
                log.warning("units, accounts cannot be looked up (%s)", type(fault).__name__)
            if fetch:
                await _keep_fetching(house, fetching)
            await first(stop.wait(), asyncio.sleep(RELOAD))
    finally:
        await asyncio.gather(*(one.end() for one in fetching.values()))


async def _keep_fetching(house: House, fetching: dict[str, _Fetching]) -> None:
    """End what has no channel any more, and begin for each channel that has nobody.

    For one that was changed a moment later: what a new webhook brings may come to a process that
    does not know its secret yet, and a platform may not bring it twice.
    """
    changed = set()
    for name, one in list(fetching.items()):
        if house.channels.get(name) is not one.channel or one.task.done():
            await fetching.pop(name).end()
            changed.add(name)
    for name, channel in house.channels.items():
        if name not in fetching:
            stop = asyncio.Event()
            work = _poll(house, channel, stop, after=SETTLE if name in changed else 0.0)
            task = asyncio.create_task(work, name=f"poll {name}")
            fetching[name] = _Fetching(channel, stop, task)


@dataclass(frozen=True)
class _Fetching:
    """One account's fetching, which ends by itself when `stop` is set."""

    channel: Channel
    stop: asyncio.Event
    task: asyncio.Task[None]

    async def end(self) -> None:
        self.stop.set()
        [fault] = await asyncio.gather(self.task, return_exceptions=True)
        if isinstance(fault, Exception):
            log.error("%s: fetching ended", self.channel.account, exc_info=fault)


async def _poll(house: House, channel: Channel, stop: asyncio.Event, *, after: float) -> None:
    """Fetch an account's messages from `after` seconds on, as the only process that does; webhooks
    come by themselves."""

    async def accept(incoming: Incoming) -> None:
        """Store it, however long the database is away: the platform has no other copy."""
        while True:
            try:
                await house.accept(incoming)
            except DatabaseFault as fault:
                if not is_gone(fault):
                    raise
                log.error("%s: the database is away; waiting for it", channel.account)
                await asyncio.sleep(RETRY)
            else:
                return

    await first(stop.wait(), asyncio.sleep(after))
    while not stop.is_set():
        async with house.database.only_one(f"poll {channel.account}", stop) as place:
            if place is None:
                return
            fetching = asyncio.create_task(channel.poll(accept), name=f"fetch {channel.account}")
            await first(asyncio.wait({fetching}), stop.wait(), place.lost.wait())
            if fetching.done() and (fault := fetching.exception()):
                log.error("%s: fetching messages broke", channel.account, exc_info=fault)
                await first(stop.wait(), asyncio.sleep(RETRY))
            elif fetching.done():  # an account that has nothing to fetch
                await first(stop.wait(), place.lost.wait())
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)


async def _reload(house: House, stop: asyncio.Event) -> None:
    """Take up saved cards while running; first write those that were approved before a crash."""
    try:
        await house.console.publishing.finish_all()
    except DatabaseFault as fault:  # whoever opens the cards' desk next does it
        log.warning("approved cards wait for the database: %s", type(fault).__name__)
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), RELOAD)
        try:
            if await asyncio.to_thread(house.library.reload_if_changed, apart=True):
                log.info("cards were read again: %d", len(house.library.shelf.cards))
        except Exception:  # an editor's slip must not end the program
            log.exception("the cards could not be read again; the last good ones stay")
