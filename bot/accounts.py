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
        self._opened: dict[str, Channel] = {}  # of those that were added

    def put(self, account: Account, channel: Channel) -> None:
        """An account that works from now on."""
        self.capabilities[account.name] = channel.capabilities
        self.home_units[account.name] = account.unit
        self.platforms[account.name] = account.platform
        self.channels[account.name] = channel

    async def take_up(self) -> None:
        """Open what was added since the last look, and close what was removed.

        What was changed has a new channel in place of the old one, which ends what it had in hand.
        Raises what the database raises.
        """
        for name, unit in self.home_units.items():
            if unit and not self._register.knows(unit):  # the sample's, once there are others
                self.home_units[name] = ""
        kept = {row.name: row for row in await self._register.all()}
        for name in self._added.keys() - kept.keys():
            del self._added[name]
            self._remove(name)
        for name, row in kept.items():
            if self._added.get(name) != row.sealed:
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
            self._leave_out(row.name, str(fault))
            log.error("account %s is left out: %s", row.name, fault)
        except Exception:  # whatever is the matter with one, the others go on
            self._leave_out(row.name, "it could not be opened: the log tells why")
            log.exception("account %s is left out", row.name)
        else:
            before = self._opened.get(row.name)
            self.problems.pop(row.name, None)
            self._opened[row.name] = channel
            self.put(account, channel)
            log.info("account %s was %s", row.name, "changed" if before else "added")
            if before is not None:
                self._close(before)

    def _leave_out(self, name: str, why: str) -> None:
        """Its settings cannot be used; what it had before is no longer true."""
        self._remove(name)
        self.problems[name] = why

    def _remove(self, name: str) -> None:
        self.problems.pop(name, None)
        if (channel := self._opened.pop(name, None)) is not None:
            del self.channels[name]
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
