"""Ends the sender and the clock by kill -9 at random moments, and asks what became of each notice.

`python -m tests.faults.kills [--kills 100] [--seed 0]`, or `make campaign-kills`, on SQLite and
PostgreSQL. What arrived is read from the emulator's own ledger, what the database believes from its
account. Each kill is followed by new processes and a new notice; every third is an emergency.

A kill hits when the platform had taken a message and the database did not know yet: the platform
takes its time before its yes, so that this happens. Held against each other are:
- every recipient has an end in the end, and everybody whose end is "sent" received it;
- nobody received an ordinary notice twice;
- a kill leaves as many uncertain as the dead sender had in flight, and no more;
- an emergency reached everybody, and nobody more often than the account says it was sent again:
  at most what was in flight. A request that was on its way at the kill may arrive after it, so that
  the hits that are counted at the kill are the fewest that there were.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import insert, select

from storage.broadcast_outcomes import Account, account_of
from storage.broadcast_recipients import Recipients
from storage.broadcasts import Broadcasts, Draft, Phase
from storage.consents import ConsentRecord
from storage.conversations import ConversationRecord
from storage.database import Database
from storage.migrate import migrate
from storage.outbox import OutboxRecord, State
from storage.people import PersonRecord
from tests.emulators.serving import Server
from tests.emulators.telegram import WORLDS, application
from tests.faults.sending import PROCESSES, Means, clock, worker

POSTGRESQL = os.environ.get(
    "LOABAN_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres"
)
ACCOUNTS = 6
"""A dead sender's account is free after some seconds: meanwhile the next notice goes by another."""

PEOPLE = 40
PATIENCE = 120.0
LATENCY, SLOW_ANSWERS = 0.01, 0.04  # seconds to the platform, and back from it


@dataclass
class Tally:
    """What a campaign counted. `early` are kills before any message of that notice arrived."""

    kills: Counter[str] = field(default_factory=Counter)
    hits: int = 0
    early: int = 0
    in_flight: int = 0
    taken: int = 0  # of those in flight, how many the platform had taken
    recipients: int = 0
    sent: int = 0
    uncertain: int = 0
    ordinary_doubled: int = 0
    emergencies_doubled: int = 0

    def __str__(self) -> str:
        kills = ", ".join(f"{count} of {who}" for who, count in sorted(self.kills.items()))
        return (
            f"{sum(self.kills.values())} kills ({kills}); {self.hits} fell between the platform's "
            f"receipt and our commit, {self.early} before the first message; {self.in_flight} "
            f"messages were in flight, {self.taken} of them taken by the platform; "
            f"{self.recipients} recipients, {self.sent} sent, {self.uncertain} uncertain, "
            f"{self.ordinary_doubled} ordinary notices doubled, "
            f"{self.emergencies_doubled} emergencies doubled"
        )


