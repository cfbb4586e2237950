"""Exports of feedback and surveys: which columns there are, what stands in them, and three kinds of
files.

Names of columns and their order are a contract (docs/exports.md). Nothing in them leads to a
person, unless somebody who may asks for it: words are redacted, and no name, receipt, chat or
official is among them. Rows are written one by one as they come, so that a file of any length needs
little memory.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

import xlsxwriter
from xlsxwriter.format import Format

from content.redaction import redact
from content.texts import Texts
from handlers.errands import VIETNAM
from storage.answer_numbers import Results
from storage.case_rows import CaseRow

Value = str | int | float | bool | datetime | None
"""A datetime is aware."""

WIDE, NARROW, LONGEST_CELL = 60, 16, 32_767
LINE, MOST_LINES = 15, 12
"""Points of a line, and how many lines of a cell show at most: longer ones do not hide their
neighbours, and are read in the bar above."""

SAID = {
    "kind": "case.kind", "state": "export.state", "platform": "staff.accounts.platform",
    "language": "language",
}  # fmt: skip
"""Columns whose codes a workbook says in words, and where those stand."""
WORDY = frozenset({"words", "more_words", "answer", "question_text", "choice_text", "own_words"})
_FORMULA = re.compile(r"(^|[;|\t\r\n])([ '\"]*)(?=[=+\-@＝＋－＠\t\r])")
"""Where a spreadsheet may take a text for a formula (OWASP, CSV injection): at its beginning, and
after what separates cells elsewhere than here."""

NAME = "name"
"""The column that only an export with names has."""

TOLD = ("named", "words", "more_words", "answer")
"""What an export with names explains otherwise."""

MOST_ROWS = 1_048_575
"""A worksheet holds no more below its heading."""


class TooManyRows(Exception):
    """More cases than a workbook can hold."""


def days_to_answer(row: CaseRow) -> float | None:
    """From its arrival to its first answer; None while there is none."""
    if row.first_answered_at is None:
        return None
    return (row.first_answered_at - row.case.received_at).total_seconds() / 86_400


def overdue(row: CaseRow, now: datetime) -> bool:
    """Whether its first answer came too late, or is late while an official has to do something."""
    case, first = row.case, row.first_answered_at
    return case.overdue(now) or (first is not None and first > case.due_at)


class Columns:
    """The columns of one export."""

    def __init__(
        self, *, unit_name: Callable[[str], str], now: datetime, named: bool = False
    ) -> None:
        """`unit_name` gives a unit's name by its code; `now` decides what is overdue. `named` lets
        through what identifies somebody: words as they were told, and the name, which comes last.
        """
        self._unit_name = unit_name
        self._now = now
        self._named = named
        self._told = str if named else redact
        self.names = (*self.NAMES, NAME) if named else self.NAMES

    NAMES = (
        "id", "kind", "state", "unit", "unit_name", "place", "topic", "platform", "language",
        "received_at", "due_at", "first_answered_at", "closed_at", "days_to_answer", "overdue",
        "reopened", "assigned", "understood", "satisfied", "group", "quarantined", "named",
        "words", "more_words", "answer", "files",
    )  # fmt: skip

    def values(self, row: CaseRow) -> list[Value]:
        """One case, in the order of `names`."""
        case, days = row.case, days_to_answer(row)
        first, *more = row.villager or ("",)
        return [
            case.id,
            case.kind.value,
            case.state.value,
            case.unit,
            self._unit_name(case.unit),
            self._told(case.place),
            case.topic,
            case.platform,
            case.language,
            case.received_at,
            case.due_at,
            row.first_answered_at,
            case.closed_at,
            None if days is None else round(days, 2),
            overdue(row, self._now),
            row.reopened,
            case.official is not None,
            row.understood,
            row.satisfied,
            case.group,
            bool(case.quarantine),
            bool(case.name),
            self._told(first),
            self._told("\n".join(more)),
            self._told("\n".join(row.answers)),
            row.files,
            *([case.name] if self._named else []),
        ]


class SurveyColumns:
    """The columns of what was answered to one broadcast: a row an answer, in an order that tells
    nothing, and nothing that says which answers are one person's."""

    NAMES = (
        "broadcast", "question", "question_text", "choice", "choice_text", "own_words", "hidden",
    )  # fmt: skip

    def rows(
        self, number: int, results: Results, words: Mapping[int, Sequence[str]]
    ) -> Iterator[list[Value]]:
        """`words` are the answers in words by the place of their question. What results do not
        tell is not told here either: a question with few answers has no row, a choice that is
        hidden stands empty."""
        for place, one in enumerate(results.questions):
            if one.answered is None:
                continue
            head: list[Value] = [number, place + 1, one.question.text]
            for choice, (text, count) in enumerate(
                zip(one.question.choices, one.choices, strict=True), start=1
            ):
                yield from ([*head, choice, text, "", False] for _ in range(count or 0))
            if one.question.choices:
                told = sum(count or 0 for count in one.choices)
                yield from ([*head, None, "", "", True] for _ in range(one.answered - told))
            for said in sorted(map(redact, words.get(place, ()))):
                yield [*head, None, "", said, False]


class Sheet(Protocol):
    """A file that is being written."""

    def write(self, values: list[Value]) -> None:
        """Add a row."""

    def close(self) -> None:
        """Nothing follows: the file is whole."""


