"""Zalo's tokens: how a refresh token or an admin's code becomes a pair, and why it may not.

Keeping them is left to others. A refresh token serves once: its answer holds the next one.
Source: developers.zalo.me, OAuth v4 of Official Accounts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

import aiohttp

from bot.channels.calls import NotSent, Unreadable, base, get, parse, talk
from bot.channels.zalo_oa_wire import WHO, Limits, number

PATH = "/v4/oa/access_token"
SPENT = {-14014, -14020}  # used or unknown, expired
BAD_CODE = {-14005, -14019}  # used, unknown or of another challenge; expired
REFRESH_LIFE = timedelta(days=90)  # "3 months"; whether each rotation begins them anew is unknown
LIFETIME = 3600  # seconds, when the answer does not say: what older documents tell


@dataclass(frozen=True, slots=True)
class Pair:
    """What an exchange gives; `seconds` is how long the access token holds."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    seconds: int


class ExchangeFailed(Exception):
    """No new pair. `reason` is for operators. `open`: Zalo may have given it all the same."""

    def __init__(self, reason: str, *, open: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.open = reason, open


class Spent(ExchangeFailed):
    """Zalo will never take this refresh token or code again."""


class NoToken(Exception):
    """There is no access token now; look again at `when` (UTC). `reason` is for operators.

    `consent`: none will come until an admin of the account consents anew.
    """

    def __init__(self, reason: str, when: datetime, *, consent: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.when, self.consent = reason, when, consent


class OAuth:
    """The app's way to Zalo's token address. Raises ValueError (oauth_base)."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        oauth_base: str,
        *,
        app_id: str,
        app_secret: str,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self._url = base(oauth_base, "oauth_base", "https://oauth.zaloapp.com") + PATH
        self._session, self._limits = session, limits
        self._app_id, self._secret = app_id, app_secret

    async def exchange(self, refresh_token: str, left: Callable[[], None] = lambda: None) -> Pair:
        """Turn a refresh token into a new pair. Raises ExchangeFailed or Spent.

        `left` is called right before the token leaves: until then nothing can be spent.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self._pair(form, refresh_token, SPENT, "the refresh token", left)

    async def redeem(self, code: str, verifier: str) -> Pair:
        """Turn the code of a consent into a pair. Raises ExchangeFailed or Spent."""
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        return await self._pair(form, code, BAD_CODE, "the code", lambda: None)

    async def _pair(
        self,
        form: dict[str, str],
        secret: str,
        spent: set[int],
        what: str,
        left: Callable[[], None],
    ) -> Pair:
        body = urlencode({"app_id": self._app_id, **form}).encode()

        async def leaving() -> AsyncIterator[bytes]:
            left()
            yield body

        try:
            status, payload = await talk(
                self._session,
                "POST",
                self._url,
                who=WHO,
                seconds=self._limits.call,
                hidden=(secret, self._secret),
                headers={
                    "secret_key": self._secret,
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Content-Length": str(len(body)),
                },
                data=leaving(),
            )
        except NotSent as error:
            raise ExchangeFailed(error.remedy()) from None
        except Unreadable as error:
            raise ExchangeFailed(error.remedy(), open=True) from None
        answer = parse(payload)
        access, refresh = get(answer, "access_token"), get(answer, "refresh_token")
        if isinstance(access, str) and access and isinstance(refresh, str) and refresh:
            seconds = number(get(answer, "expires_in"))
            return Pair(access, refresh, seconds if seconds and seconds > 0 else LIFETIME)
        code = number(get(answer, "error"))
        if code in spent:
            raise Spent(f"Zalo no longer takes {what} ({code})")
        if code:
            raise ExchangeFailed(
                f"Zalo gives no token ({code}): compare app_id and app_secret with its console"
            )
        raise ExchangeFailed(f"Zalo gives no readable token (HTTP {status})", open=True)
