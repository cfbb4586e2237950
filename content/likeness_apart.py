"""Groups many questions in a process of its own: it takes seconds, in which a thread would hold the
interpreter and slow down whoever is being answered.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event

from content.likeness import Group, group
from content.understanding.training import read_sections
from content.understanding.vietnamese import Abbreviations

Questions = Sequence[tuple[int, str]]

_NICE = 5  # who is asked meanwhile comes first
_LOOK = 0.1  # seconds between looks at whether it is still wanted


class NotGrouped(Exception):
    """The process ended without groups; what was wrong it wrote to standard error."""


def group_as_shipped(questions: Questions, words: Path) -> list[Group]:
    """Groups, knowing what is asked every day by the files below `words`. Blocks."""
    phrases = words / "phrases"
    everyday = read_sections(phrases / "none.txt").get("", ())
    abbreviations = Abbreviations.load(phrases / "abbreviations.toml")
    return group(questions, abbreviations, everyday=everyday)


def group_apart(questions: Questions, words: Path, stop: Event) -> list[Group]:
    """The same in a process of its own, which ends when `stop` is set. Blocks without holding
    anybody up. Raises NotGrouped."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_group, args=(theirs, questions, words), daemon=True)
    process.start()
    theirs.close()
    try:
        while not ours.poll(_LOOK):
            if stop.is_set():
                process.terminate()
                break
        with suppress(EOFError):
            found: list[Group] = ours.recv()
            return found
    finally:
        ours.close()
        process.join()
    raise NotGrouped(f"grouping {len(questions)} questions ended with {process.exitcode}")


def _group(theirs: Connection, questions: Questions, words: Path) -> None:
    os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a word
    theirs.send(group_as_shipped(questions, words))
