"""How far the engine's said chances hold: ten bins, the picture of them, and the expected error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pygal
from pygal.style import Style

from content.understanding.calibration import expected_error

BINS = 10
PICTURE = Path(__file__).parents[3] / "docs" / "images" / "reliability.svg"

_STYLE = Style(
    background="#ffffff",
    plot_background="#ffffff",
    font_family="Helvetica, Arial, sans-serif",
    foreground="#333333",
    foreground_strong="#111111",
    foreground_subtle="#cccccc",
    guide_stroke_color="#dddddd",
    major_guide_stroke_color="#dddddd",
    guide_stroke_dasharray="1,0",
    major_guide_stroke_dasharray="1,0",
    title_font_size=19,
    label_font_size=15,
    major_label_font_size=15,
    value_label_font_size=14,
    legend_font_size=15,
    colors=("#555555", "#b5402a"),
)


@dataclass(frozen=True)
class Bin:
    """Questions whose said chances lie together: the mean of these, the share right, how many."""

    said: float
    right: float
    count: int


def bins(said: Sequence[tuple[float, bool]]) -> list[Bin]:
    """Those of ten equally wide bins that hold any question, lowest first."""
    chances = np.array([chance for chance, _ in said])
    right = np.array([true for _, true in said], dtype=float)
    places = np.minimum((chances * BINS).astype(int), BINS - 1)
    return [
        Bin(float(chances[here].mean()), float(right[here].mean()), int(here.sum()))
        for here in (places == place for place in range(BINS))
        if here.any()
    ]


def error(said: Sequence[tuple[float, bool]]) -> float:
    """The expected calibration error over the same bins."""
    chances, right = zip(*said, strict=True)
    return expected_error(np.array(chances), np.array(right, dtype=float), bins=BINS)


def draw(said: Sequence[tuple[float, bool]], path: Path) -> None:
    """Writes the picture; its words are English, as the README's are."""
    ticks = [n / 10 for n in range(0, 11, 2)]
    chart = pygal.XY(
        style=_STYLE,
        width=760,
        height=560,
        explicit_size=True,
        js=(),
        no_prefix=True,
        title=f"Said confidence against what came true, {len(said)} questions",
        x_title="said confidence",
        y_title="share that was right",
        xrange=(0, 1.02),
        range=(0, 1.02),
        x_labels=ticks,
        y_labels=ticks,
        formatter=str,
        value_formatter=lambda value: f"{value:.0%}",
        x_value_formatter=lambda value: f"{value:.0%}",
        print_labels=True,
        dots_size=6,
        legend_at_bottom=True,
        truncate_legend=-1,
        show_x_guides=True,
    )
    chart.add(
        "just as said",
        [(0, 0), (1, 1)],
        show_dots=False,
        stroke_style={"width": 2, "dasharray": "6, 6"},
    )
    chart.add(
        "what came true, and of how many",
        [{"value": (one.said, one.right), "label": str(one.count)} for one in bins(said)],
        stroke=False,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(chart.render())
