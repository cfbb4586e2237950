"""The Zalo OA emulator's API, judged over plain HTTP by what is known of the platform."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.emulators.zalo_oa import TOKEN_PATH
from tests.emulators.zalo_oa_line import (
    CS,
    CU,
    LAN,
    NIGHT,
    NOON,
    PICTURE,
    Line,
    button,
    cs,
    media,
    open_line,
    template,
)
from tests.emulators.zalo_oa_options import DAY, HOUR
from tests.emulators.zalo_oa_villagers import PIXEL


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async with open_line() as line:
        yield line


# Tokens


async def test_a_refresh_token_is_good_for_one_use(line: Line) -> None:
    assert (await line.refresh(line.account.refresh_token, secret="no"))["error"] == -14002
    pair = await line.refresh(line.account.refresh_token)
    assert pair["expires_in"] == "90000"
    line.token = pair["access_token"]
    assert await line.error("/v2.0/oa/getoa") == 0
    again = await line.refresh(line.account.refresh_token)
    assert again["error"] == -14014
    assert set(again) == {"error", "error_name", "error_reason", "ref_doc"}
    await line.control.move(91 * DAY)
    assert (await line.refresh(pair["refresh_token"]))["error"] == -14020


async def test_an_answer_lost_after_the_rotation_loses_the_pair(line: Line) -> None:
    await line.control.fault("reset", path=TOKEN_PATH, accepted=True)
    with pytest.raises(aiohttp.ClientConnectionError):
        await line.refresh(line.account.refresh_token)
    assert (await line.refresh(line.account.refresh_token))["error"] == -14014


async def test_a_code_needs_the_consoles_link_and_its_verifier(line: Line) -> None:
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    back = "https://xa.example.vn/back"
    await line.control.do("console", callback=back, challenge=challenge)
    url = f"{line.emulator.base}/v4/oa/permission"
    asked = {"app_id": line.account.app_id, "redirect_uri": back, "code_challenge": "own"}
    async with line.session.get(url, params=asked) as response:
        assert (await response.json())["error"] == -14003
    asked["code_challenge"] = challenge
    async with line.session.get(url, params=asked, allow_redirects=False) as response:
        code = response.headers["Location"].partition("code=")[2].partition("&")[0]
    grant = {"grant_type": "authorization_code", "code": code}
    assert (await line.exchange(**grant, code_verifier="other"))["error"] == -14005
    assert "access_token" in await line.exchange(**grant, code_verifier=verifier)
    assert (await line.exchange(**grant, code_verifier=verifier))["error"] == -14005
    late = (await line.control.do("console", consent=True))["code"]
    await line.control.move(601)
    assert (await line.exchange(**grant | {"code": late}, code_verifier=verifier))[
        "error"
    ] == -14019


async def test_access_tokens_are_checked_with_http_200(line: Line) -> None:
    assert await line.error("/v2.0/oa/getoa", access_token="") == -216
    assert await line.error(CS, cs(text="chào"), access_token="no") == -216
    proof = hmac.new(line.account.app_secret.encode(), line.token.encode(), "sha256").hexdigest()
    await line.control.do("oa", proof_required=True)
    assert await line.error("/v2.0/oa/getoa") == -242
    assert await line.error("/v2.0/oa/getoa", appsecret_proof=proof) == 0
    await line.control.move(25 * HOUR + 1)
    assert await line.error("/v2.0/oa/getoa") == -220
    await line.control.options(expired_token_error=-216)
    assert await line.error("/v2.0/oa/getoa") == -216


# Windows and quotas


@pytest.mark.parametrize(
    ("hours", "error", "quota"),
    [(47.9, 0, "reply"), (48.1, 0, "sub_quota"), (167.9, 0, "sub_quota"), (168.1, -230, None)],
)
async def test_what_a_message_costs_depends_on_the_last_interaction(
    line: Line, hours: float, error: int, quota: str | None
) -> None:
    await line.control.do("user", user=LAN, last_interaction=NOON - hours * HOUR)
    answer = await line.say(text="chào")
    assert answer["error"] == error
    assert answer.get("data", {}).get("quota", {}).get("quota_type") == quota
    asked = await line.call("/v3.0/oa/quota/message", {"user_id": LAN})
    assert int(asked["data"]["last_interaction"]) == pytest.approx((NOON - hours * HOUR) * 1000)
    await line.control.say(LAN, "tôi đây")
    assert (await line.say(text="chào"))["data"]["quota"]["quota_type"] == "reply"


async def test_people_are_refused_as_zalo_does(line: Line) -> None:
    await line.control.do("user", user=CU)
    assert (await line.say(CU, text="chào"))["error"] == -213
    await line.control.follow(CU)
    assert (await line.say(CU, text="chào"))["error"] == 0
    for field, error in (("banned", -227), ("restricted", -244)):
        await line.control.do("user", user=CU, **{field: True})
        assert (await line.say(CU, text="chào"))["error"] == error
        await line.control.do("user", user=CU, **{field: False})
    await line.control.do("user", user=CU, last_interaction=NOON - 3 * DAY)
    await line.control.do("oa", quota={"purchase_quota": 1})
    paid = (await line.say(CU, text="chào"))["data"]["quota"]
    assert (paid["quota_type"], paid["remain"], paid["total"]) == ("purchase_quota", "0", "1")
    assert (await line.say(CU, text="chào"))["error"] == -211
    # The same person has another id at another OA.
    line.token = line.emulator.tokens.issue(line.emulator.platform.worlds[1])["access_token"]
    assert (await line.say(CU, text="chào"))["error"] == -201


async def test_an_app_may_make_so_many_calls_a_minute(line: Line) -> None:
    line.emulator.platform.limit = 2
    left = []
    for _ in range(3):
        url, headers = f"{line.emulator.base}/v2.0/oa/getoa", {"access_token": line.token}
        async with line.session.get(url, headers=headers) as response:
            left.append((response.headers["X-RateLimit-Remain"], (await response.json())["error"]))
    assert left == [("1", 0), ("0", 0), ("0", -32)]
    await line.control.move(60)
    assert await line.error("/v2.0/oa/getoa") == 0


# Messages


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"text": "ạ" * 2000}, "Success"),
        ({"text": "ạ" * 2001}, "text is invalid!"),
        ({"text": " "}, "text is invalid!"),
        ({}, "text is invalid!"),
        ({"text": "a", "attachment": template(buttons=[button()] * 5)}, "Success"),
        ({"text": "a", "attachment": template(buttons=[button()] * 6)}, "buttons is invalid!"),
        ({"attachment": template(buttons=[button()])}, "text is invalid!"),
        (
            {"text": "a", "attachment": template(buttons=[button(payload="x" * 1001)])},
            "payload is invalid!",
        ),
        ({"text": "a", "attachment": template(buttons=[button("t" * 101)])}, "title is invalid!"),
        (
            {"text": "a", "attachment": template(buttons=[button(kind="oa.open.url")])},
            "payload is invalid!",
        ),
        (
            {"text": "a", "attachment": template(buttons=[button(kind="web_url")])},
            "type is invalid!",
        ),
        ({"attachment": media(url=PICTURE)}, "Success"),
        ({"attachment": media(attachment_id="x")}, "attachment_id is invalid!"),
        ({"attachment": media(media_type="gif", url=PICTURE)}, "width is invalid!"),
        ({"attachment": media(media_type="article", url=PICTURE)}, "media_type is invalid!"),
        ({"attachment": {"type": "file", "payload": {"token": "x"}}}, "token is invalid!"),
    ],
)
async def test_a_message_is_checked_field_by_field(
    line: Line, message: dict[str, Any], said: str
) -> None:
    answer = await line.say(**message)
    assert (answer["error"], answer["message"]) == (0 if said == "Success" else -201, said)
    assert len(await line.control.screen(LAN)) == (said == "Success")


async def test_lists_are_an_option_because_their_place_in_v3_is_not_sure(line: Line) -> None:
    elements = [{"title": "Lịch", "subtitle": "Tiêm"}, {"title": "Lệ phí"}]
    attachment = template(template_type="list", elements=elements)
    assert (await line.say(attachment=attachment))["error"] == -233
    await line.control.options(lists=True)
    assert (await line.say(attachment=attachment))["error"] == 0
    elements[0].pop("subtitle")
    assert (await line.say(attachment=attachment))["message"] == "subtitle is invalid!"


async def test_a_villager_taps_what_the_screen_shows(line: Line) -> None:
    buttons = [
        button(),
        button("Ẩn", "oa.query.hide", "#home"),
        button("Web", "oa.open.url", {"url": "https://xa.example.vn"}),
    ]
    await line.say(text="Bác hài lòng chứ?", attachment=template(buttons=buttons))
    await line.control.tap(LAN, "Có")
    await line.control.tap(LAN, "Ẩn")
    assert (await line.control.tap(LAN, "Web"))["opened"] == {"url": "https://xa.example.vn"}
    heard = [(one.name, one.body["message"]["text"]) for one in await line.hearer.hears(2)]
    assert heard == [("user_send_text", "#fb:yes"), ("user_send_text", "#home")]
    shown = [(one.by, one.text) for one in await line.control.screen(LAN)]
    assert shown == [("oa", "Bác hài lòng chứ?"), ("user", "#fb:yes")]


async def test_a_person_gives_what_a_form_asks(line: Line) -> None:
    element = {"title": "Thông tin", "subtitle": "Để xã liên hệ", "image_url": PICTURE}
    form = template(template_type="request_user_info", elements=[element])
    assert (await line.say(attachment=form))["error"] == 0
    await line.control.do("submit_info", user=LAN, info={"name": "Bà Lan"})
    (heard,) = await line.hearer.hears(1)
    assert (heard.name, heard.body["info"]) == ("user_submit_info", {"name": "Bà Lan"})
    detail = await line.call("/v3.0/oa/user/detail", {"user_id": LAN})
    assert detail["data"]["shared_info"] == {"name": "Bà Lan"}


async def test_uploads_are_checked_shown_and_forgotten_after_seven_days(line: Line) -> None:
    assert (await line.upload("image", b"GIF89a"))["error"] == -201
    assert (await line.upload("image", PIXEL + bytes(1024 * 1024)))["error"] == -210
    assert (await line.upload("file", b"MZ", "a.exe"))["error"] == -201
    file = (await line.upload("file", b"%PDF-1.4", "a.pdf"))["data"]["token"]
    picture = (await line.upload("image", PIXEL))["data"]["attachment_id"]
    attachment = {"type": "file", "payload": {"token": file}}
    assert (await line.say(attachment=attachment))["error"] == 0
    assert (await line.say(text="Lịch", attachment=media(attachment_id=picture)))["error"] == 0
    shown = (await line.control.screen(LAN))[-1]
    async with line.session.get(shown.url) as response:
        assert (shown.text, await response.read()) == ("Lịch", PIXEL)
    both = await line.say(attachment=media(attachment_id=picture, url=PICTURE))
    assert both["message"] == "attachment_id is invalid!"
    await line.control.move(7 * DAY + 1)
    line.token = (await line.control.tokens())["access_token"]
    await line.control.say(LAN, "tôi đây")
    late = await line.say(attachment=media(attachment_id=picture))
    assert (late["error"], late["message"]) == (-100, "attachment_id was expired")


async def test_a_picture_by_url_may_be_fetched_and_checked(line: Line) -> None:
    await line.control.options(fetch_urls=True)
    event = await line.control.attach(LAN, "image")
    url = event["message"]["attachments"][0]["payload"]["url"]
    assert (await line.say(attachment=media(url=url)))["error"] == 0
    assert (await line.say(attachment=media(url=line.hearer.url)))["message"] == "url is invalid!"


async def test_a_broadcast_is_an_article_by_day_to_followers_that_fit(line: Line) -> None:
    article = {"type": "normal", "title": "Lịch tiêm chủng", "author": "Xã", "description": "x"}
    too_long = article | {"title": "t" * 151}
    assert (await line.call("/v2.0/article/create", too_long))["message"] == "title is invalid!"
    token = (await line.call("/v2.0/article/create", article))["data"]
    assert await line.error("/v2.0/article/verify", token) == -214
    await line.control.move(6)
    found = (await line.call("/v2.0/article/verify", token))["data"]["id"]
    for user, age in ((LAN, 3), (CU, 1)):
        await line.control.do("user", user=user, follows=True, traits={"ages": age})
    attachment = media(media_type="article", attachment_id=found)
    body = {"recipient": {"target": {"ages": [3, 4]}}, "message": {"attachment": attachment}}
    assert await line.error("/v2.0/oa/message", body) == 0
    assert [one.user for one in await line.control.sent()] == [LAN]
    assert await line.error("/v2.0/oa/message", cs(text="chữ")) == -240
    await line.control.do("clock", to=NIGHT)
    assert await line.error("/v2.0/oa/message", body) == -234
    assert (await line.say(text="ban đêm"))["error"] == 0


async def test_a_template_goes_filled_in_and_promotes_once_a_day(line: Line) -> None:
    path, about = "/v3.0/oa/message/template", {"parameters": {"ten": 10}}
    for number, more in (("1", {}), ("2", {"by_uid": False}), ("3", {"tag": 3})):
        await line.control.do("template", id=number, text="Chào <ten>", **about, **more)
    body: dict[str, Any] = {"user_id": LAN, "template_id": "1", "template_data": {"ten": "Lan"}}
    await line.control.do("user", user=LAN, last_interaction=NOON - 30 * DAY)
    done = (await line.call(path, body))["data"]
    assert done["quota"]["quota_type"] == "sub_quota"
    assert [one.text for one in await line.control.screen(LAN)] == ["Chào Lan"]
    long = body | {"template_data": {"ten": "L" * 11}}
    assert await line.error(path, long) == -1121
    for parameters in ({}, {"name": "Lan"}, {"ten": "Lan", "name": "Lan"}):
        assert await line.error(path, body | {"template_data": parameters}) == -1122
    assert (await line.call(path, body | {"template_data": {"ten": ""}}))["error"] == -201
    assert await line.error(path, body | {"template_id": "9"}) == -109
    assert await line.error(path, body | {"template_id": "2"}) == -249
    assert await line.error(path, body | {"template_id": "3"}) == 0
    assert await line.error(path, body | {"template_id": "3"}) == -1472
    await line.control.do("clock", to=NIGHT)
    assert await line.error(path, body | {"template_id": "3"}) == -234
    assert await line.error(path, body) == 0
    for number, more in (("4", {"daily": 1}), ("5", {"refused": -131})):
        await line.control.do("template", id=number, text="Chào <ten>", **about, **more)
    assert await line.error(path, body | {"template_id": "4"}) == 0
    assert await line.error(path, body | {"template_id": "4"}) == -147
    assert await line.error(path, body | {"template_id": "5"}) == -131


async def test_people_are_listed_fifty_at_a_time(line: Line) -> None:
    await line.control.do("crowd", count=120)
    asked: dict[str, Any] = {"offset": 100, "count": 50, "is_follower": True}
    page = (await line.call("/v3.0/oa/user/getlist", asked))["data"]
    assert (page["total"], page["count"], len(page["users"])) == (120, 20, 20)
    assert await line.error("/v3.0/oa/user/getlist", asked | {"count": 51}) == -210
    assert await line.error("/v3.0/oa/user/getlist", asked | {"offset": 9952}) == -210
    await line.control.move(DAY)
    asked |= {"last_interaction_period": "TODAY", "offset": 0}
    assert (await line.call("/v3.0/oa/user/getlist", asked))["data"]["total"] == 0
    asked["last_interaction_period"] = "2026_11_25:2026_11_26"
    assert (await line.call("/v3.0/oa/user/getlist", asked))["data"]["total"] == 120
