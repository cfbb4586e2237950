"""Post: messages to somebody who did not just write, laid out for the chat they are in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

from handlers.layout import lay_out
from handlers.messages import Button, Capabilities, Media, Reply
from storage.conversations import Conversations
from storage.database import Transaction
from storage.outbox import Lane, Outbox

CHOICES = range(1, 9)
BEYOND = range(11, 100)
"""Where the digits of a screen leave too little room: no screen ever has these."""

MOST_POSTED = 60
"""So many digits of messages that came unasked are remembered; far fewer than `BEYOND` has."""


class Post:
    """Queues messages in the transaction of what caused them."""

    def __init__(self, capabilities: Callable[[str], Capabilities | None]) -> None:
        """`capabilities` gives an account's; None for one that this process does not know."""
        self._capabilities = capabilities
        self._outbox = Outbox()
        self._conversations = Conversations()

    def shows(self, account: str, media: Media) -> bool:
        """Whether who is on that account gets it as it is."""
        capabilities = self._capabilities(account)
        return capabilities is None or capabilities.shows(media)

    def looks(self, account: str, reply: Reply) -> list[Reply]:
        """The messages that who is on that account would get of it."""
        capabilities = self._capabilities(account)
        numbered = tuple(replace(b, digit=n) for n, b in enumerate(reply.buttons, start=1))
        reply = replace(reply, buttons=numbered)
        return [reply] if capabilities is None else lay_out(reply, capabilities)

    async def send(
        self,
        tx: Transaction,
        reply: Reply,
        *,
        account: str,
        conversation: int,
        at: datetime,
        lane: Lane = Lane.REPLY,
    ) -> None:
        """Queue it. Its choices get digits that mean nothing else in that chat just now, so that
        whatever the person was doing goes on undisturbed; a digit of its own, if that is free."""
        capabilities = self._capabilities(account)
        if capabilities is None:
            return
        if reply.buttons:
            reply = await self._numbered(tx, reply, conversation)
        await self._outbox.put(
            tx,
            [message.to_json() for message in lay_out(reply, capabilities)],
            account=account,
            conversation=conversation,
            inbox=None,
            lane=lane,
            at=at,
        )

    async def _numbered(self, tx: Transaction, reply: Reply, conversation: int) -> Reply:
        choices, posted = await self._conversations.offered(tx, conversation)
        posted = dict(list(posted.items())[-MOST_POSTED:])
        buttons = _placed(reply.buttons, {**choices, **posted})
        await self._conversations.post(tx, conversation, {**posted, **_digits(buttons)})
        return replace(reply, buttons=buttons)


def _placed(buttons: tuple[Button, ...], taken: Mapping[str, str]) -> tuple[Button, ...]:
    """The buttons on digits that nothing else has: their own, or all the others of one kind."""
    own = {
        b.digit
        for b in buttons
        if b.digit is not None and taken.get(str(b.digit), b.action) == b.action
    }
    others = [b for b in buttons if b.digit not in own]
    numbers = iter(_free(len(others), {*taken, *map(str, own)}))
    return tuple(b if b.digit in own else replace(b, digit=next(numbers)) for b in buttons)


def _free(count: int, taken: Collection[str]) -> list[int]:
    """So many digits that mean nothing yet, all of one kind."""
    for digits in (CHOICES, BEYOND):
        free = [digit for digit in digits if str(digit) not in taken]
        if len(free) >= count:
            return free[:count]
    raise ValueError(f"{count} choices are more than there are digits")


def _digits(buttons: tuple[Button, ...]) -> dict[str, str]:
    return {str(button.digit): button.action for button in buttons}
