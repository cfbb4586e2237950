"""A notice is taken back on every platform: changed or deleted where it can be, else corrected."""

from __future__ import annotations

import asyncio

import pytest

from bot.wiring import House
from storage.broadcast_corrections import Corrections
from storage.broadcasts import Phase, WrongState
from storage.consents import Purpose
from storage.officials import Role
from tests.bot.test_broadcast_commands import command, drafted
from tests.channels.test_notices import PLATFORMS, Line, on_rig, on_the_web
from tests.emulators.phones import TelegramPhone
from tests.handlers.notices import account_of, again, asked_for_notices, sending
from tests.handlers.office import official

WRONG, RIGHT = "Sáng mai tiêm phòng cho trẻ.", "Chiều mai tiêm phòng cho trẻ."


async def takes_back(line: Line, first: int, *more: str) -> int:
    """Taken back by one person, approved by another, to its end; the number that does it."""
    printed = await command(line.house, "take-back", str(first), "--by", "Lan", *more)
    number = int(printed.split()[-1])
    await command(line.house, "approve", str(number), "--by", "Minh")
    await line.ends(number)
    return number


async def standing(line: Line) -> list[str]:
    """What a person finds in the chat now."""
    if isinstance(line.phone, TelegramPhone):
        return await line.phone.standing()
    return [one.text for one in await line.phone.screen()]


@pytest.mark.parametrize("name", [*PLATFORMS, "web_chat"])
async def test_who_received_it_reads_what_holds_instead(house: House, name: str) -> None:
    where = on_the_web(house) if name == "web_chat" else on_rig(house, name)
    edits = name.startswith("telegram")
    async with where as line, sending(house):
        await line.say("đăng ký", "muốn nhận tin")
        await line.say("1", "Đã ghi")
        first = await line.send(WRONG)
        corrected = await takes_back(line, first, "--text", RIGHT)
        texts = await standing(line)
        assert sum("Đính chính tin gửi lúc" in text and RIGHT in text for text in texts) == 1
        assert any(text.startswith(WRONG) for text in texts) is not edits, "in its place"
        account = await account_of(house, corrected)
        assert (account.sent, account.edited, account.deleted) == (1, int(edits), 0)
        withdrawn = await takes_back(line, corrected)
        texts = await standing(line)
        assert any("đã rút lại" in text for text in texts) is not edits, "nothing is left to read"
        account = await account_of(house, withdrawn)
        assert (account.sent, account.edited, account.deleted) == (1, 0, int(edits))


async def test_nobody_else_gets_the_correction_and_it_passes_the_weekly_cap(house: House) -> None:
    async with on_the_web(house) as line, sending(house):
        await line.say("đăng ký", "muốn nhận tin")
        await line.say("1", "Đã ghi")
        numbers = [await line.send(f"Tin số {count}.") for count in range(3)]
        await asked_for_notices(house.database)
        taken = await takes_back(line, numbers[0], "--text", RIGHT)
        account = await account_of(house, taken)
        assert (account.recipients, account.sent) == (1, 1)
        await line.say("DỪNG", "Đã dừng")
        taken = await takes_back(line, numbers[1], "--text", RIGHT)
        account = await account_of(house, taken)
        assert (account.sent, account.skipped) == (0, 1), "who said stop gets none, and it is told"
        assert "the person wants no notices" in await command(house, "status", str(taken))


async def test_what_has_not_gone_yet_does_not_go_any_more(house: House) -> None:
    for _ in range(2):
        await asked_for_notices(house.database)
    number = await drafted(house, by="Lan")
    with pytest.raises(WrongState, match="nothing of broadcast"):
        async with house.database.begin() as tx:
            await Corrections().take_back(
                tx, number, words="x", removes=True, by="Lan", at=house.notices.clock()
            )
    await command(house, "submit", str(number), "--by", "Lan")
    await command(house, "approve", str(number), "--by", "Minh")
    await house.clock.broadcasts()
    printed = await command(house, "take-back", str(number), "--by", "Lan")
    assert "0 people received it" in printed
    assert (await again(house, number)).phase is Phase.CANCELLED
    assert (await account_of(house, number)).skipped == 2
    taken = printed.split()[-1]
    refused = await command(house, "approve", taken, "--by", "Lan", fails=True)
    assert "another person" in refused
    await command(house, "approve", taken, "--by", "Minh")
    await house.clock.broadcasts()
    assert (await again(house, int(taken))).phase is Phase.FINISHED


