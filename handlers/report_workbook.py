"""The report as a workbook: a sheet for each question it answers, with real numbers and charts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from content.texts import Texts
from handlers.errands import VIETNAM
from handlers.exports import LINE, tall
from handlers.reporting import CaseNumbers, NoticeLine, Report, UnitLine
from storage.case_numbers import Ratings
from storage.tallies import Asked

Cell = str | int | float | datetime | None
"""A datetime is in Vietnam's time, without its zone."""

CASES = (
    "received", "answered", "closed", "withdrawn", "waiting", "overdue", "reopened", "median_days",
    "understood", "not_understood", "satisfied", "not_satisfied",
)  # fmt: skip
NOTICES = ("recipients", "sent", "failed", "uncertain", "skipped", "pending")
TABLES = {
    "topics": ("topic", "explained", "asked.helped", "asked.not_helped"),
    "kinds": ("kind", *CASES),
    "units": ("unit", *(f"asked.{what}" for what in Asked), *CASES),
    "notices": ("notice", "began", "unit", "purpose", *NOTICES),
}
"""Each sheet's columns, as the texts below "report." name them."""

SUMMARY = (
    "questions", "explained", *(f"asked.{what}" for what in Asked), *CASES, "notices_begun", "sent",
)  # fmt: skip
WIDE, NARROW = 44, 16
HEADING_LINES = 3
A4, CHARTED = 9, 15
"""So many bars can be told apart."""

FEW_COLUMNS = 4
"""Beside so many a chart is seen without scrolling; else it stands below."""


def write_workbook(
    report: Report, file: Path | IO[bytes], *, texts: Texts, title_of: Callable[[str], str]
) -> None:
    """`title_of` gives a card's title by its slug."""
    with xlsxwriter.Workbook(
        file, {"strings_to_urls": False, "strings_to_formulas": False}
    ) as book:
        _Pages(book, texts).write(report, title_of)


