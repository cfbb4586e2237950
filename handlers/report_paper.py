"""The form of the report on paper: letters, head, tables and blanks as official papers have them
(Decree 30/2020/NĐ-CP), and what Word keeps unseen: the language, the title, page numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from unicodedata import category

from docx.document import Document as Page
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from content.texts import Texts

LETTERS, SIZE, IN_TABLES = "Times New Roman", Pt(14), Pt(12)
ACROSS, A_NUMBER = 16.5, 2.1  # centimetres: between the margins, and a column of numbers
TOGETHER = 12
"""A table of so many rows is not torn by the end of a page."""

SIGNERS = ("writer", "head")
CENTRE, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT


def prepare(page: Page, *, title: str, made_at: datetime) -> None:
    """Letters, margins, numbers of pages, and what the file says of itself."""
    for name in ("Normal", "Title", "Heading 1"):
        _letters(cast(ParagraphStyle, page.styles[name]))
    page.styles["Normal"].element.rPr.append(_with("w:lang", val="vi-VN", eastAsia="vi-VN"))
    for defaults in page.styles.element.iter(qn("w:lang")):
        defaults.set(qn("w:val"), "vi-VN")
    for section in page.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.top_margin = section.bottom_margin = Cm(2)
        section.left_margin, section.right_margin = Cm(3), Cm(1.5)
        section.header_distance = Cm(1)
        section.different_first_page_header_footer = True
        number = section.header.paragraphs[0]
        number.alignment = CENTRE
        field = _with("w:fldSimple", instr="PAGE")
        field.append(number.add_run("2")._r)
        number._p.append(field)
    about = page.core_properties
    about.title, about.language = title, "vi-VN"
    about.author = about.last_modified_by = about.comments = ""
    about.created = about.modified = made_at


def headed(page: Page, texts: Texts, *, unit: str) -> None:
    """Whose paper it is on the left, whose country on the right; the number and the day stay
    blank. Without a unit its line is blank too."""
    made = page.add_table(rows=1, cols=2)
    made.autofit = False
    left, right = made.rows[0].cells
    for column, width in zip(made.columns, (6.5, ACROSS - 6.5), strict=True):
        column.width = column.cells[0].width = Cm(width)
    _lines(left, (one_line(unit).upper() or "." * 30, True), (texts("report.paper.number"), False))
    _lines(
        right,
        (texts("report.paper.nation"), True),
        (texts("report.paper.motto"), True),
        (texts("report.paper.day"), False),
    )
    right.paragraphs[-1].runs[0].italic = True
    page.add_paragraph()


def table(
    page: Page, heads: Sequence[str], rows: Sequence[Sequence[str | int]], *, note: str = ""
) -> None:
    """Headings that stand on each page again; numbers to the right. `note` stands below."""
    made = page.add_table(rows=1, cols=len(heads), style="Table Grid")
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    _fill(made.rows[0], heads, bold=True)
    made.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for row in rows:
        _fill(made.add_row(), row)
    _widths(made, [sum(isinstance(row[at], int) for row in rows) for at in range(len(heads))])
    for line in made.rows[: len(rows) if len(rows) <= TOGETHER else 1]:
        for cell in line.cells:
            cell.paragraphs[0].paragraph_format.keep_with_next = True
    page.add_paragraph(note)


def blank(page: Page, asked: str, *, lines: int) -> None:
    """What somebody fills in by hand or at a computer: dots that give way to what is typed."""
    question = page.add_paragraph()
    question.add_run(asked).bold = True
    question.paragraph_format.keep_with_next = True
    for left in range(lines, 0, -1):
        line = page.add_paragraph("\t")
        line.paragraph_format.tab_stops.add_tab_stop(
            Cm(ACROSS), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS
        )
        line.paragraph_format.keep_with_next = left > 1


def signatures(page: Page, texts: Texts, *, after: int) -> None:
    """Room for two to sign, on one page with so many lines `after` which it stands."""
    for line in page.paragraphs[-after:]:
        line.paragraph_format.keep_with_next = True
    page.add_paragraph().paragraph_format.keep_with_next = True
    row = page.add_table(rows=1, cols=2).rows[0]
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for cell, who in zip(row.cells, SIGNERS, strict=True):
        _lines(cell, (texts(f"report.sign.{who}"), True), (texts(f"report.sign.{who}.how"), False))
        cell.paragraphs[-1].runs[0].italic = True
        for _ in range(4):
            cell.add_paragraph()


def described(picture: Paragraph, said: str) -> None:
    """What is read aloud to who cannot see the picture."""
    for drawn in picture._p.iter(qn("wp:docPr")):
        drawn.set("descr", one_line(said))


def grouped(number: int) -> str:
    """As numbers are written in Vietnam: 18.536."""
    return f"{number:,}".replace(",", ".")


def one_line(words: str) -> str:
    """Without signs that Word cannot hold, such as those for a new line that Word itself pastes."""
    return " ".join("".join(" " if category(one) == "Cc" else one for one in words).split())


def _letters(style: ParagraphStyle) -> None:
    """The same in all: black, without the faces of the library's own theme."""
    font, lines = style.font, style.paragraph_format
    font.name, font.size, font.color.rgb = LETTERS, SIZE, RGBColor(0, 0, 0)
    faces = style.element.rPr.rFonts
    for face in ("ascii", "hAnsi", "eastAsia", "cs"):
        faces.attrib.pop(qn(f"w:{face}Theme"), None)
        faces.set(qn(f"w:{face}"), LETTERS)
    lines.space_before, lines.space_after = Pt(0), Pt(6)
    if style.name != "Normal":
        font.bold = True
        lines.space_before = Pt(12)
        for line in style.element.pPr.findall(qn("w:pBdr")):
            style.element.pPr.remove(line)


def _lines(cell: _Cell, *lines: tuple[str, bool]) -> None:
    """Lines in the middle, each bold or not."""
    for place, (words, bold) in enumerate(lines):
        line = cell.paragraphs[0] if place == 0 else cell.add_paragraph()
        run = line.add_run(words)
        run.bold, run.font.size = bold, Pt(13)
        line.alignment = CENTRE
        line.paragraph_format.space_after = Pt(2)


def _fill(row: _Row, values: Sequence[str | int], *, bold: bool = False) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for cell, value in zip(row.cells, values, strict=True):
        line = cell.paragraphs[0]
        run = line.add_run(grouped(value) if isinstance(value, int) else one_line(value))
        run.bold, run.font.size = bold, IN_TABLES
        line.paragraph_format.space_after = Pt(0)
        line.alignment = RIGHT if isinstance(value, int) else CENTRE if bold else None


def _widths(made: Table, numbers: Sequence[int]) -> None:
    """Columns of numbers are narrow; the words share what is left."""
    words = sum(not many for many in numbers)
    left = (ACROSS - A_NUMBER * (len(numbers) - words)) / max(1, words)
    for column, many in zip(made.columns, numbers, strict=True):
        column.width = Cm(A_NUMBER if many else left)
        for cell in column.cells:
            cell.width = column.width


def _with(tag: str, **values: str) -> Any:
    made: Any = OxmlElement(tag)
    for name, value in values.items():
        made.set(qn(f"w:{name}"), value)
    return made
