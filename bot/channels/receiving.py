"""How the receiving of an account goes, for every channel: what is wrong, when to try again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.channels.calls import CallFailed, Cause

log = logging.getLogger(__name__)


class Trouble:
    """What keeps an account from working; `over` is what the log says once nothing does."""

    def __init__(self, account: str, over: str) -> None:
        self.problem = ""  # in an operator's words
        self.cause = Cause.OTHER
        self._account, self._over = account, over

    def note(self, problem: str, cause: Cause = Cause.OTHER) -> None:
        """Log a change of state once, not each attempt; "" is no problem."""
        if problem and problem != self.problem:
            log.warning("account %s: %s", self._account, problem)
        elif self.problem and not problem:
            log.info("account %s: %s", self._account, self._over)
        self.problem, self.cause = problem, cause


class Receiving(Trouble):
    """The attempts to reach a platform. `pause` says how long to wait, in seconds, after so many
    failures in a row, the last of which was this error.
    """

    def __init__(self, account: str, pause: Callable[[int, CallFailed], float]) -> None:
        super().__init__(account, "receives again")
        self.failures = 0  # one after the other
        self._pause = pause

    def works(self) -> None:
        self.failures = 0
        self.note("")

    async def back_off(self, error: CallFailed) -> None:
        """Note the failure and wait until it is time for another attempt."""
        self.failures += 1
        self.note(error.remedy(), error.cause)
        await asyncio.sleep(self._pause(self.failures, error))

    async def insist(self, step: Callable[[], Awaitable[None]]) -> None:
        """Try until it succeeds."""
        self.failures = 0
        while True:
            try:
                await step()
            except CallFailed as error:
                await self.back_off(error)
            else:
                return self.works()
