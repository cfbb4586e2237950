"""Conversations: where a talk with a person stands, so that a digit or "and where?" makes sense."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String, Text, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction, Utc
from storage.people import Id
from storage.upsert import insert_or_ignore

ANSWER = "answer"
"""Beside the digits in their column: the answer that stands last goes when they go."""


class ConversationRecord(Record):
    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("account", "chat", "thread"),
        Index("ix_conversations_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    chat: Mapped[str] = mapped_column(String(128))
    thread: Mapped[str] = mapped_column(String(64), default="")
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("people.id", ondelete="CASCADE"))
    topic: Mapped[str] = mapped_column(String(64), default="")
    facet: Mapped[str] = mapped_column(String(16), default="")
    sure: Mapped[bool] = mapped_column(Boolean, default=False)
    leanings: Mapped[str] = mapped_column(Text, default="[]")
    choices: Mapped[str] = mapped_column(Text, default="{}")
    question: Mapped[str] = mapped_column(Text, default="")
    expecting: Mapped[str] = mapped_column(String(32), default="")
    awaited_since: Mapped[datetime | None] = mapped_column(Utc, default=None)
    posted: Mapped[str] = mapped_column(Text, default="{}", server_default="{}")
    greeted: Mapped[bool] = mapped_column(Boolean, default=False)
    stopped_at: Mapped[datetime | None] = mapped_column(Utc, default=None)
    created_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer from a card that stands last in a talk. `asked`: it answers the talk's question,
    which is noted nowhere; `helped` is what was said of it, None before. `posted` are the digits of
    what had come unasked until then."""

    slug: str
    facet: str
    asked: bool = False
    helped: bool | None = None
    posted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """Where a conversation stands.

    `topic` and `facet` are of the last answer, or guessed while not `sure`; `leanings` are the
    cards it may have been about, with their scores. `choices` maps a typed digit to the encoded
    action of the button that shows it. `question` is the last thing asked in words, for an
    official. `expecting` names what the next words are, when an errand asked for them, and
    `awaited_since` when (UTC). `posted` is like `choices`, of messages that came unasked: they go
    on to mean what they did while other screens come and go. `answer` can be rated as long as its
    choices are good.
    """

    topic: str = ""
    facet: str = ""
    sure: bool = False
    leanings: tuple[tuple[str, float], ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    question: str = ""
    expecting: str = ""
    greeted: bool = False
    awaited_since: datetime | None = None
    posted: Mapping[str, str] = field(default_factory=dict)
    answer: Shown | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """`stopped`: the person blocked us or is gone, so nothing may be written to them."""

    id: int
    account: str
    chat: str
    thread: str
    person: int
    talk: Talk
    stopped: bool


class Conversations:
    """The book of conversations."""

    async def open(
        self, tx: Transaction, *, account: str, chat: str, thread: str, person: int, at: datetime
    ) -> Conversation:
        """Find the conversation or begin it, and keep others from it until the commit."""
        place = {"account": account, "chat": chat, "thread": thread}
        found = await self.find(tx, **place, lock=True)
        if found is None:
            values = {**place, "person_id": person, "created_at": at}
            await insert_or_ignore(tx, ConversationRecord, values, list(place))
            found = await self.find(tx, **place, lock=True)
        assert found is not None  # noqa: S101 - inserted above, in this transaction
        return found

    async def find(
        self, tx: Transaction, *, account: str, chat: str, thread: str = "", lock: bool = False
    ) -> Conversation | None:
        query = select(ConversationRecord.__table__).where(
            ConversationRecord.account == account,
            ConversationRecord.chat == chat,
            ConversationRecord.thread == thread,
        )
        if lock:
            # Not the key: others may queue a message for this conversation meanwhile.
            query = query.with_for_update(key_share=True)
        row = (await tx.connection.execute(query)).one_or_none()
        if row is None:
            return None
        choices = json.loads(row.choices)
        answer = choices.pop(ANSWER, None)
        talk = Talk(
            topic=row.topic,
            facet=row.facet,
            sure=row.sure,
            leanings=tuple((slug, score) for slug, score in json.loads(row.leanings)),
            choices=choices,
            question=row.question,
            expecting=row.expecting,
            greeted=row.greeted,
            awaited_since=row.awaited_since,
            posted=json.loads(row.posted),
            answer=None if answer is None else Shown(*json.loads(answer)),
        )
        return Conversation(
            row.id, row.account, row.chat, row.thread, row.person_id, talk, bool(row.stopped_at)
        )

    async def remember(self, tx: Transaction, conversation: int, talk: Talk) -> None:
        answer = {} if talk.answer is None else {ANSWER: json.dumps(astuple(talk.answer))}
        await tx.connection.execute(
            update(ConversationRecord)
            .where(ConversationRecord.id == conversation)
            .values(
                topic=talk.topic,
                facet=talk.facet,
                sure=talk.sure,
                leanings=json.dumps(talk.leanings),
                choices=json.dumps({**talk.choices, **answer}),
                question=talk.question,
                expecting=talk.expecting,
                greeted=talk.greeted,
                awaited_since=talk.awaited_since,
                posted=json.dumps(dict(talk.posted)),
            )
        )

    async def offered(
        self, tx: Transaction, conversation: int
    ) -> tuple[dict[str, str], dict[str, str]]:
        """What each digit means in it just now: on its screen, and in what was posted. Kept from
        others until the commit."""
        row = ConversationRecord
        found = await tx.connection.execute(
            select(row.choices, row.posted)
            .where(row.id == conversation)
            .with_for_update(key_share=True)
        )
        choices, posted = found.one_or_none() or ("{}", "{}")
        digits = {digit: it for digit, it in json.loads(choices).items() if digit != ANSWER}
        return digits, json.loads(posted)

    async def post(self, tx: Transaction, conversation: int, posted: Mapping[str, str]) -> None:
        """These digits mean something too from now on, whatever its screen shows."""
        await tx.connection.execute(
            update(ConversationRecord)
            .where(ConversationRecord.id == conversation)
            .values(posted=json.dumps(dict(posted)))
        )

    async def stop_writing(self, tx: Transaction, conversation: int, *, at: datetime) -> None:
        """They blocked us or are gone."""
        await self._set_stopped(tx, conversation, at)

    async def write_again(self, tx: Transaction, conversation: int) -> None:
        """They are back."""
        await self._set_stopped(tx, conversation, None)

    async def move(self, tx: Transaction, conversation: int, *, chat: str) -> bool:
        """The platform gave the chat a new id. False: a conversation lives there already."""
        table = ConversationRecord.__table__
        old = table.alias()
        taken = (
            select(table.c.id)
            .join(old, (old.c.account == table.c.account) & (old.c.thread == table.c.thread))
            .where(old.c.id == conversation, table.c.chat == chat)
        )
        if (await tx.connection.execute(taken)).first() is not None:
            return False
        await tx.connection.execute(
            update(ConversationRecord)
            .where(ConversationRecord.id == conversation)
            .values(chat=chat)
        )
        return True

    async def _set_stopped(self, tx: Transaction, conversation: int, at: datetime | None) -> None:
        await tx.connection.execute(
            update(ConversationRecord)
            .where(ConversationRecord.id == conversation)
            .values(stopped_at=at)
        )
