"""The list of channels' accounts: what it is asked for, and how one line of it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from handlers.staff.channel_accounts import Line, State

ADDRESS = "/staff/accounts"
PAGE = 50


@dataclass(frozen=True, slots=True)
class Query:
    """What the address asks for. `troubled` is "1" for those that somebody has to see to; `after`
    is the last name of the page before."""

    text: str = ""
    platform: str = ""
    unit: str = ""
    troubled: str = ""
    after: str = ""

    @classmethod
    def of(cls, typed: Mapping[str, str]) -> Query:
        given = {name: typed.get(name, "").strip()[:64] for name in cls.__slots__}
        return cls(**given)

    def address(self, **others: str) -> str:
        """This list, from its beginning unless told otherwise."""
        pairs = {name: getattr(self, name) for name in Query.__slots__} | {"after": ""} | others
        given = urlencode({name: value for name, value in pairs.items() if value})
        return f"{ADDRESS}?{given}" if given else ADDRESS

    def among(self, lines: Iterable[Line], units: Mapping[str, str], whole: str) -> list[Line]:
        """The lines that it asks for, by name. `units` holds the names of units by their codes,
        `whole` is what the whole house is called."""
        names = {"": whole, **units}
        return [
            line
            for line in lines
            if line.name > self.after
            and self.platform in {"", line.platform}
            and self.unit in {"", line.unit}
            and (not self.troubled or line.troubled)
            and self.text.casefold()
            in f"{line.name} {line.title} {names.get(line.unit, '')}".casefold()
        ]


@dataclass(frozen=True, slots=True)
class Shown:
    """One account in words; moments are Vietnam's, empty where there is none. `state` ends the key
    of a text; `warns` says that something has to be done about its tokens."""

    line: Line
    unit: str
    state: State
    waiting: int
    heard: str
    asked: str
    added: str
    changed: str
    tokens: str
    warns: bool
