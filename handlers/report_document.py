"""The report as a Word document: numbers, tables, pictures, and the blanks that people fill in."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import font_source_sans_pro as font
from docx import Document
from docx.document import Document as Page
from docx.shared import Cm
from PIL import Image, ImageDraw, ImageFont

from content.texts import Texts
from handlers.report_paper import (
    CENTRE,
    blank,
    described,
    grouped,
    headed,
    one_line,
    prepare,
    signatures,
    table,
)
from handlers.report_workbook import headings
from handlers.reporting import USES, Report, UnitLine
from storage.tallies import Asked

SHOWN, MOST_UNITS = 15, 40
"""So many topics and notices, and units, stand in the document; the workbook has them all."""

BLANKS = ("done", "difficulties", "remedies", "proposals", "plan")
PICTURED = ("topics", "kinds")
LINES = 4
WIDTH, ROW, LEFT = 1500, 62, 620  # dots of a picture
INK, PAPER, BAR = "#1f1a17", "#ffffff", "#7a1f1a"


def write_document(
    report: Report, file: Path | IO[bytes], *, texts: Texts, title_of: Callable[[str], str]
) -> None:
    """`title_of` gives a card's title by its slug."""
    page = Document()
    prepare(page, title=texts("report.title"), made_at=report.made_at)
    headed(page, texts, unit=report.unit.name if report.unit else "")
    page.add_heading(texts("report.title").upper(), 0).alignment = CENTRE
    for line in headings(report, texts):
        page.add_paragraph(one_line(line)).alignment = CENTRE
    page.add_paragraph(texts("report.why"))
    _explained(page, report, texts, title_of)
    _heard(page, report, texts)
    _understood(page, report, texts)
    _sent(page, report, texts)
    _by_unit(page, report, texts)
    page.add_paragraph().add_run(texts("report.counted")).italic = True
    page.add_heading(texts("report.part.blanks"), 1)
    for name in BLANKS:
        blank(page, texts(f"report.blank.{name}"), lines=LINES)
    signatures(page, texts, after=LINES + 1)
    page.save(str(file) if isinstance(file, Path) else file)


def _explained(page: Page, report: Report, texts: Texts, title_of: Callable[[str], str]) -> None:
    page.add_heading(texts("report.part.explained"), 1)
    page.add_paragraph(
        texts("report.said.explained", questions=grouped(report.questions),
              explained=grouped(report.explained), unknown=grouped(report.asked[Asked.UNKNOWN]),
              unsure=grouped(report.asked[Asked.UNSURE]))
    )  # fmt: skip
    rows = [(title_of(slug) or slug, many) for slug, many in report.topics[:SHOWN]]
    if not rows:
        return
    more = len(report.topics) - len(rows)
    table(
        page, [texts("report.topic"), texts("report.explained")], rows,
        note=texts("report.said.more_topics", count=grouped(more)) if more else "",
    )  # fmt: skip
    _picture(page, rows, PICTURED[0], texts)


def _heard(page: Page, report: Report, texts: Texts) -> None:
    page.add_heading(texts("report.part.heard"), 1)
    cases = report.cases
    page.add_paragraph(
        texts("report.said.heard", received=grouped(cases.received),
              answered=grouped(cases.answered), waiting=grouped(cases.waiting),
              overdue=grouped(cases.overdue))
    )  # fmt: skip
    if cases.median_days is not None:
        page.add_paragraph(texts("report.said.days", days=_days(cases.median_days)))
    columns = ("kind", "received", "answered", "closed", "withdrawn", "waiting", "overdue")
    rows = [
        (texts(f"case.kind.{kind}"), *(getattr(numbers, name) for name in columns[1:]))
        for kind, numbers in report.kinds.items()
    ]
    table(page, [texts(f"report.{name}") for name in columns], rows)
    if cases.received:
        _picture(page, [row[:2] for row in rows], PICTURED[1], texts)


