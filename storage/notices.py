"""Notices: which official wrote a broadcast, who released it, and what both were told of it last.

A broadcast from the command line that names no official has no notice. What a broadcast may become
stands in `broadcasts`; here is what officials do beside it: giving it back, looking it up.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Select,
    String,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, aliased, mapped_column

from storage.broadcasts import BroadcastRecord, Broadcasts, NoBroadcast, Phase, WrongState, noted
from storage.conversations import ConversationRecord
from storage.database import Record, Transaction
from storage.officials import ANSWERING, LEADING, Official
from storage.outbox import OutboxRecord, State
from storage.people import Id, PersonRecord

WRITING = ANSWERING
"""The roles that may write notices for their unit and all below it."""

RELEASING = LEADING
"""The roles that may release what another wrote, and in an emergency their own."""

ENDED = (Phase.FINISHED.value, Phase.CANCELLED.value)
CLOSED = "closed:"
"""How it begins what was told of a broadcast that takes no more answers."""

ON_THEIR_WAY = (State.PENDING.value, State.CLAIMED.value, State.HELD.value)


class NoticeRecord(Record):
    __tablename__ = "notices"

    broadcast_id: Mapped[int] = mapped_column(
        Id, ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True
    )
    author_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("officials.id", ondelete="SET NULL"), default=None
    )
    approver_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("officials.id", ondelete="SET NULL"), default=None
    )
    told: Mapped[str] = mapped_column(String(40), default="")


@dataclass(frozen=True, slots=True)
class Notice:
    """Who wrote and released a broadcast (`Official.id`), and the stage that was told last."""

    broadcast: int
    author: int | None
    approver: int | None
    told: str = ""


class Notices:
    """The book of officials' notices."""

    async def wrote(self, tx: Transaction, number: int, official: int) -> None:
        """This official wrote it, or wrote it anew."""
        await self._put(tx, number, author_id=official)

    async def released(self, tx: Transaction, number: int, official: int) -> None:
        await self._put(tx, number, approver_id=official)

    async def of(self, tx: Transaction, number: int) -> Notice:
        """Whose it is; of nobody who works here when nobody is known."""
        row = NoticeRecord
        rows = await tx.connection.execute(select(row.__table__).where(row.broadcast_id == number))
        found = rows.one_or_none()
        return Notice(number, None, None) if found is None else _notice(found)

    async def give_back(
        self, tx: Transaction, number: int, *, why: str, by: str, at: datetime
    ) -> None:
        """Not so: it is a draft again, and its author reads why. Raises WrongState, NoBroadcast."""
        row = BroadcastRecord
        query = select(row.state, row.history).where(row.id == number).with_for_update()
        found = (await tx.connection.execute(query)).one_or_none()
        if found is None:
            raise NoBroadcast(f"there is no broadcast {number}")
        if found.state != Phase.SUBMITTED:
            raise WrongState(f"broadcast {number} is {found.state}: it cannot be given back")
        await tx.connection.execute(
            update(row)
            .where(row.id == number)
            .values(
                state=Phase.DRAFT.value, note=why, history=noted(found.history, "return", by, at)
            )
        )

    async def listed(
        self,
        tx: Transaction,
        *,
        author: int,
        units: Collection[str] | None,
        at_most: int,
    ) -> Sequence[int]:
        """The newest broadcasts that this official wrote or that go to these units (None: to all),
        what waits for somebody first. What was begun on the command line only is nobody's yet."""
        row, notice = BroadcastRecord, NoticeRecord
        seen = notice.author_id == author
        if units is None:
            seen = or_(seen, row.state != Phase.DRAFT)
        elif units:
            seen = or_(seen, and_(row.unit.in_(units), row.state != Phase.DRAFT))
        ended = row.state.in_(ENDED)
        rows = await tx.connection.execute(
            select(row.id)
            .outerjoin(notice, notice.broadcast_id == row.id)
            .where(seen)
            .order_by(ended, row.id.desc())
            .limit(at_most)
        )
        return list(rows.scalars())

    async def last_deed(self, tx: Transaction, number: int) -> tuple[str, str]:
        """What somebody did to it last, and who; two empty words when nobody did anything."""
        history = await Broadcasts().history(tx, number)
        return (history[-1][0], history[-1][1]) if history else ("", "")

    async def adopt(self, tx: Transaction) -> None:
        """One of a series is whose the series is."""
        of_series = NoticeRecord
        await tx.connection.execute(
            insert(NoticeRecord).from_select(
                ["broadcast_id", "author_id", "approver_id", "told"],
                _orphans(of_series.author_id, of_series.approver_id, literal("")),
            )
        )

    async def orphans(self, tx: Transaction) -> bool:
        """Whether there are any to adopt."""
        return (await tx.connection.execute(_orphans().limit(1))).first() is not None

    async def untold(self, tx: Transaction) -> list[Notice]:
        """Those whose officials may have news to hear: all but what ended and was told so."""
        row, run = NoticeRecord, BroadcastRecord
        rows = await tx.connection.execute(
            select(row.__table__)
            .join(run, run.id == row.broadcast_id)
            .where(
                or_(
                    run.state.not_in(ENDED),
                    ~or_(row.told.startswith(run.state + ":"), row.told.startswith(CLOSED)),
                    # It was told as sent; that it takes no more answers is news again.
                    and_(
                        run.closed_at.is_not(None),
                        run.state == Phase.FINISHED,
                        ~row.told.startswith(CLOSED),
                    ),
                )
            )
            .order_by(row.broadcast_id)
        )
        return [_notice(found) for found in rows]

    async def tell(self, tx: Transaction, notice: Notice, stage: str) -> bool:
        """They are told of this stage now. False: somebody else told them a moment ago."""
        row = NoticeRecord
        done = await tx.connection.execute(
            update(row)
            .where(row.broadcast_id == notice.broadcast, row.told == notice.told)
            .values(told=stage)
        )
        return bool(done.rowcount)

    async def tell_again(self, tx: Transaction, number: int) -> None:
        """It goes on: its end is news once more."""
        row = NoticeRecord
        await tx.connection.execute(update(row).where(row.broadcast_id == number).values(told=""))

    async def waits_for_nothing(self, tx: Transaction, number: int) -> bool:
        """Whether no message of it is on its way or held back."""
        row = OutboxRecord
        found = await tx.connection.execute(
            select(row.id).where(row.broadcast_id == number, row.state.in_(ON_THEIR_WAY)).limit(1)
        )
        return found.first() is None

    async def can_go_again(self, tx: Transaction, number: int) -> int:
        """To how many people what failed can be sent again: as `Recipients.retry` does it."""
        row, talk = OutboxRecord, ConversationRecord
        found = await tx.connection.execute(
            select(func.count())
            .select_from(row)
            .join(talk, talk.id == row.conversation_id)
            .where(
                row.broadcast_id == number,
                row.state == State.FAILED,
                row.body != "",
                talk.stopped_at.is_(None),
            )
        )
        return int(found.scalar_one())

    async def one_person(self, tx: Transaction, one: Official, other: Official) -> bool:
        """Whether two officials are one person, as far as is known: they linked their chats."""
        if one.id == other.id:
            return True
        talk, person = ConversationRecord, PersonRecord
        chats = [chat for chat in (one.conversation, other.conversation) if chat is not None]
        found = await tx.connection.execute(
            select(func.coalesce(person.same_as, person.id))
            .join(talk, talk.person_id == person.id)
            .where(talk.id.in_(chats))
        )
        people = list(found.scalars())
        return len(people) == 2 and len(set(people)) == 1

    async def _put(self, tx: Transaction, number: int, **values: int) -> None:
        upsert = postgresql.insert if tx.on_postgresql else sqlite.insert
        await tx.connection.execute(
            upsert(NoticeRecord)
            .values(broadcast_id=number, told="", **values)
            .on_conflict_do_update(index_elements=["broadcast_id"], set_=values)
        )


def _orphans(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Broadcasts of a series that an official wrote which are nobody's yet."""
    row, known, of_series = BroadcastRecord, aliased(NoticeRecord), NoticeRecord
    return (
        select(row.id, *columns)
        .join(of_series, of_series.broadcast_id == row.series_id)
        .where(~exists().where(known.broadcast_id == row.id))
    )


def _notice(row: Any) -> Notice:
    return Notice(row.broadcast_id, row.author_id, row.approver_id, row.told)
