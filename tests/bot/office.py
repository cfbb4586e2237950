"""What the tests of delivery share: a channel that obeys the test, and an office that sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import select

from bot.channels.channel import Accept, Channel, Health, Speed
from bot.delivery import Delivery, Rules
from handlers.messages import Address, Capabilities, Incoming, Reply
from storage.conversations import Conversations
from storage.database import Database
from storage.outbox import Lane, Outbox, OutboxRecord, State
from storage.people import People

PLAIN = Capabilities(text_length=1000, buttons=0)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Post:
    """A channel that writes down what it delivers and refuses as the test says."""

    account: str = "post"
    speed: Speed | None = Speed(1000, 100)  # noqa: RUF009 - frozen
    capabilities: Capabilities = PLAIN
    delivered: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, list[Exception | float]] = field(default_factory=dict)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def poll(self, accept: Accept) -> None: ...
    async def receive(self, headers: Mapping[str, str], body: bytes) -> list[Incoming]:
        return []

    async def check(self) -> Health:
        return Health(True)

    async def send(self, address: Address, reply: Reply) -> str:
        waiting = self.answers.get(reply.text, [])
        if waiting:
            match waiting.pop(0):
                case float() as seconds:
                    await asyncio.sleep(seconds)
                case Exception() as refusal:
                    raise refusal
        self.delivered.append((address.chat, reply.text))
        self.arrived.set()
        return f"p{len(self.delivered)}"

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not condition():
                self.arrived.clear()
                try:
                    await asyncio.wait_for(self.arrived.wait(), 0.05)
                except TimeoutError:
                    continue


@dataclass
class Office:
    """Puts messages into the outbox of a database, and sends them through its channels."""

    database: Database
    post: Post
    others: dict[str, Channel] = field(default_factory=dict)

    async def put(
        self, chat: str, *replies: Reply | str, lane: Lane = Lane.REPLY, account: str = "post"
    ) -> int:
        async with self.database.begin() as tx:
            person = await People().meet(tx, account=account, sender=chat, unit="", at=now())
            opened = await Conversations().open(
                tx, account=account, chat=chat, thread="", person=person.id, at=now()
            )
            await Outbox().put(
                tx,
                [Reply(r).to_json() if isinstance(r, str) else r.to_json() for r in replies],
                account=account,
                conversation=opened.id,
                inbox=None,
                lane=lane,
                at=now(),
            )
        return opened.id

    async def states(self) -> dict[str, str]:
        async with self.database.read() as tx:
            rows = await tx.connection.execute(select(OutboxRecord.body, OutboxRecord.state))
            return {Reply.from_json(row.body).text: row.state for row in rows}

    async def settled(self, text: str, state: State) -> None:
        async with asyncio.timeout(15):
            while (await self.states())[text] != state:
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def sending(
        self, owner: str = "one", channels: Mapping[str, Channel] | None = None, **rules: Any
    ) -> AsyncIterator[None]:
        stop = asyncio.Event()
        values: dict[str, Any] = {"quiet_start": time(0), "quiet_end": time(0)}
        delivery = Delivery(
            database=self.database,
            channels=channels or {"post": self.post, **self.others},
            rules=Rules(**(values | rules)),
            owner=owner,
            clock=now,
        )
        task = asyncio.create_task(delivery.run(stop))
        try:
            yield
        finally:
            stop.set()
            await task
