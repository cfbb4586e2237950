"""Our own sender without a limit: python -m tests.benchmarks.ceiling.ours.

Arguments: the platform's address, the token, the database, how many messages, and how many a second
(0: without limit). The database is migrated; one broadcast is written, expanded and sent, all its
messages claimed and noted as in life. It prints the seconds of processor time that sending took.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from datetime import time as day_time

import aiohttp
from sqlalchemy import func, insert, select

from bot.channels.channel import Speed
from bot.channels.telegram import TelegramChannel
from bot.delivery import Delivery, Rules
from handlers.messages import Button, Reply
from storage.broadcast_recipients import Recipients
from storage.broadcast_schedule import Schedule
from storage.broadcasts import Broadcasts, Draft
from storage.consents import ConsentRecord
from storage.conversations import ConversationRecord
from storage.database import Database
from storage.migrate import migrate
from storage.outbox import OutboxRecord, State
from storage.people import PersonRecord
from tests.benchmarks.ceiling.with_library import TEXT

ACCOUNT = "bot"
NO_LIMIT = 100_000.0
CHUNK = 5_000
BODY = Reply(f"{TEXT}\n\nKhông muốn nhận nữa: nhắn DỪNG.", (Button("Dừng", "stop"),)).to_json()


def now() -> datetime:
    return datetime.now(UTC)


async def subscribe(database: Database, people: int) -> None:
    """So many people who said yes, each in a chat of that number."""
    at = now() - timedelta(days=30)
    for first in range(1, people + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, people + 1))
        async with database.begin() as tx:
            await tx.connection.execute(
                insert(PersonRecord),
                [
                    {"id": n, "account": ACCOUNT, "sender": str(n), "unit": "", "created_at": at}
                    for n in numbers
                ],
            )
            await tx.connection.execute(
                insert(ConversationRecord),
                [
                    {"id": n, "account": ACCOUNT, "chat": str(n), "thread": "", "person_id": n,
                     "created_at": at}
                    for n in numbers
                ],
            )  # fmt: skip
            await tx.connection.execute(
                insert(ConsentRecord),
                [
                    {"id": n, "person_id": n, "conversation_id": n, "purpose": "notices",
                     "yes": True, "notice": "1", "holds": True, "at": at}
                    for n in numbers
                ],
            )  # fmt: skip


async def broadcast(database: Database) -> int:
    """A notice that is approved and has begun; nobody has a message of it yet."""
    book, schedule = Broadcasts(), Schedule()
    async with database.begin() as tx:
        number = await book.write(tx, Draft(TEXT), by="Lan", at=now())
        await book.submit(tx, number, by="Lan", at=now())
        await book.approve(tx, number, by="Mai", at=now())
        await schedule.plan(tx)
        await schedule.begin(tx, await book.get(tx, number), at=now())
    return number


async def expand(database: Database, number: int) -> int:
    """Write its messages, as the clock does; tells in how many transactions."""
    chunks, more = 0, True
    while more:
        async with database.begin() as tx:
            it = await Broadcasts().get(tx, number)
            more = await Recipients().expand(tx, it, bodies={ACCOUNT: BODY}, units=(), at=now())
        chunks += 1
    return chunks


async def send_all(database: Database, base: str, token: str, speed: Speed) -> float:
    """Send until no message waits; return the seconds of processor time."""
    stop, row = asyncio.Event(), OutboxRecord
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        channel = TelegramChannel(
            ACCOUNT,
            token,
            api_base=base,
            mode="polling",
            webhook_secret="",
            webhook_url=None,
            session=session,
            clock=now,
            read_media=_no_media,
            speed=speed,
        )
        delivery = Delivery(
            database=database,
            channels={ACCOUNT: channel},
            rules=Rules(quiet_start=day_time(), quiet_end=day_time()),
            owner="benchmark",
            clock=now,
        )
        before = time.process_time()
        sending = asyncio.create_task(delivery.run(stop))
        while True:
            await asyncio.sleep(0.25)
            async with database.read() as tx:
                waits = select(func.count()).where(row.state.in_((State.PENDING, State.CLAIMED)))
                if not (await tx.connection.execute(waits)).scalar_one():
                    break
        used = time.process_time() - before
        stop.set()
        await sending
        return used


async def main(base: str, token: str, address: str, messages: int, per_second: float) -> None:
    database = Database.at(address)
    await migrate(database)
    await subscribe(database, messages)
    await expand(database, await broadcast(database))
    speed = Speed(per_second or NO_LIMIT, per_second or NO_LIMIT)
    used = await send_all(database, base, token, speed)
    await database.close()
    sys.stdout.write(json.dumps({"cpu": used}))


async def _no_media(name: str) -> bytes:
    raise FileNotFoundError(name)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], int(sys.argv[4]), float(sys.argv[5])))
