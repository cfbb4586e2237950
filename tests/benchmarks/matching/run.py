"""Compares matchers on the held half of questions that the cards' authors never saw.

Run it from the repository: `python -m tests.benchmarks.matching.run [held|tune]`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
from rapidfuzz import fuzz, process

from content.shelf import SHIPPED, Shelf
from content.understanding import Answer, Choices, Outcome, Understanding, Unknown
from content.understanding.vietnamese import Abbreviations, fold, prepare

HERE = Path(__file__).parent
Ranker = Callable[[str], list[str]]


def every(name: str, half: str) -> list[dict[str, Any]]:
    """All lines of one half."""
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["half"] == half]


def read(name: str, half: str) -> list[dict[str, Any]]:
    """The lines of one half that can measure: those that the engine has not learned word for word.

    Short ones ("cần giấy gì") are written alike by everybody, and would be a memory test.
    """
    known = learned()
    return [row for row in every(name, half) if said(row) not in known]


def said(row: dict[str, Any]) -> str:
    """The last thing said in a line, folded."""
    return prepare(row["q"] if "q" in row else row["turns"][-1], abbreviations()).folded


@cache
def learned() -> frozenset[str]:
    """Every line that the engine learns from, folded: the cards' questions and the phrase files."""
    lines = [
        question
        for card in Shelf.load(SHIPPED).cards.values()
        for questions in card.questions.values()
        for question in questions
    ]
    for path in sorted((SHIPPED / "phrases").glob("*.txt")):
        lines += [part for line in path.read_text("utf-8").splitlines() for part in line.split(";")]
    return frozenset(prepare(line, abbreviations()).folded for line in lines)


@cache
def abbreviations() -> Abbreviations:
    return Abbreviations.load(SHIPPED / "phrases" / "abbreviations.toml")


def slug_of(outcome: Outcome) -> str | None:
    """The card an outcome stands for; None when it abstains."""
    if isinstance(outcome, Answer):
        return outcome.slug
    return outcome.slugs[0] if isinstance(outcome, Choices) else None


def likely(outcome: Outcome) -> Sequence[str]:
    if isinstance(outcome, Answer):
        return (outcome.slug, *outcome.alternatives)[:3]
    if isinstance(outcome, Choices):
        return outcome.slugs
    return outcome.alternatives[:3] if isinstance(outcome, Unknown) else ()


def fuzzy(shelf: Shelf) -> Ranker:
    phrases = [
        (fold(phrase), card.slug)
        for card in shelf.cards.values()
        for phrase in (card.title, *card.names, *(q for a in card.questions.values() for q in a))
    ]
    texts = [text for text, _ in phrases]

    def rank(question: str) -> list[str]:
        found = process.extract(fold(question), texts, scorer=fuzz.token_set_ratio, limit=60)
        return list(dict.fromkeys(phrases[place][1] for _, _, place in found))[:3]

    return rank


def bm25(shelf: Shelf) -> Ranker:
    slugs = list(shelf.cards)
    documents = [
        fold(
            " ".join(
                (
                    card.title,
                    *card.names,
                    *(section.text for section in card.sections.values()),
                    *(q for asked in card.questions.values() for q in asked),
                )
            )
        ).split()
        for card in shelf.cards.values()
    ]
    index = bm25s.BM25()
    index.index(documents, show_progress=False)

    def rank(question: str) -> list[str]:
        scores = index.get_scores(fold(question).split())
        return [slugs[n] for n in np.argsort(-scores, kind="stable")[:3]]

    return rank


def compare(name: str, rank: Ranker, inside: list[dict[str, Any]]) -> None:
    began = time.perf_counter()
    ranked = [rank(row["q"]) for row in inside]
    each = (time.perf_counter() - began) / len(inside) * 1000
    top1 = np.mean([found[:1] == [row["topic"]] for found, row in zip(ranked, inside, strict=True)])
    top3 = np.mean([row["topic"] in found for found, row in zip(ranked, inside, strict=True)])
    say(f"{name:<22} top-1 {top1:.3f}  top-3 {top3:.3f}  mean {each:.2f} ms; never refuses")


def measure(understanding: Understanding, half: str) -> dict[str, float]:
    """Every figure of our own matcher on one half."""
    rows = read("questions", half)
    inside = [row for row in rows if row["topic"]]
    outside = [row for row in rows if not row["topic"]]
    times = []
    outcomes = []
    for row in inside:
        began = time.perf_counter()
        outcomes.append(understanding.understand(row["q"]))
        times.append((time.perf_counter() - began) * 1000)
    pairs = list(zip(outcomes, inside, strict=True))
    refused = [slug_of(understanding.understand(row["q"])) is None for row in outside]
    strayed = [  # the same ones after a question that has a card
        slug_of(understanding.understand(row["q"], before.context)) is None
        for row, before in zip(outside, outcomes, strict=False)
    ]
    folded = [understanding.understand(fold(row["q"])) for row in inside]
    talks = read("dialogues", half)
    last = [_last(understanding, row["turns"]) for row in talks]
    kept = list(zip(last, talks, strict=True))

    def share(values: Sequence[bool]) -> float:
        return float(np.mean(values))

    return {
        "top-1": share([slug_of(o) == row["topic"] for o, row in pairs]),
        "top-3": share([row["topic"] in likely(o) for o, row in pairs]),
        "answered at once": share([isinstance(o, Answer) for o, _ in pairs]),
        "confident but wrong": share(
            [isinstance(o, Answer) and o.slug != row["topic"] for o, row in pairs]
        ),
        "facet": share(
            [
                o.facet in row["aspects"]
                for o, row in pairs
                if isinstance(o, Answer | Choices) and slug_of(o) == row["topic"]
            ]
        ),
        "out of scope refused": share(refused),
        "the same within a talk": share(strayed),
        "follow-up: card": share([slug_of(o) == row["topic"] for o, row in kept]),
        "follow-up: facet": share([getattr(o, "facet", None) in row["aspects"] for o, row in kept]),
        "top-1 without diacritics": share(
            [slug_of(o) == row["topic"] for o, row in zip(folded, inside, strict=True)]
        ),
        "p50 ms": float(np.percentile(times, 50)),
        "p99 ms": float(np.percentile(times, 99)),
    }


def _last(understanding: Understanding, turns: Sequence[str]) -> Outcome:
    outcome: Outcome = Unknown(0.0, (), None)
    for turn in turns:
        outcome = understanding.understand(turn, outcome.context)
    return outcome


def main(half: str) -> None:
    shelf = Shelf.load(SHIPPED)
    inside = [row for row in read("questions", half) if row["topic"]]
    say(f"{half} half: {len(inside)} questions with a card, {len(shelf.cards)} cards")
    for name in ("questions", "dialogues"):
        count = len(every(name, half)) - len(read(name, half))
        say(f"{name}: {count} left out, since the engine has learned them word for word")
    compare("rapidfuzz token_set", fuzzy(shelf), inside)
    compare("BM25 (bm25s), folded", bm25(shelf), inside)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("trained", "from the cache"):
            began = time.perf_counter()
            understanding = Understanding.build(shelf.cards, folder=SHIPPED, cache=Path(folder))
            say(f"ours: ready, {name}, in {time.perf_counter() - began:.2f} s")
    for name, value in measure(understanding, half).items():
        say(f"  {name:<26} {value:.3f}")


def say(words: str) -> None:
    sys.stdout.write(words + "\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "held")
