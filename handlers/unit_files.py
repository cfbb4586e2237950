"""Spreadsheets that somebody sends in: their rows as texts, or why they cannot be read.

Nothing in a file is run, followed or believed: its size is bounded before it is opened, formulas
come out as texts that begin with "=", and a file with macros is not opened at all.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LARGEST = 5 * 1024 * 1024
UNPACKED = 20 * 1024 * 1024
"""So large may all that is in a workbook be together: ten thousand rows take a third of it."""

MOST_PARTS = 500
MOST_ROWS = 20_000
LAST_ROW = 100_000
"""Below it a workbook is not read: many are coloured, and empty, down to their end."""

MOST_COLUMNS = 60
LONGEST_CELL = 1_000

_MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*\bref="([A-Z]{1,3})([0-9]{1,7}):[^"]*"')
_ESCAPED = re.compile(r"(^|[;|])([ '\"]*)'(?=[=+\-@＝＋－＠])")
"""As our own exports write it, so that no spreadsheet takes it for a formula."""


class Reason(StrEnum):
    """Why a file cannot be read."""

    LARGE = "large"
    ROWS = "rows"
    MACROS = "macros"
    OLD = "old"  # Excel's form before 2007, or one with a password
    ENCODING = "encoding"
    BROKEN = "broken"
    EMPTY = "empty"


class Unreadable(Exception):
    """It cannot be read."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Merged:
    """Cells that were made one: where they begin, as in "B3"."""

    row: int
    column: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows that hold something, each with its number in the file, from 1."""

    rows: tuple[tuple[int, tuple[str, ...]], ...]
    merged: tuple[Merged, ...] = ()


def read(content: bytes) -> Sheet:
    """The first sheet of a workbook, or the rows of a CSV file in UTF-8. Raises Unreadable."""
    if len(content) > LARGEST:
        raise Unreadable(Reason.LARGE)
    if content.startswith(b"PK"):
        sheet = _workbook(content)
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(Reason.OLD)
    else:
        sheet = Sheet(tuple(_filled(_of_csv(content))))
    if not sheet.rows:
        raise Unreadable(Reason.EMPTY)
    return sheet


def _workbook(content: bytes) -> Sheet:
    from openpyxl import load_workbook  # noqa: PLC0415 - a third of a second, at no start

    _see_bounds(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        sheet = next((one for one in book.worksheets if one.sheet_state == "visible"), None)
        if sheet is None:
            raise Unreadable(Reason.EMPTY)
        rows = sheet.iter_rows(max_row=LAST_ROW, max_col=MOST_COLUMNS)
        texts = ((number, [_text(cell) for cell in row]) for number, row in enumerate(rows, 1))
        filled = tuple(_filled(texts))
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            found = _MERGED.findall(parts.read(sheet._worksheet_path))
        merged = tuple(Merged(int(row), column.decode()) for column, row in found)
    except Unreadable:
        raise
    except Exception:  # a file may be broken in every place that the library reads
        raise Unreadable(Reason.BROKEN) from None
    return Sheet(filled, merged)


def _see_bounds(content: bytes) -> None:
    """Raises Unreadable. Sizes that a file tells wrongly end in an error when it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            known = parts.infolist()
    # The last one is zipfile's word for a kind of packing that it does not know.
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Unreadable(Reason.BROKEN) from None
    if len(known) > MOST_PARTS or sum(part.file_size for part in known) > UNPACKED:
        raise Unreadable(Reason.LARGE)
    if any("vbaproject" in part.filename.casefold() for part in known):
        raise Unreadable(Reason.MACROS)


def _text(cell: Any) -> str:
    """What the cell shows, as far as it is text or a number."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in {"f", "e"}:
        return f"={value}" if not str(value).startswith("=") else str(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def _of_csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(Reason.ENCODING) from None
    if "\0" in text:
        raise Unreadable(Reason.BROKEN)
    head = text[:4096]
    separator = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for number, row in enumerate(rows, 1):
            yield number, row[:MOST_COLUMNS]
    except csv.Error:
        raise Unreadable(Reason.BROKEN) from None


def _filled(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    count = 0
    for number, row in rows:
        cells = [_ESCAPED.sub(r"\1\2", " ".join(c[:LONGEST_CELL].split())) for c in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            count += 1
            if count > MOST_ROWS:
                raise Unreadable(Reason.ROWS)
            yield number, tuple(cells)
