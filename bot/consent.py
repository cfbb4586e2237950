"""An admin's consent: what to enter and open for it, and what becomes of the code that it brings.

Whoever consents for another account must not get it attached here. So a code counts only while one
is awaited, and its token is asked whose it is before it is kept. SECURITY.md has the rules.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import aiohttp

from bot.account_channels import permission_of, tokens_of
from bot.account_register import BadAccount, Register
from bot.account_settings import Account
from bot.channels.calls import CallFailed
from bot.channels.zalo_oa_consent import Holder, Permission, challenge
from bot.channels.zalo_oa_tokens import ExchangeFailed, Pair, Spent
from bot.sealing import KEY_NAME, REMEDY, Seal
from bot.token_keeping import TokenKeeping
from storage.database import Database
from storage.tokens import TokenBook

log = logging.getLogger(__name__)

AWAITED = timedelta(hours=1)
FAREWELL = 5.0
LOOKS = 3  # at whose a new token is
ANEW = "run `python -m bot accounts consent NAME`, and let an admin open its link within the hour"


class Outcome(StrEnum):
    """What became of a consent; `consent.<value>` is its text."""

    CONNECTED = "connected"
    UNASKED = "unasked"
    OLD_LINK = "old_link"
    DECLINED = "declined"
    BAD_CODE = "bad_code"
    OTHER_ACCOUNT = "other_account"
    NOT_NOW = "not_now"


class ConsentRefused(Exception):
    """Nothing was attached. `reason` tells an operator why, and what to do."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


@dataclass(frozen=True, slots=True)
class Invitation:
    """What to enter in the platform's console, and the link for an admin, which holds `until`.

    `callback` and `link` are empty without a public address. `sure`: the account's number is
    known, so that no other one can be attached by mistake.
    """

    callback: str
    challenge: str
    link: str
    until: datetime
    sure: bool


