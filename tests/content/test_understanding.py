"""The engine on real cards: what it finds, what it refuses, what it keeps in mind."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from content.cards import Facet
from content.library import Library
from content.shelf import SHIPPED, Shelf
from content.understanding import (
    Answer,
    AskPerson,
    Choices,
    Context,
    SmallTalk,
    Talk,
    Understanding,
    Unknown,
)
from content.understanding.calibration import Chance, threshold_for_risk
from content.understanding.vietnamese import Words, fold
from content.why import why
from tests.benchmarks.matching.run import every, measure, read, said, slug_of
from tests.benchmarks.matching.run import learned as learned_lines
from tests.small_content import few_cards, few_phrases

ODD = ["", " ", "😀😀", "\u202e؟مرحبا", "?!...", "\x00\ufeff", "١٢٣"]
ODD += ["a" * 100_000, "không " * 30_000]


def test_the_tuning_half_stays_above_its_floor(understanding: Understanding) -> None:
    """A point or two under what was reached in November 2026; raise it when the engine gains."""
    found = measure(understanding, "tune")
    assert found["top-1"] >= 0.92
    assert found["top-3"] >= 0.98
    assert found["confident but wrong"] <= 0.015
    assert found["out of scope refused"] >= 0.95
    assert found["the same within a talk"] >= 0.95
    assert found["near miss answered"] <= 0.06
    assert found["answered at once"] >= 0.70
    assert found["facet"] >= 0.935
    assert found["follow-up: card"] >= 0.95
    assert found["follow-up: facet"] >= 0.95
    for name in ("top-1", "follow-up: card"):
        assert found[name] - found[f"{name} without diacritics"] <= 0.02


def test_the_cards_own_questions_are_nearly_never_answered_from_another_card(
    shelf: Shelf, understanding: Understanding
) -> None:
    wrong = total = 0
    for card in shelf.cards.values():
        for asked in card.questions.values():
            for question in asked:
                outcome = understanding.understand(question)
                wrong += isinstance(outcome, Answer) and outcome.slug != card.slug
                total += 1
    assert wrong / total < 0.005


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_input_is_never_answered_from_a_card(understanding: Understanding, text: str) -> None:
    assert not isinstance(understanding.understand(text), Answer)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_no_text_is_answered_twice_differently(understanding: Understanding, text: str) -> None:
    context = Context("the-bhyt")
    assert understanding.understand(text) == understanding.understand(text)
    assert understanding.understand(text, context) == understanding.understand(text, context)


def test_a_question_without_subject_keeps_the_subject_and_takes_the_facet(
    understanding: Understanding,
) -> None:
    first = understanding.understand("Tôi muốn làm sổ đỏ cho đất ông bà để lại")
    assert slug_of(first) == "so-do"
    second = understanding.understand("cần giấy gì", first.context)
    assert slug_of(second) == "so-do"
    assert isinstance(second, Answer | Choices)
    assert second.facet is Facet.PAPERS
    third = understanding.understand("mất tiền không", second.context)
    assert slug_of(third) == "so-do"
    assert isinstance(third, Answer | Choices)
    assert third.facet is Facet.FEE


def test_a_question_with_its_own_subject_changes_the_subject(understanding: Understanding) -> None:
    outcome = understanding.understand("đăng ký khai sinh cho con ở đâu", Context("so-do"))
    assert slug_of(outcome) == "khai-sinh"


@pytest.mark.parametrize(
    ("before", "text", "slug"),
    [
        ("khai-sinh", "thế khai tử thì sao", "khai-tu"),
        ("an-toan-giao-thong", "thế thẻ bảo hiểm y tế thì sao", "the-bhyt"),
        ("so-do", "chuan ngheo bao nhieu", "ho-ngheo"),
        ("the-bhyt", "còn hộ cận nghèo thì sao", "the-bhyt"),  # a side of what is talked about
        ("so-do", "thế nộp hồ sơ cho ai", "so-do"),  # said of any subject
        ("", "tiền già bao nhiêu", "tro-cap-huu-tri-xa-hoi"),
    ],
)
def test_a_card_that_is_named_is_what_is_meant(
    understanding: Understanding, before: str, text: str, slug: str
) -> None:
    outcome = understanding.understand(text, Context(before, sure=True) if before else None)
    assert isinstance(outcome, Answer)
    assert outcome.slug == slug


def test_a_question_without_any_subject_is_not_answered(understanding: Understanding) -> None:
    for text in ("cần giấy gì", "thế nộp ở đâu", "mất tiền không"):
        assert isinstance(understanding.understand(text), Choices | Unknown)


def test_after_a_mere_guess_a_follow_up_gets_a_menu_with_the_guess_first(
    understanding: Understanding,
) -> None:
    outcome = understanding.understand("bao lâu thì xong", Context("khai-sinh", sure=False))
    assert isinstance(outcome, Choices)
    assert outcome.slugs[0] == "khai-sinh"


@pytest.mark.parametrize(
    ("before", "text", "slug"),
    [
        ("muốn vay tiền", "sinh viên vay đi học mỗi tháng bao nhiêu", "vay-von-hoc-tap"),
        ("nhà tôi khó khăn lắm", "nhà tôi muốn được xét hộ nghèo thì làm sao", "ho-ngheo"),
        ("chuyện ruộng đất", "làm sổ đỏ hết bao nhiêu tiền", "so-do"),
        (
            "cho tôi hỏi chút chuyện nhà",
            "con tôi học bán trú được bao nhiêu gạo",
            "hoc-sinh-ban-tru",
        ),
    ],
)
@pytest.mark.parametrize("typed", [str, fold])
def test_after_a_mere_guess_a_question_that_is_clear_by_itself_is_answered(
    understanding: Understanding, typed: Callable[[str], str], before: str, text: str, slug: str
) -> None:
    first = understanding.understand(typed(before))
    assert isinstance(first, Choices | Unknown)
    outcome = understanding.understand(typed(text), first.context)
    assert isinstance(outcome, Answer)
    assert outcome.slug == slug


@pytest.mark.parametrize(
    ("slug", "facet", "texts"),
    [
        (
            "tro-cap-huu-tri-xa-hoi",
            Facet.AMOUNT,
            ["thế tuổi 82 thì sao", "còn nghèo thì bao nhiêu", "vậy 70 tuổi thì sao"],
        ),
        ("tien-dien", Facet.AMOUNT, ["thế cận nghèo thì sao", "còn nhà không nghèo thì bao nhiêu"]),
        ("bhxh-tu-nguyen", Facet.FEE, ["thế hộ nghèo thì sao", "còn đóng cả năm thì bao nhiêu"]),
        ("ket-hon", Facet.PAPERS, ["thế vợ người nước khác thì sao"]),
    ],
)
@pytest.mark.parametrize("typed", [str, fold])
def test_the_same_asked_of_another_case_stays_on_its_side(
    understanding: Understanding,
    typed: Callable[[str], str],
    slug: str,
    facet: Facet,
    texts: list[str],
) -> None:
    context: Context | None = Context(slug, facet)
    for text in texts:
        outcome = understanding.understand(typed(text), context)
        assert isinstance(outcome, Answer), text
        assert (outcome.slug, outcome.facet) == (slug, facet), text
        context = outcome.context


def test_another_side_that_is_named_is_taken(understanding: Understanding) -> None:
    outcome = understanding.understand(
        "thế mất giấy tờ thì sao", Context("nguoi-co-cong", Facet.AMOUNT)
    )
    assert isinstance(outcome, Answer)
    assert outcome.facet is not Facet.AMOUNT


def test_what_one_pays_is_no_amount_that_one_gets(understanding: Understanding) -> None:
    for text, facet in (
        ("đóng bảo hiểm xã hội tự nguyện mỗi tháng bao nhiêu", Facet.FEE),
        ("xin bản sao giấy khai sinh bao nhiêu tiền một bản", Facet.FEE),
        ("hộ nghèo đóng bảo hiểm xã hội được bù bao nhiêu", Facet.AMOUNT),
        ("ông tôi 80 tuổi được bao nhiêu tiền già", Facet.AMOUNT),
    ):
        outcome = understanding.understand(text)
        assert isinstance(outcome, Answer | Choices)
        assert outcome.facet is facet, text


def test_two_cards_named_in_one_message_are_not_settled_by_one_name(
    understanding: Understanding,
) -> None:
    names = understanding.matcher.names
    one, two = next(
        (a, b) for a in names.cards for b in names.cards if names.cards[a] != names.cards[b]
    )
    assert names.hear(Words(one, one)) == (names.cards[one], one)
    both = f"{one} {two}"
    assert names.hear(Words(both, both)) is None


@pytest.mark.parametrize("typed", [str, fold])
def test_near_misses_are_not_answered_at_once(
    understanding: Understanding, typed: Callable[[str], str]
) -> None:
    near = read("near_misses", "tune")
    answered = [
        row["q"] for row in near if isinstance(understanding.understand(typed(row["q"])), Answer)
    ]
    assert len(near) > 80
    assert len(answered) <= 0.06 * len(near), answered


def test_a_subject_whose_card_is_gone_is_forgotten(understanding: Understanding) -> None:
    outcome = understanding.understand("cần giấy gì", Context("the-da-bo"))
    assert slug_of(outcome) != "the-da-bo"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("chào cán bộ", Talk.GREETING),
        ("cam on nhieu nhe", Talk.THANKS),
        ("tạm biệt nhé", Talk.GOODBYE),
        ("bạn là ai", Talk.WHO_ARE_YOU),
    ],
)
def test_small_talk_is_small_talk_and_keeps_the_subject(
    understanding: Understanding, text: str, kind: Talk
) -> None:
    context = Context("so-do")
    assert understanding.understand(text, context) == SmallTalk(kind, context)


def test_who_wants_a_person_gets_one(understanding: Understanding) -> None:
    for text in ("cho gặp cán bộ", "nói chuyện với người thật", "cho toi gap can bo xa"):
        assert isinstance(understanding.understand(text), AskPerson)


def test_a_kept_engine_answers_as_the_trained_one_and_a_broken_one_is_learned_anew(
    tmp_path: Path,
) -> None:
    folder = few_phrases(few_cards(tmp_path / "content"))
    cards, kept = Shelf.load(folder).cards, tmp_path / "kept"
    asked = "làm giấy khai sinh ở đâu"
    trained = Understanding.build(cards, folder=folder, cache=kept).understand(asked)
    assert slug_of(trained) == "khai-sinh"
    [file] = kept.iterdir()
    assert Understanding.build(cards, folder=folder, cache=kept).understand(asked) == trained
    file.write_bytes(b"PK broken")
    assert Understanding.build(cards, folder=folder, cache=kept).understand(asked) == trained
    assert file.stat().st_size > 1000


def test_fewer_than_two_cards_are_refused() -> None:
    with pytest.raises(ValueError, match="two cards"):
        Understanding.build({}, folder=SHIPPED)


def test_a_fitted_chance_comes_near_what_happens() -> None:
    random = np.random.default_rng(7)
    measured = random.normal(size=(4000, 2))
    happened = (random.random(4000) < 1 / (1 + np.exp(-2 * measured[:, 0]))).astype(float)
    chance = Chance.fit(measured, happened, np.ones(4000)).of(measured)
    assert abs(chance[chance > 0.8].mean() - happened[chance > 0.8].mean()) < 0.03


def test_a_threshold_keeps_to_its_risk() -> None:
    chance = np.array([0.9, 0.8, 0.7, 0.6])
    wrong = np.array([0.0, 0.0, 1.0, 0.0])
    assert threshold_for_risk(chance, wrong, np.ones(4), risk=0.1) == 0.8


def test_json_lines_are_answered_one_by_one_and_bad_lines_do_not_stop_it(
    library: Library, learned: Path
) -> None:
    asked = [
        json.dumps({"id": "a", "turns": ["Muốn làm khai sinh cho con", "cần giấy gì"]}),
        "not json",
        json.dumps({"id": 7, "turns": "x"}),
        json.dumps({"id": None, "turns": ["giá vàng hôm nay"]}),
    ]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "content", "ask", "--jsonl", "--cache", str(learned)],
        input="\n".join(asked),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["id"] for line in said] == ["a", None, 7, None]
    assert [line["slug"] for line in said] == ["khai-sinh", None, None, None]
    assert said[0]["facet"] == "papers"
    keys = {"id", "slug", "facet", "confidence", "alternatives", "text"}
    assert all(set(line) == keys and line["text"] for line in said)
    assert done.stderr.count("\n") == 2


def test_why_tells_every_step_of_a_question(library: Library) -> None:
    console = Console(width=200, file=io.StringIO(), record=True)
    asked = "k co giay chứng sinh thì khoong biet lam khai sanh ra răng, sang năm mất bn tien"
    console.print(why(library, asked, date(2026, 11, 23), Context("so-do")))
    told = console.export_text()
    assert "khoong → khong" in told
    assert "bao nhieu tien" in told
    assert "2027-01-01 to 2027-12-31" in told
    assert re.search(r"khai-sinh .*khai sinh \+0", told), "the words that speak for the card"
    assert "it goes on about so-do: 0" in told
    assert "Answer(slug='khai-sinh'" in told
    console.print(why(library, "chồng tôi cầm dao đòi giết tôi", date(2026, 11, 23), None))
    assert "whom to call is said before" in console.export_text()


def test_no_line_that_measures_was_learned_word_for_word() -> None:
    for name in ("questions", "dialogues", "near_misses"):
        for half in ("tune", "held"):
            assert not [row for row in read(name, half) if said(row) in learned_lines()]
            left_out = len(every(name, half)) - len(read(name, half))
            assert left_out <= 5, "more than chance: lines of the evaluation were learned"
