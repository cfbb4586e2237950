"""What the doctor finds of tokens that must be renewed in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import load
from bot.doctor import cases_in_hand, kept_tokens
from storage.case_records import CaseKind, NewCase
from storage.cases import Cases
from storage.conversations import Conversations
from storage.database import Database
from storage.officials import Officials, Role
from storage.people import People
from storage.tokens import TokenBook

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "lost", "ok", "told"),
    [
        (1, False, True, "renewed 24/11/2026, can be renewed until 22/02/2027"),
        (59, False, True, "can be renewed until"),
        (61, False, False, "can be renewed until 24/12/2026"),
        (95, False, False, "can be renewed until 20/11/2026"),
        (1, True, False, "lost since 25/11/2026"),
    ],
)
async def test_tokens_that_end_soon_or_are_lost_are_told(
    database: Database, database_address: str, days: int, lost: bool, ok: bool, told: str
) -> None:
    book, got = TokenBook(), NOW - timedelta(days=days)
    async with database.begin() as tx:
        await book.begin(tx, "oa-xa", refresh="sealed", seed="s", at=got, instead_of=None)
    async with database.begin() as tx:
        kept = await book.get(tx, "oa-xa")
        assert kept is not None
        if lost:
            await book.lose(tx, "oa-xa", kept, at=NOW)
    settings = load({"LOABAN_DATABASE__URL": database_address}, Path("/nowhere"))
    [finding] = await kept_tokens(settings, NOW)
    assert finding.what == "tokens of oa-xa"
    assert finding.ok is ok
    assert told in finding.state
    assert bool(finding.remedy) is not ok


async def test_a_unit_without_anybody_who_answers_and_late_answers_are_told(
    database: Database, database_address: str
) -> None:
    shared = str(Path(__file__).parent.parent / "house.toml")
    settings = load({"LOABAN_DATABASE__URL": database_address, "LOABAN_CONFIG": shared})
    async with database.begin() as tx:
        person = await People().meet(tx, account="web", sender="a", unit="", at=NOW)
        talk = await Conversations().open(
            tx, account="web", chat="a", thread="", person=person.known_as, at=NOW
        )
        await Officials().invite(tx, "1", name="Lan", unit="xa-mau", role=Role.OFFICER, at=NOW)
        await Officials().join(tx, "1", conversation=talk.id, at=NOW)
        new = NewCase(CaseKind.QUESTION, unit="xa-mau", text="máy cày hỏng")
        await Cases().open(tx, new, conversation=talk.id, at=NOW, due_at=NOW)
    officials, cases = await cases_in_hand(settings, NOW + timedelta(days=1))
    assert officials.state == "nobody answers the people of xa-khac"
    assert (cases.ok, cases.state) == (False, "1 are overdue")
    _, on_time = await cases_in_hand(settings, NOW)
    assert on_time.ok
