"""Two chats of one person, linked by a code that only they have seen, on both databases."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.config import load
from bot.wiring import House, build, now
from content.library import Library
from handlers.actions import LinkChats, ShowCard, encode
from handlers.messages import Address, Incoming, Kind, Reply
from storage.guesses import WRONG_IN_ONE
from storage.links import LinkCodeRecord
from tests.handlers.villager import Villager, words

WHERE = encode(ShowCard("the-bhyt", "where"))
BOT = """
[[accounts]]
name = "bot"
platform = "telegram"
token = "1:secret"
api_base = "http://127.0.0.1:9"
"""


@dataclass
class Person(Villager):
    """Somebody in a chat of their own, or in a group, on one of two accounts."""

    account: str = "web"
    group: bool = False

    def incoming(self, text: str = "", kind: Kind = Kind.TEXT) -> Incoming:
        place = Address(self.account, self.chat)
        return replace(super().incoming(text, kind), address=place, group=self.group)

    async def code(self) -> str:
        """Ask for a code; what to type."""
        said = words(await self.say("liên kết"))
        found = re.search(r"\d{4} \d{4}", said)
        assert found, said
        return found[0]

    async def commune(self) -> str:
        """The line of a card that names where to go."""
        return words(await self.say(WHERE, Kind.BUTTON))


@pytest.fixture
async def house(migrated_address: str, data_folder: Path, library: Library) -> AsyncIterator[House]:
    """A web chat and a Telegram bot, two communes."""
    file = data_folder.parent / "config.toml"
    shared = (Path(__file__).parent.parent / "house.toml").read_text("utf-8")
    file.write_text(shared + BOT, "utf-8")
    environment = {
        "LOABAN_DATABASE__URL": migrated_address,
        "LOABAN_DATA__FOLDER": str(data_folder),
        "LOABAN_CONFIG": str(file),
    }
    async with build(load(environment), library) as built:
        yield built


@pytest.fixture
async def web(house: House) -> Person:
    """In the web chat, where they chose their commune."""
    person = Person(house)
    await person.say("xa-mau", Kind.START)
    return person


@pytest.fixture
async def phone(house: House) -> Person:
    """On Telegram."""
    person = Person(house, account="bot")
    await person.say("", Kind.START)
    return person


def buttons(reply: Reply) -> list[str]:
    return [button.label for button in reply.buttons]


async def test_a_person_links_two_chats_and_parts_them_again(web: Person, phone: Person) -> None:
    [offer] = await web.say("Lien ket")
    assert "không ai khác biết" in offer.text
    code = re.search(r"\d{4} \d{4}", offer.text)
    assert code
    [question] = await phone.say(code[0])
    assert "trên trang web" in question.text
    assert "Xã Mẫu" in question.text
    assert buttons(question) == ["1. Nối", "0. Thôi"]
    assert "Xã Mẫu" not in await phone.commune(), "nothing is done before the yes"
    await phone.say(code[0])
    assert "đã nối" in words(await phone.say("1"))
    assert "trên Telegram" in words(await web.replies()), "the other chat learns of it"
    assert "Xã Mẫu" in await phone.commune()
    await phone.say("xa-khac")
    assert "Xã Khác" in await web.commune()
    assert "nối từ trước" in words(await web.say(await phone.code()))
    assert "Đã thôi nối" in words(await web.say("thôi nối"))
    await web.say("xa-mau")
    assert "Xã Khác" in await phone.commune(), "each keeps what was chosen last"
    assert "chưa nối" in words(await phone.say("bo lien ket"))


async def test_who_says_no_stays_apart(web: Person, phone: Person) -> None:
    await phone.say(await web.code())
    assert "hỏi chuyện gì" in words(await phone.say("0"))
    assert "Xã Mẫu" not in await phone.commune()
    assert await web.replies() == []


async def test_a_code_may_be_the_first_word_and_is_typed_in_many_ways(
    house: House, web: Person
) -> None:
    for shape in (
        "{}{}", "{} {}", " {}-{}.", "liên kết {} {}", "lien ket: {}{}", "/lienket {}{}", "mã {} {}",
    ):  # fmt: skip
        first, last = (await web.code()).split()
        greeting, question = await Person(house, account="bot").say(shape.format(first, last))
        assert "máy trả lời tự động" in greeting.text
        assert "Nối cuộc trò chuyện" in question.text, shape


async def test_a_code_that_was_used_or_is_too_old_tells_no_more_than_a_wrong_one(
    house: House, web: Person, phone: Person
) -> None:
    used = await web.code()
    await phone.say(used)
    await phone.say("1")
    await web.replies()
    old = await web.code()
    await phone.say(old)
    async with house.database.begin() as tx:
        await tx.connection.execute(update(LinkCodeRecord).values(expires_at=now()))
    other = Person(house, account="bot")
    await other.say("", Kind.START)
    wrong = "1111 1111" if "1111 1111" not in {used, old} else "2222 2222"
    answers = {words(await other.say(f"liên kết {code}")) for code in (used, old, wrong, "123")}
    answers.add(words(await other.say(encode(LinkChats()), Kind.BUTTON)))
    assert len(answers) == 1
    assert "không đúng hoặc đã hết hạn" in answers.pop()
    assert "chưa hiểu" in words(await web.say(used)), "nor is it anything where it was told"
    assert "không đúng" in words(await phone.say(encode(LinkChats()), Kind.BUTTON))
    await house.clock.forget()
    async with house.database.read() as tx:
        assert (await tx.connection.execute(select(LinkCodeRecord.id))).all() == []


async def test_eight_digits_that_are_no_code_are_a_message_as_any_other(phone: Person) -> None:
    for number in ("2345 6789", "01012026", "0912 345 678"):
        assert "chưa hiểu" in words(await phone.say(number))
    own = await phone.code()
    assert "lấy ở đây" in words(await phone.say(own))
    wrong = "23456789" if own != "2345 6789" else "34567890"
    assert "không đúng" in words(await phone.say(wrong)), "a code was expected now"
    assert "chưa hiểu" in words(await phone.say("0912 345 678"))


async def test_after_some_wrong_codes_even_the_right_one_has_to_wait(
    web: Person, phone: Person
) -> None:
    right = await web.code()
    wrong = "11111111" if right != "1111 1111" else "22222222"
    for _ in range(WRONG_IN_ONE):
        assert "không đúng" in words(await phone.say(f"liên kết {wrong}"))
    assert "chờ 10 phút" in words(await phone.say(f"liên kết {wrong}"))
    assert "chờ 10 phút" in words(await phone.say(f"liên kết {right}"))
    assert "chưa hiểu" in words(await phone.say(right)), "typed alone it is mere digits then"
    other = Person(phone.house, account="bot")
    assert "Nối cuộc trò chuyện" in words(await other.say(right))


async def test_in_a_group_nothing_is_told_linked_or_parted(house: House, web: Person) -> None:
    code = await web.code()
    group = Person(house, account="bot", group=True)
    for text in ("liên kết", f"liên kết {code}", "thôi nối"):
        [reply] = await group.say(text)
        assert "không làm trong nhóm" in reply.text
        assert not re.search(r"\d{4}", reply.text)
    assert "chưa hiểu" in words(await group.say(code))
    alone = Person(house, account="bot")
    assert "Nối cuộc trò chuyện" in words(await alone.say(code)), "the code is as good as before"


async def test_two_who_say_yes_to_each_other_at_once_are_one_person(
    web: Person, phone: Person
) -> None:
    await asyncio.gather(web.say(await phone.code()), phone.say(await web.code()))
    taken = await asyncio.gather(*(p.house.accept(p.incoming("1")) for p in (web, phone)))
    assert taken == [True, True]
    said = words([*await web.replies(), *await phone.replies()])
    assert said.count("đã nối.") == 1
    assert "nối từ trước" in said
    await phone.say("xa-khac")
    assert "Xã Khác" in await web.commune()


async def test_who_blocked_the_bot_is_not_told(web: Person, phone: Person) -> None:
    code = await phone.code()
    await phone.say("", Kind.BLOCKED)
    await web.say(code)
    await web.say("1")
    assert await phone.replies() == []
