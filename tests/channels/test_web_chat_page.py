"""The page of the web chat over HTTP: what it shows, and to whom."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.channels.web_chat import WebChat
from bot.channels.web_chat_pages import buttons, rows, tappable
from handlers.messages import Button, Reply
from tests.channels.phone import Phone, open_phone
from tests.conftest import Clock
from tests.emulators.web_chat_house import SHORT, TEXTS, House


@pytest.fixture
async def phone(clock: Clock) -> AsyncIterator[Phone]:
    async with open_phone(House(clock)) as opened:
        yield opened


# Opening


async def test_opening_the_page_writes_nothing(phone: Phone) -> None:
    page = await phone.open()
    assert "Chào bà con!" in page
    assert 'value="1:g:an-sinh:0"' in page
    assert phone.house.came == {}


async def test_the_cookie_is_a_secret_that_no_script_can_read(phone: Phone) -> None:
    async with phone.client.get("/") as response:
        cookie = response.cookies["loaban_chat"]
    assert len(cookie.value) >= 22
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"]
    assert int(cookie["max-age"]) == 365 * 24 * 3600


async def test_the_house_never_learns_the_cookie(phone: Phone) -> None:
    await phone.open()
    secret = phone.client.session.cookie_jar.filter_cookies(phone.client.make_url("/"))
    await phone.say("xin chào")
    chats = {incoming.address.chat for incoming in phone.house.came.values()}
    assert len(chats) == 1
    assert re.fullmatch("[0-9a-f]{64}", chats.pop())
    assert secret["loaban_chat"].value not in repr(phone.house.came)


async def test_every_answer_forbids_what_comes_from_elsewhere(phone: Phone) -> None:
    async with phone.client.get("/") as response:
        policy = response.headers["Content-Security-Policy"]
        page = await response.text()
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<style" not in page
    assert " style=" not in page
    assert not re.search(r"<script(?! src=)", page)
    assert not re.search(r"\son[a-z]+=", page)


async def test_the_page_says_whose_service_it_is(clock: Clock) -> None:
    house = House(clock)
    chat = WebChat(
        account="web",
        transcripts=house,
        texts=TEXTS,
        welcome=house.welcome,
        read_media=house.read_media,
        clock=house.clock,
        secure=True,
        owner="Xã <Đăk>",
    )
    app = web.Application()
    app.add_routes(chat.routes())
    async with TestClient(TestServer(app)) as client, client.get("/") as response:
        page = await response.text()
        assert response.cookies["loaban_chat"]["secure"]
    assert "Xã &lt;Đăk&gt;" in page
    assert TEXTS("web.automatic") in page


# Showing


async def test_what_people_write_is_shown_as_text(phone: Phone) -> None:
    await phone.open()
    await phone.say("<img src=x onerror=alert(1)> & 'đó'")
    page = await phone.open()
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


async def test_pictures_and_sounds_have_words(phone: Phone) -> None:
    await phone.open()
    await phone.say("các bước")
    await phone.say("tiền tuổi già", id="phone-made-2")
    await asyncio.sleep(0.02)
    page = await phone.open()
    assert 'src="/media/pictograms/mot-cua.svg" alt="Hình: đi từ nhà lên xã' in page
    assert 'src="/media/audio/cac-buoc.mp3" aria-label="Bản đọc: Các bước' in page


async def test_times_are_vietnamese_and_older_days_are_named(phone: Phone, clock: Clock) -> None:
    await phone.open()
    await phone.say("chào")
    assert {line["time"] for line in (await phone.news())["lines"]} == {"10:00"}
    clock.pass_by(15 * 3600)
    assert ">10:00 23/11</time>" in await phone.open()


async def test_leaving_forgets_the_talk_on_this_phone(phone: Phone) -> None:
    await phone.open()
    await phone.say("chuyện riêng nhà tôi")
    assert "chuyện riêng nhà tôi" in await phone.open()
    async with phone.client.post("/chat/leave", allow_redirects=False) as response:
        assert response.status == 303
        assert response.headers["Location"] == "/"
    assert "chuyện riêng nhà tôi" not in await phone.open()
    assert (await phone.news())["lines"] == []


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Gọi 111.", ["tel:111"]),
        ("Gọi 113, 114 hoặc 115 (miễn phí)", ["tel:113", "tel:114", "tel:115"]),
        ("Xã: 0260 3862 345; 0912.345.678, +84 912 345 678", None),
        ("Gọi 1800 1096 hay 19001234, hoặc 156", ["tel:18001096", "tel:19001234", "tel:156"]),
        ("Xem dichvucong.gov.vn.", ["https://dichvucong.gov.vn"]),
        ("Xem https://vneid.gov.vn/a?b=1.", ["https://vneid.gov.vn/a?b=1"]),
        ("Nghị định 113/2018/NĐ-CP, 115.000 đồng, 112 triệu, 114%", []),
        ("Căn cước 001085012345, ngày 01.01.2026, mẫu 01, a115b, 0111", []),
        ("javascript:alert(1) http:// data:text/html,x", []),
    ],
)
def test_only_numbers_to_call_and_sites_can_be_tapped(text: str, links: list[str] | None) -> None:
    if links is None:
        links = ["tel:02603862345", "tel:0912345678", "tel:+84912345678"]
    pieces = tappable(text)
    assert [piece[1] for piece in pieces if not isinstance(piece, str)] == links
    assert "".join(piece if isinstance(piece, str) else piece[0] for piece in pieces) == text


def test_short_buttons_share_a_row_and_those_without_a_number_begin_one() -> None:
    digits = {"8. Tóm tắt": 8, "9. Hỏi cán bộ": 9, "0. Trang đầu": 0, "Đúng": None, "Sai": None}
    reply = Reply("x", tuple(Button(label, "1:h", digit) for label, digit in digits.items()))
    assert [short for *_, short in buttons(reply)] == [True, True, False, True, True]
    assert [short for *_, short in buttons(Reply("x", reply.buttons[:3]))] == [True] * 3
    assert buttons(Reply("x")) == []


def test_lines_of_an_answer_keep_their_order_and_get_a_style() -> None:
    text = "Tiền tuổi già: các bước\n1. Xin giấy.\n• Nộp.\nNhớ gọi 113.\n\nTheo luật."
    assert [style for style, _ in rows(text)] == ["head", "step", "dot", "apart", "apart"]
    assert rows(text)[3][1] == ["Nhớ gọi ", ("113", "tel:113"), "."]
    assert rows("Gọi 113 đi\nb\nc", plain=True)[0] == ("", ["Gọi 113 đi"])


# The channel


async def test_the_page_is_light(phone: Phone) -> None:
    await phone.open()
    for number in range(4):
        await phone.say("tiền tuổi già", id=f"phone-made-{number}")
    await asyncio.sleep(0.02)
    weight = 0
    for path in re.findall(r'"(/static/[^"]+)"', await phone.open()):
        async with phone.client.get(path) as response:
            weight += len(await response.read())
    page = await phone.open()
    assert page.count("540.000") == 4
    assert SHORT.buttons[0].label in page
    assert weight + len(page.encode()) < 60_000
