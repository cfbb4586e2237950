"""The register of accounts that are added while the program runs: sealed, checked, removed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import ValidationError

from bot.account_settings import Account, same_line, unnumbered
from bot.config import Settings, fault_in_words
from bot.sealing import KEY_NAME, REMEDY, Seal, Unopenable
from storage.accounts import AccountBook, AccountTaken, KeptAccount, NoAccount
from storage.database import Database, Transaction
from storage.outbox import Outbox
from storage.tokens import TokenBook

REMOVED = "the account was removed"


class Fault(StrEnum):
    """Why an account cannot be used, added or removed: for who has other words than ours."""

    KEY = "key"  # none to seal with
    OTHER_KEY = "other_key"
    TAKEN = "taken"
    IN_SETTINGS = "in_settings"
    SAME_LINE = "same_line"
    NUMBER = "number"  # its number, or that of another one of its app, is missing
    GONE = "gone"
    OTHER = "other"


class BadAccount(Exception):
    """An account cannot be used, added or removed; says why and how to mend it, for an operator."""

    def __init__(self, reason: str, fault: Fault = Fault.OTHER) -> None:
        super().__init__(reason)
        self.fault = fault


async def _nothing(_tx: Transaction) -> None:
    """Nothing more belongs to it."""


class Register:
    """The accounts that the database keeps, beside those of the settings file."""

    def __init__(self, database: Database, settings: Settings) -> None:
        key = settings.token_key.get_secret_value()
        self._database = database
        self._seal = Seal(key) if key else None
        self._units = {unit.code for unit in settings.units}
        self._of_settings = settings.accounts
        self._configured = {account.name for account in settings.accounts}
        self._book = AccountBook()

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
        try:
            return checked(json.loads(self._sealing().open(kept.sealed)), self._units)
        except Unopenable:
            raise BadAccount(
                f"{KEY_NAME} is not the key that sealed its settings", Fault.OTHER_KEY
            ) from None

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
        account = checked(settings, self._units)
        if account.platform == "web_chat":
            raise BadAccount("one web chat serves all units, and it is there already")
        taken = BadAccount(
            f"there is an account {account.name!r}: choose another name", Fault.TAKEN
        )
        if account.name in self._configured:
            raise taken
        for one in await self.every():
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
        sealed = self._sealing().close(json.dumps(dict(settings)))
        async with self._database.begin() as tx:
            try:
                await self._book.add(
                    tx,
                    name=account.name,
                    platform=account.platform,
                    unit=account.unit,
                    sealed=sealed,
                    at=at,
                    by=by,
                )
            except AccountTaken:
                raise taken from None
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
        if name in self._configured:
            raise BadAccount(
                f"{name!r} stands in the settings file: take it out there", Fault.IN_SETTINGS
            )
        async with self._database.begin() as tx:
            try:
                await self._book.remove(tx, name)
            except NoAccount:
                raise BadAccount(f"there is no added account {name!r}", Fault.GONE) from None
            await TokenBook().forget(tx, name)
            await also(tx)
            return await Outbox().fail_account(tx, name, reason=REMOVED, at=at)

    def _sealing(self) -> Seal:
        if self._seal is None:
            raise BadAccount(
                f"its secrets are kept sealed, and {KEY_NAME} is missing: {REMEDY}", Fault.KEY
            )
        return self._seal


def checked(settings: Mapping[str, str], units: Collection[str]) -> Account:
    """Settings as an account. Raises BadAccount with every fault; no secret is repeated."""
    try:
        account = Account.model_validate(dict(settings))
    except ValidationError as invalid:
        told = "; ".join(fault_in_words(error, Account) for error in invalid.errors())
        raise BadAccount(told) from None
    if account.unit and account.unit not in units:
        raise BadAccount(f"unit: {account.unit!r} is none of the units")
    return account
