"""Draws bars as SVG with their alternative in words: pictures without script or network."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Sequence
from typing import Any

import pygal
from pygal.style import Style

BAR, AROUND = 34, 70  # dots
WIDTH = 400  # as on a phone, so that its letters are large enough there
LONGEST_LABEL = 24

_STYLE = Style(
    background="#ffffff",
    plot_background="#ffffff",
    foreground="#22302b",
    foreground_strong="#22302b",
    foreground_subtle="#d8d0c0",
    font_family="system-ui, sans-serif",
    label_font_size=15,
    major_label_font_size=15,
    value_font_size=15,
    opacity="1",
    opacity_hover="1",
    colors=("#c97f78",),
    value_colors=("#22302b",),
)


def across(rows: Sequence[tuple[str, int]], said: str) -> bytes:
    """A bar a row, the first on top; `said` is what the picture says. The same rows give the same
    bytes."""
    chart = pygal.HorizontalBar(
        height=AROUND + BAR * max(1, len(rows)), show_x_labels=False, **_options()
    )
    ordered = rows[::-1]  # the last is drawn on top
    chart.x_labels = [_short(name) for name, _ in ordered]
    return _drawn(chart, [many for _, many in ordered], said)


def upright(rows: Sequence[tuple[str, int]], said: str) -> bytes:
    """A bar a row, from left to right."""
    chart = pygal.Bar(
        height=260, x_label_rotation=40, show_minor_x_labels=False,
        **(_options() | {"print_values": len(rows) <= 14}),
    )  # fmt: skip
    chart.x_labels = [name for name, _ in rows]
    chart.x_labels_major = [name for name, _ in rows[:: max(1, len(rows) // 10)]]
    return _drawn(chart, [many for _, many in rows], said)


def policy(drawn: bytes) -> str:
    """The Content-Security-Policy under which it shows: its own style sheet, nothing else."""
    found = re.search(r"(?s)<style[^>]*>(.*?)</style>", drawn.decode())
    digest = hashlib.sha256(html.unescape(found[1] if found else "").encode()).digest()
    return f"default-src 'none'; style-src 'sha256-{base64.b64encode(digest).decode()}'; sandbox"


def _options() -> dict[str, Any]:
    return {
        "style": _STYLE, "width": WIDTH, "margin": 8, "spacing": 6, "show_legend": False,
        "print_values": True, "truncate_label": -1, "js": (), "disable_xml_declaration": True,
        "explicit_size": True,
        "value_formatter": lambda many: f"{many:,.0f}".replace(",", "."),
    }  # fmt: skip


def _drawn(chart: Any, values: Sequence[int], said: str) -> bytes:
    chart.uuid = "chart"
    chart.range = (0, max(5, *values)) if values else (0, 5)
    chart.add("", list(values))
    chart.add_xml_filter(lambda root: _tell(root, said))
    drawn: str = chart.render(is_unicode=True)
    return drawn.encode()


def _tell(root: Any, said: str) -> Any:
    """Gives the drawing its alternative in words; what only a mouse would find is left out."""
    root.set("role", "img")
    root.set("aria-label", said)
    for parent in list(root.iter()):
        parent.attrib.pop("style", None)
        for child in list(parent):
            if callable(child.tag) or child.tag in {"desc", "script"} or _left_out(child):
                parent.remove(child)
    return root


def _left_out(part: Any) -> bool:
    """What shows where a mouse is, and lines that the printed numbers make needless."""
    classes = set(part.get("class", "").split())
    return "tooltip" in classes or (part.tag.endswith("path") and "guide" in classes)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…"
