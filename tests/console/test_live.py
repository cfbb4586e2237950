"""News of cases on an open page: who hears what, of every process, after a break, until when."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiohttp import ClientResponse
from sqlalchemy import func, select, text

from bot.wiring import House, now
from handlers.staff.live import BEAT
from handlers.staff.live_hub import PER_SESSION
from storage.case_history import UNDERWAY, Happened, History, settled
from storage.case_presence import HERE, CasePresence, CasePresenceRecord, forget_presence
from storage.case_records import CaseKind
from storage.cases import Cases
from storage.database import Database
from storage.officials import Officials, Role
from storage.staff_sessions import Lasting, StaffSessions
from tests.console.desk import Desk, sitting_at
from tests.console.test_case_desk import ONE_DATABASE, address, opened

LIST = "/staff/cases"
SOON = 8.0
"""Seconds within which news come: a look is made every two."""

SILENT = 5.0
"""Seconds after which what has not come does not come."""


@dataclass
class Ear:
    """What a page hears."""

    answer: ClientResponse
    number: str = ""

    async def next(self) -> tuple[str, str]:
        """The next event: its name and what it says. Raises EOFError at the end."""
        name = said = ""
        while line := (await self.answer.content.readline()).decode():
            key, _, value = line.rstrip("\n").partition(": ")
            name, said = (value if key == "event" else name), (value if key == "data" else said)
            self.number = value if key == "id" else self.number
            if line == "\n" and name:
                return name, said
        raise EOFError

    async def hears(self, name: str) -> str:
        """What the next event of that name says, which comes soon."""
        async with asyncio.timeout(SOON):
            while True:
                found, said = await self.next()
                if found == name:
                    return said

    async def hears_nothing(self, name: str) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(SILENT):
                while (await self.next())[0] != name:
                    pass


def news_of(page: str) -> str:
    """Where a page listens."""
    found = re.search(r'data-live="([^"]+)"', page)
    assert found
    return html.unescape(found[1])


@asynccontextmanager
async def listening(desk: Desk, where: str, last: str = "") -> AsyncIterator[Ear]:
    """A page that is open."""
    headers = {"Last-Event-ID": last} if last else {}
    async with desk.client.get(where, headers=headers) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        yield Ear(answer)


async def listening_to_the_list(stack: AsyncExitStack, desk: Desk, query: str = "") -> Ear:
    where = news_of(await desk.open(LIST + query))
    return await stack.enter_async_context(listening(desk, where))


async def test_a_new_case_is_told_to_whom_it_concerns_and_to_nobody_else(house: House) -> None:
    async with AsyncExitStack() as stack:
        ears = {}
        for who, role, unit in (
            ("officer", Role.OFFICER, "xa-mau"),
            ("chair", Role.APPROVER, "xa-mau"),
            ("elsewhere", Role.APPROVER, "xa-khac"),
            ("all", Role.VIEWER, ""),
        ):
            desk = await stack.enter_async_context(sitting_at(house, role, unit=unit, name=who))
            ears[who] = await listening_to_the_list(stack, desk)
        await opened(house, unit="ban-mau")
        for who in ("officer", "chair", "all"):
            assert await ears[who].hears("news") == "1 việc mới."
        await opened(house, kind=CaseKind.COMPLAINT, text="cán bộ quát")
        assert await ears["chair"].hears("news") == "2 việc mới."
        async with asyncio.TaskGroup() as group:
            for who in ("officer", "elsewhere", "all"):
                group.create_task(ears[who].hears_nothing("news"))


async def test_a_change_is_told_but_not_to_who_made_it_and_only_in_a_list_that_it_concerns(
    house: House,
) -> None:
    case = await opened(house)
    async with AsyncExitStack() as stack:
        lan = await stack.enter_async_context(sitting_at(house, name="Lan"))
        mai = await stack.enter_async_context(sitting_at(house, name="Mai"))
        own = await listening_to_the_list(stack, lan)
        other = await listening_to_the_list(stack, mai)
        praise = await listening_to_the_list(stack, mai, "?kind=praise")
        here = await stack.enter_async_context(
            listening(mai, news_of(await mai.open(address(case))))
        )
        await lan.press(await lan.open(address(case)), "/note", text="đã gọi đội cầu")
        assert await other.hears("news") == "1 việc vừa thay đổi."
        assert await here.hears("news") == "Việc này vừa có thay đổi."
        await opened(house)
        assert await other.hears("news") == "1 việc mới, 1 việc vừa thay đổi."
        assert await own.hears("news") == "1 việc mới."
        async with asyncio.TaskGroup() as group:
            group.create_task(here.hears_nothing("news"))
            group.create_task(praise.hears_nothing("news"))


async def test_what_came_while_the_connection_was_cut_is_told_and_nothing_is_told_twice(
    house: House,
) -> None:
    async with sitting_at(house, Role.OFFICER, unit="xa-mau") as desk:
        where = news_of(await desk.open(LIST))
        async with listening(desk, where) as ear:
            await opened(house)
            assert await ear.hears("news") == "1 việc mới."
            last = ear.number
        await opened(house)
        await opened(house)
        async with listening(desk, where, last) as ear:
            assert await ear.hears("news") == "3 việc mới."
            last = ear.number
        async with listening(desk, where, last) as ear:
            await ear.hears_nothing("news")
        async with listening(desk, f"{where}&last={last}") as ear:
            await ear.hears_nothing("news")


async def test_a_case_that_is_handed_out_of_sight_leaves_the_list_and_it_is_not_said_where_to(
    house: House,
) -> None:
    moved, stays = await opened(house), await opened(house)
    others = await opened(house, unit="xa-khac")
    async with AsyncExitStack() as stack:
        reader = await stack.enter_async_context(
            sitting_at(house, Role.OFFICER, unit="xa-mau", name="Lan")
        )
        page = await reader.open(LIST)
        ear = await stack.enter_async_context(listening(reader, news_of(page)))
        desk = await stack.enter_async_context(sitting_at(house, name="Mai"))
        await desk.press(await desk.open(address(others)), "/note", text="của nơi khác")
        await desk.press(await desk.open(address(stays)), "/note", text="vẫn ở đây")
        assert await ear.hears("news") == "1 việc vừa thay đổi."
        await desk.press(await desk.open(address(moved)), "/move", unit="xa-khac")
        assert await ear.hears("gone") == str(moved.id)
        again = await stack.enter_async_context(listening(reader, news_of(page)))
        assert await again.hears("gone") == str(moved.id), "also after the connection broke"


async def test_what_was_never_theirs_looks_as_what_is_not_there(house: House) -> None:
    others = await opened(house, unit="xa-khac")
    async with sitting_at(house, Role.OFFICER, unit="xa-mau") as desk:
        where = f"{LIST.replace('cases', 'live')}?since=0&shown={others.id}.987654"
        async with listening(desk, where) as ear:
            assert await ear.hears("gone") == f"{others.id}.987654"
        too_many = ".".join(map(str, range(1, 200)))
        for wrong in ("x", "1.", "-1", too_many):
            answer = await desk.client.get(f"/staff/live?since=0&shown={wrong}")
            assert answer.status == 400


async def test_a_page_hears_nothing_of_what_it_shows(house: House) -> None:
    await opened(house)
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(sitting_at(house, Role.OFFICER, unit="xa-mau"))
        ear = await listening_to_the_list(stack, desk)
        await ear.hears_nothing("news")


async def test_the_stream_ends_with_its_session_and_where_somebody_is_removed(
    house: House,
) -> None:
    async with AsyncExitStack() as stack:
        lan = await stack.enter_async_context(sitting_at(house, Role.OFFICER, unit="xa-mau"))
        pao = await stack.enter_async_context(sitting_at(house, Role.OFFICER, unit="xa-mau"))
        ears = [await listening_to_the_list(stack, desk) for desk in (lan, pao)]
        async with house.database.begin() as tx:
            await StaffSessions(Lasting()).end_all(tx, lan.who.id, at=now())
            await Officials().remove(tx, pao.who.official.id, at=now())
        await opened(house)
        for ear in ears:
            assert await ear.next() == ("over", "1"), "before any news"
            with pytest.raises(EOFError):
                await ear.next()


async def test_listening_keeps_nobody_signed_in(house: House) -> None:
    async with sitting_at(house) as desk:
        where = news_of(await desk.open(LIST))
        book = StaffSessions(Lasting())
        long_ago = now() - timedelta(minutes=90)
        async with house.database.begin() as tx:
            [session] = await book.of(tx, desk.who.id, at=now())
            await book.touch(tx, session.id, at=long_ago)
        async with listening(desk, where), house.database.read() as tx:
            [session] = await book.of(tx, desk.who.id, at=now())
            assert session.seen_at == long_ago
        await desk.open(LIST)
        async with house.database.read() as tx:
            [session] = await book.of(tx, desk.who.id, at=now())
            assert session.seen_at > long_ago


async def test_a_session_has_a_few_streams_and_the_oldest_makes_room(house: House) -> None:
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(sitting_at(house))
        ears = [await listening_to_the_list(stack, desk) for _ in range(PER_SESSION + 1)]
        assert await ears[0].hears("rest") == "1"
        await opened(house)
        for ear in ears[1:]:
            assert await ear.hears("news") == "1 việc mới."


async def test_streams_hold_up_no_shutdown(house: House) -> None:
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(sitting_at(house))
        ear = await listening_to_the_list(stack, desk)
        async with asyncio.timeout(3):
            assert desk.client.app is not None
            await desk.client.app.shutdown()
            assert await ear.hears("stop") == "1"
            with pytest.raises(EOFError):
                await ear.next()


async def test_what_is_asked_wrongly_or_is_not_theirs_gives_no_stream(house: House) -> None:
    far = await opened(house, unit="xa-khac")
    async with sitting_at(house, Role.OFFICER, unit="xa-mau") as desk:
        for query, status in (
            ("", 400), ("?since=x", 400), ("?since=-1", 400), ("?since=٣", 400),
            ("?since=0&case=x", 400), (f"?since=0&case={far.id}", 404), ("?since=0&case=999", 404),
        ):  # fmt: skip
            async with desk.client.get(f"/staff/live{query}") as answer:
                assert answer.status == status, query
        desk.client.session.cookie_jar.clear()
        await desk.stays_shut("/staff/live?since=0")


@ONE_DATABASE
async def test_a_silent_stream_shows_that_it_lives(house: House) -> None:
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(sitting_at(house))
        ear = await listening_to_the_list(stack, desk)
        async with asyncio.timeout(2 * BEAT):
            heard = [(await ear.answer.content.readline()).decode() for _ in range(5)]
    assert heard == ["retry: 3000\n", "\n", ": still here\n", "event: beat\n", "data: 1\n"]


async def test_two_at_one_case_see_each_other_until_one_leaves(house: House) -> None:
    case = await opened(house)
    async with AsyncExitStack() as stack:
        lan = await stack.enter_async_context(sitting_at(house, name="Lan"))
        mai = await stack.enter_async_context(sitting_at(house, name="Mai"))
        page = await lan.open(address(case))
        assert "cũng đang mở" not in page
        ear = await stack.enter_async_context(listening(lan, news_of(page)))
        page = await mai.open(address(case))
        assert "Lan cũng đang mở việc này." in page, "without scripts too"
        assert await ear.hears("beside") == ""
        assert await ear.hears("beside") == "Mai cũng đang mở việc này."
        async with listening(mai, news_of(page)) as other:
            assert await other.hears("beside") == "Lan cũng đang mở việc này."
        async with house.database.begin() as tx:
            await CasePresence().left(tx, case.id, mai.who.official.id)
        assert await ear.hears("beside") == ""


async def test_who_was_there_is_forgotten_after_a_minute(house: House) -> None:
    case = await opened(house)
    async with sitting_at(house, name="Lan") as lan, sitting_at(house, name="Mai") as mai:
        await lan.open(address(case))
        assert "Lan cũng đang mở" in await mai.open(address(case))
        book, later = CasePresence(), now() + HERE + timedelta(seconds=1)
        async with house.database.begin() as tx:
            await book.seen(tx, [(case.id, mai.who.official.id)], at=later)
        async with house.database.read() as tx:
            there = await book.at(tx, [case.id], now=later)
        assert list(there[case.id].values()) == ["Mai"]
        assert await forget_presence(house.database, now=later) == 1
        async with house.database.begin() as tx:
            await book.seen(tx, [(case.id, mai.who.official.id)], at=now() - HERE)
        await house.clock.remind()
        async with house.database.read() as tx:
            left = await tx.connection.execute(select(func.count()).select_from(CasePresenceRecord))
            assert left.scalar_one() == 0, "the clock sees to what no page does"


async def test_who_was_removed_is_nowhere(house: House) -> None:
    case = await opened(house)
    async with sitting_at(house, name="Lan") as lan, sitting_at(house, name="Mai") as mai:
        await lan.open(address(case))
        async with house.database.begin() as tx:
            await Officials().remove(tx, lan.who.official.id, at=now())
        assert "cũng đang mở" not in await mai.open(address(case))


def test_an_entry_that_may_still_come_is_waited_for() -> None:
    at = now()
    old = at - UNDERWAY - timedelta(seconds=1)
    assert settled([], now=at) == 0
    assert settled([(7, old), (8, at), (9, at)], now=at) == 9
    assert settled([(7, old), (9, at), (10, at)], now=at) == 7, "8 may be on its way"
    assert settled([(7, old), (9, old), (10, at)], now=at) == 10, "8 never comes"


@pytest.mark.postgresql
@pytest.mark.parametrize("database_address", ["postgresql"], indirect=True)
async def test_a_change_that_is_committed_after_a_later_one_is_heard_too(
    house: House,
) -> None:
    """PostgreSQL gives an entry its number before its transaction ends; SQLite has one writer."""
    slow, fast = await opened(house), await opened(house, text="đường sạt")
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(sitting_at(house, Role.OFFICER, unit="xa-mau"))
        ear = await listening_to_the_list(stack, desk)
        book = History()
        async with house.database.begin() as tx:
            await book.note(tx, slow.id, Happened.ADDED, at=now())
            async with house.database.begin() as other:
                await book.note(other, fast.id, Happened.ADDED, at=now())
            assert await ear.hears("news") == "1 việc vừa thay đổi."
            where = news_of(await desk.open(LIST))
        assert await ear.hears("news") == "2 việc vừa thay đổi."
        late = await stack.enter_async_context(listening(desk, where))
        assert await late.hears("news"), "a page that was made in between hears of it"


async def test_another_process_is_heard(house: House, database_address: str) -> None:
    elsewhere = Database.at(database_address)
    case = await opened(house)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(elsewhere.close)
        desk = await stack.enter_async_context(sitting_at(house, Role.OFFICER, unit="xa-mau"))
        ear = await listening_to_the_list(stack, desk)
        async with elsewhere.begin() as tx:
            await Cases().add(tx, case, "vẫn gãy", at=now(), due_at=now())
        assert await ear.hears("news") == "1 việc vừa thay đổi."


async def test_a_page_that_came_back_is_told_of_a_lost_database_no_more(house: House) -> None:
    """A look that fails is made again."""
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(sitting_at(house, Role.OFFICER, unit="xa-mau"))
        ear = await listening_to_the_list(stack, desk)
        async with house.database.begin() as tx:
            await tx.connection.execute(text("ALTER TABLE case_presence RENAME TO away"))
        await asyncio.sleep(3)
        async with house.database.begin() as tx:
            await tx.connection.execute(text("ALTER TABLE away RENAME TO case_presence"))
        await opened(house)
        assert await ear.hears("news") == "1 việc mới."
