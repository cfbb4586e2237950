"""Tokens are kept: sealed, made new in time, once, and never used before they are stored."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.fernet import Fernet

from bot.channels.zalo_oa import ZaloOAChannel
from bot.channels.zalo_oa_tokens import NoToken, OAuth, Pair
from bot.channels.zalo_oa_wire import Limits
from bot.sealing import BadKey, Seal, Unopenable
from bot.token_keeping import Pauses, TokenKeeping
from handlers.messages import Address, Reply
from storage.database import Database
from storage.migrate import migrate
from storage.tokens import TokenBook
from tests.emulators.zalo_oa import TOKEN_PATH, Emulator
from tests.emulators.zalo_oa_control import ZaloOAControl
from tests.emulators.zalo_oa_line import LAN, NOON

HOUR = 3600
KEY = Fernet.generate_key().decode()


@dataclass
class Line:
    """The emulator, the database, and keepers as a process makes one at its start."""

    emulator: Emulator
    session: aiohttp.ClientSession
    control: ZaloOAControl
    database: Database
    keepers: list[TokenKeeping] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.emulator.platform.clock.now(), UTC)

    def keeper(
        self, *, key: str = KEY, app_secret: str = "", patience: float = 20, **changes: Any
    ) -> TokenKeeping:
        account = self.emulator.world.account
        oauth = OAuth(
            self.session,
            self.emulator.base,
            app_id=account.app_id,
            app_secret=app_secret or account.app_secret,
            limits=Limits(call=patience),
        )
        settings: dict[str, Any] = {
            "database": self.database,
            "seal": Seal(key),
            "exchange": oauth.exchange,
            "first": account.refresh_token,
            "clock": self.now,
            "pauses": Pauses(store=0.01),
        }
        self.keepers.append(TokenKeeping("xa-mau", **settings | changes))
        return self.keepers[-1]

    async def asked(self) -> int:
        """How often Zalo was asked for a new pair."""
        return len(await self.control.calls(TOKEN_PATH))

    async def works(self, token: str) -> bool:
        url, headers = f"{self.emulator.base}/v2.0/oa/getoa", {"access_token": token}
        async with self.session.get(url, headers=headers) as response:
            return bool((await response.json())["error"] == 0)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    database = Database.at(f"sqlite:///{tmp_path / 'loaban.db'}")
    await migrate(database)
    async with open_line(database) as opened:
        yield opened
    await database.close()


@asynccontextmanager
async def open_line(database: Database) -> AsyncIterator[Line]:
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        control = ZaloOAControl(session, emulator.base)
        await control.do("clock", to=NOON)
        opened = Line(emulator, session, control, database)
        yield opened
        for keeper in opened.keepers:
            await keeper.close()


async def refusal(keeper: TokenKeeping) -> NoToken:
    with pytest.raises(NoToken) as raised:
        await keeper.current()
    return raised.value


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


@pytest.mark.parametrize("kind", ["reset", "hang", "html"])
async def test_where_zalo_never_saw_the_question_the_old_token_serves_again(
    line: Line, kind: str
) -> None:
    keeper = line.keeper(patience=0.5)
    await line.control.fault(kind, path=TOKEN_PATH)
    assert not (await refusal(keeper)).consent
    state = await keeper.state()
    assert state is not None
    assert state.asked_at is not None
    await line.control.move(10)
    assert await line.works(await line.keeper().current())
    assert await line.asked() == 2


async def test_after_a_lost_answer_consent_is_asked_for_once_and_mends_all(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = line.keeper()
    first = await keeper.current()
    await line.control.move(20 * HOUR)
    await line.control.fault("reset", path=TOKEN_PATH, accepted=True)
    assert await keeper.current() == first
    await line.control.move(10)
    for _ in range(3):  # the old refresh token is tried once more, and then never again
        assert await keeper.current() == first
        await line.control.move(600)
    assert await line.asked() == 3
    assert "consent" in keeper.problem
    assert "was lost" in keeper.problem
    assert [r.levelno for r in caplog.records if "no longer" in r.message] == [logging.ERROR]
    await line.control.move(5 * HOUR)
    for again in (keeper, line.keeper()):
        assert (await refusal(again)).consent
    state = await keeper.state()
    assert state is not None
    assert state.lost_at is not None
    assert await line.asked() == 3
    consented = line.keeper(first=(await line.control.tokens())["refresh_token"])
    token = await consented.current()
    assert await line.works(token)
    assert await keeper.current() == token


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


async def test_a_pair_that_cannot_be_stored_at_once_is_stored_later(line: Line) -> None:
    storing = 0

    def full_disk(step: str) -> None:
        nonlocal storing
        storing += step == "storing"
        if step == "storing" and storing <= 3:
            raise OSError("no space left")

    token = await line.keeper(at_step=full_disk).current()
    assert storing == 4
    assert await line.keeper().current() == token
    assert await line.asked() == 1


async def test_who_gives_up_waiting_does_not_lose_the_pair(line: Line) -> None:
    keeper = line.keeper()
    await line.control.fault("slow", path=TOKEN_PATH, seconds=0.2, accepted=True)
    waiting = asyncio.create_task(keeper.current())
    await line.control.calls(TOKEN_PATH, at_least=1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    await keeper.close()
    assert await line.works(await line.keeper().current())
    assert await line.asked() == 1


async def test_a_platform_that_hangs_is_given_its_time_from_when_it_was_asked(line: Line) -> None:
    leaving, loop = asyncio.Event(), asyncio.get_running_loop()
    keeper = line.keeper(pauses=Pauses(farewell=1.0), leaving=leaving)
    await line.control.fault("hang", path=TOKEN_PATH)
    waiting = asyncio.create_task(keeper.current())
    await line.control.calls(TOKEN_PATH, at_least=1)
    await asyncio.sleep(0.8)
    began = loop.time()
    leaving.set()
    with pytest.raises(NoToken, match="the program ends"):
        await waiting
    await keeper.close()
    assert loop.time() - began < 0.7, "the time in which others finished counts too"
    assert await line.works(await line.keeper().current()), "nothing was spent"


async def test_what_has_not_left_keeps_no_program_from_ending_and_spends_nothing(
    line: Line,
) -> None:
    """Zalo's machine takes connections and its TLS, or what is before it, says nothing."""
    silent = await asyncio.start_server(lambda *_: asyncio.sleep(60), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    leaving, loop = asyncio.Event(), asyncio.get_running_loop()
    account = line.emulator.world.account
    oauth = OAuth(
        line.session, f"https://127.0.0.1:{port}", app_id=account.app_id,
        app_secret=account.app_secret,
    )  # fmt: skip
    keeper = line.keeper(exchange=oauth.exchange, leaving=leaving)
    waiting = asyncio.create_task(keeper.current())
    await asyncio.sleep(0.5)
    began = loop.time()
    leaving.set()
    with pytest.raises(NoToken, match="the program ends"):
        await waiting
    await keeper.close()
    assert loop.time() - began < 0.5
    silent.close()
    assert await line.works(await line.keeper().current())
    assert await line.asked() == 1


async def test_an_answer_that_comes_while_the_program_ends_is_stored(line: Line) -> None:
    leaving = asyncio.Event()
    keeper = line.keeper(leaving=leaving)
    await line.control.fault("slow", path=TOKEN_PATH, seconds=2, accepted=True)
    waiting = asyncio.create_task(keeper.current())
    await line.control.calls(TOKEN_PATH, at_least=1)
    leaving.set()
    await keeper.close()
    token = await waiting
    assert await line.works(token)
    assert await line.keeper().current() == token
    assert await line.asked() == 1


async def test_a_program_that_ends_asks_for_nothing_any_more(line: Line) -> None:
    leaving = asyncio.Event()
    keeper = line.keeper(leaving=leaving)
    first = await keeper.current()
    await line.control.move(20 * HOUR)
    leaving.set()
    assert await keeper.current() == first, "it serves for some hours more"
    await line.control.move(6 * HOUR)
    with pytest.raises(NoToken, match="the program ends"):
        await keeper.current()
    await keeper.close()
    assert await line.asked() == 1
    assert await line.works(await line.keeper().current())


async def test_an_account_that_is_changed_waits_for_its_answer_as_long_as_it_takes(
    line: Line,
) -> None:
    keeper = line.keeper(pauses=Pauses(farewell=0.1), leaving=asyncio.Event())
    await line.control.fault("slow", path=TOKEN_PATH, seconds=1, accepted=True)
    waiting = asyncio.create_task(keeper.current())
    await line.control.calls(TOKEN_PATH, at_least=1)
    await keeper.close()
    assert await line.works(await waiting)
    assert await line.asked() == 1


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
