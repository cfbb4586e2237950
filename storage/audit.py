"""The audit log: who saw, changed or exported what at the console. It is only ever added to.

The database itself refuses to change an entry, and to delete one before its time (migrations).
It holds numbers of officials and things, and reasons as they were given; nobody's words else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Index, String, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Database, Record, Transaction, Utc
from storage.people import Id

KEPT = timedelta(days=730)
"""No entry is deleted earlier: the database refuses it."""

CHUNK = 500


class Verb(StrEnum):
    """What somebody did."""

    # at the door
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"  # of an account that there is; by is nobody
    SIGNED_OUT = "signed_out"
    ENDED_SESSION = "ended_session"
    CHANGED_PASSWORD = "changed_password"  # noqa: S105 - no password
    SET_SECOND_STEP = "set_second_step"  # reason: "on" or "off"
    # people
    INVITED = "invited"  # reason: the role
    JOINED = "joined"
    ASKED_CONSENT = "asked_consent"  # of an admin of an account on a platform
    CONNECTED = "connected"  # an admin's consent was taken
    CHANGED_ROLE = "changed_role"  # reason: the role
    REMOVED = "removed"
    # seeing
    SAW = "saw"
    UNMASKED = "unmasked"  # what was masked was shown; reason: why
    EXPORTED = "exported"
    REFUSED = "refused"  # a key of the API; reason: what it asked for, and why not
    # changing
    ANSWERED = "answered"
    ASKED_BACK = "asked_back"
    ASSIGNED = "assigned"
    MOVED = "moved"
    CLOSED = "closed"
    RELEASED = "released"
    KEPT = "kept"
    NOTED = "noted"
    GROUPED = "grouped"
    UNGROUPED = "ungrouped"
    PUBLISHED = "published"
    FETCHED = "fetched"  # a file was asked for once more
    ADDED = "added"
    EDITED = "edited"
    APPROVED = "approved"
    SUBMITTED = "submitted"  # a notice was handed in
    RETURNED = "returned"  # reason: why it is not approved
    PAUSED = "paused"
    RESUMED = "resumed"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    SENT_AGAIN = "sent_again"
    LEFT = "left"  # what is uncertain is not sent again
    TOOK_BACK = "took_back"
    DISMISSED = "dismissed"
    DELETED = "deleted"


class Kind(StrEnum):
    """What it was done to."""

    ACCOUNT = "account"
    SESSION = "session"
    OFFICIAL = "official"
    CASE = "case"
    FILE = "file"
    GROUP = "group"
    QUESTION = "question"  # one that no card answered
    CARD = "card"
    BROADCAST = "broadcast"
    LIST = "list"
    SETTING = "setting"
    CHANNEL = "channel"  # an account on a platform, by its name
    API_KEY = "api_key"
    REPLY = "reply"  # one that is saved to answer with
    UNIT = "unit"  # by its code; reason: what was changed, from what to what
    DAY_OFF = "day_off"  # by its day


class AuditRecord(Record):
    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_by", "by", "id"),
        Index("ix_audit_log_verb", "verb", "id"),
        Index("ix_audit_log_thing", "kind", "thing", "id"),
        Index("ix_audit_log_at", "at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(Utc)
    by: Mapped[int | None] = mapped_column(Id, default=None)
    verb: Mapped[str] = mapped_column(String(24))
    kind: Mapped[str] = mapped_column(String(16))
    thing: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(200))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `by` is an official's number, None the program or a command; `thing` a number or
    a name; `unit` whose it is, empty for the whole installation."""

    id: int
    at: datetime
    by: int | None
    verb: Verb
    kind: Kind
    thing: str
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; what is empty or None leaves it open. Times are UTC, `until` is left out."""

    by: int | None = None
    verb: Verb | None = None
    kind: Kind | None = None
    thing: str = ""
    since: datetime | None = None
    until: datetime | None = None
    units: Collection[str] | None = None


class Audit:
    """The book of who did what."""

    async def note(
        self,
        tx: Transaction,
        verb: Verb,
        kind: Kind,
        thing: int | str,
        *,
        by: int | None,
        at: datetime,
        unit: str = "",
        reason: str = "",
    ) -> None:
        await tx.connection.execute(
            insert(AuditRecord).values(
                at=at, by=by, verb=verb.value, kind=kind.value, thing=str(thing)[:64], unit=unit,
                reason=reason[:200],
            )
        )  # fmt: skip

    async def note_all(
        self,
        tx: Transaction,
        notes: Sequence[tuple[Verb, Kind, str, str, str]],
        *,
        by: int | None,
        at: datetime,
    ) -> None:
        """Many lines: of each the verb, the kind, the thing, the unit and the reason."""
        rows = [
            {"at": at, "by": by, "verb": verb.value, "kind": kind.value, "thing": thing[:64],
             "unit": unit, "reason": reason[:200]}
            for verb, kind, thing, unit, reason in notes
        ]  # fmt: skip
        if rows:
            await tx.connection.execute(insert(AuditRecord), rows)

    async def page(
        self, tx: Transaction, wanted: Wanted, *, below: int | None = None, at_most: int
    ) -> list[Entry]:
        """The newest first; with `below`, those before the entry of that number."""
        row = AuditRecord
        query = select(
            row.id, row.at, row.by, row.verb, row.kind, row.thing, row.unit, row.reason
        ).order_by(row.id.desc())
        exact = {
            row.by: wanted.by,
            row.verb: wanted.verb,
            row.kind: wanted.kind,
            row.thing: wanted.thing or None,
        }
        for column, value in exact.items():
            if value is not None:
                query = query.where(column == value)
        if wanted.units is not None:
            query = query.where(row.unit.in_(wanted.units))
        if wanted.since is not None:
            query = query.where(row.at >= wanted.since)
        if wanted.until is not None:
            query = query.where(row.at < wanted.until)
        if below is not None:
            query = query.where(row.id < below)
        rows = await tx.connection.execute(query.limit(at_most))
        return [
            Entry(f.id, f.at, f.by, Verb(f.verb), Kind(f.kind), f.thing, f.unit, f.reason)
            for f in rows
        ]


async def forget_audit(database: Database, *, before: datetime) -> int:
    """Delete entries from before that time (UTC), which has to be `KEPT` ago; how many."""
    count, row = 0, AuditRecord
    while True:
        async with database.begin() as tx:
            old = select(row.id).where(row.at < before).limit(CHUNK)
            these = list((await tx.connection.execute(old)).scalars())
            await tx.connection.execute(delete(row).where(row.id.in_(these)))
        count += len(these)
        if len(these) < CHUNK:
            return count
