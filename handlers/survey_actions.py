"""What a button means that answers a question of a broadcast."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Vote:
    """My answer to the question that a broadcast asks: the place of a choice."""

    number: int
    choice: int


class Asked(StrEnum):
    """What somebody does in a survey (`Survey`)."""

    BEGIN = "b"
    CHOOSE = "c"  # value: the place of the choice
    SKIP = "x"
    BACK = "r"
    LEAVE = "v"
    AGAIN = "a"  # from the first question on, to change answers


@dataclass(frozen=True, slots=True)
class Survey:
    """A step in the survey of a broadcast; `at` is the place of the question that was shown."""

    told: Asked
    number: int
    at: int = 0
    value: int = 0
