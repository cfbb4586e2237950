"""Telegram: one bot account receives and sends; storing, pacing and layout are left to others.

`telegram_updates.py` says what an update means, `telegram_sending.py` how an answer is shown.
Source: core.telegram.org/bots/api.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from bot.channels import telegram_updates as updates
from bot.channels.calls import CallFailed, Unreadable, get
from bot.channels.channel import (
    Accept,
    FetchGone,
    FetchLater,
    FetchTooLarge,
    Health,
    Refused,
    Speed,
)
from bot.channels.downloads import PAUSE
from bot.channels.receiving import Receiving
from bot.channels.telegram_sending import CAPTION_LENGTH, Pen
from bot.channels.telegram_wire import WHO, Limits, Refusal, Wire
from handlers.messages import Address, Capabilities, Command, Incoming, MediaKind, Reply

log = logging.getLogger(__name__)

Menu = list[dict[str, str]]

COMMAND_TRIES = 5
SOUNDS = frozenset({".ogg", ".oga", ".opus", ".mp3", ".m4a"})
"""Source: core.telegram.org/bots/api#sendvoice and #sendaudio; others come as mere files."""

GROUP_MINUTE = 20  # messages a minute to one group; source: core.telegram.org/bots/faq
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name


class TelegramChannel:
    """One Telegram bot, as `bot.channels.channel.Channel` wants it.

    `clock` returns aware UTC. `read_media` gives the bytes of a content file by its name; each is
    uploaded once in the life of this object, so new bytes under an old name need a restart.
    `commands` are what Telegram's menu button offers.
    `session` must allow more connections at once than there are accounts that poll.
    In webhook mode `poll` returns when Telegram has taken the webhook; without a `webhook_url`
    somebody else registers it. Raises ValueError for a bad `webhook_secret` or `api_base`.
    """

    # Cards' pictures could be sent, but they push the answer off small screens, and cost data.
    capabilities = Capabilities(
        4096,
        buttons=12,
        media=frozenset({MediaKind.AUDIO}),
        if_sent=frozenset({MediaKind.IMAGE}),
        sounds=SOUNDS,
        caption_length=CAPTION_LENGTH,
        edits=True,
    )

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
        commands: Sequence[Command] = (),
        speed: Speed = Speed(29.5, 1),  # noqa: B008 - frozen
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        if mode == "webhook" and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", webhook_secret):
            raise ValueError(f"account {account}: webhook_secret must be 1-256 of A-Z a-z 0-9 _ -")
        self.account, self.speed = account, replace(speed, chat_minute=_minute)
        self._mode, self._secret, self._webhook_url = mode, webhook_secret, webhook_url
        self._clock, self._menus, self._limits = clock, _by_language(commands), limits
        self._wire = Wire(session, api_base, token, limits)
        self._pen = Pen(account, self._wire, limits, clock=clock, read_media=read_media)
        self._me = updates.Me(account, token.partition(":")[0])
        self._receiving = Receiving(account, limits.pause)
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
            return Health(ok=False, problem=error.remedy(), cause=error.cause)
        link = f"https://t.me/{self._me.name}"
        with_unit = f"{link}?start={{unit}}"
        problem = self._receiving.problem
        cause = self._receiving.cause
        return Health(not problem, problem, link=link, unit_link=with_unit, cause=cause)

    async def send(self, address: Address, reply: Reply) -> str:
        """Send one message; return Telegram's message id. Raises SendFailed.

        A retry of the same reply in this process goes on after the media that had already come.
        """
        number = await self._pen.send(address, reply)
        if reply.commands is not None:
            try:
                await self._offer_in(address.chat, reply.commands)
            except CallFailed as error:  # the words have come, and every command works unlisted
                log.warning("account %s: a chat's menu is not set: %s", self.account, error)
        return number

    async def fetch(self, reference: str, *, at_most: int) -> bytes:
        """Ask where a file lies just now, and fetch it: so a link that expired does not matter."""
        now = self._clock()
        later = now + PAUSE
        try:
            path = get(await self._wire.call("getFile", file_id=reference), "file_path")
        except Refusal as error:
            if error.hopeless and "too big" in str(error):
                raise FetchTooLarge("Telegram gives out no file of that size") from None
            if error.hopeless:
                raise FetchGone(str(error)) from None
            later = now + timedelta(seconds=max(error.retry_after, PAUSE.total_seconds()))
            raise FetchLater(str(error), later) from None
        except CallFailed as error:
            raise FetchLater(str(error), later) from None
        if not isinstance(path, str) or ".." in path:
            raise FetchLater("getFile gave no path", later)
        try:
            return await self._wire.download(path, at_most=at_most, now=now)
        except FetchGone as error:
            raise FetchLater(str(error), later) from None

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
        await self._receiving.insist(self._ask_name)
        if self._mode == "webhook":
            await self._receiving.insist(self._register)
            await self._offer_commands()
            return
        await self._receiving.insist(self._unregister)
        offering = asyncio.create_task(self._offer_commands())
        try:
            await self._fetch_on(accept)
        finally:
            offering.cancel()
            await asyncio.gather(offering, return_exceptions=True)

    async def _fetch_on(self, accept: Accept) -> None:
        offset, tries = 0, 5
        while True:
            try:
                # After a failure do not wait for news, so that a recovery shows at once.
                batch = await self._fetch(
                    offset, 0 if self._receiving.failures else self._limits.long_poll
                )
            except CallFailed as error:
                await self._receiving.back_off(error)
                if isinstance(error, Refusal) and error.code == 409:
                    with contextlib.suppress(CallFailed):  # it may be a webhook's doing
                        await self._unregister()
                continue
            self._receiving.works()
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
        raise Unreadable("getUpdates gave no list of updates", WHO)

    async def _ask_name(self) -> None:
        name = get(await self._wire.call("getMe"), "username")
        if not isinstance(name, str) or not re.fullmatch(r"\w+", name):
            raise Unreadable("getMe gave no username", WHO)
        self._me = updates.Me(self.account, self._me.id, name)

    async def _register(self) -> None:
        if self._webhook_url:
            hook: dict[str, Any] = {"url": self._webhook_url, "secret_token": self._secret}
            await self._wire.call("setWebhook", **hook, allowed_updates=updates.WANTED)

    async def _unregister(self) -> None:
        await self._wire.call("deleteWebhook", drop_pending_updates=False)

    async def _offer_commands(self) -> None:
        """Make the menu of commands what it should be; write nothing that is there already."""
        for attempt in range(1, COMMAND_TRIES + 1):
            try:
                for language, commands in self._menus.items():
                    await self._offer(language, commands)
            except CallFailed as error:
                trouble = error
                await asyncio.sleep(self._limits.pause(attempt, error))
            else:
                return
        log.warning("account %s: the menu of commands is not set: %s", self.account, trouble)

    async def _offer_in(self, chat: str, commands: Sequence[Command]) -> None:
        menus = _by_language(commands)
        for language in {**self._menus, **menus, "": ()}:
            asked: dict[str, Any] = {"language_code": language}
            asked["scope"] = {"type": "chat", "chat_id": int(chat)}
            if language in menus:
                await self._wire.call("setMyCommands", commands=menus[language], **asked)
            else:  # else people of that language would keep an older menu
                await self._wire.call("deleteMyCommands", **asked)

    async def _offer(self, language: str, commands: Menu) -> None:
        found = await self._wire.call("getMyCommands", language_code=language)
        listed = found if isinstance(found, list) else []
        there = [{key: get(one, key) for key in ("command", "description")} for one in listed]
        if there != commands:
            await self._wire.call("setMyCommands", commands=commands, language_code=language)


def _minute(chat: str) -> int | None:
    """Groups have negative numbers; nobody else's messages are counted by the minute."""
    return GROUP_MINUTE if chat.startswith("-") else None


def _by_language(commands: Sequence[Command]) -> dict[str, Menu]:
    """Menus as Telegram wants them; it knows languages of two letters alone (and "" for others)."""
    menus: dict[str, Menu] = {}
    for one in commands:
        if re.fullmatch(r"[a-z]{2}|", one.language):
            menu = menus.setdefault(one.language, [])
            menu.append({"command": one.word, "description": one.about})
    return menus
