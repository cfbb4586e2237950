"""Seals secrets that must be stored, with a key that the database does not hold."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_NAME = "LOABAN_TOKEN_KEY"
REMEDY = f"put the output of `openssl rand -base64 32` into the environment as {KEY_NAME}"


class BadKey(ValueError):
    """The key cannot be used; says what to do."""


class Unopenable(Exception):
    """This was sealed with another key, or is damaged."""


class Seal:
    """Closes and opens. `keys`: 32 bytes in base64; or several with commas between, for a change
    of keys: the first one seals, all open. Raises BadKey.
    """

    def __init__(self, keys: str) -> None:
        given = [key.strip() for key in keys.split(",") if key.strip()]
        if not given:
            raise BadKey(f"{KEY_NAME} is missing: {REMEDY}")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in given])
        except ValueError:
            raise BadKey(f"{KEY_NAME} is not 32 bytes in base64: {REMEDY}") from None
        self._keys = [base64.urlsafe_b64decode(key) for key in given]

    def close(self, secret: str) -> str:
        """Return the secret sealed; sealed twice it looks different."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return the secret. Raises Unopenable."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except (InvalidToken, ValueError):
            raise Unopenable from None

    def mark(self, purpose: str) -> str:
        """Return what only this key makes of a purpose: 43 letters, always the same, base64url."""
        return self.marks(purpose)[0]

    def marks(self, purpose: str) -> list[str]:
        """The same of each key, the first one first."""
        return [_mark(key, purpose) for key in self._keys]


def fingerprint(secret: str) -> str:
    """Tells one secret from another without telling it; for long random ones only."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _mark(key: bytes, purpose: str) -> str:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return base64.urlsafe_b64encode(made.derive(key)).decode().rstrip("=")
