"""Several cases at once: chosen in the list, looked at, done one by one, each by its own rights."""

from __future__ import annotations

import asyncio
import re

from bot.wiring import House, now
from storage.audit import Audit, Verb, Wanted
from storage.case_history import Happened
from storage.case_records import Case, CaseKind, CaseState
from storage.cases import Cases
from storage.officials import Role
from tests.console.desk import Desk, forms, sitting_at
from tests.console.test_case_desk import happened, opened, said
from tests.console.test_replies import keep
from tests.handlers.office import Person, again, official

LIST = "/staff/cases"
ANSWER = "Mai xã cho người đến xem."


async def chosen(desk: Desk, deed: str, *cases: Case, status: int = 200) -> str:
    """Tick these in the list and go on."""
    page = await desk.open(LIST)
    ticks = dict(re.findall(r'name="(case-\d+)" value="(\d+)"', page))
    [(_, fields)] = [one for one in forms(page) if one[0].endswith("/chosen")]
    ticked = {f"case-{case.id}": ticks[f"case-{case.id}"] for case in cases}
    answer = await desk.client.post(f"{LIST}/chosen", data=fields | ticked | {"do": deed})
    shown = await answer.text()
    assert answer.status == status, shown
    return shown


async def audited(house: House, verb: Verb) -> list[str]:
    async with house.database.read() as tx:
        entries = await Audit().page(tx, Wanted(verb=verb), at_most=99)
    return sorted(entry.thing for entry in entries)


async def test_several_are_taken_and_each_stands_in_history_and_log(
    desk: Desk, house: House
) -> None:
    first, second, other = [await opened(house, text=f"cầu số {n}") for n in range(3)]
    page = await chosen(desk, "assign", first, second)
    assert "Đã chọn 2 việc" in page
    assert "cầu số 0" in page
    assert (await again(house, first)).official is None, "nothing is done yet"
    done = await desk.press(page, "/do", to=str(desk.who.official.id))
    assert "Đã làm xong 2 việc." in done
    for case in (first, second):
        assert (await again(house, case)).official == desk.who.official.id
        assert [event.what for event in await happened(house, case)].count(Happened.ASSIGNED) == 1
    assert (await again(house, other)).official is None
    assert await audited(house, Verb.ASSIGNED) == sorted(map(str, (first.id, second.id)))
    mine = await desk.open(f"{LIST}?assigned={desk.who.official.id}")
    assert f'<h2><a href="/staff/cases/{first.id}">' in mine
    assert f'<h2><a href="/staff/cases/{other.id}">' not in mine


async def test_a_double_tap_does_it_once_and_says_so(desk: Desk, house: House) -> None:
    villagers = [Person(house), Person(house)]
    cases = [await opened(house, one) for one in villagers]
    for one in villagers:
        await one.replies()
    page = await chosen(desk, "answer", *cases)
    proof = await desk.press(page, "/preview", text=ANSWER)
    both = await asyncio.gather(*(desk.press(proof, "/do") for _ in range(2)))
    for result in both:
        assert "Đã làm xong 2 việc." in result
        assert "chưa làm được" not in result
    for one, case in zip(villagers, cases, strict=True):
        assert ANSWER in "".join(reply.text for reply in await one.replies())
        assert [words.text for words in await said(house, case)].count(ANSWER) == 1
    assert len(await audited(house, Verb.ANSWERED)) == 2


