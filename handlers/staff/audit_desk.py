"""The desk for the audit log: who did what, searched by person, deed, thing and day. It shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from content.redaction import redact
from content.texts import Texts
from handlers.periods import day_in
from handlers.staff.door import Door
from handlers.staff.forms import storable
from handlers.staff.staff import Right, Staff
from handlers.unit_words import field_name
from handlers.units import Units
from storage.audit import Audit, Entry, Kind, Verb, Wanted
from storage.database import Database
from storage.officials import Officials, Role
from storage.staff_accounts import StaffAccounts

ADDRESS = "/staff/audit"
PAGE = 50
PLACES = {
    Kind.CASE: "/staff/cases/",
    Kind.GROUP: "/staff/groups/",
    Kind.CHANNEL: "/staff/accounts/",
    Kind.BROADCAST: "/staff/notices/",
    Kind.CARD: "/staff/cards/",
    Kind.UNIT: "/staff/units?unit=",
}
"""Where a thing is shown."""


@dataclass(frozen=True, slots=True)
class Query:
    """What the address asks for; what it asks wrongly is left out."""

    by: str = ""
    verb: str = ""
    kind: str = ""
    thing: str = ""
    first: str = ""
    last: str = ""

    @classmethod
    def of(cls, typed: Mapping[str, str]) -> Query:
        def one_of(name: str, known: set[str]) -> str:
            return value if (value := typed.get(name, "")) in known else ""

        return cls(
            by=typed.get("by", "") if _whole(typed.get("by", "")) else "",
            verb=one_of("verb", {verb.value for verb in Verb}),
            kind=one_of("kind", {kind.value for kind in Kind}),
            thing=storable(typed.get("thing", "")).strip()[:64],
            first=typed.get("first", "") if day_in(typed.get("first", "")) else "",
            last=typed.get("last", "") if day_in(typed.get("last", "")) else "",
        )

    def address(self, **others: str) -> str:
        pairs = {name: getattr(self, name) for name in Query.__slots__} | others
        given = urlencode({name: value for name, value in pairs.items() if value})
        return f"{ADDRESS}?{given}" if given else ADDRESS


class Line(NamedTuple):
    """One entry, in words."""

    at: str
    by: str
    did: str
    thing: str
    address: str
    unit: str
    reason: str


class AuditDesk:
    """Shows the log."""

    def __init__(
        self, *, door: Door, database: Database, texts: Texts, units: Units, zone: ZoneInfo
    ) -> None:
        self._door = door
        self._database = database
        self._texts = texts
        self._units = units
        self._zone = zone
        self._audit = Audit()
        self._accounts = StaffAccounts()
        self._officials = Officials()

    async def show(self, request: web.Request) -> web.Response:
        """One page, the newest first; of one's own units unless one sees everything."""
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.AUDIT)
        query, typed = Query.of(request.query), request.query.get("below", "")
        below = int(typed) if _whole(typed) else None
        async with self._database.read() as tx:
            entries = await self._audit.page(
                tx, self._wanted(query, staff), below=below, at_most=PAGE + 1
            )
            people = await self._accounts.names(tx, units=staff.only)
            names = await self._officials.names(tx, {e.by for e in entries if e.by is not None})
        more = query.address(below=str(entries[PAGE - 1].id)) if len(entries) > PAGE else ""
        return self._door.page(
            "audit.html", staff=staff, query=query, people=people, more=more,
            lines=[self._line(entry, names) for entry in entries[:PAGE]],
            begins=below is None, first=query.address(),
            verbs=[(verb.value, self._texts(f"audit.verb.{verb}")) for verb in Verb],
            kinds=[(kind.value, self._texts(f"audit.kind.{kind}")) for kind in Kind],
        )  # fmt: skip

    def _wanted(self, query: Query, staff: Staff) -> Wanted:
        first, last = day_in(query.first), day_in(query.last)
        return Wanted(
            by=int(query.by) if query.by else None,
            verb=Verb(query.verb) if query.verb else None,
            kind=Kind(query.kind) if query.kind else None,
            thing=query.thing.casefold(),
            since=self._midnight(first) if first else None,
            until=self._midnight(last + timedelta(days=1)) if last else None,
            units=staff.only,
        )

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone)

    def _line(self, entry: Entry, names: Mapping[int, str]) -> Line:
        unit = self._units.get(entry.unit)
        reason = redact(entry.reason)
        if entry.kind is Kind.UNIT:  # of an office; what people are told of it hides nothing
            name, told, rest = entry.reason.partition(": ")
            reason = f"{field_name(self._texts, name)}: {rest}" if told else name
        if entry.reason in set(Role):
            reason = self._texts(f"official.role.{Role(entry.reason)}")
        place = PLACES.get(entry.kind, "")
        return Line(
            entry.at.astimezone(self._zone).strftime("%H:%M:%S %d/%m/%Y"),
            names.get(entry.by, "") if entry.by else self._texts("audit.nobody"),
            self._texts(f"audit.verb.{entry.verb}"),
            f"{self._texts(f'audit.kind.{entry.kind}')} {entry.thing}".strip(),
            f"{place}{entry.thing}" if place else "",
            unit.name if unit else "",
            reason,
        )


def _whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18
