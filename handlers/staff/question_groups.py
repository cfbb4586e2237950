"""Keeps questions grouped: a page never waits for it, and nobody is shown what is not theirs.

Grouping thousands takes seconds, so it is done beside the event loop and what was grouped last is
shown meanwhile. Only numbers are kept; the words come with the questions that somebody may see.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from content.likeness import Group
from content.likeness_apart import group_apart, group_as_shipped

log = logging.getLogger(__name__)

PATIENCE = 0.05
"""Seconds that a page waits for a grouping: few questions are grouped within that."""

FEW = 200
"""So many are grouped sooner than a process of its own has begun."""

SIGHTS = 8
"""So many sets of units are kept grouped: staff of different units see different questions."""

Sight = frozenset[str] | None
"""The units whose questions somebody sees; None: all."""


Read = Callable[[], Awaitable[Sequence[tuple[int, str]]]]
"""Gives the questions of a sight, redacted."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Questions that ask the same, the oldest first; `representative` is one."""

    representative: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What there is to show now. `running`: it is being grouped anew; `first`: it never was, so
    that each question stands alone."""

    groups: list[Alike]
    running: bool
    first: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    questions: frozenset[int]
    groups: tuple[Alike, ...]


class QuestionGroups:
    """The groups of open questions, by who may see them."""

    def __init__(self, words: Callable[[], Path]) -> None:
        """`words` is the folder with the phrases that tell what is asked every day."""
        self._words = words
        self._one_at_a_time = asyncio.Lock()
        self._stop = Event()
        self._kept: dict[Sight, _Kept] = {}
        self._running: dict[Sight, asyncio.Task[None]] = {}

    async def look(
        self, sight: Sight, questions: Sequence[int], read: Read, *, whole: bool = False
    ) -> Look:
        """The groups of these questions (the newest first), which are all that `sight` sees.

        New ones stand alone until they are grouped; if `whole`, it waits for that.
        """
        if not self._knows(sight, questions):
            patience = None if whole else PATIENCE if len(questions) <= FEW else 0
            await asyncio.wait({self._begin(sight, read)}, timeout=patience)
        kept = self._kept.get(sight)
        return Look(
            groups=_shown(kept, questions),
            running=not self._knows(sight, questions),
            first=kept is None,
        )

    async def close(self, _app: object = None) -> None:
        """Let go of what is being grouped."""
        self._stop.set()
        for task in list(self._running.values()):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _knows(self, sight: Sight, numbers: Collection[int]) -> bool:
        return sight in self._kept and self._kept[sight].questions.issuperset(numbers)

    def _begin(self, sight: Sight, read: Read) -> asyncio.Task[None]:
        """Group them, unless that is being done for the same eyes."""
        if sight not in self._running:
            task = asyncio.create_task(self._group(sight, read), name="group questions")
            self._running[sight] = task
            task.add_done_callback(lambda _done: self._running.pop(sight, None))
        return self._running[sight]

    async def _group(self, sight: Sight, read: Read) -> None:
        texts: Sequence[tuple[int, str]] = ()
        try:
            async with self._one_at_a_time:
                texts = await read()
                if len(texts) > FEW:
                    found = await asyncio.to_thread(group_apart, texts, self._words(), self._stop)
                else:
                    found = await asyncio.to_thread(group_as_shipped, texts, self._words())
        except Exception:  # whatever it is, each stands alone until others come
            log.exception("%d questions could not be grouped", len(texts))
            found = [Group(number, text, (number,)) for number, text in texts]
        kept = [(who, what) for who, what in self._kept.items() if who != sight][1 - SIGHTS :]
        groups = tuple(Alike(one.representative, one.members) for one in found)
        numbers = frozenset(number for number, _ in texts)
        self._kept = dict([*kept, (sight, _Kept(numbers, groups))])


def _shown(kept: _Kept | None, questions: Sequence[int]) -> list[Alike]:
    """The kept groups with what is still open of them, the largest first; then what is new."""
    still = set(questions)
    groups = []
    for one in kept.groups if kept else ():
        if here := tuple(number for number in one.members if number in still):
            best = one.representative if one.representative in still else here[0]
            groups.append(Alike(best, here))
    groups.sort(key=lambda one: (-len(one.members), one.members[0]))
    known = kept.questions if kept else frozenset()
    return groups + [Alike(n, (n,)) for n in questions if n not in known]
