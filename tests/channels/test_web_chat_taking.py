"""The web chat over HTTP: what it takes, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from bot.channels.web_chat_forms import FORM_BYTES, TEXT_LIMIT
from handlers.messages import Kind
from tests.channels.phone import JSON, Phone, open_phone
from tests.conftest import Clock
from tests.emulators.web_chat_house import TEXTS, House


@pytest.fixture
async def phone(clock: Clock) -> AsyncIterator[Phone]:
    async with open_phone(House(clock)) as opened:
        yield opened


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
