"""Measures how the cards read: a row a card, as a table and as a picture.

The measures are plain counts, not a school grade: no formula for Vietnamese was tried on these
readers. What may not pass is `checker`'s decision; this only shows where the cards stand.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pygal
from pygal.style import Style

from content.cards import Card
from content.checker import MEAN_SYLLABLES, sentences_of, shown_together, word_lists
from content.shelf import SHIPPED, Shelf
from content.wording import Wording, syllables, words

FILE = "texts/readability.toml"

COMMON = 500
"""So many syllables, the most frequent on the cards together, count as common."""

_STYLE = Style(
    background="#ffffff",
    plot_background="#ffffff",
    foreground="#1f2933",
    foreground_strong="#1f2933",
    foreground_subtle="#9aa5b1",
    font_family="Noto Sans, DejaVu Sans, sans-serif",
    title_font_size=17,
    label_font_size=12,
    major_label_font_size=12,
    value_font_size=11,
    legend_font_size=13,
    opacity="1",
    opacity_hover="1",
    colors=("#2f7d4f", "#e4e9ee", "#c2410c"),
    value_colors=("#ffffff", "#1f2933", "#ffffff"),
)

_ID = "readability"
_BAR = 17  # pixels from one bar to the next: the labels below each other stay readable


@dataclass(frozen=True, slots=True)
class Row:
    """What was counted on one card. Lengths are in syllables, `rare` is a share from 0 to 1."""

    slug: str
    title: str
    sentences: int
    mean: float
    longest: int
    syllables: int
    rare: float
    terms: int
    abbreviations: int


@dataclass(frozen=True)
class ReportTexts:
    """The sentences of the report; `columns` are the heads of the table by field of a row."""

    said: Mapping[str, str]
    columns: Mapping[str, str]

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> ReportTexts:
        """Raises OSError, tomllib.TOMLDecodeError or KeyError."""
        raw = tomllib.loads((folder / FILE).read_text("utf-8"))
        columns = raw.pop("columns")
        return cls(raw, columns)

    def __call__(self, key: str, /, **fields: object) -> str:
        return self.said[key].format(**fields)


def measure(shelf: Shelf, folder: Path = SHIPPED) -> tuple[Row, ...]:
    """A row a card, in the order of the slugs. `folder` holds the word lists.

    Raises what `Wording.load` raises; `checker` tells such a fault to editors.
    """
    wording = Wording.load(*word_lists(folder))
    counted = Counter(word for card in shelf.cards.values() for word in _words_of(card))
    common = {word for word, _ in counted.most_common(COMMON)}
    return tuple(_row(card, common, wording) for card in shelf.cards.values())


def table(rows: Sequence[Row], texts: ReportTexts | None = None) -> tuple[tuple[str, ...], ...]:
    """The heads and then a line a card, the longest sentences first, with the decimal comma."""
    texts = texts or ReportTexts.load()
    lines = [
        (
            row.title,
            str(row.sentences),
            _decimal(row.mean),
            str(row.longest),
            str(row.syllables),
            f"{row.rare:.0%}",
            str(row.terms),
            str(row.abbreviations),
        )
        for row in _hardest_first(rows)
    ]
    return (tuple(texts.columns.values()), *lines)


def picture(
    rows: Sequence[Row], texts: ReportTexts | None = None, most: int = MEAN_SYLLABLES
) -> bytes:
    """An SVG: a bar a card with its mean sentence length against `most`, the longest on top.

    The same rows give the same bytes. There must be at least one.
    """
    texts = texts or ReportTexts.load()
    ordered = _hardest_first(rows)[::-1]  # the last is drawn on top
    chart = pygal.HorizontalStackedBar(
        style=_STYLE,
        title=f"{texts('title')}\n{texts('subtitle', most=most)}",
        x_title=texts("axis"),
        width=900,
        height=_BAR * len(ordered) + 170,
        spacing=8,
        margin=12,
        legend_at_bottom=True,
        legend_at_bottom_columns=3,
        print_values=True,
        value_formatter=_decimal,
        range=(0, max([most, *(row.mean for row in ordered)])),
        truncate_label=-1,
        truncate_legend=-1,
        js=(),
        disable_xml_declaration=True,
        explicit_size=True,
    )
    chart.x_labels = [row.title for row in ordered]
    chart.uuid = _ID
    chart.add(
        texts("within"),
        [{"value": min(r.mean, most), "formatter": _always(_decimal(r.mean))} for r in ordered],
    )
    chart.add(
        texts("left", most=most),
        [{"value": max(most - row.mean, 0), "formatter": _always("")} for row in ordered],
    )
    chart.add(
        texts("over"),
        [{"value": max(row.mean - most, 0), "formatter": _always("")} for row in ordered],
    )
    said = _description(rows, texts, most)
    chart.add_xml_filter(lambda root: _tell(root, texts("title"), said))
    drawn: str = chart.render(is_unicode=True)
    return drawn.encode("utf-8")


def _row(card: Card, common: set[str], wording: Wording) -> Row:
    counts = [syllables(sentence) for _, sentence in sentences_of(card)]
    written = _words_of(card)
    terms: set[str] = set()
    abbreviations: set[str] = set()
    for items in shown_together(card).values():
        texts = [item.text for item in items]
        terms |= {use.word for use in wording.terms(texts) if use.explained}
        abbreviations |= {use.word for use in wording.abbreviated(texts)}
    return Row(
        slug=card.slug,
        title=card.title,
        sentences=len(counts),
        mean=sum(counts) / len(counts),
        longest=max(counts),
        syllables=sum(counts),
        rare=sum(word not in common for word in written) / max(1, len(written)),
        terms=len(terms),
        abbreviations=len(abbreviations),
    )


def _words_of(card: Card) -> list[str]:
    return [word for _, sentence in sentences_of(card) for word in words(sentence)]


def _hardest_first(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-row.mean, row.slug))


def _description(rows: Sequence[Row], texts: ReportTexts, most: int) -> str:
    ordered = _hardest_first(rows)
    return texts(
        "description",
        cards=len(ordered),
        longest=ordered[0].title,
        most_mean=_decimal(ordered[0].mean),
        shortest=ordered[-1].title,
        least_mean=_decimal(ordered[-1].mean),
        over=sum(row.mean > most for row in ordered),
        most=most,
    )


def _tell(root: Any, title: str, said: str) -> Any:
    """Gives the drawing its alternative in words; what only a mouse would find is left out."""
    root.set("role", "img")
    root.set("aria-label", f"{title}. {said}")
    for parent in list(root.iter()):
        for child in list(parent):
            if callable(child.tag) or child.tag in {"desc", "script"}:  # or a comment
                parent.remove(child)
    return root


def _decimal(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def _always(said: str) -> Callable[[float], str]:
    return lambda _: said
