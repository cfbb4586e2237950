"""Sends the words of a notice by the account's approved template, to whom free text may not go.

Source: docs.zaloplatforms.com, template messages by user id (v3.0/oa/message/template), as of 2026.
What is not confirmed there is one name here: `PATH`, `body`, and in `zalo_oa_window` the product
under which these messages are paid for (`TEMPLATES`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.channels import zalo_oa_errors as errors
from bot.channels.calls import get
from bot.channels.channel import ByTemplate, FailedForGood, RetryAt
from bot.channels.zalo_oa_messages import storable
from bot.channels.zalo_oa_window import TEMPLATES, Paid
from bot.channels.zalo_oa_wire import Refusal, Wire
from handlers.messages import Template

PATH = "/v3.0/oa/message/template"


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """A template that an admin had approved: its id, and the one parameter that takes the words."""

    number: str
    field: str
    takes: Template


def body(template: NoticeTemplate, user: str, words: str) -> dict[str, Any]:
    """What is posted. No tracking id: that Zalo takes one by user id is unconfirmed."""
    return {
        "user_id": user,
        "template_id": template.number,
        "template_data": {template.field: words},
    }


class ByTemplates:
    """Sends over one wire. Once Zalo says that the day's number is used up it is not asked again
    before the morning: a notice to thousands is one refusal, not one each."""

    def __init__(
        self, wire: Wire, clock: Callable[[], datetime], template: NoticeTemplate | None
    ) -> None:
        self._wire, self._clock, self._template = wire, clock, template
        self._paid = Paid(wire, clock, TEMPLATES)
        self._rests, self._why = datetime.min.replace(tzinfo=UTC), ""

    def carries(self, words: str) -> bool:
        """Whether there are words for a template, and a template for them."""
        return bool(words) and self._template is not None

    async def send(self, user: str, words: str) -> ByTemplate:
        """Return the id of the message. Raises FailedForGood, RetryAt, CallFailed or NoToken."""
        template, now = self._template, self._clock()
        words = storable(words)
        if template is None or not 0 < len(words) <= template.takes.length:
            raise FailedForGood(errors.TEMPLATE)
        if now < self._rests:
            raise RetryAt(self._why, self._rests)
        await self._paid.check()
        try:
            given = await self._wire.send(PATH, body(template, user, words))
        except Refusal as refused:
            refused.meaning = errors.OF_TEMPLATES.get(refused.code, refused.meaning)
            if refused.code in errors.DAILY:
                self._rests, self._why = errors.next_morning(now), refused.meaning.reason
            raise
        number = get(given, "message_id")
        return ByTemplate(number if isinstance(number, str | int) else "")
