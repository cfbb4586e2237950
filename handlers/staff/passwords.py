"""Passwords: hashed with Argon2id off the event loop, a few at a time; and which are too easy."""

from __future__ import annotations

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from storage.case_records import plain

SHORTEST = 12
LONGEST = 200
LEAST_OWN = 6
LEAST_LETTERS = 5

COMMON = (
    "password", "passw0rd", "matkhau", "qwertyuiop", "qwerty", "asdfghjkl", "asdfgh", "zxcvbnm",
    "zxcvbn", "abcdefgh", "abcdef", "abcd", "iloveyou", "anhyeuem", "emyeuanh", "letmein",
    "welcome", "administrator", "admin", "quantri", "canbo", "loaban", "vietnam", "yeunuocviet",
    "0123456789", "9876543210", "1234567890", "123456789", "987654321", "12345678", "1234567",
    "123456", "654321", "12345", "1234", "4321", "0987654321", "112233", "123123", "abc", "123",
    "0000", "1111", "2222", "6666", "8888", "9999",
)  # fmt: skip
"""What people who have to choose one choose; longer ones first. Whatever is left counts."""


class Passwords:
    """Makes and checks hashes. `at_once` bounds the memory that they take together."""

    def __init__(self, *, memory_kib: int, passes: int, at_once: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._turn = asyncio.Semaphore(at_once)
        self._nobody = ""

    async def hash(self, password: str) -> str:
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _one_form(password))

    async def verify(self, hashed: str, password: str) -> bool:
        """Whether it is the password; for an empty hash as slowly no, so that the time tells
        nobody which names there are."""
        if not hashed and not self._nobody:
            self._nobody = await self.hash("nobody has this one")
        async with self._turn:
            right = await asyncio.to_thread(self._verify, hashed or self._nobody, password)
        return right and bool(hashed)

    def is_old(self, hashed: str) -> bool:
        """Whether it was made with other settings than those of now."""
        return self._hasher.check_needs_rehash(hashed)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, _one_form(password))
        except (VerificationError, InvalidHashError):
            return False


def fault_of(password: str, *known: str) -> str:
    """The text that says why it cannot be a password, or nothing. `known` are words that others
    know of the person: their name, their login."""
    if len(password) < SHORTEST:
        return "staff.password.short"
    if len(password) > LONGEST:
        return "staff.password.long"
    left = "".join(plain(password).split())
    if len(set(left)) < LEAST_LETTERS:
        return "staff.password.common"
    names = [word for one in known for word in plain(one).split() if len(word) > 2]
    for word in (*COMMON, *names):
        left = left.replace(word, "")
    return "staff.password.common" if len(left) < LEAST_OWN else ""


def _one_form(password: str) -> str:
    """The same letters however a keyboard composed them."""
    return unicodedata.normalize("NFKC", password)
