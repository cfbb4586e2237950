"""Tokens when the answer with the new pair is late, lost, or comes while the program ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.channels.zalo_oa_tokens import NoToken, OAuth
from bot.token_keeping import Pauses
from tests.bot.token_line import HOUR, Line, line_in, refusal
from tests.emulators.zalo_oa import TOKEN_PATH


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    async with line_in(tmp_path) as opened:
        yield opened


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
