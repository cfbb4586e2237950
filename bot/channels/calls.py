"""One HTTP request to a platform and its answer, for every channel: what left, and what came back.

Nothing that leaves here, answers and errors included, holds a secret of the request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import aiohttp
from yarl import URL

NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
# RuntimeError: the session is closed. ValueError: the request could not be written.
NEVER_WRITTEN = (RuntimeError, ValueError)
NEVER_LEFT = (*NO_CONNECTION, *NEVER_WRITTEN)


class Cause(StrEnum):
    """What keeps an account from working: whoever shows it has words of its own for each."""

    NETWORK = "network"
    SECRET = "secret"  # noqa: S105 - none: the platform does not know the one that it was given
    ELSEWHERE = "elsewhere"  # another program receives in its place
    SLOWER = "slower"  # the platform asks to wait, or a quota is used up
    SET_UP = "set_up"
    CONSENT = "consent"  # an admin of the account has to give it anew
    TOKEN = "token"  # noqa: S105 - none: no new one could be had
    WRONG_ACCOUNT = "wrong_account"
    PLATFORM = "platform"
    OTHER = "other"


class CallFailed(Exception):
    """A call to the platform `who` did not succeed. `hopeless`: nor will it ever."""

    hopeless = False

    @property
    def cause(self) -> Cause:
        """The same as `remedy`, for who has other words."""
        return Cause.NETWORK

    def __init__(self, words: str, who: str) -> None:
        super().__init__(words)
        self.who = who

    def remedy(self) -> str:
        """Say in an operator's words what is wrong and what to do; the same words for a state."""
        return f"{self.who} gives no readable answer: mend the network or `api_base`"


class NotSent(CallFailed):
    """The request never left, or it was one that delivers nothing to anybody."""

    def remedy(self) -> str:
        return f"{self.who} cannot be reached: mend the network, the firewall or `api_base`"


class Unreached(NotSent):
    """No connection could be made: no other call would fare better."""


class Unreadable(CallFailed):
    """The request left; what came back, if anything, says nothing."""


class Failures:
    """Failures to send, one after the other; those that come while one waits are the same one."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._until: datetime | None = None

    def over(self) -> None:
        """Something was sent."""
        self._in_a_row, self._until = 0, None

    def when(self, now: datetime, pause: Callable[[int], float]) -> datetime:
        """When to try again, by how many seconds to wait after so many failures in a row."""
        if self._until is not None and now < self._until:
            return now + timedelta(seconds=pause(self._in_a_row))
        self._in_a_row += 1
        self._until = now + timedelta(seconds=pause(self._in_a_row))
        return self._until


async def talk(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    who: str,
    seconds: float,
    hidden: Iterable[str],
    **request: Any,
) -> tuple[int, bytes]:
    """Make one request (as for aiohttp); return its status and its body without what is `hidden`.

    Raises NotSent or Unreadable.
    """
    limit = aiohttp.ClientTimeout(total=seconds, connect=min(10.0, seconds))
    failure: CallFailed
    try:
        async with session.request(
            method, URL(url, encoded=True), timeout=limit, allow_redirects=False, **request
        ) as response:
            payload = await response.read()
            for secret in filter(None, hidden):
                payload = payload.replace(secret.encode(), b"<secret>")
            return response.status, payload
    except NO_CONNECTION as error:
        failure = Unreached(f"no connection: {type(error).__name__}", who)
    except NEVER_WRITTEN as error:
        failure = NotSent(f"no connection: {type(error).__name__}", who)
    except (aiohttp.ClientError, OSError) as error:
        failure = Unreadable(f"no answer: {type(error).__name__}", who)
    raise failure  # here, so that no original that holds the request hangs on it


def base(address: str, name: str, example: str) -> str:
    """Return the address without a slash at its end. Raises ValueError, which names the setting."""
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", address):
        raise ValueError(f"{name} must be like {example}, not {address!r}")
    return address.rstrip("/")


def parse(payload: bytes) -> Any:
    """Read JSON of any shape; None if it is none."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def get(answer: Any, key: str) -> Any:
    """Return a field of JSON that may have any shape, or None."""
    return answer.get(key) if isinstance(answer, dict) else None
