"""How Telegram is written to: texts, media, buttons, menus replaced in place, and what went wrong.

Source: core.telegram.org/bots/api#sendmessage.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

import aiohttp
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from bot.channels.calls import CallFailed, Failures, NotSent, Unreached, Unreadable, get
from bot.channels.channel import (
    BUSY,
    CONTENT,
    GONE,
    NO_ACCESS,
    TROUBLE,
    UNKNOWN,
    UNREACHABLE,
    FailedForGood,
    Moved,
    RetryAt,
    SendFailed,
    StopWriting,
    TooFast,
    Uncertain,
    Unreachable,
)
from bot.channels.telegram_mending import SEPARATOR, Mending
from bot.channels.telegram_updates import UNSHAPELY, storable
from bot.channels.telegram_wire import WHO, Limits, Refusal, Wire, result
from handlers.messages import Address, Button, Media, MediaKind, Reply

log = logging.getLogger(__name__)

CAPTION_LENGTH = 1024  # UTF-16 units
NO_PREVIEW = {"link_preview_options": {"is_disabled": True}}
SHORT_LABEL = 14  # characters that leave room for a neighbour on a small phone


class Pen:
    """Writes for one bot. See `TelegramChannel` for `read_media` and `clock`."""

    def __init__(
        self,
        account: str,
        wire: Wire,
        limits: Limits,
        *,
        clock: Callable[[], datetime],
        read_media: Callable[[str], Awaitable[bytes]],
    ) -> None:
        self._account = account
        self._limits, self._clock, self._read_media = limits, clock, read_media
        # The library writes its base address, whole messages and secrets into DEBUG lines:
        # it learns no token, and writes no such lines.
        logging.getLogger("telegram").setLevel(logging.INFO)
        self._wire, self._mending = wire, Mending(wire)
        carrier = _Carrier(wire, limits)
        self._bot = Bot("hidden", lambda _: "", request=carrier, get_updates_request=carrier)
        self._failures = Failures()
        self._file_ids: dict[str, str] = {}
        self._begun: dict[tuple[Address, Reply], tuple[str, ...]] = {}
        """The numbers of the media that came before a failure, empty where words have to do."""

    async def send(self, address: Address, reply: Reply) -> str:
        """Send one message; return Telegram's message id. Raises SendFailed.

        Of a reply in several messages it is all their ids; of one that took another away, nothing.
        A retry of the same reply in this process goes on after the media that had already come.
        """
        try:
            numbers = await self._deliver(address, reply)
        except (CallFailed, TelegramError, *UNSHAPELY) as error:
            failure = self._failure(_cause(error))
            if isinstance(failure, FailedForGood | StopWriting):
                self._begun.pop((address, reply), None)
            raise failure from None
        self._failures.over()
        self._begun.pop((address, reply), None)
        return numbers

    async def _deliver(self, address: Address, reply: Reply) -> str:
        text = storable(reply.text)
        if not (reply.media or reply.mends or reply.replaces):
            return str(await self._say(address, text, reply.buttons))
        keyboard = _keyboard(reply.buttons)
        words: dict[str, Any] = {
            "text": text,
            "reply_markup": keyboard,
            "link_preview_options": LinkPreviewOptions(is_disabled=True),
        }
        if reply.mends and reply.removes and await self._mending.take_away(address, reply.mends):
            return ""
        if reply.mends and await self._mending.reword(
            address, reply.mends, text, _keyboard_written(reply.buttons)
        ):
            return reply.mends
        # A message of words cannot turn into a sound.
        if reply.replaces and not reply.media:
            shown = await self._replace(address.chat, int(reply.replaces), words)
            if shown:
                return str(shown.message_id)
        if not reply.media:
            return str(await self._say(address, text, reply.buttons))
        captioned = len(text.encode("utf-16-le")) // 2 <= CAPTION_LENGTH
        to: dict[str, Any] = {"chat_id": address.chat}
        if address.thread:
            to["message_thread_id"] = int(address.thread)
        numbers = self._begun.get((address, reply), ())
        done = len(numbers)
        for place, media in enumerate(reply.media):
            if place < done:
                continue
            last = captioned and place == len(reply.media) - 1
            about = {"caption": text or None, "reply_markup": keyboard} if last else {}
            message = await self._show(media, to | about)
            numbers = (*numbers, str(message.message_id) if message else "")
            if message and last:
                return _joined(numbers)
            if message is None and media.line:
                words["text"] = f"{words['text']}\n{storable(media.line)}".strip()
            self._begun[address, reply] = numbers
            if len(self._begun) > 1000:
                self._begun.pop(next(iter(self._begun)))
        return _joined((*numbers, str(await self._say(address, words["text"], reply.buttons))))

    async def _say(self, address: Address, text: str, buttons: tuple[Button, ...]) -> int:
        """Send words, as most messages are: past the library, which would take half of the time."""
        call: dict[str, Any] = {"chat_id": address.chat, "text": text} | NO_PREVIEW
        if address.thread:
            call["message_thread_id"] = int(address.thread)
        if buttons:
            call["reply_markup"] = _keyboard_written(buttons)
        number = get(result(await self._wire.post("/sendMessage", {"json": call})), "message_id")
        if not isinstance(number, int):
            raise Unreadable("a message without its number", WHO)
        return number

    async def _replace(self, chat: str, number: int, words: dict[str, Any]) -> Message | None:
        """Put words in the place of a menu; None when it cannot be, so that they must be new.

        So it is too when the menu holds these words already: then the person sees that the tap
        was heard, or sees an answer again whose first way here was uncertain.
        """
        try:
            shown = await self._bot.edit_message_text(chat_id=chat, message_id=number, **words)
        except TelegramError as error:
            if not _cause(error).hopeless:
                raise
            log.debug("a menu was not replaced: %s", _cause(error))
            return None
        return shown if isinstance(shown, Message) else None

    async def _show(self, media: Media, rest: dict[str, Any]) -> Message | None:
        """Send a picture or sound; None when it cannot be had or shown, so that words must do."""
        if known := self._file_ids.get(media.name):
            try:
                return await self._post(media, known, rest)
            except TelegramError as error:
                if not _cause(error).hopeless:
                    raise
                self._file_ids.pop(media.name, None)  # forgotten by Telegram: upload it again
        try:
            content = await self._read_media(media.name)
        except (OSError, LookupError, ValueError) as error:
            log.warning("media %s cannot be read: %s", media.shown_name, type(error).__name__)
            return None
        try:
            message = await self._post(media, content, rest)
        except TelegramError as error:
            cause = _cause(error)
            if not (cause.hopeless or getattr(cause, "code", 0) == 404):  # 404: no such method
                raise
            log.warning("media %s is refused by Telegram: %s", media.shown_name, cause)
            return None
        file = message.photo[-1] if message.photo else message.voice or message.audio
        if file and not media.sent:  # there is no end of what people send
            self._file_ids[media.name] = file.file_id
        return message

    async def _post(self, media: Media, file: str | bytes, rest: dict[str, Any]) -> Message:
        path = PurePosixPath(media.name)
        # The name of what somebody sent is a key to it, and nothing that people should read.
        name = f"{media.kind}{path.suffix}" if media.sent else path.name
        if media.kind is MediaKind.IMAGE:
            return await self._bot.send_photo(photo=file, filename=name, **rest)
        if path.suffix.lower() in {".ogg", ".oga", ".opus"}:
            return await self._bot.send_voice(voice=file, filename=name, **rest)
        return await self._bot.send_audio(audio=file, filename=name, **rest)

    def _failure(self, error: CallFailed) -> SendFailed:
        """Turn what went wrong into the decision that follows."""
        log.info("account %s: not sent: %s", self._account, error)
        match error:
            case Refusal(moved_to=str(chat)):
                return Moved(str(error), chat)
            case Refusal(code=429):
                return TooFast(BUSY, self._when(error))
            case Refusal(code=401 | 404):
                return RetryAt(NO_ACCESS, self._when(error), account_wide=True)
            case Refusal(gone=True):
                return StopWriting(GONE)
            case Refusal(hopeless=True):
                return FailedForGood(CONTENT)
            case Unreached():
                return Unreachable(UNREACHABLE, self._when(error))
            case Refusal():
                return RetryAt(TROUBLE, self._when(error))
            case NotSent():
                return RetryAt(UNREACHABLE, self._when(error))
        return Uncertain(UNKNOWN)

    def _when(self, error: CallFailed) -> datetime:
        return self._failures.when(self._clock(), lambda n: self._limits.pause(n, error))


class _Carrier(BaseRequest):
    """Lets the library send over our wire. It wraps what we raise, see `_cause`."""

    def __init__(self, wire: Wire, limits: Limits) -> None:
        self._wire, self._limits = wire, limits

    @property
    def read_timeout(self) -> float:
        return self._limits.call

    async def initialize(self) -> None:
        """Do nothing: the session belongs to others."""

    async def shutdown(self) -> None:
        """Do nothing: the session belongs to others."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        if request_data is None or not request_data.contains_files:
            parameters = request_data.json_parameters if request_data else {}
            return 200, await self._wire.post(url, {"data": parameters})
        form = aiohttp.FormData(request_data.json_parameters)
        for field, (filename, content, mime) in request_data.multipart_data.items():
            form.add_field(field, content, filename=filename, content_type=mime)
        return 200, await self._wire.post(url, {"data": form}, self._limits.upload)

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read a success. The library's own way logs what it cannot read."""
        return {"result": result(payload)}


