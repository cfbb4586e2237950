"""Exports: run as the command, read back by other programs, with nothing that leads to a person."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import text

from handlers.errands import VIETNAM
from handlers.exports import Columns
from storage.case_records import CaseKind
from storage.database import Database
from storage.migrate import migrate
from tests.storage.test_cases import BOOK, DAY, NOW, again, conversation, official, opened

ROOT = Path(__file__).parent.parent.parent
PHONE, IDENTITY, CARD, WHO = "0912 345 678", "012345678901", "9704 1234 5678 9012", "Giàng Thị Mua"
TELLING = f"tôi tên {WHO}, gọi {PHONE}, căn cước {IDENTITY}, thẻ {CARD}: cầu gãy"
Export = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
async def export(database_address: str, tmp_path: Path) -> Export:
    """Runs the command on a database with five cases."""
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
    environment = {
        **os.environ,
        "LOABAN_DATABASE__URL": database_address,
        "LOABAN_CONFIG": str(ROOT / "tests" / "house.toml"),
    }

    def run(*options: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "bot", "export", "feedback", *options]
        return subprocess.run(  # noqa: S603 - our own command
            command, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=False
        )

    return run


def table(whole: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(whole.decode("utf-8-sig"), newline="")))


async def test_a_csv_file_tells_each_case_and_nothing_that_leads_to_a_person(
    export: Export,
) -> None:
    done = export("--format", "csv")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"\xef\xbb\xbfid,kind,state,")
    assert b"6 rows" in done.stderr
    first, *rows = table(done.stdout)
    assert tuple(first) == Columns.NAMES
    assert first["words"].endswith("cầu gãy")
    assert first["unit_name"] == "Xã Mẫu"
    assert first["received_at"] == "2026-12-30T10:00:00+07:00"
    assert (first["days_to_answer"], first["reopened"], first["overdue"]) == ("3.0", "1", "0")
    assert first["more_words"] == "'-1+1 vẫn gãy"
    assert [row["words"][:2] for row in rows[:3]] == ["'=", "'+", "'＝"]
    assert rows[3]["words"] == "đường; '=1+1", "where a semicolon parts cells, this begins one"


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
async def test_no_identifier_is_in_any_file(export: Export, form: str, tmp_path: Path) -> None:
    target = tmp_path / f"out.{form}"
    assert export("--format", form, "--out", str(target)).returncode == 0
    whole = target.read_text("utf-8") if form != "xlsx" else "\n".join(
        str(cell.value) for sheet in openpyxl.load_workbook(target) for row in sheet for cell in row
    )  # fmt: skip
    assert "cầu gãy" in whole
    for secret in (PHONE, IDENTITY, CARD, WHO, "345", "4711474747", "abab", "Lan"):
        assert secret not in whole, secret


async def test_a_workbook_has_dates_numbers_a_filter_and_explains_itself(
    export: Export, tmp_path: Path
) -> None:
    target = tmp_path / "out.xlsx"
    target.write_bytes(export("--format", "xlsx").stdout)
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
    formulas = [cell for row in sheet for cell in row if cell.data_type == "f"]
    assert not formulas
    assert [row[0].value for row in about] == list(Columns.NAMES)


async def test_units_days_and_kinds_choose_rows(export: Export) -> None:
    def count(*options: str) -> int:
        done = export("--format", "jsonl", *options)
        assert done.returncode == 0, done.stderr
        return len([json.loads(line) for line in done.stdout.splitlines()])

    day = NOW.astimezone(VIETNAM).date()
    assert count("--unit", "XA-KHAC") == 1
    assert count("--kind", "complaint") == 1
    assert count("--from", str(day), "--to", day.strftime("%d/%m/%Y")) == 6
    assert count("--to", str(day - timedelta(days=1))) == 0


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
    export: Export, options: list[str], told: str
) -> None:
    done = export("--format", "csv", *options)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.decode().split())
    assert done.stdout == b""


@pytest.mark.usefixtures("export")
async def test_a_database_that_was_never_migrated_says_what_to_run(
    database_address: str, tmp_path: Path
) -> None:
    database = Database.at(database_address)
    async with database.begin() as tx:
        await tx.connection.execute(text("DROP TABLE case_words"))
    await database.close()
    command = [sys.executable, "-m", "bot", "export", "feedback"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOABAN_DATABASE__URL": database_address}
    done = subprocess.run(  # noqa: S603, ASYNC221 - our own command
        command, cwd=tmp_path, env=environment, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 2
    assert "python -m bot migrate" in " ".join(done.stderr.decode().split())


def test_the_document_names_the_columns_in_their_order() -> None:
    document = (ROOT / "docs" / "exports.md").read_text("utf-8")
    assert re.findall(r"(?m)^\| `(\w+)` \|", document) == list(Columns.NAMES)
