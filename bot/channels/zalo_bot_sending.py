"""Shows a reply on a Zalo bot: its voices and pictures, then its words, which hold the choices."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.channels import zalo_bot_updates as updates
from bot.channels.calls import Unreadable, get
from bot.channels.zalo_bot_wire import WHO, Limits, Refusal, Wire
from handlers.messages import Address, Media, MediaKind, Reply

log = logging.getLogger(__name__)

SOUNDS = frozenset({".aac"})
"""Source: docs.zaloplatforms.com/docs/BOT, sendVoice: an address that ends so, in private chats.
Unconfirmed: whether Zalo keeps a copy, or fetches the sound anew whenever somebody listens."""

BEGUN = 1000  # replies whose media came before a failure


@dataclass(frozen=True, slots=True)
class _Shown:
    number: str
    whole: bool = False  # the words went with it


class Sending:
    """Sends over one wire. Zalo fetches what is to be seen or heard below `media_base`."""

    def __init__(self, wire: Wire, limits: Limits, media_base: str | None) -> None:
        self._wire, self._limits, self._media_base = wire, limits, media_base
        self._begun: dict[tuple[Address, Reply], int] = {}

    async def deliver(self, address: Address, reply: Reply) -> str:
        """Send all of a reply; return the id of its last message. Raises CallFailed.

        The same reply sent anew goes on after the media that had already come.
        """
        text, key = updates.storable(reply.text), (address, reply)
        for place, media in enumerate(reply.media):
            if place < self._begun.get(key, 0):
                continue
            last = place == len(reply.media) - 1
            shown = await self._show(address.chat, media, text if last else "")
            if shown is None:
                text = f"{text}\n{media.line}".strip()
            elif shown.whole or (last and not text):
                self.give_up(address, reply)
                return shown.number
            self._begun[key] = place + 1
            if len(self._begun) > BEGUN:
                self._begun.pop(next(iter(self._begun)))
        number = _message_id(await self._wire.call("sendMessage", chat_id=address.chat, text=text))
        self.give_up(address, reply)
        return number

    async def sticker(self, chat: str, sticker: str) -> str:
        """Send a sticker of Zalo's own; return the message's id. Raises CallFailed."""
        return _message_id(await self._wire.call("sendSticker", chat_id=chat, sticker=sticker))

    def give_up(self, address: Address, reply: Reply) -> None:
        """This reply has come, or will not be tried again."""
        self._begun.pop((address, reply), None)

    async def _show(self, chat: str, media: Media, text: str) -> _Shown | None:
        """A picture takes the words along, a voice cannot. None: Zalo does not take it."""
        if not self._media_base:
            return None
        asked: dict[str, Any] = {"chat_id": chat}
        place = f"{self._media_base}/{quote(media.name)}"
        try:
            if media.kind is MediaKind.AUDIO:
                asked["voice_url"] = place
                return _Shown(await self._call("sendVoice", asked))
            if media.kind is not MediaKind.IMAGE:
                return None
            asked["photo"] = place
            if text:
                asked["caption"] = text
            return _Shown(await self._call("sendPhoto", asked), whole=bool(text))
        except Refusal as error:
            # 404: no such method here. The words must do.
            if not (error.hopeless or (error.code == 404 and not error.gone)):
                raise
            log.warning("media %s is refused by Zalo: %s", media.shown_name, error)
        return None

    async def _call(self, method: str, asked: dict[str, Any]) -> str:
        return _message_id(await self._wire.call(method, self._limits.media, **asked))


def _message_id(result: Any) -> str:
    number = get(result, "message_id")
    if not isinstance(number, str | int) or isinstance(number, bool) or not number:
        raise Unreadable("a success without a message_id", WHO)
    return str(number)
