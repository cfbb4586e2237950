"""What befalls a sender and a clock besides their own end: the database, the network, the time.

They are processes of their own, on both databases; what arrived is read from the platform's
ledger. Each test ends with `settle`, which holds that against the account: an end for everybody,
nobody twice.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage.broadcast_records import Phase
from storage.broadcasts import Broadcasts
from tests.faults.kills import PEOPLE, Campaign, campaign
from tests.faults.sending import clock
from tests.storage.test_outages import cut_others_off


@pytest.fixture
async def running(database_address: str) -> AsyncIterator[Campaign]:
    async with campaign(database_address, seed=0) as held:
        yield held


@pytest.mark.postgresql
async def test_a_database_that_restarts_while_messages_go_out_costs_none(postgresql: str) -> None:
    """Every session ends, several times: what the platform took is noted when it is back."""
    async with campaign(postgresql, seed=0) as held:
        number = await held.notice("xa0", emergency=False)
        held.start()
        for some in (3, 12, 25):
            await held.arrived(number, some)
            await cut_others_off(held.database)
        await held.settle()
        account = await held.account(number)
        assert (account.sent, account.uncertain) == (PEOPLE, 0)


async def test_another_writer_who_holds_sqlite_for_seconds_costs_no_message(
    tmp_path: Path,
) -> None:
    file = tmp_path / "loaban.db"
    async with campaign(f"sqlite:///{file}", seed=0) as held:
        number = await held.notice("xa0", emergency=False)
        held.start()
        await held.arrived(number, 3)
        other = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        await asyncio.sleep(3)
        other.execute("ROLLBACK")
        other.close()
        await held.settle()
        account = await held.account(number)
        assert (account.sent, account.uncertain) == (PEOPLE, 0)


async def test_a_network_that_was_cut_loses_and_doubles_nothing(running: Campaign) -> None:
    """The platform goes away with messages on their way, and comes back at the same address."""
    number = await running.notice("xa0", emergency=False)
    running.start()
    await running.arrived(number, 5)
    port = running.server.port
    await running.server.stop()
    await running.weigh(running.owner)  # their answers are lost: those may be uncertain
    await asyncio.sleep(1)
    assert len(running.received(number)) < PEOPLE
    await running.server.start(port)
    await running.settle()
    assert len(running.received(number)) == PEOPLE or (await running.account(number)).uncertain


async def test_a_second_clock_waits_and_takes_over_and_nothing_is_expanded_twice(
    running: Campaign,
) -> None:
    running.start()
    running.begin("second clock", clock, running.means)
    first = await running.notice("xa0", emergency=False)
    await running.arrived(first, PEOPLE)
    await running.kill("clock")
    second = await running.notice("xa1", emergency=False)
    await running.arrived(second, PEOPLE)
    await running.settle()
    for number in (first, second):
        account = await running.account(number)
        assert (account.recipients, account.sent) == (PEOPLE, PEOPLE)


async def test_a_restart_in_order_leaves_nothing_uncertain(running: Campaign) -> None:
    number = await running.notice("xa0", emergency=False)
    running.start()
    await running.arrived(number, 5)
    await running.stop("worker")
    await running.stop("clock")
    async with running.database.read() as tx:
        assert (await Broadcasts().get(tx, number)).phase in (Phase.SENDING, Phase.FINISHED)
    await running.settle()
    account = await running.account(number)
    assert (account.sent, account.uncertain) == (PEOPLE, 0)


async def test_a_system_time_that_jumps_ahead_and_back_neither_forgets_nor_doubles(
    database_address: str, tmp_path: Path
) -> None:
    """Three hours ahead while messages go out, and back: what is approved then is sent at once."""
    ahead = tmp_path / "ahead"
    _set(ahead, 0)
    async with campaign(database_address, seed=0) as held:
        held.means = replace(held.means, ahead=str(ahead))
        first = await held.notice("xa0", emergency=False)
        held.start()
        await held.arrived(first, 5)
        _set(ahead, 3 * 3600)
        second = await held.notice("xa1", emergency=False)
        await held.arrived(second, 5)
        _set(ahead, 0)
        third = await held.notice("xa2", emergency=False)
        await held.settle()
        for number in (first, second, third):
            account = await held.account(number)
            assert (account.sent, account.uncertain) == (PEOPLE, 0), number


def _set(ahead: Path, seconds: int) -> None:
    """Put it there at once: a process may be reading."""
    new = ahead.with_suffix(".new")
    new.write_text(str(seconds))
    new.replace(ahead)
