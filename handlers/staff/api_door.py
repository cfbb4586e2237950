"""The door of the API: which key asks, what it may see, and how often.

A key is bound to a unit and a role as staff are; a console's session opens nothing here. Refusals
of known keys are noted in the audit log, the same one once a minute: what is not known could be
anybody's, who must not be able to fill a log that nobody may shorten.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from aiohttp import web

from handlers.casework import Casework
from handlers.staff.api_problems import Problem, no_key, nothing_there
from handlers.staff.staff import RIGHTS, Right
from handlers.units import Units
from storage.api_keys import TOUCHED, ApiKey, ApiKeys
from storage.audit import Audit, Kind, Verb
from storage.case_history import CONSOLE
from storage.case_lists import Sight
from storage.case_records import Case
from storage.database import Database
from storage.officials import Official

PREFIX = "loa_"
MINUTE = timedelta(minutes=1)

_BEARER = re.compile(rf"bearer +({PREFIX}[\w-]{{43}})", re.ASCII | re.IGNORECASE)


def hashes_of(marks: Sequence[bytes], key: str) -> list[str]:
    """What stands for a key in the database, under each secret, the one to store first."""
    text = f"api key {key}".encode("utf-8", "replace")
    return [hmac.new(mark, text, hashlib.sha256).hexdigest() for mark in marks]


@dataclass(frozen=True, slots=True)
class Caller:
    """The program that asks; `only` are the units to which a query keeps, None: all. Which cases it
    sees, `sight` says."""

    key: ApiKey
    sight: Sight
    only: frozenset[str] | None

    def has(self, right: Right) -> bool:
        return right in RIGHTS[self.key.role]

    def covers(self, unit: str) -> bool:
        """Whether something of that unit is theirs; without a unit it is the whole house's."""
        return self.only is None or unit in self.only


class Allowances:
    """How often each key may ask: so many times a minute, at once or spread. Of this process."""

    def __init__(self, per_minute: int) -> None:
        self._most = per_minute
        self._left: dict[int, tuple[float, datetime]] = {}

    def take(self, key: int, at: datetime) -> int:
        """Use one up, and 0; or how many seconds it is until the next."""
        left, since = self._left.get(key, (float(self._most), at))
        grown = max(0.0, (at - since) / MINUTE) * self._most
        left = min(float(self._most), left + grown)
        if left < 1:
            self._left[key] = (left, at)
            return math.ceil((1 - left) * MINUTE.total_seconds() / self._most)
        self._left[key] = (left - 1, at)
        return 0


class ApiDoor:
    """Knows which key asks."""

    def __init__(
        self,
        *,
        marks: Sequence[bytes],
        database: Database,
        casework: Casework,
        units: Units,
        per_minute: int,
        clock: Callable[[], datetime],
    ) -> None:
        """`marks` make hashes of keys, the first one those that are stored."""
        self._marks = marks
        self._database = database
        self._casework = casework
        self._units = units
        self._allowances = Allowances(per_minute)
        self._clock = clock
        self._keys = ApiKeys()
        self._audit = Audit()
        self._noted: dict[tuple[int, str], datetime] = {}

    async def caller(self, request: web.Request, what: str, right: Right) -> Caller:
        """Who asks for `what`. Raises Problem, and notes why."""
        key = await self._key(request)
        try:
            self._admit(key)
            caller = self._caller(key)
            if not caller.has(right):
                raise role_lacks(key, what)
        except Problem as problem:
            await self.note_refusal(key, what, problem)
            raise
        at = self._clock()
        if key.last_used_at is None or at - key.last_used_at > TOUCHED:
            async with self._database.begin() as tx:
                await self._keys.touch(tx, key.id, at=at)
        return caller

    async def note_export(self, caller: Caller, what: str) -> None:
        """One line in the audit log."""
        await self._write(caller.key, Verb.EXPORTED, what)

    async def note_case(self, caller: Caller, case: Case) -> None:
        """One line in the audit log, where whoever asks who saw that case finds it."""
        async with self._database.begin() as tx:
            await self._audit.note(
                tx, Verb.SAW, Kind.CASE, case.id, by=None, at=self._clock(), unit=case.unit,
                reason=f"API key {caller.key.id}",
            )  # fmt: skip

    async def note_refusal(self, key: ApiKey, what: str, problem: Problem) -> None:
        """One line, unless the same one was written within the last minute."""
        at, reason = self._clock(), f"{what}: {problem.noted}"
        if not problem.noted or at - self._noted.get((key.id, reason), at - 2 * MINUTE) < MINUTE:
            return
        self._noted = {one: since for one, since in self._noted.items() if at - since < MINUTE}
        self._noted[key.id, reason] = at
        await self._write(key, Verb.REFUSED, reason)

    def units_of(self, caller: Caller, asked: str | None) -> frozenset[str] | None:
        """The units of which something was asked; None: of all. Raises Problem for a unit that
        there is not, or that is not theirs."""
        if asked is None:
            return caller.only
        unit = self._units.get(asked)
        if unit is None or not caller.covers(unit.code):
            raise nothing_there("such unit", noted="another unit" if unit else "")
        return self._units.below(unit.code)

    async def _key(self, request: web.Request) -> ApiKey:
        given = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        if given is None:
            raise no_key(
                "send a key with each request, as in `Authorization: Bearer loa_…`; whoever runs "
                "the installation makes one with `python -m bot api-key create`"
            )
        async with self._database.read() as tx:
            key = await self._keys.find(tx, hashes_of(self._marks, given[1]))
        if key is None:
            raise no_key("this key is not known here: ask whoever runs the installation for one")
        return key

    def _admit(self, key: ApiKey) -> None:
        if seconds := self._allowances.take(key.id, self._clock()):
            raise too_soon(seconds)
        if key.removed_at is not None:
            raise no_key(
                "this key was removed: ask whoever runs the installation for another",
                noted="the key was removed",
            )

    def _caller(self, key: ApiKey) -> Caller:
        """What staff of that unit and role see, it sees."""
        sight = self._casework.sight(Official(CONSOLE, key.name, key.unit, key.role, None))
        everywhere = self._units.everywhere(key.unit)
        return Caller(key, sight, None if everywhere else self._units.below(key.unit))

    async def _write(self, key: ApiKey, verb: Verb, reason: str) -> None:
        async with self._database.begin() as tx:
            await self._audit.note(
                tx, verb, Kind.API_KEY, key.id, by=None, at=self._clock(), unit=key.unit,
                reason=reason,
            )  # fmt: skip


def too_soon(seconds: int, why: str = "this key asks too often") -> Problem:
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"{why}: wait {seconds} seconds, as Retry-After says, and ask again",
        headers={"Retry-After": str(seconds)},
        noted="too many requests",
    )


def role_lacks(key: ApiKey, what: str) -> Problem:
    return Problem(
        HTTPStatus.FORBIDDEN,
        f"a key with the role {key.role.value} may not read {what}: ask for one with another role",
        noted="not with this role",
    )
