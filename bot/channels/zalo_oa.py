"""Zalo OA: one Official Account receives by webhook and sends consultation messages.

`zalo_oa_events.py` says what an event means, `zalo_oa_errors.py` what an error does, and
`zalo_oa_sending.py` shows a reply. Tokens are kept by others.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from bot.channels import zalo_oa_errors as errors
from bot.channels import zalo_oa_events as events
from bot.channels.calls import CallFailed, Cause, Failures, NotSent, Unreached, get
from bot.channels.channel import (
    NO_ACCESS,
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
    TooFast,
    Uncertain,
    Unreachable,
)
from bot.channels.receiving import Trouble
from bot.channels.zalo_files import HOSTS, Files
from bot.channels.zalo_oa_errors import Then
from bot.channels.zalo_oa_messages import BUTTONS, TEXT_LENGTH
from bot.channels.zalo_oa_sending import Sending
from bot.channels.zalo_oa_signature import is_genuine
from bot.channels.zalo_oa_template import ByTemplates, NoticeTemplate
from bot.channels.zalo_oa_tokens import NoToken
from bot.channels.zalo_oa_window import LastHeard, Window, declared
from bot.channels.zalo_oa_wire import Limits, Refusal, Tokens, Wire, number
from handlers.messages import Address, Capabilities, Incoming, Kind, MediaKind, Reply

log = logging.getLogger(__name__)

OLDEST = timedelta(hours=12)
NAMES = 100  # of unknown events that are counted apart
WHO_WE_ARE = "/v2.0/oa/getoa"


Siblings = MutableMapping[tuple[str, str], "ZaloOAChannel"]
"""The open accounts of this process, by app and Official Account."""


class ZaloOAChannel:
    """One Official Account, as `bot.channels.channel.Channel` wants it.

    `clock` returns aware UTC. `read_media` gives the bytes of a content file by its name, and
    `media_base`, if there is one, is the public address where Zalo finds it as well; pictures and
    files are sent only with `pictures`. With `lists` a picture, its words and its choices are one
    message where they fit; whether Zalo still takes lists is unconfirmed. `oa_id` is needed where
    several accounts share one app: its webhook hears them all, at the address of any, and each
    event is handed to the one of `siblings` that it names, whose secret it must be signed with. An
    account that is alone and has no `oa_id` asks Zalo for it, so that it takes no other's events.
    `last_heard` gives the time when a chat's person last wrote, as far as our store knows; else
    Zalo is asked. Without `allow_billed` no free text is sent that would cost money; `template` is
    what a notice that was released for it costs money by, to whom no free text may go.
    `prove` holds the app's secret where Zalo's console wants each call proved.
    Raises ValueError for an empty `oa_secret` or a bad `api_base`.
    """

    # Zalo lets an app call 4,000 times a minute; what one person may get in a second it does not
    # say. Accounts that share an app share those calls.
    speed = Speed(66, 1)

    def __init__(
        self,
        account: str,
        *,
        app_id: str,
        oa_secret: str,
        tokens: Tokens,
        api_base: str,
        session: aiohttp.ClientSession,
        clock: Callable[[], datetime],
        read_media: Callable[[str], Awaitable[bytes]],
        oa_id: str = "",
        last_heard: LastHeard | None = None,
        media_base: str | None = None,
        pictures: bool = False,
        lists: bool = False,
        allow_billed: bool = False,
        template: NoticeTemplate | None = None,
        prove: str = "",
        oldest: timedelta = OLDEST,
        file_hosts: Collection[str] = HOSTS,
        siblings: Siblings | None = None,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        if not oa_secret:
            raise ValueError(f"account {account}: oa_secret is empty: no webhook could be believed")
        self.account = account
        media = frozenset({MediaKind.IMAGE, MediaKind.FILE} if pictures else ())
        self.capabilities = Capabilities(
            TEXT_LENGTH,
            buttons=BUTTONS,
            media=media,
            window=declared(pays=allow_billed),
            template=template.takes if template else None,
        )
        self.ignored: Counter[str] = Counter()  # events that are not known, by name
        self._app_id, self._oa_id, self._secret = app_id, oa_id, oa_secret
        self._siblings: Siblings = {} if siblings is None else siblings
        self.speed = replace(self.speed, shared=f"Zalo app {app_id}")
        self._tokens, self._clock, self._oldest, self._limits = tokens, clock, oldest, limits
        self._wire = Wire(session, api_base, tokens, limits, proof_secret=prove)
        self._files = Files(session, api_base, clock, limits.download, file_hosts)
        self._window = Window(self._wire, clock, last_heard, allow_billed=allow_billed)
        self._templates = ByTemplates(self._wire, clock, template)
        self._sending = Sending(
            self._wire, clock, read_media=read_media, media_base=media_base, lists=lists
        )
        self._failures = Failures()
        self._trouble = Trouble(account, "has its token again")
        self._asking, self._ask_again = asyncio.Lock(), datetime.min.replace(tzinfo=UTC)

    async def open(self) -> None:
        """Let siblings find us; the session is shared."""
        if self._oa_id:
            self._siblings[self._app_id, self._oa_id] = self

    async def close(self) -> None:
        """Wait until a new token, if one is being fetched, is stored."""
        if self._siblings.get((self._app_id, self._oa_id)) is self:
            del self._siblings[self._app_id, self._oa_id]
        await self._tokens.close()

    async def check(self) -> Health:
        """Ask Zalo who we are; tell also what will stop the account if nobody acts."""
        try:
            about = await self._wire.ask(WHO_WE_ARE)
        except NoToken as error:
            cause = Cause.CONSENT if error.consent else Cause.TOKEN
            return Health(False, error.reason, self._link(self._oa_id), cause=cause)
        except CallFailed as error:
            return Health(False, error.remedy(), self._link(self._oa_id), cause=error.cause)
        found = str(get(about, "oaid") or self._oa_id)
        problem, cause = self._tokens.problem, Cause.TOKEN
        if self._oa_id and found != self._oa_id:
            problem = f"the token is of another Official Account: {found}, not {self._oa_id}"
            cause = Cause.WRONG_ACCOUNT
        return Health(ok=not problem, problem=problem, link=self._link(found), cause=cause)

    def _link(self, oa: str) -> str:
        """Where people find an Official Account; nothing while its number is not known."""
        return f"https://zalo.me/{oa}" if oa else ""

    async def fetch(self, reference: str, *, at_most: int) -> bytes:
        """Return what a person sent, while Zalo keeps it. Raises FetchFailed."""
        return await self._files.fetch(reference, at_most=at_most)

    # Receiving

    async def receive(self, headers: Mapping[str, str], body: bytes) -> list[Incoming]:
        """Read one webhook request. Raises Refused: 403 for its caller or age, 400 for content."""
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(400, "the body is not JSON") from None
        about = events.oa_of(event)
        # Whom it names is only claimed so far; whoever takes it looks whether it is signed.
        taker = self._siblings.get((self._app_id, about), self)
        return await taker._take(headers, body, event)

    async def _take(self, headers: Mapping[str, str], body: bytes, event: Any) -> list[Incoming]:
        stamp, sent_at = events.stamp_of(event)
        about = events.oa_of(event)
        ids = (self._app_id, self._oa_id or about)
        if not is_genuine(headers, body, stamp=stamp, ids=ids, secret=self._secret):
            raise Refused(403, "the signature is missing or wrong")
        if sent_at < self._clock() - self._oldest:
            raise Refused(403, "the event is too old")
        name = events.name_of(event)
        if about and (await self._own_number() or about) != about:
            return self._not_for_us(
                f"all of the Official Account {about}, which is no account here"
            )
        incoming = events.read(event, self.account)
        if incoming is None:
            return self._not_for_us(name)
        for one in incoming:
            if one.kind not in {Kind.BLOCKED, Kind.WITHDREW}:
                self._window.note(one.address.chat, one.sent_at)
        return incoming

    async def poll(self, accept: Accept) -> None:
        """Fetch nothing, for Zalo calls us; keep the tokens young while nobody is written to."""
        while True:
            try:
                await self._tokens.current()
                self._trouble.note(self._tokens.problem)
            except NoToken as error:
                self._trouble.note(error.reason)
            await asyncio.sleep(self._limits.token_look)

    async def _own_number(self) -> str:
        """Our Official Account's number; where nobody noted it, Zalo is asked, for a second.

        Nothing as long as Zalo does not say: then every event of the app counts as ours.
        """
        async with self._asking:
            if not self._oa_id and self._clock() >= self._ask_again:
                self._ask_again = self._clock() + timedelta(seconds=self._limits.number_look)
                with contextlib.suppress(TimeoutError, NoToken, CallFailed):
                    async with asyncio.timeout(self._limits.number):
                        about = get(await self._wire.ask(WHO_WE_ARE), "oaid")
                    self._oa_id = str(number(about) or "")
        return self._oa_id

    def _not_for_us(self, name: str) -> list[Incoming]:
        known = name in self.ignored or len(self.ignored) < NAMES
        self.ignored[name if known else "others"] += 1
        if self.ignored[name] == 1:
            log.info("account %s: ignored from now on: %s", self.account, name)
        return []

    # Sending

    async def send(self, address: Address, reply: Reply) -> str:
        """Send one message; return Zalo's message id. Raises SendFailed.

        The reason of a failure is the key of a text for staff. A retry of the same reply in this
        process goes on after the pictures that had already come.
        """
        try:
            sent = await self._written(address, reply)
        except NoToken as error:
            reason = errors.CONSENT if error.consent else NO_ACCESS
            self._trouble.note(error.reason)
            raise RetryAt(reason, error.when, account_wide=True) from None
        except CallFailed as error:
            log.info("account %s: not sent: %s", self.account, error)
            failure = self._failure(error)
            if isinstance(failure, FailedForGood | StopWriting):
                self._sending.give_up(address, reply)
            raise failure from None
        self._failures.over()
        return sent

    async def _written(self, address: Address, reply: Reply) -> str:
        """Send it as it is written, or where that may not be, by the template that it was given."""
        if not self._templates.carries(reply.template):
            await self._window.check(address.chat)
            return await self._sending.deliver(address, reply)
        try:
            await self._window.check(address.chat)
            return await self._sending.deliver(address, reply)
        except FailedForGood as closed:
            if str(closed) not in errors.SHUT:
                raise
        except Refusal as refused:  # nobody had known when they wrote
            if refused.meaning.reason not in errors.SHUT:
                raise
            self._sending.give_up(address, reply)
        return await self._templates.send(address.chat, reply.template)

    def _failure(self, error: CallFailed) -> SendFailed:
        """Turn what went wrong into the decision that follows."""
        if isinstance(error, Unreached):
            return Unreachable(UNREACHABLE, self._later(UNREACHABLE).when)
        if isinstance(error, NotSent):
            return self._later(UNREACHABLE)
        if not isinstance(error, Refusal) or error.timed_out:
            return Uncertain(UNKNOWN)
        reason = error.meaning.reason
        match error.meaning.then:
            case Then.NEVER:
                return FailedForGood(reason)
            case Then.PERSON:
                return StopWriting(reason)
            case Then.MORNING:
                return RetryAt(reason, errors.next_morning(self._clock()))
            case Then.ALL_LATER:
                when = self._clock() + timedelta(seconds=self._limits.too_fast)
                return TooFast(reason, when, account_wide=True)
            case Then.OPERATOR | Then.TOKEN:
                self._trouble.note(error.remedy())
                seconds = self._limits.operator
            case Then.LATER:
                return self._later(reason)
        return RetryAt(reason, self._clock() + timedelta(seconds=seconds), account_wide=True)

    def _later(self, reason: str) -> RetryAt:
        return RetryAt(reason, self._failures.when(self._clock(), self._limits.pause))
