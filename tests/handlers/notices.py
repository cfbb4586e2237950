"""What the tests of notices share: villagers who asked for them, and officials who write them."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import time

from bot.delivery import Delivery, Rules
from bot.wiring import House, now
from storage.broadcast_recipients import Account, Recipients
from storage.broadcasts import Broadcast, Broadcasts
from storage.consents import Consents, Purpose
from storage.conversations import Conversations
from storage.database import Database
from storage.officials import Role
from storage.people import People
from tests.handlers.office import Person, official

NAMES = itertools.count(1)
WORDS = "Sáng mai trạm y tế tiêm phòng cho trẻ. Bà con mang sổ tiêm."


async def asked_for_notices(
    database: Database,
    *,
    unit: str = "xa-mau",
    account: str = "web",
    yes: bool | None = True,
    purpose: Purpose = Purpose.NOTICES,
) -> tuple[int, int]:
    """Somebody who said yes, no, or (None) nothing: their person and conversation."""
    name = f"bà con {next(NAMES)}"
    async with database.begin() as tx:
        person = await People().meet(tx, account=account, sender=name, unit=unit, at=now())
        talk = await Conversations().open(
            tx, account=account, chat=name, thread="", person=person.known_as, at=now()
        )
        if yes is not None:
            await Consents().answer(
                tx, purpose, yes=yes, person=person.id, conversation=talk.id, notice="1", at=now()
            )
    return person.id, talk.id


async def composed(official: Person, *, words: str = WORDS, when: str = "1") -> str:
    """Go through the steps by the shortest way to the preview; what that says."""
    await official.say("thông báo")
    await official.say(words)
    places = await official.told("1")  # to their own unit
    if "loại tin" in places:
        await official.say("1")
    await official.say("7")  # no card
    return await official.told(when)


async def handed_in(official: Person, **more: str) -> int:
    """The number of a notice that waits for approval."""
    await composed(official, **more)
    return await submitted(official)


async def submitted(official: Person) -> int:
    """Hand in what the preview shows; its number."""
    told = await official.told("1")
    found = re.search(r"Đã gửi duyệt, thông báo số ([0-9]+)", told)
    assert found, told
    return int(found[1])


async def again(house: House, number: int) -> Broadcast:
    async with house.database.read() as tx:
        return await Broadcasts().get(tx, number)


async def account_of(house: House, number: int) -> Account:
    async with house.database.read() as tx:
        return await Recipients().account(tx, number)


async def told_news(house: House, person: Person) -> str:
    """What the clock has to tell this official."""
    await house.notices.reports.run(now())
    return "\n".join(reply.text for reply in await person.replies())


@asynccontextmanager
async def sending(house: House) -> AsyncIterator[None]:
    """A sender at work, at night too."""
    stop = asyncio.Event()
    delivery = Delivery(
        database=house.database,
        channels=house.channels,
        rules=Rules(quiet_start=time(0), quiet_end=time(0)),
        owner=f"test {next(NAMES)}",
        clock=now,
        reveal=house.reveal,
        lost=house.filing.lost,
    )
    task = asyncio.create_task(delivery.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def two(house: House) -> tuple[Person, Person]:
    """Who writes and who leads."""
    return await official(house), await official(house, Role.APPROVER, name="Sua")
