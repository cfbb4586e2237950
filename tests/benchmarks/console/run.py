"""Measures every page of the console over many cases and messages, in milliseconds.

`python -m tests.benchmarks.console.run [CASES] [MESSAGES]`, on SQLite and, where it answers,
PostgreSQL. A page is asked for as a browser does, by HTTP, from the whole program in this process,
by an administrator who may see all; the first time, and the median of five more.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

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
    "/staff/notices",
    "/staff/notices?state=finished",
    "/staff/notices/7",
    "/staff/notices/7/progress",
    "/staff/notices/7/chart.svg",
    "/staff/notices/new",
    "/staff/notices/calendar",
    "/staff/numbers",
    "/staff/numbers?unit=xa-3",
    "/staff/numbers/topics.svg",
    "/staff/numbers/weeks.svg",
    "/staff/numbers/units.svg",
    "/staff/report",
    "/staff/people",
    "/staff/units",
    "/staff/accounts",
    "/staff/audit",
    "/staff/me",
)


async def taken(desk: Desk, page: str) -> float:
    """Milliseconds until the whole page has come."""
    began = time.perf_counter()
    await desk.open(page)
    return (time.perf_counter() - began) * 1000


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
                    usual = statistics.median([await taken(desk, shown) for _ in range(TIMES)])
                    slow = " (slow)" if max(first, usual) > BAR else ""
                    out.print(f"| {kind} | {shown} | {first:.0f} | {usual:.0f} |{slow}")


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
