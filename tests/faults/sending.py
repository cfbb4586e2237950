"""The sender and the clock as processes of their own, for tests that end them at any moment.

They run what `python -m bot worker` and `clock` run, without cards and settings, so that a start
takes a moment: each is forked from one process that has imported everything (`PROCESSES`).
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import aiohttp

from bot.broadcast_files import NoticeFiles
from bot.broadcasting import Broadcasting
from bot.channels.channel import Speed
from bot.channels.telegram import TelegramChannel
from bot.clock import Clock, next_time
from bot.delivery import Delivery, Rules
from bot.file_store import FileStore
from content.shelf import SHIPPED
from content.texts import Texts
from handlers.messages import Media
from handlers.notice_page import NoticePage
from handlers.units import NO_HOTLINES, Unit, Units
from storage.broadcast_recipients import Recipients
from storage.broadcasts import Enclosed
from storage.database import Database

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.faults.sending"])


@dataclass(frozen=True)
class Means:
    """What both processes have. `tokens` are by account; each account's people are its unit's.

    `ahead` names a file with the seconds that their clock is ahead of this machine's.
    """

    database: str
    base: str
    tokens: Mapping[str, str]
    per_second: float = 200.0
    chunk: int = 15
    ahead: str = ""

    def clock(self) -> datetime:
        ahead = float(Path(self.ahead).read_text()) if self.ahead else 0.0
        return datetime.now(UTC) + timedelta(seconds=ahead)


def worker(means: Means, owner: str) -> None:
    """Send until SIGTERM, or until the process is ended."""
    asyncio.run(_worker(means, owner))


def clock(means: Means) -> None:
    """Tick until SIGTERM, or until the process is ended."""
    asyncio.run(_clock(means))


async def _worker(means: Means, owner: str) -> None:
    database = Database.at(means.database)
    await database.listen()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        channels = {name: _channel(means, name, session) for name in means.tokens}
        await Delivery(
            database=database,
            channels=channels,
            rules=Rules(quiet_start=time(), quiet_end=time(), weekly_cap=1_000_000),
            owner=owner,
            clock=means.clock,
        ).run(_asked_to_stop())
    await database.close()


def _asked_to_stop() -> asyncio.Event:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    return stop


def _channel(means: Means, name: str, session: aiohttp.ClientSession) -> TelegramChannel:
    return TelegramChannel(
        name,
        means.tokens[name],
        api_base=means.base,
        mode="polling",
        webhook_secret="",
        webhook_url=None,
        session=session,
        clock=means.clock,
        read_media=_no_media,
        speed=Speed(means.per_second, means.per_second),
    )


async def _clock(means: Means) -> None:
    database = Database.at(means.database)
    await ticking(database, means.tokens, means.clock, chunk=means.chunk).run(_asked_to_stop())
    await database.close()


def ticking(
    database: Database,
    accounts: Mapping[str, str],
    now: Callable[[], datetime],
    *,
    chunk: int | None = None,
) -> Clock:
    """A clock that forgets and reminds of nothing, and moves broadcasts on."""

    async def remind(_: datetime) -> int:
        return 0

    long = timedelta(days=10_000)
    return Clock(
        database=database,
        keep_messages=long,
        keep_cases=long,
        keep_drafts=long,
        keep_audit=long,
        remind=remind,
        tick=broadcasting(database, accounts, now, chunk=chunk).tick,
        now=now,
    )


def broadcasting(
    database: Database,
    accounts: Mapping[str, str],
    now: Callable[[], datetime],
    *,
    chunk: int | None = None,
) -> Broadcasting:
    """Moves broadcasts on for these accounts, each with a unit of its name."""
    return Broadcasting(
        database=database,
        capabilities=dict.fromkeys(accounts, TelegramChannel.capabilities),
        page=NoticePage(
            Texts.load(SHIPPED / "texts" / "vi.po"), title_of=lambda _: "", media_of=_no_file
        ),
        files=NoticeFiles(FileStore("memory://none")),
        units=Units(everywhere=NO_HOTLINES, units=[Unit(name, name) for name in accounts]),
        next_time=next_time,
        clock=now,
        recipients=Recipients(chunk=chunk),
    )


def _no_file(enclosed: Enclosed) -> Media:
    raise LookupError(enclosed.id)


async def _no_media(name: str) -> bytes:
    raise FileNotFoundError(name)
