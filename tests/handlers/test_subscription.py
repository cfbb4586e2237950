"""Asking for notices: a plain question, a yes that counts, one word that ends it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.wiring import House, now
from handlers.messages import Address, Incoming, Kind, Reply
from storage.consents import ConsentRecord, Consents, Purpose
from storage.outbox import OutboxRecord
from storage.people import People


class Villager:
    """One person who writes to the house."""

    def __init__(self, house: House, name: str = "lan", account: str = "web") -> None:
        self.house, self.name, self.account = house, name, account
        self.said = 0

    async def say(self, text: str, kind: Kind = Kind.TEXT, **more: Any) -> Reply:
        """Write, and get the last reply."""
        self.said += 1
        await self.house.accept(
            Incoming(
                address=Address(self.account, self.name),
                message_id=f"{self.name}-{self.said}",
                sender=self.name,
                kind=kind,
                text=text,
                sent_at=now(),
                **more,
            )
        )
        async with self.house.database.read() as tx:
            rows = await tx.connection.execute(
                select(OutboxRecord.body).order_by(OutboxRecord.id.desc()).limit(1)
            )
            return Reply.from_json(rows.scalar_one())

    async def wants(self) -> set[Purpose]:
        async with self.house.database.begin() as tx:
            person = await People().meet(
                tx, account=self.account, sender=self.name, unit="", at=now()
            )
            return await Consents().given(tx, person.id)


@pytest.fixture
def lan(house: House) -> Villager:
    account = next(a.name for a in house.settings.accounts if a.platform == "web_chat")
    return Villager(house, account=account)


@pytest.mark.parametrize(
    "words", ["đăng ký", "Dang ky", "dang ki", "ĐĂNG KÍ NHẬN TIN", "đăng ký!", "/dangky"]
)
async def test_asking_for_notices_leads_to_one_question_and_1_says_yes(
    lan: Villager, words: str
) -> None:
    question = await lan.say(words)
    assert "muốn nhận tin" in question.text
    assert not await lan.wants(), "asking is no yes"
    assert "Đã ghi" in (await lan.say("1")).text
    assert await lan.wants() == {Purpose.NOTICES}
    assert "rồi" in (await lan.say(words)).text


async def test_0_says_no(lan: Villager) -> None:
    await lan.say("đăng ký")
    await lan.say("0")
    assert not await lan.wants()


@pytest.mark.parametrize("word", ["DỪNG", "dung", "Stop", "/dung", "dừng.", "hủy đăng ký"])
async def test_one_word_ends_all_notices_and_the_proof_of_both_answers_stays(
    lan: Villager, word: str
) -> None:
    for _ in range(2):  # the second yes is to what the first offers besides
        await lan.say("đăng ký")
        await lan.say("1")
        await lan.say("1")
        await lan.say("1")
    assert await lan.wants() > {Purpose.NOTICES}
    assert "Đã dừng" in (await lan.say(word)).text
    assert not await lan.wants()
    async with lan.house.database.read() as tx:
        row = ConsentRecord
        rows = await tx.connection.execute(
            select(row.yes, row.notice, row.holds).where(row.purpose == "notices").order_by(row.id)
        )
        assert [tuple(one) for one in rows] == [(True, "2026-11", False), (False, "2026-11", True)]


@pytest.mark.parametrize("word", ["đừng", "dùng", "đúng", "dung thuoc gi", "đứng"])
async def test_words_that_only_look_like_stop_stop_nothing(lan: Villager, word: str) -> None:
    await lan.say("đăng ký")
    await lan.say("1")
    await lan.say(word)
    assert await lan.wants() == {Purpose.NOTICES}


async def test_a_group_cannot_say_yes_for_all(lan: Villager) -> None:
    assert "riêng" in (await lan.say("đăng ký", group=True)).text
    await lan.say("1:ny:notices:2026-11", Kind.BUTTON, group=True)
    assert not await lan.wants()


async def test_a_yes_to_an_older_question_asks_anew(lan: Villager) -> None:
    answer = await lan.say("1:ny:notices:2020-01", Kind.BUTTON)
    assert "muốn nhận tin" in answer.text
    assert not await lan.wants()