async def test_one_answer_is_proofread_and_what_cannot_be_done_holds_up_nothing(
    desk: Desk, house: House
) -> None:
    villager = Person(house)
    first, closed, changed = [await opened(house, villager, text=f"cầu số {n}") for n in range(3)]
    async with house.database.begin() as tx:
        await house.casework.close(tx, closed, by=None, at=now())
    await villager.replies()
    page = await chosen(desk, "answer", first, await again(house, closed), changed)
    assert "Không làm việc này: Việc này bây giờ không làm thế được." in page
    proof = await desk.press(page, "/preview", text="Bác hỏi UBND.")
    assert "2 việc sẽ được trả lời" in proof
    assert "“UBND”: nên viết đủ chữ" in proof
    assert "Bác hỏi UBND." in await desk.press(proof, "/chosen"), "back with the words"
    async with house.database.begin() as tx:
        await Cases().add(tx, changed, "còn gãy thêm", at=now(), due_at=now())
    result = await desk.press(proof, "/do")
    assert "Đã làm xong 1 việc." in result
    assert "1 việc chưa làm được" in result
    assert f"Việc cần sửa số {changed.id}" in result
    assert "Việc vừa có người đổi" in result
    assert (await again(house, first)).state is CaseState.ANSWERED
    assert (await again(house, changed)).state is not CaseState.ANSWERED
    assert (await again(house, closed)).state is CaseState.CLOSED
    assert await audited(house, Verb.ANSWERED) == [str(first.id)]


async def test_rights_are_asked_of_each_case(house: House) -> None:
    await official(house, Role.APPROVER)
    here, far = await opened(house), await opened(house, unit="xa-khac")
    complaint = await opened(house, kind=CaseKind.COMPLAINT, text="cán bộ quát")
    async with sitting_at(house, Role.OFFICER, unit="xa-mau") as desk:
        page = await chosen(desk, "close", here)
        [(to, fields)] = [one for one in forms(page) if one[0].endswith("/do")]
        sneaked = {f"case-{far.id}": "1", f"case-{complaint.id}": "1", "case-999999": "1"}
        answer = await desk.client.post(to, data=fields | sneaked | {"text": "gửi nhầm"})
        result = await answer.text()
        assert "Đã làm xong 1 việc." in result
        assert result.count("Không có việc này") == 3
        assert "Phàn nàn" not in result
        shown = await desk.client.post(f"{LIST}/chosen", data=fields | sneaked | {"do": "close"})
        assert "quát" not in await shown.text()
    assert (await again(house, here)).state is CaseState.CLOSED
    for case in (far, complaint):
        assert (await again(house, case)).state is CaseState.RECEIVED
    async with sitting_at(house, Role.VIEWER, unit="xa-mau") as viewer:
        page = await viewer.open(LIST)
        assert "case-" not in page
        token = forms(page)[0][1]["token"]
        for step in ("", "/preview", "/do"):
            answer = await viewer.client.post(f"{LIST}/chosen{step}", data={"token": token})
            assert answer.status == 403, step


async def test_several_are_moved_kept_and_grouped(desk: Desk, house: House) -> None:
    await official(house, Role.APPROVER)
    cases = [await opened(house, text=f"cầu treo gãy {n}") for n in range(3)]
    page = await chosen(desk, "group", *cases)
    result = await desk.press(page, "/do")
    assert "Đã làm xong 2 việc." in result
    assert f"Cùng nhóm với việc số {cases[0].id}" in result
    groups = {(await again(house, case)).group for case in cases}
    assert len(groups) == 1
    assert None not in groups
    assert "Đã làm xong 2 việc." in await desk.press(page, "/do"), "they are in it"
    told = re.findall(r"Cùng nhóm “Cầu treo gãy \d”", await desk.open(LIST))
    assert len(told) == 3, "the list tells doubles"
    page = await chosen(desk, "move", *cases[:2])
    assert "Chưa chọn nơi" in await desk.press(page, "/do", 422, unit="")
    assert "Đã làm xong 2 việc." in await desk.press(page, "/do", unit="xa-khac")
    assert "Đã làm xong 2 việc." in await desk.press(page, "/do", unit="xa-khac")
    assert (await again(house, cases[0])).unit == "xa-khac"
    held = await opened(house, quarantine="flood")
    page = await chosen(desk, "keep", held, cases[2])
    assert "Không làm việc này" in page
    assert "Chưa ghi lý do" in await desk.press(page, "/do", 422, text=" ")
    assert "Đã làm xong 1 việc." in await desk.press(page, "/do", text="chờ hỏi")
    last = (await happened(house, held))[-1]
    assert (last.what, last.detail) == (Happened.KEPT, "chờ hỏi")


