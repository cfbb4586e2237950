"""kill -9 while an approved card is put into its file: before the file is written, and after."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from content.card_files import text_of
from content.card_form import with_fields
from storage.card_drafts import CardDrafts
from storage.card_versions import CardVersions, Origin
from storage.database import Database
from tests.console.desk import form
from tests.journeys.entering import PASSWORD, invitation
from tests.program import Program, program
from tests.small_content import few_cards, few_phrases

SLUG, ANOTHER = "khai-sinh", 999_999
ADDRESS = f"/staff/cards/{SLUG}"


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.02)


@contextmanager
def nobody_writes_in(folder: Path) -> Iterator[Callable[[], None]]:
    """Hold the lock that writers of cards wait for; gives the way to let it go earlier."""
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield lambda: fcntl.flock(handle, fcntl.LOCK_UN)
    finally:
        os.close(handle)


async def handed_in(database: Database, text: str, base: str) -> None:
    """A draft by somebody who is not here."""
    drafts = CardDrafts()
    async with database.begin() as tx:
        await drafts.begin(tx, "vi", SLUG, text=text, base=base, by=ANOTHER, at=datetime.now(UTC))
        draft = await drafts.get(tx, "vi", SLUG)
        assert draft
        await drafts.submit(tx, draft)


async def administrator(running: Program, browser: aiohttp.ClientSession) -> None:
    """Take up the invitation that the program has printed."""
    async with browser.get(invitation(running.text)) as answer:
        address, fields = form(await answer.text(), "")
    mine = {"name": "Mai", "login": "quan.tri", "password": PASSWORD, "again": PASSWORD}
    async with browser.post(f"{running.address}{address}", data=fields | mine) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
async def test_a_kill_beside_the_writing_of_a_card_loses_nothing_and_doubles_nothing(
    tmp_path: Path, *, written: bool
) -> None:
    own = few_phrases(few_cards(tmp_path / "own"))
    before = text_of(own, SLUG)
    after = with_fields(before, {"general": "Sinh con thì ra xã làm giấy khai sinh ngay."})
    file = tmp_path / "var" / "loaban.db"

    def state() -> str:
        with closing(sqlite3.connect(file)) as kept:
            found = kept.execute("SELECT state FROM card_drafts").fetchone()
        return str(found[0]) if found else ""

    async with program(tmp_path, LOABAN_CONTENT__FOLDER=str(own)) as running:
        database = Database.at(f"sqlite:///{file}")
        await handed_in(database, after, before)
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            await administrator(running, browser)
            async with browser.get(f"{running.address}{ADDRESS}") as answer:
                address, fields = form(await answer.text(), "/approve")
            with nobody_writes_in(own / "cards" / "vi") as let_go:
                approving = asyncio.create_task(
                    browser.post(f"{running.address}{address}", data=fields)
                )
                await until(lambda: state() == "approved")
                with closing(sqlite3.connect(file, isolation_level=None)) as kept:
                    if written:
                        kept.execute("BEGIN IMMEDIATE")  # the book waits, the file does not
                        let_go()
                        await until(lambda: text_of(own, SLUG) == after)
                    await running.kill()
            with suppress(aiohttp.ClientError):
                await approving
    assert text_of(own, SLUG) == (after if written else before)
    assert state() == "approved"
    async with program(tmp_path, LOABAN_CONTENT__FOLDER=str(own)):
        await until(lambda: state() == "")
    assert text_of(own, SLUG) == after
    async with database.read() as tx:
        found = await CardVersions().of(tx, "vi", SLUG, below=None, at_most=9)
    await database.close()
    assert [one.origin for one in found] == [Origin.CONSOLE, Origin.FOUND]
    assert found[0].writers == (ANOTHER,)
    assert found[0].approved_by is not None
