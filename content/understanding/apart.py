"""Learns in a process of its own: learning holds on to the interpreter for a minute, in which
nobody would be answered; and the memory that it needs goes back when it ends.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import MappingProxyType

from content.cards import Card
from content.understanding.matching import Understanding

_NICE = 5  # who is asked meanwhile comes first


class NotLearned(Exception):
    """The process ended without having learned; what was wrong it wrote to standard error."""


def learn_apart(cards: Mapping[str, Card], *, folder: Path, cache: Path, stamp: str) -> None:
    """Leaves what is learned in `cache`, where `Understanding.build` finds it by the same values.

    Blocks until it is done, without holding anybody up. Raises NotLearned. Should this process be
    killed meanwhile, the other finishes and ends.
    """
    values = (dict(cards), folder, cache, stamp)
    process = get_context("spawn").Process(target=_learn, args=values, daemon=True)
    process.start()
    process.join()
    if process.exitcode:
        raise NotLearned(f"learning the cards ended with {process.exitcode}")


def _learn(cards: Mapping[str, Card], folder: Path, cache: Path, stamp: str) -> None:
    os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a word
    Understanding.build(cards, folder=folder, cache=cache, stamp=stamp)


def _as_dict(field: MappingProxyType[str, str]) -> tuple[type, tuple[dict[str, str]]]:
    return dict, (dict(field),)


ForkingPickler.register(MappingProxyType, _as_dict)  # fields of a card go over as plain ones
