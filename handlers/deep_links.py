"""What a link into the chat says: whose unit it is, and perhaps a card to open at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

MARK = "_"
"""Stands in no unit's code and no card's name. Telegram takes letters, digits, _ and -."""


@dataclass(frozen=True, slots=True)
class DeepLink:
    """`unit` is a code, or the name that somebody typed; `card` a slug. Both may be empty."""

    unit: str = ""
    card: str = ""

    @classmethod
    def read(cls, payload: str) -> Self:
        unit, _, card = payload.partition(MARK)
        return cls(unit, card)

    def __str__(self) -> str:
        return f"{self.unit}{MARK}{self.card}" if self.card else self.unit
