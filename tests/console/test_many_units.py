"""The console of all communes of a country: pages stay small, and a unit is found by its name."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.config import load
from bot.wiring import House, build, now
from content.library import Library
from handlers.staff.people import PAGE
from handlers.staff.unit_choice import MOST_LISTED
from storage.cases import Cases
from storage.officials import Role
from storage.units import KeptUnit, UnitBook
from tests.console.desk import Desk, account, form, forms, sitting_at
from tests.console.test_case_desk import address, opened

COMMUNES = 3_500
NEW_ACCOUNT = "/staff/new-account"
LARGE = 60_000
"""Bytes; a list of so many communes takes four times that."""

pytestmark = pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)


async def peopled(house: House) -> House:
    """With all communes, two of the same name in different provinces."""
    book = UnitBook()
    units = [KeptUnit("tinh-lai", "Tỉnh Lai Hồ"), KeptUnit("tinh-son", "Tỉnh Sơn Hà")]
    units += [KeptUnit(f"xa-{n}", f"Xã Nậm Số {n}", "tinh-lai") for n in range(COMMUNES)]
    units += [KeptUnit(f"dong-{p}", "Xã Đông Sơn", f"tinh-{p}") for p in ("lai", "son")]
    async with house.database.begin() as tx:
        await book.take_turn(tx)
        await book.add(tx, units, at=now())
    await house.keeping.take_up()
    return house


@pytest.fixture
async def country(house: House) -> House:
    return await peopled(house)


@pytest.fixture
async def mai(country: House) -> AsyncIterator[Desk]:
    async with sitting_at(country) as desk:
        yield desk


async def test_no_page_lists_all_units(country: House, mai: Desk) -> None:
    for n in range(300):
        await account(country, Role.OFFICER, unit=f"xa-{n}", name=f"Cán bộ {n:03}")
    case = await opened(country, unit="xa-1")
    for page in (
        "/staff/people", "/staff/cases", address(case), "/staff/replies", "/staff/accounts",
        "/staff/new-account?platform=telegram", "/staff/new-unit", "/staff/keys", "/staff/papers",
        "/staff/numbers", "/staff/report", "/staff/notices/new", "/staff/notices/lists",
    ):  # fmt: skip
        shown = await mai.open(page)
        assert len(shown.encode()) < LARGE, page
        lists = re.findall(r"<select.*?</select>", shown, re.DOTALL)
        assert all(one.count("<option") < 10 * MOST_LISTED for one in lists), page


async def test_people_are_paged_and_found_by_name(country: House, mai: Desk) -> None:
    for n in range(PAGE + 3):
        await account(country, Role.OFFICER, unit=f"xa-{n}", name=f"Cán bộ {n:03}")
    page = await mai.open("/staff/people")
    assert page.count("<h3>") == PAGE
    assert f"{PAGE + 4} người" in page
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following
    rest = await mai.open(following[1].replace("&amp;", "&"))
    assert rest.count("<h3>") == 4
    assert f"Cán bộ {PAGE + 2:03}" in rest
    found = await mai.open("/staff/people?text=can+bo+017")
    assert re.findall(r"<h3>(.*)</h3>", found) == ["Cán bộ 017"]


async def test_a_unit_is_typed_with_or_without_marks_and_asked_back_where_it_is_not_sure(
    mai: Desk,
) -> None:
    people = await mai.open("/staff/people")
    invited = await mai.press(
        people, "/invite", name="Lan", role="officer", unit_typed="xa nam so 17"
    )
    assert "/staff/invitation/" in invited
    which = await mai.press(
        people, "/invite", 422, name="Lan", role="viewer", unit_typed="Đông Sơn"
    )
    assert "Xã Đông Sơn, Tỉnh Lai Hồ" in which
    assert "Xã Đông Sơn, Tỉnh Sơn Hà" in which
    _, fields = form(which, "/invite")
    assert (fields["name"], fields["role"]) == ("Lan", "viewer"), "what was typed is kept"
    assert "/staff/invitation/" in await mai.press(which, "/invite", unit="dong-son")
    nothing = await mai.press(people, "/invite", 422, role="viewer", unit_typed="Xã Trên Trời")
    assert "Không tìm thấy nơi nào" in nothing
    empty = await mai.press(people, "/invite", 422, role="viewer", unit_typed="")
    assert "Không tìm thấy nơi nào" in empty, "nobody gets all for having typed nothing"
    audit = await mai.open("/staff/audit")
    assert audit.count("Mời: ") == 2


async def test_what_stands_in_the_field_is_understood_again(country: House, mai: Desk) -> None:
    await account(country, Role.OFFICER, unit="dong-lai", name="Sua")
    page = await mai.open("/staff/people?text=sua")
    [(change, fields)] = [one for one in forms(page) if one[0].endswith("/change")]
    assert fields["unit_typed"] == "Xã Đông Sơn (dong-lai)"
    assert "Đã lưu." in await mai.press(page, change, role="viewer")
    page = await mai.open("/staff/people?text=sua")
    assert form(page, "/change")[1]["unit_typed"] == "Xã Đông Sơn (dong-lai)"
    assert form(page, "/invite")[1]["unit_typed"] == "Cả hệ thống"


async def test_a_list_is_narrowed_to_a_typed_unit_and_its_address_names_the_code(
    country: House, mai: Desk
) -> None:
    await opened(country, unit="xa-7", text="cầu gãy ở bản xa")
    answer = await mai.client.get("/staff/cases?kind=problem&unit_typed=nậm+số+7&q=cau")
    assert answer.url.query == {"kind": "problem", "unit": "xa-7", "q": "cau"}
    which = await mai.open("/staff/numbers?unit_typed=dong+son&first=2026-01-01", 422)
    _, fields = form(which, "/numbers")
    assert fields["first"] == "2026-01-01"
    everywhere = await mai.client.get("/staff/cases?unit_typed=&kind=problem")
    assert everywhere.url.query == {"kind": "problem"}


async def test_a_case_is_handed_on_to_a_typed_unit(country: House, mai: Desk) -> None:
    case = await opened(country, unit="xa-1")
    page = await mai.open(address(case))
    which = await mai.press(page, "/move", 422, unit_typed="dong son")
    await mai.press(which, "/move", unit="dong-lai")
    async with country.database.read() as tx:
        moved = await Cases().get(tx, case.id)
    assert moved is not None
    assert moved.unit == "dong-lai"


async def test_who_has_a_province_is_asked_about_its_own_first(country: House) -> None:
    async with sitting_at(country, unit="tinh-son") as desk:
        answer = await desk.client.get("/staff/cases?unit_typed=dong+son")
        assert answer.url.query == {"unit": "dong-son"}


async def test_the_unit_of_an_account_is_chosen_before_its_secrets_are_typed(
    migrated_address: str, data_folder: Path, library: Library
) -> None:
    settings = load(
        {
            "LOABAN_DATABASE__URL": migrated_address,
            "LOABAN_DATA__FOLDER": str(data_folder),
            "LOABAN_CONFIG": str(Path(__file__).parent.parent / "house.toml"),
            "LOABAN_TOKEN_KEY": Fernet.generate_key().decode(),
        }
    )
    async with build(settings, library) as house, sitting_at(await peopled(house)) as desk:
        before = await desk.open(f"{NEW_ACCOUNT}?platform=telegram")
        assert form(before, NEW_ACCOUNT)[1] == {
            "platform": "telegram", "unit_typed": "Cả hệ thống"
        }  # fmt: skip
        page = await desk.open(f"{NEW_ACCOUNT}?platform=telegram&unit_typed=nam+so+9")
        fields = next(given for _, given in forms(page) if "set_token" in given)
        assert fields["unit"] == "xa-9"
        assert "Xã Nậm Số 9 (xa-9)" in page


async def test_a_notice_goes_to_a_typed_place(mai: Desk) -> None:
    page = await mai.open("/staff/notices/new")
    _, fields = form(page, "/preview")
    assert fields["place"], "to whom it goes unless they say otherwise is said"
    assert "Mọi người" not in await mai.press(page, "/preview", 422, text="họp", place="trời")
    which = await mai.press(page, "/preview", 422, text="Mời họp lúc 7 giờ.", place="dong son")
    assert "Hãy chọn một nơi" in which
    shown = await mai.press(which, "/preview", place="dong-lai")
    assert "Xã Đông Sơn" in shown
    shown = await mai.press(which, "/preview", place="", place_again="nam so 12")
    assert "Xã Nậm Số 12" in shown
    again = await mai.press(shown, "/rewrite")
    assert form(again, "/preview")[1]["place"] == "Xã Nậm Số 12 (xa-12)"
    assert "Xã Nậm Số 12" in await mai.press(again, "/preview")
