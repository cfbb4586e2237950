"""The book of files: whose they are, who fetches them, and what is left when nobody owns them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, text

from storage.case_privacy import forget_words
from storage.case_records import CaseRecord
from storage.database import Database
from storage.drafts import Drafts
from storage.files import LEASE, File, Files, FileState
from storage.migrate import migrate
from tests.storage.test_cases import conversation, opened

NOW = datetime(2026, 12, 30, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BOOK = Files()


@pytest.fixture
async def draft(database: Database) -> int:
    chat = await conversation(database)
    async with database.begin() as tx:
        return (await Drafts().begin(tx, conversation=chat, step="words", at=NOW)).id


async def receive(database: Database, draft: int, account: str = "tg") -> int | None:
    async with database.begin() as tx:
        return await BOOK.receive(
            tx, draft=draft, account=account, reference="r", kind="image", at=NOW, at_most=3
        )


async def due(database: Database, at: datetime = NOW, busy: tuple[str, ...] = ()) -> list[File]:
    async with database.begin() as tx:
        return await BOOK.due(tx, at=at, busy=busy, at_most=10)


async def test_a_claimed_file_is_nobody_elses_until_the_lease_ends(
    database: Database, draft: int
) -> None:
    await receive(database, draft)
    [first] = await due(database)
    assert not await due(database, NOW + LEASE - SECOND)
    [second] = await due(database, NOW + LEASE)
    async with database.begin() as tx:
        assert not await BOOK.stored(tx, first, mime="image/jpeg", size=5), "it lost its claim"
        assert await BOOK.stored(tx, second, mime="image/jpeg", size=6)
    async with database.read() as tx:
        [file] = await BOOK.of_draft(tx, draft)
    assert (file.state, file.mime, file.size, file.reference) == (
        FileState.STORED, "image/jpeg", 6, "",
    )  # fmt: skip


async def test_a_busy_account_is_left_out_and_the_others_are_not(
    database: Database, draft: int
) -> None:
    await receive(database, draft, "tg")
    await receive(database, draft, "oa")
    assert [file.account for file in await due(database, busy=("tg",))] == ["oa"]


async def test_a_failed_attempt_is_tried_again_at_its_time_and_not_before(
    database: Database, draft: int
) -> None:
    await receive(database, draft)
    [file] = await due(database)
    async with database.begin() as tx:
        await BOOK.retry(tx, file, at=NOW + 60 * SECOND, reason="files.reason.away")
    assert not await due(database, NOW + 59 * SECOND)
    [again] = await due(database, NOW + 60 * SECOND)
    assert (again.attempts, again.reason) == (2, "files.reason.away")


async def test_a_draft_takes_so_many_files_and_no_more(database: Database, draft: int) -> None:
    assert all([await receive(database, draft) for _ in range(3)])
    assert await receive(database, draft) is None


async def test_files_go_with_the_draft_to_the_case_and_are_orphans_without_it(
    database: Database, draft: int
) -> None:
    await receive(database, draft)
    case = await opened(database)
    async with database.begin() as tx:
        await BOOK.hand_over(tx, draft=draft, case=case.id)
        assert await BOOK.of_draft(tx, draft) == []
        assert len(await BOOK.of_case(tx, case.id)) == 1
        assert await BOOK.orphans(tx, at=NOW) == []
    async with database.begin() as tx:
        await tx.connection.execute(delete(CaseRecord).where(CaseRecord.id == case.id))
    assert not await due(database), "nobody fetches what belongs to nobody"
    async with database.begin() as tx:
        [orphan] = await BOOK.orphans(tx, at=NOW)
        await BOOK.forget(tx, orphan)
        assert await BOOK.orphans(tx, at=NOW) == []


async def test_what_is_being_fetched_is_no_orphan_yet(database: Database, draft: int) -> None:
    await receive(database, draft)
    await due(database)
    chat = await conversation(database)
    async with database.begin() as tx:
        await Drafts().drop(tx, chat)
        assert await BOOK.orphans(tx, at=NOW) == []
        assert len(await BOOK.orphans(tx, at=NOW + LEASE)) == 1


async def test_a_file_of_nobody_is_a_mistake(database: Database) -> None:
    async with database.begin() as tx:
        with pytest.raises(ValueError, match="draft or to a case"):
            await BOOK.receive(tx, account="t", reference="r", kind="image", at=NOW, at_most=3)


async def test_the_files_of_a_forgotten_case_are_orphans(database: Database) -> None:
    gone, stays = await opened(database), await opened(database)
    async with database.begin() as tx:
        for case in (gone, stays):
            await BOOK.receive(
                tx, case=case.id, account="tg", reference="r", kind="image", at=NOW, at_most=3
            )
        await forget_words(tx, [gone.id], at=NOW)
    async with database.read() as tx:
        assert len(await BOOK.orphans(tx, at=NOW)) == 1
        assert len(await BOOK.of_case(tx, stays.id)) == 1
    assert len(await due(database)) == 1, "what nobody owns is not fetched either"


async def test_a_database_of_before_voices_keeps_its_files_but_those_of_forgotten_cases(
    database_address: str,
) -> None:
    database = Database.at(database_address)
    await migrate(database, to="0012")
    async with database.begin() as tx:
        at = NOW if tx.on_postgresql else NOW.replace(tzinfo=None)
        for case in (1, 2):
            await tx.connection.execute(
                text(
                    "INSERT INTO cases (id, kind, state, version, unit, place, topic, name,"
                    " platform, language, quarantine, received_at, due_at) VALUES (:case,"
                    " 'problem', 'closed', 1, 'xa', '', '', '', '', 'vi', '', :at, :at)"
                ).bindparams(case=case, at=at)
            )
            await tx.connection.execute(
                text(
                    "INSERT INTO files (id, case_id, account, reference, kind, state, attempts,"
                    " next_try_at, mime, size, key, reason, created_at) VALUES (:case, :case,"
                    " 'tg', '', 'image', 'stored', 1, :at, 'image/jpeg', 5, 'k', '', :at)"
                ).bindparams(case=case, at=at)
            )
        await tx.connection.execute(
            text(
                "INSERT INTO case_events (case_id, at, what, detail) VALUES (1, :at,"
                " 'forgotten', '')"
            ).bindparams(at=at)
        )
    await migrate(database)
    async with database.read() as tx:
        [kept] = await BOOK.of_case(tx, 2)
        assert (kept.state, kept.seconds, kept.words_id) == (FileState.STORED, 0, None)
        assert [file.id for file in await BOOK.orphans(tx, at=NOW)] == [1]
    await database.close()
