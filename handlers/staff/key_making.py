"""Making and removing keys of the API: at the console and by a command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from handlers.staff.api_door import PREFIX, hashes_of
from storage.api_keys import LONGEST_NAME, ApiKey, ApiKeys
from storage.audit import Audit, Kind, Verb
from storage.database import Transaction
from storage.officials import Role


class KeyMaking:
    """`marks` make hashes of keys, the first one those that are stored; `draw` gives a code that
    nobody can guess."""

    def __init__(
        self, *, marks: Sequence[bytes], draw: Callable[[], str], clock: Callable[[], datetime]
    ) -> None:
        self._marks = marks
        self._draw = draw
        self._clock = clock
        self._keys = ApiKeys()
        self._audit = Audit()

    async def create(
        self, tx: Transaction, *, name: str, unit: str, role: Role, by: int | None
    ) -> tuple[int, str]:
        """The number of a new key, and the key, which is kept nowhere. `by` is who makes it."""
        key, at = PREFIX + self._draw(), self._clock()
        number = await self._keys.create(
            tx, key_hash=hashes_of(self._marks, key)[0], name=name, unit=unit, role=role, at=at
        )
        await self._audit.note(
            tx, Verb.ADDED, Kind.API_KEY, number, by=by, at=at, unit=unit, reason=role.value
        )
        return number, key

    async def remove(self, tx: Transaction, number: int, *, by: int | None) -> ApiKey | None:
        """It opens nothing from now on; None when there is no such key, or no more."""
        at = self._clock()
        key = await self._keys.remove(tx, number, at=at)
        if key is not None:
            await self._audit.note(
                tx, Verb.REMOVED, Kind.API_KEY, number, by=by, at=at, unit=key.unit,
                reason=key.role.value,
            )  # fmt: skip
        return key


def name_of(typed: str) -> str:
    """What a key is called; empty unless it has letters, and not too many."""
    called = " ".join(typed.split())
    return called if len(called) <= LONGEST_NAME else ""
