"""How fast delivery writes to Telegram, over HTTP: within its limits, and after a refusal."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from bot.channels.channel import Speed
from bot.channels.telegram import TelegramChannel
from handlers.messages import Reply
from storage.account_leases import AccountLeases
from storage.database import Database
from storage.outbox import Outbox
from tests.bot.office import Office, Post, now
from tests.channels.telegram_line import VOICE, read_media
from tests.emulators.telegram import TOKEN, Emulator
from tests.emulators.telegram_world import Bucket, World

SPEED = Speed(58, 1)
one_database = pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(limited=True) as emulator:
        emulator.world.overall = Bucket(20, 60)
        yield emulator


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def office(database: Database, emulator: Emulator, session: aiohttp.ClientSession) -> Office:
    return opened(database, emulator, session)


def opened(
    database: Database, emulator: Emulator, session: aiohttp.ClientSession, speed: Speed = SPEED
) -> Office:
    channel = TelegramChannel(
        "bot",
        TOKEN,
        api_base=emulator.base,
        mode="polling",
        webhook_secret="",
        webhook_url=None,
        session=session,
        clock=now,
        read_media=read_media,
        speed=speed,
    )
    return Office(database, Post(), {"bot": channel})


async def put(office: Office, world: World, chats: range) -> None:
    for number in chats:
        world.chat(number)
        await office.put(str(number), f"message {number}", account="bot")


async def arrived(world: World, many: int) -> list[int]:
    """The chats that got a message, in their order, once there are so many."""
    async with asyncio.timeout(60):
        while len(world.sent) < many:
            await world.changed.wait()
    return [sent.chat for sent in world.sent]


def refused(world: World) -> list[int]:
    return [place for place, call in enumerate(world.calls) if call.status == 429]


async def test_two_senders_keep_one_accounts_pace_and_deliver_each_message_once(
    office: Office,
    database_address: str,
    emulator: Emulator,
    session: aiohttp.ClientSession,
) -> None:
    other = opened(Database.at(database_address), emulator, session)
    await put(office, emulator.world, range(1, 91))
    try:
        async with office.sending("one"), other.sending("two"):
            chats = await arrived(emulator.world, 90)
    finally:
        await other.database.close()
    assert Counter(chats) == Counter(range(1, 91))
    assert not refused(emulator.world)


async def test_the_account_of_a_sender_that_died_is_taken_over(
    office: Office, emulator: Emulator
) -> None:
    long_ago = now() - timedelta(seconds=2)
    async with office.database.begin() as tx:
        await Outbox().alive(tx, "dead", at=long_ago)
        assert await AccountLeases().take(tx, "bot", "dead", at=long_ago)
    await put(office, emulator.world, range(1, 4))
    async with office.sending():
        assert await arrived(emulator.world, 3) == [1, 2, 3]


@one_database
async def test_an_account_that_has_nothing_to_send_is_free_for_another_sender(
    office: Office, emulator: Emulator
) -> None:
    async def taken() -> set[str]:
        async with office.database.read() as tx:
            return await AccountLeases().of_others(tx, "another", at=now())

    await put(office, emulator.world, range(1, 2))
    async with office.sending(idle=0.1), asyncio.timeout(20):
        await arrived(emulator.world, 1)
        assert await taken() == {"bot"}
        while await taken():
            await asyncio.sleep(0.1)


@one_database
async def test_a_refusal_that_concerns_one_chat_delays_no_other(
    office: Office, emulator: Emulator
) -> None:
    world = emulator.world
    world.chat(1).pace = Bucket(1, 0.4)  # a chat that is slower than others: the next in 2.5 s
    await office.put("1", "first", "second", account="bot")
    await put(office, world, range(2, 22))
    async with office.sending():
        chats = await arrived(world, 22)
    assert chats[-1] == 1
    assert chats.count(1) == 2
    assert len(refused(world)) == 1


@one_database
async def test_a_group_that_had_its_minutes_messages_waits_and_is_not_refused(
    database: Database, emulator: Emulator, session: aiohttp.ClientSession
) -> None:
    office, world = opened(database, emulator, session, Speed(58, 100)), emulator.world
    world.chat(-100, "supergroup").pace = Bucket(100, 100)
    await office.put("-100", *[f"message {n}" for n in range(24)], account="bot")
    async with office.sending():
        assert await arrived(world, 20) == [-100] * 20
        await put(office, world, range(1, 4))
        assert (await arrived(world, 23))[-3:] == [1, 2, 3]
    assert not refused(world)


@one_database
async def test_an_account_that_is_refused_waits_slows_down_and_loses_nothing(
    database: Database, emulator: Emulator, session: aiohttp.ClientSession
) -> None:
    office, world = opened(database, emulator, session, Speed(30, 1)), emulator.world
    world.overall = Bucket(5, 15)  # half of what was said
    await put(office, world, range(1, 61))
    async with office.sending():
        chats = await arrived(world, 60)
    assert sorted(chats) == list(range(1, 61))
    assert 2 <= len(refused(world)) < 15
    assert max(refused(world)) < len(world.calls) - 20, "it found a pace that holds"


@one_database
async def test_a_message_with_a_sound_and_long_words_counts_as_two(
    office: Office, emulator: Emulator
) -> None:
    """Counted as one, twice as many would go out as may."""
    for number in range(1, 46):
        emulator.world.chat(number)
        await office.put(str(number), Reply("dài " * 300, media=(VOICE,)), account="bot")
    async with office.sending():
        await arrived(emulator.world, 90)
    assert not refused(emulator.world)