def _cause(error: Exception) -> CallFailed:
    """Return what went wrong with a call of the library, without its words around it."""
    for candidate in (error, error.__cause__):
        if isinstance(candidate, CallFailed):
            return candidate
    return Unreadable(f"the answer has another shape: {type(error).__name__}", WHO)


@lru_cache(maxsize=256)
def _keyboard_written(buttons: tuple[Button, ...]) -> dict[str, Any] | None:
    """The keyboard as it is posted: that of a notice is the same for thousands."""
    keyboard = _keyboard(buttons)
    return keyboard.to_dict() if keyboard else None


def _joined(numbers: Sequence[str]) -> str:
    """The id of a reply: the numbers of its messages."""
    return SEPARATOR.join(filter(None, numbers))


def _keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """Lay buttons out one a row; two short ones that follow each other share a row, if both
    have digits or neither."""
    rows: list[list[InlineKeyboardButton]] = []
    for before, button in zip((None, *buttons), buttons, strict=False):
        shown = InlineKeyboardButton(storable(button.label), callback_data=button.action)
        beside = rows and len(rows[-1]) == 1 and len(rows[-1][0].text) <= SHORT_LABEL
        alike = before and (before.digit is None) == (button.digit is None)
        if beside and alike and len(button.label) <= SHORT_LABEL:
            rows[-1].append(shown)
        else:
            rows.append([shown])
    return InlineKeyboardMarkup(rows) if rows else None
