"""What the worlds behind the emulators have in common: news that is waited for, a bot's ledgers.

Knows no platform and nothing of HTTP.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Watched:
    """Something in which things happen; whoever waits for them is woken."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()  # set, and replaced, whenever anything happens

    def wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    async def wait_for(self, found: Callable[[], bool], seconds: float) -> None:
        """Return once `found` is true or these real seconds are over."""
        end = time.monotonic() + seconds
        while not found() and (left := end - time.monotonic()) > 0:
            try:
                await asyncio.wait_for(self.changed.wait(), left)
            except TimeoutError:
                return


class ApiError(Exception):
    """An answer of a bot platform that is no success."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def body(self) -> dict[str, Any]:
        body = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


@dataclass
class Call:
    """One call of a bot platform, and how and when it ended (0: no answer was given)."""

    method: str
    parameters: dict[str, Any]
    status: int = 0
    at: float = field(default_factory=time.time)
    ended: float = 0.0


@dataclass
class Fault:
    """What goes wrong with the next `times` calls of a method.

    `kind` is error, reset, hang, slow, malformed or what the platform has besides; with `accepted`
    the call takes effect before. A `status` of 0 is the one usual for the kind.
    """

    kind: str
    times: int = 1
    accepted: bool = False
    status: int = 0
    description: str = "Internal Server Error"
    retry_after: int = 0
    seconds: float = 0.0
    body: str = "<html><h1>Bad gateway</h1></html>"


class BotWorld(Watched):
    """What any platform keeps about one bot."""

    me: dict[str, Any]

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token
        self.base = ""  # the server's address, as who last used the control knows it
        self.revoked = False
        self.latency = 0.0
        self.webhook: dict[str, Any] = {}
        self.calls: list[Call] = []
        self.faults: dict[str, deque[Fault]] = {}

    def fault(self, method: str) -> Fault | None:
        """Take the fault that is due for this call, if one is."""
        for name in (method, "*"):
            for fault in list(self.faults.get(name, ())):
                if fault.times > 0:
                    fault.times -= 1
                    return fault
                self.faults[name].remove(fault)
        return None
