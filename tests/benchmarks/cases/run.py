"""Measures the console's list of many cases: milliseconds for a page, for counts and for a search.

`python -m tests.benchmarks.cases.run [ROWS]`, on SQLite and, where it answers, PostgreSQL.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from rich.console import Console
from sqlalchemy import insert, text

from storage.case_lists import EVERYTHING
from storage.case_records import WAITING, CaseRecord, CaseState, CaseWordsRecord, plain
from storage.case_search import CaseSearch, Mark, Wanted
from storage.database import Database, Transaction
from storage.migrate import migrate

out = Console(width=120, highlight=False)
POSTGRESQL = os.environ.get(
    "LOABAN_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres"
)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
CHUNK, TIMES, PAGE = 5_000, 5, 31
TOLD = "Đường từ trung tâm xã vào bản sạt lở hai chỗ, xe máy không đi được, gọi 0912 345 678."
ANSWER = "Xã đã cho máy xúc vào dọn."
SYLLABLES = [
    "mương",
    "lúa",
    "trâu",
    "cầu",
    "suối",
    "trường",
    "trạm",
    "nước",
    "điện",
    "đèn",
    "sổ",
    "thẻ",
    "giấy",
    "hộ",
    "nghèo",
    "vay",
    "vốn",
]

WANTED = {
    "all, newest due first": Wanted(),
    "waiting, soonest due first": Wanted(states=WAITING, soonest=True),
    "closed": Wanted(states=frozenset({CaseState.CLOSED})),
    "overdue": Wanted(overdue=True, soonest=True),
    "held back": Wanted(held=True),
    "one unit": Wanted(units=frozenset({"xa-3"})),
    "a unit without cases": Wanted(units=frozenset({"nowhere"})),
    "a word that all have": Wanted(words=("sat",)),
    "three words of many": Wanted(words=("trau", "cau", "dien")),
    "a word that one has": Wanted(words=("khi",)),
    "a word that none has": Wanted(words=("zebra",)),
}


def cases(rows: int) -> Iterator[dict[str, object]]:
    """The last tenth is of all states, what came before is closed."""
    drawn = random.Random(1)
    for number in range(1, rows + 1):
        received = BEGAN + timedelta(minutes=number)
        state = drawn.choice(list(CaseState)) if number > rows * 0.9 else CaseState.CLOSED
        held = state in WAITING and number % 50 == 0
        yield {
            "id": number, "kind": drawn.choice(["question", "problem"]), "state": state.value,
            "version": 1, "unit": f"xa-{drawn.randrange(20)}", "place": "", "topic": "",
            "name": "", "platform": "web_chat", "language": "vi",
            "quarantine": "flood" if held else "", "received_at": received,
            "due_at": received + timedelta(days=drawn.choice([3, 7, 10])),
        }  # fmt: skip


async def fill(database: Database, rows: int) -> None:
    """Each case with what was told and an answer."""
    await migrate(database)
    drawn, made = random.Random(2), list(cases(rows))
    for first in range(0, rows, CHUNK):
        chunk, said = made[first : first + CHUNK], []
        for case in chunk:
            rare = " khỉ" if case["id"] == 777 else ""
            told = f"{TOLD} {' '.join(drawn.choices(SYLLABLES, k=20))}{rare}"
            for side, words in (("villager", told), ("official", ANSWER)):
                row = {"case_id": case["id"], "at": case["received_at"], "side": side}
                said.append(row | {"text": words, "plain": plain(words)})
        async with database.begin() as tx:
            await tx.connection.execute(insert(CaseRecord), chunk)
            await tx.connection.execute(insert(CaseWordsRecord), said)
    async with database.begin() as tx:
        if tx.on_postgresql:  # SQLite gathers no statistics by itself
            await tx.connection.execute(text("ANALYZE"))


async def median(database: Database, work: Callable[[Transaction], Awaitable[object]]) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(TIMES):
        async with database.read() as tx:
            began = time.perf_counter()
            await work(tx)
            taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


async def measure(kind: str, database: Database, rows: int) -> None:
    book, now = CaseSearch(), BEGAN + timedelta(minutes=rows)

    async def page(tx: Transaction, wanted: Wanted, after: Mark | None = None) -> None:
        found = await book.page(tx, EVERYTHING, wanted, now=now, after=after, at_most=PAGE)
        await book.texts(tx, [case.id for case in found])

    middle = Mark(BEGAN + timedelta(minutes=rows // 2), rows // 2)
    asked: dict[str, Callable[[Transaction], Awaitable[object]]] = {
        name: lambda tx, wanted=wanted: page(tx, wanted) for name, wanted in WANTED.items()
    }
    asked["all, in the middle"] = lambda tx: page(tx, Wanted(), middle)
    asked["counts of all states"] = lambda tx: book.counts(tx, EVERYTHING, Wanted(), now=now)
    for name, work in asked.items():
        out.print(f"| {kind} | {name} | {await median(database, work):.0f} |")


async def run(rows: int) -> None:
    with tempfile.TemporaryDirectory() as made:
        addresses = {"SQLite": f"sqlite:///{Path(made) / 'loaban.db'}"}
        name = f"loaban_bench_{uuid.uuid4().hex[:8]}"
        try:
            server = await asyncpg.connect(POSTGRESQL, timeout=5)
            await server.execute(f'CREATE DATABASE "{name}"')
            addresses["PostgreSQL"] = f"{POSTGRESQL.rsplit('/', 1)[0]}/{name}"
        except (OSError, TimeoutError, asyncpg.PostgresError):
            server = None
        try:
            out.print(f"| database | of {rows:,} cases | milliseconds |")
            out.print("|---|---|---|")
            for kind, address in addresses.items():
                database = Database.at(address)
                await fill(database, rows)
                await measure(kind, database, rows)
                await database.close()
        finally:
            if server is not None:
                await server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                await server.close()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
