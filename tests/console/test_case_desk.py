"""A case at the console: read, answered, asked back, handed on, held back, closed, on both
databases."""

from __future__ import annotations

import asyncio
import re

import pytest

from bot.wiring import House, now
from storage.case_history import CaseEvent, Happened, History
from storage.case_records import Case, CaseKind, CaseState, NewCase, Side, Words
from storage.cases import Cases
from storage.officials import Role
from tests.console.desk import Desk, form, forms
from tests.handlers.office import QUESTION, Person, again, cases, official

ANSWER = "Bác đem máy ra tiệm ở chợ xã."
ONE_DATABASE = pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
"""For what the database has no part in."""


async def opened(house: House, villager: Person | None = None, **new: object) -> Case:
    """Feedback of a villager of Xã Mẫu, or of one whose chat is gone."""
    values = {"kind": CaseKind.PROBLEM, "unit": "xa-mau", "text": "cầu treo gãy", **new}
    conversation = None
    if villager is not None:
        await villager.say("chào")
        conversation = await villager.number()
    async with house.database.begin() as tx:
        number = await Cases().open(
            tx, NewCase(**values), conversation=conversation, at=now(), due_at=now()
        )  # fmt: skip
        return await house.casework.get(tx, number)


async def happened(house: House, case: Case) -> list[CaseEvent]:
    async with house.database.read() as tx:
        return await History().of(tx, case.id)


async def said(house: House, case: Case) -> list[Words]:
    async with house.database.read() as tx:
        return await Cases().words(tx, case.id)


def address(case: Case) -> str:
    return f"/staff/cases/{case.id}"


