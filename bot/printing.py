"""Sheets for the notice board and scripts for the loudspeaker, as PDF pages that print anywhere.

What they say is `content.announcing`'s; which code opens what, `pack`'s.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import segno
from fpdf import FPDF

from bot.letters import SHIPPED, Font
from content.announcing import Sheet

FONT = "sans"
LINE = 1.28  # of the letters' height
POINT = 25.4 / 72  # millimetres
LARGEST, SMALLEST, STEP = 1.5, 0.5, 0.05


logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of each letter that it keeps


class Paper(StrEnum):
    A4 = "a4"
    A5 = "a5"

    @property
    def sides(self) -> tuple[int, int]:
        """Width and height in millimetres (ISO 216)."""
        return (210, 297) if self is Paper.A4 else (148, 210)

    @property
    def scale(self) -> float:
        """Of its sides to those of A4."""
        return 1.0 if self is Paper.A4 else 2**-0.5


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code with an address, and the lines that tell how to use it."""

    address: str
    lines: tuple[str, ...]


class TooLong(Exception):
    """More words than fit on one page in letters that can be read."""


def print_sheet(
    sheet: Sheet,
    *,
    unit: str,
    picture: bytes | None,
    codes: Sequence[Code],
    paper: Paper,
    font: Font = SHIPPED,
) -> bytes:
    """One page. The letters are as large as fit; raises TooLong when they would get too small."""
    letters = LARGEST
    while letters >= SMALLEST:
        page = _Page(paper, letters, font)
        page.head(sheet, unit, picture)
        page.body(sheet)
        bottom = page.get_y()
        if bottom <= page.foot(sheet.notes, codes):
            return page.bytes()
        letters -= STEP
    raise TooLong


def print_script(lines: Sequence[str], *, title: str, subtitle: str, font: Font = SHIPPED) -> bytes:
    """A script in large letters, on as many A4 pages as it takes, each numbered."""
    page = _Page(Paper.A4, 1.0, font, one_page=False)
    page.write_lines([title], 22, bold=True)
    page.write_lines([subtitle], 13)
    page.ln(4)
    for line in lines:
        page.write_lines([line], 19)
        page.ln(2.5)
    return page.bytes()


class _Page(FPDF):
    """Writes from the top down; sizes are those on A4, `letters` shrinks what is read."""

    def __init__(self, paper: Paper, letters: float, font: Font, *, one_page: bool = True) -> None:
        super().__init__(format=paper.sides)
        self._paper, self._letters = paper.scale, letters
        self._numbered = not one_page
        self.add_font(FONT, "", font.regular)
        self.add_font(FONT, "B", font.bold)
        margin = 14 * self._paper
        self.set_margins(margin, margin, margin)
        self.set_auto_page_break(not one_page, margin)
        self.add_page()

    def footer(self) -> None:
        if self._numbered:
            self.set_y(-12)
            self.set_font(FONT, size=10)
            self.cell(0, 6, f"{self.page_no()}/{{nb}}", align="C")

    def write_lines(
        self, lines: Sequence[str], points: float, *, bold: bool = False, left: float = 0.0
    ) -> None:
        """Lines one below the other, from `left` (mm from the margin) to the right margin."""
        size = points * self._paper * self._letters
        self.set_font(FONT, "B" if bold else "", size)
        for line in lines:
            self.set_x(self.l_margin + left)
            self.multi_cell(0, size * POINT * LINE, line, align="L", new_x="LMARGIN", new_y="NEXT")

    def head(self, sheet: Sheet, unit: str, picture: bytes | None) -> None:
        """Whose it is, the pictogram, and the title in the largest letters."""
        self.write_lines([unit] if unit else [], 15, bold=True)
        top, side = self.get_y() + 2 * self._paper, 34 * self._paper
        if picture:
            self.image(io.BytesIO(picture), self.l_margin, top, side, side)
        self.set_y(top)
        self.write_lines([sheet.title], 34, bold=True, left=side + 5 * self._paper)
        self.set_y(max(self.get_y(), top + (side if picture else 0)) + 4 * self._paper)

    def body(self, sheet: Sheet) -> None:
        gap = 3 * self._paper
        self.write_lines(sheet.lead, 23, bold=not sheet.points)
        if sheet.points:
            self.ln(gap)
            self.write_lines([sheet.points_heading], 21, bold=True)
        for number, point in enumerate(sheet.points, start=1):
            top = self.get_y() + gap / 3
            self.set_y(top)
            self.write_lines([f"{number}."], 21, bold=True)
            self.set_y(top)
            self.write_lines([point], 21, left=11 * self._paper * self._letters)
        for heading, lines in sheet.blocks:
            self.ln(gap)
            self.write_lines([heading], 16, bold=True)
            if len(lines) == 1:
                self.write_lines(lines, 16)
                continue
            for line in lines:
                top = self.get_y()
                self.write_lines(["•"], 16)
                self.set_y(top)
                self.write_lines([line], 16, left=5 * self._paper * self._letters)

    def foot(self, notes: Sequence[str], codes: Sequence[Code]) -> float:
        """Codes with their lines side by side, notes below; returns where it begins (mm)."""
        side, gap = 40 * self._paper, 4 * self._paper
        size = 9.5 * self._paper
        self.set_font(FONT, "", size)
        height = size * POINT * LINE
        small = partial(self.multi_cell, h=height, align="L", new_x="LMARGIN", new_y="NEXT")
        rows = self.multi_cell(0, height, "\n".join(notes), dry_run=True, output="LINES")
        assert isinstance(rows, list)  # noqa: S101 - that is what LINES means
        below = self.h - self.b_margin - len(rows) * height
        top = below - gap - (side if codes else 0)
        self.line(self.l_margin, top - gap, self.w - self.r_margin, top - gap)
        width = (self.epw - gap * (len(codes) - 1)) / max(len(codes), 1)
        for place, code in enumerate(codes):
            left = self.l_margin + place * (width + gap)
            picture = io.BytesIO()
            segno.make(code.address, error="m", micro=False).save(picture, kind="png", scale=12)
            self.image(picture, left, top, side, side)
            self.set_xy(left + side + 1, top + gap / 2)
            for at, line in enumerate(code.lines):
                self.set_font(FONT, "B" if at == 0 else "", (15 if at == 0 else 12) * self._paper)
                self.set_x(left + side + 1)
                self.multi_cell(
                    width - side - 1, height * 1.45, line, align="L", new_x="LEFT", new_y="NEXT"
                )
        self.set_font(FONT, "", size)
        self.set_xy(self.l_margin, below)
        small(0, text="\n".join(notes))
        return top - 2 * gap

    def bytes(self) -> bytes:
        return bytes(self.output())
