"""Keeps an account's tokens: sealed in the database, made new in time, by one process at a time.

A refresh token serves once, and its answer holds the next. So it is noted that we ask; we ask; the
new pair is committed; only then it is used. If the answer is lost, the old token is tried again;
if that is refused, nothing but a person's new consent helps, and nothing is asked any more. What a
consent brought is stored here too, by whichever process, and all look in the database for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.channels.zalo_oa_tokens import ExchangeFailed, NoToken, Pair, Spent
from bot.sealing import KEY_NAME, Seal, Unopenable, fingerprint
from storage.database import Database, DatabaseFault, Transaction
from storage.tokens import KeptTokens, TokenBook

log = logging.getLogger(__name__)

# So long before the end a new one is fetched, or in the last quarter of a shorter life. Whoever
# has to consent anew has as much time.
EARLY = timedelta(hours=6)
YOUNG = timedelta(seconds=60)  # refused so soon, another token would be refused as well


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long to wait, in seconds."""

    first: float = 1.0
    longest: float = 300.0
    consent: float = 30.0  # between looks whether somebody consented; only the database is asked
    turn: float = 60.0  # for another process that is at it
    store: float = 1.0
    farewell: float = 5.0  # of a process that ends: for an answer, and for storing it


@dataclass(frozen=True, slots=True)
class TokenState:
    """How an account's tokens are, for `doctor`; times in UTC.

    `asked_at`: a new pair was asked for then, and the answer was lost. `lost_at`: since then a
    person has to consent anew.
    """

    refresh_at: datetime
    access_until: datetime | None
    asked_at: datetime | None
    lost_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Opened:
    row: KeptTokens
    refresh: str = field(repr=False)
    access: str = field(repr=False)

    def serves(self, now: datetime, refused: str, *, early: bool = False) -> bool:
        """Whether the access token can be used; with `early`, also for some hours more."""
        until = self.row.access_until
        if self.access in {"", refused} or until is None:
            return False
        return now < (until - min(EARLY, (until - self.row.refresh_at) / 4) if early else until)


