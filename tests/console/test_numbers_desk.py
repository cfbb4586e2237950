"""The numbers: each opens the list that it counts; of few people none is told."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import insert

from bot.wiring import House, now
from handlers.errands import VIETNAM
from handlers.staff.door import LANGUAGE_COOKIE
from storage.broadcasts import Draft
from storage.case_records import CaseKind
from storage.cases import Cases
from storage.officials import Role
from storage.outbox import State
from storage.tallies import Asked, Tallies, TallyRecord
from tests.console.desk import Desk, sitting_at
from tests.console.test_case_list import opened
from tests.console.test_notice_desk import WORDS, begun, written
from tests.handlers.notices import asked_for_notices
from tests.handlers.office import Person

NUMBERS = "/staff/numbers"


def line(page: str, head: str) -> list[str]:
    """What stands in the row of a table that begins so."""
    for row in re.findall(r"(?s)<tr>(.*?)</tr>", page):
        cells = [
            re.sub(r"<[^>]+>", " ", cell) for cell in re.findall(r"(?s)<t[hd].*?</t[hd]>", row)
        ]
        words = [html.unescape(" ".join(cell.split())) for cell in cells]
        if words[0].startswith(head):
            return words[1:]
    raise AssertionError(f"no row {head}")


async def asked(house: House, *many: tuple[str, Asked, str, int]) -> None:
    day = now().astimezone(VIETNAM).date()
    async with house.database.begin() as tx:
        for unit, what, topic, count in many:
            for place in range(count):
                await Tallies().add(
                    tx, what, day=day, unit=unit, platform="web_chat", topic=topic, place=place
                )


async def test_how_often_few_asked_about_a_subject_is_not_told(house: House) -> None:
    await asked(
        house,
        ("ban-mau", Asked.ANSWERED, "the-bhyt", 9), ("ban-mau", Asked.OPENED, "khai-sinh", 6),
        ("ban-mau", Asked.ANSWERED, "bao-luc-gia-dinh", 1),
    )  # fmt: skip
    async with sitting_at(house, Role.VIEWER, unit="xa-mau") as desk:
        page = await desk.open(NUMBERS)
        violence = "Bị người nhà đánh, chửi"
        assert line(page, "Thẻ bảo hiểm y tế")[0] == "9"
        assert line(page, violence)[0] == "ít"
        assert line(page, "Làm giấy khai sinh")[0] == "ít", "it could be worked out else"
        picture = await desk.open(f"{NUMBERS}/topics.svg")
        assert violence not in picture
        assert "Thẻ bảo hiểm y tế" in picture


async def test_what_was_asked_is_told_by_topic_week_and_unit(house: House) -> None:
    await asked(
        house,
        ("ban-mau", Asked.ANSWERED, "the-bhyt", 6), ("xa-mau", Asked.UNKNOWN, "", 9),
        ("xa-mau", Asked.UNSURE, "", 5), ("xa-khac", Asked.ANSWERED, "ho-ngheo", 7),
    )  # fmt: skip
    async with sitting_at(house, Role.VIEWER, unit="xa-mau") as desk:
        page = await desk.open(NUMBERS)
        assert "20 câu trong kỳ này" in page
        assert line(page, "Máy trả lời ngay") == ["6", "30%"]
        assert line(page, "Máy chưa biết") == ["9", "45%"]
        assert line(page, "Máy hỏi lại") == ["5", "25%"]
        assert line(page, "Thẻ bảo hiểm y tế") == ["6", "", "0"]
        assert line(page, "Bản Mẫu")[0] == "6"
        assert "Xã Khác" not in page
        assert "Xét hộ nghèo" not in page
        monday = now().astimezone(VIETNAM).date()
        monday -= timedelta(days=monday.weekday())
        assert line(page, f"{monday:%d/%m/%Y}") == ["20"]
        for address, said in re.findall(r'<img class="chart" src="([^"]+)" alt="([^"]+)"', page):
            answer = await desk.client.get(html.unescape(address))
            assert answer.content_type == "image/svg+xml"
            assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
            drawn = await answer.text()
            assert drawn.startswith("<svg")
            assert f'aria-label="{said}"' in drawn
        assert page.count('<img class="chart"') == 3


async def test_large_numbers_stand_in_groups_of_three(desk: Desk, house: House) -> None:
    day = now().astimezone(VIETNAM).date()
    async with house.database.begin() as tx:
        await tx.connection.execute(
            insert(TallyRecord).values(
                day=day,
                unit="xa-mau",
                platform="web_chat",
                what=Asked.ANSWERED,
                topic="the-bhyt",
                facet="",
                place=0,
                many=12_345,
            )
        )
    assert line(await desk.open(NUMBERS), "Máy trả lời ngay") == ["12.345", "100%"]
    desk.client.session.cookie_jar.update_cookies({LANGUAGE_COOKIE: "en"})
    assert "12,345" in await desk.open(NUMBERS)


async def test_each_number_of_cases_opens_the_list_that_it_counts(house: House) -> None:
    for n in range(6):
        await opened(house, unit="ban-mau", due=-1 if n < 5 else 3, topic="the-bhyt")
    for _ in range(5):
        await opened(house, unit="xa-mau", kind=CaseKind.COMPLAINT)
    await opened(house, unit="xa-khac")
    await asked(house, ("ban-mau", Asked.OPENED, "the-bhyt", 1))
    for role, received in ((Role.APPROVER, "11"), (Role.OFFICER, "6")):
        async with sitting_at(house, role, unit="xa-mau") as desk:
            page = await desk.open(NUMBERS)
            assert f"Tất cả: {received}" in page
            assert "Quá hạn: 5" in page
            assert line(page, "Bản Mẫu")[1:] == ["6", "6", "5"]
            found = re.findall(r'<a href="(/staff/cases\?[^"]+)">([^<]*?)(\d+)</a>', page)
            assert len(found) >= 13
            for address, _, many in found:
                shown = await desk.open(html.unescape(address))
                assert shown.count('<h2><a href="/staff/cases/') == int(many), address


async def test_ratings_of_few_people_are_not_told(desk: Desk, house: House) -> None:
    people = [Person(house) for _ in range(5)]
    for n, person in enumerate(people):
        case = await person.ask()
        async with house.database.begin() as tx:
            await Cases().answer(
                tx, await house.casework.get(tx, case.id), "Rồi.", by=None, at=now()
            )
        async with house.database.begin() as tx:
            again = await house.casework.get(tx, case.id)
            await Cases().rate(tx, again, understood=True, satisfied=n > 0, at=now())
    page = await desk.open(NUMBERS)
    assert line(page, "Hiểu câu trả lời") == ["5", "0"]
    assert line(page, "Hài lòng") == ["Còn ít người nói quá"]


async def test_what_was_said_of_the_machines_answers_is_told_apart_and_not_of_few(
    desk: Desk, house: House
) -> None:
    await asked(
        house,
        ("ban-mau", Asked.ANSWERED, "the-bhyt", 20), ("ban-mau", Asked.HELPED, "the-bhyt", 9),
        ("xa-mau", Asked.ANSWERED, "ho-ngheo", 9), ("xa-mau", Asked.HELPED, "ho-ngheo", 6),
        ("xa-mau", Asked.NOT_HELPED, "ho-ngheo", 4),
    )  # fmt: skip
    page = await desk.open(NUMBERS)
    assert "29 câu trong kỳ này" in page, "what is said of an answer is no question"
    assert line(page, "Thẻ bảo hiểm y tế") == ["20", "đúng 9, chưa đúng 0", "0"]
    assert line(page, "Xét hộ nghèo") == ["9", "ít", "0"]
    assert line(page, "Xã Mẫu")[0] == "29"
    assert "Còn ít lượt chấm quá" in page
    assert "đã chấm" not in page
    await asked(house, ("xa-mau", Asked.NOT_HELPED, "ho-ngheo", 1))
    page = await desk.open(NUMBERS)
    assert "đã chấm 20 câu máy trả lời: đúng 15 câu (75%), chưa đúng 5 câu (25%)" in page
    assert line(page, "Bà con nói máy trả lời đúng") == ["15", "75%"]
    assert line(page, "Bà con nói máy trả lời chưa đúng") == ["5", "25%"]
    assert line(page, "Xét hộ nghèo") == ["9", "đúng 6, chưa đúng 5", "0"]
    assert "câu cán bộ trả lời" in page


async def test_units_with_few_cases_are_hidden_and_not_to_be_worked_out(
    desk: Desk, house: House
) -> None:
    for _ in range(6):
        await opened(house, unit="ban-mau")
    for _ in range(3):
        await opened(house, unit="xa-khac")
    page = await desk.open(NUMBERS)
    assert line(page, "Xã Khác")[1] == "ít"
    assert line(page, "Xã Mẫu")[1] == "ít", "else the total would tell it"
    drawn = await desk.open(f"{NUMBERS}/units.svg")
    assert "Xã" not in drawn, "what is not told has no bar"


async def test_whom_a_notice_reached_is_told_and_leads_to_it(desk: Desk, house: House) -> None:
    for _ in range(3):
        await asked_for_notices(house.database)
    number = await written(house, desk, Draft(WORDS, unit="xa-mau"))
    await begun(house, number, end=State.SENT)
    page = await desk.open(NUMBERS)
    assert line(page, "Sáng mai trạm y tế") == ["3", "3", "100%"]
    assert f'href="/staff/notices/{number}"' in page
    elsewhere = await desk.open(f"{NUMBERS}?unit=xa-khac")
    assert f'href="/staff/notices/{number}"' not in elsewhere


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
async def test_nothing_yet_is_said_in_words_and_another_units_numbers_are_not_there(
    house: House,
) -> None:
    async with sitting_at(house, Role.EDITOR, unit="xa-mau") as desk:
        page = await desk.open(f"{NUMBERS}?unit=ban-mau&period=last_year")
        assert "Chưa có ai hỏi máy trong kỳ này" in page
        assert "Không có tin nào trong kỳ này" in page
        for path in ("", "/topics.svg", "/weeks.svg", "/units.svg"):
            for unit in ("xa-khac", "", "nowhere"):
                await desk.open(f"{NUMBERS}{path}?unit={unit}", 404)
            assert (await desk.client.get(f"{NUMBERS}{path}?unit=ban-mau")).status == 200
