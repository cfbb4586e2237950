"""The register of accounts that are added while the program runs: sealed, checked, removed."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import ValidationError

from bot.account_settings import FIXED, SECRETS, Account, other_bot, same_line, unnumbered
from bot.config import Settings, fault_in_words
from bot.sealing import KEY_NAME, REMEDY, Seal, Unopenable, fingerprint
from bot.unit_keeping import units_of
from handlers.staff.channel_accounts import Known
from handlers.units import Units
from storage.accounts import AccountBook, AccountTaken, KeptAccount, NoAccount
from storage.database import Database, Transaction
from storage.outbox import Outbox
from storage.tokens import TokenBook

REMOVED = "the account was removed"

TAKEN_UP = timedelta(seconds=5)
"""Within this every process has looked for what was changed."""


class Fault(StrEnum):
    """Why an account cannot be used, added, changed or removed: for who has other words."""

    KEY = "key"  # none to seal with
    OTHER_KEY = "other_key"
    TAKEN = "taken"
    IN_SETTINGS = "in_settings"
    SAME_LINE = "same_line"
    NUMBER = "number"  # its number, or that of another one of its app, is missing
    GONE = "gone"
    CHANGED = "changed"  # by somebody else meanwhile
    FIXED = "fixed"  # it would be another account
    NO_ADDRESS = "no_address"
    OTHER = "other"


class BadAccount(Exception):
    """An account cannot be used, added, changed or removed; says why and what to do, for an
    operator."""

    def __init__(self, reason: str, fault: Fault = Fault.OTHER) -> None:
        super().__init__(reason)
        self.fault = fault


async def _nothing(_tx: Transaction) -> None:
    """Nothing more belongs to it."""


class Register:
    """The accounts that the database keeps, beside those of the settings file."""

    def __init__(self, database: Database, settings: Settings, units: Units | None = None) -> None:
        """`units` are all that there are; without, those of the settings file."""
        key = settings.token_key.get_secret_value()
        self._database = database
        self._seal = Seal(key) if key else None
        self._units = units_of(settings) if units is None else units
        self._public_url = settings.web.public_url
        self._of_settings = settings.accounts
        self._configured = {account.name for account in settings.accounts}
        self._book = AccountBook()

    def knows(self, unit: str) -> bool:
        """Whether there is such a unit now."""
        return self._units.get(unit) is not None

    async def all(self) -> Sequence[KeptAccount]:
        """Every added account, by name, sealed."""
        async with self._database.read() as tx:
            return await self._book.all(tx)

    async def every(self) -> list[Account]:
        """Those of the settings file, then the added ones that can be opened, oldest first."""
        found = list(self._of_settings)
        for kept in sorted(await self.all(), key=lambda one: one.id):
            with contextlib.suppress(BadAccount):
                found.append(self.open(kept))
        return found

    async def sharing_app(self, name: str) -> list[str]:
        """The names of the other accounts of its app, whose console knows one address for all."""
        every = await self.every()
        app = next((one.app_id for one in every if one.name == name), "")
        return [one.name for one in every if one.app_id == app != "" and one.name != name]

    def open(self, kept: KeptAccount) -> Account:
        """The settings of a kept account. Raises BadAccount."""
        if kept.name in self._configured:
            raise BadAccount(
                "the settings file has an account of this name: remove one of the two",
                Fault.IN_SETTINGS,
            )
        return checked(self._given(kept), self._units)

    async def known(self, name: str) -> Known:
        """What may be shown of an added account's settings. Raises BadAccount."""
        kept = await self._kept(name)
        given = self._given(kept)
        shown = {key: value for key, value in given.items() if key not in SECRETS}
        return Known(shown, fingerprint(kept.sealed))

    async def add(
        self,
        settings: Mapping[str, str],
        *,
        at: datetime,
        by: str,
        also: Callable[[Transaction], Awaitable[None]] = _nothing,
    ) -> Account:
        """Keep a new account. `settings` are those of `[[accounts]]`; `also` is what is done in
        the same transaction. Raises BadAccount."""
        given = self._reachable(settings)
        account = checked(given, self._units)
        if account.platform == "web_chat":
            raise BadAccount("one web chat serves all units, and it is there already")
        taken = BadAccount(
            f"there is an account {account.name!r}: choose another name", Fault.TAKEN
        )
        if account.name in self._configured:
            raise taken
        await self._alone(account)
        sealed = self._sealing().close(json.dumps(given))
        async with self._database.begin() as tx:
            try:
                await self._book.add(
                    tx,
                    name=account.name,
                    platform=account.platform,
                    unit=account.unit,
                    title=account.title,
                    sealed=sealed,
                    at=at,
                    by=by,
                )
            except AccountTaken:
                raise taken from None
            await also(tx)
        return account

    async def change(
        self,
        name: str,
        settings: Mapping[str, str],
        *,
        at: datetime,
        by: str,
        version: str = "",
        also: Callable[[Transaction], Awaitable[None]] = _nothing,
    ) -> Account:
        """Keep other settings of an added account, which stays the same account: its
        conversations, tokens and waiting messages stay.

        `settings` are those that change; an empty one is again what it is for a new account. With a
        `version` nothing is done if that is not what is kept by now. `also` is as in `add`.
        Raises BadAccount.
        """
        kept = await self._kept(name)
        changed = BadAccount(f"{name!r} was changed meanwhile: look at it again", Fault.CHANGED)
        if version not in {"", fingerprint(kept.sealed)}:
            raise changed
        given = self._given(kept)
        wanted = self._reachable(
            {key: value for key, value in {**given, **settings}.items() if value}
        )
        account = checked(wanted, self._units)
        if wanted == {key: value for key, value in given.items() if value}:
            return account
        self._stays_itself(given, account)
        await self._alone(account)
        sealed = self._sealing().close(json.dumps(wanted))
        async with self._database.begin() as tx:
            if not await self._book.change(
                tx, kept, unit=account.unit, sealed=sealed, title=account.title, at=at, by=by
            ):
                raise changed
            await Outbox().hurry_account(tx, name, by=at + TAKEN_UP)
            await also(tx)
        return account

    async def remove(
        self,
        name: str,
        *,
        at: datetime,
        also: Callable[[Transaction], Awaitable[None]] = _nothing,
    ) -> int:
        """Forget an added account and its secrets; its conversations stay. `also` is as in `add`.

        Returns how many messages were waiting for it: they are ended. Raises BadAccount.
        """
        self._of_database(name)
        async with self._database.begin() as tx:
            try:
                await self._book.remove(tx, name)
            except NoAccount:
                raise _none(name) from None
            await TokenBook().forget(tx, name)
            await also(tx)
            return await Outbox().fail_account(tx, name, reason=REMOVED, at=at)

    def _of_database(self, name: str) -> None:
        if name in self._configured:
            raise BadAccount(
                f"{name!r} stands in the settings file: change it there, and start again",
                Fault.IN_SETTINGS,
            )

    async def _kept(self, name: str) -> KeptAccount:
        self._of_database(name)
        found = next((row for row in await self.all() if row.name == name), None)
        if found is None:
            raise _none(name)
        return found

    def _given(self, kept: KeptAccount) -> dict[str, str]:
        """The settings as they were given."""
        try:
            return dict(json.loads(self._sealing().open(kept.sealed)))
        except Unopenable:
            raise BadAccount(
                f"{KEY_NAME} is not the key that sealed its settings", Fault.OTHER_KEY
            ) from None

    def _reachable(self, settings: Mapping[str, str]) -> dict[str, str]:
        """A webhook has a secret of its own: we tell it to the platform, and nobody needs it."""
        given = dict(settings)
        if given.get("mode") == "webhook" and not given.get("webhook_secret"):
            if not self._public_url:
                raise BadAccount(
                    "mode webhook needs [web] public_url, or a webhook_secret that somebody else "
                    "tells the platform",
                    Fault.NO_ADDRESS,
                )
            given["webhook_secret"] = secrets.token_urlsafe(32)
        return given

    async def _alone(self, account: Account) -> None:
        """No other account speaks for the same bot, and each event finds its account."""
        for one in await self.every():
            if one.name == account.name:
                continue
            if same_line(one, account):
                raise BadAccount(
                    f"{one.name!r} is the same line: it would be answered twice", Fault.SAME_LINE
                )
            if nameless := unnumbered(one, account):
                raise BadAccount(
                    f"{one.name!r} is of the same app, and the messages of both come to one "
                    f"address: set oa_id of {nameless!r} first",
                    Fault.NUMBER,
                )

    def _stays_itself(self, given: Mapping[str, str], account: Account) -> None:
        """Conversations and tokens are one bot's or one app's: none of another."""
        moved = [key for key in FIXED if given.get(key, "") != getattr(account, key)]
        with contextlib.suppress(BadAccount):  # what cannot be used tells nothing
            if other_bot(checked({**given, "unit": ""}, self._units), account):
                moved.append("token")
        if moved:
            raise BadAccount(
                f"with another {moved[0]} it would be another account, whose conversations are not "
                "these: add it under a name of its own",
                Fault.FIXED,
            )

    def _sealing(self) -> Seal:
        if self._seal is None:
            raise BadAccount(
                f"its secrets are kept sealed, and {KEY_NAME} is missing: {REMEDY}", Fault.KEY
            )
        return self._seal


def _none(name: str) -> BadAccount:
    return BadAccount(f"there is no added account {name!r}", Fault.GONE)


def checked(settings: Mapping[str, str], units: Units) -> Account:
    """Settings as an account. Raises BadAccount with every fault; no secret is repeated."""
    try:
        account = Account.model_validate(dict(settings))
    except ValidationError as invalid:
        told = "; ".join(fault_in_words(error, Account) for error in invalid.errors())
        raise BadAccount(told) from None
    if account.unit and units.get(account.unit) is None:
        raise BadAccount(f"unit: {account.unit!r} is none of the units")
    return account
