"""The forms for an account of a channel, new or changed: what was typed, and what is wrong first.

What is secret is never shown again: not in the page that tells of a fault either.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from handlers.staff.channel_accounts import Field
from handlers.staff.forms import Form

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST = 2048
SET = "set_"
"""Begins the names of settings in the form, which has a token of its own."""


@dataclass(frozen=True, slots=True)
class Typed:
    """Settings as they were typed; `problem` ends the key of a text, `field` is where."""

    settings: Mapping[str, str]
    problem: str = ""
    field: str = ""

    @property
    def shown(self) -> Mapping[str, str]:
        """What may stand in a page again."""
        return {key: self.settings.get(key, "") for key in ("name", "platform", "unit")}


def offered(fields: Sequence[Field], *, whole: bool) -> list[Field]:
    """The fields for who asks: `whole` sees to the whole installation."""
    return [one for one in fields if whole or not one.of_house]


def read(
    form: Form, fields: Mapping[str, Sequence[Field]], *, units: Container[str], whole: bool
) -> Typed:
    """What was typed, without what was left empty and what nobody asked for."""
    name, platform = form.get("name", "").strip().casefold(), form.get("platform", "")
    unit = form.get("unit", "")
    settings = {"name": name, "platform": platform, "unit": unit}
    if platform not in fields:
        return Typed(settings | {"platform": ""}, "platform")
    if not NAME.fullmatch(name):
        return Typed(settings, "name", "name")
    if unit not in units:
        return Typed(settings | {"unit": ""}, "unit", "unit")
    for one in offered(fields[platform], whole=whole):
        value = form.get(f"{SET}{one.key}", "").strip()[:LONGEST]
        if one.needed and not value:
            return Typed(settings, "missing", one.key)
        if one.choices and value not in one.choices:
            value = one.choices[0]
        if value:
            settings[one.key] = value
    return Typed(settings)


def read_changes(
    form: Form, fields: Sequence[Field], *, units: Container[str], whole: bool
) -> Typed:
    """What was typed for an account that is there; a secret that was left empty is not among it."""
    unit = form.get("unit", "")
    if unit not in units:
        return Typed({}, "unit", "unit")
    settings = {"unit": unit}
    for one in offered(fields, whole=whole):
        value = form.get(f"{SET}{one.key}", "").strip()[:LONGEST]
        if one.choices and value not in one.choices:
            value = one.choices[0]
        if value or not one.secret:
            settings[one.key] = value
    return Typed(settings)
