"""What villagers said in a case is forgotten in time and on demand; that there was one stays."""

from __future__ import annotations

from datetime import timedelta

from storage.case_history import Happened
from storage.case_privacy import forget_cases_of, forget_drafts, forget_ended_cases
from storage.case_records import CaseState
from storage.database import Database
from storage.drafts import Drafts
from storage.files import Files
from tests.storage.test_cases import BOOK, DAY, HISTORY, NOW, again, conversation, opened


async def test_words_of_ended_cases_go_after_their_time_and_open_ones_stay(
    database: Database,
) -> None:
    chat = await conversation(database)
    ended, waits = [
        await opened(database, chat, place="Bản Mẫu", name="Mẹ Mua", receipt=receipt)
        for receipt in ("one", "two")
    ]
    async with database.begin() as tx:
        await BOOK.close(tx, ended, by=None, at=NOW)
    later = NOW + 400 * DAY
    assert await forget_ended_cases(database, before=NOW + DAY, at=later) == 1
    assert await forget_ended_cases(database, before=NOW + DAY, at=later) == 0
    async with database.read() as tx:
        assert await BOOK.words(tx, ended.id) == []
        assert await BOOK.thread(tx, ended.id) is None
        assert await BOOK.by_receipt(tx, ["one"]) is None
        assert (await HISTORY.of(tx, ended.id))[-1].what is Happened.FORGOTTEN
        assert len(await BOOK.words(tx, waits.id)) == 1
    forgotten = await again(database, ended)
    assert (forgotten.place, forgotten.name, forgotten.state) == ("", "", CaseState.CLOSED)


async def test_who_deletes_their_data_takes_open_cases_back(database: Database) -> None:
    chat, other = await conversation(database), await conversation(database, "other")
    mine, others = await opened(database, chat), await opened(database, other)
    async with database.begin() as tx:
        await Drafts().begin(tx, conversation=chat, step="kind", at=NOW)
        await forget_cases_of(tx, chat, at=NOW)
    async with database.read() as tx:
        assert await BOOK.words(tx, mine.id) == []
        assert await Drafts().of(tx, chat) is None
        assert len(await BOOK.words(tx, others.id)) == 1
    assert (await again(database, mine)).state is CaseState.WITHDRAWN


async def test_files_of_a_forgotten_case_are_nobodys_and_so_are_deleted(database: Database) -> None:
    chat, files = await conversation(database), Files()
    mine = await opened(database, chat)
    async with database.begin() as tx:
        number = await files.receive(
            tx, case=mine.id, account="web", reference="r", kind="image", at=NOW, at_most=5
        )
        await forget_cases_of(tx, chat, at=NOW)
    async with database.read() as tx:
        assert await files.of_case(tx, mine.id) == []
        assert [file.id for file in await files.orphans(tx, at=NOW)] == [number]


async def test_drafts_that_were_left_are_deleted(database: Database) -> None:
    left, fresh = await conversation(database), await conversation(database, "fresh")
    async with database.begin() as tx:
        await Drafts().begin(tx, conversation=left, step="kind", at=NOW - 8 * DAY)
        await Drafts().begin(tx, conversation=fresh, step="kind", at=NOW - DAY)
    assert await forget_drafts(database, before=NOW - timedelta(days=7)) == 1
    async with database.read() as tx:
        assert await Drafts().of(tx, fresh)
