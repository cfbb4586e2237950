"""The pacing benchmark itself, on a handful of messages, so that it cannot rot."""

from __future__ import annotations

import pytest

from bot.config import Pacing
from tests.benchmarks.pacing.run import LIMIT, Scenario, figures, measured
from tests.benchmarks.pacing.senders import SENDERS, ours
from tests.emulators.telegram import TOKEN
from tests.emulators.telegram_world import Sent, World


@pytest.mark.parametrize("name", list(SENDERS))
async def test_a_sender_delivers_everything_and_its_refusals_are_counted(name: str) -> None:
    found = await measured(SENDERS[name], Scenario("", 2, each=4))
    assert found.delivered == 8
    assert found.refused or SENDERS[name] is ours, "four at once are more than a burst"


def test_the_figures_are_what_the_ledger_says() -> None:
    world = World(TOKEN)
    world.sent = [Sent("sendMessage", 1, n, "", {}, at=10 + n / 16) for n in range(49)]
    world.sent.append(Sent("sendMessage", 1, 49, "", {}, at=14.0))
    found = figures(world)
    assert (found.delivered, found.most_in_a_second, found.total) == (50, 16, 4.0)
    assert found.longest_gap == pytest.approx(1.0)
    assert found.share == pytest.approx(33 / 3 / LIMIT)


def test_the_shipped_pace_is_at_least_98_percent_of_the_limit() -> None:
    assert 0.98 * LIMIT <= Pacing().messages_per_second < LIMIT
