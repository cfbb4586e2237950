"""Zalo bot: one account on the Zalo Bot Platform receives and sends, as far as that platform goes.

`zalo_bot_updates.py` says what an update means, `zalo_bot_sending.py` how a reply is
shown. Not to be mixed up with an Official Account.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from bot.channels import zalo_bot_updates as updates
from bot.channels.calls import CallFailed, Failures, NotSent, Unreached, Unreadable, get
from bot.channels.channel import (
    BUSY,
    CONTENT,
    GONE,
    NO_ACCESS,
    TROUBLE,
    UNKNOWN,
    UNREACHABLE,
    Accept,
    FailedForGood,
    Health,
    Refused,
    RetryAt,
    SendFailed,
    Speed,
    StopWriting,
    Uncertain,
    Unreachable,
)
from bot.channels.receiving import Receiving
from bot.channels.zalo_bot_sending import SOUNDS, Sending
from bot.channels.zalo_bot_wire import WHO, Limits, Refusal, Wire
from bot.channels.zalo_files import HOSTS, Files
from handlers.messages import Address, Capabilities, Incoming, MediaKind, Reply

log = logging.getLogger(__name__)

TEXT_LENGTH = 2000  # of texts and captions
SECRET_HEADER = "x-bot-api-secret-token"  # noqa: S105 - the header's name


class ZaloBotChannel:
    """One Zalo bot, as `bot.channels.channel.Channel` wants it.

    `clock` returns aware UTC. `media_base` is the public address under which Zalo can fetch a
    content file by its name; without one, pictures and voices are left out. With `typing`, people
    see at once that an answer is coming, for one more call a message.
    `session` must allow more connections at once than there are accounts that poll.
    In webhook mode `poll` returns when Zalo has taken the webhook; without a `webhook_url`
    somebody else registers it. Raises ValueError for a bad `webhook_secret` or `api_base`.
    """

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
        media_base: str | None = None,
        typing: bool = True,
        file_hosts: Collection[str] = HOSTS,
        speed: Speed = Speed(29.5, 1),  # noqa: B008 - frozen; Zalo publishes none
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        # Zalo names the length alone; what a header cannot carry is refused as well.
        if mode == "webhook" and not re.fullmatch(r"[!-~]{8,256}", webhook_secret):
            raise ValueError(
                f"account {account}: webhook_secret must be 8-256 letters, digits or signs"
            )
        self.account, self.speed = account, speed
        shown = frozenset({MediaKind.IMAGE, MediaKind.AUDIO} if media_base else ())
        self.capabilities = Capabilities(TEXT_LENGTH, buttons=0, media=shown, sounds=SOUNDS)
        self._mode, self._secret, self._webhook_url = mode, webhook_secret, webhook_url
        self._clock, self._limits = clock, limits
        self._shows_typing = typing
        self._wire = Wire(session, api_base, token, limits)
        self._sending = Sending(self._wire, limits, media_base)
        self._files = Files(session, api_base, clock, limits.download, file_hosts)
        self._receiving = Receiving(account, self._pause)
        self._failures = Failures()
        self._quota_refusals = 0
        self._quota_until = datetime.min.replace(tzinfo=UTC)
        self._typing: dict[str, asyncio.Task[None]] = {}

    async def open(self) -> None:
        """Take nothing: the session is shared."""

    async def close(self) -> None:
        """Wait until the typing signs have gone out, which has its time limit."""
        await asyncio.gather(*self._typing.values())

    async def check(self) -> Health:
        """Ask Zalo who we are; tell also what keeps messages from coming in."""
        try:
            await self._ask_identity()
        except CallFailed as error:
            return Health(ok=False, problem=error.remedy(), cause=error.cause)
        trouble = self._receiving
        return Health(ok=not trouble.problem, problem=trouble.problem, cause=trouble.cause)

    async def fetch(self, reference: str, *, at_most: int) -> bytes:
        """Return what a person sent, while Zalo keeps it. Raises FetchFailed."""
        return await self._files.fetch(reference, at_most=at_most)

    # Receiving

    async def receive(self, headers: Mapping[str, str], body: bytes) -> list[Incoming]:
        """Read one webhook request. Raises Refused: 403 for its caller, 400 for its content."""
        given = next((v for k, v in headers.items() if k.lower() == SECRET_HEADER), "")
        genuine = hmac.compare_digest(
            given.encode(errors="backslashreplace"), self._secret.encode()
        )
        if not (self._secret and genuine):
            raise Refused(403, "the secret token is missing or wrong")
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(400, "the body is not JSON") from None
        incoming = updates.read(payload, self.account, now=self._clock())
        for one in incoming:
            self._show_typing(one.address.chat)
        return incoming

    async def poll(self, accept: Accept) -> None:
        """Fetch updates until cancelled, in order, one by one; see the class for webhooks."""
        await self._receiving.insist(self._ask_identity)
        if self._mode == "webhook":
            await self._receiving.insist(self._register)
            return
        await self._receiving.insist(self._unregister)
        while True:
            try:
                update = await self._fetch()
            except CallFailed as error:
                await self._receiving.back_off(error)
                if isinstance(error, Refusal) and error.code in {400, 403, 404, 409}:
                    with contextlib.suppress(CallFailed):  # it may be a webhook's doing
                        await self._unregister()
                continue
            self._receiving.works()
            if update is None:
                await asyncio.sleep(self._limits.breath)
            else:
                await self._take_to_the_end(update, accept)

    async def _fetch(self) -> Any:
        """Wait for the next update and return it, None if none came."""
        wait = self._limits.long_poll
        try:
            limit = wait + self._limits.call
            # The timeout is documented as a text.
            return await self._wire.call("getUpdates", limit, timeout=str(int(wait))) or None
        except Refusal as error:
            if error.code == 408:  # the documented answer when there is nothing new
                return None
            raise

    async def _take_to_the_end(self, update: Any, accept: Accept) -> None:
        """Store an update even while being cancelled: Zalo forgot it when it handed it over."""
        taking = asyncio.create_task(self._take(update, accept))
        try:
            await asyncio.shield(taking)
        except asyncio.CancelledError:
            await asyncio.wait([taking], timeout=self._limits.farewell)
            if not taking.done():
                taking.cancel()
                await asyncio.wait([taking])
                log.error("account %s: a message is LOST, not accepted in time", self.account)
            raise

    async def _take(self, update: Any, accept: Accept) -> None:
        try:
            incoming = updates.read(update, self.account, now=self._clock())
        except Refused as error:
            log.error("account %s: an update cannot be read: %s", self.account, error)
            return
        for one in incoming:
            self._show_typing(one.address.chat)
            for attempt in range(1, self._limits.tries + 1):
                try:
                    await accept(one)
                except Exception as error:  # the store's; its text may quote a person
                    trouble = (self.account, one.message_id, type(error).__name__)
                    log.warning("account %s: %s not accepted yet: %s", *trouble)
                    if attempt < self._limits.tries:
                        await asyncio.sleep(self._limits.pause(attempt))
                else:
                    break
            else:
                log.error("account %s: %s is LOST, not accepted", self.account, one.message_id)

    def _show_typing(self, chat: str) -> None:
        """Say beside the answer's way that one is coming; `send` to this chat waits for it."""
        if not self._shows_typing or chat in self._typing:
            return
        task = asyncio.get_running_loop().create_task(self._type(chat))
        self._typing[chat] = task
        task.add_done_callback(lambda _: self._typing.pop(chat, None))

    async def _type(self, chat: str) -> None:
        try:
            limit = self._limits.typing
            await self._wire.call("sendChatAction", limit, chat_id=chat, action="typing")
        except CallFailed as error:  # the answer comes anyway
            log.debug("account %s: no typing sign: %s", self.account, error)

    async def _ask_identity(self) -> None:
        if not isinstance(get(await self._wire.call("getMe"), "id"), str | int):
            raise Unreadable("getMe gave no id", WHO)

    async def _register(self) -> None:
        if self._webhook_url:
            url, secret = self._webhook_url, self._secret
            await self._wire.call("setWebhook", url=url, secret_token=secret)

    async def _unregister(self) -> None:
        try:
            await self._wire.call("deleteWebhook")
        except Refusal as error:
            # Measured for a bot without a webhook. The token was found good before.
            if error.code != 404:
                raise

    def _pause(self, failures: int, error: CallFailed) -> float:
        match error:
            case Refusal(code=401 | 404):
                return self._limits.bad_token
            case Refusal(code=429):
                return self._limits.quota_pause(failures)
        return self._limits.pause(failures)

    # Sending

    async def send(self, address: Address, reply: Reply) -> str:
        """Send one message; return Zalo's message id. Raises SendFailed.

        A retry of the same reply in this process goes on after the media that had already come.
        """
        await self._end_typing(address.chat)
        try:
            number = await self._sending.deliver(address, reply)
        except CallFailed as error:
            failure = self._failure(error)
            if isinstance(failure, FailedForGood | StopWriting):
                self._sending.give_up(address, reply)
            raise failure from None
        return self._works(number)

    async def send_sticker(self, address: Address, sticker: str) -> str:
        """Send one of Zalo's own stickers, by its id; else as `send` does.

        No errand does: Zalo publishes no list of stickers, and none says what words do not.
        """
        await self._end_typing(address.chat)
        try:
            return self._works(await self._sending.sticker(address.chat, sticker))
        except CallFailed as error:
            raise self._failure(error) from None

    async def _end_typing(self, chat: str) -> None:
        """A sign after the answer would promise another."""
        if sign := self._typing.get(chat):
            await asyncio.wait([sign])

    def _works(self, number: str) -> str:
        self._failures.over()
        self._quota_refusals = 0
        return number

    def _failure(self, error: CallFailed) -> SendFailed:
        """Turn what went wrong into the decision that follows."""
        log.info("account %s: not sent: %s", self.account, error)
        match error:
            case Refusal(gone=True):
                return StopWriting(GONE)
            case Refusal(timed_out=True):
                return Uncertain(UNKNOWN)
            case Refusal(code=429):
                return self._quota_used_up()
            case Refusal(code=401 | 404):
                return self._later(NO_ACCESS, error, account_wide=True)
            case Refusal(hopeless=True):
                return FailedForGood(CONTENT)
            case Unreached():
                return Unreachable(UNREACHABLE, self._later(UNREACHABLE, error).when)
            case Refusal():
                return self._later(TROUBLE, error)
            case NotSent():
                return self._later(UNREACHABLE, error)
        return Uncertain(UNKNOWN)

    def _later(self, reason: str, error: CallFailed, *, account_wide: bool = False) -> RetryAt:
        when = self._failures.when(self._clock(), lambda n: self._pause(n, error))
        return RetryAt(reason, when, account_wide=account_wide)

    def _quota_used_up(self) -> RetryAt:
        """Let the account wait; what was on its way at the same time makes it no longer."""
        now = self._clock()
        if self._quota_until <= now:
            self._quota_refusals += 1
            seconds = self._limits.quota_pause(self._quota_refusals)
            self._quota_until = now + timedelta(seconds=seconds)
        return RetryAt(BUSY, self._quota_until, account_wide=True)
