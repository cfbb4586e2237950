"""The keys of receipts: what the database may know of a receipt's words, it knows only with a key.

A case keeps a keyed hash, so that whoever reads the database cannot try all receipts. The message
that tells the words to the villager holds them sealed, and is opened where it is shown or sent.
Every key that was in use and is still there finds its receipts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from pathlib import Path

from bot.key_file import read_or_make
from bot.sealing import Seal, Unopenable

_SEALED = re.compile(r"⟦([\w=-]+)⟧")
LOST = "…"


class ReceiptKeys:
    """Hashes, conceals and reveals receipts."""

    def __init__(self, token_key: str, file: Path) -> None:
        """`token_key` is LOABAN_TOKEN_KEY or empty: then a key is kept in `file`, which serves one
        machine. Raises BadKey or OSError."""
        keys = [token_key] if token_key else []
        if not keys or file.exists():
            made = hashlib.sha256(read_or_make(file).encode()).digest()
            keys.append(base64.urlsafe_b64encode(made).decode())
        self._seal = Seal(",".join(keys))
        self._marks = self.marks("loaban receipts")

    def marks(self, purpose: str) -> list[bytes]:
        """What only these keys make of a purpose, of the first key first."""
        return [mark.encode() for mark in self._seal.marks(purpose)]

    def hashes(self, words: str) -> list[str]:
        """A receipt's hashes under every key, the one to store first."""
        return [hmac.new(key, words.encode(), hashlib.sha256).hexdigest() for key in self._marks]

    def seal(self, secret: str) -> str:
        """Any other secret, closed with the same key."""
        return self._seal.close(secret)

    def unseal(self, sealed: str) -> str | None:
        """The secret; None when it was sealed with another key, or is damaged."""
        try:
            return self._seal.open(sealed)
        except Unopenable:
            return None

    def conceal(self, words: str) -> str:
        """What stands for the words in a message that is stored."""
        return f"⟦{self._seal.close(words)}⟧"

    def reveal(self, text: str) -> str:
        """The message as the villager reads it."""

        def opened(sealed: re.Match[str]) -> str:
            try:
                return self._seal.open(sealed[1])
            except Unopenable:
                return LOST

        return _SEALED.sub(opened, text)
