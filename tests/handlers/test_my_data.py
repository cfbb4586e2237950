"""What is kept of a person is shown to them, and gone when they say so, on both databases."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.wiring import House, now
from handlers.messages import Kind
from storage.case_records import CaseRecord, CaseWordsRecord
from storage.consents import ConsentRecord
from storage.conversations import ConversationRecord
from storage.drafts import DraftRecord
from storage.forgetting import remove_forgotten
from storage.inbox import InboxRecord
from storage.outbox import OutboxRecord
from storage.people import PersonRecord
from tests.handlers.test_feedback import told
from tests.handlers.villager import Villager

HOLD_WORDS = (
    ConsentRecord,
    InboxRecord,
    OutboxRecord,
    CaseWordsRecord,
    DraftRecord,
    ConversationRecord,
)


@pytest.fixture
async def villager(house: House) -> Villager:
    """Somebody of xa-mau with a case that waits, a draft, and a few messages."""
    person = Villager(house)
    await person.say("xa-mau", Kind.START)
    await told(person, "đăng ký", "1")
    await told(person, "góp ý", "3", "giếng làng ngoại cạn nước", "2", "1")
    await told(person, "góp ý", "2", "nên trồng thêm cây ngoại")
    return person


async def everything(house: House) -> str:
    """All rows that may hold what somebody wrote."""
    async with house.database.read() as tx:
        rows = [
            (await tx.connection.execute(select(record.__table__))).all() for record in HOLD_WORDS
        ]
    return str(rows)


async def rows_of(house: House, chat: str) -> int:
    async with house.database.read() as tx:
        found = await tx.connection.execute(
            select(PersonRecord.id).where(PersonRecord.sender == chat)
        )
        return len(found.all())


async def test_what_is_kept_is_told_in_numbers(villager: Villager) -> None:
    shown = await told(villager, "dữ liệu của tôi")
    assert "Xã đã chọn: Xã Mẫu" in shown
    assert "góp ý đã gửi: 1" in shown


async def test_after_one_yes_all_is_gone_and_soon_the_row_too(villager: Villager) -> None:
    house = villager.house
    assert "Xóa hết" in await told(villager, "xoa du lieu")
    assert "notices" in await everything(house)
    assert "ngoại" in await everything(house), "nothing is done before the yes"
    villager.heard = 0  # SQLite gives numbers of deleted rows again
    assert "Đã xóa hết" in await told(villager, "1")
    kept = await everything(house)
    assert "ngoại" not in kept
    assert "notices" not in kept, "they asked for no notices any more"
    assert "Đã xóa hết" in kept, "the last message still has to go out"
    async with house.database.read() as tx:
        [case] = (await tx.connection.execute(select(CaseRecord.__table__))).all()
    assert (case.state, case.conversation_id, case.receipt_hash) == ("withdrawn", None, None)
    assert await remove_forgotten(house.database, before=now() - timedelta(hours=1)) == 0
    assert await remove_forgotten(house.database, before=now()) == 1
    assert await rows_of(house, villager.chat) == 0
    assert "Đã xóa hết" not in await everything(house)


async def test_who_has_several_cases_is_told_that_they_go_at_once(villager: Villager) -> None:
    assert "cùng lúc" not in await told(villager, "xoa du lieu")
    await told(villager, "góp ý", "2", "2", "nên mở chợ", "1")
    assert "2 việc mất cùng lúc" in await told(villager, "xoa du lieu")
    await told(villager, "việc của tôi", "1", "2")
    assert "rút từng việc" in await told(villager, "xoa du lieu")
    villager.heard = 0
    assert "Đã xóa hết" in await told(villager, "1")


async def test_who_writes_again_begins_anew_and_stays(villager: Villager) -> None:
    await told(villager, "/xoa")
    villager.heard = 0
    assert "Đã xóa hết" in await told(villager, "1")
    assert "máy trả lời tự động" in await told(villager, "xin chào")
    assert "Xã đã chọn: chưa chọn" in await told(villager, "/dulieu")
    assert await remove_forgotten(villager.house.database, before=now()) == 0


async def test_who_says_no_keeps_all(villager: Villager) -> None:
    await told(villager, "/xoa", "0")
    assert "góp ý đã gửi: 1" in await told(villager, "/dulieu")


async def test_consent_withdrawn_at_the_platform_forgets_them_even_if_told_twice(
    villager: Villager,
) -> None:
    house = villager.house
    event = dataclasses.replace(villager.incoming("", Kind.WITHDREW), message_id="withdrew")
    assert await house.accept(event)
    assert not await house.accept(event)
    assert "ngoại" not in await everything(house)
    assert await remove_forgotten(house.database, before=now()) == 1
