"""Exports opened by a real spreadsheet: LibreOffice reads them and writes down what it saw."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell.cell import Cell

from content.shelf import SHIPPED
from content.texts import Texts
from handlers.errands import VIETNAM
from handlers.exports import Columns, CsvSheet, Value, Workbook
from tests.conftest import missing

pytestmark = pytest.mark.libreoffice
RECEIVED = datetime(2026, 12, 30, 3, tzinfo=UTC)
COMMAS_UTF8_EVALUATING = "CSV:44,34,76,1,,0,false,true,false,false,false,0,true"
"""The most trusting reader: it takes what looks like a number, a day or a formula for one."""

HARMLESS = ["Đường hỏng, cầu gãy ở “bản Nà”", "dòng một\ndòng hai", "số 0912", "trâu – bò; gà"]
HOSTILE = [
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "＝1+1", "＋1+1", "－1+1", "＠SUM(1)",
    " =1+1", "'=1+1", '"=1+1', "a;=1+1", "a\n=1+1", "a\t=1+1", '=HYPERLINK("http://a.example")',
    "=cmd|' /C calc'!A0", '=DDE("soffice";"a";"b")', '=WEBSERVICE("http://a.example")',
]  # fmt: skip


def row(number: int, words: str) -> list[Value]:
    values: dict[str, Value] = {
        "id": number, "kind": "problem", "state": "received", "unit": "xa-mau",
        "unit_name": "Xã Mẫu", "received_at": RECEIVED, "due_at": RECEIVED, "overdue": False,
        "days_to_answer": 2.5, "words": words, "reopened": 0,
    }  # fmt: skip
    return [values.get(name) for name in Columns.NAMES]


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, or a loud skip."""
    found = shutil.which("soffice")
    if found is None:
        missing("libreoffice", "there is no soffice (Debian: libreoffice-calc-nogui)")
    return Path(found)


def opened(office: Path, file: Path, *options: str) -> list[list[Cell]]:
    """The first sheet as LibreOffice saw it: it opens the file and saves it as its own."""
    folder = file.parent / "seen"
    subprocess.run(  # noqa: S603 - Debian's own program
        [
            office, "--headless", f"-env:UserInstallation={(file.parent / 'profile').as_uri()}",
            *options, "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", folder, file,
        ],
        capture_output=True, timeout=240, check=True,
    )  # fmt: skip
    book = openpyxl.load_workbook(folder / f"{file.stem}.xlsx")
    return [list(cells) for cells in book.worksheets[0].iter_rows()]


def column(rows: list[list[Cell]], name: str) -> list[Cell]:
    return [cells[Columns.NAMES.index(name)] for cells in rows[1:]]


def test_a_workbook_opens_with_its_letters_days_and_numbers_and_runs_nothing(
    office: Path, tmp_path: Path
) -> None:
    file = tmp_path / "told.xlsx"
    sheet = Workbook(file, Texts.load(SHIPPED / "texts" / "vi.po"))
    for number, words in enumerate([*HARMLESS, *HOSTILE], 1):
        sheet.write(row(number, words))
    sheet.close()
    rows = opened(office, file)
    assert [cell.value for cell in column(rows, "words")] == [*HARMLESS, *HOSTILE]
    assert {cell.data_type for cell in column(rows, "words")} == {"s"}
    here = RECEIVED.astimezone(VIETNAM).replace(tzinfo=None)
    assert {cell.value for cell in column(rows, "received_at")} == {here}
    assert [cell.value for cell in column(rows, "id")] == list(range(1, len(rows)))
    assert {cell.value for cell in column(rows, "days_to_answer")} == {2.5}
    assert [cell.value for cell in rows[0]][:2] == ["Số", "Loại"]
    with zipfile.ZipFile(file) as whole:
        assert b'state="frozen"' in whole.read("xl/worksheets/sheet1.xml")


def test_a_csv_file_opens_with_its_letters_and_runs_nothing(office: Path, tmp_path: Path) -> None:
    file = tmp_path / "told.csv"
    with file.open("wb") as target:
        sheet = CsvSheet(target)
        for number, words in enumerate([*HARMLESS, *HOSTILE], 1):
            sheet.write(row(number, words))
        sheet.close()
    rows = opened(office, file, f"--infilter={COMMAS_UTF8_EVALUATING}")
    assert [cell.value for cell in rows[0]] == list(Columns.NAMES)
    words = column(rows, "words")
    assert [cell.value for cell in words[: len(HARMLESS)]] == HARMLESS
    assert {cell.data_type for cell in words} == {"s"}
    assert [cell.value for cell in column(rows, "id")] == list(range(1, len(rows)))
    assert {cell.value for cell in column(rows, "unit_name")} == {"Xã Mẫu"}
    assert {cell.value for cell in column(rows, "overdue")} == {0}
    assert "f" not in {cell.data_type for cells in rows for cell in cells}


def test_the_reader_of_these_tests_does_run_what_is_not_made_harmless(
    office: Path, tmp_path: Path
) -> None:
    """Else the test above would show nothing."""
    file = tmp_path / "raw.csv"
    file.write_text("id,words\r\n1,=1+1\r\n", "utf-8-sig")
    [_, [_, cell]] = opened(office, file, f"--infilter={COMMAS_UTF8_EVALUATING}")
    assert cell.data_type == "f"
