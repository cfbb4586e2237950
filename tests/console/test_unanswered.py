"""The desk for questions without an answer, over HTTP on both databases."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.web import Site
from bot.wiring import House
from handlers.staff.unanswered import PAGE
from storage.unanswered import Doubt, Unanswered, UnansweredRecord
from tests.console.desk import account, sign_in
from tests.console.villager import ask

Client = TestClient

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DESK = "/staff/unanswered"
ONE_DATABASE = pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
"""For what the database has no part in."""

COWS = ("con trâu nhà em bị ốm thì báo ai", "trâu ốm thì báo cho ai vậy", "nhà em trâu ốm báo ai")


@pytest.fixture
def house(own_house: House) -> House:
    """The program on a content folder of its own, so that tests may add phrases."""
    return own_house


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    """A browser of a staff member who is signed in."""
    jar = CookieJar(unsafe=True)
    async with TestClient(TestServer(Site(house).application()), cookie_jar=jar) as opened:
        await sign_in(house, opened, await account(house))
        yield opened


async def note(
    house: House, *texts: str, kind: Doubt = Doubt.UNKNOWN, guess: str = "", days_ago: int = 0
) -> None:
    async with house.database.begin() as tx:
        for text in texts:
            at = NOW - timedelta(days=days_ago)
            await Unanswered().note(tx, unit="", text=text, kind=kind, guess=guess, at=at)


async def states(house: House) -> dict[str, str]:
    async with house.database.read() as tx:
        rows = await tx.connection.execute(select(UnansweredRecord.text, UnansweredRecord.state))
        return {row.text: row.state for row in rows}


async def desk(client: Client, **query: str) -> str:
    """The page, looked at until all is grouped."""
    while True:
        answer = await client.get(DESK, params=query)
        assert answer.status == 200
        page = await answer.text()
        if "Đang gom" not in page:
            return page
        await asyncio.sleep(0.05)


SETTLES = re.compile(r'(?s)<form method="post" action="/staff/unanswered/(?:add|dismiss).*?</form>')


def main(page: str) -> str:
    """What stands on a page inside its frame."""
    return page[page.index("<main") :]


def forms(page: str) -> list[dict[str, str]]:
    """What each form that settles a group would send as it stands."""
    found = []
    for form in SETTLES.findall(page):
        fields = dict(re.findall(r'<input[^>]*name="(\w+)" value="([^"]*)"', form))
        for name, options in re.findall(r'(?s)<select name="(\w+)".*?>(.*?)</select>', form):
            chosen = re.search(r'value="([^"]*)" selected', options)
            fields[name] = chosen[1] if chosen else ""
        found.append(fields)
    return found


def learned(house: House) -> str:
    path = house.library.folder / "phrases" / "questions" / "ho-ngheo.txt"
    return path.read_text("utf-8") if path.exists() else ""


async def test_likes_stand_together_the_largest_group_first(client: Client, house: House) -> None:
    await note(house, "bán sim số đẹp ở chợ nào", days_ago=3)
    await note(house, COWS[0], guess="ho-ngheo", days_ago=9)
    await note(house, *COWS[1:], kind=Doubt.UNSURE, guess="ho-ngheo")
    page = await desk(client)
    first, second = page.split('<article class="group"')[1:]
    assert "Được hỏi 3 lần" in first
    assert all(text in first for text in COWS)
    assert "Máy đoán là thẻ “Xét hộ nghèo" in first
    assert "Máy không biết: 1 lần" in first
    assert "Máy phải hỏi lại: 2 lần" in first
    assert "Hỏi từ 15/11/2026 đến 24/11/2026" in first
    assert "Máy không đoán được thẻ nào" in second
    assert "Hỏi ngày 21/11/2026" in second
    assert "phải hỏi lại" not in second
    assert "không lấy lại được" in first
    assert "Bỏ qua cả 3 câu" in first
    assert "không lấy lại được" not in second, "one question is set aside at once"
    assert [form["slug"] for form in forms(page)] == ["ho-ngheo", ""]
    assert forms(page)[0]["phrase"] in COWS
    assert "Câu hỏi máy chưa trả lời được: 4" in await (await client.get("/staff")).text()


async def test_what_a_card_answered_wrongly_names_that_card_and_is_no_guess(
    client: Client, house: House
) -> None:
    await note(house, *COWS, kind=Doubt.WRONG, guess="ho-ngheo")
    page = await desk(client)
    assert "Máy trả lời bằng thẻ “Xét hộ nghèo" in page
    assert "mà bà con nói chưa đúng: 3 lần" in page
    assert "Máy đoán" not in page
    assert "Máy không đoán được" not in page
    assert [form["slug"] for form in forms(page)] == [""]


@ONE_DATABASE
async def test_of_a_large_group_five_texts_stand_for_all(client: Client, house: House) -> None:
    await note(
        house, *(f"{COWS[0]} {word}" for word in ["ạ", "nhỉ", "hở", "hử", "vậy", "thế", "rứa"])
    )
    page = await desk(client)
    assert page.count("<li>") == 5
    assert "và 2 câu nữa" in page


async def test_a_group_becomes_a_phrase_that_the_running_program_answers(
    client: Client, house: House
) -> None:
    await note(house, *COWS, guess="so-do")
    [form] = forms(await desk(client))
    assert form["slug"] == "", "a card that the engine only guessed is not ready to be taught"
    form |= {"phrase": "trâu ốm thì báo ai", "slug": "ho-ngheo", "facet": "contact"}
    answer = await client.post(f"{DESK}/add", data=form)
    page = await answer.text()
    assert answer.status == 200
    assert "Đã thêm câu mẫu vào thẻ “Xét hộ nghèo" in page
    assert forms(page) == []
    assert learned(house) == "[contact]\ntrâu ốm thì báo ai\n"
    assert set((await states(house)).values()) == {"added"}
    assert await asyncio.to_thread(house.library.reload_if_changed)
    outcome = house.library.understand("trâu ốm thì báo ai", None)
    assert getattr(outcome, "slug", "") == "ho-ngheo"


@ONE_DATABASE
async def test_a_group_is_set_aside_whole_and_no_other(client: Client, house: House) -> None:
    await note(house, *COWS, "bán sim số đẹp ở chợ nào")
    form = forms(await desk(client))[0]
    page = await (await client.post(f"{DESK}/dismiss", data=form)).text()
    assert "Đã bỏ qua" in page
    assert len(forms(page)) == 1
    assert await states(house) == {
        **dict.fromkeys(COWS, "dismissed"),
        "bán sim số đẹp ở chợ nào": "open",
    }
    assert learned(house) == ""


@ONE_DATABASE
async def test_a_refusal_says_why_keeps_what_was_typed_and_settles_nothing(
    client: Client, house: House
) -> None:
    await note(house, "bán sim số đẹp ở chợ nào", *COWS)
    claimed = house.library.shelf.cards["so-do"].questions["papers"][0]
    fresh = forms(await desk(client))[0] | {"slug": "ho-ngheo", "facet": "contact"}
    for typed, why in (
        ({"phrase": ""}, "chưa có chữ nào"),
        ({"phrase": "gọi <b>0912345678</b> nhé"}, "che thành"),
        ({"phrase": claimed, "slug": "so-do"}, "có hai lần"),
        ({"phrase": claimed}, "đã có ở thẻ"),
        ({"slug": ""}, "không có thẻ"),
        ({"slug": "../../x" + "y" * 100}, "không có thẻ"),
        ({"facet": "giay"}, "khía cạnh"),
    ):
        form = fresh | typed
        answer = await client.post(f"{DESK}/add", data=form)
        page = await answer.text()
        assert answer.status == 422
        assert why in page
        assert "<b>" not in page
        kept = forms(page)[0]
        assert kept["phrase"].replace("&lt;", "<").replace("&gt;", ">") == form["phrase"]
        for field in {"slug", "facet"} - typed.keys():
            assert kept[field] == form[field]
        assert str(house.library.folder) not in page, "no path of the machine"
    assert set((await states(house)).values()) == {"open"}
    assert learned(house) == ""


async def test_two_who_settle_one_group_do_it_once(client: Client, house: House) -> None:
    await note(house, *COWS)
    [form] = forms(await desk(client))
    form |= {"slug": "ho-ngheo", "facet": "contact"}
    added = client.post(f"{DESK}/add", data=form, allow_redirects=False)
    dismissed = client.post(f"{DESK}/dismiss", data=form, allow_redirects=False)
    answers = await asyncio.gather(added, dismissed)
    assert sorted(answer.status for answer in answers) == [303, 409]
    late = await client.post(f"{DESK}/add", data=form)
    assert late.status == 409
    assert "có người khác xem xong" in await late.text()
    assert (learned(house) != "") == (set((await states(house)).values()) == {"added"})


@ONE_DATABASE
async def test_who_joins_a_group_while_staff_read_it_is_not_settled_unseen(
    client: Client, house: House
) -> None:
    await note(house, *COWS[:2])
    [form] = forms(await desk(client))
    await note(house, COWS[2])
    await client.post(f"{DESK}/dismiss", data=form)
    assert (await states(house))[COWS[2]] == "open"


@ONE_DATABASE
async def test_signed_out_nothing_is_shown_or_done(client: Client, house: House) -> None:
    await note(house, *COWS)
    [form] = forms(await desk(client))
    client.session.cookie_jar.clear()
    assert (await client.get(DESK, allow_redirects=False)).status == 303
    for answer in (
        await client.post(f"{DESK}/add", data=form),
        await client.post(f"{DESK}/dismiss", data=form),
    ):
        assert answer.status == 401
        page = await answer.text()
        assert "trâu" not in page
        assert "token" not in page
    assert set((await states(house)).values()) == {"open"}


@ONE_DATABASE
async def test_a_form_that_is_not_from_our_page_does_nothing(client: Client, house: House) -> None:
    await note(house, *COWS)
    [form] = forms(await desk(client))
    assert len(form["token"]) == 64
    for token, verb in product(("", "x", "ă", "0" * 64), ("add", "dismiss")):
        answer = await client.post(f"{DESK}/{verb}", data=form | {"token": token})
        assert answer.status == 403
        assert "chưa làm gì cả" in await answer.text()
    assert set((await states(house)).values()) == {"open"}


async def test_a_form_about_no_group_does_nothing(client: Client, house: House) -> None:
    await note(house, *COWS)
    [form] = forms(await desk(client))
    for numbers in ("", "x", "-1", "9" * 40, "9" * 15, "1,2,3,99999", "1;2", ",,"):
        answer = await client.post(f"{DESK}/dismiss", data=form | {"questions": numbers})
        assert answer.status == 409
    assert set((await states(house)).values()) == {"open"}


@ONE_DATABASE
async def test_thirty_groups_stand_on_a_page(client: Client, house: House) -> None:
    letters = random.Random(1)
    await note(house, *("".join(letters.choices("bcdghklmnpqrstvx", k=9)) for _ in range(40)))
    first = await desk(client)
    groups = len(forms(first))
    assert groups == PAGE
    assert "Trang 1/2" in first
    second = await desk(client, page="2")
    assert 0 < len(forms(second)) <= PAGE
    assert "Trang trước" in second
    assert "Trang sau" not in second
    for page in ("0", "-1", "x", "99", "9" * 30):
        shown = await desk(client, page=page)
        assert main(shown) in {main(first), main(second)}, "the frame alone names the address"


@ONE_DATABASE
async def test_what_people_wrote_is_only_text(client: Client, house: House) -> None:
    await note(house, '"><script>alert(1)</script>')
    page = await desk(client)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


async def test_a_villagers_number_is_seen_by_nobody_but_the_villager(
    client: Client, house: House
) -> None:
    """Two wordings of one question, with a number in it, end as one phrase."""
    asked = (
        "trâu nhà em ốm thì báo ai, gọi em số 0912 345 678",
        "trau nha em om thi bao ai 0912.345.678",
    )
    chat = await ask(client, *asked)
    assert all(text in chat for text in asked), "they see their own words"
    async with house.database.read() as tx:
        rows = (await tx.connection.execute(select(UnansweredRecord.__table__))).all()
    assert len(rows) == 2
    # Moments and tokens hold any three digits once in a while.
    kept = [value for row in rows for value in row if not isinstance(value, datetime)]
    assert "345" not in f"{kept}"
    page = await desk(client)
    for shown in (await (await client.get("/staff")).text(), page):
        assert "345" not in re.sub(r"[0-9a-f]{16,}", "", shown)
    assert "Được hỏi 2 lần" in page
    assert len(forms(page)) == 1
    assert "[" not in forms(page)[0]["phrase"]
