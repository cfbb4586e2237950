"""Somebody who writes to the house, and what they hear."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import func, select

from bot.wiring import House
from handlers.messages import Address, Incoming, Kind, Reply
from storage.case_lists import EVERYTHING, CaseLists
from storage.cases import Cases
from storage.conversations import ConversationRecord
from storage.inbox import InboxRecord
from storage.outbox import OutboxRecord

NUMBERS = itertools.count(1)


async def waiting(house: House) -> list[str]:
    """The first words of each case that waits for an official."""
    async with house.database.read() as tx:
        found = await CaseLists().waiting(tx, EVERYTHING)
        return [(await Cases().words(tx, case.id))[0].text for case in found]


@dataclass
class Villager:
    """Somebody in a web chat of their own."""

    house: House
    chat: str = field(default_factory=lambda: f"chat {next(NUMBERS)}")
    heard: int = 0
    group: bool = False

    def incoming(self, text: str = "", kind: Kind = Kind.TEXT) -> Incoming:
        return Incoming(
            Address("web", self.chat),
            f"m{next(NUMBERS)}",
            kind,
            sender=self.chat,
            sent_at=datetime.now(UTC),
            text=text,
            group=self.group,
        )

    async def say(self, text: str = "", kind: Kind = Kind.TEXT) -> list[Reply]:
        """Send it; return the replies to it."""
        assert await self.house.accept(self.incoming(text, kind))
        return await self.replies()

    async def replies(self) -> list[Reply]:
        """What came into the outbox for this person since the last look."""
        async with self.house.database.read() as tx:
            rows = await tx.connection.execute(
                select(OutboxRecord.id, OutboxRecord.body)
                .join(ConversationRecord, ConversationRecord.id == OutboxRecord.conversation_id)
                .where(ConversationRecord.chat == self.chat, OutboxRecord.id > self.heard)
                .order_by(OutboxRecord.id)
            )
            found = rows.all()
        self.heard = found[-1].id if found else self.heard
        return [Reply.from_json(row.body) for row in found]

    async def count(self, record: type[InboxRecord] | type[OutboxRecord]) -> int:
        async with self.house.database.read() as tx:
            return int((await tx.connection.execute(select(func.count(record.id)))).scalar_one())


def words(replies: list[Reply]) -> str:
    return "\n".join(reply.text for reply in replies)


def choice(reply: Reply, digit: int) -> str:
    return next(b.action for b in reply.buttons if b.digit == digit)


async def greeted(house: House) -> Villager:
    """One who was here before."""
    villager = Villager(house)
    await villager.say("", Kind.START)
    return villager
