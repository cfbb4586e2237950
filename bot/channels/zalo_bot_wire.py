"""Calls to the Zalo Bot Platform over the shared session, and what can go wrong with one.

Nothing that leaves here, answers and errors included, holds the bot's token.
Source: docs.zaloplatforms.com/docs/BOT. Zalo publishes no table of errors: what a code means for
us is decided in `Refusal`, and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.channels.calls import CallFailed, Cause, Unreadable, base, get, parse, talk

# Unconfirmed: which code and words say that a person cannot be written to. A bare 403 may as well
# mean the whole bot, so without such words nobody is given up.
GONE = re.compile(
    r"(chat|user|recipient|conversation)\b.*\b(not found|not exist|invalid|left|deactivated)"
    r"|(chat_?id|user_?id)\b.*\binvalid|invalid (chat|user|recipient)|blocked|kicked",
    re.I,
)
WHO = "Zalo"
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
    media: float = 60.0  # Zalo fetches a picture before it answers
    download: float = 60.0
    typing: float = 2.0
    long_poll: float = 30.0
    breath: float = 0.2  # between empty answers, should they come without their wait
    first_pause: float = 1.0
    longest_pause: float = 60.0
    bad_token: float = 300.0
    # After "Quota exceeded", for which Zalo publishes neither numbers nor a time to wait.
    first_quota: float = 30.0
    longest_quota: float = 3600.0
    farewell: float = 5.0  # for storing what was fetched when polling is ended
    tries: int = 15  # to store one message, about ten minutes

    def pause(self, failures: int) -> float:
        """Say how long to wait after so many failures in a row."""
        return min(self.longest_pause, self.first_pause * 2.0 ** min(failures - 1, 20))

    def quota_pause(self, refusals: int) -> float:
        """Say how long to wait after so many refusals for the quota in a row."""
        return min(self.longest_quota, self.first_quota * 2.0 ** min(refusals - 1, 20))


class Refusal(CallFailed):
    """An answer that is no success. `code` is 0 when the words are not Zalo's own.

    `gone`: the person is out of reach; `hopeless`: this call can never succeed; `timed_out`: it
    may have had its effect all the same (while fetching: there is nothing new).
    """

    def __init__(self, status: int, answer: Any) -> None:
        # The page of a proxy must not count as Zalo's word about a person.
        genuine = get(answer, "ok") is False
        code = get(answer, "error_code")
        self.code = (code if type(code) is int else status) if genuine else 0
        words = get(answer, "description") if genuine else "not Zalo's own answer"
        super().__init__(f"HTTP {status}: {self.code} {words}"[:300], WHO)
        self.timed_out = self.code == 408 or status == 504
        self.gone = self.code in {400, 403, 404} and bool(GONE.search(str(words)))
        kept = {401, 403, 404, 408, 409, 429}
        self.hopeless = 400 <= self.code < 500 and self.code not in kept and not self.gone

    def remedy(self) -> str:
        match self.code:
            case 401 | 404:
                return "Zalo does not know this token: copy `token` anew from the Zalo Bot Creator"
            case 403:
                return "Zalo forbids this bot to work: look into the Zalo Bot Creator"
            case 409:
                return "another program receives with this token: stop it, or give it its own bot"
            case 429:
                return "the bot's quota at Zalo is used up: raise it, or wait"
            case 400:
                return f"Zalo refuses the set-up ({self}): mend `public_url` or `webhook_secret`"
        return "Zalo answers with errors: nothing to do, unless it stays so"

    @property
    def cause(self) -> Cause:
        return CAUSES.get(self.code, Cause.PLATFORM)


class Wire:
    """One bot's way to the platform. The session is others'. Raises ValueError (api_base)."""

    def __init__(
        self, session: aiohttp.ClientSession, api_base: str, token: str, limits: Limits
    ) -> None:
        self._session, self._token, self._limits = session, token, limits
        self._base = f"{base(api_base, 'api_base', 'https://bot-api.zaloplatforms.com')}/bot{token}"

    async def call(self, method: str, seconds: float | None = None, **parameters: Any) -> Any:
        """Call a method, whose name is case-sensitive; return its result, None if it has none.

        Raises CallFailed.
        """
        status, payload = await talk(
            self._session,
            "POST",
            f"{self._base}/{method}",
            who=WHO,
            seconds=seconds or self._limits.call,
            hidden=[self._token],
            json=parameters,
        )
        answer, fine = parse(payload), 200 <= status < 300
        # `ok` decides, not the status alone: a refusal may come with status 200.
        if fine and get(answer, "ok") is True:
            return answer.get("result")
        if fine and get(answer, "ok") is not False:
            raise Unreadable("a success that is not Zalo's own answer", WHO)
        raise Refusal(status, answer)
