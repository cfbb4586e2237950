"""The second step of signing in: a code of six digits that a phone makes of a secret and the time.

RFC 6238 with its defaults (SHA-1, 30 seconds), which is what the apps on phones know.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime

import pyotp

from storage.database import Transaction
from storage.staff_accounts import StaffAccount, StaffAccounts

SECONDS = 30
AROUND = (0, -1, 1)
"""Half minutes by which a phone's clock may be off."""

ISSUER = "Loa Ban"


class SecondStep:
    """Checks codes. `open_seal` gives a sealed secret, or None when it cannot be opened."""

    def __init__(self, open_seal: Callable[[str], str | None]) -> None:
        self._open = open_seal
        self._accounts = StaffAccounts()

    async def accept(
        self, tx: Transaction, account: StaffAccount, code: str, *, at: datetime
    ) -> bool:
        """Whether it is the account's code of now (UTC); each serves once."""
        secret = self._open(account.totp)
        step = step_of(secret, code, at) if secret else None
        return step is not None and await self._accounts.use_step(tx, account.id, step)


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The half minute whose code it is; None when it is of none around this time (UTC)."""
    typed = "".join(code.split())
    now = int(at.timestamp()) // SECONDS
    made = pyotp.TOTP(secret)
    for step in (now + away for away in AROUND):
        if hmac.compare_digest(typed.encode(), made.at(step * SECONDS).encode()):
            return step
    return None


def address_of(secret: str, login: str) -> str:
    """What the QR code says to the app on a phone."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)
