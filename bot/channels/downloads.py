"""Fetching what a person sent from the address that a platform gave for it, for every channel.

An address comes from outside, so only the platform's own hosts are asked, after each redirect
anew. Nothing that leaves here holds the address: who has it may read the file.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import aiohttp
from yarl import URL

from bot.channels.calls import NEVER_LEFT
from bot.channels.channel import (
    FetchFailed,
    FetchForeign,
    FetchGone,
    FetchLater,
    FetchTooLarge,
)

PAUSE = timedelta(seconds=5)
SECONDS = 60.0
REDIRECTS = 3
CHUNK = 64 * 1024
LONGEST_ADDRESS = 4000

HOST = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)
"""A host that has a name of two parts or more: no number, no machine of the own network."""

Allowed = Callable[[URL], bool]


def of_platform(api_base: str, hosts: frozenset[str]) -> Allowed:
    """Whether an address is one of the platform's: https on these hosts or below them, or where
    `api_base` is."""
    own = _origin(api_base)

    def allowed(url: URL) -> bool:
        if url.user is not None or not url.host:
            return False
        if url.origin() == own:
            return True
        below = any(url.host == host or url.host.endswith(f".{host}") for host in hosts)
        return url.scheme == "https" and url.port == 443 and below

    return allowed


def could_be_allowed(url: URL) -> bool:
    """Whether it is an address that naming its host would open: https on a host with a name."""
    named = bool(url.host and HOST.fullmatch(url.host))
    return named and url.scheme == "https" and url.port == 443 and url.user is None


def _origin(api_base: str) -> URL | None:
    """Where a platform is; None for an address that is none, of which each call tells."""
    try:
        return URL(api_base).origin()
    except ValueError:
        return None


async def download(
    session: aiohttp.ClientSession,
    address: str,
    *,
    allowed: Allowed,
    at_most: int,
    now: datetime,
    seconds: float = SECONDS,
    more_hosts: bool = False,
) -> bytes:
    """Return what is there, read piece by piece, within so many seconds.

    With `more_hosts` an operator may allow more: a host of which only that is missing is told.
    Raises FetchLater (counted from `now`, UTC), FetchForeign, FetchGone or FetchTooLarge.
    """
    later = now + PAUSE
    failure: FetchFailed
    try:
        async with asyncio.timeout(seconds):
            url = URL(address, encoded=True)
            for _ in range(1 + REDIRECTS):
                if not allowed(url):
                    if more_hosts and could_be_allowed(url):
                        raise FetchForeign(url.host or "")
                    raise FetchGone(f"{url.host or 'nothing'} is no host of the platform's")
                moved = await _get(session, url, at_most, later)
                if isinstance(moved, bytes):
                    return moved
                url = url.join(moved)
            failure = FetchGone("it is moved on and on")
    except FetchFailed as error:
        failure = error
    except NEVER_LEFT as error:
        failure = (
            FetchGone("no address")
            if isinstance(error, ValueError)
            else FetchLater(f"no connection: {type(error).__name__}", later)
        )
    except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
        failure = FetchLater(f"no whole answer: {type(error).__name__}", later)
    raise failure  # here, so that no original that holds the address hangs on it


async def _get(
    session: aiohttp.ClientSession, url: URL, at_most: int, later: datetime
) -> bytes | URL:
    """The content, or the address to which it moved."""
    async with session.get(url, allow_redirects=False) as response:
        status = response.status
        if status in {301, 302, 303, 307, 308}:
            return URL(response.headers.get("Location", ""))
        if status == 429 or status >= 500:
            raise FetchLater(f"HTTP {status}", later)
        if status != 200:
            raise FetchGone(f"HTTP {status}")
        if (response.content_length or 0) > at_most:
            raise FetchTooLarge(f"more than {at_most} bytes")
        content = bytearray()
        async for piece in response.content.iter_chunked(CHUNK):
            content += piece
            if len(content) > at_most:
                raise FetchTooLarge(f"more than {at_most} bytes")
        return bytes(content)
