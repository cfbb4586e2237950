"""The report of a period: its numbers are the export's, and add up from the village upward."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from docx import Document
from docx.oxml.ns import qn
from sqlalchemy import update
from typer.testing import CliRunner

from bot.__main__ import app
from handlers.errands import VIETNAM
from storage.broadcast_records import BroadcastRecord
from storage.case_records import CaseKind
from storage.database import Database
from storage.migrate import migrate
from storage.tallies import Asked, Tallies
from tests.benchmarks.ceiling.ours import broadcast
from tests.bot.test_export import on_sqlite, settings_of
from tests.storage.test_cases import BOOK, DAY, NOW, again, conversation, official, opened

TODAY = NOW.astimezone(VIETNAM).date()
PERIOD = ["--from", str(TODAY - timedelta(days=1)), "--to", str(TODAY + timedelta(days=30))]


async def command(address: str, *words: str) -> tuple[int, str, str]:
    done = await asyncio.to_thread(CliRunner().invoke, app, list(words), env=settings_of(address))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
async def told(database_address: str) -> str:
    """A database with cases of every kind in a commune, in its village and elsewhere."""
    database = Database.at(database_address)
    await migrate(database)
    lan, chat = await official(database), await conversation(database, "4711474747")
    for place, unit in enumerate(("xa-mau", "ban-mau", "ban-mau", "xa-khac", "")):
        for kind in CaseKind:
            await opened(database, chat, unit=unit, kind=kind, text=f"chuyện {kind} {place}")
    first = await opened(database, chat, unit="ban-mau", text="cầu gãy")
    async with database.begin() as tx:
        await BOOK.answer(tx, first, "Xã đã sửa.", by=lan.id, at=NOW + 8 * DAY)
    async with database.begin() as tx:
        await BOOK.rate(tx, await again(database, first), understood=True, at=NOW + 8 * DAY)
        for unit, what, topic, many in (
            ("ban-mau", Asked.ANSWERED, "the-bhyt", 3),
            ("xa-mau", Asked.OPENED, "the-bhyt", 2),
            ("xa-mau", Asked.UNKNOWN, "", 4),
            ("", Asked.ANSWERED, "ho-ngheo", 1),
        ):
            for place in range(many):
                await Tallies().add(
                    tx, what, day=TODAY, unit=unit, platform="web", topic=topic, place=place
                )
    await database.close()
    return database_address


def rows_of(sheet: Any) -> Iterator[dict[str, Any]]:
    heads, *rows = sheet.iter_rows(values_only=True)
    for row in rows:
        yield dict(zip(heads, row, strict=True))


async def test_the_numbers_are_those_of_the_export_and_add_up(told: str, tmp_path: Path) -> None:
    code, shown, why = await command(told, "report", *PERIOD, "--out", str(tmp_path))
    assert code == 0, why
    [document, workbook] = [Path(line) for line in shown.splitlines()]
    code, table, why = await command(told, "export", "feedback", *PERIOD)
    assert code == 0, why
    exported = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"), newline="")))
    book = openpyxl.load_workbook(workbook)

    def counted(units: set[str] | None = None, **wanted: str) -> int:
        return sum(
            (units is None or row["unit"] in units)
            and all(row[name] == value for name, value in wanted.items())
            for row in exported
        )

    kinds = {row["Loại"]: row for row in rows_of(book["Câu hỏi và góp ý"])}
    assert kinds["phàn nàn"]["Nhận"] == counted(kind="complaint") == 5
    assert kinds["câu hỏi"]["Nhận"] == counted(kind="question")
    assert sum(row["Nhận"] for row in kinds.values()) == len(exported) == 26
    assert sum(row["Quá hạn"] for row in kinds.values()) == counted(overdue="1") == 1
    units = {str(row["Đơn vị"]).strip(): row for row in rows_of(book["Theo đơn vị"])}
    village, commune = units["Bản Mẫu"], units["Xã Mẫu"]
    assert village["Nhận"] == counted({"ban-mau"}) == 11
    assert commune["Nhận"] == counted({"ban-mau", "xa-mau"}) == 16
    assert (village["Hiểu câu trả lời"], commune["Hiểu câu trả lời"]) == (1, 1)
    assert (village["Máy trả lời ngay"], commune["Máy trả lời ngay"]) == (3, 3)
    assert commune["Mở thẻ bằng nút hoặc mã"] == 2
    assert units["(chưa chọn xã)"]["Nhận"] == 5
    tops = [row for name, row in units.items() if not name.startswith("Bản")]
    assert sum(row["Nhận"] for row in tops) == len(exported), "what stands highest holds all"
    topics = {row["Nội dung"]: row["Lượt giải thích"] for row in rows_of(book["Đã giải thích"])}
    assert topics == {"Thẻ bảo hiểm y tế Nhà nước cho": 5, "Xét hộ nghèo, hộ cận nghèo": 1}
    summary = dict(row[:2] for row in book["Tổng hợp"].iter_rows(min_row=6, values_only=True))
    assert (summary["Câu bà con hỏi máy"], summary["Lượt giải thích"]) == (8, 6)
    assert summary["Nhận"] == 26
    words = "\n".join(paragraph.text for paragraph in Document(str(document)).paragraphs)
    assert "Nhận 26 câu hỏi tới cán bộ và góp ý" in words
    assert "Khó khăn, vướng mắc:" in words
    assert len(Document(str(document)).inline_shapes) == 2


async def test_the_document_has_the_form_of_an_official_paper(told: str, tmp_path: Path) -> None:
    code, shown, why = await command(
        told, "report", *PERIOD, "--unit", "xa-mau", "--out", str(tmp_path)
    )
    assert code == 0, why
    document = Document(shown.splitlines()[0])
    about, section = document.core_properties, document.sections[0]
    assert (about.author, about.comments, about.language) == ("", "", "vi-VN")
    assert about.title == "Báo cáo giải thích chính sách và lắng nghe bà con"
    languages = {one.get(qn("w:val")) for one in document.styles.element.iter(qn("w:lang"))}
    assert languages == {"vi-VN"}, "else Word underlines every word"
    assert section.different_first_page_header_footer
    assert 'w:instr="PAGE"' in section.header.paragraphs[0]._p.xml
    for name in ("Normal", "Title", "Heading 1"):
        faces = document.styles[name].element.rPr.rFonts
        assert {faces.get(qn(f"w:{face}")) for face in ("ascii", "hAnsi", "cs")} == {
            "Times New Roman"
        }
        assert "Theme" not in " ".join(faces.keys())
    head, *tables, signers = document.tables
    assert [cell.text.splitlines()[0] for cell in head.rows[0].cells] == [
        "XÃ MẪU", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    ]  # fmt: skip
    assert "ký, đóng dấu" in signers.rows[0].cells[1].text.lower()
    *_, asked, first, _, _, last, gap = document.paragraphs
    assert asked.text.startswith("Việc làm năm tới")
    for line in (asked, first, last, gap):
        assert line.paragraph_format.keep_with_next, "nobody signs an empty page"
    assert len(tables) == 4
    for table in tables:
        assert "w:tblHeader" in table.rows[0]._tr.xml
        assert all("w:cantSplit" in row._tr.xml for row in table.rows)
    pictures = [one.get("descr") for one in document.element.iter(qn("wp:docPr"))]
    assert pictures[0] == (
        "Biểu đồ thanh: Đã giải thích, số lượt giải thích. Thẻ bảo hiểm y tế Nhà nước cho: 5."
    )
    assert "việc cần sửa: 4" in pictures[1]
    lines = [paragraph.text for paragraph in document.paragraphs]
    counted = next(at for at, line in enumerate(lines) if line.startswith("Cách đếm"))
    assert counted < lines.index("6. Phần cán bộ ghi thêm"), "not left over behind who signs"


async def test_the_workbook_can_be_read_and_printed(told: str, tmp_path: Path) -> None:
    database = Database.at(told)
    notice = await broadcast(database)
    at = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    async with database.begin() as tx:
        row = update(BroadcastRecord).where(BroadcastRecord.id == notice)
        pasted = "Họp thôn\x0btối nay \x01👨‍👩‍👧\nMời bà con"
        await tx.connection.execute(row.values(started_at=at, unit="xa-mau", text=pasted))
    await database.close()
    code, shown, why = await command(told, "report", *PERIOD, "--out", str(tmp_path))
    assert code == 0, why
    document, path = (Path(line) for line in shown.splitlines())
    cells = [cell.text for cell in Document(str(document)).tables[4].rows[1].cells]
    assert cells[0] == "Họp thôn tối nay 👨‍👩‍👧 Mời bà con"
    book = openpyxl.load_workbook(path)
    [told_notice] = rows_of(book["Tin đã báo"])
    assert told_notice["Bắt đầu gửi"] == at.astimezone(VIETNAM).replace(tzinfo=None)
    assert told_notice["Đơn vị"] == "Xã Mẫu"
    for sheet in book:
        assert (sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage) == (
            0, True,
        )  # fmt: skip
    units = book["Theo đơn vị"]
    assert units.print_title_rows == "$1:$1"
    assert units["B2"].number_format == "#,##0", "and not 3 with a comma behind it"
    assert units.row_dimensions[1].height == 45
    with zipfile.ZipFile(path) as whole:
        drawn = whole.read("xl/drawings/drawing1.xml").decode()
        chart = whole.read("xl/charts/chart2.xml").decode()
    assert 'descr="Biểu đồ thanh: Đã giải thích, số lượt giải thích.' in drawn
    for words in ("Câu hỏi và góp ý", "số việc đã nhận", "Loại"):
        assert f"<a:t>{words}</a:t>" in chart


@on_sqlite
async def test_a_long_list_of_units_is_cut_between_levels_and_says_so(
    database_address: str, tmp_path: Path
) -> None:
    database = Database.at(database_address)
    await migrate(database)
    for commune in range(15):
        await opened(database, unit=f"ban-{commune}-1")
    async with database.begin() as tx:
        await Tallies().add(
            tx, Asked.ANSWERED, day=TODAY, unit="xa-1", platform="web", topic="the-bhyt"
        )
    await database.close()
    places = [("tinh", "")] + [(f"xa-{n}", "tinh") for n in range(15)]
    places += [(f"ban-{n}-{m}", f"xa-{n}") for n in range(15) for m in range(3)]
    blocks = [
        f'[[units]]\ncode = "{code}"\nname = "Nơi {code}"\nparent = "{above}"\n'
        for code, above in places
    ]
    config = tmp_path / "config.toml"
    config.write_text("\n".join(blocks))
    settings = settings_of(database_address) | {"LOABAN_CONFIG": str(config)}
    done = await asyncio.to_thread(
        CliRunner().invoke, app, ["report", *PERIOD, "--out", str(tmp_path)], env=settings
    )
    assert done.exit_code == 0, done.stderr
    document = Document(done.stdout.splitlines()[0])
    [heads, top, *inside] = [[c.text for c in row.cells] for row in document.tables[-2].rows]
    assert heads[:3] == ["Đơn vị", "Lượt hỏi và xem", "Nhận"]
    assert top[:3] == ["Nơi tinh", "1", "15"]
    assert [row[0] for row in inside] == [f"– Nơi xa-{n}" for n in range(15)]
    assert sum(int(row[2]) for row in inside) == 15
    words = [paragraph.text for paragraph in document.paragraphs]
    assert "Còn 45 đơn vị nữa, xem bảng tính kèm theo." in words
    assert "Trong kỳ này chưa có bà con nào cho biết hiểu hay hài lòng." in words


async def test_a_unit_tells_of_itself_and_what_is_below_it(told: str, tmp_path: Path) -> None:
    code, shown, _ = await command(
        told, "report", *PERIOD, "--unit", "ban-mau", "--out", str(tmp_path)
    )
    assert code == 0
    book = openpyxl.load_workbook(shown.splitlines()[1])
    assert [row["Nhận"] for row in rows_of(book["Theo đơn vị"])] == [11]
    assert [row["Lượt giải thích"] for row in rows_of(book["Đã giải thích"])] == [3]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--unit", "nowhere"], "known: ban-mau, xa-khac, xa-mau"),
        (["--from", "31/2/2026"], "write it as 2026-12-31"),
        (["--from", "2026-12-31", "--to", "2026-01-01"], "turn them round"),
    ],
)
@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
async def test_a_wrong_option_says_how_to_mend_it(
    database_address: str, options: list[str], says: str
) -> None:
    code, _, why = await command(database_address, "report", *options)
    assert code != 0
    assert says in why
