"""Whether a person may be written to now: free for 48 hours after they wrote, billed for 7 days.

Source: developers.zalo.me, consultation messages, rules from 2026 on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from bot.channels import zalo_oa_errors as errors
from bot.channels.calls import get
from bot.channels.channel import FailedForGood
from bot.channels.zalo_oa_errors import Then
from bot.channels.zalo_oa_wire import Refusal, Wire, number
from handlers.messages import Window as WritingTime

FREE, BILLED = timedelta(hours=48), timedelta(days=7)
MARGIN = timedelta(minutes=5)  # nearer to the end Zalo is asked: clocks differ, sending takes time
KNOWN = 20_000  # chats whose time is remembered
LASTS = timedelta(minutes=1)  # so long a count of paid messages is believed
OWNER = "OA"
CS = "cs"
TEMPLATES = "transaction"  # that templates by user id count as these is unconfirmed
PAID = ("sub_quota", "purchase_quota", "reward_quota")
PATH = "/v3.0/oa/quota/message"

LastHeard = Callable[[str], Awaitable[datetime | None]]
"""When a chat's person last wrote (UTC), None if nobody knows."""


def declared(*, pays: bool) -> WritingTime:
    """The rule for those who count ahead whom a notice will reach."""
    return WritingTime(FREE, BILLED, pays)


class Paid:
    """How many messages of a product (`CS`, `TEMPLATES`) are paid for, as Zalo counts them.

    Asked at most once in `LASTS`: a notice to thousands is one question, not one each.
    """

    def __init__(self, wire: Wire, clock: Callable[[], datetime], product: str) -> None:
        self._wire, self._clock, self._product = wire, clock, product
        self._counted, self._used_up = datetime.min.replace(tzinfo=UTC), False

    async def check(self) -> None:
        """Raise FailedForGood where none is left. If Zalo does not say, sending tells.

        Raises CallFailed or NoToken as the wire does.
        """
        now = self._clock()
        if now >= self._counted + LASTS:
            left = [many for kind in PAID for many in await self._left(kind)]
            self._used_up = bool(left) and not any(many is None or many > 0 for many in left)
            self._counted = now
        if self._used_up:
            raise FailedForGood(errors.NO_QUOTA)

    async def _left(self, kind: str) -> list[int | None]:
        body = {"quota_owner": OWNER, "product_type": self._product, "quota_type": kind}
        try:
            parts = await self._wire.ask(PATH, body)
        except Refusal as error:
            if error.meaning.then not in {Then.NEVER, Then.OPERATOR}:
                raise
            return []  # an account that may not ask may still send
        return [number(get(part, "remain")) for part in parts] if type(parts) is list else []


class Window:
    """Knows when people were last heard, from our own events, our store, or Zalo's answer."""

    def __init__(
        self,
        wire: Wire,
        clock: Callable[[], datetime],
        last_heard: LastHeard | None,
        *,
        allow_billed: bool,
    ) -> None:
        self._wire, self._clock, self._last_heard = wire, clock, last_heard
        self._allow_billed = allow_billed
        self._heard: dict[str, datetime] = {}
        self._paid = Paid(wire, clock, CS)

    def note(self, chat: str, at: datetime) -> None:
        """A person did something that opens the window."""
        at = max(at, self._heard.pop(chat, at))
        self._heard[chat] = at
        if len(self._heard) > KNOWN:
            self._heard.pop(next(iter(self._heard)))

    async def check(self, chat: str) -> None:
        """Raise FailedForGood where the window is closed; CallFailed or NoToken as the wire does.

        Where nobody knows, sending is left to try, and Zalo to refuse.
        """
        heard = self._heard.get(chat)
        if heard is None and self._last_heard is not None:
            heard = await self._last_heard(chat)
        now = self._clock()
        if heard is None or now - heard > FREE - MARGIN:
            # Following and menus are interactions too, of which our store may not know.
            heard = await self._ask(chat) or heard
        if heard is None:
            return
        if now - heard > BILLED:
            raise FailedForGood(errors.WINDOW)
        if now - heard <= FREE:
            return
        if not self._allow_billed:
            raise FailedForGood(errors.FREE_WINDOW)
        await self._paid.check()

    async def _ask(self, chat: str) -> datetime | None:
        try:
            quota = await self._wire.ask(PATH, {"user_id": chat})
        except Refusal as error:
            # An account that may not ask may still send.
            if error.meaning.then in {Then.NEVER, Then.OPERATOR}:
                return None
            raise
        milliseconds = number(get(quota, "last_interaction"))
        if milliseconds is None:
            return None
        try:
            heard = datetime.fromtimestamp(milliseconds / 1000, UTC)
        except (ArithmeticError, OSError, ValueError):
            return None
        self.note(chat, heard)
        return heard