async def test_what_takes_back_a_poll_asks_nothing_and_the_poll_takes_no_answers(
    house: House,
) -> None:
    await asked_for_notices(house.database, purpose=Purpose.SURVEYS)
    asks = ("--poll", "Họp thôn tối nào?", "--choice", "thứ bảy", "--choice", "chủ nhật")
    number = (await command(house, "draft", "--by", "Lan", *asks)).split()[-1]
    await command(house, "submit", number, "--by", "Lan")
    await command(house, "approve", number, "--by", "Minh")
    async with sending(house), asyncio.timeout(15):
        while not (await account_of(house, int(number))).sent:
            await house.clock.broadcasts()
            await asyncio.sleep(0.05)
    taken = (await command(house, "take-back", number, "--by", "Lan")).split()[-1]
    draft = (await again(house, int(taken))).draft
    assert draft.asks is None
    assert "Tin “Họp thôn tối nào?”" in draft.text
    assert (await again(house, int(number))).closed_at is not None


async def test_an_official_takes_back_in_the_chat_and_an_emergency_needs_no_second_person(
    house: House,
) -> None:
    sua = await official(house, Role.APPROVER, name="Sua")
    await asked_for_notices(house.database, unit="xa-mau")
    urgent = ("--emergency", "--reason", "lũ quét", "--unit", "xa-mau")
    number = await drafted(house, *urgent, by="Sua")
    await command(house, "submit", str(number), "--by", "Sua")
    await command(house, "approve", str(number), "--by", "Sua")
    async with sending(house), asyncio.timeout(15):
        while (await again(house, number)).phase is not Phase.FINISHED:
            await house.clock.broadcasts()
            await asyncio.sleep(0.05)
        await sua.replies()
        await sua.say("các thông báo")
        await sua.say("1")
        asked = await sua.told("7")
        assert "viết lời đúng" in asked
        assert "nhiều nhất là 800" in await sua.told("chạy lũ " * 120)
        told = await sua.told("Lũ đã rút, bà con về nhà.")
        assert "đi ngay tới những người đã nhận" in told
        assert "chỉ tới những người đã nhận" in told
        taken = number + 1
        assert (await again(house, taken)).alone, "and it is marked so"
        while (await again(house, taken)).phase is not Phase.FINISHED:
            await house.clock.broadcasts()
            await asyncio.sleep(0.05)
    assert (await account_of(house, taken)).sent == 1
    assert (await again(house, taken)).draft.takes_back == number


async def test_in_the_chat_an_ordinary_one_waits_for_another_person(house: House) -> None:
    lan, sua = await official(house), await official(house, Role.APPROVER, name="Sua")
    await asked_for_notices(house.database)
    number = await drafted(house, "--unit", "xa-mau")
    await command(house, "submit", str(number), "--by", "Lan")
    await command(house, "approve", str(number), "--by", "Sua")
    await house.clock.broadcasts()
    await lan.say("các thông báo")
    await lan.say("1")
    await lan.say("7")
    page = await lan.told("1")
    assert "chờ người khác duyệt" in page
    assert "Sửa lời" not in page, "it cannot become a notice to everybody"
    await house.notices.reports.run(house.notices.clock())
    asked = "\n".join(reply.text for reply in await sua.replies())
    assert "đã rút lại. Bà con đừng làm theo" in asked
    assert (await again(house, number + 1)).phase is Phase.SUBMITTED