class CsvSheet:
    """UTF-8 with the mark that Excel needs; text that a spreadsheet could run begins with '."""

    def __init__(self, file: IO[bytes], names: Sequence[str] = Columns.NAMES) -> None:
        self._text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
        self._rows = csv.writer(self._text)
        self._rows.writerow(names)

    def write(self, values: list[Value]) -> None:
        self._rows.writerow([_harmless(_plain(value)) for value in values])

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class JsonLines:
    """One object a line; texts as they are."""

    def __init__(self, file: IO[bytes], names: Sequence[str] = Columns.NAMES) -> None:
        self._file = file
        self._names = names

    def write(self, values: list[Value]) -> None:
        row = dict(zip(self._names, map(_plain, values), strict=True))
        self._file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        self._file.flush()


class Workbook:
    """An Excel file: real dates and numbers, headings in Vietnamese, a sheet that explains them."""

    def __init__(
        self,
        file: Path | IO[bytes],
        texts: Texts,
        names: Sequence[str] = Columns.NAMES,
        title: str = "export.sheet",
    ) -> None:
        """`title` is the key of the sheet's name; with the column of names nothing is masked."""
        self._book = xlsxwriter.Workbook(
            file, {"constant_memory": True, "strings_to_urls": False, "remove_timezone": True}
        )
        self._bold = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._day = self._book.add_format({"num_format": "dd/mm/yyyy hh:mm", "valign": "top"})
        self._sheet = self._book.add_worksheet(texts(title))
        self._yes, self._no = texts("export.yes"), texts("export.no")
        self._about = [
            (name, texts(f"export.column.{name}"), texts(_meaning(name, NAME in names)))
            for name in names
        ]
        self._explained = texts("export.explained")
        self._rows = 0
        self._said = [SAID.get(name, "") for name in names]
        self._texts = texts
        self._wordy = [at for at, name in enumerate(names) if name in WORDY]
        self._sheet.set_landscape()
        self._sheet.set_paper(9)  # A4
        self._sheet.repeat_rows(0)
        self._sheet.repeat_columns(0)
        self._sheet.set_footer("&C&P/&N")
        self._sheet.set_row(0, 2 * LINE)
        for column, (name, heading, _) in enumerate(self._about):
            wide = name in WORDY
            self._sheet.set_column(column, column, WIDE if wide else NARROW)
            self._sheet.write_string(0, column, heading, self._bold)
        self._sheet.freeze_panes(1, 1)

    def write(self, values: list[Value]) -> None:
        """Raises TooManyRows."""
        if self._rows == MOST_ROWS:
            raise TooManyRows(f"a workbook holds {MOST_ROWS} rows; choose --from and --to, or csv")
        self._rows += 1
        self._sheet.set_row(
            self._rows, max((tall(str(values[at] or ""), WIDE) for at in self._wordy), default=LINE)
        )
        for column, value in enumerate(values):
            self._cell(self._rows, column, self._in_words(column, value))

    def close(self) -> None:
        self._sheet.autofilter(0, 0, self._rows, len(self._about) - 1)
        about = self._book.add_worksheet(self._explained)
        about.set_column(0, 1, 24)
        about.set_column(2, 2, WIDE)
        for row, line in enumerate(self._about):
            about.set_row(row, tall(line[-1], WIDE))
            for column, text in enumerate(line):
                about.write_string(row, column, text, self._wrapped)
        self._book.close()

    def _in_words(self, column: int, value: Value) -> Value:
        """A code as people say it; one that has no words stays."""
        key = f"{self._said[column]}.{value}"
        return self._texts(key) if self._said[column] and key in self._texts else value

    def _cell(self, row: int, column: int, value: Value) -> None:
        match value:
            case None | "":
                return
            case bool():
                self._text(row, column, self._yes if value else self._no, self._wrapped)
            case int() | float():
                self._sheet.write_number(row, column, value, self._wrapped)
            case datetime():
                local = value.astimezone(VIETNAM).replace(tzinfo=None)
                self._sheet.write_datetime(row, column, local, self._day)
            case str():
                self._text(row, column, cut(value), self._wrapped)

    def _text(self, row: int, column: int, text: str, look: Format) -> None:
        self._sheet.write_string(row, column, text, look)


def tall(text: str, width: int) -> int:
    """How many points high a row is in which a text of this width in letters can be read: not
    every spreadsheet finds that by itself."""
    lines = sum(1 + max(0, len(line) - 1) // width for line in text.splitlines() or [""])
    return LINE * min(lines, MOST_LINES)


def cut(text: str) -> str:
    """As much as a cell holds: Excel counts in UTF-16, where an emoji is two."""
    return text.encode("utf-16-le")[: 2 * LONGEST_CELL].decode("utf-16-le", "ignore")


def _meaning(name: str, told: bool) -> str:
    """The key of what a column holds; `told` where words stand as they were told."""
    return f"export.told.{name}" if told and name in TOLD else f"export.meaning.{name}"


def _plain(value: Value) -> Value:
    """Times as ISO 8601 in Vietnam's time."""
    if isinstance(value, datetime):
        return value.astimezone(VIETNAM).isoformat(timespec="seconds")
    return value


def _harmless(value: Value) -> Value:
    if isinstance(value, bool):
        return int(value)
    return _FORMULA.sub(r"\1\2'", value) if isinstance(value, str) else value
