"""Cases: what waits for an official. For now: questions that the cards could not answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.people import Id


class QuestionState(StrEnum):
    WAITING = "waiting"
    ANSWERED = "answered"


class QuestionRecord(Record):
    __tablename__ = "questions"
    __table_args__ = (
        Index("ix_questions_state", "state", "asked_at"),
        Index("ix_questions_conversation", "conversation_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE")
    )
    unit: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    topic: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class Question:
    id: int
    unit: str
    text: str
    topic: str
    asked_at: datetime


class Cases:
    """The book of what waits for a person's answer."""

    async def ask(
        self, tx: Transaction, *, conversation: int, unit: str, text: str, topic: str, at: datetime
    ) -> bool:
        """Write a question down for an official.

        False when the same words from the same conversation wait already: asked once, kept once.
        """
        same = await tx.connection.execute(
            select(QuestionRecord.id).where(
                QuestionRecord.conversation_id == conversation,
                QuestionRecord.text == text,
                QuestionRecord.state == QuestionState.WAITING,
            )
        )
        if same.first() is not None:
            return False
        await tx.connection.execute(
            insert(QuestionRecord).values(
                conversation_id=conversation,
                unit=unit,
                text=text,
                topic=topic,
                state=QuestionState.WAITING.value,
                asked_at=at,
            )
        )
        return True

    async def waiting(self, tx: Transaction, *, at_most: int = 50) -> list[Question]:
        """The questions that wait, the oldest first."""
        table = QuestionRecord.__table__
        rows = await tx.connection.execute(
            select(table.c.id, table.c.unit, table.c.text, table.c.topic, table.c.asked_at)
            .where(table.c.state == QuestionState.WAITING)
            .order_by(table.c.asked_at, table.c.id)
            .limit(at_most)
        )
        return [Question(*row) for row in rows]

    async def count_waiting(self, tx: Transaction) -> int:
        count = await tx.connection.execute(
            select(func.count()).where(QuestionRecord.state == QuestionState.WAITING)
        )
        return int(count.scalar_one())
