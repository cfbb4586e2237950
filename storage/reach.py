"""Whom a notice will reach, counted before it goes: how many by account, and why others do not.

Counted live and never kept. People are told apart by nothing but what they chose (their unit, the
language they read, what they said yes to) and what their platform allows; there is no sign of
origin, belief or score here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
)

from storage.broadcast_corrections import RECEIVED
from storage.broadcasts import BroadcastRecord
from storage.consents import HOLDS, ConsentRecord, Purpose
from storage.conversations import ConversationRecord
from storage.database import Transaction, Utc
from storage.inbox import InboxRecord
from storage.outbox import Lane, OutboxRecord, State
from storage.people import PersonRecord, chosen_as

WEEK = timedelta(days=7)


class Way(StrEnum):
    """How a notice comes to a person who said yes, or why it does not."""

    OPEN = "open"  # the platform sets no time
    FREE = "free"  # they wrote a short while ago
    BILLED = "billed"  # a longer while ago: the platform takes money, and the account may spend it
    TEMPLATE = (
        "template"  # too long ago, or unpaid: its words go by an approved template, for money
    )
    UNKNOWN = "unknown"  # nobody knows when they wrote: it is tried
    UNPAID = "unpaid"  # the platform would take money, and the account may spend none
    CLOSED = "closed"  # too long ago
    FULL = "full"  # they had enough notices this week
    BLOCKED = "blocked"
    REMOVED = "removed"  # the account is gone


REACHED = (Way.OPEN, Way.FREE, Way.BILLED, Way.TEMPLATE, Way.UNKNOWN)


class Window(Protocol):
    """So long after a person wrote may they be written to: `free` of charge, and till `billed` for
    money, which this account may spend or not (`pays`)."""

    @property
    def free(self) -> timedelta: ...
    @property
    def billed(self) -> timedelta: ...
    @property
    def pays(self) -> bool: ...


@dataclass(frozen=True)
class Reach:
    """People by account and way; `never` asked for this, `stopped` said no or took their yes back.

    Only people of the units that were asked about are counted. `languages`: how many of those whom
    it reaches chose each, empty for Vietnamese.
    """

    people: Mapping[tuple[str, Way], int]
    never: int = 0
    stopped: int = 0
    languages: Mapping[str, int] = field(default_factory=dict)

    @property
    def reached(self) -> int:
        return sum(count for (_, way), count in self.people.items() if way in REACHED)

    def ways(self, way: Way) -> int:
        return sum(count for (_, each), count in self.people.items() if each is way)

    def accounts(self) -> Mapping[str, Mapping[Way, int]]:
        """By account, those with the most people first."""
        found: dict[str, dict[Way, int]] = {}
        for (account, way), count in self.people.items():
            found.setdefault(account, {})[way] = count
        return dict(sorted(found.items(), key=lambda one: -sum(one[1].values())))


async def reach(
    tx: Transaction,
    purpose: Purpose,
    *,
    units: Collection[str],
    accounts: Collection[str],
    windows: Mapping[str, Window],
    cap: int | None,
    at: datetime,
    language: str = "",
    topic: str = "",
    templates: Collection[str] = (),
) -> Reach:
    """Count for a notice that goes out `at` (UTC), if nobody does anything until then.

    `units` are codes, empty for everybody; `accounts` those that work, `windows` of those that have
    one, `templates` those whose template carries the words to who is outside of it. Who had `cap`
    notices in the week before gets none; None for an emergency.
    """
    found = dict(
        await _ways(
            tx,
            purpose,
            units,
            accounts=accounts,
            windows=windows,
            at=at,
            language=language,
            topic=topic,
            templates=templates,
        )
    )
    if cap is not None:
        full = await _ways(
            tx, purpose, units, accounts=accounts, windows=windows, at=at, language=language,
            topic=topic, templates=templates, among=_had(cap, at),
        )  # fmt: skip
        for (account, way, chosen), count in full.items():
            if way in REACHED:
                found[account, way, chosen] -= count
                none = (account, Way.FULL, chosen)
                found[none] = found.get(none, 0) + count
    never, stopped = await _without(tx, purpose, units, language, topic)
    people, languages = Counter[tuple[str, Way]](), Counter[str]()
    for (account, way, chosen), count in found.items():
        people[account, way] += count
        if way in REACHED:
            languages[chosen] += count
    return Reach(
        {key: count for key, count in people.items() if count},
        never,
        stopped,
        {key: count for key, count in languages.items() if count},
    )


async def reach_again(
    tx: Transaction,
    number: int,
    *,
    accounts: Collection[str],
    windows: Mapping[str, Window],
    at: datetime,
    templates: Collection[str] = (),
) -> Reach:
    """Count those who received this broadcast, or may have, for one that takes it back and goes out
    `at` (UTC); the others as in `reach`. Of whom nothing is kept is not among them."""
    row, talk = OutboxRecord, ConversationRecord
    people_of = (
        select(
            row.account,
            literal("").label("language"),
            talk.stopped_at.is_not(None).label("blocked"),
            _heard(windows).label("heard"),
        )
        .join(talk, talk.id == row.conversation_id)
        .where(row.broadcast_id == number, row.state.in_(RECEIVED))
    )
    found = await _counted(
        tx, people_of, accounts=accounts, windows=windows, at=at, templates=templates
    )
    return Reach({(account, way): count for (account, way, _), count in found.items()})


def _heard(windows: Mapping[str, Window]) -> ColumnElement[Any]:
    """When somebody last wrote in a conversation, where that decides anything."""
    talk = ConversationRecord
    last = (
        select(InboxRecord.sent_at)
        .where(InboxRecord.conversation_id == talk.id, InboxRecord.kind != "blocked")
        .order_by(InboxRecord.id.desc())
        .limit(1)
        .correlate(talk)
        .scalar_subquery()
    )
    return case((talk.account.in_(windows), last), else_=None)


async def shut_out(
    tx: Transaction, conversations: Collection[int], *, windows: Mapping[str, Window], at: datetime
) -> Mapping[str, int]:
    """To how many of these conversations of each account nothing can be sent any more, since they
    last wrote too long ago, or so long that it costs money which the account may not spend."""
    talk = ConversationRecord
    people_of = select(
        talk.account, literal("").label("language"), false().label("blocked"),
        _heard(windows).label("heard"),
    ).where(talk.id.in_(conversations), talk.account.in_(windows))  # fmt: skip
    ways = await _counted(
        tx, people_of, accounts=windows.keys(), windows=windows, at=at, templates=()
    )
    found: Counter[str] = Counter()
    for (account, way, _), count in ways.items():
        found[account] += count if way in {Way.CLOSED, Way.UNPAID} else 0
    return found


async def _ways(
    tx: Transaction,
    purpose: Purpose,
    units: Collection[str],
    *,
    accounts: Collection[str],
    windows: Mapping[str, Window],
    at: datetime,
    language: str,
    topic: str,
    templates: Collection[str],
    among: Subquery | None = None,
) -> Mapping[tuple[str, Way, str], int]:
    """Those who said yes by account, way and language; of all, or of the conversations `among`."""
    yes, talk, person = ConsentRecord, ConversationRecord, PersonRecord
    people_of = (
        select(
            talk.account,
            person.language,
            talk.stopped_at.is_not(None).label("blocked"),
            _heard(windows).label("heard"),
        )
        .join(yes, yes.conversation_id == talk.id)
        .join(person, person.id == yes.person_id)
        .where(HOLDS, yes.yes, yes.purpose == purpose, yes.topic == topic)
    )
    if among is not None:
        people_of = people_of.join(among, among.c.conversation_id == talk.id)
    if units:
        people_of = people_of.where(person.unit.in_(units))
    if language:
        people_of = people_of.where(person.language == chosen_as(language))
    return await _counted(
        tx, people_of, accounts=accounts, windows=windows, at=at, templates=templates
    )


async def _counted(
    tx: Transaction,
    people_of: Select[Any],
    *,
    accounts: Collection[str],
    windows: Mapping[str, Window],
    at: datetime,
    templates: Collection[str],
) -> Mapping[tuple[str, Way, str], int]:
    """Rows of people (account, language, blocked, heard) by account, way and language."""

    def shut(account: str, why: Way) -> Way:
        return Way.TEMPLATE if account in templates else why

    # Written down first, or SQLite looks everything up once for each `when` below.
    each = people_of.cte("each").prefix_with("MATERIALIZED")
    way = case(
        (each.c.blocked, Way.BLOCKED),
        (each.c.account.not_in(accounts), Way.REMOVED),
        *(
            (and_(each.c.account == account, condition), then)
            for account, window in windows.items()
            for condition, then in (
                (each.c.heard.is_(None), Way.UNKNOWN),
                (each.c.heard >= literal(at - window.free, Utc()), Way.FREE),
                (
                    each.c.heard >= literal(at - window.billed, Utc()),
                    Way.BILLED if window.pays else shut(account, Way.UNPAID),
                ),
                (each.c.heard.is_not(None), shut(account, Way.CLOSED)),
            )
        ),
        else_=Way.OPEN,
    )
    ways = select(each.c.account, way.label("way"), each.c.language).subquery()
    key = (ways.c.account, ways.c.way, ways.c.language)
    rows = await tx.connection.execute(select(*key, func.count()).group_by(*key))
    return {(account, Way(found), chosen): count for account, found, chosen, count in rows}


def _had(cap: int, at: datetime) -> Subquery:
    """The conversations that got `cap` notices or more in the week before, by way of the
    broadcasts that were under way then: looking through each person's messages takes minutes on
    SQLite."""
    row, run = OutboxRecord, BroadcastRecord
    lately = select(run.id).where(
        run.started_at.is_not(None), or_(run.ended_at.is_(None), run.ended_at > at - WEEK)
    )
    return (
        select(row.conversation_id)
        .where(
            row.broadcast_id.in_(lately),
            row.lane == int(Lane.CAMPAIGN),
            row.state == State.SENT,
            row.ended_at > at - WEEK,
        )
        .group_by(row.conversation_id)
        .having(func.count() >= cap)
        .subquery("had")
    )


async def _without(
    tx: Transaction, purpose: Purpose, units: Collection[str], language: str, topic: str
) -> tuple[int, int]:
    """How many people of these units never answered for this purpose, and how many said no."""
    person, answer = PersonRecord, ConsentRecord
    # HOLDS as it is written out: without it SQLite reads all answers for each person.
    holds = and_(
        answer.person_id == person.id, answer.purpose == purpose, answer.topic == topic, HOLDS
    )
    counts = []
    for condition in (~exists().where(holds), exists().where(holds, ~answer.yes)):
        query = select(func.count()).where(
            person.same_as.is_(None), person.forgotten_at.is_(None), condition
        )
        if units:
            query = query.where(person.unit.in_(units))
        if language:
            query = query.where(person.language == chosen_as(language))
        counts.append(int((await tx.connection.execute(query)).scalar_one()))
    return counts[0], counts[1]
