"""The outbox: each message that must reach a person, until it has an end.

A row is pending, then claimed by one sender, then sent or failed. A claim holds as long as its
sender shows that it lives (`alive`); what a dead sender held goes back by `after_lost_claim`.
A conversation's rows go out by lane, then by age: none is claimed while another is claimed, or
while one of its own or a more urgent lane waits before it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from storage.database import Transaction, Utc
from storage.outbox_records import (
    BELL,
    BY_TEMPLATE,
    ENDED,
    IN_HAND,
    LEASE,
    WAITING,
    Claim,
    Lane,
    OutboxRecord,
    SenderRecord,
    State,
    Waiting,
    after_lost_claim,
    conversation_bell,
)
from storage.outbox_statements import (
    FIRST_OF_EACH,
    FREE,
    SEND_ALL,
    SEND_ALL_AT_ONCE,
    SENT,
    TAKE,
    TAKEN,
)

__all__ = [
    "BELL",
    "BY_TEMPLATE",
    "IN_HAND",
    "LEASE",
    "Claim",
    "Lane",
    "Outbox",
    "OutboxRecord",
    "SenderRecord",
    "State",
    "Waiting",
    "after_lost_claim",
    "conversation_bell",
    "server_time",
]


class Outbox:
    """The book of messages to send."""

    async def put(
        self,
        tx: Transaction,
        bodies: list[str],
        *,
        account: str,
        conversation: int,
        inbox: int | None,
        lane: Lane,
        at: datetime,
        not_before: datetime | None = None,
    ) -> None:
        """Queue messages for a conversation, in their order, and wake the senders.

        They wait until `not_before`, if it is given; all times are in UTC.
        """
        if not bodies:
            return
        await tx.connection.execute(
            insert(OutboxRecord),
            [
                {
                    "account": account,
                    "conversation_id": conversation,
                    "inbox_id": inbox,
                    "lane": int(lane),
                    "body": body,
                    "state": State.PENDING.value,
                    "not_before": not_before or at,
                    "created_at": at,
                }
                for body in bodies
            ],
        )
        await tx.ring(BELL)

    async def alive(self, tx: Transaction, owner: str, *, at: datetime) -> None:
        """The sender `owner` works: its claims hold for another `LEASE`.

        PostgreSQL's own time is taken, for the clocks of several machines differ; on SQLite, which
        serves one machine, it is `at`.
        """
        seen = server_time(tx, at)
        shown = await tx.connection.execute(
            update(SenderRecord).where(SenderRecord.owner == owner).values(seen_at=seen)
        )
        if not shown.rowcount:
            await tx.connection.execute(insert(SenderRecord).values(owner=owner, seen_at=seen))

    async def retire(self, tx: Transaction, owner: str) -> None:
        """The sender is gone: what it holds is free from now on."""
        await tx.connection.execute(delete(SenderRecord).where(SenderRecord.owner == owner))

    async def free_lost_claims(self, tx: Transaction, *, at: datetime) -> int:
        """Give back what dead senders held; return how many rows there were.

        Who was last seen in the future was so before the clock was set back: the lease begins now.
        """
        await tx.connection.execute(
            update(SenderRecord)
            .where(SenderRecord.seen_at > server_time(tx, at, ago=-LEASE))
            .values(seen_at=server_time(tx, at))
        )
        await tx.connection.execute(
            delete(SenderRecord).where(SenderRecord.seen_at < server_time(tx, at, ago=LEASE))
        )
        freed = 0
        for lane in Lane:
            state = after_lost_claim(lane)
            result = await tx.connection.execute(
                update(OutboxRecord)
                .where(
                    IN_HAND,
                    OutboxRecord.state == State.CLAIMED,
                    OutboxRecord.lane == int(lane),
                    OutboxRecord.owner.not_in(select(SenderRecord.owner)),
                )
                .values(
                    state=state.value,
                    owner=None,
                    reason="the sender stopped before it could note the outcome",
                    again=OutboxRecord.again + (1 if state is State.PENDING else 0),
                    ended_at=at if state is State.UNCERTAIN else None,
                )
            )
            freed += result.rowcount
        return freed

    async def waiting(self, tx: Transaction) -> list[Waiting]:
        """What waits, by account and lane: a look at the first of each, however many there are."""
        rows = await tx.connection.execute(FIRST_OF_EACH)
        return [Waiting(row.account, Lane(row.lane), row.not_before) for row in rows]

    async def claim(
        self,
        tx: Transaction,
        *,
        account: str,
        owner: str,
        at: datetime,
        at_most: int,
        last_lane: Lane = Lane.CAMPAIGN,
    ) -> list[Claim]:
        """Take up to `at_most` rows of an account: by lane, then by age, one a conversation.

        Lanes after `last_lane` are left alone.
        """
        asked = {
            "which": account,
            "claimer": owner,
            "now": at,
            "at_most": at_most,
            "last_lane": int(last_lane),
        }
        ids = list((await tx.connection.execute(TAKE, asked)).scalars())
        if not ids:
            return []
        rows = await tx.connection.execute(TAKEN, {"ids": ids})
        return [
            Claim(
                id=r.id,
                owner=owner,
                account=r.account,
                conversation=r.conversation_id,
                chat=r.chat,
                thread=r.thread,
                lane=Lane(r.lane),
                body=r.body,
                attempts=r.attempts - 1,
                broadcast=r.broadcast_id,
                target=r.target,
            )
            for r in rows
        ]

    async def sent(
        self, tx: Transaction, claim: Claim, *, platform_id: str, at: datetime, way: str = ""
    ) -> bool:
        """The platform took it, on a `way` if there are several (`BY_TEMPLATE`).

        False: the claim was lost meanwhile, and another has it now.
        A row whose claim was lost, and that nobody has claimed since, is sent all the same: so it
        is with one that was given up as uncertain.
        """
        done = await self._write(
            tx,
            claim,
            {**SENT, "reason": way, "ended_at": at, "platform_id": platform_id},
            or_free=FREE,
        )
        await tx.ring(conversation_bell(claim.conversation))
        return done

    async def sent_all(
        self, tx: Transaction, those: list[tuple[Claim, str, str]], *, at: datetime
    ) -> None:
        """The platform took all of these, with its ids and ways: as `sent`, for one sender."""
        if tx.on_postgresql:
            await tx.connection.execute(
                SEND_ALL_AT_ONCE,
                {
                    "its_owner": those[0][0].owner,
                    "ids": [claim.id for claim, _, _ in those],
                    "numbers": [number for _, number, _ in those],
                    "ways": [way for _, _, way in those],
                    "now": at,
                },
            )
        else:
            await tx.connection.execute(
                SEND_ALL,
                [
                    {
                        "its_owner": claim.owner,
                        "its_id": claim.id,
                        "its_number": number,
                        "its_way": way,
                        "now": at,
                    }
                    for claim, number, way in those
                ],
            )
        await tx.ring(*(conversation_bell(claim.conversation) for claim, _, _ in those))

    async def failed(self, tx: Transaction, claim: Claim, *, reason: str, at: datetime) -> bool:
        """It can never be delivered."""
        return await self._end(tx, claim, State.FAILED, at, reason=reason)

    async def uncertain(self, tx: Transaction, claim: Claim, *, reason: str, at: datetime) -> bool:
        """It may have been delivered, and a person has to decide."""
        return await self._end(tx, claim, State.UNCERTAIN, at, reason=reason)

    async def retry(
        self,
        tx: Transaction,
        claim: Claim,
        *,
        when: datetime,
        reason: str,
        counts: bool = True,
        doubt: bool = False,
    ) -> bool:
        """Try again at `when`. A platform's "slow down" does not count as a try.

        It was not delivered, or with `doubt` nobody knows.
        """
        values: dict[str, Any] = {
            "state": State.PENDING.value,
            "owner": None,
            "not_before": when,
            "reason": reason,
        }
        if not counts:
            values["attempts"] = OutboxRecord.attempts - 1
        if doubt:
            values["again"] = OutboxRecord.again + 1
        return await self._write(tx, claim, values)

    async def hurry(self, tx: Transaction, *, at: datetime) -> None:
        """The clock was set back: what was to wait by the wrong one waits no longer."""
        await tx.connection.execute(
            update(OutboxRecord)
            .where(IN_HAND, OutboxRecord.state == State.PENDING, OutboxRecord.not_before > at)
            .values(not_before=at)
        )

    async def hurry_account(self, tx: Transaction, account: str, *, by: datetime) -> None:
        """The account was changed: what was refused before is tried anew at `by` at the latest."""
        row = OutboxRecord
        await tx.connection.execute(
            update(row)
            .where(
                IN_HAND,
                row.account == account,
                row.state == State.PENDING,
                row.reason != "",
                row.not_before > by,
            )
            .values(not_before=by)
        )
        await tx.ring(BELL)

    async def fail_all_pending(
        self, tx: Transaction, conversation: int, *, reason: str, at: datetime
    ) -> int:
        """Nothing more may be written to this conversation."""
        result = await tx.connection.execute(
            update(OutboxRecord)
            .where(
                OutboxRecord.conversation_id == conversation,
                OutboxRecord.state.in_(WAITING),
            )
            .values(state=State.FAILED.value, reason=reason, ended_at=at)
        )
        return result.rowcount

    async def fail_account(
        self, tx: Transaction, account: str, *, reason: str, at: datetime
    ) -> int:
        """Nothing more goes out through this account; tells how much was waiting."""
        result = await tx.connection.execute(
            update(OutboxRecord)
            .where(OutboxRecord.account == account, OutboxRecord.state.in_(WAITING))
            .values(state=State.FAILED.value, reason=reason, ended_at=at)
        )
        return result.rowcount

    async def withdraw(self, tx: Transaction, inbox: int) -> bool:
        """Unsay the last message that answers that one. False: it is on its way, or there."""
        row = OutboxRecord
        last = select(func.max(row.id)).where(row.inbox_id == inbox).scalar_subquery()
        result = await tx.connection.execute(
            delete(row).where(row.id == last, row.state == State.PENDING)
        )
        return bool(result.rowcount)

    async def in_hand(self, tx: Transaction, accounts: Collection[str]) -> dict[str, int]:
        """How many messages of each of these accounts wait or are on their way, if any."""
        row = OutboxRecord
        rows = await tx.connection.execute(
            select(row.account, func.count())
            .where(row.account.in_(accounts), IN_HAND)
            .group_by(row.account)
        )
        return {found[0]: found[1] for found in rows}

    async def counts(self, tx: Transaction) -> dict[State, int]:
        """How many rows there are of each state."""
        row, many = OutboxRecord, dict.fromkeys(State, 0)
        # Each in the order of an index that holds all of it: no row is read or sorted.
        for query in (
            select(row.state, func.count()).where(IN_HAND).group_by(row.state),
            select(row.state, func.count()).where(ENDED).group_by(row.broadcast_id, row.state),
        ):
            for state, count in await tx.connection.execute(query):
                many[State(state)] += count
        return many

    async def _end(
        self, tx: Transaction, claim: Claim, state: State, at: datetime, **values: Any
    ) -> bool:
        changed = {"state": state.value, "owner": None, "ended_at": at, **values}
        done = await self._write(tx, claim, changed)
        await tx.ring(conversation_bell(claim.conversation))
        return done

    async def _write(
        self,
        tx: Transaction,
        claim: Claim,
        values: dict[str, Any],
        *,
        or_free: ColumnElement[bool] | None = None,
    ) -> bool:
        """Change the row if the claim still holds: who slept too long changes nothing."""
        mine = and_(OutboxRecord.state == State.CLAIMED, OutboxRecord.owner == claim.owner)
        allowed = mine if or_free is None else or_(mine, or_free)
        result = await tx.connection.execute(
            update(OutboxRecord).where(OutboxRecord.id == claim.id, allowed).values(**values)
        )
        return bool(result.rowcount)


def server_time(tx: Transaction, at: datetime, *, ago: timedelta = timedelta()) -> Any:
    """PostgreSQL's own time for a statement; on SQLite, which serves one machine, it is `at`."""
    return func.clock_timestamp() - ago if tx.on_postgresql else literal(at - ago, Utc())