def line(text: str) -> str:
    """As a browser shows it, without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


async def test_an_answer_is_proofread_sent_word_for_word_and_rated(
    desk: Desk, house: House
) -> None:
    villager = Person(house)
    case = await villager.ask()
    await villager.replies()
    page = await desk.open(address(case))
    assert QUESTION in page
    proof = await desk.press(page, "/preview", text="Bác ra chợ,\r\nhỏi UBND trước.")
    assert "“UBND”: nên viết đủ chữ" in proof
    assert await villager.replies() == [], "nothing goes out before it was seen"
    rewritten = await desk.press(proof, "/rewrite")
    assert form(rewritten, "/preview")[1]["text"] == "Bác ra chợ,\nhỏi UBND trước."
    proof = await desk.press(rewritten, "/preview", text=ANSWER)
    shown = re.search(r'(?s)<p class="told" lang="vi">(.*?)</p>', proof)
    assert shown
    after = await desk.press(proof, "/send")
    [reply] = await villager.replies()
    assert reply.text == shown[1], "word for word"
    assert f"Đã gửi câu trả lời cho câu hỏi số {case.id}" in after
    assert "· Mai</small>" in after
    assert "chưa đánh giá" in after
    case = await again(house, case)
    assert (case.state, case.official) == (CaseState.ANSWERED, desk.who.official.id)
    assert (await happened(house, case))[-1].by == desk.who.official.id
    await villager.say(str(reply.buttons[0].digit))
    assert "hiểu và hài lòng" in await desk.open(address(case))


async def test_a_question_back_waits_for_the_villager_and_can_still_be_answered(
    desk: Desk, house: House
) -> None:
    villager = Person(house)
    case = await villager.ask()
    await villager.replies()
    page = await desk.open(address(case))
    proof = await desk.press(page, "/preview", purpose="ask_back", text="Máy gì?")
    page = await desk.press(proof, "/send")
    [reply] = await villager.replies()
    assert "“Máy gì?”" in reply.text
    assert (await again(house, case)).state is CaseState.NEEDS_INFORMATION
    purposes = {fields["purpose"] for _, fields in forms(page) if "purpose" in fields}
    assert purposes == {"answer"}, "it was asked already"
    proof = await desk.press(page, "/preview", text=ANSWER)
    await desk.press(proof, "/send")
    assert ANSWER in (await villager.replies())[0].text


async def test_two_at_once_on_the_phone_and_at_the_console_send_one_answer(
    desk: Desk, house: House
) -> None:
    lan, villager = await official(house), Person(house)
    case = await villager.ask()
    for one in ("việc", "1", "1", "Lan: ra chợ nhé."):
        await lan.say(one)
    proof = await desk.press(await desk.open(address(case)), "/preview", text=ANSWER)
    await villager.replies()
    to, fields = form(proof, "/send")
    told, answer = await asyncio.gather(lan.told("1"), desk.client.post(to, data=fields))
    page = await answer.text()
    [reply] = await villager.replies()
    answers = [words.text for words in await said(house, case) if words.side is Side.OFFICIAL]
    if answer.status == 409:
        assert answers == ["Lan: ra chợ nhé."]
        assert "Lan đã trả lời" in page
        assert ANSWER in page, "the words are not lost"
    else:
        assert answers == [ANSWER]
        assert "Mai đã trả lời" in told
    assert answers[0] in reply.text


async def test_whoever_is_late_reads_what_changed_and_keeps_their_words(
    desk: Desk, house: House
) -> None:
    villager = Person(house)
    case = await villager.ask()
    first = await desk.press(await desk.open(address(case)), "/preview", text="Câu thứ nhất.")
    second = await desk.press(await desk.open(address(case)), "/preview", text="Câu thứ hai.")
    third = await desk.open(address(case))
    async with house.database.begin() as tx:
        await Cases().add(tx, case, "máy Bông Sen", at=now(), due_at=case.due_at)
    page = await desk.press(first, "/send", 409)
    assert "máy Bông Sen" in page
    assert "Việc này vừa thay đổi" in page
    assert form(page, "/preview")[1]["text"] == "Câu thứ nhất.", "it may still go out"
    await desk.press(await desk.press(page, "/preview"), "/send")
    page = await desk.press(second, "/send", 409)
    assert "Mai đã trả lời" in page
    assert "chưa gửi đi đâu" in page
    assert "Câu thứ hai." in page
    page = await desk.press(third, "/preview", 409, text="Câu thứ ba.")
    assert "Câu thứ ba." in page
    assert [w.text for w in await said(house, case)][-1] == "Câu thứ nhất."


async def test_what_cannot_be_sent_says_why_and_keeps_what_was_typed(
    desk: Desk, house: House
) -> None:
    case = await opened(house)
    page = await desk.open(address(case))
    refused = await desk.press(page, "/preview", 422, text=" … ")
    assert "Chưa có chữ nào" in refused
    long = "dài " * 1000
    refused = await desk.press(page, "/preview", 422, text=long)
    assert "ngắn hơn 3000" in refused
    assert form(refused, "/preview")[1]["text"] == long.strip()
    for why in ("", "!"):
        assert "Chưa ghi lý do" in await desk.press(page, "/close", 422, text=why)
    assert "200 chữ" in await desk.press(page, "/close", 422, text="x" * 201)
    assert "Trang này đã cũ" in await desk.press(page, "/preview", 422, purpose="x", text="y")
    assert (await again(house, case)).version == case.version


async def test_what_is_masked_is_shown_once_with_a_reason_that_stays(
    desk: Desk, house: House
) -> None:
    case = await opened(house, text="cầu gãy, gọi 0912345678", name="Lò Thị Hoa")
    page = await desk.open(address(case))
    assert "0912345678" not in page
    assert "Hoa" not in page
    await desk.press(page, "/unmask", 422, text="")
    shown = await desk.press(page, "/unmask", text="gọi lại cho bà con")
    assert "0912345678" in shown
    assert "Lò Thị Hoa" in shown
    assert "Đã ghi lại là bạn xem" in shown
    last = (await happened(house, case))[-1]
    assert (last.what, last.by, last.detail) == (
        Happened.SHOWN, desk.who.official.id, "gọi lại cho bà con",
    )  # fmt: skip
    page = await desk.open(address(case))
    assert "0912345678" not in page
    assert "Xem chữ bị che. “gọi lại cho bà con”" in line(page)


async def test_a_case_goes_to_an_official_who_is_told(desk: Desk, house: House) -> None:
    lan = await official(house)
    await official(house, unit="xa-khac", name="Páo")
    villager = Person(house)
    case = await villager.ask()
    await lan.replies()
    page = await desk.open(address(case))
    assert "Lan" in page
    assert "Páo" not in page, "who could not see it cannot get it"
    refused = await desk.press(page, "/assign", 422, to="999")
    assert "không nhận được việc này" in refused
    number = re.search(r'<option value="(\d+)">Lan', page)
    assert number
    page = await desk.press(page, "/assign", to=number[1])
    assert f"Đã giao câu hỏi số {case.id} cho Lan" in page
    assert "Giao cho Lan" in page
    assert "được giao" in "".join(reply.text for reply in await lan.replies())
    page = await desk.press(await desk.open(address(case)), "/preview", text=ANSWER)
    await desk.press(page, "/send")
    kept = await again(house, case)
    assert kept.official is not None, "Lan has it in hand still"


async def test_a_case_is_taken_in_ones_own_hands(desk: Desk, house: House) -> None:
    case = await opened(house)
    first = await desk.open(address(case))
    mine = str(desk.who.official.id)
    assert f'<option value="{mine}">Tôi nhận (Mai)' in first
    page = await desk.press(first, "/assign", to=mine)
    assert f"Đã giao việc cần sửa số {case.id} cho Mai" in page
    assert (await again(house, case)).official == desk.who.official.id
    assert "Tôi nhận" not in page, "they have it"
    again_taken = await desk.press(first, "/assign", 409, to=mine, seen="2")
    assert "không làm thế được" in again_taken


async def test_a_case_moves_to_another_unit_which_is_told_and_so_is_the_villager(
    desk: Desk, house: House
) -> None:
    here, there = await official(house), await official(house, unit="xa-khac", name="Páo")
    villager = Person(house)
    case = await opened(house, villager)
    await villager.replies()
    page = await desk.open(address(case))
    assert "Chưa chọn nơi" in await desk.press(page, "/move", 422, unit="xa-mau")
    page = await desk.press(page, "/move", unit="xa-khac")
    assert f"Đã chuyển việc cần sửa số {case.id} sang Xã Khác" in page
    assert "đã chuyển sang Xã Khác" in (await villager.replies())[0].text
    assert "cầu treo gãy" in "".join(reply.text for reply in await there.replies())
    assert await here.replies() == []
    moved = await again(house, case)
    assert (moved.unit, moved.due_at) == ("xa-khac", case.due_at)


async def test_a_complaint_moves_upwards_alone(desk: Desk, house: House) -> None:
    case = await opened(house, kind=CaseKind.COMPLAINT, unit="ban-mau", text="cán bộ quát")
    page = await desk.open(address(case))
    units = re.search(r'(?s)<select name="unit".*?</select>', page)
    assert units
    assert re.findall(r'value="([\w-]+)"', units[0]) == ["xa-mau"]
    refused = await desk.press(page, "/move", 409, unit="xa-khac")
    assert "chỉ chuyển lên" in refused
    await desk.press(page, "/move", unit="xa-mau")
    page = await desk.open(address(case))
    assert 'name="unit"' not in page
    assert (await again(house, case)).unit == "xa-mau"


async def test_a_case_is_closed_with_a_reason_that_only_officials_read(
    desk: Desk, house: House
) -> None:
    villager = Person(house)
    case = await opened(house, villager)
    await villager.replies()
    page = await desk.press(await desk.open(address(case)), "/close", text="gửi nhầm")
    assert "Đóng. “gửi nhầm”" in line(page)
    [reply] = await villager.replies()
    assert "gửi nhầm" not in reply.text
    assert not [to for to, _ in forms(page) if to.endswith(("/preview", "/close", "/assign"))]


async def test_what_is_held_back_is_looked_at_kept_then_released(desk: Desk, house: House) -> None:
    lan = await official(house, role=Role.APPROVER)
    case = await opened(house, quarantine="flood")
    page = await desk.open(address(case))
    assert "gửi quá nhiều việc trong một giờ" in page
    assert not [to for to, _ in forms(page) if to.endswith(("/preview", "/assign", "/move"))]
    old = page
    page = await desk.press(page, "/keep", text="chờ hỏi trưởng bản")
    assert "Đã xem, vẫn tạm giữ. “chờ hỏi trưởng bản”" in line(page)
    assert "Việc này vừa thay đổi" in await desk.press(old, "/release", 409)
    page = await desk.press(page, "/release")
    assert "Đã bỏ tạm giữ" in page
    assert "cầu treo gãy" in "".join(reply.text for reply in await lan.replies())
    assert not (await again(house, case)).quarantine
    assert "Việc này vừa thay đổi" in await desk.press(old, "/keep", 409, text="giữ")


async def test_a_note_is_read_by_officials_alone(desk: Desk, house: House) -> None:
    villager = Person(house)
    case = await opened(house, villager)
    await villager.replies()
    page = await desk.press(await desk.open(address(case)), "/note", text="đã gọi đội cầu")
    assert "Ghi chú của Mai" in page
    assert "đã gọi đội cầu" in page
    assert await villager.replies() == []


@ONE_DATABASE
async def test_signed_out_and_with_a_form_of_elsewhere_nothing_is_shown_or_done(
    desk: Desk, house: House
) -> None:
    case = await opened(house, quarantine="flood", text="cầu gãy, gọi 0912345678")
    await opened(house, text="cầu gãy, gọi 0912345679")
    page = await desk.open(address(case))
    steps = forms(page)
    assert {to.rpartition("/")[2] for to, _ in steps} >= {"release", "keep", "unmask", "close"}
    for to, fields in steps:
        for token in ("", "x", "0" * 64):
            answer = await desk.client.post(to, data=fields | {"token": token, "text": "vì sao"})
            assert answer.status == 403, to
            assert "0912345678" not in await answer.text()
    desk.client.session.cookie_jar.clear()
    for to, fields in steps:
        answer = await desk.client.post(to, data=fields | {"text": "vì sao"})
        assert answer.status == 401, to
    for shown in ("/staff/cases", address(case), "/staff/groups/1"):
        await desk.stays_shut(shown)
    assert (await again(house, case)).version == case.version
    assert [event.what for event in await happened(house, case)] == [
        Happened.RECEIVED, Happened.QUARANTINED,
    ]  # fmt: skip


@ONE_DATABASE
async def test_no_case_of_that_number_is_said_in_words(desk: Desk, house: House) -> None:
    case = await opened(house)
    page = await desk.open(address(case))
    assert "Không có việc này" in await desk.open("/staff/cases/999999", 404)
    assert "Không có việc này" in await desk.open("/staff/groups/9", 404)
    to, fields = form(page, "/preview")
    gone = to.replace(f"/{case.id}/", "/999999/")
    answer = await desk.client.post(gone, data=fields | {"text": ANSWER})
    assert answer.status == 404
    assert len(await cases(house)) == 1


@ONE_DATABASE
async def test_what_people_wrote_is_only_text(desk: Desk, house: House) -> None:
    evil = '"><script>alert(1)</script>'
    case = await opened(house, text=evil, place=evil)
    page = await desk.open(address(case))
    page += await desk.press(page, "/note", text=evil)
    page += await desk.open("/staff/cases")
    page += await desk.press(await desk.open(address(case)), "/preview", text=evil)
    page += await desk.open(f"/staff/cases?q={evil}")
    scripts = set(re.findall(r"<script[^>]*>", page))
    assert all(one.startswith('<script src="/staff/staff.js?v=') for one in scripts), "our own"
    assert "&lt;script&gt;" in page
