"""The web chat over HTTP: what it takes, what it refuses, what it shows and to whom."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bot.channels.web_chat import WebChat
from bot.channels.web_chat_forms import FORM_BYTES, TEXT_LIMIT
from bot.channels.web_chat_pages import rows, tappable
from handlers.messages import Kind, Reply
from tests.conftest import Clock
from tests.emulators.web_chat_house import PICTURE, SHORT, TEXTS, House

JSON = {"Accept": "application/json"}
Client = TestClient[web.Request, web.Application]


class Phone:
    """A browser: keeps its cookie, and says what its page would."""

    def __init__(self, client: Client, house: House, chat: WebChat) -> None:
        self.client, self.house, self.chat = client, house, chat

    async def open(self, path: str = "/") -> str:
        async with self.client.get(path) as response:
            assert response.status == 200
            return await response.text()

    async def post(self, headers: dict[str, str] | None = None, /, **fields: str) -> ClientResponse:
        form = {"id": "phone-made-1", **fields}
        return await self.client.post(
            "/chat", data=form, headers=headers or {}, allow_redirects=False
        )

    async def say(self, text: str, **fields: str) -> dict[str, Any]:
        response = await self.post(JSON, text=text, **fields)
        assert response.status == 200
        answer: dict[str, Any] = await response.json()
        return answer

    async def news(self, after: str = "1") -> dict[str, Any]:
        await asyncio.sleep(0.02)
        async with self.client.get("/chat/messages", params={"after": after}) as response:
            news: dict[str, Any] = await response.json()
            return news

    @property
    def kinds(self) -> list[tuple[Kind, str]]:
        return [(incoming.kind, incoming.text) for incoming in self.house.came.values()]


@pytest.fixture
def house(clock: Clock) -> House:
    return House(clock)


@pytest.fixture
def chat(house: House) -> WebChat:
    return WebChat(
        account="web",
        transcripts=house,
        texts=TEXTS,
        welcome=house.welcome,
        opened=house.opened,
        read_media=house.read_media,
        clock=house.clock,
        secure=False,
        accept=house.accept,
        beat=0.5,
        patience=0.3,
    )


@pytest.fixture
async def phone(chat: WebChat, house: House) -> AsyncIterator[Phone]:
    app = web.Application()
    app.add_routes(chat.routes())
    app.on_shutdown.append(chat.hang_up)
    async with TestClient(TestServer(app)) as client:
        yield Phone(client, house, chat)


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


async def test_the_page_says_whose_service_it_is(house: House) -> None:
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


# Writing


async def test_a_first_message_is_stored_after_the_welcome(phone: Phone) -> None:
    await phone.open()
    assert await phone.say("tiền tuổi già") == {"stored": True}
    assert phone.kinds == [(Kind.START, ""), (Kind.TEXT, "tiền tuổi già")]
    assert [line["mine"] for line in (await phone.news())["lines"]] == [False, True, False]


async def test_the_unit_of_the_link_goes_with_the_first_message(phone: Phone) -> None:
    page = await phone.open("/?xa=dak-ro-ong")
    assert page.count('name="unit" value="dak-ro-ong"') == 2
    assert "Xã: dak-ro-ong" in page
    await phone.say("tiền tuổi già", unit="dak-ro-ong")
    assert phone.kinds[0] == (Kind.START, "dak-ro-ong")


async def test_a_card_in_the_link_is_shown_below_an_older_talk_too(phone: Phone) -> None:
    card = "Tiền tuổi già hằng tháng"
    assert card in await phone.open("/?xa=dak-ro-ong_tro-cap")
    await phone.say("xin chào")
    page = await phone.open("/?xa=dak-ro-ong_tro-cap")
    assert page.index("xin chào") < page.rindex(card)
    assert 'value="dak-ro-ong_tro-cap"' in page


async def test_another_unit_later_starts_anew_once(phone: Phone) -> None:
    await phone.open()
    await phone.say("tiền tuổi già")
    await phone.say("xin chào", unit="xa-khac")
    await phone.say("xin chào lần nữa", unit="xa-khac")
    starts = [said for kind, said in phone.kinds if kind is Kind.START]
    assert starts == ["", "xa-khac"]
    assert list(phone.house.came)[2].endswith(":xa-khac")


async def test_a_unit_code_that_is_none_is_left_out(phone: Phone) -> None:
    page = await phone.open("/?xa=%22%3E%3Cscript%3E")
    assert 'name="unit" value=""' in page
    await phone.say("chào", unit="../../x")
    assert phone.kinds[0] == (Kind.START, "")


async def test_the_same_id_twice_is_stored_once(phone: Phone) -> None:
    await phone.open()
    assert await phone.say("tiền tuổi già", id="same-id-1") == {"stored": True}
    assert await phone.say("tiền tuổi già", id="same-id-1") == {"stored": False}
    assert await phone.say("câu khác từ trang cũ", id="same-id-1") == {"stored": True}
    assert len(phone.kinds) == 3


async def test_ids_of_different_phones_do_not_meet(phone: Phone) -> None:
    await phone.open()
    await phone.say("chào", id="same-id-1")
    await phone.client.post("/chat/leave")
    assert await phone.say("chào", id="same-id-1") == {"stored": True}


async def test_a_button_is_handed_over_as_its_action(phone: Phone) -> None:
    await phone.open()
    response = await phone.post(JSON, action="1:c:tre-mam-non:steps")
    assert response.status == 200
    assert phone.kinds[1] == (Kind.BUTTON, "1:c:tre-mam-non:steps")


async def test_without_scripts_the_answer_is_there_when_the_page_comes_back(phone: Phone) -> None:
    await phone.open()
    phone.house.answer_after = 0.1
    response = await phone.post(text="tiền tuổi già")
    assert response.status == 303
    assert response.headers["Location"] == "/#cuoi"
    page = await phone.open()
    assert "540.000 đồng/tháng" in page
    assert "http-equiv" not in page


async def test_without_scripts_a_slow_answer_makes_the_page_ask_again(
    phone: Phone, clock: Clock
) -> None:
    await phone.open()
    await phone.say("chào")
    await phone.news()
    phone.house.answer_after = 30
    assert (await phone.post(text="tiền tuổi già")).status == 303
    assert '<meta http-equiv="refresh" content="3">' in await phone.open()
    clock.pass_by(61)
    page = await phone.open()
    assert "http-equiv" not in page
    assert re.search(r'id="late" class="waiting">', page)


# Refusing


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"text": "   \r\n "}, 400, "web.error.empty"),
        ({}, 400, "web.error.empty"),
        ({"text": "a" * (TEXT_LIMIT + 1)}, 413, "web.error.too_long"),
        ({"text": "a" * (FORM_BYTES + 1)}, 413, "web.error.too_long"),
        ({"action": ""}, 400, "web.error.action"),
        ({"action": "1:c:" + "x" * 61}, 400, "web.error.action"),
        ({"action": "<script>"}, 400, "web.error.action"),
        ({"text": "chào", "id": "x" * 65}, 400, "web.error.form"),
        ({"text": "chào", "id": "a b c d e f"}, 400, "web.error.form"),
        ({str(n): "x" for n in range(30)}, 400, "web.error.form"),
    ],
)
async def test_what_cannot_be_taken_is_refused_in_words(
    phone: Phone, fields: dict[str, str], status: int, code: str
) -> None:
    await phone.open()
    told = await phone.post(JSON, **fields)
    assert told.status == status
    words = TEXTS(code, limit=TEXT_LIMIT)
    assert await told.json() == {"error": words, "code": code}
    shown = await phone.post(**fields)
    assert shown.status == status
    assert words in await shown.text()
    assert phone.house.came == {}


async def test_a_refused_text_is_kept_in_the_box(phone: Phone) -> None:
    await phone.open()
    response = await phone.post(text="</textarea><b>đất" + "a" * TEXT_LIMIT)
    assert "&lt;/textarea&gt;&lt;b&gt;đất" in await response.text()


async def test_a_form_without_cookie_or_id_is_answered_at_once_and_given_a_cookie(
    phone: Phone,
) -> None:
    response = await phone.client.post("/chat", data={"text": "chào"}, allow_redirects=False)
    assert response.status == 200
    page = await response.text()
    assert "chào" in page[page.index("<main") :]
    assert 'class="line ours' in page
    cookie = response.cookies["loaban_chat"].value
    assert phone.house.came
    assert cookie not in repr(phone.house.came)


async def test_no_cookie_is_told_and_nothing_is_stored(phone: Phone) -> None:
    response = await phone.post(JSON, text="chào")
    assert response.status == 400
    assert (await response.json())["code"] == "web.error.cookie"
    for broken in ("short", "x" * 65, "a b;c", '"><script>'):
        phone.client.session.cookie_jar.clear()
        headers = {**JSON, "Cookie": f"loaban_chat={broken}"}
        assert (await phone.post(headers, text="chào")).status == 400
    assert phone.house.came == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://other.example"},
        {"Origin": "null"},
        {"Referer": "https://other.example/page"},
    ],
)
async def test_posts_of_other_sites_are_refused(phone: Phone, headers: dict[str, str]) -> None:
    await phone.open()
    assert (await phone.post({**JSON, **headers}, text="chào")).status == 403
    async with phone.client.post("/chat/leave", headers=headers) as response:
        assert response.status == 403
        assert "Set-Cookie" not in response.headers
    assert phone.house.came == {}


async def test_posts_of_its_own_page_are_taken(phone: Phone) -> None:
    await phone.open()
    own = str(phone.client.make_url("/")).rstrip("/")
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": own}, {"Referer": own + "/"}):
        assert (await phone.post({**JSON, **headers}, text="chào")).status == 200


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "text/plain"])
async def test_other_kinds_of_content_are_refused(phone: Phone, kind: str) -> None:
    await phone.open()
    async with phone.client.post(
        "/chat", data=b'{"text":"x"}', headers={**JSON, "Content-Type": kind}
    ) as response:
        assert response.status == 415


async def test_bytes_that_are_no_text_are_not_an_error_of_ours(phone: Phone) -> None:
    await phone.open()
    headers = {**JSON, "Content-Type": "application/x-www-form-urlencoded"}
    body = b"id=phone-made-1&text=%ff%fe%00\xff&unit=%ed%a0%80"
    async with phone.client.post("/chat", data=body, headers=headers) as response:
        assert response.status == 200


async def test_when_the_house_is_down_the_phone_is_told_to_try_again(phone: Phone) -> None:
    await phone.open()
    phone.house.broken = True
    response = await phone.post(JSON, text="chào")
    assert response.status == 503
    assert (await response.json())["error"] == TEXTS("web.error.again")
    shown = await phone.post(text="chào bà con mình")
    assert shown.status == 503
    page = await shown.text()
    assert TEXTS("web.error.again") in page
    assert "chào bà con mình</textarea>" in page
    async with phone.client.get("/") as opened:
        assert opened.status == 503
        assert TEXTS("web.error.again") in await opened.text()


async def test_a_refusal_stays_one_when_the_house_is_down(phone: Phone) -> None:
    await phone.open()
    phone.house.broken = True
    response = await phone.post(text="")
    assert response.status == 400
    assert TEXTS("web.error.empty") in await response.text()


async def test_a_chat_without_a_reception_says_so_in_the_log_alone(
    phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    await phone.open()
    phone.chat.accept = None
    assert (await phone.post(JSON, text="chào")).status == 503
    assert "WebChat.accept was never set" in caplog.text


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


def test_lines_of_an_answer_keep_their_order_and_get_a_style() -> None:
    text = "Tiền tuổi già: các bước\n1. Xin giấy.\n• Nộp.\nNhớ gọi 113.\n\nTheo luật."
    assert [style for style, _ in rows(text)] == ["head", "step", "dot", "apart", "apart"]
    assert rows(text)[3][1] == ["Nhớ gọi ", ("113", "tel:113"), "."]
    assert rows("Gọi 113 đi\nb\nc", plain=True)[0] == ("", ["Gọi 113 đi"])


# Hearing


async def read_event(response: ClientResponse) -> tuple[str, dict[str, Any]]:
    number = ""
    while line := (await asyncio.wait_for(response.content.readline(), 5)).decode().strip("\n"):
        if line.startswith("id: "):
            number = line[4:]
        if line.startswith("data: {"):
            await response.content.readline()
            news: dict[str, Any] = json.loads(line[6:])
            return number, news
        if line.startswith("retry"):
            await response.content.readline()
    raise AssertionError("the stream ended")


async def test_the_stream_tells_what_is_new_in_the_order_of_the_talk(phone: Phone) -> None:
    await phone.open()
    await phone.say("chào")
    await phone.news()
    async with phone.client.get("/chat/stream?after=1") as stream:
        assert stream.content_type == "text/event-stream"
        number, first = await read_event(stream)
        assert [line["key"] for line in first["lines"]] == ["a2", "q3", "a4"]
        assert number == str(first["cursor"])
        await phone.house.tell(phone.house.kept[0].chat, Reply("Tin mới của xã"))
        _, second = await read_event(stream)
        assert second["lines"][:3] == [{"key": "a2"}, {"key": "q3"}, {"key": "a4"}]
        assert second["lines"][3]["rows"] == [["", ["Tin mới của xã"]]]


async def test_a_phone_that_comes_back_hears_what_it_missed(phone: Phone, clock: Clock) -> None:
    await phone.open()
    await phone.say("chào")
    cursor = (await phone.news())["cursor"]
    clock.pass_by(3600)
    await phone.house.tell(phone.house.kept[0].chat, Reply("lúc mất sóng"))
    headers = {"Last-Event-ID": str(cursor)}
    async with phone.client.get("/chat/stream?after=0", headers=headers) as stream:
        _, news = await read_event(stream)
    assert news["lines"][-1]["rows"] == [["", ["lúc mất sóng"]]]
    assert (await phone.news(str(news["cursor"])))["lines"][-1]["key"] == "a5"


async def test_what_became_visible_late_is_not_lost(phone: Phone, clock: Clock) -> None:
    """A transaction may commit after a younger one was already shown."""
    await phone.open()
    await phone.say("chào")
    late = phone.house.kept[-1]
    await phone.news()
    at, late.seen_at = late.seen_at, None
    clock.pass_by(20)
    await phone.house.tell(late.chat, Reply("trẻ hơn"))
    cursor = (await phone.news())["cursor"]
    late.seen_at = at
    assert late.number in {int(line["key"][1:]) for line in (await phone.news(cursor))["lines"]}


@pytest.mark.parametrize("after", ["", "abc", "-5", "9" * 30, "٣", "0", "99999999999999999"])
async def test_a_cursor_that_makes_no_sense_does_no_harm(phone: Phone, after: str) -> None:
    await phone.open()
    await phone.say("chào")
    assert isinstance((await phone.news(after))["cursor"], int)


async def test_a_silent_stream_gives_signs_of_life(phone: Phone) -> None:
    await phone.open()
    async with phone.client.get("/chat/stream") as stream:
        heard = await asyncio.wait_for(stream.content.readuntil(b"data: 1\n\n"), 5)
    assert b"\n: still here\nevent: beat\n" in heard


async def test_a_stream_without_a_conversation_is_over_at_once(phone: Phone) -> None:
    async with phone.client.get("/chat/stream") as stream:
        assert stream.status == 204
    assert (await phone.news())["lines"] == []


async def test_shutdown_ends_open_streams_quickly(phone: Phone) -> None:
    await phone.open()
    async with phone.client.get("/chat/stream") as stream:
        await stream.content.readline()
        assert phone.client.app is not None
        await phone.client.app.shutdown()
        rest = await asyncio.wait_for(stream.content.read(), 2)
    assert b"beat" not in rest
    async with phone.client.get("/chat/stream") as again:
        assert again.status == 503


async def test_a_stream_ends_when_the_house_breaks(phone: Phone) -> None:
    await phone.open()
    phone.house.broken = True
    async with phone.client.get("/chat/stream") as stream:
        assert await asyncio.wait_for(stream.content.read(), 2) == b"retry: 3000\n\n"


# Files


async def test_pictures_come_with_their_type_and_may_be_kept(phone: Phone) -> None:
    async with phone.client.get("/media/pictograms/mot-cua.svg") as response:
        assert response.content_type == "image/svg+xml"
        assert await response.read() == PICTURE
        assert "max-age=86400" in response.headers["Cache-Control"]
        assert "sandbox" in response.headers["Content-Security-Policy"]
        tag = response.headers["ETag"]
    headers = {"If-None-Match": tag}
    async with phone.client.get("/media/pictograms/mot-cua.svg", headers=headers) as response:
        assert response.status == 304


@pytest.mark.parametrize(
    ("asked", "status", "length"),
    [
        ("bytes=0-1", 206, 2),
        ("bytes=1000-", 206, 24),
        ("bytes=-10", 206, 10),
        ("bytes=5000-", 200, 1024),
        ("nonsense", 200, 1024),
    ],
)
async def test_sounds_come_in_the_parts_that_phones_ask_for(
    phone: Phone, asked: str, status: int, length: int
) -> None:
    async with phone.client.get("/media/audio/cac-buoc.mp3", headers={"Range": asked}) as response:
        assert response.status == status
        assert len(await response.read()) == length


@pytest.mark.parametrize(
    "path",
    [
        "/media/pictograms/missing.svg",
        "/media/cards/vi/cu-tru.md",
        "/media/pictograms/%2e%2e/texts/vi.po",
        "/media/pictograms/..%2f..%2fpyproject.toml",
        "/media/pictograms/.hidden.svg",
        "/media/audio/x.html",
        "/media//etc/passwd",
        "/media/pictograms%5cmot-cua.svg",
        "/static/chat.html",
        "/static/..%2fweb.py",
    ],
)
async def test_nothing_else_is_handed_out(phone: Phone, path: str) -> None:
    async with phone.client.get(path) as response:
        assert response.status == 404


async def test_style_and_script_are_named_by_their_content(phone: Phone) -> None:
    page = await phone.open()
    for path in re.findall(r'"(/static/[^"]+)"', page):
        async with phone.client.get(path) as response:
            assert response.status == 200
            assert "immutable" in response.headers["Cache-Control"]
    async with phone.client.get("/static/chat.css?v=old") as response:
        assert "max-age=600" in response.headers["Cache-Control"]
    async with phone.client.get("/favicon.ico") as response:
        assert response.content_type == "image/svg+xml"
        assert len(await response.read()) < 1_000


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
