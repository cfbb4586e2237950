"""The figures as tables: for the terminal, or as Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from tests.benchmarks.matching.measures import Figures


@dataclass(frozen=True)
class Sheet:
    """The first column says what a row is about; all others are figures, ready to be read."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        lines = [
            self.columns,
            ("---", *("--:" for _ in self.columns[1:])),
            *self.rows,
        ]
        return f"{self.title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"

    def show(self, console: Console) -> None:
        table = Table(title=self.title, title_justify="left")
        for place, column in enumerate(self.columns):
            table.add_column(column, justify="right" if place else "left")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)


_FOUND = (
    ("top-1", "top-1"),
    ("top-3", "top-3"),
    ("answers at once", "answered at once"),
    ("wrong at once", "confident but wrong"),
    ("facet", "facet"),
    ("follow-up: card", "follow-up: card"),
    ("follow-up: facet", "follow-up: facet"),
)
_REFUSED = (
    ("refuses out of scope", "out of scope refused"),
    ("… within a talk", "the same within a talk"),
    ("out of scope answered at once", "out of scope answered"),
    ("refuses near misses", "near miss refused"),
    ("near misses answered at once", "near miss answered"),
)


def finds(named: Sequence[tuple[str, Figures]]) -> Sheet:
    """Who finds what, and who refuses what."""
    rows = []
    for name, found in named:
        refused = [_percent(found[key], "never") for _, key in _REFUSED]
        rows.append((name, *(_percent(found[key], "–") for _, key in _FOUND), *refused))
    columns = tuple(title for title, _ in (*_FOUND, *_REFUSED))
    return Sheet("What is found", ("method", *columns), tuple(rows))


def costs(named: Sequence[tuple[str, Figures, Sequence[float | None]]]) -> Sheet:
    """Times and memory; `rest` is start and memory, cold and from the cache."""
    rows = [
        (
            name,
            f"{found['p50 ms']:.2f}",
            f"{found['p99 ms']:.2f}",
            *("–" if value is None else f"{value:.2f}" for value in rest[:2]),
            *("–" if value is None else f"{value:.0f}" for value in rest[2:]),
        )
        for name, found, rest in named
    ]
    columns = (
        "method",
        "p50, ms",
        "p99, ms",
        "start, s",
        "start from cache, s",
        "peak memory, MB",
        "from cache, MB",
    )
    return Sheet("What it costs", columns, tuple(rows))


def _percent(value: float | None, none: str) -> str:
    if value is None:
        return none
    return "–" if math.isnan(value) else f"{100 * value:.1f} %"
