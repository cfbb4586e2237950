"""A poll and a survey on every platform: answered from a phone there, by number or by button."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.wiring import House, now
from handlers.messages import Reply
from storage.answers import Answers
from storage.broadcasts import Broadcasts, Draft, Phase
from storage.consents import Consents, Purpose
from storage.conversations import ConversationRecord
from storage.people import People
from storage.questionnaires import Form, Question, Questionnaire
from tests.channels.test_notices import PATIENCE, PLATFORMS, Line, on_rig, on_the_web
from tests.handlers.asking import DAYS, POLL, SURVEY, kept
from tests.handlers.notices import again, sending

MOST = Questionnaire(
    Form.POLL,
    (Question("x" * 300, tuple(f"{n} {'dài ' * 24}"[:100].strip() for n in range(1, 9))),),
)
"""As long as one may be that has 8 choices."""


async def agree(house: House) -> None:
    """Everybody who wrote to us wants to be asked."""
    async with house.database.begin() as tx:
        row = ConversationRecord
        for talk, known in (await tx.connection.execute(select(row.id, row.person_id))).all():
            person = await People().get(tx, known)
            await Consents().answer(
                tx, Purpose.SURVEYS, yes=True, person=person.id, conversation=talk,
                notice="1", at=now(),
            )  # fmt: skip


async def ask(line: Line, asks: Questionnaire) -> int:
    """Ask everybody who agreed, to the end of sending."""
    house, book, at = line.house, Broadcasts(), now()
    async with house.database.begin() as tx:
        coded = replace(asks, code=await Answers().free_code(tx))
        draft = Draft("", purpose=Purpose.SURVEYS, asks=coded)
        number = await book.write(tx, draft, by="Lan", at=at)
        await book.submit(tx, number, by="Lan", at=at)
        await book.approve(tx, number, by="Minh", at=at)
    async with asyncio.timeout(PATIENCE):
        while (await again(house, number)).phase is not Phase.FINISHED:
            await house.clock.broadcasts()
            await asyncio.sleep(0.05)
    return number


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", [*PLATFORMS, "web_chat"])
async def test_who_was_asked_answers_by_number_on_every_platform(house: House, name: str) -> None:
    where = on_the_web(house) if name == "web_chat" else on_rig(house, name)
    async with where as line, sending(house):
        await line.say("trang đầu", "Bà con")
        await agree(house)
        number = await ask(line, POLL)
        shown = await line.hears("Họp thôn ngày nào")
        if name.startswith("zalo_bot"):
            assert "201. Thứ bảy\n202. Chủ nhật" in shown, "digits alone"
        await line.say("202", "Đã ghi: “Chủ nhật”")
        await line.say("201", "Đã đổi thành: “Thứ bảy”")
        assert await kept(house, number) == [(0, 0, "", True)]
        survey = await ask(line, SURVEY)
        await line.hears("Có 3 câu")
        await line.say("211", "Câu 1 trên 3")
        await line.say("1", "Câu 2 trên 3")
        await line.say("bỏ qua", "Câu 3 trên 3")
        await line.say("thêm ghế ngồi", "Xong rồi")
        assert [row[:3] for row in await kept(house, survey)] == [
            (0, 0, ""), (1, None, ""), (2, None, "thêm ghế ngồi")
        ]  # fmt: skip


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["telegram, webhook", "zalo_oa, webhook", "web_chat"])
async def test_a_choice_is_a_button_where_there_are_any(house: House, name: str) -> None:
    where = on_the_web(house) if name == "web_chat" else on_rig(house, name)
    async with where as line, sending(house):
        await line.say("trang đầu", "Bà con")
        await agree(house)
        number = await ask(line, POLL)
        await line.hears("Họp thôn ngày nào")
        await line.phone.tap(f"202. {DAYS[1]}")
        await line.hears("Đã ghi: “Chủ nhật”")
        assert await kept(house, number) == [(0, 1, "", True)]


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
async def test_the_longest_poll_is_one_message_whose_choices_all_can_be_read(house: House) -> None:
    for able in house.accounts.capabilities.values():
        _whole(house.notices.page.shown(Draft("", asks=replace(MOST, code=20)), able))
    for buttons, length in ((0, 2000), (5, 2000), (10, 4096)):
        able = replace(house.web_chat.capabilities, buttons=buttons, text_length=length)
        _whole(house.notices.page.shown(Draft("", asks=replace(MOST, code=20)), able))


def _whole(shown: Reply) -> None:
    for place, choice in enumerate(MOST.questions[0].choices, start=201):
        assert f"{place}. {choice}" in shown.text
    assert "nhắn DỪNG" in shown.text
