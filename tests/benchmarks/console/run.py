"""Measures every page of the console over many cases and messages, in milliseconds.

`python -m tests.benchmarks.console.run [CASES] [MESSAGES]`, on SQLite and, where it answers,
PostgreSQL. A page is asked for as a browser does, by HTTP, from the whole program in this process,
by an administrator who may see all; the first time, and the median of five more: by the clock, and
in brackets of a processor in this process, which is nearly all with SQLite and without the server
with PostgreSQL.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from rich.console import Console as Terminal

from bot.config import load
from bot.wiring import build
from content.library import Library
from content.shelf import SHIPPED
from storage.database import Database
from storage.migrate import migrate
from tests.benchmarks.ceiling.run import address
from tests.benchmarks.console.filling import UNITS, fill
from tests.console.desk import Desk, sitting_at

TIMES, BAR = 5, 150.0
PAGES = (
    "/staff",
    "/staff/cases",
    "/staff/cases?state=closed",
    "/staff/cases?unit=xa-3",
    "/staff/cases?q=trau+cau+dien",
    "/staff/cases?q=khi",
    "/staff/cases/{last}",
    "/staff/cases/export",
    "/staff/unanswered",
    "/staff/cards",
    "/staff/cards/the-bhyt",
    "/staff/cards/the-bhyt/edit",
    "/staff/new-card",
    "/staff/replies",
    "/staff/notices",
    "/staff/notices?state=finished",
    "/staff/notices/7",
    "/staff/notices/7/progress",
    "/staff/notices/7/chart.svg",
    "/staff/notices/new",
    "/staff/notices/calendar",
    "/staff/notices/lists",
    "/staff/papers",
    "/staff/numbers",
    "/staff/numbers?unit=xa-3",
    "/staff/numbers/topics.svg",
    "/staff/numbers/weeks.svg",
    "/staff/numbers/units.svg",
    "/staff/report",
    "/staff/people",
    "/staff/units",
    "/staff/units/import",
    "/staff/units/export.csv",
    "/staff/units/export.xlsx",
    "/staff/new-unit",
    "/staff/days-off",
    "/staff/keys",
    "/staff/accounts",
    "/staff/new-account",
    "/staff/audit",
    "/staff/me",
)


class Taken(NamedTuple):
    """Milliseconds: until the whole page had come, and of a processor in this process."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.0f} ({self.processor:.0f})"


async def taken(desk: Desk, page: str) -> Taken:
    """How long a page takes."""
    clock, processor = time.perf_counter(), time.process_time()
    async with desk.client.get(page) as answer:
        await answer.read()
    assert answer.status == 200, page
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return Taken(clock * 1000, processor * 1000)


async def measured(kind: str, cases: int, messages: int, library: Library) -> None:
    out = Terminal(width=120, highlight=False)
    async with address(kind) as database_url:
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "config.toml"
            units = [f'[[units]]\ncode = "xa-{n}"\nname = "Xã số {n}"\n' for n in range(UNITS)]
            config.write_text("\n".join(units))
            settings = load(
                {
                    "LOABAN_DATABASE__URL": database_url,
                    "LOABAN_DATA__FOLDER": folder,
                    "LOABAN_CONFIG": str(config),
                }
            )
            database = Database.at(database_url)
            await migrate(database)
            await fill(database, cases=cases, messages=messages)
            await database.close()
            async with build(settings, library) as house, sitting_at(house) as desk:
                for page in PAGES:
                    shown = page.format(last=cases)
                    first = await taken(desk, shown)
                    more = [await taken(desk, shown) for _ in range(TIMES)]
                    usual = Taken(*map(statistics.median, zip(*more, strict=True)))
                    slow = " (slow)" if max(first.clock, usual.clock) > BAR else ""
                    out.print(f"| {kind} | {shown} | {first} | {usual} |{slow}")


async def main(cases: int, messages: int) -> None:
    with tempfile.TemporaryDirectory() as cache:
        library = Library.open(SHIPPED, cache=Path(cache))
    sys.stdout.write("| database | page | first, ms | median, ms |\n|---|---|--:|--:|\n")
    sys.stdout.flush()
    for kind in ("SQLite", "PostgreSQL"):
        try:
            await measured(kind, cases, messages, library)
        except OSError as fault:
            sys.stdout.write(f"{kind} does not answer: {fault}\n")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    asyncio.run(main(*(given or [100_000, 1_000_000])))
