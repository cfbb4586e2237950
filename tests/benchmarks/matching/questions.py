"""The lines that measure, by half, and which of them the engine has learned word for word."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from content.shelf import SHIPPED, Shelf
from content.understanding.training import Example, Phrases, examples
from content.understanding.vietnamese import Abbreviations, Words, prepare

HERE = Path(__file__).parent
Row = dict[str, Any]


class Changed(Exception):
    """A file changed between two measurements of one run, so that they do not compare."""

    def __init__(self) -> None:
        super().__init__(
            "the questions, the cards or the engine's code changed during the run:"
            " its figures do not compare. Run it again while nobody edits, or in a copy."
        )


def every(name: str, half: str) -> list[Row]:
    """All lines of one half."""
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["half"] == half]


def read(name: str, half: str) -> list[Row]:
    """The lines of one half that can measure: those that the engine has not learned word for word.

    Short ones ("cần giấy gì") are written alike by everybody, and would be a memory test.
    """
    known = learned()
    return [row for row in every(name, half) if said(row) not in known]


def said(row: Row) -> str:
    """The last thing said in a line, folded."""
    return ready(row["q"] if "q" in row else row["turns"][-1]).folded


@cache
def learned() -> frozenset[str]:
    """Every line that the engine learns from, folded: the cards' and those of the phrase files.

    Also those files whose lines it reads in another way than whole (`;` between several).
    """
    lines = []
    for path in sorted((SHIPPED / "phrases").rglob("*.txt")):
        lines += [part for line in path.read_text("utf-8").splitlines() for part in line.split(";")]
    return frozenset(ready(line).folded for line in lines) | {
        line.words.folded for line in lines_of(Shelf.load(SHIPPED))
    }


def lines_of(shelf: Shelf) -> tuple[Example, ...]:
    """What every method of this benchmark is given to learn from or to look things up in."""
    phrases = Phrases.load(SHIPPED / "phrases")
    return tuple(examples(shelf.cards, phrases, abbreviations()))


def ready(text: str) -> Words:
    """A text as the lines are: tidied, abbreviations written out; also folded."""
    return prepare(text, abbreviations())


@cache
def abbreviations() -> Abbreviations:
    return Abbreviations.load(SHIPPED / "phrases" / "abbreviations.toml")


def state() -> str:
    """Changes with everything that is measured or measures: figures of two states do not compare.

    The lines of the evaluation, the cards, the phrase files, the code of the engine.
    """
    digest = sha256()
    for folder, pattern in (
        (HERE, "*.jsonl"),
        (SHIPPED, "*.py"),
        (SHIPPED / "understanding", "*.py"),
    ):
        _add(digest, folder.glob(pattern))
    _add(digest, (SHIPPED / "cards").rglob("*.md"))
    _add(digest, (p for p in (SHIPPED / "phrases").rglob("*") if p.is_file()))
    return digest.hexdigest()[:16]


def _add(digest: Any, paths: Iterable[Path]) -> None:
    for path in sorted(paths):
        digest.update(path.name.encode() + path.read_bytes())
