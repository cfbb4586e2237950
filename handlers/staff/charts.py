"""Charts of the console, drawn here as SVG: without scripts, from nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pygal
from pygal.style import Style

_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="#22302b",
    foreground_strong="#22302b",
    foreground_subtle="#56635d",
    colors=("#d99a92",),
    font_family="system-ui, sans-serif",
    label_font_size=15,
    value_font_size=15,
    value_label_font_size=15,
)
_BAR = 34
WIDTH = 400
"""Pixels: as wide as on a phone, so that its letters are large enough there."""


def bars(rows: Sequence[tuple[str, int]], *, title: str) -> bytes:
    """An SVG: a bar for each name and number, the first on top. The same rows give the same bytes;
    what it shows has to stand beside it in words, for who does not see it."""
    chart = pygal.HorizontalBar(
        style=_STYLE,
        width=WIDTH,
        height=_BAR * len(rows) + 60,
        margin=6,
        spacing=8,
        show_legend=False,
        show_x_labels=False,
        show_x_guides=False,
        show_y_guides=False,
        print_values=True,
        value_formatter=lambda value: f"{value:,.0f}".replace(",", "."),
        range=(0, max([1, *(many for _, many in rows)])),
        truncate_label=-1,
        js=(),
        disable_xml_declaration=True,
        explicit_size=True,
        pretty_print=False,
    )
    chart.uuid = "00000000-0000-0000-0000-000000000000"
    chart.x_labels = [name for name, _ in reversed(rows)]
    chart.add(title, [many for _, many in reversed(rows)])
    chart.add_xml_filter(_bare)
    drawn: str = chart.render(is_unicode=True)
    return drawn.encode("utf-8")


def _bare(root: Any) -> Any:
    """Without the scripts, and what only a mouse would find."""
    for parent in list(root.iter()):
        for child in list(parent):
            if callable(child.tag) or child.tag in {"desc", "script"}:  # or a comment
                parent.remove(child)
    return root
