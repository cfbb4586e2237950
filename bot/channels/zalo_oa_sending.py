"""Shows a reply on Zalo OA: its pictures and files, its words, its choices, in that order."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from bot.channels import zalo_oa_messages as messages
from bot.channels.calls import get
from bot.channels.channel import CONTENT, FailedForGood
from bot.channels.zalo_oa_errors import Then
from bot.channels.zalo_oa_messages import storable
from bot.channels.zalo_oa_wire import Refusal, Wire
from handlers.messages import Address, Button, Media, MediaKind, Reply

log = logging.getLogger(__name__)

PATH = "/v3.0/oa/message/cs"
ASSET_LIFE = timedelta(days=6)  # Zalo forgets what was uploaded after 7
EXPIRED = -100
BEGUN = 1000  # replies whose pictures came before a failure


@dataclass(frozen=True, slots=True)
class _Shown:
    number: str
    whole: bool = False  # the words went with it


class Sending:
    """Sends over one wire, and remembers what it uploaded.

    An upload lives as long as this object, at most six days: new bytes under an old name are sent
    then.
    """

    def __init__(
        self,
        wire: Wire,
        clock: Callable[[], datetime],
        *,
        read_media: Callable[[str], Awaitable[bytes]],
        media_base: str | None,
        lists: bool,
    ) -> None:
        self._wire, self._clock, self._read_media = wire, clock, read_media
        self._media_base, self._lists = media_base, lists
        self._assets: dict[str, tuple[str, datetime]] = {}
        self._begun: dict[tuple[Address, Reply], int] = {}

    async def deliver(self, address: Address, reply: Reply) -> str:
        """Send all of a reply; return the id of its last message.

        Raises FailedForGood, CallFailed or NoToken.
        """
        text, key, shown = storable(reply.text), (address, reply), None
        if len(text) > messages.TEXT_LENGTH:
            raise FailedForGood(CONTENT)
        for place, media in enumerate(reply.media):
            if place < self._begun.get(key, 0):
                continue
            last = place == len(reply.media) - 1
            shown = await self._show(
                address.chat, media, text if last else "", reply.buttons if last else ()
            )
            if shown is not None and shown.whole:
                return self._done(key, shown.number)
            if shown is None and media.line:
                text = f"{text}\n{storable(media.line)}".strip()
            self._begun[key] = place + 1
            if len(self._begun) > BEGUN:
                self._begun.pop(next(iter(self._begun)))
        if not text.strip() and shown is not None:
            return self._done(key, shown.number)
        if not text.strip():
            raise FailedForGood(CONTENT)
        return self._done(key, await self._send(address.chat, messages.words(text, reply.buttons)))

    def give_up(self, address: Address, reply: Reply) -> None:
        """This reply will not be tried again."""
        self._begun.pop((address, reply), None)

    def _done(self, key: tuple[Address, Reply], number: str) -> str:
        self._begun.pop(key, None)
        return number

    async def _show(
        self, chat: str, media: Media, text: str, buttons: Sequence[Button]
    ) -> _Shown | None:
        """Send a picture or file, with the words where they can go with it."""
        try:
            if media.kind is MediaKind.FILE:
                token = await self._asset(media, "file")
                return _Shown(await self._send(chat, messages.file(token))) if token else None
            if media.kind is not MediaKind.IMAGE:
                return None
            if buttons and (number := await self._list(chat, media, text, buttons)) is not None:
                return _Shown(number, whole=True)
            caption = "" if buttons else text
            number = await self._picture(chat, media, caption)
            return None if number is None else _Shown(number, whole=bool(caption.strip()))
        except Refusal as error:
            # Nothing was shown; the words alone must do.
            if error.meaning.reason != CONTENT and error.code != EXPIRED:
                raise
            log.warning("media %s is refused by Zalo: %s", media.shown_name, error)
        return None

    async def _list(
        self, chat: str, media: Media, text: str, buttons: Sequence[Button]
    ) -> str | None:
        if not (self._lists and self._media_base):
            return None
        message = messages.listed(self._address(media), text, buttons)
        if message is None:
            return None
        try:
            return await self._send(chat, message)
        except Refusal as error:
            if error.meaning.reason != CONTENT:
                raise
            log.warning("Zalo takes no lists (%s): words and buttons go out instead", error)
            self._lists = False
            return None

    async def _picture(self, chat: str, media: Media, caption: str) -> str | None:
        if self._media_base:
            shown = messages.picture({"url": self._address(media)}, caption)
            return await self._send(chat, shown)
        for _ in range(2):
            if not (number := await self._asset(media, "image")):
                return None
            try:
                shown = messages.picture({"attachment_id": number}, caption)
                return await self._send(chat, shown)
            except Refusal as error:
                if error.code != EXPIRED:
                    raise
                self._assets.pop(media.name, None)
        return None

    async def _asset(self, media: Media, kind: str) -> str:
        """Return Zalo's id of an uploaded file; nothing when it cannot be had or uploaded."""
        number, until = self._assets.get(media.name, ("", self._clock()))
        if number and self._clock() < until:
            return number
        try:
            content = await self._read_media(media.name)
        except (OSError, LookupError, ValueError) as error:
            log.warning("media %s cannot be read: %s", media.shown_name, type(error).__name__)
            return ""
        is_image = kind == "image"
        mime = (
            messages.picture_type(content) if is_image else messages.file_type(media.name, content)
        )
        if not mime:
            log.warning(
                "media %s is too large, or of a type that Zalo does not take", media.shown_name
            )
            return ""
        # Names of uploads are plain letters in all examples.
        name = f"{kind}{PurePosixPath(media.name).suffix.lower()}"
        try:
            given = await self._wire.upload(kind, name, content, mime)
        except Refusal as error:
            if error.meaning.then not in {Then.NEVER, Then.OPERATOR}:
                raise
            log.warning("media %s is not taken by Zalo: %s", media.shown_name, error)
            return ""
        found = get(given, "attachment_id" if is_image else "token")
        if not isinstance(found, str) or not found:
            return ""
        if not media.sent:  # there is no end of what people send
            self._assets[media.name] = found, self._clock() + ASSET_LIFE
        return found

    async def _send(self, chat: str, message: dict[str, Any]) -> str:
        # Zalo said yes: a missing number does not make it a no.
        number = get(await self._wire.send(PATH, messages.to(chat, message)), "message_id")
        return str(number) if isinstance(number, str | int) else ""

    def _address(self, media: Media) -> str:
        return f"{self._media_base}/{quote(media.name)}"
