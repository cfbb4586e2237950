"""Calls to Telegram's Bot API over the shared session, and what can go wrong with one.

Nothing that leaves here, answers and errors included, holds the bot's token.
Source: core.telegram.org/bots/api#making-requests.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import aiohttp

from bot.channels.calls import CallFailed, Cause, Unreadable, base, get, parse, talk
from bot.channels.downloads import download, of_platform

GONE = re.compile(r"(chat|user) not found|peer_id_invalid|deactivated|kicked|blocked", re.I)
WHO = "Telegram"
CAUSES = {
    401: Cause.SECRET,
    404: Cause.SECRET,
    409: Cause.ELSEWHERE,
    429: Cause.SLOWER,
    400: Cause.SET_UP,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds."""

    call: float = 20.0
    upload: float = 60.0
    download: float = 60.0
    long_poll: float = 30.0
    first_pause: float = 1.0
    longest_pause: float = 60.0
    bad_token: float = 300.0

    def pause(self, failures: int, error: CallFailed | None = None) -> float:
        """Say how long to wait after so many failures in a row, the last of which was `error`."""
        if isinstance(error, Refusal) and error.code in {401, 404}:
            return self.bad_token
        if isinstance(error, Refusal) and error.retry_after:
            return error.retry_after
        return min(self.longest_pause, self.first_pause * 2.0 ** min(failures - 1, 20))


class Refusal(CallFailed):
    """An answer that is no success. `code` is 0 when the words are not Telegram's own.

    `gone`: the person is out of reach; `moved_to`: the chat's new id; `retry_after`: in seconds.
    """

    def __init__(self, status: int, payload: bytes) -> None:
        answer = parse(payload)
        # The page of a proxy or a censor must not count as Telegram's word about a person.
        genuine = get(answer, "ok") is False
        self.code = status if genuine else 0
        words = get(answer, "description") if genuine else "not Telegram's own answer"
        super().__init__(f"HTTP {status}: {words}"[:300], WHO)
        wait = get(get(answer, "parameters"), "retry_after")
        wait = wait if type(wait) in {int, float} else 0
        self.retry_after = float(min(max(0, wait), 86400))
        chat = get(get(answer, "parameters"), "migrate_to_chat_id")
        self.moved_to = str(chat) if type(chat) is int else None
        self.gone = self.code == 403 or (self.code == 400 and bool(GONE.search(str(self))))
        final = 400 <= self.code < 500 and self.code not in {401, 404, 409, 429}
        self.hopeless = final and not (self.gone or self.moved_to)

    def remedy(self) -> str:
        match self.code:
            case 401 | 404:
                return "Telegram does not know this token: copy `token` anew from @BotFather"
            case 409:
                return "another program receives with this token: stop it, or give it its own bot"
            case 429:
                return "Telegram asks to slow down: nothing to do, unless it stays so"
            case 400:
                return f"Telegram refuses the set-up ({self}): mend `public_url`"
        return "Telegram answers with errors: nothing to do, unless it stays so"

    @property
    def cause(self) -> Cause:
        return CAUSES.get(self.code, Cause.PLATFORM)


class Wire:
    """One bot's way to the Bot API. The session belongs to others. Raises ValueError (api_base)."""

    def __init__(
        self, session: aiohttp.ClientSession, api_base: str, token: str, limits: Limits
    ) -> None:
        self._session, self._token, self._limits = session, token, limits
        self._api = base(api_base, "api_base", "https://api.telegram.org")
        self._base = f"{self._api}/bot{token}"

    async def call(self, method: str, seconds: float | None = None, **parameters: Any) -> Any:
        """Call a method and return its result, whatever its shape. Raises CallFailed."""
        return result(await self.post(f"/{method}", {"data": form(parameters)}, seconds))

    async def post(self, path: str, body: dict[str, Any], seconds: float | None = None) -> bytes:
        """Post `body` (as for aiohttp) and return a success. Raises CallFailed."""
        status, payload = await talk(
            self._session,
            "POST",
            self._base + path,
            who=WHO,
            seconds=seconds or self._limits.call,
            hidden=[self._token],
            **body,
        )
        if 200 <= status < 300:
            return payload
        raise Refusal(status, payload)

    async def download(self, path: str, *, at_most: int, now: datetime) -> bytes:
        """Fetch a file by the path that getFile gave. Raises FetchFailed."""
        return await download(
            self._session,
            f"{self._api}/file/bot{self._token}/{quote(path)}",
            allowed=of_platform(self._api, frozenset()),
            at_most=at_most,
            now=now,
            seconds=self._limits.download,
        )


def form(parameters: dict[str, Any]) -> dict[str, str]:
    """Parameters as the library itself posts them: a form, all but texts written as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in parameters.items()
        if value is not None
    }


def result(payload: bytes) -> Any:
    """Return the result in a success. Raises Unreadable."""
    answer = parse(payload)
    if get(answer, "ok") is not True or "result" not in answer:
        raise Unreadable("a success without a result", WHO)
    return answer["result"]
