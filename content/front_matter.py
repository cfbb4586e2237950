"""Reads the part of a card file between the two `---` lines, and says by line what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from content.faults import CardFault, fault
from content.figures import Figure, Law, Period, State

_WORDS = {
    "missing": "còn thiếu",
    "extra_forbidden": "không có trong mẫu",
    "string_type": "phải là chữ (đặt trong dấu nháy)",
    "string_too_short": "đang để trống",
    "too_short": "chưa đủ số mục",
    "list_type": "phải là danh sách",
    "dict_type": "phải là các cặp khóa: giá trị",
    "model_type": "phải là các cặp khóa: giá trị",
    "literal_error": "giá trị không có trong mẫu",
    "enum": "phải là confirmed hoặc to-confirm",
}


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _a_day(value: object) -> object:
    if isinstance(value, str):
        return date.fromisoformat(value)  # a ValueError here becomes a fault with its line
    if type(value) is not date:
        raise ValueError("phải là ngày, viết như 2026-11-23")
    return value


Day = Annotated[date, BeforeValidator(_a_day)]
Words = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False, populate_by_name=True)


class _Period(_Strict):
    value: Words
    start: Day = Field(alias="from")
    until: Day | None = None
    source: str = ""
    state: State


class _Law(_Strict):
    number: Words
    in_force: Day | None = None
    article: str = ""
    replaces: Annotated[list[str], BeforeValidator(_as_list)] = []
    counts_from: Day | None = None


class Front(_Strict):
    """The front matter as written, checked key by key."""

    title: Words
    group: Literal["suc-khoe", "hoc-hanh", "an-sinh", "lam-an", "giay-to", "quyen-an-toan", "chung"]
    names: Annotated[list[Words], Field(min_length=1)]
    related: list[str] = []
    reviewed: Day
    review_by: Day
    office: str = ""
    urgent: bool = False
    legal: list[_Law] = []
    figures: dict[str, Annotated[list[_Period], Field(min_length=1)]] = {}
    notes: str = ""
    lines: dict[str, int] = Field(default={}, exclude=True)

    def laws(self) -> tuple[Law, ...]:
        return tuple(
            Law(x.number, x.in_force, x.article, tuple(x.replaces), x.counts_from)
            for x in self.legal
        )

    def figures_by_name(self) -> dict[str, Figure]:
        return {
            name: Figure(
                name,
                tuple(
                    Period(p.value, p.start, p.until, p.source, p.state)
                    for p in sorted(periods, key=lambda p: p.start)
                ),
            )
            for name, periods in self.figures.items()
        }


def read_front(text: str, path: Path, faults: list[CardFault]) -> Front | None:
    """The front matter of a file; None, with the reasons added to `faults`, when it cannot be.

    `lines` of the result gives the line in the file of each key and of each `figures.<name>`.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        raw = None if node is None else loader.construct_document(node)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or str(error)
        faults.append(fault(path, mark.line + 2 if mark else 2, "yaml", why=why))
        return None
    if not isinstance(raw, dict):
        faults.append(fault(path, 2, "yaml", why="không phải các cặp khóa: giá trị"))
        return None
    raw.pop("lines", None)
    try:
        front = Front.model_validate(raw)
    except ValidationError as error:
        for item in error.errors():
            key = ".".join(str(part) for part in item["loc"])
            why = _WORDS.get(item["type"], item["msg"].removeprefix("Value error, "))
            faults.append(fault(path, _line_of(node, item["loc"]), "key", key=key, why=why))
        return None
    front.lines = {key: _line_of(node, (key,)) for key in raw}
    for name in front.figures:
        front.lines[f"figures.{name}"] = _line_of(node, ("figures", name))
    faults.extend(_period_faults(front, path))
    return front


def _period_faults(front: Front, path: Path) -> list[CardFault]:
    found = []
    for name, figure in front.figures_by_name().items():
        line = front.lines[f"figures.{name}"]
        for period in figure.periods:
            if period.until is not None and period.until < period.start:
                found.append(fault(path, line, "period_backwards", name=name))
        for before, after in zip(figure.periods, figure.periods[1:], strict=False):
            if before.until is None or before.until >= after.start:
                found.append(fault(path, line, "period_order", name=name, start=after.start))
            elif before.until + timedelta(days=1) != after.start:
                fields = {"name": name, "until": before.until, "start": after.start}
                found.append(fault(path, line, "period_gap", **fields))
    return found


def _line_of(node: yaml.Node | None, place: Sequence[int | str]) -> int:
    """The line in the file of a place in the YAML; the nearest one that is there."""
    line = 2
    for step in place:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(step):
                    line, found = key.start_mark.line + 2, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = node.value[step] if step < len(node.value) else None
            line = found.start_mark.line + 2 if found is not None else line
        if found is None:
            break
        node = found
    return line
