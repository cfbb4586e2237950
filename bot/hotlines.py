"""Settings of a commune's own numbers for people in danger, and the day somebody confirmed them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from handlers.unit_rules import DANGERS, is_dialled

KINDS = DANGERS


class Hotlines(BaseModel):
    """One number for each kind of danger; what is unknown stays empty."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    violence: str = ""
    child: str = ""
    suicide: str = ""
    trafficking: str = ""
    flood: str = ""
    fire: str = ""
    medical: str = ""
    confirmed: date | None = None

    @field_validator(*KINDS, mode="before")
    @classmethod
    def _dialled(cls, value: object) -> object:
        if not isinstance(value, str):
            raise ValueError('write the number in quotes, as in "0200 000 000"')
        number = value.strip()
        if number and not is_dialled(number):
            raise ValueError(
                "write the number as people dial it: 3 to 15 digits with spaces, dots or hyphens, "
                "and + in front of a country's code; one number alone"
            )
        return number

    @field_validator("confirmed", mode="before")
    @classmethod
    def _left_empty(cls, value: object) -> object:
        return None if value == "" else value

    @model_validator(mode="after")
    def _whole(self) -> Hotlines:
        if self.confirmed is None and any(number for _, number in self.numbers()):
            raise ValueError(
                "a number needs confirmed = the day on which you dialled all these numbers and the "
                "right office answered, for instance confirmed = 2026-11-01"
            )
        return self

    def numbers(self) -> Iterator[tuple[str, str]]:
        """Each kind of danger that has a number, with it."""
        return ((kind, number) for kind in KINDS if (number := getattr(self, kind)))
