"""What can be wrong with a card file: where, what, and how to mend it.

The sentences are in `texts/faults.toml`, apart from those of the bot, because cards must be
checkable whatever state the catalogue is in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class CardFault:
    """One fault. `line` counts from 1; 1 also stands for the file as a whole."""

    path: Path
    line: int
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem} — {self.remedy}"


class CardFaults(Exception):
    """A file that cannot be a card, with all that is wrong in it."""

    def __init__(self, faults: Iterable[CardFault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


_SAY: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "texts" / "faults.toml").read_text("utf-8")
)


def fault(path: Path, line: int, code: str, **fields: object) -> CardFault:
    """The fault named by `code`, with its sentences filled in."""
    said = _SAY[code]
    return CardFault(path, line, said["problem"].format(**fields), said["remedy"].format(**fields))
