"""A process that takes in one message and is killed on the way: python -m tests.faults.receiver.

Arguments: the database, the data folder, the config file, the chat, the message's id, its words,
and the beginning of the statement before which it is killed ("COMMIT": before all of it is kept).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, event

from bot.config import load
from bot.wiring import build
from handlers.messages import Address, Incoming, Kind

WRITES_CASE = "INSERT INTO cases"


def incoming(chat: str, number: str, text: str) -> Incoming:
    """The message as its platform gives it, again and again until it is taken."""
    sent = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    return Incoming(Address("web", chat), number, Kind.TEXT, sender=chat, sent_at=sent, text=text)


def kill_before(beginning: str, *, case: int = 1) -> None:
    """Kill this process, as a power cut does, once so many cases were written by it and this is to
    be done."""
    written = 0

    @event.listens_for(Engine, "before_cursor_execute")
    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal written
        if written >= case and statement.startswith(beginning):
            os.kill(os.getpid(), signal.SIGKILL)
        written += statement.startswith(WRITES_CASE)

    @event.listens_for(Engine, "commit")
    def at_commit(_connection: Any) -> None:
        if written >= case and beginning == "COMMIT":
            os.kill(os.getpid(), signal.SIGKILL)


async def main(
    database: str, folder: str, config: str, chat: str, number: str, text: str, at: str
) -> None:
    environment = {
        "LOABAN_DATABASE__URL": database,
        "LOABAN_DATA__FOLDER": folder,
        "LOABAN_CONFIG": config,
    }
    async with build(load(environment)) as house:
        kill_before(at)
        await house.accept(incoming(chat, number, text))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
