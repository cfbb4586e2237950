"""Measures how many messages a second one process sends, beside libraries, and how near it keeps
to a limit.

`python -m tests.benchmarks.ceiling.run [MESSAGES]`. Each sender is a process of its own and writes
to this project's emulator, without limits, in another; they take turns, and all is done
`TURNS` times. Our sender claims each message from its outbox, looks whether the person still wants
it, and notes what became of it; the libraries keep nothing. *Bare* sends a request and reads
nothing, for how much the platform itself takes.

Then ours alone: 30 and 300 messages a second, with 80 ms to the platform.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import asyncpg

from tests.emulators.telegram import TOKEN, Emulator

ROOT = Path(__file__).parents[3]
POSTGRESQL = os.environ.get(
    "LOABAN_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres"
)
TURNS = 3
LIBRARIES = (
    ("python-telegram-bot", 8),
    ("python-telegram-bot", 64),
    ("aiogram", 8),
    ("aiogram", 64),
    ("bare", 64),
)
REACH = ((30, 29.5, 300), (300, 295.0, 3_000))  # the limit, our pace, how many messages
LATENCY = 0.08


async def measured(command: list[str], messages: int, latency: float = 0.0) -> tuple[float, float]:
    """Messages a second, from the first that arrived to the last; processor time of one, us."""
    async with Emulator() as emulator:
        emulator.world.latency = latency
        for chat in range(1, messages + 1):
            emulator.world.chat(chat)
        process = await asyncio.create_subprocess_exec(
            *(emulator.base if word == "BASE" else word for word in command),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        printed, _ = await process.communicate()
        times = sorted(sent.at for sent in emulator.world.sent)
        if process.returncode or len(times) != messages:
            raise SystemExit(f"{command[2]}: {len(times)} of {messages} arrived")
        cpu = json.loads(printed)["cpu"] / messages * 1e6
        return (messages - 1) / (times[-1] - times[0]), cpu


@asynccontextmanager
async def address(kind: str) -> AsyncIterator[str]:
    """A new database; raises OSError where there is no PostgreSQL."""
    if kind == "SQLite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'loaban.db'}"
        return
    server = await asyncpg.connect(POSTGRESQL, timeout=5)
    name = f"loaban_bench_{uuid.uuid4().hex[:8]}"
    try:
        await server.execute(f'CREATE DATABASE "{name}"')
        yield f"{POSTGRESQL.rsplit('/', 1)[0]}/{name}"
    finally:
        await server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await server.close()


async def ours(kind: str, messages: int, per_second: float = 0.0) -> tuple[float, float]:
    async with address(kind) as database:
        return await measured(
            [
                sys.executable, "-m", "tests.benchmarks.ceiling.ours",
                "BASE", TOKEN, database, str(messages), str(per_second),
            ],
            messages,
            LATENCY if per_second else 0.0,
        )  # fmt: skip


def senders() -> Iterator[tuple[str, int]]:
    for kind in ("SQLite", "PostgreSQL"):
        yield f"Loa Bản, {kind}", 0
    yield from LIBRARIES


async def one_turn(sender: str, at_once: int, messages: int) -> tuple[float, float]:
    if not at_once:
        return await ours(sender.rpartition(" ")[2], messages)
    return await measured(
        [
            sys.executable, "-m", "tests.benchmarks.ceiling.with_library",
            sender, "BASE", TOKEN, str(messages), str(at_once),
        ],
        messages,
    )  # fmt: skip


async def main(messages: int) -> None:
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for _ in range(TURNS):
        for sender in senders():
            found.setdefault(sender, []).append(await one_turn(*sender, messages))
    out = sys.stdout.write
    out("| sender | at once | messages/s (least to most) | processor time of one, us |\n")
    out("|---|--:|--:|--:|\n")
    for (sender, at_once), turns in found.items():
        rates = sorted(rate for rate, _ in turns)
        out(
            f"| {sender} | {at_once or 'as it sees fit'} | {median(rates):,.0f} "
            f"({rates[0]:,.0f} to {rates[-1]:,.0f}) | {median(cpu for _, cpu in turns):,.0f} |\n"
        )
    out("\n| limit, a second | database | reached | of the limit |\n|--:|---|--:|--:|\n")
    for limit, pace, count in REACH:
        for kind in ("SQLite", "PostgreSQL"):
            rate, _ = await ours(kind, count, pace)
            out(f"| {limit} | {kind} | {rate:.1f} | {rate / limit:.1%} |\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000))
