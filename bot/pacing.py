"""When a message may go: an even pace an account, a short burst a chat, and the quiet hours.

Pure arithmetic over seconds that only grow; the caller sleeps. An even pace reaches a platform's
limit without the double burst of a leaky bucket's first second.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from storage.outbox import Lane

CHAT_BURST = 3
"""Messages to one chat that may follow each other at once, before its pace holds."""


class Pace:
    """Hands out turns on one account. Times are seconds of one clock that never goes back."""

    def __init__(self, *, per_second: float, per_chat_per_second: float) -> None:
        self._gap = 1 / per_second
        self._chat_gap = 1 / per_chat_per_second
        self._next = 0.0
        self._chats: dict[str, float] = {}

    def turn(self, chat: str, now: float) -> float:
        """Take the next turn for `chat`; return how many seconds from `now` it is."""
        self._forget(now)
        chat_free = self._chats.get(chat, 0.0) - self._chat_gap * (CHAT_BURST - 1)
        at = max(now, self._next, chat_free)
        self._next = at + self._gap
        self._chats[chat] = max(self._chats.get(chat, 0.0), at) + self._chat_gap
        return at - now

    def hold(self, until: float) -> None:
        """Let no turn begin before `until`: the platform asked the account to wait."""
        self._next = max(self._next, until)

    def _forget(self, now: float) -> None:
        if len(self._chats) > 10_000:
            self._chats = {chat: free for chat, free in self._chats.items() if free > now}


def quiet_until(
    lane: Lane, now: datetime, *, start: time, end: time, zone: ZoneInfo
) -> datetime | None:
    """When a message of `lane` that is due at `now` may go, if it must wait for the morning.

    Only campaigns wait: a reply was asked for, an emergency cannot wait. `start` equal to `end`
    means no quiet hours. `now` is aware; the answer is in the same zone as `zone`.
    """
    if lane is not Lane.CAMPAIGN or start == end:
        return None
    local = now.astimezone(zone)
    clock = local.time()
    inside = start <= clock < end if start < end else clock >= start or clock < end
    if not inside:
        return None
    morning = local.replace(hour=end.hour, minute=end.minute, second=end.second, microsecond=0)
    return morning if morning > local else morning + timedelta(days=1)
