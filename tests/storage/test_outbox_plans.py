"""How databases go about what a sender asks all the time: by an index, and without sorting."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from storage.broadcast_recipients import Recipients
from storage.database import Database
from storage.migrate import migrate
from storage.outbox import Outbox
from storage.outbox_records import Claim, Lane

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


async def test_a_look_a_claim_and_a_last_look_read_no_whole_table_and_sort_nothing(
    tmp_path: Path,
) -> None:
    """With a million messages waiting, reading or sorting them for each handful takes seconds."""
    database = Database.at(f"sqlite:///{tmp_path / 'x.db'}")
    await migrate(database)
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        asked.append((statement, parameters))

    claim = Claim(1, "me", "bot", 1, "a", "", Lane.CAMPAIGN, "{}", 0, 1)
    try:
        async with database.begin() as tx:
            event.listen(database.engine.sync_engine, "before_cursor_execute", note)
            await Outbox().waiting(tx)
            await Outbox().claim(tx, account="bot", owner="me", at=NOW, at_most=9)
            await Recipients().refuse(tx, [claim], cap=3, at=NOW)
            event.remove(database.engine.sync_engine, "before_cursor_execute", note)
            plans = [
                row[3]
                for statement, parameters in asked
                for row in await tx.connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", parameters
                )
            ]
    finally:
        await database.close()
    assert len(asked) == 3
    assert any("ix_outbox_due" in plan for plan in plans), plans
    assert any("ix_outbox_first" in plan for plan in plans), plans
    assert not [plan for plan in plans if "TEMP B-TREE" in plan], plans
    # The first of all is where the index begins; `firsts` is as long as there are accounts.
    known = {"SCAN outbox USING INDEX ix_outbox_first", "SCAN firsts", "SCAN CONSTANT ROW"}
    assert not {plan for plan in plans if plan.startswith("SCAN")} - known, plans


async def test_without_figures_yet_postgresql_reads_no_more_than_a_conversations_messages(
    postgresql: str,
) -> None:
    """Until it first counts a table it takes a million rows for a few: what waits must not be read
    as a whole for each message."""
    database = Database.at(postgresql)
    await migrate(database)
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        asked.append((statement, parameters))

    try:
        async with database.begin() as tx:
            event.listen(database.engine.sync_engine, "before_cursor_execute", note)
            await Outbox().claim(tx, account="bot", owner="me", at=NOW, at_most=9)
            event.remove(database.engine.sync_engine, "before_cursor_execute", note)
            plans = [
                "\n".join(
                    row[0]
                    for row in await tx.connection.exec_driver_sql(
                        f"EXPLAIN {statement}", parameters
                    )
                )
                for statement, parameters in asked
            ]
    finally:
        await database.close()
    [claiming] = plans
    assert "ix_outbox_unfinished" in claiming, claiming
    assert "BitmapAnd" not in claiming, claiming
