"""New databases for tests: to migrate one anew takes longer than most tests."""

from __future__ import annotations

import asyncio
import functools
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from storage.database import Database
from storage.migrate import migrate

SQLITE = "sqlite:///"


async def migrated(address: str) -> None:
    """Migrate a database; a new one of SQLite is a copy of one that was."""
    if address.startswith(SQLITE) and _copied(Path(address.removeprefix(SQLITE))):
        return
    opened = Database.at(address)
    await migrate(opened)
    await opened.close()


def _copied(path: Path) -> bool:
    if path.exists():
        return False
    path.write_bytes(_template())
    return True


@functools.cache
def _template() -> bytes:
    """Made once in each process, in a thread of its own: a loop may be running in this one."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:
        path = Path(folder) / "loaban.db"
        database = Database.at(f"{SQLITE}{path}")

        async def make() -> None:
            await migrate(database)
            await database.close()

        thread.submit(asyncio.run, make()).result()
        return path.read_bytes()
