"""Brings the database to the shape that this version needs; runs Alembic in this process."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 6_203_311  # two processes that start together migrate one after the other


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The revision that this version of the program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


async def current(database: Database) -> str:
    """The revision that the database is at; empty when it is new."""
    async with database.read() as tx:
        return await tx.connection.run_sync(
            lambda c: MigrationContext.configure(c).get_current_revision() or ""
        )


async def migrate(database: Database, *, to: str = "head") -> None:
    """Apply what is missing, all or nothing; `to` names an earlier revision to stop at."""
    async with database.begin() as tx:
        if tx.on_postgresql:
            await tx.connection.execute(
                text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK}
            )
        await tx.connection.run_sync(lambda c: command.upgrade(_config(c), to))
