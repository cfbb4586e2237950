"""Compares our engine with ready-made methods on questions that the cards' authors never saw.

Run it from the repository: `python -m tests.benchmarks.matching.run [held|tune]`, with `--markdown`
for tables to paste, with `--picture` to draw docs/images/reliability.svg anew.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.benchmarks.matching import reliability
from tests.benchmarks.matching.embedding import PACKAGE, installed
from tests.benchmarks.matching.measures import measure
from tests.benchmarks.matching.one import EMBEDDING, METHODS, OURS, Report, in_own_process
from tests.benchmarks.matching.ours import slug_of
from tests.benchmarks.matching.questions import Changed, every, learned, read, said
from tests.benchmarks.matching.tables import Sheet, costs, finds

__all__ = ["every", "learned", "measure", "read", "said", "slug_of"]

BARE = f"{OURS}, typed without diacritics"
NOTES = (
    "All are given the same lines, prepared alike. Of a refused question no card counts as found;"
    " who never refuses answers everything at once. A facet counts where the card was right.",
    "Methods without a memory are given a talk as one text. A start reads the files and makes"
    " ready; loading Python and numpy is left out.",
)


def main() -> None:
    wanted = _wanted()
    console = Console(stderr=wanted.markdown)
    for line in about(wanted.half):
        console.print(line, highlight=False)
    peers = []
    with tempfile.TemporaryDirectory() as folder:
        for name in METHODS:
            if name == EMBEDDING and not installed():
                console.print(f"no embedding model: {PACKAGE} is not installed, so it is left out")
                continue
            console.print(f"measuring {name} …", highlight=False)
            peers.append(in_own_process(name, wanted.half, Path(folder)))
        console.print(f"measuring {OURS} …")
        cold = in_own_process(OURS, "", Path(folder))
        ours = in_own_process(OURS, wanted.half, Path(folder))
    lines = [*NOTES, chances(ours)]
    sheets = compared(peers, cold, ours)
    if wanted.markdown:
        sys.stdout.write("\n".join([*(sheet.markdown() for sheet in sheets), *lines, ""]))
    else:
        for sheet in sheets:
            sheet.show(console)
        for line in lines:
            console.print(line, highlight=False)
    if wanted.picture:
        reliability.draw(ours.said, reliability.PICTURE)
        console.print(f"drawn: {reliability.PICTURE.name}")


def about(half: str) -> list[str]:
    """How much there is to measure with."""
    lines = []
    for name in ("questions", "dialogues", "near_misses"):
        rows, all_rows = read(name, half), every(name, half)
        outside = sum(not row["topic"] for row in rows)
        lines.append(
            f"{half} half, {name}: {len(rows)}, {outside} of them without a card;"
            f" {len(all_rows) - len(rows)} left out, since they were learned word for word"
        )
    return lines


def compared(peers: list[Report], cold: Report, ours: Report) -> tuple[Sheet, Sheet]:
    """What is found and what it costs, ours last; `ours` was started from the cache.

    Raises Changed.
    """
    if len({one.state for one in (*peers, cold, ours)}) > 1:
        raise Changed
    named = [(one.name, one.figures) for one in (*peers, ours)]
    prices = [(one.name, one.figures, (one.start, None, one.memory, None)) for one in peers]
    own = (OURS, ours.figures, (cold.start, ours.start, cold.memory, ours.memory))
    return finds([*named, (BARE, ours.bare)]), costs([*prices, own])


def chances(ours: Report) -> str:
    """How far our said chances hold."""
    listed = ", ".join(
        f"{one.said:.2f} → {one.right:.2f} ({one.count})" for one in reliability.bins(ours.said)
    )
    return (
        f"Said confidence → share right (questions): {listed};"
        f" expected calibration error {reliability.error(ours.said):.3f}."
    )


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("half", nargs="?", choices=("held", "tune"), default="held")
    parser.add_argument("--markdown", action="store_true", help="tables as Markdown")
    parser.add_argument("--picture", action="store_true", help="draw how far chances hold")
    return parser.parse_args()


if __name__ == "__main__":
    main()