class Campaign:
    """One database, one platform, and processes that come and go."""

    def __init__(self, database: Database, server: Server, means: Means, seed: int) -> None:
        self.database, self.server, self.means = database, server, means
        self.chance = random.Random(seed)
        self.tally = Tally()
        self.notices: dict[int, tuple[str, bool]] = {}  # by number: its words, an emergency?
        self.left: Counter[int] = Counter()  # by notice: how many a dead sender had in flight
        self.running: dict[str, Any] = {}
        self.started = 0

    @property
    def owner(self) -> str:
        return f"sender-{self.started}"

    def start(self) -> None:
        """Start what does not run."""
        if "worker" not in self.running:
            self.started += 1
            self.begin("worker", worker, self.means, self.owner)
        if "clock" not in self.running:
            self.begin("clock", clock, self.means)

    def begin(self, name: str, target: Any, *args: Any) -> None:
        """Start a process under this name."""
        process = PROCESSES.Process(target=target, args=args, daemon=True)
        process.start()
        self.running[name] = process

    async def kill(self, *names: str) -> None:
        """As a power cut does."""
        ending = [self.running.pop(name) for name in names]
        for process in ending:
            process.kill()
        for process in ending:
            await asyncio.to_thread(process.join)

    async def stop(self, name: str) -> None:
        """As an operator does: it finishes what is in hand."""
        process = self.running.pop(name)
        process.terminate()
        await asyncio.to_thread(process.join, 30)
        assert process.exitcode == 0, process.exitcode

    async def arrived(self, number: int, at_least: int) -> None:
        """Return when so many messages of a notice have arrived."""
        async with asyncio.timeout(PATIENCE):
            while sum(self.received(number).values()) < at_least:
                await asyncio.sleep(0.005)

    async def notice(self, account: str, *, emergency: bool) -> int:
        """Write, submit and approve a notice to the people of an account's unit."""
        words = f"tin {len(self.notices)} {uuid.uuid4().hex[:6]}"
        book, now = Broadcasts(), self.means.clock()
        draft = Draft(words, unit=account, emergency=emergency, reason="lũ" if emergency else "")
        async with self.database.begin() as tx:
            number = await book.write(tx, draft, by="Lan", at=now)
            await book.submit(tx, number, by="Lan", at=now)
            await book.approve(tx, number, by="Mai", at=now)
        self.notices[number] = (words, emergency)
        return number

    def received(self, number: int) -> Counter[int]:
        """How often each chat received a notice, by the platform's own ledger."""
        words, _ = self.notices[number]
        worlds = self.server.app[WORLDS].values()
        return Counter(one.chat for w in worlds for one in w.sent if one.text.startswith(words))

    async def account(self, number: int) -> Account:
        async with self.database.read() as tx:
            return await account_of(tx, number)

    async def round(self) -> None:
        """A new notice, and a kill somewhere on its way."""
        chance, account = self.chance, f"xa{len(self.notices) % ACCOUNTS}"
        number = await self.notice(account, emergency=len(self.notices) % 3 == 2)
        self.start()
        # Some kills by the clock, most by what has arrived: while messages are on their way.
        arrived = chance.choice([0, 0, 1, *range(2, PEOPLE + PEOPLE // 4)])
        try:
            async with asyncio.timeout(6):
                while sum(self.received(number).values()) < arrived:
                    await asyncio.sleep(0.005)
        except TimeoutError:
            pass  # more than there are people, or an account that is another's for a moment
        await asyncio.sleep(chance.random() * 0.06)
        who = chance.choices([("worker",), ("worker", "clock"), ("clock",)], [6, 3, 1])[0]
        await self.kill(*who)
        self.tally.kills[" and ".join(who)] += 1
        self.tally.early += not self.received(number)
        if "worker" in who:
            await self.weigh(self.owner)

    async def weigh(self, owner: str) -> None:
        """What the dead sender had in flight, and how much of that the platform had taken."""
        row, talk = OutboxRecord, ConversationRecord
        async with self.database.read() as tx:
            held = list(
                await tx.connection.execute(
                    select(row.broadcast_id, talk.chat, row.again)
                    .join(talk, talk.id == row.conversation_id)
                    .where(row.state == State.CLAIMED, row.owner == owner)
                )
            )
        taken = 0
        for number, chat, again in held:
            self.left[number] += 1
            # One that was sent again may have been taken at an earlier kill already.
            if self.received(number)[int(chat)] > again:
                taken += 1
        self.tally.in_flight += len(held)
        self.tally.taken += taken
        self.tally.hits += taken > 0

    async def settle(self) -> None:
        """Let it run in peace until nothing waits, then hold everything against everything."""
        self.start()
        async with asyncio.timeout(PATIENCE):
            for number in self.notices:
                while (await self._open(number)) or (await self.account(number)).pending:
                    await asyncio.sleep(0.1)
        for number in self.notices:
            await self.check(number)

    async def _open(self, number: int) -> bool:
        async with self.database.read() as tx:
            it = await Broadcasts().get(tx, number)
        return it.phase in (Phase.APPROVED, Phase.SCHEDULED) or not it.expanded

    async def check(self, number: int) -> None:
        """Raises AssertionError where the database and the platform disagree."""
        _, emergency = self.notices[number]
        account, received = await self.account(number), self.received(number)
        assert account.recipients == PEOPLE, (number, account)
        assert account.sent + account.uncertain == PEOPLE, (number, account)
        doubled = sum(count - 1 for count in received.values())
        if emergency:
            assert account.uncertain == 0, (number, account)
            assert len(received) == PEOPLE, (number, received)
            assert doubled <= self.left[number], (number, received, self.left[number])
            self.tally.emergencies_doubled += doubled
        else:
            self.tally.ordinary_doubled += doubled
            assert doubled == 0, (number, received)
            assert account.uncertain <= self.left[number], (number, account, self.left[number])
            assert len(received) >= account.sent, (number, account, received)
        await self._each_end_is_true(number, received)
        self.tally.recipients += account.recipients
        self.tally.sent += account.sent
        self.tally.uncertain += account.uncertain

    async def _each_end_is_true(self, number: int, received: Counter[int]) -> None:
        """Whose end is "sent" received it, and no more often than the account says."""
        row, talk = OutboxRecord, ConversationRecord
        async with self.database.read() as tx:
            chats = await tx.connection.execute(
                select(talk.chat, row.again)
                .join(row, row.conversation_id == talk.id)
                .where(row.broadcast_id == number, row.state == State.SENT)
            )
            for chat, again in chats:
                assert 1 <= received[int(chat)] <= 1 + again, (number, chat, received, again)

    async def decide(self) -> None:
        """A person says yes to half of the uncertain ones and no to the rest: all is finished."""
        for place, number in enumerate(self.notices):
            async with self.database.begin() as tx:
                it = await Broadcasts().get(tx, number, lock=True)
                if it.phase is not Phase.SENDING:
                    continue
                await Broadcasts().send_again(tx, number, by="Lan", at=self.means.clock())
                at = self.means.clock()
                if place % 2:
                    await Recipients().retry(tx, number, state=State.UNCERTAIN, at=at)
                else:
                    await Recipients().leave(tx, number, at=at)
        async with asyncio.timeout(PATIENCE):
            while not await self._all_finished():
                await asyncio.sleep(0.1)

    async def _all_finished(self) -> bool:
        async with self.database.read() as tx:
            phases = [(await Broadcasts().get(tx, number)).phase for number in self.notices]
        return set(phases) <= {Phase.FINISHED}

    async def end(self) -> None:
        await self.kill(*self.running)


@asynccontextmanager
async def campaign(address: str, seed: int) -> AsyncIterator[Campaign]:
    """A migrated database with people who said yes, and their platform."""
    tokens = {f"xa{n}": f"{1000 + n}:AAE-loaban-kills-token-{n:04}" for n in range(ACCOUNTS)}
    database = Database.at(address)
    await migrate(database)
    async with Server(application(list(tokens.values()), limited=False), hangs_up=True) as server:
        means = Means(address, server.base, tokens)
        await subscribe(database, server, means)
        running = Campaign(database, server, means, seed)
        try:
            yield running
        finally:
            await running.end()
            await database.close()


async def subscribe(database: Database, server: Server, means: Means) -> None:
    """People of each account's unit, with a chat on the platform and a yes."""
    at, number = means.clock(), 0
    for account, token in means.tokens.items():
        world = server.app[WORLDS][token]
        world.latency, world.slow_answers = LATENCY, SLOW_ANSWERS
        for _ in range(PEOPLE):
            number += 1
            world.chat(number)
            known = {"id": number, "account": account, "created_at": at}
            async with database.begin() as tx:
                await tx.connection.execute(
                    insert(PersonRecord).values(**known, sender=str(number), unit=account)
                )
                await tx.connection.execute(
                    insert(ConversationRecord).values(
                        **known, chat=str(number), thread="", person_id=number
                    )
                )
                await tx.connection.execute(
                    insert(ConsentRecord).values(
                        id=number, person_id=number, conversation_id=number, purpose="notices",
                        yes=True, notice="1", holds=True, at=at,
                    )
                )  # fmt: skip


async def run(address: str, kills: int, seed: int, *, until_hits: int = 0) -> Tally:
    """So many kills, more until so many hit; then peace, and the account. Raises AssertionError."""
    async with campaign(address, seed) as held:
        while sum(held.tally.kills.values()) < kills or held.tally.hits < until_hits:
            await held.round()
        await held.settle()
        await held.decide()
        return held.tally


async def main(kills: int, seed: int, only: str | None) -> None:
    if only != "PostgreSQL":
        await on_sqlite(kills, seed)
    if only != "SQLite":
        await on_postgresql(kills, seed)


async def on_sqlite(kills: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tally = await run(f"sqlite:///{Path(folder) / 'loaban.db'}", kills, seed)
        sys.stdout.write(f"SQLite: {tally}\n")
        sys.stdout.flush()


async def on_postgresql(kills: int, seed: int) -> None:
    name = f"loaban_kills_{uuid.uuid4().hex[:8]}"
    server = await asyncpg.connect(POSTGRESQL, timeout=5)
    try:
        await server.execute(f'CREATE DATABASE "{name}"')
        tally = await run(f"{POSTGRESQL.rsplit('/', 1)[0]}/{name}", kills, seed)
        sys.stdout.write(f"PostgreSQL: {tally}\n")
    finally:
        await server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await server.close()


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kills", type=int, default=100)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--on", choices=["SQLite", "PostgreSQL"], help="this database alone")
    given = asked.parse_args()
    asyncio.run(main(given.kills, given.seed, given.on))
