"""How the engine grows: a thousand and ten thousand made-up cards, its starts, questions, memory.

Run it from the repository: `python -m tests.benchmarks.matching.scale [1000 10000]`. The cards are
made from the shipped ones (`synthetic`), so that what is found here is no sign of quality.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from content.library import Library
from tests.benchmarks.matching.one import peak
from tests.benchmarks.matching.ours import found_in
from tests.benchmarks.matching.questions import Changed, state
from tests.benchmarks.matching.synthetic import noisy, write_cards
from tests.benchmarks.matching.tables import Sheet

ASKED = 500
"""Questions that are timed."""

WARM_RUNS = 3
"""Fresh processes that answer one question; the quickest counts, the machine being shared."""

Asked = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Opened:
    """One process that opened the cards and answered: seconds, megabytes, ms, a share.

    A question's time is that of the alarm and of the engine, as the bot asks both.
    """

    start: float
    memory: float
    p50: float
    p99: float
    p99_cpu: float  # without waiting for others on a shared machine
    top1: float
    state: str  # of all files


@dataclass(frozen=True)
class Growth:
    """All that is told of one number of cards; `ask` is `python -m content ask`, as a whole."""

    cards: int
    cold: Opened
    warm: Opened
    ask: float
    kept: float  # megabytes on disk


def main(counts: Sequence[int]) -> None:
    console = Console()
    grown: list[Growth] = []
    for count in counts:
        console.print(f"{count} cards …", highlight=False)
        with tempfile.TemporaryDirectory() as folder:
            grown.append(grow(Path(folder), count))
    sheet(grown).show(console)


def grow(folder: Path, count: int) -> Growth:
    """Makes the cards in an empty folder and measures them."""
    asked = noisy(write_cards(folder, count), ASKED)
    (folder / "asked.json").write_text(json.dumps(asked), "utf-8")
    cold, warm = _in_own_process(folder), _in_own_process(folder)
    if cold.state != warm.state:  # then the second start was no warm one: it learned again
        raise Changed
    ask = min(_ask(folder, asked[0][0]) for _ in range(WARM_RUNS))
    kept = sum(path.stat().st_size for path in (folder / "cache").iterdir())
    return Growth(count, cold, warm, ask, kept / (1 << 20))


def opened(folder: Path) -> Opened:
    """Opens the cards as the bot does, and asks."""
    before = state()
    began = time.perf_counter()
    library = Library.open(folder, cache=folder / "cache")
    start = time.perf_counter() - began
    asked: Asked = json.loads((folder / "asked.json").read_text("utf-8"))
    times, busy, right = [], [], 0
    for one in (library.alarm.hear, partial(library.understand, context=None)):
        one(asked[-1][0])  # the first one sets up what all others use
    for text, slug in asked:
        began, worked = time.perf_counter(), time.thread_time()
        library.alarm.hear(text)
        outcome = library.understand(text, None)
        busy.append((time.thread_time() - worked) * 1000)
        times.append((time.perf_counter() - began) * 1000)
        right += found_in(outcome).card == slug
    p50, p99 = np.percentile(times, [50, 99])
    cpu = float(np.percentile(busy, 99))
    return Opened(start, peak(), float(p50), float(p99), cpu, right / len(asked), before)


def sheet(grown: Sequence[Growth]) -> Sheet:
    """A column for each number of cards, and how many times as much the last is as the first.

    Raises Changed.
    """
    if len({one.warm.state for one in grown}) > 1:
        raise Changed
    figures = [_figures(one) for one in grown]
    rows = [
        (name, *(f"{one[name]:.2f}" for one in figures), f"× {_times(figures, name):.1f}")
        for name in figures[0]
    ]
    columns = ("", *(f"{one.cards} cards" for one in grown), "growth")
    return Sheet("Growth of our engine, on made-up cards", columns, tuple(rows))


def _figures(grown: Growth) -> dict[str, float]:
    return {
        "cold start, s": grown.cold.start,
        "warm start, s": grown.warm.start,
        "`content ask` from the cache, whole process, s": grown.ask,
        "p50 a question, ms": grown.warm.p50,
        "p99 a question, ms": grown.warm.p99,
        "p99 of processor time, ms": grown.warm.p99_cpu,
        "top-1 on noisy lines of the cards": grown.warm.top1,
        "peak memory, cold, MB": grown.cold.memory,
        "peak memory, warm, MB": grown.warm.memory,
        "kept on disk, MB": grown.kept,
    }


def _times(figures: Sequence[dict[str, float]], name: str) -> float:
    first = figures[0][name]
    return figures[-1][name] / first if first else float("nan")


def _in_own_process(folder: Path) -> Opened:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.benchmarks.matching.scale", "--open", str(folder)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return Opened(**json.loads(done.stdout.splitlines()[-1]))


def _ask(folder: Path, question: str) -> float:
    """Seconds from the command to its answer, Python's own start among them."""
    options = ["--folder", str(folder), "--cache", str(folder / "cache")]
    began = time.perf_counter()
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "content", "ask", *options, question],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began


if __name__ == "__main__":
    if sys.argv[1:2] == ["--open"]:
        sys.stdout.write(json.dumps(asdict(opened(Path(sys.argv[2])))) + "\n")
    else:
        main([int(word) for word in sys.argv[1:]] or [1000, 10_000])
