"""How much may be posted over the page: by one conversation, and from one address.

Counts stand in memory for `WINDOW` seconds, then all of them are forgotten at once. What is counted
is known by a keyed hash, whose key is drawn anew with each window: no address is written down or
logged, and nobody can tell afterwards which it was. Each process counts for itself.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from bot.channels.channel import Refused

WINDOW = timedelta(minutes=10)
MOST_COUNTED = 200_000
"""So many are counted at most; then a new window begins early, so that memory has an end."""

IPV6_SITE = 64
"""An IPv6 household or phone has all addresses of so many leading bits."""

OWN = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
        "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
"""Of the machine itself and of private networks."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is taken within `WINDOW`. Everybody of a commune may come from one address."""

    posts_per_chat: int = 120
    uploads_per_chat: int = 20
    posts_per_address: int = 6_000
    uploads_per_address: int = 300
    trusted_proxies: int = 0


class Turnstile:
    """Counts, and refuses what is too much. `clock` returns aware UTC."""

    def __init__(
        self,
        bounds: Bounds,
        clock: Callable[[], datetime],
        *,
        most_counted: int = MOST_COUNTED,
        new_key: Callable[[], bytes] = lambda: secrets.token_bytes(32),
    ) -> None:
        self._bounds, self._clock = bounds, clock
        self._most, self._new_key = most_counted, new_key
        self._counts: Counter[bytes] = Counter()
        self._began, self._key = clock(), new_key()

    def take(self, request: web.Request, chat: str, *, upload: bool) -> None:
        """Count one post of a conversation ("" for one that is new). Raises Refused (429)."""
        self._turn_over()
        bounds = self._bounds
        limits: list[tuple[str, int]] = []
        if chat:
            most = bounds.uploads_per_chat if upload else bounds.posts_per_chat
            limits.append((f"chat {upload} {chat}", most))
        if address := address_of(request, bounds.trusted_proxies):
            most = bounds.uploads_per_address if upload else bounds.posts_per_address
            limits.append((f"address {upload} {address}", most))
        marks = [(self._mark(what), most) for what, most in limits]
        if any(self._counts[mark] >= most for mark, most in marks):
            raise Refused(429, "web.error.too_many")
        self._counts.update(mark for mark, _ in marks)

    def _turn_over(self) -> None:
        """Forget everything when its time is over."""
        now = self._clock()
        if now - self._began >= WINDOW or len(self._counts) >= self._most:
            self._counts.clear()
            self._began, self._key = now, self._new_key()

    def _mark(self, what: str) -> bytes:
        return hashlib.blake2b(what.encode(), key=self._key, digest_size=16).digest()


def address_of(request: web.Request, proxies: int) -> str:
    """Where a request comes from, as far as that tells anything; "" when it does not.

    Behind so many `proxies` of our own, it is what the outermost of them saw. An address of the
    machine itself or of a private network is a proxy's that nobody told us of, or a whole office's.
    """
    told = request.remote or ""
    if proxies:
        seen = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        told = seen[-proxies].strip() if len(seen) >= proxies else ""
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in network for network in OWN):
        return ""
    if address.version == 6:
        return str(ipaddress.ip_network((address, IPV6_SITE), strict=False))
    return str(address)
