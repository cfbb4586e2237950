"""Measures a notice to a million made-up people: writing their messages, claiming, the account.

`python -m tests.benchmarks.broadcasts.run [PEOPLE]`, on SQLite and, where it answers, PostgreSQL,
each in a process of its own. *Longest* is how long one chunk holds SQLite's only writer.
Claims are made as a sender does, with its last look at each person, and noted as sent, while all
the others wait.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from sqlalchemy import text

from storage.broadcast_recipients import Recipients
from storage.broadcasts import Broadcasts
from storage.database import Database
from storage.migrate import migrate
from storage.outbox import Outbox
from tests.benchmarks.ceiling.ours import ACCOUNT, BODY, broadcast

ROOT = Path(__file__).parents[3]
POSTGRESQL = os.environ.get(
    "LOABAN_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres"
)
CLAIMS, HANDFUL = 50, 16
AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

AT_A_TIME = 50_000
NUMBERS = {
    True: "SELECT n FROM generate_series(CAST(:first AS bigint), :last) AS n",
    False: "WITH RECURSIVE up (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM up WHERE n < :last)"
    " SELECT n FROM up",
}
FILL = (
    "INSERT INTO people (id, account, sender, unit, created_at)"
    " SELECT n, 'bot', CAST(n AS TEXT), '', :at FROM ({numbers}) AS numbers",
    "INSERT INTO conversations (id, account, chat, thread, person_id, topic, facet, sure, leanings,"
    " choices, question, expecting, greeted, created_at)"
    " SELECT n, 'bot', CAST(n AS TEXT), '', n, '', '', false, '[]', '{{}}', '', '', false, :at"
    " FROM ({numbers}) AS numbers",
    "INSERT INTO consents (id, person_id, conversation_id, purpose, yes, notice, holds, at)"
    " SELECT n, n, n, 'notices', true, '1', true, :at FROM ({numbers}) AS numbers",
)


async def measured(address: str, people: int) -> dict[str, float]:
    """Seconds, megabytes and counts of one database."""
    database = Database.at(address)
    await migrate(database)
    at = AT if database.on_postgresql else AT.replace(tzinfo=None).isoformat(" ")
    for first in range(1, people + 1, AT_A_TIME):
        some = {"first": first, "last": min(first + AT_A_TIME - 1, people), "at": at}
        for statement in FILL:
            async with database.begin() as tx:
                numbers = NUMBERS[database.on_postgresql]
                await tx.connection.execute(text(statement.format(numbers=numbers)), some)
    number, before = await broadcast(database), _memory()
    chunks, more, began = [], True, time.perf_counter()
    while more:
        since = time.perf_counter()
        async with database.begin() as tx:
            it = await Broadcasts().get(tx, number)
            more = await Recipients().expand(tx, it, bodies={ACCOUNT: BODY}, units=(), at=AT)
        chunks.append(time.perf_counter() - since)
    expanded = time.perf_counter() - began
    grown = _memory() - before
    began = time.perf_counter()
    async with database.read() as tx:
        account = await Recipients().account(tx, number)
    accounted = time.perf_counter() - began
    claims = [await _claim(database) for _ in range(CLAIMS)]
    async with database.read() as tx:
        began = time.perf_counter()
        await Outbox().waiting(tx)
        looked = time.perf_counter() - began
    await database.close()
    return {
        "recipients": account.recipients,
        "expand": expanded,
        "chunks": len(chunks) - 1,
        "longest": max(chunks),
        "memory": grown,
        "account": accounted,
        "look": looked,
        "claim": sorted(claims)[len(claims) // 2],
        "slowest_claim": max(claims),
    }


async def _claim(database: Database) -> float:
    outbox, at = Outbox(), AT + timedelta(minutes=1)
    began = time.perf_counter()
    async with database.begin() as tx:
        await outbox.alive(tx, "benchmark", at=at)
        claims = await outbox.claim(tx, account=ACCOUNT, owner="benchmark", at=at, at_most=HANDFUL)
        assert not await Recipients().refuse(tx, claims, cap=3, at=at)
    async with database.begin() as tx:
        await outbox.sent_all(tx, [(claim, "1", "") for claim in claims], at=at)
    return time.perf_counter() - began


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def row(kind: str, address: str, people: int) -> str:
    command = [sys.executable, "-m", __spec__.name, address, str(people)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - ours
    found = json.loads(done.stdout)
    if found["recipients"] != people:
        raise SystemExit(f"{kind}: {found['recipients']} of {people} have a message")
    return (
        f"| {kind} | {people:,} | {found['expand']:.1f} | {people / found['expand']:,.0f} "
        f"| {found['chunks']} | {found['longest'] * 1000:.0f} | {found['memory']:.0f} "
        f"| {found['account']:.1f} | {found['look'] * 1000:.1f} | {found['claim'] * 1000:.1f} "
        f"| {found['slowest_claim'] * 1000:.0f} |\n"
    )


async def main(people: int) -> None:
    sys.stdout.write(
        "| database | people | seconds | a second | chunks | longest, ms | memory grown, MB "
        f"| account, s | look, ms | claim and note {HANDFUL}, ms | slowest, ms |\n"
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(row("SQLite", f"sqlite:///{Path(folder) / 'loaban.db'}", people))
    sys.stdout.flush()
    try:
        server = await asyncpg.connect(POSTGRESQL, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return
    name = f"loaban_bench_{uuid.uuid4().hex[:8]}"
    try:
        await server.execute(f'CREATE DATABASE "{name}"')
        sys.stdout.write(row("PostgreSQL", f"{POSTGRESQL.rsplit('/', 1)[0]}/{name}", people))
    finally:
        await server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await server.close()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.stdout.write(json.dumps(asyncio.run(measured(sys.argv[1], int(sys.argv[2])))))
    else:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
