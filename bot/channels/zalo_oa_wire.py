"""Calls to the Zalo OA API over the shared session, and what can go wrong with one.

Nothing that leaves here, answers and errors included, holds a token or the app's secret.
Source: developers.zalo.me, Official Account API. Its errors come with HTTP status 200.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from bot.channels.calls import CallFailed, Cause, NotSent, Unreadable, base, get, parse, talk
from bot.channels.zalo_oa_errors import Meaning, Then, meaning

WHO = "Zalo"
CAUSES = {
    Then.TOKEN: Cause.SET_UP,
    Then.ALL_LATER: Cause.SLOWER,
    Then.OPERATOR: Cause.SET_UP,
}
Body = Callable[[], dict[str, Any]]
"""Makes the body of a request, as for aiohttp: a form can be sent but once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds."""

    call: float = 20.0
    upload: float = 60.0
    download: float = 60.0
    first_pause: float = 1.0
    longest_pause: float = 60.0
    too_fast: float = 20.0  # calls are counted by the minute
    operator: float = 300.0
    token_look: float = 900.0  # between looks whether the token grows old
    number: float = 1.0  # for our own number: Zalo waits two seconds for the answer to an event
    number_look: float = 60.0  # before it is asked again

    def pause(self, failures: int) -> float:
        """Say how long to wait after so many failures in a row."""
        return min(self.longest_pause, self.first_pause * 2.0 ** min(failures - 1, 20))


class Refusal(CallFailed):
    """An answer that is no success. `code` is 0 when the words are not Zalo's own."""

    def __init__(self, status: int, answer: Any) -> None:
        code = number(get(answer, "error"))
        self.code = code or 0
        words = str(get(answer, "message")) if code else "not Zalo's own answer"
        super().__init__(f"HTTP {status}: {self.code} {words}"[:300], WHO)
        self.meaning: Meaning = meaning(self.code, words)
        # A proxy that gave up waiting says nothing about what Zalo did.
        self.timed_out = not self.code and status in {408, 504}

    def remedy(self) -> str:
        match self.meaning.then:
            case Then.TOKEN:
                return "Zalo refuses even a fresh token: look whether the app is still allowed"
            case Then.ALL_LATER:
                return "Zalo asks to slow down: nothing to do, unless it stays so"
            case Then.OPERATOR if self.code in {-242, -1241}:
                return "Zalo wants appsecret_proof: switch it on here, or off in Zalo's console"
            case Then.OPERATOR:
                return f"Zalo lets this account not work ({self}): mend it in Zalo's console"
        return f"Zalo answers with errors ({self}): nothing to do, unless it stays so"

    @property
    def cause(self) -> Cause:
        return CAUSES.get(self.meaning.then, Cause.PLATFORM)


class Tokens(Protocol):
    """Where the wire gets its access token. Both raise `zalo_oa_tokens.NoToken`."""

    problem: str  # what an operator must do about tokens, though one may still serve

    async def current(self) -> str:
        """The access token, made new in time before it ends."""

    async def refresh(self, refused: str) -> str:
        """Another one than `refused`, which Zalo no longer takes."""

    async def close(self) -> None:
        """Wait until what was begun is stored."""


class Wire:
    """One account's way to the OA API. The session is others'. Raises ValueError (api_base).

    With `proof_secret`, the app's secret, each call proves that it comes from the app.
    Every call may also raise `zalo_oa_tokens.NoToken`.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        api_base: str,
        tokens: Tokens,
        limits: Limits,
        *,
        proof_secret: str = "",
    ) -> None:
        self._base = base(api_base, "api_base", "https://openapi.zalo.me")
        self._session, self._tokens, self._limits = session, tokens, limits
        self._proof_secret = proof_secret

    async def send(self, path: str, body: dict[str, Any]) -> Any:
        """Post what reaches a person; return the answer's `data`. Raises CallFailed."""
        return await self._call("POST", path, lambda: {"json": body}, self._limits.call)

    async def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask for something (GET without a body), so that a lost answer has done nothing."""
        method = "GET" if body is None else "POST"
        make: Body = dict if body is None else lambda: {"json": body}
        return await self._harmless(method, path, make, self._limits.call)

    async def upload(self, kind: str, name: str, content: bytes, mime: str) -> Any:
        """Upload an "image" or a "file"; return the answer's `data`. Raises CallFailed."""

        def form() -> dict[str, Any]:
            data = aiohttp.FormData()
            data.add_field("file", content, filename=name, content_type=mime)
            return {"data": data}

        path = f"/v2.0/oa/upload/{kind}"
        return await self._harmless("POST", path, form, self._limits.upload)

    async def _harmless(self, method: str, path: str, body: Body, seconds: float) -> Any:
        try:
            return await self._call(method, path, body, seconds)
        except Unreadable as error:
            raise NotSent(str(error), WHO) from None

    async def _call(self, method: str, path: str, body: Body, seconds: float) -> Any:
        token = await self._tokens.current()
        try:
            return await self._once(method, path, token, body(), seconds)
        except Refusal as error:
            if error.meaning.then is not Then.TOKEN:
                raise
        token = await self._tokens.refresh(token)
        return await self._once(method, path, token, body(), seconds)

    async def _once(
        self, method: str, path: str, token: str, body: dict[str, Any], seconds: float
    ) -> Any:
        headers = {"access_token": token}
        if self._proof_secret:
            headers["appsecret_proof"] = hmac.new(
                self._proof_secret.encode(), token.encode(), hashlib.sha256
            ).hexdigest()
        status, payload = await talk(
            self._session,
            method,
            self._base + path,
            who=WHO,
            seconds=seconds,
            hidden=(token, self._proof_secret),
            headers=headers,
            **body,
        )
        answer = parse(payload)
        # The error decides, not the status: refusals come with status 200.
        code = number(get(answer, "error"))
        if code == 0:
            return get(answer, "data")
        if code is None and 200 <= status < 300:
            raise Unreadable("a success that is not Zalo's own answer", WHO)
        raise Refusal(status, answer)


def number(value: Any) -> int | None:
    """Return a whole number that JSON may hold as a text, or None."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value, re.ASCII):
        return int(value)
    return value if type(value) is int else None
