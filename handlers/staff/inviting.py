"""Inviting somebody to the console: by the console, by a command, and at the first start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from storage.audit import Audit, Kind, Verb
from storage.database import Transaction
from storage.officials import Role
from storage.staff_accounts import StaffAccount, StaffAccounts
from storage.staff_invitations import StaffInvitations

WHERE = "/staff/invitation/"


class Inviting:
    """Opens invitations. `draw` gives a code that nobody can guess, for an address."""

    def __init__(self, *, draw: Callable[[], str], clock: Callable[[], datetime]) -> None:
        self._draw = draw
        self._clock = clock
        self._invitations = StaffInvitations()
        self._accounts = StaffAccounts()
        self._audit = Audit()

    async def first(self, tx: Transaction) -> str:
        """The path that makes the first administrator, as long as there is none; else nothing."""
        if not await self._accounts.lacks_administrator(tx):
            return ""
        code = self._draw()
        await self._invitations.invite(
            tx, code, name="", unit="", role=Role.ADMINISTRATOR, at=self._clock(), first=True
        )
        return f"{WHERE}{code}"

    async def invite(
        self, tx: Transaction, *, name: str, unit: str, role: Role, by: int | None
    ) -> str:
        """The path that makes somebody an official with an account. `by` is who invites."""
        code, at = self._draw(), self._clock()
        await self._invitations.invite(tx, code, name=name, unit=unit, role=role, at=at, by=by)
        await self._audit.note(
            tx, Verb.INVITED, Kind.ACCOUNT, "", by=by, at=at, unit=unit, reason=role.value
        )
        return f"{WHERE}{code}"

    async def invite_again(self, tx: Transaction, account: StaffAccount, *, by: int | None) -> str:
        """The path by which somebody chooses a new password for their account."""
        whom, code, at = account.official, self._draw(), self._clock()
        await self._invitations.invite(
            tx, code, name=whom.name, unit=whom.unit, role=whom.role, at=at, account=account.id,
            by=by,
        )  # fmt: skip
        await self._audit.note(
            tx, Verb.INVITED, Kind.ACCOUNT, account.login, by=by, at=at, unit=whom.unit,
            reason=whom.role.value,
        )  # fmt: skip
        return f"{WHERE}{code}"
