"""Consents: who said yes or no to being written to, for which purpose, to which words, and where.

Law 91/2025/QH15, articles 9 and 10; Decree 356/2025, article 6: a yes is for one purpose, can be
shown afterwards, and is taken back at will. An answer is never changed: a later one takes its
place and both stay. They belong to the person, not to a chat; what was agreed to goes to the chat
in which it was.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    String,
    exists,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from storage.conversations import ConversationRecord
from storage.database import Record, Transaction, Utc
from storage.people import Id


class Purpose(StrEnum):
    """What a person may be written to for, each with a yes of its own."""

    NOTICES = "notices"
    CAMPAIGNS = "campaigns"
    SURVEYS = "surveys"
    TOPIC = "topic"  # when what a card tells changes: a yes for each card


GENERAL = (Purpose.NOTICES, Purpose.CAMPAIGNS, Purpose.SURVEYS)
"""The purposes that are about no card."""


HOLDS = text("consents.holds")
"""Written out, not bound: only so can both databases see that the partial index serves."""


class ConsentRecord(Record):
    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "uq_consents_holds",
            "person_id",
            "purpose",
            "topic",
            unique=True,
            sqlite_where=text("holds"),
            postgresql_where=text("holds"),
        ),
        Index("ix_consents_conversation", "conversation_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("people.id", ondelete="CASCADE"))
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE")
    )
    purpose: Mapped[str] = mapped_column(String(16))
    topic: Mapped[str] = mapped_column(String(64), default="", server_default="")  # a card's name
    yes: Mapped[bool] = mapped_column(Boolean)
    notice: Mapped[str] = mapped_column(String(16))
    holds: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(Utc)


class Consents:
    """The book of consents. `person` is `Person.id`, the same for all their chats."""

    async def answer(
        self,
        tx: Transaction,
        purpose: Purpose,
        *,
        yes: bool,
        person: int,
        conversation: int,
        notice: str,
        at: datetime,
        topic: str = "",
    ) -> None:
        """Note an answer to the words of version `notice`; it holds until the next one.

        `topic` is the card that it is about, for the purpose that needs one.
        """
        row = ConsentRecord
        await tx.connection.execute(
            update(row)
            .where(row.person_id == person, row.purpose == purpose, row.topic == topic, row.holds)
            .values(holds=False)
        )
        await tx.connection.execute(
            insert(row).values(
                person_id=person,
                conversation_id=conversation,
                purpose=purpose.value,
                topic=topic,
                yes=yes,
                notice=notice,
                holds=True,
                at=at,
            )
        )

    async def given(self, tx: Transaction, person: int) -> set[Purpose]:
        """What the person wants to be written to for, beside single cards."""
        row = ConsentRecord
        found = await tx.connection.execute(
            select(row.purpose).where(
                row.person_id == person, row.holds, row.yes, row.purpose != Purpose.TOPIC
            )
        )
        return {Purpose(purpose) for purpose in found.scalars()}

    async def topics(self, tx: Transaction, person: int) -> set[str]:
        """The cards whose changes the person wants to hear of."""
        row = ConsentRecord
        found = await tx.connection.execute(
            select(row.topic).where(
                row.person_id == person, row.holds, row.yes, row.purpose == Purpose.TOPIC
            )
        )
        return set(found.scalars())

    async def join(self, tx: Transaction, one: int, *, to: int) -> None:
        """Two people turned out to be one: what `to` answered holds, `one` fills what is open."""
        row, theirs = ConsentRecord, aliased(ConsentRecord)
        answered = exists().where(
            theirs.person_id == to,
            theirs.holds,
            theirs.purpose == row.purpose,
            theirs.topic == row.topic,
        )
        await tx.connection.execute(
            update(row).where(row.person_id == one, row.holds, answered).values(holds=False)
        )
        await tx.connection.execute(update(row).where(row.person_id == one).values(person_id=to))

    async def part(self, tx: Transaction, one: int, *, alone: int, heir: int) -> None:
        """The row `alone` of the person `one` stands alone; `heir` is what `People.part` returned.

        What was answered in a chat stays with that chat, so nobody gets twice what they asked for
        once, and no yes is made where none was given.
        """
        row, talk = ConsentRecord, ConversationRecord
        here = row.conversation_id.in_(select(talk.id).where(talk.person_id == alone))
        moves = here if heir == alone else ~here
        await tx.connection.execute(
            update(row).where(row.person_id == one, moves).values(person_id=heir)
        )
