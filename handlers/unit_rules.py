"""What may stand in a unit: its code, its numbers for people in danger, how long its words are.

The settings file and the console ask the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date

from content.answers import LocalFacts
from storage.units import LONGEST_FACT, LONGEST_NAME, KeptUnit

DANGERS = ("violence", "child", "suicide", "trafficking", "flood", "fire", "medical")
FACTS = tuple(field.name for field in fields(LocalFacts) if field.name != "unit_name")

DEEPEST = 10
"""So many units at most stand in one line, each below the one before: all else walks such lines."""

CODE = r"^[a-z0-9][a-z0-9-]{0,39}$"
_DIALLED = re.compile(r"\+?[0-9](?:[0-9 .\-]*[0-9])?")


def is_dialled(number: str) -> bool:
    """Whether it is one number as people dial it."""
    digits = sum(sign.isdigit() for sign in number)
    return _DIALLED.fullmatch(number) is not None and 3 <= digits <= 15


def is_code(code: str) -> bool:
    return re.fullmatch(CODE, code) is not None


def differences(old: KeptUnit, new: KeptUnit) -> list[tuple[str, str, str]]:
    """What is another: the field or kind of danger, what it was, what it is."""
    was, is_now = _told(old), _told(new)
    return [(name, was[name], is_now[name]) for name in was if was[name] != is_now[name]]


def _told(unit: KeptUnit) -> dict[str, str]:
    told = {name: getattr(unit, name) for name in ("name", "parent", *FACTS)}
    told |= {danger: unit.crisis.get(danger, "") for danger in DANGERS}
    return told | {"confirmed": f"{unit.confirmed:%d/%m/%Y}" if unit.confirmed else ""}


def faults_of(unit: KeptUnit, today: date) -> Mapping[str, str]:
    """What is wrong with a unit by itself: the ending of a text's key, by the field. `today` is
    Vietnam's day."""
    found = {}
    if not is_code(unit.code):
        found["code"] = "code" if unit.code else "missing"
    if not 0 < len(unit.name) <= LONGEST_NAME:
        found["name"] = "long_name" if unit.name else "missing"
    for name in FACTS:
        if len(getattr(unit, name)) > LONGEST_FACT:
            found[name] = "long"
    for danger, number in unit.crisis.items():
        if not is_dialled(number):
            found[danger] = "number"
    if unit.crisis and unit.confirmed is None:
        found["confirmed"] = "undialled"
    elif unit.confirmed is not None and unit.confirmed > today:
        found["confirmed"] = "not_yet"
    return found
