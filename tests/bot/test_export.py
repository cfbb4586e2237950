"""Exports: run as the command, read back by other programs, with nothing that leads to a person."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from content.shelf import SHIPPED
from content.texts import Texts
from handlers.errands import VIETNAM
from handlers.exports import Columns, SurveyColumns, Workbook, overdue
from storage.case_records import CaseKind
from storage.case_rows import rows_of
from storage.database import Database
from storage.migrate import migrate
from tests.storage.test_cases import BOOK, DAY, NOW, again, conversation, official, opened

ROOT = Path(__file__).parent.parent.parent
PHONE, IDENTITY, CARD, WHO = "0912 345 678", "012345678901", "9704 1234 5678 9012", "Giàng Thị Mua"
TELLING = f"tôi tên {WHO}, gọi {PHONE}, căn cước {IDENTITY}, thẻ {CARD}: cầu gãy"
COMMAND = ["export", "feedback"]
on_sqlite = pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
"""For what asks nothing of the database."""


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    out: bytes
    told: str


Export = Callable[..., Awaitable[Done]]


def settings_of(address: str) -> dict[str, str]:
    return {
        "LOABAN_DATABASE__URL": address,
        "LOABAN_CONFIG": str(ROOT / "tests" / "house.toml"),
        "COLUMNS": "200",
    }


@pytest.fixture
def run(database_address: str) -> Export:
    """Runs the command in a thread of its own, since it has its own event loop."""

    async def ran(*options: str) -> Done:
        result = await asyncio.to_thread(
            CliRunner().invoke, app, [*COMMAND, *options], env=settings_of(database_address)
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(result.exit_code, result.stdout_bytes, result.stderr)

    return ran


@pytest.fixture
async def export(database_address: str, run: Export) -> Export:
    """The same on a database with six cases."""
    database = Database.at(database_address)
    await migrate(database)
    lan = await official(database)
    chat = await conversation(database, "4711474747")
    told = await opened(
        database, chat, unit="xa-mau", text=TELLING, name=WHO, place=f"nhà {WHO}", receipt="ab" * 32
    )
    async with database.begin() as tx:
        await BOOK.answer(tx, told, f"Xã đã gọi {PHONE}.", by=lan.id, at=NOW + 3 * DAY)
    answered = await again(database, told)
    async with database.begin() as tx:
        await BOOK.reopen(tx, answered, "-1+1 vẫn gãy", at=NOW + 9 * DAY, due_at=NOW + 16 * DAY)
    for said in ('=HYPERLINK("http://x")', "+SUM(1)", "＝1", "đường; =1+1"):
        await opened(database, chat, unit="xa-mau", text=said)
    await opened(database, chat, unit="xa-khac", kind=CaseKind.COMPLAINT, text="quát tháo")
    await database.close()
    return run


def table(whole: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(whole.decode("utf-8-sig"), newline="")))


async def test_a_csv_file_tells_each_case_and_nothing_that_leads_to_a_person(
    export: Export,
) -> None:
    done = await export("--format", "csv")
    assert done.code == 0, done.told
    assert done.out.startswith(b"\xef\xbb\xbfid,kind,state,")
    assert "6 rows" in done.told
    first, *rows = table(done.out)
    assert tuple(first) == Columns.NAMES
    assert first["words"].endswith("cầu gãy")
    assert first["unit_name"] == "Xã Mẫu"
    assert first["received_at"] == "2026-12-30T10:00:00+07:00"
    assert (first["days_to_answer"], first["reopened"], first["overdue"]) == ("3.0", "1", "0")
    assert first["more_words"] == "'-1+1 vẫn gãy"
    assert [row["words"][:2] for row in rows[:3]] == ["'=", "'+", "'＝"]
    assert rows[3]["words"] == "đường; '=1+1", "where a semicolon parts cells, this begins one"


@on_sqlite
async def test_the_program_itself_writes_a_file_to_its_output_and_its_messages_beside_it(
    export: Export, database_address: str
) -> None:
    """The one test that starts processes: what a pipe and a script around the command rely on."""

    def started(*options: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "bot", *COMMAND, *options],
            cwd=ROOT, env={**os.environ, **settings_of(database_address)},
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip

    whole, refused = await asyncio.gather(
        asyncio.to_thread(started, "--format", "csv"),
        asyncio.to_thread(started, "--unit", "nowhere"),
    )
    assert whole.returncode == 0, whole.stderr
    assert whole.stdout == (await export("--format", "csv")).out
    assert b"6 rows" in whole.stderr
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert b"nowhere is no unit" in refused.stderr


@on_sqlite
@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
async def test_no_identifier_is_in_any_file(export: Export, form: str, tmp_path: Path) -> None:
    target = tmp_path / f"out.{form}"
    assert (await export("--format", form, "--out", str(target))).code == 0
    whole = target.read_text("utf-8") if form != "xlsx" else "\n".join(
        str(cell.value) for sheet in openpyxl.load_workbook(target) for row in sheet for cell in row
    )  # fmt: skip
    assert "cầu gãy" in whole
    for secret in (PHONE, IDENTITY, CARD, WHO, "345", "4711474747", "abab", "Lan"):
        assert secret not in whole, secret


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a" * 40_000, 32_767), ("😀" * 20_000, 16_383), ("trâu", 4)],
)
def test_a_cell_holds_no_more_than_excel_opens(text: str, kept: int, tmp_path: Path) -> None:
    target = tmp_path / "out.xlsx"
    sheet = Workbook(target, Texts.load(SHIPPED / "texts" / "vi.po"))
    sheet.write([text if name == "words" else None for name in Columns.NAMES])
    sheet.close()
    read = openpyxl.load_workbook(target).worksheets[0]
    assert read.cell(2, 1 + Columns.NAMES.index("words")).value == text[:kept]
    lines = {"a": 12, "😀": 12, "t": 1}[text[0]]
    assert (read.row_dimensions[2].height or 15) == 15 * lines, "where no row grows by itself"


@on_sqlite
async def test_a_workbook_has_dates_numbers_a_filter_and_explains_itself(
    export: Export, tmp_path: Path
) -> None:
    target = tmp_path / "out.xlsx"
    target.write_bytes((await export("--format", "xlsx")).out)
    book = openpyxl.load_workbook(target)
    sheet, about = book.worksheets
    heading = [cell.value for cell in sheet[1]]
    assert heading[0] == "Số"
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:Z{sheet.max_row}"
    values = dict(zip(Columns.NAMES, (cell.value for cell in sheet[2]), strict=True))
    assert values["received_at"] == NOW.astimezone(VIETNAM).replace(tzinfo=None)
    assert values["days_to_answer"] == 3
    assert values["overdue"] == "không"
    assert [values[name] for name in ("kind", "state", "language")] == [
        "việc cần sửa", "đã giao", "tiếng Việt",
    ]  # fmt: skip
    assert "complaint" not in str([cell.value for row in sheet for cell in row])
    assert sheet.row_dimensions[1].height == 30
    assert sheet.print_title_rows == "$1:$1"
    formulas = [cell for row in sheet for cell in row if cell.data_type == "f"]
    assert not formulas
    assert [row[0].value for row in about] == list(Columns.NAMES)


async def test_what_is_asked_again_and_waits_too_long_is_overdue(database: Database) -> None:
    """As the list and the overview have it."""
    case = await opened(database)
    async with database.begin() as tx:
        await BOOK.answer(tx, case, "đã sửa", by=None, at=NOW + 3 * DAY)
    answered = await again(database, case)
    async with database.begin() as tx:
        await BOOK.reopen(tx, answered, "vẫn gãy", at=NOW + 9 * DAY, due_at=NOW + 16 * DAY)
    async with database.read() as tx:
        [row] = await rows_of(tx, [await again(database, case)])
    for day, late in ((10, False), (17, True)):
        at = NOW + day * DAY
        assert (overdue(row, at), row.case.overdue(at)) == (late, late)


async def test_units_days_and_kinds_choose_rows(export: Export) -> None:
    async def count(*options: str) -> int:
        done = await export("--format", "jsonl", *options)
        assert done.code == 0, done.told
        return len([json.loads(line) for line in done.out.splitlines()])

    day = NOW.astimezone(VIETNAM).date()
    assert await count("--unit", "XA-KHAC") == 1
    assert await count("--kind", "complaint") == 1
    assert await count("--from", str(day), "--to", day.strftime("%d/%m/%Y")) == 6
    assert await count("--to", str(day - timedelta(days=1))) == 0


@on_sqlite
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--unit", "nowhere"], "known: ban-mau, xa-khac, xa-mau"),
        (["--from", "31/2/2026"], "write it as 2026-12-31"),
        (["--from", "2026-12-31", "--to", "2026-01-01"], "turn them round"),
        (["--out", "/nowhere/at/all.csv"], "cannot be written"),
    ],
)
async def test_what_cannot_be_done_is_told_and_leaves_no_file(
    run: Export, options: list[str], told: str
) -> None:
    done = await run("--format", "csv", *options)
    assert done.code == 2
    assert told in " ".join(done.told.split())
    assert done.out == b""


async def test_a_database_that_was_never_migrated_says_what_to_run(
    run: Export, tmp_path: Path
) -> None:
    target = tmp_path / "out.csv"
    done = await run("--out", str(target))
    assert done.code == 2
    assert "python -m bot migrate" in " ".join(done.told.split())
    assert not target.exists()


def test_the_document_names_the_columns_in_their_order() -> None:
    document = (ROOT / "docs" / "exports.md").read_text("utf-8")
    for part, columns in zip(document.split("## Surveys"), (Columns, SurveyColumns), strict=True):
        assert re.findall(r"(?m)^\| `(\w+)` \|", part) == list(columns.NAMES)
