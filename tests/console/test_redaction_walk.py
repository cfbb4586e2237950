"""All lists and pages of the console: what identifies somebody stands on none of them."""

from __future__ import annotations

import re
from collections import Counter

from bot.wiring import House
from handlers.messages import Attachment, Kind
from storage.case_records import Case
from tests.console.desk import Desk, forms
from tests.console.test_case_desk import address, opened
from tests.handlers.office import Person, again, official

PHONE, IDENTITY, CARD, NAME = "0912 345 678", "011098001234", "9704 0512 3456 7890", "Lò Thị Hoa"
TOLD = (
    f"Tôi tên là {NAME}, cccd {IDENTITY}, thẻ {CARD}, gọi {PHONE}. Đèn đường cạnh nhà văn hóa hỏng"
)
OF_EACH = 12
HIDDEN = re.compile(r"345.?678|8001.?234|3456.?7890|Thị|Hoa")
"""Any part of these, in any way of writing them."""


async def all_pages(desk: Desk, *starts: str) -> dict[str, str]:
    """Pages of the console to which links lead from these, by address: of each shape a few, for
    filters and months go on for ever."""
    pages: dict[str, str] = {}
    shapes: Counter[str] = Counter()
    todo = list(starts)
    while todo:
        where = todo.pop()
        if where in pages:
            continue
        shape = re.sub(r"=[^&]*|\d+", "", where)
        shapes[shape] += where not in starts
        if shapes[shape] > OF_EACH:
            continue
        answer = await desk.client.get(where)
        if answer.content_type == "text/html":
            pages[where] = await answer.text()
            links = re.findall(r'(?:href|action)="(/staff[^"#]*)', pages[where])
            todo += [link.replace("&amp;", "&") for link in links]
    return {where: page for where, page in pages.items() if page}


async def answered(desk: Desk, case: Case, text: str) -> str:
    """Pages on the way of an answer."""
    proof = await desk.press(await desk.open(address(case)), "/preview", text=text)
    return await desk.press(proof, "/send")


async def test_nothing_that_identifies_somebody_stands_on_any_page(
    desk: Desk, house: House
) -> None:
    await official(house)
    villager, named, asking = Person(house), Person(house), Person(house)
    for one in (villager, named, asking):
        one.chat = f"4001{one.chat.rpartition(' ')[2]}7755"
    first = await opened(house, villager, text=TOLD, place=f"nhà {NAME}, gọi {PHONE}")
    second = await opened(house, named, text=TOLD, name=NAME)
    held = await opened(house, text=TOLD, quarantine="flood")
    await opened(house, text=TOLD, unit="xa-khac")
    await asking.ask(f"máy cày hỏng sửa ở đâu, tôi tên {NAME}, gọi {PHONE}")
    async with house.database.begin() as tx:
        lost = Attachment(Kind.IMAGE, f"https://files.example/{villager.chat}/{PHONE}")
        await house.filing.case_files.take(
            tx, (lost,), case=first.id, account="web", at=first.due_at
        )
    page = await desk.open(address(first))
    await desk.press(page, "/note", text=f"đã gọi {PHONE}, gặp {NAME}")
    await desk.press(await desk.open(address(first)), "/group", other=str(second.id))
    await desk.press(await desk.open(address(held)), "/keep", text=f"hỏi chị {NAME} số {PHONE}")
    await answered(desk, second, f"Chị {NAME} cầm thẻ {IDENTITY} ra xã, gọi {PHONE} nếu cần.")
    starts = ["/staff", "/staff/cases", "/staff/unanswered"]
    starts += [f"/staff/cases?q={word}" for word in ("den duong", "hoa", PHONE, IDENTITY, "[tên]")]
    starts += [f"/staff/cases?state={state}&kind=problem" for state in ("waiting", "answered")]
    pages = await all_pages(desk, *starts)
    chats = [one.chat for one in (villager, named, asking)]
    for where, html in pages.items():
        assert not HIDDEN.search(html), where
        assert not any(chat in html for chat in chats), where
        assert not any(chat in where for chat in chats), where
    kinds = {re.sub(r"\d+", "N", where.partition("?")[0]) for where in pages}
    assert kinds >= {
        "/staff", "/staff/cases", "/staff/cases/N", "/staff/groups/N", "/staff/unanswered",
    }  # fmt: skip
    assert len(pages) > 15


async def test_what_is_masked_is_shown_to_who_asks_and_gives_a_reason_alone(
    desk: Desk, house: House
) -> None:
    villager = Person(house)
    case = await opened(house, villager, text=TOLD)
    page = await desk.press(await desk.open(address(case)), "/unmask", text="gọi lại")
    for shown in (PHONE, IDENTITY, CARD, NAME):
        assert shown in page
    assert villager.chat not in page
    assert not [to for to, _ in forms(page) if to.endswith("/unmask")]
    assert (await again(house, case)).version == case.version
    assert not HIDDEN.search(await desk.open(address(case)))
