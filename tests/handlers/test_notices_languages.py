"""Notices in people's own languages: chosen by them, never guessed, Vietnamese for all others."""

from __future__ import annotations

import asyncio
import json

import pytest
from sqlalchemy import select

from bot.wiring import House
from handlers.actions import ChooseLanguage, encode
from handlers.messages import Kind, Reply
from storage.broadcasts import Phase
from storage.conversations import ConversationRecord
from storage.outbox import OutboxRecord
from storage.people import People, PersonRecord
from storage.records import metadata
from tests.bot.test_broadcast_commands import command, drafted
from tests.handlers.notices import WORDS, again, asked_for_notices, composed, submitted
from tests.handlers.office import Person, official

HMONG = "Lus Hmoob."
TAY = "Cằm Tày."


async def reader(house: House, code: str, *, account: str = "web") -> int:
    """Somebody who asked for notices in that language; their person."""
    person, _ = await asked_for_notices(house.database, account=account)
    async with house.database.begin() as tx:
        await People().choose_language(tx, person, code)
    return person


async def chosen(house: House, person: Person) -> str:
    """What is kept of their choice."""
    async with house.database.read() as tx:
        found = await tx.connection.execute(
            select(PersonRecord.language)
            .join(ConversationRecord, ConversationRecord.person_id == PersonRecord.id)
            .where(ConversationRecord.chat == person.chat)
        )
        return str(found.scalar_one())


async def sent_to(house: House, number: int) -> dict[int, str]:
    """What was written for each person."""
    async with house.database.read() as tx:
        rows = await tx.connection.execute(
            select(OutboxRecord.person_id, OutboxRecord.body).where(
                OutboxRecord.broadcast_id == number
            )
        )
        return {row.person_id: Reply.from_json(row.body).text for row in rows}


@pytest.mark.parametrize("word", ["ngôn ngữ", "Tiếng", "doi tieng"])
async def test_a_person_says_in_one_answer_which_language_they_read(
    house: House, word: str
) -> None:
    lan = Person(house)
    asked = (await lan.say(word))[-1]
    assert "Lời của máy thì vẫn là tiếng Việt" in asked.text, "it promises no more than it can"
    assert "5. tiếng Mông" in [button.label for button in asked.buttons]
    assert "tiếng Chăm" in " ".join(button.label for button in (await lan.say("8"))[0].buttons)
    await lan.say(word)
    assert "Đã ghi: tiếng Mông" in await lan.told("5")
    assert "Tiếng đọc tin của xã: tiếng Mông" in await lan.told("dữ liệu của tôi")
    await lan.say(word)
    assert "bằng tiếng Việt" in await lan.told("1"), "and takes it back as easily"
    assert "tiếng Việt" in await lan.told("dữ liệu của tôi")


async def test_it_is_nobody_elses_business_and_goes_with_the_person(house: House) -> None:
    group = Person(house, group=True)
    assert "riêng" in await group.told("/tieng")
    lan = Person(house)
    await lan.say("", Kind.START)
    made_up = encode(ChooseLanguage("xx"))
    assert "tiếng nào" in await lan.told(made_up, Kind.BUTTON)
    await lan.say(encode(ChooseLanguage("hmn")), Kind.BUTTON)
    assert await chosen(house, lan) == "hmn"
    await lan.say("xóa dữ liệu")
    await lan.say("1")
    assert await chosen(house, lan) == ""


async def test_each_person_gets_the_words_that_they_chose_else_vietnamese(house: House) -> None:
    hmong, tay = await reader(house, "hmn"), await reader(house, "tyz")
    plain = await reader(house, "")
    number = await drafted(house, "--text-in", f"hmn={HMONG}")
    await command(house, "submit", str(number), "--by", "Lan")
    await command(house, "approve", str(number), "--by", "Minh")
    await house.clock.broadcasts()
    texts = await sent_to(house, number)
    assert texts[hmong].startswith(HMONG)
    assert texts[tay].startswith("Mai tiêm.")
    assert texts[plain].startswith("Mai tiêm.")
    assert all("nhắn DỪNG" in text for text in texts.values())
    it = await again(house, number)
    assert (it.phase, it.intact) == (Phase.SENDING, True)


