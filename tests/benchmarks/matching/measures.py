"""Every figure of a method on given lines: what it finds, what it refuses, how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from content.understanding import Understanding
from content.understanding.vietnamese import fold
from tests.benchmarks.matching.methods import Found, Method
from tests.benchmarks.matching.ours import Ours
from tests.benchmarks.matching.questions import Row, read

Figures = dict[str, float | None]
"""By name; None where a method does not do such a thing."""

Said = list[tuple[float, bool]]
"""A said chance, and whether what it was said of came true."""


@dataclass(frozen=True)
class Asked:
    """The lines that measure. Near misses have a card's words, and no card answers them."""

    rows: Sequence[Row]
    talks: Sequence[Row]
    near: Sequence[Row]

    @classmethod
    def of(cls, half: str) -> Asked:
        return cls(*(read(name, half) for name in ("questions", "dialogues", "near_misses")))


def measure(understanding: Understanding, half: str) -> dict[str, float]:
    """Every figure of our own engine on one half."""
    lines, ours = Asked.of(half), Ours(understanding)
    found = figures(ours, lines)
    bare = figures(ours, lines, typed=fold)
    for name in ("top-1", "facet", "follow-up: card"):
        found[f"{name} without diacritics"] = bare[name]
    return {name: value for name, value in found.items() if value is not None}


def figures(method: Method, lines: Asked, *, typed: Callable[[str], str] = str) -> Figures:
    """Shares from 0 to 1, and milliseconds; `typed` is what becomes of a text in typing it."""
    rows, talks = lines.rows, lines.talks
    found, times = _ask(method, [typed(row["q"]) for row in rows])
    asked = [(f, row) for f, row in zip(found, rows, strict=True) if row["topic"]]
    others = [(f, row) for f, row in zip(found, rows, strict=True) if not row["topic"]]
    near = [method.find(typed(row["q"])) for row in lines.near]
    talked = [(method.follow([typed(turn) for turn in row["turns"]]), row) for row in talks]
    strayed = [  # what has no card, after a question that has one
        method.follow([typed(before["q"]), typed(row["q"])])
        for (_, row), (_, before) in zip(others, asked, strict=False)
    ]
    return {
        "top-1": _share(f.card == row["topic"] for f, row in asked),
        "top-3": _share(row["topic"] in f.cards for f, row in asked),
        "answered at once": _share(f.sure and not f.refused for f, _ in asked),
        "confident but wrong": _share(
            f.sure and f.card is not None and f.card != row["topic"] for f, row in asked
        ),
        "out of scope refused": _share(f.card is None for f, _ in others)
        if method.refuses
        else None,
        "out of scope answered": _share(f.sure and f.card is not None for f, _ in others),
        "near miss answered": _share(f.sure and f.card is not None for f in near),
        "near miss refused": _share(f.card is None for f in near) if method.refuses else None,
        "the same within a talk": _share(f.card is None for f in strayed)
        if method.refuses
        else None,
        "facet": _share(f.facet in row["aspects"] for f, row in asked if f.card == row["topic"])
        if method.tells_facets
        else None,
        "follow-up: card": _share(f.card == row["topic"] for f, row in talked),
        "follow-up: facet": _share(f.facet in row["aspects"] for f, row in talked)
        if method.tells_facets
        else None,
        "p50 ms": float(np.percentile(times, 50)),
        "p99 ms": float(np.percentile(times, 99)),
    }


def said_chances(method: Method, rows: Sequence[Row]) -> Said:
    """For each question that got one, the said chance and what happened.

    Of an answer or a menu: that its first card is right. Of a refusal: that a card answers it.
    """
    pairs = []
    for row in rows:
        found = method.find(row["q"])
        if found.chance is not None:
            true = bool(row["topic"]) if found.refused else found.card == row["topic"]
            pairs.append((found.chance, true))
    return pairs


def _ask(method: Method, texts: Sequence[str]) -> tuple[list[Found], list[float]]:
    """What each text came to, and after how many milliseconds."""
    found, times = [], []
    for text in texts:
        began = time.perf_counter()
        found.append(method.find(text))
        times.append((time.perf_counter() - began) * 1000)
    return found, times


def _share(values: Iterable[bool]) -> float:
    """Not a number when there is nothing to count."""
    counted = list(values)
    return float(np.mean(counted)) if counted else float("nan")