def _understood(page: Page, report: Report, texts: Texts) -> None:
    page.add_heading(texts("report.part.understood"), 1)
    cases = report.cases
    names = ("understood", "not_understood", "satisfied", "not_satisfied")
    rows = [(texts(f"report.{name}"), getattr(cases, name)) for name in names]
    said = (Asked.HELPED, Asked.NOT_HELPED)
    rows += [(texts(f"report.asked.{what}"), report.asked[what]) for what in said]
    if not any(many for _, many in rows):
        page.add_paragraph(texts("report.said.no_ratings"))
        return
    table(page, [texts("report.answer"), texts("report.people")], rows)


def _sent(page: Page, report: Report, texts: Texts) -> None:
    page.add_heading(texts("report.part.notices"), 1)
    if not report.notices:
        page.add_paragraph(texts("report.said.no_notices"))
        return
    rows = [
        (
            _short(one_line(line.broadcast.draft.headline), 80),
            line.account.recipients,
            line.account.sent,
        )
        for line in report.notices[-SHOWN:]
    ]
    heads, more = ("notice", "recipients", "sent"), len(report.notices) - len(rows)
    table(
        page, [texts(f"report.{name}") for name in heads], rows,
        note=texts("report.said.more_notices", count=grouped(more)) if more else "",
    )  # fmt: skip


def _by_unit(page: Page, report: Report, texts: Texts) -> None:
    page.add_heading(texts("report.part.units"), 1)
    columns, shown = ("received", "answered", "waiting", "overdue"), _levels(report.units)
    more = len(report.units) - len(shown)
    rows = [
        (
            "– " * line.depth + (line.unit.name if line.unit else texts("report.no_unit")),
            sum(line.asked.get(what, 0) for what in USES),
            *(getattr(line.cases, name) for name in columns),
        )
        for line in shown
    ]
    heads = ("unit", "asked", *columns)
    table(
        page, [texts(f"report.{name}") for name in heads], rows,
        note=texts("report.said.more_units", count=grouped(more)) if more else "",
    )  # fmt: skip


def _levels(lines: Sequence[UnitLine]) -> list[UnitLine]:
    """As many whole levels from above as there is room for, so that what stands in the table adds
    up; what stands right below a single unit always."""
    tops = sum(not line.depth for line in lines)
    shown = [line for line in lines if line.depth <= (tops == 1)]
    for depth in range(1, 1 + max((line.depth for line in lines), default=0)):
        wider = [line for line in lines if line.depth <= depth]
        if len(wider) <= MOST_UNITS:
            shown = wider
    return shown


def _picture(page: Page, rows: Sequence[tuple[str, int]], name: str, texts: Texts) -> None:
    """Bars with their numbers, what they count below; the table above says the same."""
    letters = ImageFont.truetype(str(Path(font.SourceSansPro).with_suffix(".ttf")), 30)
    image = Image.new("RGB", (WIDTH, ROW * len(rows) + 20), PAPER)
    draw = ImageDraw.Draw(image)
    most = max(many for _, many in rows) or 1
    for place, (called, many) in enumerate(rows):
        top = 10 + place * ROW
        draw.text((LEFT - 16, top + ROW // 2), _short(called, 40), INK, letters, anchor="rm")
        end = LEFT + (WIDTH - LEFT - 140) * many // most
        draw.rectangle((LEFT, top + 12, end, top + ROW - 12), BAR)
        draw.text((end + 12, top + ROW // 2), grouped(many), INK, letters, "lm")
    file = io.BytesIO()
    image.save(file, "png")
    file.seek(0)
    page.add_picture(file, width=Cm(16))
    title, counted = texts(f"report.sheet.{name}"), texts(f"report.counts.{name}")
    told = "; ".join(f"{called}: {grouped(many)}" for called, many in rows)
    picture = page.paragraphs[-1]
    described(picture, texts("report.picture_said", title=title, counted=counted, rows=told))
    picture.paragraph_format.keep_with_next = True
    page.add_paragraph(texts("report.picture", title=title, counted=counted)).alignment = CENTRE


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def _days(days: float) -> str:
    return f"{days:.1f}".replace(".", ",")
