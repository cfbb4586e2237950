"""The book of answers: one a person and question, changeable while the questions are open.

While they are open an answer belongs to a person, so that they can change it. Closing cuts that
link for good: the rows are written anew without it, sorted by what they say, so that neither a
column nor their order leads back. No time is kept with an answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    delete,
    distinct,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, aliased, mapped_column

from storage.broadcast_records import (
    Broadcast,
    BroadcastRecord,
    Phase,
    WrongState,
    noted,
    of_row,
    read,
)
from storage.database import Database, Record, Transaction
from storage.notice_drafts import NoticeDraftRecord
from storage.outbox import OutboxRecord
from storage.people import Id, PersonRecord
from storage.questionnaires import CODES, Questionnaire

CLOCK = "clock"
"""Who closed what came to its end."""


class AnswerRecord(Record):
    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("broadcast_id", "question", "person_id"),
        Index("ix_answers_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(Id, ForeignKey("broadcasts.id", ondelete="CASCADE"))
    question: Mapped[int] = mapped_column(Integer)
    person_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("people.id", ondelete="CASCADE"), default=None
    )
    choice: Mapped[int | None] = mapped_column(Integer, default=None)
    words: Mapped[str] = mapped_column(Text, default="")


@dataclass(frozen=True, slots=True)
class Given:
    """An answer: the place of a choice, or words; neither: they left the question out."""

    choice: int | None = None
    words: str = ""


class Answers:
    """The book of answers. `person` is `Person.id`, the same for all their chats."""

    async def asked(self, tx: Transaction, number: int, person: int) -> Broadcast | None:
        """The broadcast, if it asks something and this person was among those it went to. It
        stays open, or closed, until the transaction ends."""
        row, run = OutboxRecord, BroadcastRecord
        found = await tx.connection.execute(
            select(row.id).where(row.broadcast_id == number, _theirs(person)).limit(1)
        )
        if found.first() is None:
            return None
        rows = await tx.connection.execute(
            select(run.__table__)
            .where(run.id == number)
            .with_for_update(read=True, key_share=True)  # others may send it meanwhile
        )
        it = of_row(rows.one())
        return it if it.draft.asks is not None else None

    async def of_code(self, tx: Transaction, code: int, person: int) -> int | None:
        """The newest broadcast of this code that went to this person."""
        row, run = OutboxRecord, BroadcastRecord
        found = await tx.connection.execute(
            select(run.id)
            .join(row, row.broadcast_id == run.id)
            .where(run.code == code, _theirs(person))
            .order_by(run.id.desc())
            .limit(1)
        )
        number: int | None = found.scalar_one_or_none()
        return number

    async def put(
        self, tx: Transaction, number: int, question: int, given: Given, *, person: int
    ) -> None:
        """Note an answer in place of an earlier one. Ask first whether it is still open."""
        upsert = postgresql.insert if tx.on_postgresql else sqlite.insert
        values = {"choice": given.choice, "words": given.words}
        await tx.connection.execute(
            upsert(AnswerRecord)
            .values(broadcast_id=number, question=question, person_id=person, **values)
            .on_conflict_do_update(
                index_elements=["broadcast_id", "question", "person_id"], set_=values
            )
        )

    async def of(self, tx: Transaction, number: int, person: int) -> Mapping[int, Given]:
        """What this person answered, by question; nothing once it is closed."""
        row = AnswerRecord
        found = await tx.connection.execute(
            select(row.question, row.choice, row.words).where(
                row.broadcast_id == number, row.person_id == person
            )
        )
        return {question: Given(choice, words) for question, choice, words in found}

    async def forget(self, tx: Transaction, people: Collection[int]) -> None:
        """Delete what these rows of people answered. What was closed is nobody's any more."""
        row = AnswerRecord
        await tx.connection.execute(delete(row).where(row.person_id.in_(people)))

    async def join(self, tx: Transaction, one: int, *, to: int) -> None:
        """Two people turned out to be one: what `to` answered holds, `one` fills what is open."""
        row, theirs = AnswerRecord, aliased(AnswerRecord)
        twice = (
            select(theirs.id)
            .where(
                theirs.broadcast_id == row.broadcast_id,
                theirs.question == row.question,
                theirs.person_id == to,
            )
            .exists()
        )
        await tx.connection.execute(delete(row).where(row.person_id == one, twice))
        await tx.connection.execute(update(row).where(row.person_id == one).values(person_id=to))

    async def free_code(self, tx: Transaction) -> int:
        """A code that nothing open or half written has, the longest unused ones first. Raises
        WrongState when there is none."""
        run = BroadcastRecord
        rows = await tx.connection.execute(
            select(run.code).where(run.code > 0, run.closed_at.is_(None))
        )
        taken = set(rows.scalars())
        drafts = await tx.connection.execute(
            select(NoticeDraftRecord.questions).where(NoticeDraftRecord.questions != "")
        )
        half_written = (Questionnaire.from_json(kept) for kept in drafts.scalars())
        taken |= {one.code for one in half_written if one is not None}
        newest = select(run.code).where(run.code > 0).order_by(run.id.desc()).limit(1)
        last: int = (await tx.connection.execute(newest)).scalar_one_or_none() or CODES[-1]
        begin = CODES.index(last) + 1 if last in CODES else 0
        codes: list[int] = [*CODES[begin:], *CODES[:begin]]
        for code in codes:
            if code not in taken:
                return code
        raise WrongState(f"{len(CODES)} polls are open: close one first")

    async def close(self, tx: Transaction, number: int, *, by: str, at: datetime) -> None:
        """Take no more answers, and cut what leads from an answer to a person. Raises WrongState
        when it asks nothing, never began, or is closed."""
        it = await self._alone(tx, number)
        if it.draft.asks is None:
            raise WrongState(f"broadcast {number} asks nothing: there is nothing to close")
        if it.closed_at is not None:
            raise WrongState(f"broadcast {number} is closed already")
        if it.started_at is None and it.phase is not Phase.CANCELLED:
            raise WrongState(f"broadcast {number} has not begun: cancel it")
        run, row = BroadcastRecord, AnswerRecord
        people = await self.respondents(tx, number)
        names = ["broadcast_id", "question", "choice", "words"]
        columns = (row.broadcast_id, row.question, row.choice, row.words)
        await tx.connection.execute(
            insert(row).from_select(
                names,
                select(*columns)
                .where(row.broadcast_id == number, row.person_id.is_not(None), _said())
                .order_by(row.question, row.choice, row.words),
            )
        )
        await tx.connection.execute(
            delete(row).where(row.broadcast_id == number, row.person_id.is_not(None))
        )
        history = await tx.connection.execute(select(run.history).where(run.id == number))
        await tx.connection.execute(
            update(run)
            .where(run.id == number)
            .values(
                closed_at=at,
                respondents=people,
                history=noted(history.scalar_one(), "close", by, at),
            )
        )

    async def to_close(self, tx: Transaction, *, at: datetime) -> Sequence[int]:
        """What has come to its end, or was cancelled, and still counts as open."""
        run = BroadcastRecord.__table__
        rows = await tx.connection.execute(
            select(run).where(run.c.code > 0, run.c.closed_at.is_(None))
        )
        return [it.id for it in map(of_row, rows) if _ended(it, at)]

    async def close_ended(self, tx: Transaction, number: int, *, at: datetime) -> None:
        """Close it, unless another process did."""
        it = await self._alone(tx, number)
        if it.closed_at is None and _ended(it, at):
            await self.close(tx, number, by=CLOCK, at=at)

    async def _alone(self, tx: Transaction, number: int) -> Broadcast:
        """The broadcast, with nobody in the middle of answering it."""
        run = BroadcastRecord
        await tx.connection.execute(select(run.id).where(run.id == number).with_for_update())
        return await read(tx, number)

    async def respondents(self, tx: Transaction, number: int) -> int:
        """How many people answered anything so far; of what is closed its record tells."""
        row = AnswerRecord
        found = await tx.connection.execute(
            select(func.count(distinct(row.person_id))).where(row.broadcast_id == number, _said())
        )
        return int(found.scalar_one())

    async def counts(self, tx: Transaction, number: int) -> Mapping[tuple[int, int | None], int]:
        """How many answers there are by question and choice; None for those in words."""
        row = AnswerRecord
        found = await tx.connection.execute(
            select(row.question, row.choice, func.count())
            .where(row.broadcast_id == number, or_(_said(), row.person_id.is_(None)))
            .group_by(row.question, row.choice)
        )
        return {(question, choice): many for question, choice, many in found}

    async def words(self, tx: Transaction, number: int, question: int) -> Sequence[str]:
        """The answers in words to a question of what is closed, in the order of the alphabet."""
        row = AnswerRecord
        found = await tx.connection.execute(
            select(row.words)
            .where(row.broadcast_id == number, row.question == question, row.words != "")
            .where(row.person_id.is_(None))
        )
        return sorted(found.scalars())


