"""How a message that Telegram has shown already is taken away, or gets other words.

A bot may delete its own messages for 48 hours and edit them for as long as they are there.
Source: core.telegram.org/bots/api#deletemessage, #editmessagetext, #editmessagecaption.
"""

from __future__ import annotations

import logging
from typing import Any

from bot.channels.telegram_wire import Refusal, Wire
from handlers.messages import Address

log = logging.getLogger(__name__)

NO_PREVIEW = '{"is_disabled": true}'
SEPARATOR = ","
"""Between the numbers of messages that were one reply: pictures and sounds each have their own."""


class Mending:
    """Changes what stands in chats, over one bot's wire. Raises CallFailed for what passes."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def take_away(self, address: Address, numbers: str) -> bool:
        """Delete the messages; False when that cannot be, all or one of them."""
        for number in numbers.split(SEPARATOR):
            try:
                await self._wire.call("deleteMessage", chat_id=address.chat, message_id=number)
            except Refusal as error:
                if not error.hopeless:
                    raise
                log.debug("a message was not deleted: %s", error)
                return False
        return True

    async def reword(
        self, address: Address, numbers: str, text: str, keyboard: dict[str, Any] | None
    ) -> bool:
        """Put other words into the last of the messages, or below its picture or sound; False when
        that cannot be. Words that stand there already are no fault."""
        asked: dict[str, Any] = {
            "chat_id": address.chat,
            "message_id": numbers.rpartition(SEPARATOR)[2],
            "reply_markup": keyboard,
        }
        try:
            try:
                await self._wire.call(
                    "editMessageText", **asked, text=text, link_preview_options=NO_PREVIEW
                )
            except Refusal as error:
                if "no text in the message" not in str(error):
                    raise
                await self._wire.call("editMessageCaption", **asked, caption=text)
        except Refusal as error:
            if "message is not modified" in str(error):
                return True
            if not error.hopeless:
                raise
            log.debug("a message was not edited: %s", error)
            return False
        return True
