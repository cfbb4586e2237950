"""Post: messages to somebody who did not just write, laid out for the chat they are in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from handlers.layout import lay_out
from handlers.messages import Button, Capabilities, Media, Reply
from storage.conversations import Conversations
from storage.database import Transaction
from storage.outbox import Lane, Outbox

CHOICES = range(1, 9)


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
        taken = await self._conversations.choices(tx, conversation)
        buttons = _placed(reply.buttons, taken)
        if len(buttons) < len(reply.buttons):  # the last answer's choices make room
            taken = {d: action for d, action in taken.items() if int(d) not in CHOICES}
            buttons = _placed(reply.buttons, taken)
        await self._conversations.offer(tx, conversation, {**taken, **_digits(buttons)})
        return replace(reply, buttons=buttons)


def _placed(buttons: tuple[Button, ...], taken: Mapping[str, str]) -> tuple[Button, ...]:
    """The buttons on digits that nothing else has; only so many as there are."""
    own = {
        b.digit
        for b in buttons
        if b.digit is not None and taken.get(str(b.digit), b.action) == b.action
    }
    free = iter([d for d in CHOICES if str(d) not in taken and d not in own])
    placed = []
    for button in buttons:
        digit = button.digit if button.digit in own else next(free, None)
        if digit is not None:
            placed.append(replace(button, digit=digit))
    return tuple(placed)


def _digits(buttons: tuple[Button, ...]) -> dict[str, str]:
    return {str(button.digit): button.action for button in buttons}
