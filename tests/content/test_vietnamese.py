"""Typed Vietnamese becomes matched Vietnamese, whatever was typed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.shelf import SHIPPED
from content.understanding.vietnamese import (
    LONGEST,
    Abbreviations,
    asking_part,
    fold,
    last_clause,
    prepare,
    repair,
    shorten,
    tidy,
)

ABBREVIATIONS = Abbreviations.load(SHIPPED / "phrases" / "abbreviations.toml")


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_no_text_breaks_the_preparation_and_none_grows_without_bound(text: str) -> None:
    words = prepare(text, ABBREVIATIONS)
    assert len(words.folded) <= 20 * len(text) + 20
    assert asking_part(text) is not None


@given(st.text(min_size=2001, max_size=2500))
def test_a_long_text_is_cut(text: str) -> None:
    assert len(shorten(tidy(text))) <= LONGEST


@given(st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxy áàảãạ", max_size=40))
def test_composed_and_decomposed_letters_are_the_same(text: str) -> None:
    apart, together = unicodedata.normalize("NFD", text), unicodedata.normalize("NFC", text)
    assert prepare(apart, ABBREVIATIONS) == prepare(together, ABBREVIATIONS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("khoong", "khong"),
        ("nguowif", "nguoi"),
        ("d9uoc75", "duoc"),
        ("tie62n", "tien"),
        ("500k", "500k"),
        ("xoong", "xong"),
        ("không", "không"),
        ("covid", "covid"),
        ("2026", "2026"),
    ],
)
def test_left_over_typing_keys_are_repaired_only_into_syllables(typed: str, meant: str) -> None:
    assert repair(typed) == meant


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("bhyt ko dc j", "bao hiem y te khong duoc gi"),
        ("làm ở mô rứa", "lam o dau vay"),
        ("di mo", "di dau"),
        ("vay 500 k", "vay 500 nghin"),
        ("dk kết hôn", "dang ky ket hon"),
        ("Khôngggg 😀 @ai https://a.b/c", "khong"),
        ("kh\u200bông", "khong"),
    ],
)
def test_short_and_local_words_are_written_out(typed: str, folded: str) -> None:
    assert prepare(typed, ABBREVIATIONS).folded == folded


def test_a_long_story_keeps_the_sentence_that_asks() -> None:
    story = "Nhà tôi ở trên núi. " * 300 + "Vậy làm căn cước ở đâu? " + "Tôi kể tiếp. " * 200
    assert "căn cước ở đâu" in shorten(tidy(story))
    assert "căn cước ở đâu" in asking_part(story)


def test_the_end_of_a_sentence_is_long_enough_to_ask_something() -> None:
    story = "bố mẹ em mất hết giấy, giờ làm lại thì xin ở đâu"
    assert last_clause(story) == "giờ làm lại thì xin ở đâu"
    assert last_clause("con chưa có khai sinh, làm sao") == "con chưa có khai sinh làm sao"
    assert last_clause("") == ""
    assert last_clause(",,,") == ""