@pytest.mark.parametrize(("language", "reached"), [("hmn", 1), ("vi", 2), ("km", 0)])
async def test_a_notice_may_be_for_the_readers_of_one_language(
    house: House, language: str, reached: int
) -> None:
    await reader(house, "hmn")
    for _ in range(2):
        await reader(house, "")
    number = await drafted(house, "--language", language)
    counted = json.loads((await command(house, "reach", str(number), "--json")).splitlines()[-1])
    assert counted["reached"] == reached
    await command(house, "submit", str(number), "--by", "Lan")
    await command(house, "approve", str(number), "--by", "Minh")
    await house.clock.broadcasts()
    assert len(await sent_to(house, number)) == reached


async def test_preview_and_reach_tell_it_by_channel_and_language(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for _ in range(6):
        await reader(house, "hmn")
    await reader(house, "tyz")
    file = tmp_path_factory.mktemp("words") / "hmn.txt"
    await asyncio.to_thread(file.write_text, HMONG + "\n", "utf-8")
    number = str(await drafted(house, "--text-file", f"hmn={file}"))
    shown = await command(house, "preview", number)
    assert "── web hmn" in shown
    assert HMONG in shown
    counted = json.loads((await command(house, "reach", number, "--json")).splitlines()[-1])
    assert counted["languages"] == {"hmn": 6, "tyz": "fewer than 5"}
    for words, why in (
        (("--text-in", "xx=a"), "no language that is known"),
        (("--text-in", "hmn"), "write a language and its words"),
        (("--text-in", "vi=a"), "write a language and its words"),
        (("--text-in", f"hmn={'a' * 901}"), "901 letters"),
        (("--text-file", "hmn=/nowhere"), "cannot be read"),
        (("--language", "english"), "no language that is known"),
    ):
        printed = await command(house, "draft", "--text", "x", "--by", "Lan", *words, fails=True)
        assert why in printed
    await command(house, "edit", number, "--text", "Mốt tiêm.", "--by", "Lan")
    assert (await again(house, int(number))).draft.texts == (), "they said something else"


async def test_an_official_adds_words_in_another_language_in_the_chat(house: House) -> None:
    for _ in range(5):
        await reader(house, "hmn")
    await reader(house, "tyz")
    lan = await official(house)
    facts = await composed(lan)
    assert "Chọn tiếng Mông: 5 người, nhận lời tiếng Việt" in facts
    assert "Chọn tiếng Tày: chưa tới 5 người" in facts
    told = await lan.told(f"Tieng Mong: {HMONG}")
    assert "Ai chọn tiếng Mông sẽ thấy trên trang web:" in told
    assert "nhận lời tiếng Mông" in told
    number = await submitted(lan)
    assert (await again(house, number)).draft.texts == (("hmn", HMONG),)
    await lan.say("các thông báo")
    await lan.say("1")
    await lan.say("1")
    await lan.say("2")
    assert "Ai chọn tiếng Mông" not in await lan.told("Mốt mới tiêm nhé bà con.")
    await submitted(lan)
    assert (await again(house, number)).draft.texts == ()
    assert (await again(house, number)).draft.text != WORDS


def test_nothing_is_known_of_people_by_which_they_could_be_sorted() -> None:
    known = {
        table: set(metadata.tables[table].columns.keys())
        for table in ("people", "conversations", "consents", "broadcasts")
    }
    assert known["people"] == {
        *("id", "account", "sender", "unit", "language", "created_at", "same_as", "forgotten_at")
    }
    for table, columns in known.items():
        for word in ("ethnic", "religion", "faith", "score", "rank", "segment", "age", "gender"):
            assert not any(word == part for name in columns for part in name.split("_")), table