def is_open(it: Broadcast, at: datetime) -> bool:
    """Whether answers are taken at that time."""
    return it.closed_at is None and it.started_at is not None and not _ended(it, at)


def _ended(it: Broadcast, at: datetime) -> bool:
    if it.draft.asks is None or it.phase is Phase.CANCELLED:
        return True
    return it.started_at is not None and it.draft.asks.closes(it.started_at) <= at


def _said() -> ColumnElement[bool]:
    """Whether the question was answered, not left out."""
    row = AnswerRecord
    return or_(row.choice.is_not(None), row.words != "")


async def forget_old_words(database: Database, *, before: datetime) -> int:
    """Delete what was answered in words to questions that closed before that time (UTC); how many
    there were stays. Return how many rows."""
    row, run = AnswerRecord, BroadcastRecord
    old = select(run.id).where(run.closed_at < before)
    async with database.begin() as tx:
        done = await tx.connection.execute(
            update(row).where(row.broadcast_id.in_(old), row.words != "").values(words="")
        )
        return done.rowcount


def _theirs(person: int) -> ColumnElement[bool]:
    """Messages to this person, in all chats that they linked."""
    row, known = OutboxRecord, PersonRecord
    rows = select(known.id).where(or_(known.id == person, known.same_as == person))
    return row.person_id.in_(rows)
