"""Makes the channel of an account: the one place that knows which platform is which class."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import aiohttp

from bot.account_settings import Account
from bot.channels.channel import Channel, Speed
from bot.channels.telegram import TelegramChannel
from bot.channels.zalo_bot import ZaloBotChannel
from bot.channels.zalo_oa import Siblings, ZaloOAChannel
from bot.channels.zalo_oa_consent import Permission
from bot.channels.zalo_oa_template import NoticeTemplate
from bot.channels.zalo_oa_tokens import OAuth
from bot.sealing import KEY_NAME, REMEDY, Seal
from bot.token_keeping import TokenKeeping
from handlers.messages import Command, Template
from storage.database import Database
from storage.inbox import Inbox


@dataclass(frozen=True)
class Workshop:
    """What channels are made of. `public_url` may be empty; `clock` returns aware UTC.

    `speed` is for platforms that do not say how fast an account may write, or not exactly.
    Without a `seal` there are no Official Accounts: their tokens are kept sealed. Who only looks
    (`renews` is false) spends no refresh token. `leaving` is set when the process ends.
    """

    session: aiohttp.ClientSession
    public_url: str
    clock: Callable[[], datetime]
    read_media: Callable[[str], Awaitable[bytes]]
    commands: Sequence[Command]
    speed: Speed
    database: Database
    seal: Seal | None
    renews: bool = True
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    siblings: Siblings = field(default_factory=dict)

    def channel_of(self, account: Account) -> Channel:
        """The channel of an account on a platform; the web chat is made elsewhere.

        Raises ValueError for settings that the channel refuses.
        """
        match account.platform:
            case "telegram":
                return self._telegram(account)
            case "zalo_bot":
                return self._zalo_bot(account)
            case "zalo_oa":
                return self._zalo_oa(account)
        raise ValueError(f"account {account.name}: {account.platform} is made elsewhere")

    def _telegram(self, account: Account) -> Channel:
        return TelegramChannel(
            account.name,
            account.token.get_secret_value(),
            api_base=account.api_base,
            mode=account.mode,
            webhook_secret=account.webhook_secret.get_secret_value(),
            webhook_url=self._webhook(account),
            session=self.session,
            clock=self.clock,
            read_media=self.read_media,
            commands=self.commands,
            speed=self._speed(account),
        )

    def _zalo_bot(self, account: Account) -> Channel:
        return ZaloBotChannel(
            account.name,
            account.token.get_secret_value(),
            api_base=account.api_base,
            mode=account.mode,
            webhook_secret=account.webhook_secret.get_secret_value(),
            webhook_url=self._webhook(account),
            session=self.session,
            clock=self.clock,
            media_base=f"{self.public_url}/media" if self.public_url else None,
            speed=self._speed(account),
            file_hosts=account.file_hosts,
        )

    def _zalo_oa(self, account: Account) -> Channel:
        app_secret = account.app_secret.get_secret_value()
        if self.seal is None:
            raise ValueError(f"account {account.name}: {KEY_NAME} is missing: {REMEDY}")
        tokens = tokens_of(
            account,
            session=self.session,
            database=self.database,
            seal=self.seal,
            clock=self.clock,
            renews=self.renews,
            leaving=self.leaving,
        )

        async def last_heard(chat: str) -> datetime | None:
            async with self.database.read() as tx:
                return await Inbox().last_heard(tx, account=account.name, chat=chat)

        return ZaloOAChannel(
            account.name,
            app_id=account.app_id,
            oa_secret=account.oa_secret.get_secret_value(),
            tokens=tokens,
            api_base=account.api_base,
            session=self.session,
            clock=self.clock,
            read_media=self.read_media,
            oa_id=account.oa_id,
            last_heard=last_heard,
            media_base=f"{self.public_url}/media" if self.public_url else None,
            pictures=account.pictures,
            lists=account.lists,
            allow_billed=account.allow_billed,
            template=_template_of(account),
            prove=app_secret if account.appsecret_proof else "",
            oldest=timedelta(hours=account.webhook_hours),
            file_hosts=account.file_hosts,
            siblings=self.siblings,
        )

    def _speed(self, account: Account) -> Speed:
        return replace(
            self.speed,
            per_second=account.messages_per_second or self.speed.per_second,
            per_chat=account.messages_per_chat_per_second or self.speed.per_chat,
        )

    def _webhook(self, account: Account) -> str | None:
        return f"{self.public_url}/hooks/{account.name}" if self.public_url else None


def _template_of(account: Account) -> NoticeTemplate | None:
    if not account.notice_template:
        return None
    takes = Template(
        account.notice_template_length, account.notice_template_price,
        account.notice_template, account.notice_template_field,
    )  # fmt: skip
    return NoticeTemplate(takes.name, takes.field, takes)


def tokens_of(
    account: Account,
    *,
    session: aiohttp.ClientSession,
    database: Database,
    seal: Seal,
    clock: Callable[[], datetime],
    renews: bool = True,
    leaving: asyncio.Event | None = None,
    at_step: Callable[[str], None] = lambda _: None,
) -> TokenKeeping:
    """The keeper of an Official Account's tokens. Raises ValueError (oauth_base)."""
    oauth = OAuth(
        session,
        account.oauth_base,
        app_id=account.app_id,
        app_secret=account.app_secret.get_secret_value(),
    )
    return TokenKeeping(
        account.name,
        database=database,
        seal=seal,
        exchange=oauth.exchange,
        first=account.refresh_token.get_secret_value(),
        clock=clock,
        renews=renews,
        leaving=leaving,
        at_step=at_step,
    )


def permission_of(account: Account, session: aiohttp.ClientSession) -> Permission | None:
    """The way to an admin's consent, where the account's platform has one.

    Raises ValueError for settings that the platform refuses.
    """
    if account.platform != "zalo_oa":
        return None
    return Permission(
        session,
        api_base=account.api_base,
        oauth_base=account.oauth_base,
        app_id=account.app_id,
        app_secret=account.app_secret.get_secret_value(),
        prove=account.appsecret_proof,
    )
