"""Who is in danger hears first whom to call."""

from __future__ import annotations

import pytest

from bot.wiring import House
from storage.unanswered import Unanswered
from tests.handlers.villager import Villager, greeted, waiting


@pytest.fixture
async def known(house: House) -> Villager:
    """One who has been greeted."""
    return await greeted(house)


async def test_somebody_in_danger_hears_first_whom_to_call(known: Villager) -> None:
    first, steps = await known.say("lũ về rồi")
    assert "112" in first.text
    assert steps.text.startswith("Tránh lũ, sạt lở, bão: các bước")
    assert "hỏi lại xã trước khi làm" not in steps.text


async def test_nothing_stands_before_whom_to_call_even_at_the_first_contact(
    house: House,
) -> None:
    first, _steps = await Villager(house).say("lũ về rồi")
    assert "112" in first.text


async def test_who_wants_to_die_is_offered_no_card_and_staff_no_phrase(known: Villager) -> None:
    for cry in ("toi muon tu tu", "sống làm gì nữa, chết cho xong"):
        [reply] = await known.say(cry)
        assert "Bà con đừng ở một mình" in reply.text
        assert {b.digit for b in reply.buttons} == {9, 0}, cry
    async with known.house.database.read() as tx:
        assert await Unanswered().count(tx) == 0


async def test_a_card_that_helps_in_danger_shows_what_to_do(known: Villager) -> None:
    first, then = await known.say("vợ em ra máu nhiều, có thai 7 tháng")
    assert "115" in first.text
    assert ": các bước" in then.text.splitlines()[0]


async def test_danger_in_the_middle_of_another_talk_is_no_follow_up(known: Villager) -> None:
    await known.say("chuẩn nghèo năm nay là bao nhiêu")
    first, then = await known.say("lu ve roi cuu voi")
    assert "112" in first.text
    assert "nghèo" not in then.text
    await known.say("chồng đánh tôi thì gọi ai")
    first, then = await known.say("nó lại đánh tôi nữa rồi, phải làm sao")
    assert "113" in first.text
    assert "Bị người nhà đánh" in then.text, "a talk about this danger goes on"


async def test_danger_that_no_card_answers_gets_no_menu_of_guesses(known: Villager) -> None:
    [reply] = await known.say("em khong muon song nua")
    assert "115" in reply.text
    assert {b.digit for b in reply.buttons} == {9, 0}
    assert len(await waiting(known.house)) == 1


async def test_danger_is_heard_where_an_officials_question_was_expected(known: Villager) -> None:
    await known.say("9")
    first, passed = await known.say("chồng đánh tôi, nó đang cầm dao")
    assert "113" in first.text
    assert "cầm dao" in passed.text
