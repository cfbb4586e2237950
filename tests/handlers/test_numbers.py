"""Numbers of few people are not told, nor what they could be worked out from."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.charts import across, policy, upright
from handlers.numbers import may_tell, told, weeks_of
from storage.case_numbers import Ratings
from storage.public_numbers import FEWEST
from storage.tallies import Asked


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ([0, 7, 9], [0, 7, 9]),
        ([3, 7, 9], [None, None, 9]),
        ([3, 2, 9], [None, None, 9]),
        ([3], [None]),
        ([3, 0], [None, 0]),
        ([], []),
    ],
)
def test_what_is_hidden_cannot_be_worked_out(numbers: list[int], shown: list[int | None]) -> None:
    assert told(numbers) == shown


@given(st.lists(st.integers(0, 20)))
def test_no_number_of_few_is_ever_told(numbers: list[int]) -> None:
    found = told(numbers)
    assert all(many is None or many == 0 or many >= FEWEST for many in found)
    if any(many is not None and many > 0 for many in found):
        assert found.count(None) != 1


def test_what_people_said_is_told_when_neither_side_is_few() -> None:
    assert may_tell(Ratings(5, 0))
    assert may_tell(Ratings(6, 9))
    assert not may_tell(Ratings(6, 1))
    assert not may_tell(Ratings(4, 0))
    assert not may_tell(Ratings())


def test_weeks_begin_on_monday_and_empty_ones_stay() -> None:
    days = {
        date(2026, 11, 1): {Asked.ANSWERED: 2, Asked.OPENED: 9},
        date(2026, 11, 16): {Asked.UNKNOWN: 3},
    }
    assert weeks_of(days, date(2026, 11, 1), date(2026, 11, 17)) == [
        (date(2026, 10, 26), 2),
        (date(2026, 11, 2), 0),
        (date(2026, 11, 9), 0),
        (date(2026, 11, 16), 3),
    ]


def test_a_picture_says_in_words_what_it_shows_and_runs_nothing() -> None:
    rows = [("Thẻ bảo hiểm y tế <Nhà nước> cho người ở vùng khó khăn", 1200), ("Hộ nghèo", 3)]
    for draw in (across, upright):
        drawn = draw(rows, "Hỏi nhiều nhất: thẻ.").decode()
        assert 'aria-label="Hỏi nhiều nhất: thẻ."' in drawn
        assert "1.200" in drawn
        assert drawn.count("<rect") > len(rows), "a bar each, on paper"
        assert "&lt;Nhà" in drawn
        for foreign in ("<script", "style=", "http://www.w3.org/1999/xlink/", "<Nhà"):
            assert foreign not in drawn
        assert draw(rows, "Hỏi nhiều nhất: thẻ.").decode() == drawn
        assert "unsafe" not in policy(drawn.encode())
        assert draw([], "")
