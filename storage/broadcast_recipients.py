"""To whom a broadcast goes and what became of each: one outbox row a person, made in chunks.

Progress is counted from the rows, never from a cursor; the cursor only spares looking again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage.broadcast_outcomes import NOT_KNOWN, Account, account_of
from storage.broadcast_records import Broadcast, BroadcastRecord, Phase
from storage.broadcast_schedule import ENDED
from storage.broadcasts import CANCELLED, WITHDRAWN
from storage.consents import HOLDS, ConsentRecord
from storage.conversations import ConversationRecord
from storage.database import Transaction, Utc
from storage.outbox import BELL, Claim, Lane, OutboxRecord, State
from storage.people import PersonRecord, chosen_as

CHUNK_SQLITE, CHUNK_POSTGRESQL = 5_000, 20_000
"""People a transaction: on SQLite everybody who writes waits meanwhile."""

COLUMNS = (
    "account",
    "conversation_id",
    "lane",
    "body",
    "state",
    "attempts",
    "not_before",
    "created_at",
    "ended_at",
    "platform_id",
    "reason",
    "broadcast_id",
    "person_id",
    "again",
)

__all__ = ["Account", "Recipients"]
BLOCKED = "the person stopped the bot"
REMOVED = "the account was removed"
ENOUGH = "the person had enough notices this week"
ELSEWHERE = "the person gets it in another chat"


class Recipients:
    """The book of who gets a broadcast. `chunk`: people a transaction, unless the database says."""

    def __init__(self, *, chunk: int | None = None) -> None:
        self._chunk = chunk

    async def expand(
        self,
        tx: Transaction,
        it: Broadcast,
        *,
        bodies: Mapping[str, str],
        translated: Mapping[tuple[str, str], str] = MappingProxyType({}),
        units: Collection[str],
        at: datetime,
    ) -> bool:
        """Write messages for the next people who said yes; False when there were no more.

        `bodies` are by account, laid out for it; `translated` by account and language for those
        who chose another than Vietnamese, where there are such words. `units` are codes, empty for
        everybody. Doing it again adds nothing. Nothing happens unless the broadcast is being sent.
        """
        row = BroadcastRecord
        found = await tx.connection.execute(
            select(row.expanded_to, row.expanded)
            .where(row.id == it.id, row.state == Phase.SENDING)
            .with_for_update(key_share=True)
        )
        state = found.one_or_none()
        if state is None or state.expanded:
            return False
        yes, talk, person = ConsentRecord, ConversationRecord, PersonRecord
        wanted = [
            HOLDS,
            yes.yes,
            yes.purpose == it.draft.purpose,
            yes.topic == it.draft.topic,
            yes.id > state.expanded_to,
        ]
        size = self._chunk or (CHUNK_POSTGRESQL if tx.on_postgresql else CHUNK_SQLITE)
        page = select(yes.id).where(*wanted).order_by(yes.id).limit(size).subquery()
        last = (await tx.connection.execute(select(func.max(page.c.id)))).scalar_one()
        done = update(row).where(row.id == it.id)
        if last is None:
            await tx.connection.execute(done.values(expanded=True))
            return False
        body: ColumnElement[str] = (
            case(bodies, value=talk.account, else_="") if bodies else literal("")
        )
        if translated:
            chosen = [
                (and_(talk.account == account, person.language == language), words)
                for (account, language), words in translated.items()
            ]
            body = case(*chosen, else_=body)
        state_of = case(
            (talk.stopped_at.is_not(None), State.FAILED.value),
            (talk.account.not_in(bodies), State.FAILED.value),
            else_=State.PENDING.value,
        )
        why = case(
            (talk.stopped_at.is_not(None), BLOCKED),
            (talk.account.not_in(bodies), REMOVED),
            else_="",
        )
        ended = case((state_of == State.FAILED.value, literal(at, Utc())), else_=None)
        people = (
            select(
                talk.account,
                talk.id,
                literal(int(it.lane)),
                body,
                state_of,
                literal(0),
                literal(at, Utc()),
                literal(at, Utc()),
                ended,
                literal(""),
                why,
                literal(it.id),
                yes.person_id,
                literal(0),
            )
            .join(talk, talk.id == yes.conversation_id)
            .join(person, person.id == yes.person_id)
            .where(*wanted, yes.id <= last)
        )
        if units:
            people = people.where(person.unit.in_(units))
        if it.draft.language:
            people = people.where(person.language == chosen_as(it.draft.language))
        insert = postgresql.insert if tx.on_postgresql else sqlite.insert
        await tx.connection.execute(
            insert(OutboxRecord).from_select(list(COLUMNS), people).on_conflict_do_nothing()
        )
        await tx.connection.execute(done.values(expanded_to=last))
        await tx.ring(BELL)
        return True

    async def account(self, tx: Transaction, number: int) -> Account:
        """Count what became of it."""
        return await account_of(tx, number)

    async def unfinished(self, tx: Transaction, number: int) -> bool:
        """Whether anybody has no end yet."""
        row = OutboxRecord
        found = await tx.connection.execute(
            select(row.id)
            .where(row.broadcast_id == number, row.state.not_in([s.value for s in ENDED]))
            .limit(1)
        )
        return found.first() is not None

    async def retry(self, tx: Transaction, number: int, *, state: State, at: datetime) -> int:
        """Send again what failed, or what is uncertain; not to who blocked us. Tells how many."""
        row, talk = OutboxRecord, ConversationRecord
        reachable = select(talk.id).where(talk.stopped_at.is_(None))
        done = await tx.connection.execute(
            update(row)
            .where(
                row.broadcast_id == number,
                row.state == state,
                row.body != "",
                row.reason != REMOVED,
                row.conversation_id.in_(reachable),
            )
            .values(
                state=State.PENDING.value,
                attempts=0,
                not_before=at,
                ended_at=None,
                reason="",
                again=row.again + (1 if state is State.UNCERTAIN else 0),
            )
        )
        await tx.ring(BELL)
        return done.rowcount

    async def leave(self, tx: Transaction, number: int, *, at: datetime) -> int:
        """What is uncertain stays so for good: nobody wants it sent again. Tells how many."""
        row = OutboxRecord
        done = await tx.connection.execute(
            update(row)
            .where(row.broadcast_id == number, row.state == State.UNCERTAIN)
            .values(state=State.SKIPPED.value, reason=NOT_KNOWN, ended_at=at)
        )
        return done.rowcount

    async def refuse(
        self, tx: Transaction, claims: Collection[Claim], *, cap: int, at: datetime
    ) -> set[int]:
        """Which of these claimed messages must not go after all; they are ended or put back here.

        Asked at the last moment: whether the person still says yes, the broadcast still runs, and
        the person has not had `cap` notices within a week already (emergencies do not count, and
        what takes a notice back goes all the same).
        """
        mine = {claim.id: claim.owner for claim in claims if claim.broadcast is not None}
        if not mine:
            return set()
        asked = {"these": list(mine), "week_ago": at - timedelta(days=7)}
        found = list(await tx.connection.execute(LAST_LOOK, asked))
        refused = set(mine) - {one.id for one in found}  # the message is gone
        values: dict[str, object]
        for one in found:
            match one.state:
                case _ if one.owner != mine[one.id]:  # we slept, and another has it
                    refused.add(one.id)
                    continue
                case Phase.PAUSED:
                    values = {"state": State.HELD.value, "ended_at": None}
                case Phase.CANCELLED:
                    values = _skipped(CANCELLED, at)
                case _ if one.consent is None:
                    values = _skipped(WITHDRAWN, at)
                case _ if one.elsewhere:
                    values = _skipped(ELSEWHERE, at)
                case _ if one.lane == Lane.CAMPAIGN and one.had >= cap and not one.takes_back:
                    values = _skipped(ENOUGH, at)
                case _:
                    continue
            refused.add(one.id)
            await tx.connection.execute(
                update(OutboxRecord).where(OutboxRecord.id == one.id).values(owner=None, **values)
            )
        return refused


def _last_look() -> Any:
    """What is known of these messages and their people, in all the chats that a person linked."""
    row, run, yes, known = OutboxRecord, BroadcastRecord, ConsentRecord, PersonRecord
    one = func.coalesce(known.same_as, known.id)  # the row that holds what the person chose
    linked, twin = PersonRecord.__table__.alias(), OutboxRecord.__table__.alias()
    in_linked = (
        select(func.coalesce(func.sum(_had(linked.c.id)), 0))
        .where(linked.c.same_as == one)
        .correlate(row, known)
        .scalar_subquery()
    )
    elsewhere = exists().where(  # they linked the chats after the messages were made
        twin.c.broadcast_id == row.broadcast_id,
        twin.c.person_id == one,
        twin.c.id != row.id,
    )
    return (
        select(
            row.id,
            row.lane,
            row.owner,
            run.state,
            run.takes_back,
            yes.id.label("consent"),
            (_had(one) + in_linked).label("had"),
            elsewhere.label("elsewhere"),
        )
        .join(run, run.id == row.broadcast_id)
        .join(known, known.id == row.person_id)
        .outerjoin(
            yes,
            and_(
                yes.person_id == one,
                yes.purpose == run.purpose,
                yes.topic == run.topic,
                HOLDS,
                yes.yes,
            ),
        )
        .where(row.id.in_(bindparam("these", expanding=True)))
    )


def _had(person: ColumnElement[int]) -> ScalarSelect[int]:
    """How many notices this row of a person had within a week, or has just before this one.

    Asked of each row by itself, so that no database reads more than the person's own messages.
    """
    recent, row = OutboxRecord.__table__.alias(), OutboxRecord
    # Through a function: else PostgreSQL, without figures yet, reads all that ended, each time.
    state = func.coalesce(recent.c.state, "")
    lately = and_(
        state.in_((State.SENT.value, State.UNCERTAIN.value)),
        recent.c.ended_at > bindparam("week_ago", type_=Utc()),
    )
    return (
        select(func.count())
        .select_from(recent)
        .where(
            recent.c.person_id == person,
            recent.c.broadcast_id.is_not(None),
            recent.c.lane == int(Lane.CAMPAIGN),
            recent.c.target == "",  # what took the place of another was no message more
            or_(lately, and_(recent.c.state == State.CLAIMED, recent.c.id < row.id)),
        )
        .correlate_except(recent)
        .scalar_subquery()
    )


LAST_LOOK = _last_look()  # built once: for each claim anew it would take as long as the claim


def _skipped(reason: str, at: datetime) -> dict[str, object]:
    return {"state": State.SKIPPED.value, "reason": reason, "ended_at": at}
