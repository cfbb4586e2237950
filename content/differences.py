"""What changed between two texts, line by line and, in a line, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

AROUND = 1
"""So many unchanged lines are shown before and after a change."""


class Mark(StrEnum):
    SAME = "same"
    GONE = "gone"
    COME = "come"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was (GONE), is now (COME), or was and is (SAME); `words` are its pieces, of
    which the marked ones changed. `heading` is the section it stands in."""

    mark: Mark
    words: tuple[tuple[Mark, str], ...]
    heading: str = ""


def differences(before: str, after: str) -> list[Line]:
    """The changed lines in their order, with the unchanged ones right around them."""
    old, new = before.splitlines(), after.splitlines()
    shown: list[Line] = []
    groups = SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND)
    for group in groups:
        for code, first, last, begin, end in group:
            if code == "equal":
                shown += [_line(Mark.SAME, line, _heading(new, begin + n))
                          for n, line in enumerate(new[begin:end])
                          if line.strip() and not line.startswith("## ")]  # fmt: skip
            else:
                shown += _changed(old[first:last], new[begin:end], _heading(new, begin))
    return shown


def _changed(old: Sequence[str], new: Sequence[str], heading: str) -> Iterator[Line]:
    """Lines that took each other's place side by side, if there are as many of both."""
    if len(old) != len(new):
        for mark, lines in ((Mark.GONE, old), (Mark.COME, new)):
            yield from (_line(mark, line, heading) for line in lines if line.strip())
        return
    for was, now in zip(old, new, strict=True):
        gone, come = _words(was, now)
        for mark, words in ((Mark.GONE, gone), (Mark.COME, come)):
            if any(text.strip() for _, text in words):
                yield Line(mark, words, heading)


def _words(was: str, now: str) -> tuple[tuple[tuple[Mark, str], ...], ...]:
    """Both lines in pieces; a piece that the other has not is marked."""
    old, new = re.split(r"(\s+)", was), re.split(r"(\s+)", now)
    gone, come = [], []
    for code, first, last, begin, end in SequenceMatcher(None, old, new, False).get_opcodes():
        same = code == "equal"
        if first < last:
            gone.append((Mark.SAME if same else Mark.GONE, "".join(old[first:last])))
        if begin < end:
            come.append((Mark.SAME if same else Mark.COME, "".join(new[begin:end])))
    return tuple(gone), tuple(come)


def _line(mark: Mark, text: str, heading: str) -> Line:
    return Line(mark, ((mark, text),), heading)


def _heading(lines: Sequence[str], place: int) -> str:
    """The nearest section's name at or above a line; nothing in the part before them."""
    above = (line[3:].strip() for line in reversed(lines[: place + 1]) if line.startswith("## "))
    return next(above, "")
