"""What comes back of a broadcast becomes its numbers, each message counted once."""

from __future__ import annotations

import pytest

from storage.broadcast_echoes import AFTERWARDS, Echoes
from storage.database import Database
from storage.outbox import Outbox
from tests.storage.broadcast_office import NOW, Office

LAN = {"account": "bot", "chat": "lan", "platform_id": "m1"}


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


async def arrived(office: Office, **what: str) -> bool:
    async with office.database.begin() as tx:
        return await Echoes().arrived(tx, **{**LAN, **what})


async def test_a_message_counts_once_and_only_in_its_own_chat(office: Office) -> None:
    await office.villager("lan")
    number = await office.begun()
    [claim] = await office.claim()
    assert not await arrived(office), "its id is not known yet"
    async with office.database.begin() as tx:
        await Outbox().sent(tx, claim, platform_id="m1", at=NOW)
    for chat in ("nam", "lan", "lan"):
        assert await arrived(office, chat=chat)
    assert await arrived(office, platform_id="m2")
    assert (await office.get(number)).arrived == 1


async def test_a_no_counts_for_the_last_broadcast_within_two_days(office: Office) -> None:
    _, talk = await office.villager("lan")
    first = await office.begun()
    await office.send()
    async with office.database.begin() as tx:
        await Echoes().opted_out(tx, talk, at=NOW + AFTERWARDS)
        await Echoes().opted_out(tx, talk, at=NOW + 2 * AFTERWARDS)
    assert (await office.get(first)).opted_out == 1
