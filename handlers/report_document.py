"""The report as a Word document: numbers, tables, pictures, and the blanks that people fill in."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import font_source_sans_pro as font
from docx import Document
from docx.document import Document as Page
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt
from PIL import Image, ImageDraw, ImageFont

from content.texts import Texts
from handlers.report_workbook import headings
from handlers.reporting import USES, Report
from storage.tallies import Asked

SIGNERS = ("writer", "head")
SHOWN = 15
"""So many topics and units stand in the document; the workbook has them all."""

BLANKS = ("done", "difficulties", "remedies", "proposals", "plan")
LINES = 4
WIDTH, ROW, LEFT = 1500, 62, 620  # dots of a picture
INK, PAPER, BAR = "#1f1a17", "#ffffff", "#7a1f1a"


def write_document(
    report: Report, file: Path | IO[bytes], *, texts: Texts, title_of: Callable[[str], str]
) -> None:
    """`title_of` gives a card's title by its slug."""
    page = Document()
    _letters(page)
    heading = page.add_heading(texts("report.title"), 0)
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for line in (*headings(report, texts), texts("report.why")):
        page.add_paragraph(line)
    _explained(page, report, texts, title_of)
    _heard(page, report, texts)
    _understood(page, report, texts)
    _sent(page, report, texts)
    _by_unit(page, report, texts)
    _blanks(page, texts)
    page.add_paragraph().add_run(texts("report.counted")).italic = True
    page.save(str(file) if isinstance(file, Path) else file)


def _letters(page: Page) -> None:
    """The form of official papers: Times New Roman 14, margins by Decree 30/2020/NĐ-CP."""
    style = page.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(14)
    for section in page.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.top_margin = section.bottom_margin = Cm(2)
        section.left_margin, section.right_margin = Cm(3), Cm(1.5)


def _explained(page: Page, report: Report, texts: Texts, title_of: Callable[[str], str]) -> None:
    page.add_heading(texts("report.part.explained"), 1)
    page.add_paragraph(
        texts("report.said.explained", questions=report.questions, explained=report.explained,
              unknown=report.asked[Asked.UNKNOWN], unsure=report.asked[Asked.UNSURE])
    )  # fmt: skip
    rows = [(title_of(slug) or slug, many) for slug, many in report.topics[:SHOWN]]
    if not rows:
        return
    _table(page, [texts("report.topic"), texts("report.explained")], rows)
    _picture(page, rows, texts("report.sheet.topics"))


def _heard(page: Page, report: Report, texts: Texts) -> None:
    page.add_heading(texts("report.part.heard"), 1)
    cases = report.cases
    page.add_paragraph(
        texts("report.said.heard", received=cases.received, answered=cases.answered,
              waiting=cases.waiting, overdue=cases.overdue)
    )  # fmt: skip
    if cases.median_days is not None:
        page.add_paragraph(texts("report.said.days", days=_days(cases.median_days)))
    columns = ("kind", "received", "answered", "closed", "withdrawn", "waiting", "overdue")
    rows = [
        (texts(f"case.kind.{kind}"), *(getattr(numbers, name) for name in columns[1:]))
        for kind, numbers in report.kinds.items()
    ]
    _table(page, [texts(f"report.{name}") for name in columns], rows)
    if cases.received:
        _picture(page, [row[:2] for row in rows], texts("report.sheet.kinds"))


def _understood(page: Page, report: Report, texts: Texts) -> None:
    page.add_heading(texts("report.part.understood"), 1)
    cases = report.cases
    names = ("understood", "not_understood", "satisfied", "not_satisfied")
    rows = [(texts(f"report.{name}"), getattr(cases, name)) for name in names]
    said = (Asked.HELPED, Asked.NOT_HELPED)
    rows += [(texts(f"report.asked.{what}"), report.asked[what]) for what in said]
    _table(page, [texts("report.answer"), texts("report.people")], rows)


def _sent(page: Page, report: Report, texts: Texts) -> None:
    page.add_heading(texts("report.part.notices"), 1)
    if not report.notices:
        page.add_paragraph(texts("report.said.no_notices"))
        return
    rows = [
        (line.broadcast.draft.headline[:80], line.account.recipients, line.account.sent)
        for line in report.notices[-SHOWN:]
    ]
    heads = ("notice", "recipients", "sent")
    _table(page, [texts(f"report.{name}") for name in heads], rows)


def _by_unit(page: Page, report: Report, texts: Texts) -> None:
    page.add_heading(texts("report.part.units"), 1)
    columns = ("received", "answered", "waiting", "overdue")
    rows = [
        (
            "– " * line.depth + (line.unit.name if line.unit else texts("report.no_unit")),
            sum(line.asked.get(what, 0) for what in USES),
            *(getattr(line.cases, name) for name in columns),
        )
        for line in report.units[:SHOWN]
    ]
    heads = ("unit", "asked", *columns)
    _table(page, [texts(f"report.{name}") for name in heads], rows)
    if len(report.units) > SHOWN:
        page.add_paragraph(texts("report.said.more_units", count=len(report.units) - SHOWN))


def _blanks(page: Page, texts: Texts) -> None:
    """What no machine knows."""
    page.add_heading(texts("report.part.blanks"), 1)
    for name in BLANKS:
        page.add_paragraph(texts(f"report.blank.{name}")).runs[0].bold = True
        for _ in range(LINES):
            page.add_paragraph("." * 96)
    table = page.add_table(rows=1, cols=2)
    for cell, who in zip(table.rows[0].cells, SIGNERS, strict=True):
        cell.text = texts(f"report.sign.{who}")
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER


def _table(page: Page, heads: Sequence[str], rows: Sequence[Sequence[str | int]]) -> None:
    table = page.add_table(rows=1, cols=len(heads), style="Table Grid")
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        cell.text = head
        cell.paragraphs[0].runs[0].bold = True
    for row in rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = f"{value:,}".replace(",", ".") if isinstance(value, int) else value
    page.add_paragraph()


def _picture(page: Page, rows: Sequence[tuple[str, int]], title: str) -> None:
    """Bars with their numbers; the table above says the same to who cannot see them."""
    letters = ImageFont.truetype(str(Path(font.SourceSansPro).with_suffix(".ttf")), 30)
    image = Image.new("RGB", (WIDTH, ROW * len(rows) + 20), PAPER)
    draw = ImageDraw.Draw(image)
    most = max(many for _, many in rows) or 1
    for place, (name, many) in enumerate(rows):
        top = 10 + place * ROW
        shown = name if len(name) <= 40 else f"{name[:39]}…"
        draw.text((LEFT - 16, top + ROW // 2), shown, INK, letters, anchor="rm")
        end = LEFT + (WIDTH - LEFT - 140) * many // most
        draw.rectangle((LEFT, top + 12, end, top + ROW - 12), BAR)
        draw.text((end + 12, top + ROW // 2), f"{many:,}".replace(",", "."), INK, letters, "lm")
    file = io.BytesIO()
    image.save(file, "png")
    file.seek(0)
    page.add_picture(file, width=Cm(16))
    caption = page.add_paragraph(title)
    caption.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _days(days: float) -> str:
    return f"{days:.1f}".replace(".", ",")