class _Pages:
    def __init__(self, book: xlsxwriter.Workbook, texts: Texts) -> None:
        self._book, self._texts = book, texts
        self._bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._large = book.add_format({"bold": True, "font_size": 14})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self._whole = book.add_format({"num_format": "#,##0", "valign": "top"})
        self._part = book.add_format({"num_format": "#,##0.00", "valign": "top"})
        self._day = book.add_format({"num_format": "dd/mm/yyyy hh:mm", "valign": "top"})

    def write(self, report: Report, title_of: Callable[[str], str]) -> None:
        texts = self._texts
        self._summary(report)
        topics = [self._topic(report, slug, many, title_of) for slug, many in report.topics]
        kinds: list[list[Cell]] = [
            [texts(f"case.kind.{kind}"), *_cells(numbers)] for kind, numbers in report.kinds.items()
        ]
        self._table("topics", topics, charted=1)
        self._table("kinds", kinds, charted=1)
        self._table("units", [self._unit(line) for line in report.units])
        names = {line.unit.code: line.unit.name for line in report.units if line.unit}
        self._table("notices", [self._notice(line, names) for line in report.notices])

    def _summary(self, report: Report) -> None:
        texts = self._texts
        sheet = self._sheet("summary")
        sheet.set_column(0, 0, WIDE)
        sheet.set_column(1, 1, NARROW)
        sheet.write_string(0, 0, texts("report.title"), self._large)
        for row, line in enumerate(headings(report, texts), start=1):
            sheet.write_string(row, 0, line)
        for row, (name, value) in enumerate(zip(SUMMARY, _summary(report), strict=True), start=5):
            sheet.write_string(row, 0, texts(f"report.{name}"), self._wrapped)
            self._cell(sheet, row, 1, value)
        note = texts("report.counted")
        sheet.merge_range(row + 2, 0, row + 2, 1, note, self._wrapped)
        sheet.set_row(row + 2, tall(note, WIDE + NARROW))

    def _topic(
        self, report: Report, slug: str, many: int, title_of: Callable[[str], str]
    ) -> list[Cell]:
        said = report.rated.get(slug, Ratings())
        return [title_of(slug) or slug, many, said.yes, said.no]

    def _unit(self, line: UnitLine) -> list[Cell]:
        name = line.unit.name if line.unit else self._texts("report.no_unit")
        shown = f"{'    ' * line.depth}{name}"
        return [shown, *(line.asked.get(what, 0) for what in Asked), *_cells(line.cases)]

    def _notice(self, line: NoticeLine, names: Mapping[str, str]) -> list[Cell]:
        """`names` of units by their code."""
        it = line.broadcast
        began = it.started_at.astimezone(VIETNAM).replace(tzinfo=None) if it.started_at else None
        unit = names.get(it.draft.unit, it.draft.unit)
        purpose = self._texts(f"report.purpose.{it.draft.purpose}")
        numbers = [getattr(line.account, name) for name in NOTICES]
        return [it.draft.text, began, unit, purpose, *numbers]

    def _sheet(self, name: str) -> Worksheet:
        """Printed, it is one page across, with numbers of pages."""
        sheet = self._book.add_worksheet(self._texts(f"report.sheet.{name}"))
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C&P/&N")
        return sheet

    def _table(self, name: str, rows: Iterable[list[Cell]], *, charted: int = 0) -> None:
        """A sheet with headings that stay, filters, and a chart of the column that is `charted`."""
        sheet, columns, count = self._sheet(name), TABLES[name], 0
        sheet.set_landscape()
        sheet.repeat_rows(0)
        sheet.set_column(0, 0, WIDE)
        sheet.set_column(1, len(columns) - 1, NARROW)
        sheet.set_row(0, HEADING_LINES * LINE)
        for column, heading in enumerate(columns):
            sheet.write_string(0, column, self._texts(f"report.{heading}"), self._bold)
        for count, row in enumerate(rows, start=1):
            sheet.set_row(count, tall(str(row[0]), WIDE))
            for column, value in enumerate(row):
                self._cell(sheet, count, column, value)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, count, len(columns) - 1)
        if charted and count:
            self._chart(sheet, name, columns, count, charted)

    def _chart(
        self, sheet: Worksheet, name: str, columns: Sequence[str], count: int, column: int
    ) -> None:
        """Of the first of so many rows; in words it points to the table, which says the same."""
        last = min(count, CHARTED)
        place = (1, len(columns) + 1) if len(columns) <= FEW_COLUMNS else (count + 2, 0)
        title, counted = self._texts(f"report.sheet.{name}"), self._texts(f"report.counts.{name}")
        chart = self._book.add_chart({"type": "bar"})
        where = sheet.get_name()
        chart.add_series(
            {
                "name": self._texts(f"report.{columns[column]}"),
                "categories": [where, 1, 0, last, 0],
                "values": [where, 1, column, last, column],
                "data_labels": {"value": True},
            }
        )
        chart.set_title({"name": title})
        chart.set_legend({"none": True})
        chart.set_x_axis({"name": counted, "num_format": "#,##0"})
        chart.set_y_axis({"name": self._texts(f"report.{columns[0]}"), "reverse": True})
        chart.set_size({"width": 720, "height": 160 + 26 * last})
        said = self._texts("report.chart_said", title=title, counted=counted)
        sheet.insert_chart(*place, chart, {"description": said})

    def _cell(self, sheet: Worksheet, row: int, column: int, value: Cell) -> None:
        match value:
            case None | "":
                return
            case str():
                sheet.write_string(row, column, value, self._wrapped)
            case datetime():
                sheet.write_datetime(row, column, value, self._day)
            case _:
                look = self._whole if isinstance(value, int) else self._part
                sheet.write_number(row, column, value, look)


def headings(report: Report, texts: Texts) -> list[str]:
    """Whose report it is, of which time, when it was made, and what is not counted."""
    unit = report.unit.name if report.unit else texts("report.everybody")
    made = report.made_at.astimezone(VIETNAM)
    return [
        texts("report.of_unit", unit=unit),
        texts("report.period", first=f"{report.first:%d/%m/%Y}", last=f"{report.last:%d/%m/%Y}"),
        texts("report.made", at=f"{made:%H:%M %d/%m/%Y}"),
        *([] if report.whole else [texts("report.without_complaints")]),
    ]


def _summary(report: Report) -> list[Cell]:
    """The values of SUMMARY."""
    sent = sum(line.account.sent for line in report.notices)
    asked = [report.asked[what] for what in Asked]
    cases = _cells(report.cases)
    return [report.questions, report.explained, *asked, *cases, len(report.notices), sent]


def _cells(numbers: CaseNumbers) -> list[Cell]:
    days = numbers.median_days
    values = {name: getattr(numbers, name) for name in CASES if name != "median_days"}
    return [
        (None if days is None else round(days, 2)) if name == "median_days" else values[name]
        for name in CASES
    ]
