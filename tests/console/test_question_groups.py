"""Groups of questions are made beside the page: it never waits, and no unit sees another's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from multiprocessing import active_children
from pathlib import Path
from threading import Event

import pytest

from bot.wiring import House, now
from content.library import Library
from content.likeness_apart import group_apart, group_as_shipped
from handlers.staff.question_groups import FEW, SIGHTS, Look, QuestionGroups
from storage.officials import Role
from storage.unanswered import Doubt, OpenQuestion, Unanswered
from tests.console.desk import Desk, forms, sitting_at

ONE_DATABASE = pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
"""For what the database has no part in."""

COWS = ("trâu nhà em ốm thì báo ai", "con trâu ốm thì báo ai", "trâu ốm báo ai vậy")
XA = frozenset({"xa-mau"})


def asked(*texts: str, first: int = 1) -> list[OpenQuestion]:
    """Open questions, the newest first."""
    found = [
        OpenQuestion(n, text, Doubt.UNKNOWN, "", now(), "xa-mau")
        for n, text in enumerate(texts, start=first)
    ]
    return found[::-1]


@pytest.fixture
async def groups(library: Library) -> QuestionGroups:
    return QuestionGroups(lambda: library.words)


async def look(
    groups: QuestionGroups,
    sight: frozenset[str] | None,
    questions: list[OpenQuestion],
    held: asyncio.Event | None = None,
    *,
    whole: bool = False,
) -> Look:
    """`held`: grouping does not end before that is set."""

    async def read() -> list[tuple[int, str]]:
        if held:
            await held.wait()
        return [(one.id, one.text) for one in questions]

    return await groups.look(sight, [one.id for one in questions], read, whole=whole)


def members(found: Sequence[object]) -> list[tuple[int, ...]]:
    return [one.members for one in found]


async def test_the_very_first_look_is_the_newest_first_and_the_next_is_grouped(
    groups: QuestionGroups,
) -> None:
    questions, held = asked(*COWS), asyncio.Event()
    first = await look(groups, XA, questions, held)
    assert (first.running, first.first) == (True, True)
    assert members(first.groups) == [(3,), (2,), (1,)]
    held.set()
    after = await look(groups, XA, questions, whole=True)
    assert (after.running, after.first) == (False, False)
    assert members(after.groups) == [(1, 2, 3)]


async def test_what_was_grouped_last_is_shown_while_new_ones_are_being_grouped(
    groups: QuestionGroups,
) -> None:
    await look(groups, XA, asked(*COWS[:2]), whole=True)
    more, held = asked(*COWS, "bán sim số đẹp ở chợ nào"), asyncio.Event()
    stale = await look(groups, XA, more, held)
    assert (stale.running, stale.first) == (True, False)
    assert members(stale.groups) == [(1, 2), (4,), (3,)]
    held.set()
    await asyncio.sleep(0)
    assert members((await look(groups, XA, more, whole=True)).groups) == [(1, 2, 3), (4,)]


async def test_what_is_settled_goes_at_once_without_grouping_anew(groups: QuestionGroups) -> None:
    questions = asked(*COWS, "bán sim số đẹp ở chợ nào")
    shown = (await look(groups, XA, questions, whole=True)).groups
    left = [one for one in questions if one.id != shown[0].representative]
    after = await look(groups, XA, left)
    assert not after.running
    [cows, _] = after.groups
    assert shown[0].representative not in cows.members
    assert cows.representative in cows.members


async def test_each_set_of_units_has_groups_of_its_own_and_no_words_are_kept(
    groups: QuestionGroups,
) -> None:
    await look(groups, None, asked(*COWS), whole=True)
    held = asyncio.Event()
    elsewhere = await look(groups, XA, asked(COWS[1], first=2), held)
    held.set()
    assert elsewhere.first
    assert members(elsewhere.groups) == [(2,)]
    assert "trâu" not in repr(vars(groups)["_kept"])
    for n in range(2 * SIGHTS):
        await look(groups, frozenset({f"xa-{n}"}), asked("x"), whole=True)
    assert len(vars(groups)["_kept"]) == SIGHTS


async def test_a_grouping_that_breaks_leaves_each_question_alone(tmp_path: Path) -> None:
    broken = QuestionGroups(lambda: tmp_path / "nowhere")
    after = await look(broken, XA, asked(*COWS), whole=True)
    assert not after.running
    assert sorted(members(after.groups)) == [(1,), (2,), (3,)]


async def test_many_are_grouped_in_a_process_of_their_own_as_few_are_here(
    library: Library,
) -> None:
    texts = [(n, f"{COWS[n % 3]} {'ạ' * (n % 2)}".strip()) for n in range(1, FEW + 2)]
    apart = await asyncio.to_thread(group_apart, texts, library.words, Event())
    assert apart == group_as_shipped(texts, library.words)


async def test_what_is_being_grouped_is_let_go_at_the_end(groups: QuestionGroups) -> None:
    many = asked(*(f"{COWS[n % 3]} {n} con" for n in range(2_000)))
    await look(groups, XA, many)
    while not active_children():
        await asyncio.sleep(0.05)
    [process] = active_children()
    await groups.close()
    await asyncio.to_thread(process.join, 5)
    assert not process.is_alive()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "group questions"]


async def filled(house: House, count: int) -> None:
    """So many open questions of two units."""
    things = ("máy cày", "máy bơm", "xe máy", "trâu", "lợn", "ao cá", "nương ngô", "mái nhà")
    troubles = ("hỏng", "mất", "bị ngập", "cần bán", "muốn mua", "bị cháy", "làm lại", "đổi")
    async with house.database.begin() as tx:
        for n in range(count):
            text = f"{things[n % 8]} {troubles[n // 8 % 8]} ở bản {n // 64} thì hỏi ai"
            unit = ("xa-mau", "xa-khac")[n % 2]
            await Unanswered().note(
                tx, unit=unit, text=text, kind=Doubt.UNKNOWN, guess="", at=now()
            )


async def test_the_page_answers_at_once_however_many_are_open(desk: Desk, house: House) -> None:
    """The first time a plain list without forms, which comes anew; grouped at a later look."""
    await filled(house, 2_000)
    await desk.open("/staff")  # templates are read
    begun = time.monotonic()
    answer = await desk.client.get("/staff/unanswered")
    page = await answer.text()
    assert time.monotonic() - begun < 1, "grouping takes seconds, the page does not wait for it"
    assert "Đang gom các câu giống nhau" in page
    assert answer.headers["Refresh"] == "3"
    assert not [to for to, _ in forms(page) if to.startswith("/staff/unanswered")]
    still = await desk.client.get("/staff/unanswered?still=1")
    assert "Refresh" not in still.headers
    while "Đang gom" in page:
        await asyncio.sleep(0.1)
        answer = await desk.client.get("/staff/unanswered")
        page = await answer.text()
    assert "Refresh" not in answer.headers
    assert [to for to, _ in forms(page) if to.startswith("/staff/unanswered")]


@ONE_DATABASE
async def test_what_is_kept_grouped_shows_nobody_what_is_another_units(house: House) -> None:
    await filled(house, 64)
    async with sitting_at(house) as desk, sitting_at(house, Role.EDITOR, unit="xa-mau") as here:
        while "Đang gom" in await desk.open("/staff/unanswered"):
            await asyncio.sleep(0.05)
        while "Đang gom" in (page := await here.open("/staff/unanswered")):
            await asyncio.sleep(0.05)
        async with house.database.read() as tx:
            theirs = await Unanswered().open(tx, units={"xa-khac"})
        assert "máy cày" in page
        assert not [one for one in theirs if one.text in page]
