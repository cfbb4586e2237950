"""What the desk for channels' accounts knows of them, and what it can have done about them.

How an account speaks to its platform is not known here: whoever joins the program hands it in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from storage.database import Transaction

Also = Callable[[Transaction], Awaitable[None]]
"""What is done in the same transaction."""


class TokenState(StrEnum):
    """How it stands with the tokens of an account that lives by consent."""

    WELL = "well"
    ENDING = "ending"
    UNANSWERED = "unanswered"
    LOST = "lost"


class State(StrEnum):
    """How it stands with an account, as far as is known without asking its platform anew."""

    WORKS = "works"
    PROBLEM = "problem"
    UNASKED = "unasked"
    LEFT_OUT = "left_out"
    STARTING = "starting"


@dataclass(frozen=True, slots=True)
class Tokens:
    """`since` when it stands so, `until` when they serve or can be renewed; both UTC."""

    state: TokenState
    since: datetime
    until: datetime | None

    def days_left(self, at: datetime) -> int:
        """Whole days for which they can be renewed; 0 once that is over."""
        return max(0, (self.until - at).days) if self.until else 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a platform said of an account, and when (UTC). `cause` ends the key of a text, `told`
    is in an operator's English; both are empty if it works."""

    at: datetime
    ok: bool
    cause: str = ""
    told: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One account; `title` is what staff call it, if somebody gave it a name. `added_at` is None
    for those of the settings file; `left_out` tells, in an operator's English, why the program
    cannot use it; `consents`: an admin's consent renews it."""

    name: str
    platform: str
    unit: str
    title: str = ""
    added_at: datetime | None = None
    added_by: str = ""
    changed_at: datetime | None = None
    changed_by: str = ""
    left_out: str = ""
    at_work: bool = False
    consents: bool = False
    asked: Asked | None = None
    tokens: Tokens | None = None

    @property
    def state(self) -> State:
        """As far as is known."""
        if self.left_out:
            return State.LEFT_OUT
        if not self.at_work:
            return State.STARTING
        if self.asked is None:
            return State.UNASKED
        return State.WORKS if self.asked.ok else State.PROBLEM

    @property
    def troubled(self) -> bool:
        """Whether somebody has to see to it, as far as is known without asking its platform."""
        aging = self.tokens is not None and self.tokens.state is not TokenState.WELL
        return aging or bool(self.left_out) or bool(self.asked and not self.asked.ok)


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to type for a new account of a platform. `of_house`: for those alone who see to
    the whole installation, since it names an address that the program then asks."""

    key: str
    secret: bool = False
    needed: bool = False
    choices: tuple[str, ...] = ()
    of_house: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """An added account's settings that are no secret; `version` is another after each change."""

    settings: Mapping[str, str]
    version: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What to enter in the platform's console and the link for an admin, good `until` (UTC); the
    link is empty without a public address. `sure`: no other account can be attached by mistake."""

    callback: str
    challenge: str
    link: str
    until: datetime
    sure: bool


class AccountRefused(Exception):
    """Nothing was done. `fault` ends the key of a text, `told` says it in an operator's English."""

    def __init__(self, fault: str, told: str) -> None:
        super().__init__(told)
        self.fault, self.told = fault, told


class ChannelAccounts(Protocol):
    """The accounts of this installation. What refuses raises AccountRefused."""

    @property
    def fields(self) -> Mapping[str, Sequence[Field]]:
        """What to type, by platform: as many as can be added here."""

    @property
    def changes(self) -> Mapping[str, Sequence[Field]]:
        """What may be typed for an account that is there, by platform."""

    @property
    def sealing(self) -> bool:
        """Whether there is a key that seals secrets."""

    def webhook(self, name: str) -> str:
        """The whole address at which the account hears; empty without a public address."""

    async def all(self) -> list[Line]:
        """Every account, by name; no platform is asked."""

    async def ask(self, name: str) -> Asked | None:
        """Ask the account's platform, for some seconds at most; None: it is not at work here."""

    async def waiting(self, names: Sequence[str]) -> Mapping[str, int]:
        """How many messages wait to go out."""

    async def heard(self, names: Sequence[str]) -> Mapping[str, datetime]:
        """When each was last written to (UTC), of those that were in the last days."""

    async def add(self, settings: Mapping[str, str], *, by: str, also: Also) -> None:
        """Keep a new account; the running program takes it up."""

    async def known(self, name: str) -> Known:
        """What may be shown of an added account's settings."""

    async def change(
        self, name: str, settings: Mapping[str, str], *, version: str, by: str, also: Also
    ) -> None:
        """Change an added account in place, if it is still as in `version`; an empty setting is
        again what it is for a new account."""

    async def remove(self, name: str, *, also: Also) -> int:
        """Forget an added account; how many messages were waiting."""

    async def sharing_app(self, name: str) -> Sequence[str]:
        """The other accounts of its app, which may hear by its address."""

    async def invite(self, name: str) -> Consent:
        """Await an admin's consent."""

    async def redeem(self, name: str, code: str) -> str:
        """Take the code that a consent brought; who consented, as the platform names it."""

    async def code(self, name: str, unit: str, ending: str) -> bytes:
        """The QR code that opens the account for a unit, as a picture: `png` or `svg`."""
