"""Compares how fast senders write to Telegram, and how often they are refused.

Run it from the repository: `python -m tests.benchmarks.pacing.run`, with `--markdown` for tables to
paste. The platform is this project's emulator with its limits in force: 30 messages a second in
all, one a second to a chat. Up to 30 in all and three to a chat may come at once, unless a scenario
says otherwise: what Telegram does there it does not publish. The senders work side by side, each
in a process of its own with an emulator of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise, repeat
from multiprocessing import get_context

from rich.console import Console

from tests.benchmarks.matching.tables import Sheet
from tests.benchmarks.pacing.senders import SENDERS, Messages, Sender
from tests.emulators.telegram import Emulator
from tests.emulators.telegram_world import Bucket, World

LIMIT = 30  # messages a second
LATENCY = 0.03  # seconds until the platform has a message
COLUMNS = (
    "sender",
    "of the limit",
    "429s",
    "delivered",
    "total, s",
    "longest gap, s",
    "most in 1 s",
)


@dataclass(frozen=True)
class Scenario:
    """So many messages to each of so many chats; the platform takes `at_once` in one burst."""

    title: str
    chats: int
    each: int
    at_once: int = LIMIT

    def messages(self) -> Messages:
        """Those of one chat follow each other."""
        return [(chat, f"tin {n}") for chat in range(1, self.chats + 1) for n in range(self.each)]


SCENARIOS = (
    Scenario("600 messages to 600 chats", 600, 1),
    Scenario("The same, where no more than 5 may come at once", 600, 1, at_once=5),
    Scenario("120 messages to 20 chats, a chat's one after the other", 20, 6),
)


@dataclass(frozen=True)
class Figures:
    """What one sender reached; times are in seconds, from the first message that arrived.

    `share` is of the limit after the first second, in which a burst may pass.
    """

    share: float
    refused: int
    delivered: int
    total: float
    longest_gap: float
    most_in_a_second: int


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--markdown", action="store_true")
    wanted = asked.parse_args()
    console = Console(stderr=wanted.markdown)
    sheets = []
    for scenario in SCENARIOS:
        console.print(f"{scenario.title} …", highlight=False)
        sheets.append(compared(scenario))
    about = f"Python {platform.python_version()}, {LATENCY * 1000:.0f} ms to the platform."
    if wanted.markdown:
        sys.stdout.write("\n".join([*(sheet.markdown() for sheet in sheets), about, ""]))
        return
    for sheet in sheets:
        sheet.show(console)
    console.print(about, highlight=False)


def compared(scenario: Scenario) -> Sheet:
    """All senders with the same messages."""
    with ProcessPoolExecutor(len(SENDERS), get_context("spawn")) as pool:
        found = pool.map(in_this_process, SENDERS, repeat(scenario))
        rows = [(name, *_shown(one)) for name, one in zip(SENDERS, found, strict=True)]
    return Sheet(scenario.title, COLUMNS, tuple(rows))


def in_this_process(name: str, scenario: Scenario) -> Figures:
    """What one sender reaches."""
    return asyncio.run(measured(SENDERS[name], scenario))


async def measured(sender: Sender, scenario: Scenario) -> Figures:
    """One sender with an emulator of its own."""
    async with Emulator(limited=True) as emulator:
        world = emulator.world
        world.latency = LATENCY
        world.overall = Bucket(scenario.at_once, LIMIT)
        messages = scenario.messages()
        for chat, _ in messages:
            world.chat(chat)
        await sender(emulator, messages)
        return figures(world)


def figures(world: World) -> Figures:
    """What the emulator's ledger says."""
    times = sorted(sent.at for sent in world.sent)
    total = times[-1] - times[0]
    steady = [at for at in times if at > times[0] + 1]
    return Figures(
        share=len(steady) / (total - 1) / LIMIT if total > 1 else 0.0,
        refused=sum(call.status == 429 for call in world.calls),
        delivered=len(times),
        total=total,
        longest_gap=max((later - at for at, later in pairwise(times)), default=0.0),
        most_in_a_second=_most_within(1.0, times),
    )


def _most_within(span: float, times: Sequence[float]) -> int:
    most, first = 0, 0
    for last, at in enumerate(times):
        while at - times[first] >= span:
            first += 1
        most = max(most, last - first + 1)
    return most


def _shown(found: Figures) -> tuple[str, ...]:
    return (
        f"{found.share:.1%}",
        str(found.refused),
        str(found.delivered),
        f"{found.total:.1f}",
        f"{found.longest_gap:.2f}",
        str(found.most_in_a_second),
    )


if __name__ == "__main__":
    main()
