"""Notices at the console: written, looked at, approved by another, and what may be done then."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import update

from bot.wiring import House, now
from handlers.errands import VIETNAM
from storage.answers import Answers, Given
from storage.audit import Audit, Kind, Verb, Wanted
from storage.broadcasts import BroadcastRecord, Broadcasts, Draft, Phase
from storage.consents import Purpose
from storage.notices import Notices
from storage.officials import Role
from storage.outbox import OutboxRecord, State
from storage.questionnaires import Form, Question, Questionnaire
from tests.console.desk import Desk, form, forms, sitting_at
from tests.handlers.notices import again, asked_for_notices

WORDS = "Sáng mai trạm y tế tiêm phòng cho trẻ. Bà con mang sổ tiêm."
NEW = "/staff/notices/new"


def address(number: int) -> str:
    return f"/staff/notices/{number}"


async def handed_in(desk: Desk, **typed: str) -> int:
    """What a preview shows is handed in; its number."""
    proof = await desk.press(await desk.open(NEW), "/preview", **{"text": WORDS} | typed)
    page = await desk.press(proof, "/submit")
    assert "Đã gửi duyệt" in page
    found = re.search(r"<h1>Thông báo số (\d+)</h1>", page)
    assert found
    return int(found[1])


async def written(house: House, desk: Desk, draft: Draft) -> int:
    """A notice of theirs that waits for approval, whatever it is."""
    by, at = desk.who.official, now()
    async with house.database.begin() as tx:
        number = await Broadcasts().write(tx, draft, by=by.name, at=at)
        await Broadcasts().submit(tx, number, by=by.name, at=at)
        await Notices().wrote(tx, number, by.id)
    return number


async def begun(house: House, number: int, *, end: State | None = None) -> None:
    """It was approved and has begun; its messages came to that end."""
    async with house.database.begin() as tx:
        await Broadcasts().approve(tx, number, by="Sua", at=now())
    for _ in range(2):
        await house.clock.broadcasts()
    if end is not None:
        async with house.database.begin() as tx:
            await tx.connection.execute(
                update(OutboxRecord)
                .where(OutboxRecord.broadcast_id == number)
                .values(state=end.value, ended_at=now())
            )


async def logged(house: House, number: int) -> list[Verb]:
    async with house.database.read() as tx:
        wanted = Wanted(kind=Kind.BROADCAST, thing=str(number))
        return [one.verb for one in await Audit().page(tx, wanted, at_most=50)][::-1]


async def history(house: House, number: int) -> list[tuple[str, str]]:
    async with house.database.read() as tx:
        return [(deed, by) for deed, by, _ in await Broadcasts().history(tx, number)]


def steps(page: str) -> set[str]:
    """What the page offers to do."""
    return {to.rsplit("/", 1)[1] for to, _ in forms(page) if "/notices/" in to}


async def test_a_notice_is_written_seen_in_a_preview_and_approved_by_another(house: House) -> None:
    await asked_for_notices(house.database)
    async with (
        sitting_at(house, Role.OFFICER, unit="xa-mau", name="Lan") as lan,
        sitting_at(house, Role.APPROVER, unit="xa-mau", name="Sua") as sua,
    ):
        empty = await lan.open(NEW)
        typed = {"text": WORDS, "when": "7h sáng mai", "card1": "bhyt-the"}
        refused = await lan.press(empty, "/preview", 422, **typed, place="xa-khac")
        assert "Chọn nơi nhận trong danh sách" in refused
        assert form(refused, "/preview")[1]["text"] == WORDS
        proof = await lan.press(empty, "/preview", text=WORDS, when="7h sáng mai")
        tomorrow = now().astimezone(VIETNAM) + timedelta(days=1)
        told = f"Lúc gửi: 7:00 .* {tomorrow.day}/{tomorrow.month}/{tomorrow.year}"
        assert re.search(told, proof)
        assert "Gửi được cho 1 người" in proof
        assert "Đọc to mất khoảng" in proof
        assert "Người duyệt: Sua" in proof
        back = await lan.press(proof, "/rewrite")
        assert form(back, "/preview")[1]["when"] == "7h sáng mai"
        page = await lan.press(proof, "/submit")
        assert "approve" not in steps(page), "nobody approves their own words"
        assert {"move", "cancel"} <= steps(page)
        page = await sua.open(address(1))
        assert WORDS in page
        assert {"approve", "return"} <= steps(page)
        page = await sua.press(page, "/approve")
        assert "Đã duyệt thông báo số 1" in page
    async with sitting_at(house, Role.OFFICER, unit="xa-mau", name="Hoa") as hoa:
        not_hers = await hoa.open(f"{address(1)}/edit", 409)
        assert not [to for to, _ in forms(not_hers) if "/notices/" in to], (
            "no empty form to fill in"
        )
    it = await again(house, 1)
    assert (it.phase, it.author, it.approved_by) == (Phase.APPROVED, "Lan", "Sua")
    assert await history(house, 1) == [("draft", "Lan"), ("submit", "Lan"), ("approve", "Sua")]
    assert await logged(house, 1) == [Verb.ADDED, Verb.SAW, Verb.APPROVED]


async def test_what_was_seen_is_what_is_approved(house: House) -> None:
    async with (
        sitting_at(house, Role.APPROVER, unit="xa-mau", name="Lan") as lan,
        sitting_at(house, Role.APPROVER, unit="xa-mau", name="Sua") as sua,
    ):
        number = await handed_in(lan)
        looked_at = await sua.open(address(number))
        proof = await lan.press(await lan.open(f"{address(number)}/edit"), "/preview", text="Khác.")
        await lan.press(proof, "/submit")
        page = await sua.press(looked_at, "/approve", 409)
        assert "vừa thay đổi" in page
        assert "Khác." in page, "the page tells how it is now"
        assert (await again(house, number)).phase is Phase.SUBMITTED
        await sua.press(page, "/approve")
        stale = await lan.press(proof, "/submit", 409)
        assert form(stale, "/preview")[1]["text"] == "Khác.", "the words are not lost"
    assert (await again(house, number)).draft.text == "Khác."


async def test_who_wrote_or_edited_it_approves_nothing(house: House) -> None:
    async with sitting_at(house, Role.APPROVER, unit="xa-mau", name="Lan") as lan:
        number = await handed_in(lan)
        to, fields = form(await lan.open(address(number)), "/cancel")
        for step in ("approve", "return"):
            path = to.replace("cancel", step)
            answer = await lan.client.post(path, data=fields | {"text": "vì sao"})
            assert answer.status == 409
            assert "Người viết không tự duyệt" in await answer.text()
    assert (await again(house, number)).phase is Phase.SUBMITTED


async def test_it_is_given_back_with_a_reason_and_handed_in_again(house: House) -> None:
    async with (
        sitting_at(house, Role.OFFICER, unit="xa-mau", name="Lan") as lan,
        sitting_at(house, Role.APPROVER, unit="xa-mau", name="Sua") as sua,
    ):
        number = await handed_in(lan)
        page = await sua.open(address(number))
        await sua.press(page, "/return", 422, text="")
        await sua.press(page, "/return", text="Ghi rõ mấy giờ")
        page = await lan.open(address(number))
        assert "Bị trả lại vì: Ghi rõ mấy giờ" in page
        await lan.press(page, "/submit")
    assert (await again(house, number)).phase is Phase.SUBMITTED
    assert [deed for deed, _ in await history(house, number)] == [
        "draft", "submit", "return", "submit",
    ]  # fmt: skip
    async with house.database.read() as tx:
        [entry] = await Audit().page(tx, Wanted(verb=Verb.RETURNED), at_most=5)
    assert entry.reason == "Ghi rõ mấy giờ"


async def test_one_that_waits_is_paused_moved_and_cancelled(house: House) -> None:
    async with (
        sitting_at(house, Role.OFFICER, unit="xa-mau", name="Lan") as lan,
        sitting_at(house, Role.APPROVER, unit="xa-mau", name="Sua") as sua,
    ):
        number = await handed_in(lan, when="7h sáng mai")
        await sua.press(await sua.open(address(number)), "/approve")
        page = await lan.open(address(number))
        refused = await lan.press(page, "/move", 422, when="chiều mai")
        assert "Chưa rõ mấy giờ" in refused
        assert form(refused, "/move")[1]["when"] == "chiều mai"
        page = await lan.press(page, "/move", when="3h chiều mai")
        assert "Đã đổi giờ gửi" in page
        assert "Lúc gửi: 15:00" in page
        page = await lan.press(page, "/pause")
        page = await lan.press(page, "/resume")
        page = await lan.press(page, "/cancel")
        assert steps(page) == set()
    assert (await again(house, number)).phase is Phase.CANCELLED
    assert [deed for deed, _ in await history(house, number)][3:] == [
        "move", "pause", "resume", "cancel",
    ]  # fmt: skip
    assert await logged(house, number) == [
        Verb.ADDED, Verb.SAW, Verb.APPROVED, Verb.SAW, Verb.RESCHEDULED, Verb.PAUSED,
        Verb.RESUMED, Verb.CANCELLED,
    ]  # fmt: skip


async def test_an_account_tells_in_words_numbers_and_a_picture(house: House, desk: Desk) -> None:
    for _ in range(3):
        await asked_for_notices(house.database)
    number = await written(house, desk, Draft(WORDS, unit="xa-mau"))
    await begun(house, number)
    going = await desk.client.get(f"{address(number)}/progress")
    assert going.headers["Refresh"] == "5"
    assert "0 trên 3 người đã nhận" in await going.text()
    still = await desk.client.get(f"{address(number)}/progress?still=1")
    assert "Refresh" not in still.headers
    async with house.database.begin() as tx:
        box = OutboxRecord
        mine = update(box).where(box.broadcast_id == number)
        await tx.connection.execute(mine.values(state=State.SENT.value, ended_at=now()))
    page = await desk.open(address(number))
    assert "3 trên 3 người đã nhận" in page
    assert re.search(r'<th scope="row">Đã nhận</th><td>3</td>', page)
    assert 'alt="Hình vẽ kết quả gửi: 3 trên 3 người đã nhận' in page
    drawn = await desk.client.get(f"{address(number)}/chart.svg")
    assert drawn.content_type == "image/svg+xml"
    picture = await drawn.text()
    assert "Đã nhận" in picture
    assert "<script" not in picture
    assert "Đã gửi: 0" in await desk.open("/staff/notices"), "the clock has not ended it yet"
    assert "3 trên 3 người đã nhận" in await desk.open("/staff/notices")
    for _ in range(2):  # once counted, once kept in mind
        await house.clock.broadcasts()
        ended = await desk.open("/staff/notices?state=finished")
        assert "3 trên 3 người đã nhận" in ended
    async with house.database.begin() as tx:
        record = BroadcastRecord
        await tx.connection.execute(update(record).values(opted_out=2))
    assert "2 người thôi nhận tin sau tin này" in await desk.open(address(number))


async def test_what_failed_is_sent_again_and_what_is_uncertain_is_decided(
    house: House, desk: Desk
) -> None:
    for _ in range(2):
        await asked_for_notices(house.database)
    number = await written(house, desk, Draft(WORDS, unit="xa-mau"))
    await begun(house, number, end=State.FAILED)
    page = await desk.press(await desk.open(address(number)), "/retry")
    assert "Đang gửi lại thông báo số 1 cho 2 người" in page
    async with house.database.begin() as tx:
        await tx.connection.execute(update(OutboxRecord).values(state=State.UNCERTAIN.value))
    page = await desk.open(address(number))
    assert "2 người chưa rõ" in page
    page = await desk.press(page, "/retry-uncertain")
    async with house.database.begin() as tx:
        await tx.connection.execute(update(OutboxRecord).values(state=State.UNCERTAIN.value))
    page = await desk.press(await desk.open(address(number)), "/leave-uncertain")
    assert "Chưa rõ đã nhận chưa, không gửi lại" in page
    assert [verb for verb in await logged(house, number) if verb is not Verb.SAW] == [
        Verb.SENT_AGAIN, Verb.SENT_AGAIN, Verb.LEFT,
    ]  # fmt: skip


async def test_what_was_sent_is_taken_back_with_other_words(house: House, desk: Desk) -> None:
    await asked_for_notices(house.database)
    number = await written(house, desk, Draft(WORDS, unit="xa-mau"))
    await begun(house, number, end=State.SENT)
    page = await desk.open(address(number))
    await desk.press(page, "/take-back", 422, text=" ")
    page = await desk.press(page, "/take-back", text="Chiều mai mới tiêm.")
    assert "Thông báo số 1 không gửi tiếp nữa" in page
    taken = await again(house, number + 1)
    assert (taken.draft.takes_back, taken.phase) == (number, Phase.SUBMITTED)
    assert "Chiều mai mới tiêm." in taken.draft.text
    assert Verb.TOOK_BACK in await logged(house, number)


async def test_a_poll_is_told_in_totals_and_closed(house: House, desk: Desk) -> None:
    people = [await asked_for_notices(house.database, purpose=Purpose.SURVEYS) for _ in range(6)]
    asks = Questionnaire(Form.POLL, (Question("Họp hôm nào?", ("Thứ bảy", "Chủ nhật")),), code=1)
    number = await written(house, desk, Draft("", Purpose.SURVEYS, "xa-mau", asks=asks))
    await begun(house, number, end=State.SENT)
    async with house.database.begin() as tx:
        for person, _ in people:
            await Answers().put(tx, number, 0, Given(choice=0), person=person)
    page = await desk.open(address(number))
    assert "Họp hôm nào? (5 trả lời)" in page, "in steps of five while it is open"
    assert re.search(r'<th scope="row">Thứ bảy</th><td>5</td>', page)
    page = await desk.press(page, "/close")
    assert re.search(r'<th scope="row">Thứ bảy</th><td>6</td>', page)
    assert (await history(house, number))[-1] == ("close", "Mai")


async def test_an_emergency_goes_at_once_when_who_leads_types_that_they_mean_it(
    house: House,
) -> None:
    async with (
        sitting_at(house, Role.OFFICER, unit="xa-mau", name="Lan") as lan,
        sitting_at(house, Role.APPROVER, unit="xa-mau", name="Sua") as sua,
    ):
        urgent = {"text": "Lũ về, lên chỗ cao ngay.", "emergency": "1"}
        refused = await lan.press(await lan.open(NEW), "/preview", 422, **urgent, reason="")
        assert "Việc khẩn phải ghi lý do" in refused
        proof = await lan.press(refused, "/preview", **urgent, reason="lũ")
        assert "/urgent" not in proof, "an officer's word alone sends nothing"
        proof = await sua.press(await sua.open(NEW), "/preview", **urgent, reason="lũ")
        proof = await sua.press(proof, "/urgent", 422, go="thôi")
        assert "Chưa gửi gì cả" in proof
        to, fields = form(proof, "/urgent")
        sent = [await sua.client.post(to, data=fields | {"go": "Gửi gấp"}) for _ in range(2)]
        assert [answer.url.path for answer in sent] == [address(1)] * 2, "pressed twice, sent once"
    it = await again(house, 1)
    assert (it.phase, it.alone, it.draft.emergency) == (Phase.APPROVED, True, True)


async def test_each_way_of_repeating_comes_back_into_the_form_as_it_was_read(
    house: House, desk: Desk
) -> None:
    for when in ("7h30 hằng ngày", "thứ hai hằng tuần 7h", "ngày 5 hằng tháng 9h", "7h sáng mai"):
        number = await handed_in(desk, text=f"{WORDS} {when}", when=when)
        before = (await again(house, number)).draft
        proof = await desk.press(await desk.open(f"{address(number)}/edit"), "/preview")
        await desk.press(proof, "/submit")
        after = (await again(house, number)).draft
        assert (after.due_at, after.repeats) == (before.due_at, before.repeats)
        assert after == before


async def test_the_calendar_shows_what_is_due_and_repeated_each_day(
    house: House, desk: Desk
) -> None:
    at = now().astimezone(VIETNAM).replace(day=1) + timedelta(days=40)
    first = at.replace(day=3, hour=0, minute=30)  # the day before in UTC
    number = await written(house, desk, Draft(WORDS, unit="xa-mau", due_at=first))
    await written(
        house, desk, Draft("Họp", unit="xa-mau", due_at=at.replace(day=10, hour=7, minute=0),
        repeats=f"weekly:{at.replace(day=10).weekday()}@07:00"),
    )  # fmt: skip
    page = await desk.open(f"/staff/notices/calendar?month={at:%Y-%m}")
    assert f"3/{at.month}: 1 thông báo" in page
    assert f'<small>0:30</small> <a href="{address(number)}">' in page
    for day in (10, 17, 24):
        assert f"{day}/{at.month}: 1 thông báo" in page
    after = re.search(r'href="([^"]+)" rel="next"', page)
    assert after
    assert "hằng tuần" in await desk.open(after[1].replace("&amp;", "&"))
    assert "Lịch thông báo" in await desk.open("/staff/notices/calendar?month=0000-99")


async def test_the_list_has_pages_and_shows_no_draft_of_others(house: House) -> None:
    async with (
        sitting_at(house, Role.OFFICER, unit="xa-mau", name="Lan") as lan,
        sitting_at(house, Role.VIEWER, unit="xa-mau", name="Hoa") as hoa,
    ):
        for place in range(22):
            await written(house, lan, Draft(f"tin {place}", unit="xa-mau"))
        async with house.database.begin() as tx:
            draft = await Broadcasts().write(tx, Draft("nháp", unit="xa-mau"), by="Lan", at=now())
            await Notices().wrote(tx, draft, lan.who.official.id)
        assert "nháp" in await lan.open("/staff/notices?state=draft")
        page = await hoa.open("/staff/notices")
        assert "nháp" not in page
        assert "Chờ duyệt: 22" in page
        assert "/staff/notices/new" not in page
        more = re.search(r'href="([^"]+)" rel="next"', page)
        assert more
        rest = await hoa.open(more[1].replace("&amp;", "&"))
        shown = re.findall(r">Thông báo số (\d+)<", page + rest)
        assert shown == [str(number) for number in range(22, 0, -1)]
