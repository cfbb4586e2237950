"""Files that people send over either of Zalo's products: an address that is good for a while."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import aiohttp

from bot.channels.downloads import LONGEST_ADDRESS, SECONDS, download, of_platform
from handlers.messages import Attachment, Kind

HOSTS = ("zalo.me", "zdn.vn", "zadn.vn", "zaloapp.com", "zaloplatforms.com", "zapps.me")
"""Where Zalo keeps what people send, unless an account's `file_hosts` say otherwise.

It publishes no list: unconfirmed, from addresses seen."""


def attachment(kind: Kind, address: Any, size: int = 0) -> tuple[Attachment, ...]:
    """What lies at the address that an event holds, if it is one."""
    if (
        isinstance(address, str)
        and address.isascii()
        and address.isprintable()
        and address.startswith(("https://", "http://"))
        and len(address) <= LONGEST_ADDRESS
    ):
        return (Attachment(kind, address, size=max(0, size)),)
    return ()


class Files:
    """Fetches from these hosts, those below them, and where `api_base` is.

    `clock` returns aware UTC.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        api_base: str,
        clock: Callable[[], datetime],
        seconds: float = SECONDS,
        hosts: Collection[str] = HOSTS,
    ) -> None:
        self._session, self._clock, self._seconds = session, clock, seconds
        self._allowed = of_platform(api_base, frozenset(hosts))

    async def fetch(self, reference: str, *, at_most: int) -> bytes:
        """Return what lies there. Raises FetchFailed; a link that expired is FetchGone."""
        return await download(
            self._session,
            reference,
            allowed=self._allowed,
            at_most=at_most,
            now=self._clock(),
            seconds=self._seconds,
            more_hosts=True,
        )
