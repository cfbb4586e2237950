"""What the tests of officials share: people in chats of their own, and officials among them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from sqlalchemy import select

from bot.wiring import House, now
from handlers.messages import Incoming, Kind
from storage.case_lists import EVERYTHING, CaseLists
from storage.case_records import Case
from storage.cases import Cases
from storage.conversations import ConversationRecord
from storage.official_drafts import OfficialDraft, OfficialDrafts
from storage.officials import Officials, Role
from tests.handlers.villager import Villager, words

QUESTION = "máy cày nhà tôi hỏng thì sửa ở đâu"
CODES = itertools.count(123456789012)


@dataclass
class Person(Villager):
    """Somebody in a chat of their own, or in a group."""

    group: bool = False

    def incoming(self, text: str = "", kind: Kind = Kind.TEXT) -> Incoming:
        return replace(super().incoming(text, kind), group=self.group)

    async def told(self, text: str = "", kind: Kind = Kind.TEXT) -> str:
        """Send it; the words that come back."""
        return words(await self.say(text, kind))

    async def ask(self, question: str = QUESTION) -> Case:
        """Ask what no card answers, as a villager of Xã Mẫu; the case that it becomes."""
        await self.say("xa-mau", Kind.START)
        await self.say(question)
        return (await cases(self.house))[-1]

    async def number(self) -> int:
        """Of their conversation."""
        async with self.house.database.read() as tx:
            found = await tx.connection.execute(
                select(ConversationRecord.id).where(ConversationRecord.chat == self.chat)
            )
            return int(found.scalar_one())

    async def draft(self) -> OfficialDraft | None:
        """What they are writing as an official."""
        number = await self.number()
        async with self.house.database.read() as tx:
            return await OfficialDrafts().of(tx, number)


async def cases(house: House) -> list[Case]:
    """All that there are."""
    async with house.database.read() as tx:
        return [case async for page in CaseLists().pages(tx, EVERYTHING) for case in page]


async def again(house: House, case: Case) -> Case:
    async with house.database.read() as tx:
        found = await Cases().get(tx, case.id)
    assert found
    return found


async def invitation(
    house: House, role: Role = Role.OFFICER, *, unit: str = "xa-mau", name: str = "Lan"
) -> str:
    """A code that makes somebody an official."""
    code = f"{next(CODES):012}"
    async with house.database.begin() as tx:
        await Officials().invite(tx, code, name=name, unit=unit, role=role, at=now())
    return code


async def official(
    house: House, role: Role = Role.OFFICER, *, unit: str = "xa-mau", name: str = "Lan"
) -> Person:
    """Somebody who joined with a code."""
    person = Person(house)
    await person.say(f"mời {await invitation(house, role, unit=unit, name=name)}")
    await person.say("1")
    return person


async def remove(house: House, person: Person) -> None:
    """Take an official's rights away."""
    number = await person.number()
    async with house.database.begin() as tx:
        working = await Officials().of(tx, number)
        assert working
        await Officials().remove(tx, working.id, at=now())
