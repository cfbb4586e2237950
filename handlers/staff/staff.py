"""Who is at the console, and what they may do: one table of roles and rights for every desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from handlers.units import Units
from storage.officials import Official, Role


class Right(StrEnum):
    """What somebody may do for their unit and all below it."""

    READ = "read"  # cases and questions, masked; complaints and what is held back if they lead
    EXPORT = "export"  # what they read, without what identifies somebody
    ANSWER = "answer"  # cases: answer, ask back, hand on, close, note, group; see their files
    NOTICE = "notice"  # write notices
    PUBLISH = "publish"  # one public answer to a group
    APPROVE = "approve"  # release others' notices and cards
    IDENTIFY = "identify"  # export what identifies somebody, with a reason
    CARDS = "cards"  # cards and phrases
    PEOPLE = "people"  # invite, change roles, remove
    SETTINGS = "settings"
    AUDIT = "audit"  # read who did what


_READING = frozenset({Right.READ, Right.EXPORT})
_OFFICER = _READING | {Right.ANSWER, Right.NOTICE}

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: _READING,
    Role.OFFICER: _OFFICER,
    Role.APPROVER: _OFFICER | {Right.PUBLISH, Right.APPROVE, Right.IDENTIFY},
    Role.EDITOR: _READING | {Right.CARDS},
    Role.ADMINISTRATOR: frozenset(Right),
}
"""docs/console.md shows this table."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who is signed in. `official` is who they are towards cases and notices; `units` the
    codes of all units that they may see, with "" if they see the whole installation; `token` goes
    into each form; `shortcuts` says whether single keys do something; `here` is the page they asked
    for, "" after a form."""

    official: Official
    account: int
    login: str
    session: int
    units: frozenset[str]
    everywhere: bool
    token: str
    shortcuts: bool = True
    here: str = ""

    @property
    def id(self) -> int:
        """The number under which history and audit log know them."""
        return self.official.id

    @property
    def name(self) -> str:
        return self.official.name

    @property
    def role(self) -> Role:
        return self.official.role

    @property
    def unit(self) -> str:
        """Their unit's code; empty for the whole installation."""
        return self.official.unit

    @property
    def only(self) -> frozenset[str] | None:
        """The units to which a query has to keep; None where they see everything."""
        return None if self.everywhere else self.units

    def covers(self, unit: str) -> bool:
        """Whether something of that unit is theirs; without a unit it is the whole house's."""
        return self.everywhere or (bool(unit) and unit in self.units)

    def has(self, right: Right) -> bool:
        """Whether their role has the right at all, for whatever is theirs."""
        return right in RIGHTS[self.role]

    def may(self, right: Right, unit: str = "") -> bool:
        """Whether they may do so for that unit; without one, for the whole installation."""
        return self.has(right) and self.covers(unit)


def staff_of(
    official: Official,
    units: Units,
    *,
    account: int,
    login: str,
    session: int,
    token: str,
    shortcuts: bool = True,
    here: str = "",
) -> Staff:
    """Whoever is signed in, with what their unit covers."""
    everywhere = units.everywhere(official.unit)
    seen = units.below("") if everywhere else units.below(official.unit)
    return Staff(official, account, login, session, seen, everywhere, token, shortcuts, here)
