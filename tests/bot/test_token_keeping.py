"""Tokens are kept: sealed, made new in time, once, and never used before they are stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.channels.zalo_oa import ZaloOAChannel
from bot.channels.zalo_oa_tokens import NoToken, Pair
from bot.channels.zalo_oa_wire import Limits
from bot.sealing import BadKey, Seal, Unopenable
from handlers.messages import Address, Reply
from storage.database import Database
from storage.tokens import TokenBook
from tests.bot.token_line import HOUR, KEY, Line, line_in, open_line, refusal
from tests.emulators.zalo_oa import TOKEN_PATH
from tests.emulators.zalo_oa_line import LAN, NOON


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    async with line_in(tmp_path) as opened:
        yield opened


async def test_the_configured_token_begins_and_what_follows_is_kept_sealed(line: Line) -> None:
    keeper = line.keeper()
    assert await keeper.state() is None
    token = await keeper.current()
    assert await line.works(token)
    assert await keeper.current() == token
    restarted = line.keeper(first="something old that is still in the config")
    assert await restarted.current() == token
    assert await line.keeper(first="").current() == token
    assert await line.asked() == 1
    async with line.database.read() as tx:
        row = await TokenBook().get(tx, "xa-mau")
    assert row is not None
    seal = Seal(KEY)
    assert seal.open(row.access) == token
    for stored in (row.access, row.refresh, row.seed, repr(row)):
        assert token not in stored
        assert seal.open(row.refresh) not in stored
    state = await keeper.state()
    assert state is not None
    assert (state.lost_at, state.asked_at) == (None, None)
    assert state.access_until == state.refresh_at + timedelta(hours=25)


async def test_a_token_is_made_new_before_its_end_and_the_old_one_bridges_an_outage(
    line: Line,
) -> None:
    keeper = line.keeper()
    first = await keeper.current()
    await line.control.move(18 * HOUR)
    assert await keeper.current() == first
    await line.control.fault("status", path=TOKEN_PATH, times=2)
    await line.control.move(2 * HOUR)
    assert await keeper.current() == first
    assert "HTTP 500" in keeper.problem
    assert await keeper.current() == first  # and Zalo is not asked again at once
    assert await line.asked() == 2
    await line.control.move(6 * HOUR)
    refused = await refusal(keeper)
    assert not refused.consent
    assert refused.when > line.now()
    await line.control.move(10)
    second = await keeper.current()
    assert second != first
    assert await line.works(second)
    assert (keeper.problem, await line.asked()) == ("", 4)


async def test_whoever_needs_a_token_at_the_same_time_asks_once(
    database: Database, database_address: str
) -> None:
    other = Database.at(database_address)
    async with open_line(database) as line:
        here, there = line.keeper(), line.keeper(database=other)
        await line.control.fault("slow", path=TOKEN_PATH, seconds=0.1)
        found = await asyncio.gather(*(k.current() for k in [here, there] * 8))
        assert len(set(found)) == 1
        assert await line.works(found[0])
        assert await line.asked() == 1
        await there.close()
    await other.close()


async def test_a_refused_token_is_made_new_once_by_all_processes(line: Line) -> None:
    here, there = line.keeper(), line.keeper()
    first = await here.current()
    assert await there.current() == first
    with pytest.raises(NoToken):  # it is brand-new: another would fare no better
        await here.refresh(first)
    await line.control.move(120)
    second = await here.refresh(first)
    assert second != first
    assert await there.refresh(first) == second
    assert await line.asked() == 2


async def test_an_expired_refresh_token_is_lost_and_a_wrong_secret_is_not(line: Line) -> None:
    wrong = line.keeper(app_secret="of another app")
    refused = await refusal(wrong)
    assert not refused.consent
    assert "app_secret" in refused.reason
    state = await wrong.state()
    assert state is not None
    assert (state.asked_at, state.lost_at) == (None, None)
    keeper = line.keeper()
    await keeper.current()
    await line.control.move(91 * 24 * HOUR)
    assert (await refusal(keeper)).consent
    assert (await refusal(keeper)).consent
    assert await line.asked() == 3


async def test_nobody_waits_for_a_new_token_while_the_old_one_serves(line: Line) -> None:
    first = await line.keeper().current()
    asked, answered = asyncio.Event(), asyncio.Event()

    async def exchange(_: str, left: Callable[[], None]) -> Pair:
        left()
        asked.set()
        await answered.wait()
        return Pair("new access", "new refresh", 90_000)

    keeper = line.keeper(exchange=exchange)
    assert await keeper.current() == first
    await line.control.move(20 * HOUR)
    fetching = asyncio.create_task(keeper.current())
    await asked.wait()
    assert await keeper.current() == first
    answered.set()
    assert await fetching == await keeper.current() == "new access"


async def test_without_its_key_nothing_is_opened_and_nothing_is_lost(line: Line) -> None:
    token = await line.keeper().current()
    other = Fernet.generate_key().decode()
    refused = await refusal(line.keeper(key=other))
    assert "LOABAN_TOKEN_KEY" in refused.reason
    assert await line.keeper().current() == token
    assert await line.keeper(key=f"{other}, {KEY}").current() == token
    assert await line.asked() == 1
    fresh = (await line.control.tokens())["refresh_token"]  # the key is gone: consent mends it
    assert await line.works(await line.keeper(key=other, first=fresh).current())


async def test_an_account_without_any_token_says_so(line: Line) -> None:
    refused = await refusal(line.keeper(first=""))
    assert refused.consent
    assert "python -m bot accounts consent xa-mau" in refused.reason
    assert await line.asked() == 0


async def test_a_message_goes_out_though_zalo_ended_the_token(line: Line) -> None:
    keeper, account = line.keeper(), line.emulator.world.account
    await line.control.do("user", user=LAN, last_interaction=NOON)
    channel = ZaloOAChannel(
        "xa-mau",
        app_id=account.app_id,
        oa_secret=account.oa_secret,
        tokens=keeper,
        api_base=line.emulator.base,
        session=line.session,
        clock=line.now,
        read_media=lambda _: asyncio.sleep(0, b""),
        limits=Limits(token_look=0.01),
    )

    async def nobody(_: object) -> None:
        pytest.fail("an Official Account fetches nothing")

    looking = asyncio.create_task(channel.poll(nobody))  # gets the first one, before it is needed
    await line.control.calls(TOKEN_PATH, at_least=1)
    await channel.send(Address("xa-mau", LAN), Reply("một"))
    await line.control.move(120)
    await line.control.tokens(end="access")
    await channel.send(Address("xa-mau", LAN), Reply("hai"))
    assert [shown.text for shown in await line.control.sent(LAN)] == ["một", "hai"]
    await line.control.move(24 * HOUR)
    assert len(await line.control.calls(TOKEN_PATH, at_least=3)) == 3
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    await channel.close()


def test_a_seal_keeps_secrets_and_tells_what_is_wrong_with_its_key() -> None:
    seal = Seal(KEY)
    sealed = seal.close("bí mật")
    assert seal.open(sealed) == "bí mật"
    assert seal.close("bí mật") != sealed
    for damaged in (sealed[:-6] + "AAAAAA", "", "no seal"):
        with pytest.raises(Unopenable):
            seal.open(damaged)
    for key in ("", " , ", "too short", "ổ khóa", KEY + ",x"):
        with pytest.raises(BadKey, match="openssl rand -base64 32"):
            Seal(key)
    Seal("P/+DoTcgmYOSrq0EgVBd9o2TZ6kf0uIFfdX2AoQ3A+A=")  # as openssl writes it


async def test_who_only_looks_uses_a_token_and_never_spends_one(line: Line) -> None:
    with pytest.raises(NoToken, match="the program does it while it runs"):
        await line.keeper(renews=False).current()
    async with line.database.read() as tx:
        assert await TokenBook().get(tx, "xa-mau") is None
    token = await line.keeper().current()
    looking = line.keeper(renews=False)
    assert await looking.current() == token
    await line.control.move(26 * HOUR)
    for asked in (looking.current(), looking.refresh(token)):
        with pytest.raises(NoToken, match="has to be renewed"):
            await asked
    assert await line.asked() == 1
