"""What is wrong with a list of units or with one, and what would change, in words; and the lists
that are given away: to fill in, or with all units as they are."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import xlsxwriter

from content.texts import Texts
from handlers.exports import CsvSheet
from handlers.unit_rules import DANGERS, DEEPEST, FACTS
from handlers.unit_sheet import COLUMNS, Change, Fault
from handlers.units import Unit
from storage.units import LONGEST_FACT, LONGEST_NAME

WIDE = 34
FORMS = ("xlsx", "csv")


def column_name(texts: Texts, name: str) -> str:
    """A column, as it is headed in lists; a letter of a spreadsheet as it is."""
    return texts(f"units.column.{name}").split("|")[0] if name in COLUMNS else name


def field_name(texts: Texts, name: str) -> str:
    """What can change of a unit."""
    if name in DANGERS:
        return texts(f"staff.units.danger.{name}")
    return texts("units.field.confirmed") if name == "confirmed" else column_name(texts, name)


def fault_said(texts: Texts, fault: Fault) -> str:
    """With its place in the file."""
    column = column_name(texts, fault.column)
    told = wrong(texts, fault.key, fault.value)
    return texts("units.fault.at", row=fault.row, column=column, fault=told)


def wrong(texts: Texts, key: str, value: str = "") -> str:
    most = {"long_name": LONGEST_NAME, "deep": DEEPEST}.get(key, LONGEST_FACT)
    return texts(f"units.fault.{key}", value=value[:60], most=most)


def change_said(texts: Texts, change: Change) -> list[str]:
    """Each field with what it was and what it would be."""
    return [
        texts("units.change", field=field_name(texts, name), old=old or "–", new=new or "–")
        for name, old, new in change.fields
    ]


def rows_of(units: Iterable[Unit]) -> list[list[str]]:
    """The units in the order of COLUMNS."""
    return [
        [one.code, one.name, one.parent, *(getattr(one.local, name) for name in FACTS)]
        for one in units
    ]


def written(rows: Sequence[Sequence[str]], form: str, texts: Texts) -> bytes:
    """A file with these rows; without any it is one to fill in."""
    file = io.BytesIO()
    headings = [column_name(texts, name) for name in COLUMNS]
    if form == "csv":
        sheet = CsvSheet(file, headings)
        for row in rows:
            sheet.write(list(row))
        sheet.close()
        return file.getvalue()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_urls": False})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    # Text, or a spreadsheet makes a number of a code and drops its zeros.
    plain = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
    page = book.add_worksheet(texts("units.sheet"))
    page.set_column(0, len(COLUMNS) - 1, WIDE, plain)
    page.freeze_panes(1, 2)
    for number, row in enumerate([headings, *rows]):
        for column, cell in enumerate(row):
            page.write_string(number, column, cell, plain if number else bold)
    about = book.add_worksheet(texts("units.sheet_about"))
    about.set_column(0, 0, WIDE)
    about.set_column(1, 1, 2 * WIDE)
    for number, name in enumerate(COLUMNS):
        about.write_string(number, 0, headings[number], bold)
        about.write_string(number, 1, texts(f"units.meaning.{name}"), plain)
    book.close()
    return file.getvalue()