async def test_what_is_asked_wrongly_does_nothing(desk: Desk, house: House) -> None:
    case, complaint = await opened(house), await opened(house, kind=CaseKind.COMPLAINT)
    none = await chosen(desk, "close", status=422)
    assert "Chưa chọn việc nào" in none
    assert "các việc đã chọn" not in none, "nothing is said of what was not chosen"
    assert "Chưa chọn làm gì" in await chosen(desk, "x", case, status=422)
    page = await chosen(desk, "group", case)
    assert "từ hai việc trở lên" in await desk.press(page, "/do", 422)
    result = await desk.press(await chosen(desk, "group", case, complaint), "/do")
    assert "Đã làm xong" not in result
    assert "chưa làm được" in result
    page = await chosen(desk, "answer", case)
    assert "Chưa có chữ nào" in await desk.press(page, "/preview", 422, text=" ")
    assert "ngắn hơn 3000" in await desk.press(page, "/preview", 422, text="dài " * 1000)
    [(to, fields)] = [one for one in forms(page) if one[0].endswith("/preview")]
    many = {f"case-{n}": "1" for n in range(1000, 1101)}
    answer = await desk.client.post(to, data=fields | many | {"text": ANSWER})
    assert "chỉ làm được 100 việc" in await answer.text()
    for back in ("https://ac.example/", "//ac.example", "/staff/cases/../x", "javascript:1"):
        answer = await desk.client.post(to, data=fields | {"text": ANSWER, "back": back})
        shown = await answer.text()
        assert "ac.example" not in shown
        assert "javascript" not in shown
    assert (await again(house, case)).version == case.version


async def test_an_answer_to_several_begins_with_a_reply_that_is_for_all_of_them(
    desk: Desk, house: House
) -> None:
    villagers = [Person(house), Person(house), Person(house)]
    units = ("xa-mau", "ban-mau", "xa-khac")
    near, below, far = [
        await opened(house, v, unit=u) for v, u in zip(villagers, units, strict=True)
    ]
    for villager in villagers:
        await villager.replies()
    await keep(desk, "Của cả hệ thống", unit="")
    await keep(desk, "Của xã mẫu", unit="xa-mau")
    page = await chosen(desk, "answer", near, below)
    found = re.search(r'<option value="(\d+)">Của xã mẫu<', page)
    assert found
    filled = await desk.press(page, "/preview", text="Chào bà con.")
    assert "thôn 1" not in filled, "choosing alone fills nothing"
    fill = await fills(desk, page, text="Chào bà con.", saved=found[1])
    text = written_in(fill)
    assert text.startswith("Chào bà con.\n\nBà con đem giấy tờ đến thôn 1, cạnh chợ")
    assert [await one.replies() for one in villagers] == [[], [], []], "nothing was sent"
    proof = await desk.press(fill, "/preview")
    await desk.press(proof, "/do")
    assert "0200 000 000" in (await villagers[0].replies())[0].text
    assert "0200 000 000" in (await villagers[1].replies())[0].text

    near, far = await opened(house, villagers[0]), await again(house, far)
    page = await chosen(desk, "answer", near, far)
    assert "Của xã mẫu</option>" not in page, "it is not for the other commune"
    found = re.search(r'<option value="(\d+)">Của cả hệ thống<', page)
    assert found
    fill = await fills(desk, page, saved=found[1])
    assert "[địa chỉ]" in written_in(fill), "two offices have no address in common"
    assert "Còn chữ trong ngoặc vuông" in fill
    nothing = await fills(desk, page, 422, text="giữ nguyên", saved="")
    assert "Chưa chọn câu nào" in nothing
    assert written_in(nothing) == "giữ nguyên"


def written_in(page: str) -> str:
    return next(fields["text"] for to, fields in forms(page) if to.endswith("/preview"))


async def fills(desk: Desk, page: str, status: int = 200, **typed: str) -> str:
    """Put the chosen reply into the form of the page."""
    fields = next(given for to, given in forms(page) if to.endswith("/preview"))
    answer = await desk.client.post(f"{LIST}/chosen/fill", data=fields | typed)
    shown = await answer.text()
    assert answer.status == status, shown
    return shown