class Consents:
    """Invites to consent and takes what comes of it, for each account that lives by consent.

    `at_step` is told what was just done: "redeemed", "storing" (not committed), "stored".
    """

    def __init__(
        self,
        register: Register,
        *,
        database: Database,
        session: aiohttp.ClientSession,
        seal: Seal | None,
        public_url: str,
        clock: Callable[[], datetime],
        pause: float = 1.0,
        at_step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._register, self._database, self._session = register, database, session
        self._seal, self._public_url, self._clock = seal, public_url, clock
        self._pause, self._at_step = pause, at_step
        self._book = TokenBook()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._taking: set[asyncio.Task[Holder]] = set()

    async def invite(self, name: str) -> Invitation:
        """Await a consent for an hour; links of earlier invitations end. Raises BadAccount."""
        account, accounts = await self._find(name)
        permission, seal = self._means(account)
        until = self._clock() + AWAITED
        async with self._database.begin() as tx:
            await self._book.await_consent(tx, name, until=until)
        # The console has one address for all accounts of an app: the first one's stays the same.
        first = next(one for one in accounts if one.app_id == account.app_id)
        callback = f"{self._public_url}/oauth/{first.name}" if self._public_url else ""
        verifier, state = _verifier(seal, account), _state(seal, name, until)
        link = permission.link(callback, verifier, state) if callback else ""
        return Invitation(callback, challenge(verifier), link, until, bool(account.oa_id))

    async def arrive(
        self, name: str, *, code: str, number: str, state: str, error: str = ""
    ) -> Holder:
        """A browser comes back with a code: take it if it is awaited; or with an `error` instead.

        `number` is the platform's for the account that consented, as the browser says; it chooses
        among the accounts of one app and proves nothing. Raises ConsentRefused.
        """
        try:
            named, accounts = await self._find(name)
            account = _meant(named, number, accounts)
            await self._expect(account, state)
            if error and not code:
                raise _declined(error)
            return await self.redeem(account.name, code)
        except BadAccount as fault:  # told to the log alone: names are not to be guessed
            log.warning("a consent is refused: %s", fault)
            raise _unasked() from None

    async def redeem(self, name: str, code: str) -> Holder:
        """Turn a code into a pair and keep it; what began is finished though nobody waits.

        Raises BadAccount or ConsentRefused.
        """
        account, _ = await self._find(name)
        taking = asyncio.create_task(self._take(account, code), name=f"consent {name}")
        self._taking.add(taking)
        taking.add_done_callback(self._taken)
        return await asyncio.shield(taking)

    async def close(self) -> None:
        """Wait until what a code brought is stored: it serves once."""
        if self._taking:
            await asyncio.wait(self._taking, timeout=FAREWELL)
        for left in list(self._taking):
            left.cancel()
        await asyncio.gather(*self._taking, return_exceptions=True)

    async def _find(self, name: str) -> tuple[Account, list[Account]]:
        accounts = await self._register.every()
        for account in accounts:
            if account.name == name:
                return account, accounts
        raise BadAccount(f"there is no account {name!r}: look at `accounts list`")

    def _means(self, account: Account) -> tuple[Permission, Seal]:
        try:
            permission = permission_of(account, self._session)
        except ValueError as fault:
            raise BadAccount(str(fault)) from None
        if permission is None:
            raise BadAccount(f"{account.name!r} needs no consent")
        if self._seal is None:
            raise BadAccount(f"{KEY_NAME} is missing: {REMEDY}")
        return permission, self._seal

    def _tokens(self, account: Account, seal: Seal) -> TokenKeeping:
        return tokens_of(
            account,
            session=self._session,
            database=self._database,
            seal=seal,
            clock=self._clock,
            at_step=self._at_step,
        )

    async def _expect(self, account: Account, state: str) -> None:
        """Raise ConsentRefused unless a consent for this account is awaited."""
        _, seal = self._means(account)
        async with self._database.read() as tx:
            until = await self._book.awaited_until(tx, account.name)
        invited = until is not None and self._clock() < until
        if state:
            wanted = _state(seal, account.name, until) if until is not None and invited else ""
            if not wanted or not hmac.compare_digest(
                state.encode("utf-8", "replace"), wanted.encode()
            ):
                raise ConsentRefused(
                    Outcome.OLD_LINK, f"the link is not ours, not the newest, or too old: {ANEW}"
                )
        elif not invited and not (
            account.oa_id and await self._tokens(account, seal).awaits_consent()
        ):
            raise _unasked()

    async def _take(self, account: Account, code: str) -> Holder:
        permission, seal = self._means(account)
        if not re.fullmatch(r"[!-~]{8,2048}", code):
            raise ConsentRefused(Outcome.BAD_CODE, f"the address holds no code: {ANEW}")
        async with self._turns[account.name]:  # strangers with made-up codes get one at a time
            try:
                pair = await permission.redeem(code, _verifier(seal, account))
            except Spent as spent:
                raise ConsentRefused(
                    Outcome.BAD_CODE,
                    f"{spent.reason}: it serves once, for ten minutes. Consent again; if it stays "
                    "so, enter the challenge in the platform's console once more",
                ) from None
            except ExchangeFailed as failed:
                raise ConsentRefused(
                    Outcome.NOT_NOW, f"{failed.reason}; then consent again"
                ) from None
            self._at_step("redeemed")
            holder = await self._whose(permission, pair, account)
            await self._tokens(account, seal).take(pair)
        log.info("account %s: an admin consented", account.name)
        return holder

    async def _whose(self, permission: Permission, pair: Pair, account: Account) -> Holder:
        """Ask whose the pair is. Raises ConsentRefused unless it is the account's, as far as known.

        An account whose number nobody noted is attached even if that cannot be asked.
        """
        for look in range(1, LOOKS + 1):
            try:
                holder = await permission.holder(pair)
            except CallFailed as failed:
                if look < LOOKS:
                    await asyncio.sleep(self._pause)
                elif account.oa_id:
                    reason = f"whose consent it is cannot be asked ({failed.remedy()})"
                    raise ConsentRefused(Outcome.NOT_NOW, f"{reason}; then consent again") from None
            else:
                if account.oa_id and holder.number != account.oa_id:
                    raise _other(account)
                return holder
        return Holder("", "")

    def _taken(self, taking: asyncio.Task[Holder]) -> None:
        self._taking.discard(taking)
        if not taking.cancelled():
            taking.exception()  # told to whoever waits


def _meant(named: Account, number: str, accounts: list[Account]) -> Account:
    """The account of the same app that has this number, else the one that the address names."""
    if not number or number == named.oa_id:
        return named
    for account in accounts:
        if account.app_id == named.app_id and account.oa_id == number:
            return account
    if named.oa_id:
        raise _other(named)
    return named


def _unasked() -> ConsentRefused:
    return ConsentRefused(
        Outcome.UNASKED,
        "no consent is awaited, so nothing was changed. If this page said connected before, all is "
        f"well; else {ANEW}",
    )


def _declined(error: str) -> ConsentRefused:
    # RFC 6749, 4.1.2.1: access_denied is the person's no; of all else nothing is known.
    if error == "access_denied":
        return ConsentRefused(
            Outcome.DECLINED,
            f"the admin declined, so nothing was changed; once they agree, {ANEW}",
        )
    return ConsentRefused(
        Outcome.NOT_NOW, "the platform gave an error instead of a code: consent again"
    )


def _other(account: Account) -> ConsentRefused:
    return ConsentRefused(
        Outcome.OTHER_ACCOUNT,
        f"this consent is not of the account {account.oa_id}: sign in at the platform as an "
        "admin of the right one, and consent again",
    )


def _verifier(seal: Seal, account: Account) -> str:
    """The app's code verifier: made of the key, so that it is stored nowhere."""
    return seal.mark(f"code verifier of {account.app_id}")


def _state(seal: Seal, name: str, until: datetime) -> str:
    return seal.mark(f"consent of {name} until {until.isoformat()}")
