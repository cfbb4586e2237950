"""Telegram: one bot account receives and sends; storing, pacing and layout are left to others.

`telegram_updates.py` says what an update means. Source of the rest: core.telegram.org/bots/api.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

import aiohttp
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from bot.channels import telegram_updates as updates
from bot.channels.channel import (
    Accept,
    FailedForGood,
    Health,
    Moved,
    Refused,
    RetryAt,
    SendFailed,
    StopWriting,
    Uncertain,
)
from bot.channels.telegram_wire import (
    CallFailed,
    Limits,
    NotSent,
    Refusal,
    Unreadable,
    Wire,
    get,
    result,
)
from handlers.messages import Address, Button, Capabilities, Incoming, Media, MediaKind, Reply

log = logging.getLogger(__name__)

CAPTION_LENGTH = 1024  # UTF-16 units
SHORT_LABEL = 14  # characters that leave room for a neighbour on a small phone
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name


class TelegramChannel:
    """One Telegram bot, as `bot.channels.channel.Channel` wants it.

    `clock` returns aware UTC. `read_media` gives the bytes of a content file by its name; each is
    uploaded once in the life of this object, so new bytes under an old name need a restart.
    `session` must allow more connections at once than there are accounts that poll.
    In webhook mode `poll` returns when Telegram has taken the webhook; without a `webhook_url`
    somebody else registers it. Raises ValueError for a bad `webhook_secret` or `api_base`.
    """

    paced = True
    # Pictures could be sent, but they push the answer off small screens, and they cost data.
    capabilities = Capabilities(4096, buttons=10, media=frozenset({MediaKind.AUDIO}))

    def __init__(
        self,
        account: str,
        token: str,
        *,
        api_base: str,
        mode: str,
        webhook_secret: str,
        webhook_url: str | None,
        session: aiohttp.ClientSession,
        clock: Callable[[], datetime],
        read_media: Callable[[str], Awaitable[bytes]],
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        if mode == "webhook" and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", webhook_secret):
            raise ValueError(f"account {account}: webhook_secret must be 1-256 of A-Z a-z 0-9 _ -")
        self.account = account
        self._mode, self._secret, self._webhook_url = mode, webhook_secret, webhook_url
        self._clock, self._read_media, self._limits = clock, read_media, limits
        self._wire = Wire(session, api_base, token, limits)
        # The library writes its base address, whole messages and secrets into DEBUG lines:
        # it learns no token, and writes no such lines.
        logging.getLogger("telegram").setLevel(logging.INFO)
        carrier = _Carrier(self._wire, limits)
        self._bot = Bot("hidden", lambda _: "", request=carrier, get_updates_request=carrier)
        self._me = updates.Me(account, token.partition(":")[0])
        self._problem = ""  # of receiving, in an operator's words
        self._failures = 0  # of sending, one after the other
        self._file_ids: dict[str, str] = {}
        self._begun: dict[tuple[Address, Reply], int] = {}  # media that came before a failure
        self._acknowledging: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Take nothing: the session is shared, and the bot's name is asked when it is needed."""

    async def close(self) -> None:
        """Wait until the presses of buttons are acknowledged, which has its time limit."""
        await asyncio.gather(*self._acknowledging)

    async def check(self) -> Health:
        """Ask Telegram who we are; tell also what keeps messages from coming in."""
        try:
            await self._ask_name()
        except CallFailed as error:
            return Health(ok=False, problem=error.remedy())
        link = f"https://t.me/{self._me.name}"
        return Health(ok=not self._problem, problem=self._problem, link=link)

    # Receiving

    async def receive(self, headers: Mapping[str, str], body: bytes) -> list[Incoming]:
        """Read one webhook request. Raises Refused: 403 caller, 400 content, 503 ask again."""
        given = next((v for k, v in headers.items() if k.lower() == SECRET_HEADER), "")
        genuine = hmac.compare_digest(
            given.encode(errors="backslashreplace"), self._secret.encode()
        )
        if not (self._secret and genuine):
            raise Refused(403, "the secret token is missing or wrong")
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(400, "the body is not JSON") from None
        try:
            return self._read(update)
        except updates.NameNeeded:
            try:
                await self._ask_name()
            except CallFailed:
                raise Refused(503, "the bot's own name is not known yet") from None
            return self._read(update)

    async def poll(self, accept: Accept) -> None:
        """Fetch updates until cancelled, in order, one by one; see the class for webhooks."""
        await self._insist(self._ask_name)
        if self._mode == "webhook":
            await self._insist(self._register)
            return
        await self._insist(self._unregister)
        offset, failures, tries = 0, 0, 5
        while True:
            try:
                # After a failure do not wait for news, so that a recovery shows at once.
                batch = await self._fetch(offset, 0 if failures else self._limits.long_poll)
            except CallFailed as error:
                failures += 1
                await self._back_off(error, failures)
                if isinstance(error, Refusal) and error.code == 409:
                    with contextlib.suppress(CallFailed):  # it may be a webhook's doing
                        await self._unregister()
                continue
            failures = 0
            self._note("")
            for update in batch:
                # One bad update must not stop the rest. But if two in a row are not accepted, it
                # is the store that fails, and Telegram keeps for a day what we do not fetch.
                tries = 5 if await self._take(update, accept, tries) else 15
                offset = update["update_id"] + 1

    async def _take(self, update: dict[str, Any], accept: Accept, tries: int) -> bool:
        """Hand one update over, trying again; return whether it was accepted."""
        number = update["update_id"]
        try:
            incoming = self._read(update)
        except (Refused, updates.NameNeeded) as error:
            log.error("account %s: update %s cannot be read: %s", self.account, number, error)
            return True
        for attempt in range(1, tries + 1):
            try:
                for one in incoming:
                    await accept(one)
            except Exception as error:  # whatever the store raises; its text may quote a person
                trouble = (self.account, number, type(error).__name__)
                log.warning("account %s: update %s not accepted yet: %s", *trouble)
                if attempt < tries:
                    await asyncio.sleep(self._limits.pause(attempt))
            else:
                return True
        log.error("account %s: update %s is LOST, not accepted", self.account, number)
        return False

    def _read(self, update: object) -> list[Incoming]:
        incoming = updates.read(update, self._me, now=self._clock())
        if query := updates.pressed(update):
            task = asyncio.get_running_loop().create_task(self._acknowledge(query))
            self._acknowledging.add(task)
            task.add_done_callback(self._acknowledging.discard)
        return incoming

    async def _acknowledge(self, query: str) -> None:
        """Stop the waiting sign on the button that was pressed, beside the answer's way."""
        try:
            await self._wire.call("answerCallbackQuery", callback_query_id=query)
        except CallFailed as error:  # mostly too old; the person has the answer anyway
            log.debug("account %s: a press was not acknowledged: %s", self.account, error)

    async def _fetch(self, offset: int, wait: float) -> list[dict[str, Any]]:
        asked: dict[str, Any] = {
            "offset": offset,
            "timeout": int(wait),
            "allowed_updates": updates.WANTED,
        }
        batch = await self._wire.call("getUpdates", wait + self._limits.call, **asked)
        if isinstance(batch, list) and all(type(get(u, "update_id")) is int for u in batch):
            return batch
        raise Unreadable("getUpdates gave no list of updates")

    async def _ask_name(self) -> None:
        name = get(await self._wire.call("getMe"), "username")
        if not isinstance(name, str) or not re.fullmatch(r"\w+", name):
            raise Unreadable("getMe gave no username")
        self._me = updates.Me(self.account, self._me.id, name)

    async def _register(self) -> None:
        if self._webhook_url:
            hook: dict[str, Any] = {"url": self._webhook_url, "secret_token": self._secret}
            await self._wire.call("setWebhook", **hook, allowed_updates=updates.WANTED)

    async def _unregister(self) -> None:
        await self._wire.call("deleteWebhook", drop_pending_updates=False)

    async def _insist(self, step: Callable[[], Awaitable[None]]) -> None:
        failures = 0
        while True:
            try:
                await step()
            except CallFailed as error:
                failures += 1
                await self._back_off(error, failures)
            else:
                self._note("")
                return

    async def _back_off(self, error: CallFailed, failures: int) -> None:
        self._note(error.remedy())
        await asyncio.sleep(self._limits.pause(failures, error))

    def _note(self, problem: str) -> None:
        """Log a change of state once, not each attempt."""
        if problem and problem != self._problem:
            log.warning("account %s: %s", self.account, problem)
        elif self._problem and not problem:
            log.info("account %s: receives again", self.account)
        self._problem = problem

    # Sending

    async def send(self, address: Address, reply: Reply) -> str:
        """Send one message; return Telegram's message id. Raises SendFailed.

        A retry of the same reply in this process goes on after the media that had already come.
        """
        try:
            number = (await self._deliver(address, reply)).message_id
        except (CallFailed, TelegramError, *updates.UNSHAPELY) as error:
            failure = self._failure(_cause(error))
            if isinstance(failure, FailedForGood | StopWriting):
                self._begun.pop((address, reply), None)
            raise failure from None
        self._failures = 0
        self._begun.pop((address, reply), None)
        return str(number)

    async def _deliver(self, address: Address, reply: Reply) -> Message:
        text, keyboard = updates.storable(reply.text), _keyboard(reply.buttons)
        captioned = len(text.encode("utf-16-le")) // 2 <= CAPTION_LENGTH
        to: dict[str, Any] = {"chat_id": address.chat}
        if address.thread:
            to["message_thread_id"] = int(address.thread)
        for place, media in enumerate(reply.media):
            if place < self._begun.get((address, reply), 0):
                continue
            last = captioned and place == len(reply.media) - 1
            about = {"caption": text or None, "reply_markup": keyboard} if last else {}
            message = await self._show(media, to | about)
            if message and last:
                return message
            self._begun[address, reply] = place + 1
            if len(self._begun) > 1000:
                self._begun.pop(next(iter(self._begun)))
        preview = LinkPreviewOptions(is_disabled=True)
        return await self._bot.send_message(
            **to, text=text, reply_markup=keyboard, link_preview_options=preview
        )

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
            log.warning("media %s cannot be read: %s", media.name, type(error).__name__)
            return None
        try:
            message = await self._post(media, content, rest)
        except TelegramError as error:
            cause = _cause(error)
            if not (cause.hopeless or getattr(cause, "code", 0) == 404):  # 404: no such method
                raise
            log.warning("media %s is refused by Telegram: %s", media.name, cause)
            return None
        file = message.photo[-1] if message.photo else message.voice or message.audio
        if file:
            self._file_ids[media.name] = file.file_id
        return message

    async def _post(self, media: Media, file: str | bytes, rest: dict[str, Any]) -> Message:
        path = PurePosixPath(media.name)
        if media.kind is MediaKind.IMAGE:
            return await self._bot.send_photo(photo=file, filename=path.name, **rest)
        if path.suffix.lower() in {".ogg", ".oga", ".opus"}:
            return await self._bot.send_voice(voice=file, filename=path.name, **rest)
        return await self._bot.send_audio(audio=file, filename=path.name, **rest)

    def _failure(self, error: CallFailed) -> SendFailed:
        """Turn what went wrong into the decision that follows."""
        match error:
            case Refusal(moved_to=str(chat)):
                return Moved(str(error), chat)
            case Refusal(code=401 | 404 | 429):
                return self._later(error, account_wide=True)
            case Refusal(gone=True):
                return StopWriting(str(error))
            case Refusal(hopeless=True):
                return FailedForGood(str(error))
            case Refusal() | NotSent():
                return self._later(error)
        return Uncertain(str(error))

    def _later(self, error: CallFailed, *, account_wide: bool = False) -> RetryAt:
        self._failures += 1
        when = self._clock() + timedelta(seconds=self._limits.pause(self._failures, error))
        return RetryAt(str(error), when, account_wide=account_wide)


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
    return Unreadable(f"the answer has another shape: {type(error).__name__}")


def _keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """Lay buttons out one a row; two short ones that follow each other share a row."""
    rows: list[list[InlineKeyboardButton]] = []
    for button in buttons:
        shown = InlineKeyboardButton(updates.storable(button.label), callback_data=button.action)
        beside = rows and len(rows[-1]) == 1 and len(rows[-1][0].text) <= SHORT_LABEL
        if beside and len(button.label) <= SHORT_LABEL:
            rows[-1].append(shown)
        else:
            rows.append([shown])
    return InlineKeyboardMarkup(rows) if rows else None
