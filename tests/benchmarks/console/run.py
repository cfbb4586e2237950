"""Measures every page of the console over many cases and messages, in milliseconds, and what some
forms make.

`python -m tests.benchmarks.console.run [CASES] [MESSAGES]`, on SQLite and, where it answers,
PostgreSQL. A page is asked for as a browser does, by HTTP, from the whole program in this process,
by an administrator who may see all; the first time, and the median of five more: by the clock, and
in brackets of a processor in this process, which is nearly all with SQLite and without the server
with PostgreSQL.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography.fernet import Fernet
from rich.console import Console as Terminal

from bot.config import load
from bot.wiring import build
from content.library import Library
from content.shelf import SHIPPED
from storage.database import Database
from storage.migrate import migrate
from tests.benchmarks.ceiling.run import address
from tests.benchmarks.console.filling import UNITS, fill
from tests.benchmarks.console.furnishing import furnish
from tests.benchmarks.console.pages import PAGES, PRESSES, Press
from tests.console.desk import Desk, Fields, form, sitting_at

TIMES, BAR = 5, 150.0


class Taken(NamedTuple):
    """Milliseconds: until the whole page had come, and of a processor in this process."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.0f} ({self.processor:.0f})"


async def taken(desk: Desk, page: str, sent: Fields | None = None, *, whole: bool = True) -> Taken:
    """How long a page takes, or what comes of a form that is `sent`; till its end, or till the
    first bytes of a file that takes long."""
    method = "GET" if sent is None else "POST"
    clock, processor = time.perf_counter(), time.process_time()
    async with desk.client.request(method, page, data=sent) as answer:
        await (answer.read() if whole else answer.content.readany())
    assert answer.status == 200, page
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return Taken(clock * 1000, processor * 1000)


async def form_of(desk: Desk, press: Press) -> tuple[str, Fields]:
    """Where a form goes and what it sends, once its page has all that comes later."""
    while "Đang gom" in (page := await desk.open(press.page)):
        await asyncio.sleep(1)
    where, fields = form(page, press.step)
    return where, fields | press.typed


def row(kind: str, shown: str, all_taken: Sequence[Taken]) -> str:
    """A line of the table: the first time, and the median of the others."""
    first, *more = all_taken
    usual = Taken(*map(statistics.median, zip(*more, strict=True)))
    slow = " (slow)" if max(first.clock, usual.clock) > BAR else ""
    return f"| {kind} | {shown} | {first} | {usual} |{slow}"


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
                    "LOABAN_TOKEN_KEY": Fernet.generate_key().decode(),
                }
            )
            database = Database.at(database_url)
            await migrate(database)
            await fill(database, cases=cases, messages=messages)
            await database.close()
            async with build(settings, library) as house, sitting_at(house) as desk:
                house.consoles.pages.read_all()  # this and the next two as the program does
                gc.collect()
                gc.freeze()
                about = {"last": str(cases), **await furnish(house, desk)}
                for page in PAGES:
                    shown = page.format(**about)
                    times = [await taken(desk, shown) for _ in range(TIMES + 1)]
                    out.print(row(kind, page, times))
                for press in PRESSES:
                    where, sent = await form_of(desk, press)
                    times = [
                        await taken(desk, where, sent, whole=press.whole) for _ in range(TIMES + 1)
                    ]
                    what = ", ".join([f"{press.page} → {press.step}", *press.typed.values()])
                    out.print(row(kind, what, times))


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
