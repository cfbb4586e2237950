"""Files that come over our own page: checked and stored at once, until they are fetched.

They have references like what a platform keeps. What nobody expects is deleted after some days.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.channels.channel import FetchGone, FetchTooLarge, Refused
from bot.file_checks import FileLimits, Unfit, check
from bot.file_store import FileStore
from handlers.messages import Attachment

KEPT = timedelta(days=3)
"""So long an upload waits for somebody who expects it; what is taken is deleted at once."""

AT_ONCE = 2
"""So many are checked at the same time: each takes memory and a core."""

_REFERENCE = re.compile(r"uploads/(?P<hour>[0-9]{6})-[A-Za-z0-9_-]{32}")
_HOUR = 3600


class Uploads:
    """What waits in the store. `clock` returns aware UTC."""

    def __init__(self, store: FileStore, limits: FileLimits, clock: Callable[[], datetime]) -> None:
        self.limit = limits.largest
        self._store, self._limits, self._clock = store, limits, clock
        self._checking = asyncio.Semaphore(AT_ONCE)

    async def keep(self, content: bytes) -> Attachment:
        """Store it without what tells who made it. Raises Refused, with the key of the words."""
        try:
            async with self._checking:
                found = await asyncio.to_thread(check, content, self._limits)
        except Unfit as unfit:
            raise Refused(415, unfit.reason) from None
        hour = int(self._clock().timestamp()) // _HOUR
        reference = f"uploads/{hour:06}-{secrets.token_urlsafe(24)}"
        await self._store.write(reference, found.content)
        return Attachment(found.kind, reference, found.mime, len(found.content))

    async def fetch(self, reference: str, *, at_most: int) -> bytes:
        """Raises FetchGone or FetchTooLarge, and what the store raises."""
        try:
            if not _REFERENCE.fullmatch(reference):
                raise FileNotFoundError
            content = await self._store.read(reference)
        except FileNotFoundError:
            raise FetchGone("it is not among the uploads") from None
        if len(content) > at_most:
            raise FetchTooLarge(f"more than {at_most} bytes")
        return content

    async def drop(self, reference: str) -> None:
        """It is needed no more. References of platforms are nothing to us."""
        if _REFERENCE.fullmatch(reference):
            await self._store.delete(reference)

    async def sweep(self) -> None:
        """Delete what nobody took in time."""
        oldest = int((self._clock() - KEPT).timestamp()) // _HOUR
        for name in await self._store.names("uploads"):
            if (found := _REFERENCE.fullmatch(name)) and int(found["hour"]) < oldest:
                await self._store.delete(name)
