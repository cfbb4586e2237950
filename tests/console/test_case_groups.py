"""Cases that say the same, at the console: put together with one tap, answered once in public."""

from __future__ import annotations

import asyncio
import re

from bot.wiring import House
from storage.case_groups import CaseGroups
from storage.case_history import Happened
from storage.case_records import Case, CaseKind, CaseState
from tests.console.desk import Desk, form, forms
from tests.console.test_case_desk import address, happened, line, opened
from tests.handlers.office import Person, again

SAME = ("đèn đường cạnh nhà văn hóa hỏng ba tuần", "đèn đường cạnh nhà văn hóa hỏng 3 tuần")
ANSWER = "Đã thay bóng đèn cạnh nhà văn hóa."


async def alike(house: House) -> tuple[list[Person], list[Case]]:
    """Two villagers who told of the same lamp, and what they told."""
    people = [Person(house), Person(house)]
    told = [await opened(house, one, text=text) for one, text in zip(people, SAME, strict=True)]
    for person in people:
        await person.replies()
    return people, told


async def together(desk: Desk, case: Case) -> str:
    """The page of the group into which one tap has put a case and its like."""
    page = await desk.press(await desk.open(address(case)), "/group")
    found = re.search(r'href="(/staff/groups/\d+)"', page)
    assert found
    return await desk.open(found[1])


async def test_one_tap_puts_likes_together_and_one_answer_closes_them_in_public(
    desk: Desk, house: House
) -> None:
    people, (first, second) = await alike(house)
    page = await desk.open(address(first))
    assert f"Gộp với việc số {second.id}" in page
    assert SAME[1] in page
    group = await together(desk, first)
    assert "Số người nói: 2" in group
    assert form(group, "/preview")[1]["title"] == SAME[0].capitalize()
    proof = await desk.press(group, "/preview", title="Đèn đường hỏng", text=ANSWER)
    assert "Đèn đường hỏng" in proof
    assert f"“{ANSWER}”" in proof
    for person in people:
        assert await person.replies() == []
    done = await desk.press(proof, "/publish")
    assert "Đã công bố" in done
    for person, case in zip(people, (first, second), strict=True):
        [reply] = await person.replies()
        assert ANSWER in reply.text
        assert (await again(house, case)).state is CaseState.CLOSED
    last = (await happened(house, first))[-1]
    assert (last.what, last.by) == (Happened.CLOSED, desk.who.official.id)
    assert "Đóng. “trả lời chung cho nhóm 1”" in line(await desk.open(address(first)))
    public = await (await desk.client.get("/u/xa-mau")).text()
    assert ANSWER not in public, "two are too few for the page: they alone are told"
    assert "Đèn đường hỏng" not in public


async def test_a_group_that_changed_is_answered_to_nobody_unseen(desk: Desk, house: House) -> None:
    people, (first, _) = await alike(house)
    proof = await desk.press(await together(desk, first), "/preview", text=ANSWER)
    third = await opened(house, text=SAME[0])
    await desk.press(await desk.open(address(third)), "/group")
    page = await desk.press(proof, "/publish", 409)
    assert "vừa thay đổi" in page
    assert ANSWER in page, "the words are not lost"
    for person in people:
        assert await person.replies() == []
    page = await desk.press(page, "/preview")
    to, fields = form(page, "/publish")
    twice = await asyncio.gather(*(desk.client.post(to, data=fields) for _ in range(2)))
    assert sorted(answer.status for answer in twice) == [200, 409]
    for person in people:
        assert len(await person.replies()) == 1


async def test_what_the_public_must_not_read_is_refused_and_kept(desk: Desk, house: House) -> None:
    _, (first, _) = await alike(house)
    group = await together(desk, first)
    for typed, why in (
        ({"text": "Gọi 0912 345 678 nhé."}, "tên hoặc số của ai đó"),
        ({"text": ANSWER, "title": "Nhà chị Lò Thị Hoa"}, "tên hoặc số của ai đó"),
        ({"text": "…"}, "Chưa có chữ nào"),
    ):
        page = await desk.press(group, "/preview", 422, **typed)
        assert why in page
        kept = form(page, "/preview")[1]
        assert {name: kept[name] for name in typed} == typed
    async with house.database.read() as tx:
        [found] = await CaseGroups().all(tx)
    assert found.published_at is None


async def test_a_case_leaves_its_group_and_a_complaint_joins_none(desk: Desk, house: House) -> None:
    _, (first, second) = await alike(house)
    await together(desk, first)
    page = await desk.press(await desk.open(address(second)), "/ungroup")
    assert "đã đứng riêng" in page
    assert (await again(house, second)).group is None
    complaint = await opened(house, kind=CaseKind.COMPLAINT, text=SAME[0])
    page = await desk.open(address(complaint))
    assert not [to for to, _ in forms(page) if to.endswith("/group")]
    refused = await desk.press(await desk.open(address(second)), "/group", 409,
                               other=str(complaint.id))  # fmt: skip
    assert "trả lời riêng" in refused


async def test_the_title_that_is_proposed_says_what_and_not_who(desk: Desk, house: House) -> None:
    text = "tôi tên là Lò Thị Hoa, đèn đường cạnh nhà văn hóa hỏng ba tuần, gọi 0912345678"
    first, _ = await opened(house, text=text), await opened(house, text=text)
    group = await together(desk, first)
    title = form(group, "/preview")[1]["title"]
    assert title == "Đèn đường cạnh nhà văn hóa hỏng ba tuần"
    assert "Hoa" not in group
    assert "0912345678" not in group
