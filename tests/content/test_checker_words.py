"""The checker on words: length, hard words and abbreviations; and the report of them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from content.checker import (
    CARD_SYLLABLES,
    GIST_SYLLABLES,
    MEAN_SYLLABLES,
    SENTENCE_SYLLABLES,
    check,
)
from content.readability import ReportTexts, measure, picture, table
from content.shelf import Shelf
from content.wording import Wording, sentences, syllables
from tests.content.good_card import TODAY, Edit, put

# Length


@pytest.mark.parametrize(
    "place", ["Không mất tiền.", "- Phải làm giấy đề nghị, không làm thì không có."]
)
def test_a_sentence_may_have_as_many_syllables_as_the_limit_and_no_more(
    told: Edit, place: str
) -> None:
    mark = "- " if place.startswith("- ") else ""
    assert told(place, f"{mark}{'xã ' * (SENTENCE_SYLLABLES - 1)}xã.") == ""
    said = told(place, f"{mark}{'xã ' * SENTENCE_SYLLABLES}xã.")
    assert f"câu dài {SENTENCE_SYLLABLES + 1} tiếng" in said


def test_the_gist_has_a_limit_of_its_own(told: Edit, source: str) -> None:
    gist = source.split("## Tóm tắt\n")[1].splitlines()[0]
    assert "tóm tắt dài" not in told(gist, "xã " * GIST_SYLLABLES)
    assert "tóm tắt dài" in told(gist, "xã " * (GIST_SYLLABLES + 1))


def test_a_figure_counts_with_its_longest_value(told: Edit) -> None:
    rule = " ".join(["xã"] * SENTENCE_SYLLABLES)
    said = told('value: "10.800.000 đồng"', f'value: "{rule}"')
    assert "câu dài" in said


def test_many_long_sentences_are_told_though_each_is_within_its_limit(told: Edit) -> None:
    long = "\n".join(["- " + "xã " * 24 + "xã."] * 60)
    assert f"nhiều nhất {MEAN_SYLLABLES} tiếng" in told("- Người từ {tuoi}, không có", long)


def test_a_whole_card_may_be_too_long_though_its_sentences_are_short(told: Edit) -> None:
    short = "\n".join(["- xã xã xã."] * (CARD_SYLLABLES // 3))
    said = told("- Người từ {tuoi}, không có lương hưu.", short)
    assert "cả thẻ dài" in said
    assert "câu trong thẻ trung bình" not in said


def test_a_section_must_fit_a_small_screen(told: Edit) -> None:
    said = told("Không mất tiền.", " ".join(["Không mất tiền gì."] * 50))
    assert "mục Mất tiền không dài" in said


def test_signs_are_no_syllables_and_a_semicolon_lets_a_reader_breathe() -> None:
    assert syllables("xã – tỉnh") == 2
    assert syllables("được {muc-thang}") == 3
    assert len(sentences("Có thì nộp; chưa có thì hỏi: gọi xã.")) == 3


# Hard words


@pytest.mark.parametrize("word", ["thụ hưởng", "thẩm quyền", "hồ sơ", "đối tượng", "kê khai"])
def test_a_hard_word_without_its_plain_word_is_told(told: Edit, word: str) -> None:
    assert f"chữ khó “{word}”" in told("Không mất tiền.", f"Hỏi về {word} ở xã.")


@pytest.mark.parametrize(
    "said",
    [
        "Mang hồ sơ (bộ giấy tờ) ra xã.",
        "Mang hồ sơ, tức là bộ giấy tờ, ra xã.",
        "Hồ sơ là bộ giấy tờ.",
        "Mang bộ giấy tờ (hồ sơ) ra xã.",
        "Mang hồ sơ xin vay (bộ giấy tờ) ra xã.",
    ],
)
def test_a_hard_word_beside_its_plain_word_passes(told: Edit, said: str) -> None:
    assert told("Không mất tiền.", said) == ""


@pytest.mark.parametrize(
    "said",
    [
        "Mang ho so ra xã.",  # without its marks it is another word
        "Hỏi hồ nước sơ qua.",  # not one syllable after the other
        "Người đối, tượng đá.",
    ],
)
def test_what_only_looks_like_a_hard_word_passes(told: Edit, said: str) -> None:
    assert "chữ khó" not in told("Không mất tiền.", said)


def test_a_plain_word_elsewhere_in_the_sentence_does_not_explain(told: Edit) -> None:
    assert "“kê khai”" in told("Không mất tiền.", "Kê khai ở xã, khai cho đúng.")


def test_a_word_that_could_be_replaced_is_explained_each_time(told: Edit) -> None:
    said = told("Không mất tiền.", "Mang hồ sơ (bộ giấy tờ). Giữ hồ sơ.")
    assert "“hồ sơ”" in said


def test_a_word_on_forms_is_explained_once_a_section_and_in_each_section(told: Edit) -> None:
    explained = "Làm tạm trú (ở tạm) ở xã. Có tạm trú rồi thì thôi."
    assert told("Không mất tiền.", explained) == ""
    late = "Có tạm trú thì thôi. Làm tạm trú (ở tạm) ở xã."
    assert "“tạm trú”" in told("Không mất tiền.", late)


def test_gist_and_what_to_remember_are_one_answer_and_explain_once(told: Edit, source: str) -> None:
    gist = source.split("## Tóm tắt\n")[1].splitlines()[0]
    said = told(gist, "Ở tạm thì làm tạm trú (ở tạm).")
    assert said == ""
    assert "“tạm trú”" in told("- Nộp ở xã, không mất tiền.", "- Làm tạm trú ở xã.")


def test_a_hard_word_in_any_value_of_a_figure_is_told(told: Edit) -> None:
    assert "“thụ hưởng”" in told('value: "500.000 đồng/tháng"', 'value: "mức thụ hưởng cũ"')


def test_the_glossary_is_large_and_explains_nothing_by_itself(wording: Wording) -> None:
    known = {**wording.replace, **wording.on_forms}
    assert len(known) >= 80
    assert not wording.replace.keys() & wording.on_forms.keys()
    for term, plain in known.items():
        for words in plain:
            assert not [use for use in wording.terms([words]) if not use.explained], term


# Abbreviations


def test_an_abbreviation_that_is_never_written_out_is_told(told: Edit) -> None:
    assert "chữ tắt “BHYT”" in told("Không mất tiền.", "Có thẻ BHYT thì không mất tiền.")


@pytest.mark.parametrize(
    "said",
    [
        "Có bảo hiểm y tế (BHYT) thì hỏi. Thẻ BHYT còn hạn thì thôi.",
        "Có BHYT (bảo hiểm y tế) thì hỏi.",
        "UBND là ủy ban nhân dân.",
        "Hỏi ủy ban nhân dân, viết tắt là UBND.",
        "Nộp qua VNeID.",  # a name that has no longer form
        "Ở xã khu vực III thì hỏi.",  # a Roman number
        "Bệnh Covid-19, viêm gan B.",
    ],
)
def test_an_abbreviation_written_out_or_known_passes(told: Edit, said: str) -> None:
    assert told("Không mất tiền.", said) == ""


def test_each_section_writes_its_abbreviations_out_because_it_is_shown_alone(
    tmp_path: Path, source: str
) -> None:
    once = source.replace("Được cấp thẻ bảo hiểm y tế.", "Được thẻ bảo hiểm y tế (BHYT).")
    put(tmp_path, once)
    assert check(Shelf.load(tmp_path), TODAY, tmp_path) == ()
    put(tmp_path, once.replace("Không mất tiền.", "Làm thẻ BHYT không mất tiền.", 1))
    [found] = check(Shelf.load(tmp_path), TODAY, tmp_path)
    assert "chữ tắt “BHYT”" in found.problem


def test_the_wrong_words_in_brackets_do_not_write_an_abbreviation_out(told: Edit) -> None:
    assert "“BHYT”" in told("Không mất tiền.", "Có thẻ bảo hiểm xã hội (BHYT) thì hỏi.")


# The report


def test_the_report_has_a_row_a_card_and_the_checkers_own_counts(shelf: Shelf) -> None:
    rows = measure(shelf)
    assert [row.slug for row in rows] == list(shelf.cards)
    assert all(row.mean <= MEAN_SYLLABLES for row in rows)
    assert all(row.syllables <= CARD_SYLLABLES for row in rows)
    assert all(0 <= row.rare < 1 for row in rows)
    assert sum(row.terms for row in rows) > 0


def test_the_table_has_its_heads_and_the_longest_sentences_first(shelf: Shelf) -> None:
    rows = measure(shelf)
    heads, *lines = table(rows)
    assert {len(line) for line in lines} == {len(heads)}
    hardest = max(rows, key=lambda row: row.mean)
    assert lines[0][0] == hardest.title


def test_the_picture_is_one_drawing_with_words_for_who_cannot_see_it(shelf: Shelf) -> None:
    rows = measure(shelf)
    drawn = picture(rows)
    assert drawn == picture(rows)
    root = ElementTree.fromstring(drawn)  # noqa: S314 - drawn by us, not a stranger's
    assert root.get("role") == "img"
    assert str(len(rows)) in (root.get("aria-label") or "")
    said = "".join(root.itertext())
    assert all(row.title in said for row in rows)
    assert ReportTexts.load()("title") in said
    assert b"<script" not in drawn
