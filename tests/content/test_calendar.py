"""A walk through the calendar: each day's answer is that day's, and a change is told before it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from content.answers import CHANGE_DAYS, compose
from content.cards import LOCAL_PLACES, Card, Facet
from content.days import Span
from content.shelf import Shelf
from content.texts import Texts

FIRST, LAST = date(2025, 6, 1), date(2028, 3, 31)


def read_in_time(card: Card) -> Card:
    """The card as if editors had read it again in time, and changed nothing."""
    return replace(card, review_by=LAST)


def test_every_day_shows_the_figures_of_that_day_and_no_others(shelf: Shelf, texts: Texts) -> None:
    for card in map(read_in_time, shelf.cards.values()):
        boundaries = {
            edge + timedelta(days=shift)
            for figure in card.figures.values()
            for period in figure.periods
            for edge in (period.start, period.until or period.start)
            for shift in (-CHANGE_DAYS - 1, -CHANGE_DAYS, -1, 0, 1)
        }
        for day in sorted(boundaries | {FIRST, LAST}):
            for facet, section in card.sections.items():
                said = compose(card, facet, today=day, texts=texts).text
                assert "{" not in said, (card.slug, facet, day)
                for item in section.items:
                    names = [name for name in item.placeholders if name not in LOCAL_PLACES]
                    figures = {name: card.figures[name].on(day) for name in names}
                    for name, period in figures.items():
                        if period is not None and all(figures.values()):
                            assert period.value.lower() in said.lower(), (card.slug, name, day)
                        for other in card.figures[name].periods:
                            told_ahead = f"{other.start.day}/{other.start.month}" in said
                            if not other.confirmed and other.value not in _shown(card, day):
                                assert other.value not in said, (card.slug, name, day)
                            elif day < other.start - timedelta(days=CHANGE_DAYS):
                                assert (
                                    told_ahead
                                    or other.value not in said
                                    or (other.value in _shown(card, day))
                                ), (card.slug, name, day)


def _shown(card: Card, day: date) -> set[str]:
    return {period.value for figure in card.figures.values() if (period := figure.on(day))}


@pytest.mark.parametrize("days_ahead", [CHANGE_DAYS, 30, 1])
def test_a_change_is_told_within_ninety_days(shelf: Shelf, texts: Texts, days_ahead: int) -> None:
    change = date(2027, 1, 1)
    day = change - timedelta(days=days_ahead)
    said = compose(shelf.cards["ho-ngheo"], Facet.ELIGIBILITY, today=day, texts=texts).text
    assert "1.500.000" in said
    assert re.search(r"Từ 1/1/2027.*2\.200\.000", said)


def test_a_change_further_away_is_not_told_yet(shelf: Shelf, texts: Texts) -> None:
    day = date(2027, 1, 1) - timedelta(days=CHANGE_DAYS + 1)
    said = compose(shelf.cards["ho-ngheo"], Facet.ELIGIBILITY, today=day, texts=texts).text
    assert "2.200.000" not in said


@pytest.mark.parametrize(
    ("slug", "facet", "day", "shown", "hidden"),
    [
        ("ho-ngheo", Facet.ELIGIBILITY, date(2026, 12, 31), "1.500.000", None),
        ("ho-ngheo", Facet.ELIGIBILITY, date(2027, 1, 1), "2.200.000", "1.500.000"),
        ("bhxh-tu-nguyen", Facet.FEE, date(2027, 1, 1), "484.000", "330.000"),
        ("can-cuoc", Facet.FEE, date(2026, 12, 31), "25.000", "50.000"),
        ("can-cuoc", Facet.FEE, date(2027, 1, 1), "hỏi", "25.000"),
        ("khai-sinh", Facet.WHERE, date(2027, 2, 28), "nơi cha hoặc mẹ đang ở", None),
        ("khai-sinh", Facet.WHERE, date(2027, 3, 1), "nào cũng được", "nơi cha hoặc mẹ đang ở"),
        ("ket-hon", Facet.WHERE, date(2027, 3, 1), "nào cũng được", "một trong hai người"),
    ],
)
def test_known_turning_points(
    shelf: Shelf, texts: Texts, slug: str, facet: Facet, day: date, shown: str, hidden: str | None
) -> None:
    said = compose(read_in_time(shelf.cards[slug]), facet, today=day, texts=texts).text
    assert shown in said
    assert hidden is None or hidden not in said


def test_a_time_that_is_named_is_answered_for_that_time(shelf: Shelf, texts: Texts) -> None:
    today = date(2026, 11, 24)
    year = Span(date(2027, 1, 1), date(2027, 12, 31))
    said = compose(shelf.cards["ho-ngheo"], Facet.ELIGIBILITY, today=today, time=year, texts=texts)
    assert said.text.splitlines()[1].startswith("Năm 2027")
    assert "2.200.000" in said.text
    assert "1.500.000" not in said.text
    day = Span(date(2027, 3, 1), date(2027, 3, 1))
    said = compose(shelf.cards["khai-sinh"], Facet.WHERE, today=today, time=day, texts=texts)
    assert "nào cũng được" in said.text
    past = Span(date(1999, 1, 1), date(1999, 12, 31))
    said = compose(shelf.cards["ho-ngheo"], Facet.ELIGIBILITY, today=today, time=past, texts=texts)
    assert texts("answer.ask_commune") in said.text


def test_a_change_within_the_year_that_is_named_is_told(shelf: Shelf, texts: Texts) -> None:
    year = Span(date(2027, 1, 1), date(2027, 12, 31))
    card = shelf.cards["khai-sinh"]
    said = compose(card, Facet.WHERE, today=date(2026, 11, 24), time=year, texts=texts).text
    assert "nơi cha hoặc mẹ đang ở" in said
    assert "Từ 1/3/2027" in said


def test_no_time_that_is_named_passes_by_an_overdue_review(shelf: Shelf, texts: Texts) -> None:
    card = replace(shelf.cards["ho-ngheo"], review_by=date(2026, 11, 1))
    year = Span(date(2027, 1, 1), date(2027, 12, 31))
    said = compose(card, Facet.ELIGIBILITY, today=date(2026, 11, 24), time=year, texts=texts).text
    assert "2.200.000" not in said