class TokenKeeping:
    """The tokens of one account, as its channel wants them.

    `leaving` is set when the process ends: nothing is asked any more from then on.
    `first` is the configured refresh token, or nothing: it begins the chain, and a new one mends a
    chain that is lost, as a consent does; at any other time it is not looked at. `exchange` turns
    a refresh token into a pair, and tells when the token leaves.
    Without `renews` it only looks: nothing is asked of the platform, nothing is stored.
    `at_step` is told what was just done: "noted", "answered", "storing" (not committed), "stored".
    """

    def __init__(
        self,
        account: str,
        *,
        database: Database,
        seal: Seal,
        exchange: Callable[[str, Callable[[], None]], Awaitable[Pair]],
        first: str,
        clock: Callable[[], datetime],
        renews: bool = True,
        leaving: asyncio.Event | None = None,
        pauses: Pauses = Pauses(),
        at_step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.problem = ""  # in an operator's words, though a token may still serve
        self._account, self._database, self._seal = account, database, seal
        self._exchange, self._first, self._clock = exchange, first, clock
        self._renews, self._pauses, self._at_step = renews, pauses, at_step
        self._leaving = leaving or asyncio.Event()
        self._seed = fingerprint(first) if first else ""
        self._book = TokenBook()
        self._turn = asyncio.Lock()
        self._held: _Opened | None = None
        self._rotation: asyncio.Task[None] | None = None
        # When the refresh token left, or since when the new pair is being stored: loop's time.
        self._left: float | None = None
        self._failures = 0
        self._trouble = NoToken("", datetime.min.replace(tzinfo=UTC))  # until when not to ask

    async def current(self) -> str:
        """The access token, made new some hours before it ends. Raises NoToken."""
        held = self._held
        # While a new one is fetched in time, the old one still serves.
        early = not self._turn.locked()
        if held is not None and held.serves(self._clock(), "", early=early):
            return held.access
        return await self._find("")

    async def refresh(self, refused: str) -> str:
        """Another access token than `refused`, which the platform does not take. Raises NoToken."""
        return await self._find(refused)

    async def state(self) -> TokenState | None:
        """How the tokens are; None before the first start."""
        async with self._database.read() as tx:
            row = await self._book.get(tx, self._account)
        if row is None:
            return None
        return TokenState(row.refresh_at, row.access_until, row.asked_at, row.lost_at)

    async def awaits_consent(self) -> bool:
        """Whether no refresh token is there that may serve: none yet, lost, or not to be opened."""
        async with self._database.read() as tx:
            row = await self._book.get(tx, self._account)
        if row is None:
            return not self._first
        return row.lost_at is not None or self._opened(row) is None

    async def take(self, pair: Pair) -> None:
        """Keep what a person's consent brought instead of all that was; return once stored."""
        now, access, refresh = self._clock(), *self._sealed(pair)

        async def write(tx: Transaction) -> None:
            await self._book.consented(
                tx,
                self._account,
                access=access,
                access_until=now + timedelta(seconds=pair.seconds),
                refresh=refresh,
                seed=self._seed,
                at=now,
            )

        await self._until_stored(write)
        self._at_step("stored")

    async def close(self) -> None:
        """Wait until a pair that is on its way is stored: it exists nowhere else.

        What has not left is given up at once, for it spends nothing. If the process ends, there
        are `farewell` seconds for the answer from when it was asked for, and as many for storing
        it: whoever closes late waits less.
        """
        if self._rotation is None or self._rotation.done():
            return
        if self._left is not None:
            await self._patiently(self._rotation)
        if not self._rotation.done():
            self._rotation.cancel()
            await asyncio.wait({self._rotation})
            if self._left is not None:
                log.error("account %s: stopped while a new token was on its way", self._account)

    async def _patiently(self, rotation: asyncio.Task[None]) -> None:
        """Wait for it, but if the process ends no longer than what has left is waited for."""
        leaving = asyncio.create_task(self._leaving.wait())
        try:
            await asyncio.wait({rotation, leaving}, return_when=asyncio.FIRST_COMPLETED)
            while not rotation.done():
                owed = 0.0 if self._left is None else self._left + self._pauses.farewell
                left = owed - asyncio.get_running_loop().time()
                if left <= 0:
                    return
                await asyncio.wait({rotation}, timeout=left)
        finally:
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)

    async def _find(self, refused: str) -> str:
        async with self._turn:
            try:
                found = await self._look()
                if not found.serves(self._clock(), refused, early=True):
                    found = await self._renewed(refused)
            except (NoToken, *DatabaseFault) as trouble:
                held, now = self._held, self._clock()
                self.problem = self._in_words(trouble)
                if held is not None and held.serves(now, refused):
                    return held.access
                if isinstance(trouble, NoToken):
                    raise
                soon = now + timedelta(seconds=self._pauses.first)
                raise NoToken(self.problem, soon) from None
            self.problem = ""
            return found.access

    async def _look(self) -> _Opened:
        """What the database holds; where that is nothing or lost, begin with the configured one."""
        while True:
            async with self._database.read() as tx:
                row = await self._book.get(tx, self._account)
            opened = self._opened(row) if row is not None else None
            if opened is not None and opened.row.lost_at is None:
                break
            if not (self._first and self._renews) or (row is not None and row.seed == self._seed):
                break
            async with self._database.begin() as tx:
                await self._book.begin(
                    tx,
                    self._account,
                    refresh=self._seal.close(self._first),
                    seed=self._seed,
                    at=self._clock(),
                    instead_of=row,
                )
        if opened is None:
            if row is None and self._first:
                raise self._only_looking("there is no token yet")
            text = "has no token yet"
            if row is not None:
                text = f"{KEY_NAME} does not open its tokens (bring back the key that sealed them)"
            raise self._consent_needed(text)
        self._held = opened
        return opened

    def _opened(self, row: KeptTokens) -> _Opened | None:
        try:
            access = self._seal.open(row.access) if row.access else ""
            return _Opened(row, self._seal.open(row.refresh), access)
        except Unopenable:
            return None

    async def _renewed(self, refused: str) -> _Opened:
        """Rotate in a task of its own: who waits for it may be cancelled, it may not."""
        if not self._renews:
            raise self._only_looking("the token has to be renewed")
        if self._rotation is None or self._rotation.done():
            if self._leaving.is_set():
                raise self._ending()
            self._left = None
            self._rotation = asyncio.create_task(self._rotate(refused), name="renew a token")
            self._rotation.add_done_callback(lambda done: done.cancelled() or done.exception())
        await self._patiently(self._rotation)
        if not self._rotation.done() or self._rotation.cancelled():
            raise self._ending()
        self._rotation.result()
        found = await self._look()
        if not found.serves(self._clock(), refused):
            raise self._later("the tokens were changed by somebody else just now")
        return found

    async def _rotate(self, refused: str) -> None:
        if self._clock() < self._trouble.when:
            raise NoToken(self._trouble.reason, self._trouble.when)
        stop = asyncio.Event()
        timer = asyncio.get_running_loop().call_later(self._pauses.turn, stop.set)
        try:
            async with self._database.only_one(f"tokens of {self._account}", stop) as place:
                if place is None:
                    raise self._later("another process has been renewing the token for too long")
                kept = await self._look()  # the other process may have been quicker
                if not kept.serves(self._clock(), refused, early=True):
                    await self._renew(kept, refused)
        finally:
            timer.cancel()

    async def _renew(self, kept: _Opened, refused: str) -> None:
        row, now = kept.row, self._clock()
        if row.lost_at is not None:
            raise self._lost(row)
        if refused and refused == kept.access and now - row.refresh_at < YOUNG:
            raise self._later("the platform refuses a token that it has just given")
        if self._leaving.is_set():
            raise self._ending()
        async with self._database.begin() as tx:
            if not await self._book.ask(tx, self._account, row, at=row.asked_at or now):
                return
        self._at_step("noted")
        try:
            pair = await self._exchange(kept.refresh, self._note_left)
        except Spent as spent:
            async with self._database.begin() as tx:
                await self._book.lose(tx, self._account, row, at=self._clock())
            log.error("account %s: %s", self._account, spent.reason)
            raise self._lost(row) from None
        except ExchangeFailed as failed:
            if not failed.open and row.asked_at is None:
                async with self._database.begin() as tx:
                    await self._book.unasked(tx, self._account, row)
            raise self._later(failed.reason) from None
        self._note_left()
        self._at_step("answered")
        await self._store(row, pair)
        self._at_step("stored")
        self._failures = 0

    async def _store(self, row: KeptTokens, pair: Pair) -> None:
        now, access, refresh = self._clock(), *self._sealed(pair)

        async def write(tx: Transaction) -> None:
            await self._book.keep(
                tx,
                self._account,
                row,
                access=access,
                access_until=now + timedelta(seconds=pair.seconds),
                refresh=refresh,
                at=now,
            )

        await self._until_stored(write)

    def _sealed(self, pair: Pair) -> tuple[str, str]:
        return self._seal.close(pair.access), self._seal.close(pair.refresh)

    async def _until_stored(self, write: Callable[[Transaction], Awaitable[None]]) -> None:
        """Commit a new pair, however often the database has to be asked: there is no copy."""
        while True:
            try:
                async with self._database.begin() as tx:
                    await write(tx)
                    self._at_step("storing")
            except DatabaseFault as fault:
                trouble = (self._account, type(fault).__name__)
                log.error("account %s: a new token cannot be stored yet (%s)", *trouble)
                await asyncio.sleep(self._pauses.store)
            else:
                return

    def _note_left(self) -> None:
        self._left = asyncio.get_running_loop().time()

    def _ending(self) -> NoToken:
        soon = self._clock() + timedelta(seconds=self._pauses.first)
        return NoToken("the program ends: its next start gets a new token", soon)

    def _only_looking(self, what: str) -> NoToken:
        return NoToken(f"{what}: the program does it while it runs, start it", self._clock())

    def _later(self, reason: str) -> NoToken:
        self._failures += 1
        wait = min(self._pauses.longest, self._pauses.first * 2.0 ** min(self._failures - 1, 20))
        self._trouble = NoToken(reason, self._clock() + timedelta(seconds=wait))
        return self._trouble

    def _lost(self, row: KeptTokens) -> NoToken:
        why = "the platform takes the refresh token no longer"
        if row.asked_at is not None:
            why = f"the answer to a refresh of {row.asked_at.isoformat()} was lost"
        return self._consent_needed(why)

    def _consent_needed(self, why: str) -> NoToken:
        when = self._clock() + timedelta(seconds=self._pauses.consent)
        return NoToken(f"{why}: {consent_remedy(self._account)}", when, consent=True)

    @staticmethod
    def _in_words(trouble: BaseException) -> str:
        if isinstance(trouble, NoToken):
            return trouble.reason
        return f"the database does not answer ({type(trouble).__name__})"


def consent_remedy(account: str) -> str:
    """What an operator has to do where nothing but a person's consent helps."""
    return f"run `python -m bot accounts consent {account}` and let an admin of the account consent"
