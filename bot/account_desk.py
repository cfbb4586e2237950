"""The accounts as their desk at the console knows them: listed, asked, added, removed, renewed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.account_register import BadAccount, Fault, Register
from bot.account_settings import (
    ASKS,
    BASES,
    BY_CONSENT,
    CHOICES,
    FIXED,
    SECRETS,
    Account,
    needed_keys,
    paced,
)
from bot.accounts import Accounts
from bot.channels.calls import CallFailed
from bot.channels.channel import Channel, Health
from bot.config import Settings
from bot.consent import ConsentRefused, Consents
from bot.qr_codes import link_of, picture
from bot.token_states import token_state
from handlers.deep_links import DeepLink
from handlers.staff.channel_accounts import (
    AccountRefused,
    Also,
    Asked,
    Consent,
    Field,
    Known,
    Line,
)
from storage.accounts import KeptAccount
from storage.database import Database
from storage.inbox import Inbox
from storage.outbox import Outbox
from storage.tokens import TokenBook

PATIENCE = 5.0
"""Seconds for which a platform is waited for."""

HEARD = timedelta(days=7)
"""So far back it is looked when an account was written to: not through all that is kept."""


def fields_of(platform: str) -> tuple[Field, ...]:
    """What is typed for a new account of a platform; the rest is for the command."""
    needed = (Field(key, key in SECRETS, needed=True) for key in needed_keys(platform))
    asked = (Field(key, choices=CHOICES.get(key, ())) for key in ASKS[platform])
    return (*needed, *asked, *_bases(platform))


def changes_of(platform: str) -> tuple[Field, ...]:
    """What can be typed for an account that is there: a secret that is left empty stays."""
    asked = (Field(key, choices=CHOICES.get(key, ())) for key in ASKS[platform])
    pace = (Field(key) for key in paced(platform))
    secret = (Field(key, True) for key in needed_keys(platform) if key not in FIXED)
    return (*asked, *pace, *secret, *_bases(platform))


def _bases(platform: str) -> list[Field]:
    return [Field(key, of_house=True) for key in BASES[platform]]


@dataclass(frozen=True)
class AccountsAtDesk:
    """`handlers.staff.channel_accounts.ChannelAccounts`, of this process and its database."""

    register: Register
    accounts: Accounts
    consents: Consents
    database: Database
    settings: Settings
    clock: Callable[[], datetime]
    patience: float = PATIENCE
    fields: Mapping[str, Sequence[Field]] = field(
        default_factory=lambda: MappingProxyType({name: fields_of(name) for name in ASKS})
    )
    changes: Mapping[str, Sequence[Field]] = field(
        default_factory=lambda: MappingProxyType({name: changes_of(name) for name in ASKS})
    )
    _asked: dict[str, tuple[Channel, Asked]] = field(default_factory=dict)

    @property
    def sealing(self) -> bool:
        return bool(self.settings.token_key.get_secret_value())

    def webhook(self, name: str) -> str:
        public = self.settings.web.public_url
        return f"{public}/hooks/{name}" if public else ""

    async def all(self) -> list[Line]:
        now = self.clock()
        async with self.database.read() as tx:
            tokens = {one.account: token_state(one, now) for one in await TokenBook().all(tx)}

        def line(one: Account | KeptAccount) -> Line:
            added = one if isinstance(one, KeptAccount) else None
            return Line(
                name=one.name,
                title=one.title,
                platform=one.platform,
                unit=one.unit,
                added_at=added.added_at if added else None,
                added_by=added.added_by if added else "",
                changed_at=added.changed_at if added else None,
                changed_by=added.changed_by if added else "",
                left_out=self.accounts.problems.get(one.name, "") if added else "",
                at_work=one.name in self.accounts.channels,
                consents=one.platform in BY_CONSENT,
                asked=self._known(one.name),
                tokens=tokens.get(one.name),
            )

        found = [line(one) for one in self.settings.accounts]
        taken = {one.name for one in found}
        found += [line(one) for one in await self.register.all() if one.name not in taken]
        return sorted(found, key=lambda one: one.name)

    async def ask(self, name: str) -> Asked | None:
        channel = self.accounts.channels.get(name)
        if channel is None:
            return None
        asked = self._told(await self._health(channel))
        if self.accounts.channels.get(name) is channel:  # it may be gone by now, or another
            self._asked[name] = channel, asked
        return asked

    async def waiting(self, names: Sequence[str]) -> Mapping[str, int]:
        async with self.database.read() as tx:
            return await Outbox().in_hand(tx, names)

    async def heard(self, names: Sequence[str]) -> Mapping[str, datetime]:
        async with self.database.read() as tx:
            return await Inbox().heard_since(tx, names, since=self.clock() - HEARD)

    async def add(self, settings: Mapping[str, str], *, by: str, also: Also) -> None:
        try:
            await self.register.add(settings, at=self.clock(), by=by, also=also)
        except BadAccount as bad:
            raise _refused(bad) from None

    async def known(self, name: str) -> Known:
        try:
            return await self.register.known(name)
        except BadAccount as bad:
            raise _refused(bad) from None

    async def change(
        self, name: str, settings: Mapping[str, str], *, version: str, by: str, also: Also
    ) -> None:
        try:
            await self.register.change(
                name, settings, at=self.clock(), by=by, version=version, also=also
            )
        except BadAccount as bad:
            raise _refused(bad) from None

    async def remove(self, name: str, *, also: Also) -> int:
        try:
            return await self.register.remove(name, at=self.clock(), also=also)
        except BadAccount as bad:
            raise _refused(bad) from None

    async def sharing_app(self, name: str) -> Sequence[str]:
        return await self.register.sharing_app(name)

    async def invite(self, name: str) -> Consent:
        try:
            asked = await self.consents.invite(name)
        except BadAccount as bad:
            raise _refused(bad) from None
        return Consent(asked.callback, asked.challenge, asked.link, asked.until, asked.sure)

    async def redeem(self, name: str, code: str) -> str:
        try:
            holder = await self.consents.redeem(name, code)
        except BadAccount as bad:
            raise _refused(bad) from None
        except ConsentRefused as refused:
            raise AccountRefused(refused.outcome.value, refused.reason) from None
        return " ".join(filter(None, (holder.name, holder.number)))

    async def code(self, name: str, unit: str, ending: str) -> bytes:
        channel = self.accounts.channels.get(name)
        health = await self._health(channel) if channel is not None else None
        if health is None:
            raise AccountRefused("silent", "the platform does not answer: try again later")
        address, problem = link_of(
            health, DeepLink(unit),
            home=self.accounts.home_units.get(name, ""), public_url=self.settings.web.public_url,
        )  # fmt: skip
        if problem:
            raise AccountRefused("no_code", problem)
        return await asyncio.to_thread(picture, address, ending)

    async def _health(self, channel: Channel) -> Health | None:
        """None: it did not answer in time."""
        try:
            async with asyncio.timeout(self.patience):
                return await channel.check()
        except TimeoutError:
            return None
        except CallFailed as failed:
            return Health(ok=False, problem=failed.remedy(), cause=failed.cause)

    def _told(self, health: Health | None) -> Asked:
        at = self.clock()
        if health is None:
            return Asked(at, ok=False, cause="silent", told="no answer in time")
        own = health.link.startswith("/")  # a page of this program's own
        link = f"{self.settings.web.public_url}{health.link}" if own else health.link
        if health.ok:
            return Asked(at, ok=True, link=link)
        return Asked(at, False, health.cause.value, health.problem, link)

    def _known(self, name: str) -> Asked | None:
        """What was answered last, unless the account is another one by now."""
        channel, asked = self._asked.get(name, (None, None))
        return (
            asked if channel is not None and channel is self.accounts.channels.get(name) else None
        )


def _refused(bad: BadAccount) -> AccountRefused:
    told = str(bad) if bad.fault is Fault.OTHER else ""
    return AccountRefused(bad.fault.value, told)
