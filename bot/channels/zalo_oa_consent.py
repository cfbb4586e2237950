"""Zalo's consent: the link that an admin opens, the code that it brings, and whose the token is.

Source: developers.zalo.me, OAuth v4 of Official Accounts. The app's console keeps one callback
address and one challenge for all of its accounts.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from bot.channels.calls import base, get
from bot.channels.zalo_oa_tokens import OAuth, Pair
from bot.channels.zalo_oa_wire import Limits, Wire

PATH = "/v4/oa/permission"


@dataclass(frozen=True, slots=True)
class Holder:
    """The Official Account that a token is of, as Zalo names it."""

    number: str
    name: str


class Permission:
    """One app's way to an admin's consent. Raises ValueError (api_base, oauth_base).

    With `prove` each call proves that it comes from the app, as `zalo_oa_wire.Wire` does.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        api_base: str,
        oauth_base: str,
        app_id: str,
        app_secret: str,
        prove: bool = False,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self._session, self._api, self._limits = session, api_base, limits
        self._app_id, self._proof = app_id, app_secret if prove else ""
        self._page = base(oauth_base, "oauth_base", "https://oauth.zaloapp.com") + PATH
        self._oauth = OAuth(
            session, oauth_base, app_id=app_id, app_secret=app_secret, limits=limits
        )

    def link(self, callback: str, verifier: str, state: str) -> str:
        """Where an admin consents. Zalo answers -14003 unless its console holds the same."""
        asked = {"redirect_uri": callback, "code_challenge": challenge(verifier), "state": state}
        return f"{self._page}?{urlencode({'app_id': self._app_id, **asked})}"

    async def redeem(self, code: str, verifier: str) -> Pair:
        """Turn the code into a pair. Raises zalo_oa_tokens.ExchangeFailed or Spent."""
        return await self._oauth.redeem(code, verifier)

    async def holder(self, pair: Pair) -> Holder:
        """Ask Zalo whose a new pair is. Raises zalo_oa_wire.CallFailed."""
        wire = Wire(self._session, self._api, _Fresh(pair), self._limits, proof_secret=self._proof)
        about = await wire.ask("/v2.0/oa/getoa")
        return Holder(str(get(about, "oaid") or ""), str(get(about, "name") or ""))


def challenge(verifier: str) -> str:
    """What Zalo's console is told of the verifier (RFC 7636, S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class _Fresh:
    """A pair that was got a moment ago, as the wire wants tokens: there is no other."""

    problem = ""

    def __init__(self, pair: Pair) -> None:
        self._access = pair.access

    async def current(self) -> str:
        return self._access

    async def refresh(self, refused: str) -> str:
        return refused

    async def close(self) -> None:
        pass
