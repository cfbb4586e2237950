"""Saved replies: kept for a unit and all below it, filled into a case's form, changed, removed."""

from __future__ import annotations

import re

from bot.wiring import House
from storage.officials import Role
from tests.console.desk import Desk, form, forms, sitting_at
from tests.console.test_case_desk import address, opened
from tests.handlers.office import Person

DESK = "/staff/replies"
WORDS = "Bà con đem giấy tờ đến [địa chỉ], gọi trước [số điện thoại]."


async def keep(desk: Desk, title: str = "Giấy tờ", text: str = WORDS, unit: str = "xa-mau") -> str:
    page = await desk.open(f"{DESK}?unit={unit}")
    return await desk.press(page, "/add", title=title, text=text)


async def test_a_reply_is_kept_and_begins_an_answer_with_what_the_office_says(
    desk: Desk, house: House
) -> None:
    villager = Person(house)
    case = await opened(house, villager, unit="ban-mau")
    await villager.replies()
    assert "Đã lưu." in await keep(desk)
    page = await desk.open(address(case))
    [(to, fields), *_] = [one for one in forms(page) if one[0].endswith("/preview")]
    chosen = re.search(r'<option value="(\d+)">Giấy tờ<', page)
    assert chosen
    filled = await desk.press(
        page, "/preview", text="Chào bà con.", saved=chosen[1]
    )  # previewed as it is: choosing alone fills nothing
    assert "thôn 1" not in filled
    fill = to.replace("/preview", "/fill")
    sent = {**fields, "purpose": "answer", "text": "Chào bà con.", "saved": chosen[1]}
    answer = await desk.client.post(fill, data=sent)
    page = await answer.text()
    assert answer.status == 200
    text = form(page, "/preview")[1]["text"]
    assert text == (
        "Chào bà con.\n\nBà con đem giấy tờ đến thôn 1, cạnh chợ, gọi trước 0200 000 000."
    ), "below what was typed, by the office that serves the village"
    assert await villager.replies() == [], "nothing was sent"
    proof = await desk.press(page, "/preview")
    await desk.press(proof, "/send")
    assert "0200 000 000" in (await villager.replies())[0].text


async def test_what_nobody_told_stays_in_brackets_and_is_said(desk: Desk, house: House) -> None:
    case = await opened(house, unit="xa-khac")
    await keep(desk, unit="")
    page = await desk.open(address(case))
    chosen = re.search(r'<option value="(\d+)">Giấy tờ<', page)
    assert chosen
    _, fields = form(page, "/preview")
    sent = {**fields, "text": "", "saved": chosen[1]}
    answer = await desk.client.post(f"{address(case)}/fill", data=sent)
    page = await answer.text()
    assert "[địa chỉ]" in form(page, "/preview")[1]["text"]
    assert "Còn chữ trong ngoặc vuông" in page
    for saved in ("", "999999", "x"):
        answer = await desk.client.post(
            f"{address(case)}/fill", data=sent | {"saved": saved, "text": "giữ nguyên"}
        )
        page = await answer.text()
        assert answer.status == 422
        assert "Chưa chọn câu nào" in page
        assert form(page, "/preview")[1]["text"] == "giữ nguyên"


async def test_a_reply_is_read_below_its_unit_and_changed_by_who_answers_there(
    desk: Desk, house: House
) -> None:
    await keep(desk, "Của cả hệ thống", unit="")
    await keep(desk, "Của xã mẫu", unit="xa-mau")
    await keep(desk, "Của xã khác", unit="xa-khac")
    case = await opened(house, unit="ban-mau")
    async with sitting_at(house, Role.OFFICER, unit="ban-mau") as below:
        page = await below.open(DESK)
        assert "Của cả hệ thống" in page
        assert "Của xã mẫu" in page
        assert "Của xã khác" not in page
        assert [to for to, _ in forms(page) if to.endswith(("/edit", "/remove"))] == []
        assert "Của xã mẫu</option>" in await below.open(address(case))
        assert "Của xã khác" not in await below.open(address(case))
        number = re.search(r"/replies/(\d+)/edit", await desk.open(f"{DESK}?unit=xa-mau"))
        assert number
        _, fields = form(page, "/add")
        sent = {**fields, "title": "x", "text": "y", "seen": "1"}
        refused = await below.client.post(f"{DESK}/{number[1]}/edit", data=sent)
        assert refused.status == 403
        elsewhere = await below.client.post(f"{DESK}/add", data=sent | {"unit": "xa-khac"})
        assert elsewhere.status == 404
        await below.open(f"{DESK}?unit=xa-khac", 404)
    async with sitting_at(house, Role.VIEWER, unit="xa-mau") as viewer:
        await viewer.open(DESK, 403)


async def test_a_double_tap_keeps_one_and_another_of_that_name_is_refused(desk: Desk) -> None:
    page = await desk.open(f"{DESK}?unit=xa-mau")
    for _ in range(2):
        assert "Đã lưu." in await desk.press(page, "/add", title="Giấy tờ", text=WORDS)
    assert (await desk.open(f"{DESK}?unit=xa-mau")).count('<h3 lang="vi">Giấy tờ') == 1
    refused = await desk.press(page, "/add", 409, title="Giấy tờ", text="Câu khác.")
    assert "đã có câu tên như vậy" in refused
    assert form(refused, "/add")[1]["text"] == "Câu khác.", "what was typed is not lost"
    refused = await desk.press(page, "/add", 422, title=" ", text="Câu khác.")
    assert "Chưa có tên" in refused
    assert "Chưa có chữ nào" in await desk.press(page, "/add", 422, title="x", text=" ")


async def test_of_two_who_change_a_reply_the_second_is_told(desk: Desk) -> None:
    await keep(desk)
    page = await desk.open(f"{DESK}?unit=xa-mau")
    changed = await desk.press(page, "/edit", title="Giấy tờ", text="Gặp UBND.")
    assert "Đã lưu." in changed
    assert "“UBND”: nên viết đủ chữ" in changed, "the remarks that answers get"
    late = await desk.press(page, "/edit", 409, title="Giấy tờ", text="Câu thứ hai.")
    assert "vừa có người sửa" in late
    assert form(late, "/edit")[1]["text"] == "Câu thứ hai."
    again = await desk.press(page, "/edit", title="Giấy tờ", text="Gặp UBND.")
    assert "Đã lưu." in again, "the second of two taps"
    removed = await desk.press(again, "/remove")
    assert "Đã xóa." in removed
    assert "Gặp UBND." not in removed
    log = await desk.open("/staff/audit?kind=reply")
    for verb in ("thêm", "sửa", "xóa"):
        assert re.search(rf"(?i){verb}", log), verb
