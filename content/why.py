"""Tells how an answer came about: what a question became, what each card scored and from which
words, and what was decided. For staff who wonder, and for who works on the engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from content.days import NoSuchTime, named_time
from content.library import Library
from content.understanding import Context, Understanding
from content.understanding.dialogue import HANGS
from content.understanding.matcher import ALIKE_ALONE, ALIKE_SHARE, BM25_SHARE
from content.understanding.matching import Trace
from content.understanding.vietnamese import Words, asking_part, repair, shorten, tidy, tokens

SHOWN, TELLING = 5, 4
"""Cards that are shown, and of each the words that spoke most for it."""


def why(library: Library, question: str, today: date, context: Context | None) -> RenderableType:
    """The whole way of a question, for a terminal. `today` is the day in Asia/Ho_Chi_Minh."""
    understanding = library.understanding
    trace = understanding.explain(question, context)
    return Group(
        _pairs([*_steps(question, trace.words), *_noticed(library, question, today)]),
        "",
        _cards(understanding, trace),
        "",
        _others(understanding, trace, question),
        "",
        Text("\n".join(_decision(understanding, trace, context))),
    )


def _steps(question: str, words: Words) -> Iterator[tuple[str, str]]:
    tidied = tidy(question)
    short = shorten(tidied)
    mended = [f"{typed} → {repair(typed)}" for typed in tokens(short) if repair(typed) != typed]
    yield "typed", question
    yield "tidied", tidied
    if short != tidied:
        yield "shortened", short
    if mended:
        yield "mended keys", ", ".join(mended)
    yield "written out", words.text
    yield "folded", words.folded
    if asking_part(question) != short:
        yield "asks", asking_part(question)


def _noticed(library: Library, question: str, today: date) -> Iterator[tuple[str, str]]:
    danger = library.alarm.hear(question)
    if danger is not None:
        yield "danger", f"{danger.kind}: whom to call is said before anything else"
    time = named_time(question, today)
    if isinstance(time, NoSuchTime):
        yield "asks about", f"{time.said}, which does not exist"
    elif time is not None:
        yield "asks about", f"{time.first} to {time.last}"


def _cards(understanding: Understanding, trace: Trace) -> Table:
    matcher, scores = understanding.matcher, trace.scores
    classified = len(matcher.slugs) + len(matcher.talk) + len(matcher.facets)
    learned = matcher.ridge.shape[1] == classified
    share = ALIKE_SHARE if learned else ALIKE_ALONE
    table = Table("card", "score", "learned", "BM25", "alike", "words that speak for it", box=None)
    for place in scores.ranking[:SHOWN]:
        rare = BM25_SHARE * float(scores.bm25[place])
        alike = share * float(scores.alike[place])
        total = float(scores.cards[place])
        table.add_row(
            matcher.slugs[place],
            f"{total:.2f}",
            f"{total - rare - alike:+.2f}" if learned else "",
            f"{rare:+.2f}",
            f"{alike:+.2f}",
            ", ".join(_speaking(understanding, trace.words, place) if learned else ()),
        )
    return table


def _speaking(understanding: Understanding, words: Words, place: int) -> list[str]:
    """The words and pairs of the question that add most to what was learned for a card."""
    vocabulary, ridge = understanding.matcher.vocabulary, understanding.matcher.ridge
    columns, values = vocabulary.vector(words)
    added = values * ridge[columns, place]
    names = [vocabulary.names[column] for column in columns]
    whole = [n for n in np.argsort(-added) if names[n][0] != "c" and added[n] > 0]
    return [f"{names[n][1:]} {added[n]:+.2f}" for n in whole[:TELLING]]


def _others(understanding: Understanding, trace: Trace, question: str) -> Table:
    """The kinds of talk and the facets that came nearest."""
    facets = understanding.facet_scores(question, trace)
    table = Table("talk", "score", "facet", "score", box=None)
    talk = sorted(trace.talk, key=lambda pair: -pair[1])[:3]
    best = sorted(facets.items(), key=lambda pair: -pair[1])[:3]
    for (name, score), (facet, heard) in zip(talk, best, strict=True):
        table.add_row(name, f"{score:.2f}", facet, f"{heard:.2f}")
    return table


def _decision(understanding: Understanding, trace: Trace, context: Context | None) -> Iterator[str]:
    matcher = understanding.matcher
    yield f"words that any card knows: {trace.scores.known:.0%}"
    yield f"any card answers it: {trace.inside:.2f} (refused below {matcher.refuse_below:.2f})"
    yield f"the first card is right: {trace.right:.2f}"
    yield f"it may be answered at once: {trace.safe:.2f} (at {matcher.answer_at:.2f})"
    if context is not None:
        yield f"it goes on about {context.topic}: {trace.follows:.2f} (from {HANGS:.2f})"
    yield f"→ {trace.outcome}"


def _pairs(lines: list[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in lines:
        table.add_row(name, Text(value))
    return table
