"""Taking a notice back: another broadcast, to exactly those who received the first one.

It is written, approved, paced and accounted for as every other. Where the platform lets us, its
message takes the place of the sent one or takes it away; elsewhere it is a message of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import and_, case, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.answers import Answers
from storage.broadcast_outcomes import account_of
from storage.broadcast_recipients import BLOCKED, COLUMNS, REMOVED
from storage.broadcast_records import Broadcast, BroadcastRecord, Phase, WrongState
from storage.broadcasts import Broadcasts
from storage.conversations import ConversationRecord
from storage.database import Transaction, Utc
from storage.outbox import BELL, OutboxRecord, State

CHUNK = 5_000
RECEIVED = (State.SENT.value, State.UNCERTAIN.value)
"""Who has it, and who may have it: a correction is for both."""

NOT_YET_SENT = (Phase.DRAFT, Phase.SUBMITTED, Phase.APPROVED, Phase.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Received:
    """How many people got a notice, by account as far as its messages are kept; `forgotten` are
    those of whom nothing is kept any more, so that nothing can be sent to them."""

    accounts: Mapping[str, int]
    forgotten: int

    @property
    def people(self) -> int:
        return sum(self.accounts.values())


class Corrections:
    """The book of notices that are taken back."""

    async def received(self, tx: Transaction, number: int) -> Received:
        """Who got it, or may have got it."""
        row = OutboxRecord
        found = await tx.connection.execute(
            select(row.account, func.count().label("many"))
            .where(row.broadcast_id == number, row.state.in_(RECEIVED))
            .group_by(row.account)
        )
        accounts = {each.account: each.many for each in found}
        account = await account_of(tx, number)
        gone = account.sent + account.uncertain - sum(accounts.values())
        return Received(accounts, max(0, gone))

    async def take_back(
        self, tx: Transaction, number: int, *, words: str, removes: bool, by: str, at: datetime
    ) -> int:
        """Write the broadcast that takes this one back, and hand it in; returns its number.

        Nothing more of the first goes out from now on, and what it asked takes no more answers.
        `words` are what people read where it cannot be taken away, or with `removes` False in its
        place. That of an emergency is one too, so that who wrote it may release it. Raises
        WrongState for one that has not begun.
        """
        book = Broadcasts()
        it = await book.get(tx, number, lock=True)
        if it.phase in NOT_YET_SENT or it.started_at is None:
            raise WrongState(f"nothing of broadcast {number} was sent yet: cancel or edit it")
        if it.phase in (Phase.SENDING, Phase.PAUSED):
            await book.cancel(tx, number, by=by, at=at)
        if it.draft.asks is not None and it.closed_at is None:
            await Answers().close(tx, number, by=by, at=at)
        draft = replace(
            it.draft,
            text=words,
            texts=(),
            language="",
            enclosed=(),
            due_at=None,
            asks=None,
            takes_back=number,
            removes=removes,
        )
        written = await book.write(tx, draft, by=by, at=at)
        await book.submit(tx, written, by=by, at=at)
        return written

    async def expand(
        self,
        tx: Transaction,
        it: Broadcast,
        *,
        bodies: Mapping[str, str],
        edits: Collection[str],
        at: datetime,
    ) -> bool:
        """Write messages for the next people who received the first; False when there were no more.

        `bodies` are by account; `edits` are the accounts whose messages can be changed. While one
        of the first is on its way nothing is written, for nobody knows whether it arrives.
        """
        row, first, talk = BroadcastRecord, OutboxRecord, ConversationRecord
        state = (
            await tx.connection.execute(
                select(row.expanded_to, row.expanded)
                .where(row.id == it.id, row.state == Phase.SENDING)
                .with_for_update(key_share=True)
            )
        ).one_or_none()
        flying = select(first.id).where(
            first.broadcast_id == it.draft.takes_back, first.state == State.CLAIMED
        )
        if state is None or state.expanded:
            return False
        if (await tx.connection.execute(flying.limit(1))).first() is not None:
            return False
        theirs = and_(
            first.broadcast_id == it.draft.takes_back,
            first.person_id > state.expanded_to,
            first.state.in_(RECEIVED),
        )
        page = select(first.person_id).where(theirs).order_by(first.person_id).limit(CHUNK)
        last = (
            await tx.connection.execute(select(func.max(page.subquery().c.person_id)))
        ).scalar_one()
        done = update(row).where(row.id == it.id)
        if last is None:
            await tx.connection.execute(done.values(expanded=True))
            return False
        stopped, gone = talk.stopped_at.is_not(None), first.account.not_in(bodies)
        failed = case((stopped, BLOCKED), (gone, REMOVED), else_="")
        state_of = case((failed != "", State.FAILED.value), else_=State.PENDING.value)
        sent = and_(first.state == State.SENT, first.account.in_(edits))
        people = (
            select(
                first.account,
                first.conversation_id,
                literal(int(it.lane)),
                case(bodies, value=first.account, else_="") if bodies else literal(""),
                state_of,
                literal(0),
                literal(at, Utc()),
                literal(at, Utc()),
                case((failed != "", literal(at, Utc())), else_=None),
                literal(""),
                failed,
                literal(it.id),
                first.person_id,
                literal(0),
                case((sent, first.platform_id), else_=""),
            )
            .join(talk, talk.id == first.conversation_id)
            .where(theirs, first.person_id <= last)
        )
        insert = postgresql.insert if tx.on_postgresql else sqlite.insert
        await tx.connection.execute(
            insert(OutboxRecord).from_select([*COLUMNS, "target"], people).on_conflict_do_nothing()
        )
        await tx.connection.execute(done.values(expanded_to=last))
        await tx.ring(BELL)
        return True
