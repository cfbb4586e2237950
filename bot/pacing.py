"""When a message may go: an even pace an account, a burst and a minute a chat, and the quiet hours.

Pure arithmetic over seconds that only grow; the caller sleeps. An even pace reaches a platform's
limit without the double burst of a leaky bucket's first second.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.channels.channel import Speed
from storage.outbox import Lane

SLOWER = 0.7  # of its pace is left to an account that was refused
STEP, STEP_TIME = 0.05, 5.0  # so much of its full pace comes back each so many seconds
SLOWEST = 0.05
TOGETHER = 2.0  # seconds within which refusals have the same cause
CALM = 60.0  # seconds of silence: the longest span over which a platform counts a chat's messages
CALM_CHATS, ANY_CHATS = 2, 4
MINUTE = 61.0  # seconds; one is room for messages that overtake each other on their way
AT_ONCE = 16  # messages of one account on their way at the same time, at the platforms' usual pace
AT_MOST = 256  # the same at any pace
ON_THE_WAY = 0.25  # seconds for which a message may be on its way before the pace suffers
FRESH = 0.2  # seconds for which it holds that a person still wants a notice


class Pace:
    """Hands out turns on one account. Times are seconds of one clock that never goes back."""

    def __init__(self, speed: Speed) -> None:
        self._slow = math.inf
        self.keep_to(speed)
        self._next = self._resumes = 0.0
        self._chats: dict[str, _Chat] = {}
        self._many = 10_000
        self._refusals: dict[str, _Refusal] = {}

    def keep_to(self, speed: Speed) -> None:
        """From now on this is the full speed; who has to wait, and for how long, is not forgotten.

        An account that was refused begins where it is, at most at its new full speed.
        """
        self._full = speed.per_second
        self._slow = min(self._slow, self._full)
        self._chat_gap = 1 / speed.per_chat
        self._ahead = self._chat_gap * (speed.burst - 1)
        self._chat_minute = speed.chat_minute

    def chat_wait(self, chat: str, now: float, *, messages: int = 1) -> float:
        """How many seconds from `now` `chat` has to wait, however free the account is."""
        known = self._chats.get(chat)
        if known is None:
            return 0.0
        most = self._chat_minute(chat)
        full = 0.0 if most is None else known.minute_has_room(most, messages)
        return max(known.free - self._ahead, known.held, full, now) - now

    def turn(self, chat: str, now: float, *, messages: int = 1) -> float:
        """Take the account's next turn, for `messages` to `chat`; return how far off it is.

        Whoever has to wait for the chat takes a turn only afterwards: it would stand in the way.
        """
        self._forget(now)
        at = max(now, self._next)
        self._next = at + messages / self.per_second(now)
        known = self._chats.setdefault(chat, _Chat())
        known.calm = at - known.wrote > CALM
        known.wrote = at
        known.free = max(known.free, at) + messages * self._chat_gap
        if (most := self._chat_minute(chat)) is not None:
            known.turns = deque([*known.turns, *[at] * messages], maxlen=most)
        return at - now

    def refused(
        self, chat: str, now: float, *, until: float, account_wide: bool = False
    ) -> float | None:
        """The platform asked to wait `until`, for the sake of `chat` or of the whole account.

        Returns until when the whole account has to wait, and slows it down; or None: this chat
        alone waits. Where the platform does not say whom it means, one chat is no proof. Two that
        had been silent before are, since their own pace cannot be at fault, or four of any kind.
        """
        known = self._chats.setdefault(chat, _Chat())
        known.held = max(known.held, until)
        if now < self._resumes:  # it had gone out before the account began to wait
            return None
        recent = {c: r for c, r in self._refusals.items() if now - r.at < TOGETHER}
        self._refusals = recent | {chat: _Refusal(now, until, known.calm)}
        calm = sum(refusal.calm for refusal in self._refusals.values())
        if not (account_wide or calm >= CALM_CHATS or len(self._refusals) >= ANY_CHATS):
            return None
        self._slow = max(self.per_second(now) * SLOWER, self._full * SLOWEST)
        # Unless it is the account's for certain, what one waits longer is its own affair.
        earliest = min(refusal.until for refusal in self._refusals.values())
        self._resumes = until if account_wide else earliest
        self._refusals = {}
        return self._resumes

    def per_second(self, now: float) -> float:
        """The account's pace: full, or on its way back there after a refusal."""
        steps = max(0, math.floor((now - self._resumes) / STEP_TIME))
        return min(self._full, self._slow + steps * STEP * self._full)

    def _forget(self, now: float) -> None:
        if len(self._chats) > self._many:
            self._chats = {chat: known for chat, known in self._chats.items() if known.matters(now)}
            self._many = max(10_000, 2 * len(self._chats))


def at_once(speed: Speed | None) -> int:
    """How many messages of an account may be on their way: enough for its pace, and no more."""
    if speed is None:
        return AT_MOST
    return max(AT_ONCE, min(AT_MOST, math.ceil(speed.per_second * ON_THE_WAY)))


def most_ahead(speed: Speed | None) -> int:
    """How many messages of an account may be claimed before their turn comes."""
    if speed is None:
        return AT_MOST
    return max(2, min(at_once(speed), math.floor(speed.per_second * FRESH * 0.75)))


@dataclass(slots=True)
class _Chat:
    """What one chat had. `free`: when its pace has caught up with what was sent.

    `turns` are the last ones, where its messages of a minute are counted.
    """

    free: float = 0.0
    held: float = 0.0
    wrote: float = -math.inf
    calm: bool = True  # nothing had gone there for a while, before the last message
    turns: deque[float] = field(default_factory=deque)

    def minute_has_room(self, most: int, messages: int) -> float:
        """From when on so many more are no more than `most` within a minute."""
        over = len(self.turns) + min(messages, most) - most
        return self.turns[over - 1] + MINUTE if over > 0 else 0.0

    def matters(self, now: float) -> bool:
        return max(self.free, self.held, self.wrote + MINUTE) > now


@dataclass(frozen=True, slots=True)
class _Refusal:
    at: float
    until: float
    calm: bool


def quiet_until(
    lane: Lane,
    now: datetime,
    *,
    start: time,
    end: time,
    zone: ZoneInfo,
    holidays: Collection[date] = (),
) -> datetime | None:
    """When a message of `lane` that is due at `now` may go, if it must wait for the morning.

    A holiday is quiet from midnight to midnight.

    Only campaigns wait: a reply was asked for, an emergency cannot wait. `start` equal to `end`
    means no quiet hours. `now` is aware; the answer is in the same zone as `zone`.
    """
    if lane is not Lane.CAMPAIGN:
        return None
    local = now.astimezone(zone)
    if local.date() in holidays:
        midnight = datetime.combine(local.date() + timedelta(days=1), time(), zone)
        after = quiet_until(lane, midnight, start=start, end=end, zone=zone, holidays=holidays)
        return after or midnight
    if start == end:
        return None
    clock = local.time()
    inside = start <= clock < end if start < end else clock >= start or clock < end
    if not inside:
        return None
    morning = local.replace(hour=end.hour, minute=end.minute, second=end.second, microsecond=0)
    return morning if morning > local else morning + timedelta(days=1)
