"""To whom a broadcast goes and what became of each: one outbox row a person, made in chunks.

Progress is counted from the rows, never from a cursor; the cursor only spares looking again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    and_,
    case,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage.broadcasts import WITHDRAWN, Broadcast, BroadcastRecord, Phase
from storage.consents import HOLDS, ConsentRecord
from storage.conversations import ConversationRecord
from storage.database import Transaction, Utc
from storage.outbox import BELL, Claim, Lane, OutboxRecord, State
from storage.people import PersonRecord

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
)
ENDED = (State.SENT, State.FAILED, State.SKIPPED)
BLOCKED = "the person stopped the bot"


@dataclass(frozen=True, slots=True)
class Account:
    """What became of a broadcast, in numbers of people; `reasons` of all that did not arrive."""

    recipients: int
    pending: int
    sent: int
    failed: int
    uncertain: int
    skipped: int
    blocked: int
    reasons: Mapping[str, int]

    @property
    def ended(self) -> bool:
        return self.pending == 0 and self.uncertain == 0


class Recipients:
    """The book of who gets a broadcast."""

    async def expand(
        self,
        tx: Transaction,
        it: Broadcast,
        *,
        bodies: Mapping[str, str],
        units: Collection[str],
        at: datetime,
    ) -> bool:
        """Write messages for the next people who said yes; False when there were no more.

        `bodies` are by account, laid out for it; `units` are codes, empty for everybody. Doing it
        again adds nothing. Nothing happens unless the broadcast is being sent.
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
        wanted = [HOLDS, yes.yes, yes.purpose == it.draft.purpose, yes.id > state.expanded_to]
        size = CHUNK_POSTGRESQL if tx.on_postgresql else CHUNK_SQLITE
        page = select(yes.id).where(*wanted).order_by(yes.id).limit(size).subquery()
        last = (await tx.connection.execute(select(func.max(page.c.id)))).scalar_one()
        done = update(row).where(row.id == it.id)
        if last is None:
            await tx.connection.execute(done.values(expanded=True))
            return False
        body = case(bodies, value=talk.account, else_="") if bodies else literal("")
        state_of = case(
            (talk.stopped_at.is_not(None), State.FAILED.value),
            (talk.account.not_in(bodies), State.FAILED.value),
            else_=State.PENDING.value,
        )
        why = case(
            (talk.stopped_at.is_not(None), BLOCKED),
            (talk.account.not_in(bodies), "the account was removed"),
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
            )
            .join(talk, talk.id == yes.conversation_id)
            .join(person, person.id == yes.person_id)
            .where(*wanted, yes.id <= last)
        )
        if units:
            people = people.where(person.unit.in_(units))
        insert = postgresql.insert if tx.on_postgresql else sqlite.insert
        await tx.connection.execute(
            insert(OutboxRecord).from_select(list(COLUMNS), people).on_conflict_do_nothing()
        )
        await tx.connection.execute(done.values(expanded_to=last))
        await tx.ring(BELL)
        return True

    async def account(self, tx: Transaction, number: int) -> Account:
        """Count what became of it."""
        row, talk = OutboxRecord, ConversationRecord
        stopped = talk.stopped_at.is_not(None)
        rows = await tx.connection.execute(
            select(row.state, row.reason, stopped.label("stopped"), func.count().label("many"))
            .join(talk, talk.id == row.conversation_id)
            .where(row.broadcast_id == number)
            .group_by(row.state, row.reason, stopped)
        )
        many = dict.fromkeys(State, 0)
        blocked, reasons = 0, dict[str, int]()
        for state, reason, is_stopped, count in rows:
            many[State(state)] += count
            if state == State.FAILED and is_stopped:
                blocked += count
            if reason and state not in (State.SENT, State.PENDING, State.CLAIMED):
                reasons[reason] = reasons.get(reason, 0) + count
        return Account(
            recipients=sum(many.values()),
            pending=many[State.PENDING] + many[State.CLAIMED] + many[State.HELD],
            sent=many[State.SENT],
            failed=many[State.FAILED],
            uncertain=many[State.UNCERTAIN],
            skipped=many[State.SKIPPED],
            blocked=blocked,
            reasons=reasons,
        )

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
                row.conversation_id.in_(reachable),
            )
            .values(state=State.PENDING.value, attempts=0, not_before=at, ended_at=None, reason="")
        )
        await tx.ring(BELL)
        return done.rowcount

    async def leave(self, tx: Transaction, number: int, *, at: datetime) -> int:
        """What is uncertain stays so for good: nobody wants it sent again. Tells how many."""
        row = OutboxRecord
        done = await tx.connection.execute(
            update(row)
            .where(row.broadcast_id == number, row.state == State.UNCERTAIN)
            .values(
                state=State.SKIPPED.value,
                reason="it is not known whether it arrived, and it was not sent again",
                ended_at=at,
            )
        )
        return done.rowcount

    async def refuse(
        self, tx: Transaction, claims: Collection[Claim], *, cap: int, at: datetime
    ) -> set[int]:
        """Which of these claimed messages must not go after all; they are ended or put back here.

        Asked at the last moment: whether the person still says yes, the broadcast still runs, and
        the person has not had `cap` notices within a week already (emergencies do not count).
        """
        numbers = [claim.id for claim in claims if claim.broadcast is not None]
        if not numbers:
            return set()
        row, run, yes = OutboxRecord, BroadcastRecord, ConsentRecord
        recent = OutboxRecord.__table__.alias()
        had = (
            select(func.count())
            .where(
                recent.c.conversation_id == row.conversation_id,
                recent.c.broadcast_id.is_not(None),
                recent.c.lane == int(Lane.CAMPAIGN),
                recent.c.state == State.SENT,
                recent.c.ended_at > at - timedelta(days=7),
            )
            .scalar_subquery()
        )
        rows = await tx.connection.execute(
            select(row.id, row.lane, run.state, yes.id.label("consent"), had.label("had"))
            .join(run, run.id == row.broadcast_id)
            .outerjoin(
                yes,
                and_(yes.person_id == row.person_id, yes.purpose == run.purpose, HOLDS, yes.yes),
            )
            .where(row.id.in_(numbers))
        )
        refused: set[int] = set()
        values: dict[str, object]
        for number, lane, phase, consent, count in rows:
            match phase:
                case Phase.PAUSED:
                    values = {"state": State.HELD.value, "ended_at": None}
                case Phase.CANCELLED:
                    values = _skipped("the broadcast was cancelled", at)
                case _ if consent is None:
                    values = _skipped(WITHDRAWN, at)
                case _ if lane == Lane.CAMPAIGN and count >= cap:
                    values = _skipped("the person had enough notices this week", at)
                case _:
                    continue
            refused.add(number)
            await tx.connection.execute(
                update(row)
                .where(row.id == number, row.state == State.CLAIMED)
                .values(owner=None, **values)
            )
        return refused


def _skipped(reason: str, at: datetime) -> dict[str, object]:
    return {"state": State.SKIPPED.value, "reason": reason, "ended_at": at}
