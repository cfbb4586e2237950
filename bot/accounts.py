"""All accounts at work in this process: those of the settings file, and those added while it runs.

An account that cannot be used is told of and left out; the others go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.account_register import BadAccount, Register
from bot.account_settings import Account
from bot.channels.channel import Channel
from handlers.messages import Capabilities
from storage.accounts import KeptAccount

log = logging.getLogger(__name__)


class Accounts:
    """What works now: `channels` and the others, by name. `take_up` keeps them true.

    What an account could show and where it belonged stay known after it is removed: its last
    messages may still be in hand.
    """

    def __init__(self, register: Register, channel_of: Callable[[Account], Channel]) -> None:
        """`channel_of` may raise ValueError."""
        self.channels: dict[str, Channel] = {}
        self.capabilities: dict[str, Capabilities] = {}
        self.home_units: dict[str, str] = {}
        self.platforms: dict[str, str] = {}
        self.problems: dict[str, str] = {}  # of added accounts that are left out
        self._register, self._channel_of = register, channel_of
        self._closing: set[asyncio.Task[None]] = set()
        self._added: dict[str, str] = {}  # by name, sealed: added anew it is sealed anew

    def put(self, account: Account, channel: Channel) -> None:
        """An account that works from now on."""
        self.capabilities[account.name] = channel.capabilities
        self.home_units[account.name] = account.unit
        self.platforms[account.name] = account.platform
        self.channels[account.name] = channel

    async def take_up(self) -> None:
        """Open what was added since the last look, and close what was removed.

        Raises what the database raises.
        """
        kept = {row.name: row for row in await self._register.all()}
        for name, sealed in list(self._added.items()):
            if name not in kept or kept[name].sealed != sealed:
                self._remove(name)
        for name, row in kept.items():
            if name not in self._added:
                self._added[name] = row.sealed
                await self._open(row)

    async def close(self) -> None:
        """Close all side by side, and wait until it is done: one that hangs has its own limit."""
        for channel in self.channels.values():
            self._close(channel)
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _open(self, row: KeptAccount) -> None:
        try:
            account = self._register.open(row)
            channel = self._channel_of(account)
            await channel.open()
        except (BadAccount, ValueError) as fault:
            self.problems[row.name] = str(fault)
            log.error("account %s is left out: %s", row.name, fault)
        except Exception:  # whatever is the matter with one, the others go on
            self.problems[row.name] = "it could not be opened: the log tells why"
            log.exception("account %s is left out", row.name)
        else:
            self.put(account, channel)
            log.info("account %s was added", row.name)

    def _remove(self, name: str) -> None:
        del self._added[name]
        self.problems.pop(name, None)
        if (channel := self.channels.pop(name, None)) is not None:
            log.info("account %s was removed", name)
            self._close(channel)

    def _close(self, channel: Channel) -> None:
        """Nobody waits for it: a platform that hangs would keep the next account away."""
        task = asyncio.create_task(channel.close(), name=f"close {channel.account}")
        self._closing.add(task)
        task.add_done_callback(self._closed)

    def _closed(self, task: asyncio.Task[None]) -> None:
        self._closing.discard(task)
        if not task.cancelled() and (fault := task.exception()):
            log.warning("%s: it broke (%s)", task.get_name(), type(fault).__name__)
