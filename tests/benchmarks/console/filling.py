"""A year of a province, made up: what the console's pages are measured over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text

from storage.audit import AuditRecord, Kind, Verb
from storage.broadcast_records import BroadcastRecord, Phase
from storage.case_history import CaseEventRecord, Happened
from storage.database import Database
from storage.tallies import Asked, TallyRecord
from storage.unanswered import Doubt, UnansweredRecord, UnansweredState
from tests.benchmarks.broadcasts.run import FILL, NUMBERS
from tests.benchmarks.cases.run import fill as fill_cases
from tests.benchmarks.ceiling.ours import broadcast

UNITS, NOTICES, DAYS = 20, 50, 365
TOPICS = ("the-bhyt", "ho-ngheo", "khai-sinh", "tien-dien")
CHUNK = 20_000
MESSAGES = (
    "INSERT INTO outbox (account, conversation_id, lane, body, state, attempts, not_before,"
    " created_at, ended_at, platform_id, reason, broadcast_id, person_id, again)"
    " SELECT 'bot', n, 2, '{{}}', CASE WHEN n % 20 = 0 THEN 'failed' ELSE 'sent' END, 1, :at, :at,"
    " :at, CAST(n AS TEXT), CASE WHEN n % 20 = 0 THEN 'blocked' ELSE '' END, :notice, n, 0"
    " FROM ({numbers}) AS numbers"
)


async def fill(database: Database, *, cases: int, messages: int) -> None:
    """Cases with words and three lines of history each; messages of `NOTICES` notices, each to
    the same people; questions without an answer, the log, and what was asked each day."""
    await fill_cases(database, cases)
    now = datetime.now(UTC)
    await _insert(
        database,
        CaseEventRecord,
        [
            {"case_id": case, "at": now - timedelta(days=3 - n), "what": what, "detail": ""}
            for case in range(1, cases + 1)
            for n, what in enumerate((Happened.RECEIVED, Happened.ANSWERED, Happened.CLOSED))
        ],
    )
    await _send(database, people=messages // NOTICES, now=now)
    await _insert(
        database,
        UnansweredRecord,
        [
            {
                "unit": f"xa-{n % UNITS}", "text": f"câu hỏi số {n} về con trâu thứ {n % 97}",
                "kind": Doubt.UNKNOWN, "asked_at": now, "state": UnansweredState.OPEN,
            }
            for n in range(2_000)
        ],
    )  # fmt: skip
    await _insert(
        database,
        AuditRecord,
        [
            {
                "at": now - timedelta(minutes=cases - n), "verb": Verb.SAW, "kind": Kind.CASE,
                "thing": str(n), "unit": f"xa-{n % UNITS}", "reason": "",
            }
            for n in range(cases)
        ],
    )  # fmt: skip
    await _insert(
        database,
        TallyRecord,
        [
            {
                "day": (now - timedelta(days=day)).date(), "unit": f"xa-{unit}",
                "platform": "telegram", "what": what, "topic": topic, "facet": "amount",
                "place": 0, "many": 7,
            }
            for day in range(DAYS)
            for unit in range(UNITS)
            for topic in TOPICS
            for what in (Asked.ANSWERED, Asked.UNSURE)
        ],
    )  # fmt: skip
    if not database.on_postgresql:
        return  # SQLite gathers no statistics by itself, and the program asks for none
    # As PostgreSQL does by itself some minutes after so many new rows.
    async with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as link:
        await link.execute(text("VACUUM ANALYZE"))


async def _send(database: Database, *, people: int, now: datetime) -> None:
    """Notices of the last year that are finished."""
    at = now if database.on_postgresql else now.replace(tzinfo=None).isoformat(" ")
    asked = {"first": 1, "last": people, "at": at}
    numbers = NUMBERS[database.on_postgresql]
    for statement in FILL:
        async with database.begin() as tx:
            await tx.connection.execute(text(statement.format(numbers=numbers)), asked)
    one = await broadcast(database)
    async with database.begin() as tx:
        found = await tx.connection.execute(
            select(BroadcastRecord.__table__).where(BroadcastRecord.id == one)
        )
        row: dict[str, Any] = dict(found.mappings().one())
    del row["id"]
    copies = []
    for n in range(1, NOTICES):
        when = now - timedelta(days=7 * n)
        about = {"created_at": when, "due_at": when, "started_at": when, "ended_at": when}
        copies.append(row | about | {"state": Phase.FINISHED, "expanded": True})
    await _insert(database, BroadcastRecord, copies)
    for notice in range(one, one + NOTICES):
        async with database.begin() as tx:
            statement = text(MESSAGES.format(numbers=numbers))
            await tx.connection.execute(statement, asked | {"notice": notice})


async def _insert(database: Database, record: Any, rows: list[dict[str, Any]]) -> None:
    for first in range(0, len(rows), CHUNK):
        async with database.begin() as tx:
            await tx.connection.execute(insert(record), rows[first : first + CHUNK])
