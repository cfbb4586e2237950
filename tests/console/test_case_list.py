"""The list of cases: filters, counts, search with and without marks, pages by key."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import text, update

from bot.wiring import House, now
from handlers.errands import VIETNAM
from handlers.staff.case_list import PAGE
from storage.case_lists import EVERYTHING
from storage.case_records import CaseKind, CaseRecord, NewCase
from storage.case_search import CaseSearch, Wanted
from storage.cases import Cases
from storage.database import Database
from storage.migrate import migrate
from tests.console.desk import Desk, account

LIST = "/staff/cases"
DAY = timedelta(days=1)


async def opened(house: House, words: str = "cầu treo gãy", *, due: int = 5, **new: object) -> int:
    """Feedback to Xã Mẫu that is due in so many days."""
    values = {"kind": CaseKind.PROBLEM, "unit": "xa-mau", "text": words, **new}
    async with house.database.begin() as tx:
        return await Cases().open(
            tx, NewCase(**values), conversation=None, at=now(), due_at=now() + due * DAY
        )  # fmt: skip


async def listed(desk: Desk, **query: str) -> list[int]:
    """The numbers of the cases on a page of the list."""
    return numbers(await shown(desk, **query))


async def shown(desk: Desk, **query: str) -> str:
    answer = await desk.client.get(LIST, params=query)
    assert answer.status == 200
    return await answer.text()


def numbers(page: str) -> list[int]:
    return [int(n) for n in re.findall(r'<h2><a href="/staff/cases/(\d+)">', page)]


async def test_the_newest_due_stands_first_and_overdue_is_said_in_words(
    desk: Desk, house: House
) -> None:
    late, far, soon = [await opened(house, due=due) for due in (-2, 9, 3)]
    page = await shown(desk)
    assert numbers(page) == [far, soon, late]
    assert await listed(desk, order="soonest") == [late, soon, far]
    day = house.casework.day(now() - 2 * DAY)
    assert page.count(f"Quá hạn từ {day}") == 1
    assert "Tất cả: 3" in page
    assert "Quá hạn: 1" in page
    assert await listed(desk, overdue="1") == [late]


async def test_a_day_is_written_as_in_the_offices_letters(desk: Desk, house: House) -> None:
    number = await opened(house)
    async with house.database.begin() as tx:
        await tx.connection.execute(
            update(CaseRecord).values(due_at=datetime(2030, 1, 5, 3, tzinfo=UTC))
        )
    assert "05/01/2030" in await shown(desk)
    assert "05/01/2030" in await desk.open(f"{LIST}/{number}")


async def test_each_filter_leaves_what_it_says_and_counts_stay_of_all_states(
    desk: Desk, house: House
) -> None:
    praise = await opened(house, "cảm ơn cô y tá", kind=CaseKind.PRAISE, unit="ban-mau")
    held = await opened(house, "xem giúp", quarantine="flood")
    far = await opened(house, unit="xa-khac")
    closed = await opened(house)
    async with house.database.begin() as tx:
        case = await house.casework.get(tx, closed)
        await Cases().close(tx, case, by=None, at=now())
    for query, found in (
        ({"kind": "praise"}, {praise}),
        ({"unit": "xa-mau"}, {praise, held, closed}),
        ({"unit": "ban-mau"}, {praise}),
        ({"state": "closed"}, {closed}),
        ({"state": "waiting"}, {praise, held, far}),
        ({"held": "1"}, {held}),
        ({"state": "closed", "kind": "praise"}, set()),
        ({"state": "x", "kind": "x", "unit": "x", "after": "x"}, {praise, held, far, closed}),
    ):
        assert set(await listed(desk, **query)) == found, query
    page = await shown(desk, state="closed")
    assert re.search(r'aria-current="true">Đã đóng: 1<', page)
    assert "Chưa ai nhận: 3" in page
    assert "Tạm giữ: 1" in page
    assert "Không có việc nào như vậy" in await shown(desk, state="withdrawn")


async def test_the_list_is_filtered_by_hands_channel_language_and_due_day(
    desk: Desk, house: House
) -> None:
    mine = await opened(house, due=1, platform="web_chat", language="hmn")
    lans = await opened(house, due=4, platform="zalo_oa")
    nobodys = await opened(house, due=8, platform="web_chat")
    lan = (await account(house, name="Lan")).official
    async with house.database.begin() as tx:
        for number, who in ((mine, desk.who.official), (lans, lan)):
            case = await house.casework.get(tx, number)
            await house.casework.assign(tx, case, to=who, by=who, at=now())

    def day(days: int) -> str:
        return str((now() + days * DAY).astimezone(VIETNAM).date())

    for query, found in (
        ({"assigned": str(desk.who.official.id)}, {mine}),
        ({"assigned": str(lan.id)}, {lans}),
        ({"assigned": "0"}, {nobodys}),
        ({"channel": "web_chat"}, {mine, nobodys}),
        ({"channel": "telegram"}, set()),
        ({"language": "hmn"}, {mine}),
        ({"language": "vi"}, {lans, nobodys}),
        ({"due_last": day(4)}, {mine, lans}),
        ({"due_first": day(4)}, {lans, nobodys}),
        ({"due_first": day(4), "due_last": day(4)}, {lans}),
        ({"channel": "web_chat", "assigned": "0", "due_first": day(2)}, {nobodys}),
        ({"assigned": "-1", "channel": "X!", "language": "x", "due_first": "x"},
         {mine, lans, nobodys}),
    ):  # fmt: skip
        assert set(await listed(desk, **query)) == found, query
    page = await shown(desk, channel="web_chat")
    assert "Tất cả: 2" in page, "counts are of what is filtered"
    assert "Mai đang làm" in page
    assert '<option value="web_chat" selected>' in page
    [export] = re.findall(r'href="(/staff/cases/export[^"]*)"', page)
    assert "channel=web_chat" in export


async def test_words_are_found_with_and_without_marks_and_the_number_opens_the_case(
    desk: Desk, house: House
) -> None:
    bridge = await opened(house, "Cầu treo bản Nà Lốc gãy, 100% không đi được")
    road = await opened(house, "Đường vào bản sạt lở")
    for query, found in (
        ("cầu treo", {bridge}),
        ("CAU  TREO", {bridge}),
        ("gay cau", {bridge}),
        ("duong", {road}),
        ("đường bản", {road}),
        ("ban", {bridge, road}),
        ("100%", {bridge}),
        ("c_u", set()),
        ("%", {bridge, road}),
        ("reo", set()),
        ("cầu đường", set()),
    ):
        assert set(await listed(desk, q=query)) == found, query
    async with house.database.begin() as tx:
        case = await house.casework.get(tx, road)
        await Cases().answer(tx, case, "Mai xe ủi vào dọn", by=None, at=now())
    assert await listed(desk, q="xe ui") == [road], "answers are searched too"
    page = await shown(desk, q=str(road))
    assert f'href="/staff/cases/{road}">Mở việc số {road}' in page


async def test_what_is_masked_is_not_found_so_that_a_search_tells_nothing(
    desk: Desk, house: House
) -> None:
    case = await opened(house, "Tôi tên là Lò Thị Hoa, cầu gãy, gọi 0912345678")
    assert await listed(desk, q="cau gay") == [case]
    for hidden in ("hoa", "0912", "345678", "lo thi"):
        assert await listed(desk, q=hidden) == [], hidden
    page = await shown(desk, q="gọi 0912345678")
    assert numbers(page) == []
    assert "bị che" in page
    assert "0912345678" not in page


async def test_pages_go_on_by_key_without_a_gap_or_a_double(desk: Desk, house: House) -> None:
    all_of_them = [await opened(house, f"cầu số {n}", due=n % 3) for n in range(2 * PAGE + 3)]
    found: list[int] = []
    address = f"{LIST}?kind=problem"
    while address:
        page = await desk.open(address)
        found += numbers(page)
        if len(found) == PAGE:
            await opened(house, "mới thêm, đứng ở trang đầu", due=9)
        more = re.search(r'<a href="([^"]+)" rel="next">', page)
        address = more[1].replace("&amp;", "&") if more else ""
    assert len(found) == len(set(found))
    assert set(found) == set(all_of_them)
    assert "Về trang đầu" in page
    for broken in ("1", "x.y", "9" * 17 + ".1", "1.", ".", "-1.5", "٣.٣"):
        assert len(await listed(desk, after=broken)) in {0, PAGE}


async def test_a_search_goes_on_where_the_last_page_ended(desk: Desk, house: House) -> None:
    wanted = set()
    for n in range(2 * PAGE + 10):
        hides = n % 2 == 0
        number = await opened(house, "gọi 0912345678" if hides else "số 91234 cạnh chợ", due=n % 4)
        if not hides:
            wanted.add(number)
    found = numbers(page := await shown(desk, q="91234"))
    while more := re.search(r'<a href="([^"]+)" rel="next">', page):
        page = await desk.open(more[1].replace("&amp;", "&"))
        found += numbers(page)
    assert len(found) == len(set(found))
    assert set(found) == wanted


async def test_what_was_said_before_the_migration_is_found_too(database_address: str) -> None:
    """A database at 0012 with a case, brought to today's version."""
    database = Database.at(database_address)
    await migrate(database, to="0012")
    async with database.begin() as tx:
        at = now() if tx.on_postgresql else now().replace(tzinfo=None)
        for statement in (
            "INSERT INTO cases (id, kind, state, version, unit, place, topic, name, platform,"
            " language, quarantine, received_at, due_at) VALUES (3, 'problem', 'received', 1, 'xa',"
            " '', '', '', '', 'vi', '', :at, :at)",
            "INSERT INTO case_words (case_id, at, side, text)"
            " VALUES (3, :at, 'villager', 'Đường  SẠT lở (ở bản Ủn)')",
        ):
            await tx.connection.execute(text(statement).bindparams(at=at))
    await migrate(database)
    async with database.read() as tx:
        wanted = Wanted(words=("duong", "un"))
        page = await CaseSearch().page(tx, EVERYTHING, wanted, now=now(), at_most=9)
    assert [case.id for case in page] == [3]
    await database.close()


async def test_a_case_of_a_photo_alone_waits_on_the_first_page_too(
    house: House, desk: Desk
) -> None:
    number = await opened(house, text="")
    assert f'href="/staff/cases/{number}"' in await desk.open("/staff")
