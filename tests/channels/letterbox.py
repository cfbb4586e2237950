"""The letterbox: a made-up platform, to show what a further channel needs. Slips of 160 characters,
no buttons, no pictures; its emulator is `tests/emulators/letterbox.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import aiohttp

from bot.channels.channel import (
    CONTENT,
    GONE,
    TROUBLE,
    UNKNOWN,
    UNREACHABLE,
    Accept,
    FailedForGood,
    FetchGone,
    Health,
    Refused,
    RetryAt,
    SendFailed,
    StopWriting,
    Uncertain,
)
from handlers.messages import Address, Capabilities, Incoming, Kind, Reply

LATER = timedelta(seconds=5)
KEY_HEADER = "letterbox-key"
NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, RuntimeError)


class LetterboxChannel:
    """One post office, as `bot.channels.channel.Channel` wants it. `clock` returns aware UTC."""

    speed = None
    capabilities = Capabilities(160, buttons=0)

    def __init__(
        self,
        account: str,
        key: str,
        *,
        api_base: str,
        webhook_secret: str,
        session: aiohttp.ClientSession,
        clock: Callable[[], datetime],
    ) -> None:
        self.account = account
        self._key, self._secret, self._base = key, webhook_secret, api_base
        self._session, self._clock = session, clock
        self._thanks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Take nothing: the session is shared."""

    async def close(self) -> None:
        """Wait until the receipts that were begun have gone out."""
        await asyncio.gather(*self._thanks)

    async def receive(self, headers: Mapping[str, str], body: bytes) -> list[Incoming]:
        given = next((v for k, v in headers.items() if k.lower() == KEY_HEADER), "")
        genuine = hmac.compare_digest(given.encode(errors="replace"), self._secret.encode())
        if not (self._secret and genuine):
            raise Refused(403, "the key is missing or wrong")
        try:
            slip = json.loads(body)
            box, number, words = str(slip["box"]), str(slip["slip"]), str(slip["words"])
            sent_at = datetime.fromtimestamp(slip["at"], UTC)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            raise Refused(400, "this is no slip") from None
        task = asyncio.get_running_loop().create_task(self._thank(number))
        self._thanks.add(task)
        task.add_done_callback(self._thanks.discard)
        return [Incoming(Address(self.account, box), number, Kind.TEXT, box, sent_at, words)]

    async def poll(self, accept: Accept) -> None:
        """Nothing to fetch: the post office calls us."""

    async def send(self, address: Address, reply: Reply) -> str:
        status, answer = await self._ask("/slips", {"box": address.chat, "words": reply.text})
        match status:
            case 200 if isinstance(answer, dict) and "slip" in answer:
                return str(answer["slip"])
            case 200:
                raise Uncertain(UNKNOWN)
            case 410:
                raise StopWriting(GONE)
            case 422:
                raise FailedForGood(CONTENT)
        raise RetryAt(TROUBLE, self._clock() + LATER, account_wide=status == 401)

    async def fetch(self, reference: str, *, at_most: int) -> bytes:
        raise FetchGone("nothing but slips goes into a letterbox")

    async def check(self) -> Health:
        try:
            status, _ = await self._ask("/key", {})
        except SendFailed:
            return Health(False, "the post office cannot be reached: mend the network")
        if status != 200:
            return Health(False, "the post office does not know the key: copy it anew")
        return Health(True)

    async def _thank(self, number: str) -> None:
        with contextlib.suppress(SendFailed):  # they only wonder whether we read it
            await self._ask("/receipts", {"slip": number})

    async def _ask(self, path: str, slip: dict[str, str]) -> tuple[int, object]:
        """Return the status and the JSON, None if it is none. Raises RetryAt or Uncertain."""
        failure: SendFailed
        try:
            async with self._session.post(
                self._base + path,
                json=slip,
                headers={KEY_HEADER: self._key},
                timeout=aiohttp.ClientTimeout(2),
            ) as response:
                try:
                    return response.status, json.loads(await response.read())
                except ValueError:
                    return response.status, None
        except NEVER_LEFT:
            failure = RetryAt(UNREACHABLE, self._clock() + LATER)
        except (aiohttp.ClientError, OSError):
            failure = Uncertain(UNKNOWN)
        raise failure
