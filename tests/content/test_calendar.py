"""A walk through the calendar: each day's answer is that day's, and a change is told before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from content.answers import compose
from content.cards import LOCAL_PLACES, Card, Facet
from content.changes import CHANGE_DAYS, in_words
from content.days import NoSuchTime, Span, named_time
from content.figures import Figure, Period
from content.shelf import Shelf
from content.texts import Texts

LAST = date(2029, 3, 31)

TODAY = date(2026, 11, 24)


def read_in_time(card: Card) -> Card:
    """The card as if editors had read it again in time, and changed nothing."""
    return replace(card, review_by=LAST)


def days_to_walk(card: Card) -> list[date]:
    """The days about each beginning and end of any figure, and about its being announced."""
    edges = {
        edge
        for figure in card.figures.values()
        for period in figure.periods
        for edge in (period.start, period.until or period.start)
    }
    shifts = (-CHANGE_DAYS - 1, -CHANGE_DAYS, -1, 0, 1)
    return sorted({edge + timedelta(days=shift) for edge in edges for shift in shifts} | {LAST})


def on_the_day(card: Card, day: date) -> set[str]:
    return {period.value for figure in card.figures.values() if (period := figure.on(day))}


def test_every_day_shows_the_figures_of_that_day(shelf: Shelf, texts: Texts) -> None:
    for card in map(read_in_time, shelf.cards.values()):
        for day in days_to_walk(card):
            for facet, section in card.sections.items():
                said = compose(card, facet, today=day, texts=texts).text
                assert "{" not in said, (card.slug, facet, day)
                for item in section.items:
                    names = [name for name in item.placeholders if name not in LOCAL_PLACES]
                    periods = [card.figures[name].on(day) for name in names]
                    values = [period.value for period in periods if period]
                    if len(values) == len(periods):
                        shown = all(value.lower() in said.lower() for value in values)
                        assert shown, (card.slug, facet, day, values)


def test_a_figure_of_another_day_is_told_only_with_that_day(shelf: Shelf, texts: Texts) -> None:
    for card in map(read_in_time, shelf.cards.values()):
        for day in days_to_walk(card):
            today = on_the_day(card, day)
            for facet in card.sections:
                said = compose(card, facet, today=day, texts=texts).text
                for figure in card.figures.values():
                    for period in figure.periods:
                        if period.value in said and not any(period.value in now for now in today):
                            assert any(
                                one.confirmed
                                and one.start > day
                                and f"Từ {in_words(one.start)}" in said
                                for one in alike(card, period.value)
                            ), (card.slug, facet, day, period)


def alike(card: Card, value: str) -> list[Period]:
    every = [period for figure in card.figures.values() for period in figure.periods]
    return [period for period in every if value in period.value]


def test_the_day_before_a_change_and_the_day_itself_differ(shelf: Shelf, texts: Texts) -> None:
    """Every card that has a change, every section that shows the figure."""
    seen = 0
    for card, figure, facet in figures_in_sections(shelf):
        for old, new in pairwise(figure.periods):
            if not (old.confirmed and new.confirmed):
                continue
            seen += 1
            place = (card.slug, figure.name, new.start)
            eve = new.start - timedelta(days=1)
            before = compose(card, facet, today=eve, texts=texts).text
            after = compose(card, facet, today=new.start, texts=texts).text
            assert old.value.lower() in before.lower(), place
            assert f"Từ {in_words(new.start)}" in before, place
            assert new.value.lower() in after.lower(), place
            same = any(old.value in value for value in on_the_day(card, new.start))
            assert same or old.value not in after, place
    assert seen >= 20


def test_the_day_after_an_end_without_a_follow_up_sends_to_the_commune(
    shelf: Shelf, texts: Texts
) -> None:
    seen = 0
    for card, figure, facet in figures_in_sections(shelf):
        last = figure.periods[-1]
        certain = [period for period in figure.periods if period.confirmed]
        until = certain[-1].until if certain else None
        if until is None or (certain[-1] is not last and last.confirmed):
            continue
        seen += 1
        place = (card.slug, figure.name, until)
        before = compose(card, facet, today=until, texts=texts).text
        after = compose(card, facet, today=until + timedelta(days=1), texts=texts).text
        assert certain[-1].value.lower() in before.lower(), place
        assert in_words(until) in before, place
        assert texts("answer.ask_commune") in after, place
        other = on_the_day(card, until + timedelta(days=1))
        assert any(certain[-1].value in value for value in other) or (
            certain[-1].value not in after
        ), place
    assert seen >= 20


def figures_in_sections(shelf: Shelf) -> Iterator[tuple[Card, Figure, Facet]]:
    for card in map(read_in_time, shelf.cards.values()):
        for facet, section in card.sections.items():
            for name in {name for item in section.items for name in item.placeholders}:
                if name in card.figures:
                    yield card, card.figures[name], facet


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


# A time that is named


def asked(shelf: Shelf, texts: Texts, slug: str, facet: Facet, question: str) -> str:
    time = named_time(question, TODAY)
    return compose(shelf.cards[slug], facet, today=TODAY, time=time, texts=texts).text


@pytest.mark.parametrize("question", ["tháng 1/27", "thang 1 nam 2027", "1-3-27", "đầu năm sau"])
def test_any_way_of_naming_a_time_leads_to_the_figure_of_that_time(
    shelf: Shelf, texts: Texts, question: str
) -> None:
    said = asked(
        shelf, texts, "ho-ngheo", Facet.ELIGIBILITY, f"{question} chuẩn nghèo là bao nhiêu"
    )
    assert "2.200.000" in said
    assert "1.500.000" not in said


def test_a_day_that_does_not_exist_is_said_and_today_is_told(shelf: Shelf, texts: Texts) -> None:
    time = named_time("31/2/2027 chuẩn nghèo bao nhiêu", TODAY)
    assert isinstance(time, NoSuchTime)
    said = compose(
        shelf.cards["ho-ngheo"], Facet.ELIGIBILITY, today=TODAY, time=time, texts=texts
    ).text
    assert said.splitlines()[1].startswith("Lịch không có ngày 31/2/2027.")
    assert "1.500.000" in said


def test_a_change_inside_the_time_that_is_named_is_told_with_both_its_days(
    shelf: Shelf, texts: Texts
) -> None:
    said = asked(shelf, texts, "khai-sinh", Facet.WHERE, "năm 2027 khai sinh ở đâu")
    assert "nơi cha hoặc mẹ đang ở" in said
    assert "đến hết 28/2/2027; từ 1/3/2027 thì đổi: ủy ban xã nào cũng được" in said


def test_a_figure_that_is_not_yet_in_force_is_told_with_its_day_and_not_called_unsure(
    shelf: Shelf, texts: Texts
) -> None:
    said = asked(shelf, texts, "thai-san", Facet.AMOUNT, "có tiền sàng lọc không")
    assert re.search(r"Từ 1/1/2027 sẽ có: .*900\.000 đồng", said)
    assert texts("answer.ask_commune") not in said
    past = asked(shelf, texts, "thai-san", Facet.AMOUNT, "năm 2025 đẻ con được gì")
    assert re.search(r"Từ 1/1/2027 sẽ có: .*900\.000 đồng", past)
    assert texts("answer.ask_commune") in past


def test_a_figure_that_begins_within_a_past_time_is_told_with_its_day(
    shelf: Shelf, texts: Texts
) -> None:
    said = asked(shelf, texts, "tro-cap-huu-tri-xa-hoi", Facet.AMOUNT, "năm 2025 được bao nhiêu")
    assert "Từ 1/7/2025: mức chung là 500.000 đồng/tháng" in said


@pytest.mark.parametrize("facet", [Facet.PAPERS, Facet.WHERE, Facet.DEADLINE, Facet.FEE])
@pytest.mark.parametrize("slug", ["khai-sinh", "ket-hon", "khai-tu"])
def test_a_question_about_a_time_after_a_new_law_says_that_it_is_new(
    shelf: Shelf, texts: Texts, slug: str, facet: Facet
) -> None:
    said = asked(shelf, texts, slug, facet, "tháng 5/2027 thì làm thế nào")
    assert "Từ 1/3/2027 dùng luật mới (Luật Hộ tịch 2026)" in said
    for rule in ("60 ngày", "15 ngày", "5 ngày làm việc"):
        assert rule not in said


def test_rules_keep_to_their_time_like_amounts(shelf: Shelf, texts: Texts) -> None:
    card = read_in_time(shelf.cards["khai-sinh"])
    before = compose(card, Facet.DEADLINE, today=date(2027, 2, 28), texts=texts).text
    assert "60 ngày" in before
    assert "28/2/2027" in before
    after = compose(card, Facet.DEADLINE, today=date(2027, 3, 1), texts=texts).text
    assert "60 ngày" not in after
    assert texts("answer.ask_commune") in after


def test_an_end_whose_follow_up_is_known_sends_nobody_to_the_commune(
    shelf: Shelf, texts: Texts
) -> None:
    said = asked(shelf, texts, "bhxh-tu-nguyen", Facet.AMOUNT, "năm 2027 thì sao")
    assert "61 tuổi 9 tháng" in said
    assert "hỏi lại xã." not in said.split("Theo ")[0]


def test_a_rule_that_changes_beside_amounts_has_a_line_of_its_own(
    shelf: Shelf, texts: Texts
) -> None:
    said = compose(shelf.cards["ho-ngheo"], Facet.ELIGIBILITY, today=TODAY, texts=texts).text
    lines = [line for line in said.splitlines() if line.startswith("Từ 1/1/2027")]
    assert len(lines) == 2
    assert "rác thải" in lines[1]
