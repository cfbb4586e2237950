"""A list of units in rows: which column is what, what would change, and what is wrong where.

Names of columns are found whatever their case, diacritics and order. An empty cell leaves what is
known as it is. Nothing is ever taken away by a list.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.unit_files import Sheet
from handlers.unit_rules import DEEPEST, FACTS, differences, faults_of
from handlers.units import Source, Units
from storage.units import KeptUnit

COLUMNS = ("code", "name", "parent", *FACTS)
NEEDED = ("code", "name")
HEADING_WITHIN = 20
"""In one of the first so many rows stand the names of the columns: lists have titles above."""

_LETTERS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: `key` ends a text's key, `value` is what stands there. `row` is its number in
    the file, 0 for the whole; `column` is one of COLUMNS, or a letter of the file, or empty."""

    row: int
    column: str
    key: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A unit that is known, and what it would be."""

    old: KeptUnit
    new: KeptUnit

    @property
    def fields(self) -> list[tuple[str, str, str]]:
        """The name, what it was, what it would be; of each that is another."""
        return differences(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a list would do. `of_file` are codes whose rows change nothing, since the settings file
    has those units. With a fault nothing is done at all."""

    new: tuple[KeptUnit, ...] = ()
    changed: tuple[Change, ...] = ()
    same: int = 0
    of_file: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def does(self) -> bool:
        return not self.faults and bool(self.new or self.changed)


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: Mapping[str, str]

    def fault(self, column: str, key: str) -> Fault:
        return Fault(self.number, column, key, self.cells.get(column, ""))


@dataclass(slots=True)
class _Reading:
    """What is found row by row."""

    faults: list[Fault] = field(default_factory=list)
    rows: dict[str, _Row] = field(default_factory=dict)


class UnitSheets:
    """Reads lists of units. `texts` name the columns."""

    def __init__(self, texts: Texts) -> None:
        self._columns = {
            _bare(word): name
            for name in COLUMNS
            for word in (name, *texts(f"units.column.{name}").split("|"))
        }

    def plan(
        self, sheet: Sheet, *, kept: Mapping[str, KeptUnit], units: Units, own: str, today: date
    ) -> Plan:
        """What the list would do to the `kept` units, for somebody whose unit is `own` (empty: the
        whole installation). `units` are all that there are; `today` is Vietnam's day."""
        heading, places = self._heading(sheet)
        if missing := [name for name in NEEDED if name not in places]:
            return Plan(faults=tuple(Fault(heading, name, "no_column") for name in missing))
        read = _read(sheet, heading, places)
        in_file = {one.code for one in units if one.source is not Source.KEPT}
        new, changed, same = [], [], 0
        for code, row in read.rows.items():
            if code in in_file:
                continue
            old = kept.get(code)
            unit = _unit(row, code, old)
            wrong = faults_of(unit, today)
            read.faults += [row.fault(column, key) for column, key in wrong.items()]
            if old is None:
                new.append(unit)
            elif old != unit:
                changed.append(Change(old, unit))
            else:
                same += 1
        read.faults += _misplaced(read.rows, [*new, *(one.new for one in changed)], units, own)
        return Plan(
            new=tuple(new), changed=tuple(changed), same=same,
            of_file=tuple(code for code in read.rows if code in in_file),
            faults=tuple(sorted(read.faults, key=lambda one: one.row)),
        )  # fmt: skip

    def _heading(self, sheet: Sheet) -> tuple[int, dict[str, int]]:
        """The row with the names of the columns, and where each column stands."""
        best: tuple[int, dict[str, int]] = (sheet.rows[0][0], {})
        for number, cells in sheet.rows[:HEADING_WITHIN]:
            places: dict[str, int] = {}
            for place, cell in enumerate(cells):
                if name := self._columns.get(_bare(cell)):
                    places.setdefault(name, place)
            if len(places) > len(best[1]):
                best = number, places
        return best


def _read(sheet: Sheet, heading: int, places: Mapping[str, int]) -> _Reading:
    """The rows below the heading, by code."""
    read = _Reading()
    read.faults += [
        Fault(one.row, one.column, "merged") for one in sheet.merged if one.row > heading
    ]
    for number, cells in sheet.rows:
        if number <= heading:
            continue
        row = _Row(number, {
            name: _tidy(cells[place]) for name, place in places.items() if place < len(cells)
        })  # fmt: skip
        if not any(row.cells.values()):
            continue
        run = [name for name, cell in row.cells.items() if cell.startswith(("=", "@"))]
        read.faults += [row.fault(name, "formula") for name in run]
        code = row.cells.get("code", "").casefold()
        if not code:
            read.faults.append(row.fault("code", "missing"))
        elif code in read.rows:
            read.faults.append(Fault(number, "code", "twice", str(read.rows[code].number)))
        elif "code" not in run:
            read.rows[code] = row
    return read


def _unit(row: _Row, code: str, old: KeptUnit | None) -> KeptUnit:
    told: dict[str, Any] = {name: cell for name, cell in row.cells.items() if cell}
    told["code"] = code
    if "parent" in told:
        told["parent"] = told["parent"].casefold()
    return replace(old or KeptUnit(code, ""), **told)


def _misplaced(
    rows: Mapping[str, _Row], units: Sequence[KeptUnit], known: Units, own: str
) -> list[Fault]:
    """Parents that are no unit or stand below their own child, and what is another's to change."""
    parents = {one.code: one.parent for one in known} | {one.code: one.parent for one in units}
    faults = []
    for unit in units:
        row, old = rows[unit.code], known.get(unit.code)
        if unit.parent and unit.parent not in parents:
            faults.append(row.fault("parent", "no_parent"))
            continue
        above = line_of(unit.code, parents)
        if above is None:
            faults.append(row.fault("parent", "circle"))
        elif len(above) > DEEPEST:
            faults.append(row.fault("parent", "deep"))
        elif own and (own not in above or not (old is None or own in known_line(known, unit.code))):
            faults.append(row.fault("code", "elsewhere"))
        elif own and old is not None and unit.code == own and old.parent != unit.parent:
            faults.append(row.fault("parent", "elsewhere"))
    moved = {one.code for one in units if (old := known.get(one.code)) and old.parent != one.parent}
    down = {_taken_too_deep(one.code, moved, parents) for one in known if one.code not in rows}
    return faults + [rows[code].fault("parent", "deep") for code in sorted(down - {""})]


def _taken_too_deep(code: str, moved: Collection[str], parents: Mapping[str, str]) -> str:
    """The unit whose move takes this one below it too deep; nothing if none does."""
    line = line_of(code, parents) if moved else None
    if line is None or len(line) <= DEEPEST:
        return ""
    return next((above for above in line if above in moved), "")


def known_line(units: Units, code: str) -> list[str]:
    """The codes of the unit and of all above it, as it stands now."""
    return [one.code for one in units.line(code)]


def line_of(code: str, parents: Mapping[str, str]) -> list[str] | None:
    """The unit and all above it, as far as one sees that it is too deep; None if it stands below
    itself."""
    line = [code]
    while (above := parents.get(line[-1], "")) and len(line) <= DEEPEST:
        if above in line:
            return None
        line.append(above)
    return line


def _tidy(cell: str) -> str:
    """Composed letters, and nothing that cannot be seen."""
    seen = (sign for sign in unicodedata.normalize("NFC", cell) if sign.isprintable())
    return "".join(seen).strip()


def _bare(heading: str) -> str:
    return _LETTERS.sub(" ", fold(heading)).strip()
