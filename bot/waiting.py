"""Waiting: for whichever comes first, of accounts that must, and while the clock is set back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.channels.channel import Channel

NOTICED = 60.0
"""Seconds; a clock that is set right by less needs nothing done."""


async def first(*waits: Awaitable[object]) -> None:
    """Return when the first of them does, and end the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Holds:
    """Which accounts have to wait until when. One that was changed has another channel, and need
    not. `clock` returns aware UTC; what counts are the loop's seconds, for the clock may be set."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._held: dict[str, tuple[Channel, float]] = {}

    def hold(self, channel: Channel, until: datetime) -> None:
        """It waits until then, or longer if it was told so before."""
        ends = asyncio.get_running_loop().time() + (until - self._clock()).total_seconds()
        before, longest = self._held.get(channel.account, (channel, ends))
        self._held[channel.account] = channel, max(ends, longest) if before is channel else ends

    def until(self, channel: Channel) -> datetime | None:
        """Until when it waits, by the clock as it goes now."""
        held, ends = self._held.get(channel.account, (None, 0.0))
        left = ends - asyncio.get_running_loop().time()
        return self._clock() + timedelta(seconds=left) if held is channel and left > 0 else None


class Watch:
    """Holds a clock (UTC) against the loop's seconds, which only grow."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._ahead: float | None = None

    def look(self) -> datetime:
        """The clock's time, which `set_back` then knows of."""
        now = self._clock()
        ahead = now.timestamp() - asyncio.get_running_loop().time()
        self._ahead = ahead if self._ahead is None else max(ahead, self._ahead)
        return now

    def set_back(self) -> bool:
        """Whether the clock was set back since the last question; the first answer is no."""
        ahead = self._clock().timestamp() - asyncio.get_running_loop().time()
        before, self._ahead = self._ahead, ahead
        return before is not None and ahead < before - NOTICED
