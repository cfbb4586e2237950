"""Receipts: drawn, shown, typed back in any way, and never mistaken for a question."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from content.crisis import FILE as CRISIS
from content.crisis import Alarm
from content.receipts import FILE, RETIRED, Heard, How, Receipt, ReceiptWords, sound
from content.shelf import SHIPPED
from content.understanding.vietnamese import fold, repair

BOOK = ReceiptWords.load()
WORDS = FILE.read_text("utf-8").split("\n")[:-1]
OLD = RETIRED.read_text("utf-8").split("\n")[:-1]
JOINED = [fold(word).replace(" ", "") for word in WORDS]
QUESTIONS = Path(__file__).parent.parent / "benchmarks" / "matching" / "questions.jsonl"
DRAWS = st.lists(st.integers(0, len(BOOK) - 3), min_size=3, max_size=3)
TELEX = [
    ("ca phee, caay mias, hoa sen", ("cà phê", "cây mía", "hoa sen")),
    ("tooi laf caay tre nhes", None),
    ("banhs bao / chim sẽ / con ruaf", ("bánh bao", "chim sẻ", "con rùa")),
    ("hoa sen ca6y tre gio1 bie6n2", ("hoa sen", "cây tre", "gió biển")),
]


def drawn(numbers: list[int]) -> Receipt:
    left = iter(numbers)
    return BOOK.draw(lambda _: next(left))


def three(*words: str) -> Receipt:
    first, second, third = words
    return first, second, third


def test_the_list_is_large_and_each_word_has_two_plain_syllables() -> None:
    assert len(BOOK) >= 2_600, "the guesses that content/receipts.py tells count on it"
    for word in WORDS:
        assert word == unicodedata.normalize("NFC", word).lower()
        assert len(word.split(" ")) == 2, word
        assert fold(word).replace(" ", "").isalpha(), word
        plain = fold(word).split()
        assert [repair(syllable) for syllable in plain] == plain, f"{word} looks like Telex"
    assert sorted(WORDS, key=fold) == WORDS


def test_no_two_words_are_a_letter_apart_without_their_marks_or_sound_alike() -> None:
    near = np.argwhere(np.triu(cdist(JOINED, JOINED, scorer=OSA.distance, score_cutoff=1) <= 1, 1))
    assert [(WORDS[a], WORDS[b]) for a, b in near] == []
    assert len({sound(word) for word in WORDS}) == len(WORDS)


def test_no_word_is_another_one_turned_round() -> None:
    folded = {fold(word) for word in WORDS}
    turned = {word: " ".join(word.split()[::-1]) for word in folded}
    assert not [word for word, round_ in turned.items() if round_ in folded and round_ != word]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("trâu", "châu"), ("sao", "xao"), ("gia", "da"), ("ra", "gia"), ("vui", "dui"),
        ("rì", "gì"), ("lúa", "núa"), ("mắc", "mắt"), ("than", "thang"), ("mũ", "mủ"),
        ("xanh", "xăn"), ("lịch", "lịt"), ("kỳ", "kì"), ("nghe", "nge"),
    ],
)  # fmt: skip
def test_what_dialects_say_alike_sounds_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other)


def test_what_differs_in_every_dialect_does_not_sound_alike() -> None:
    heard = {sound(word) for word in ("mía", "bia", "nia", "thìa", "cam", "can", "cá", "khá")}
    assert len(heard) == 8


def test_no_word_speaks_of_danger() -> None:
    """Whoever tells a receipt amid other words is not told to call an ambulance for it."""
    alarm = Alarm.load(SHIPPED / CRISIS)
    said = [*WORDS, *map(fold, WORDS)]
    assert [word for word in said if alarm.hear(word)] == []


@given(DRAWS, st.sampled_from([" – ", " ", ", ", "-", " / ", "\n", " 🌿 "]), st.booleans(),
       st.booleans())  # fmt: skip
def test_a_receipt_is_read_however_it_is_typed(
    numbers: list[int], between: str, plain: bool, loud: bool
) -> None:
    words = drawn(numbers)
    typed = between.join(words)
    typed = fold(typed) if plain else unicodedata.normalize("NFD", typed)
    assert BOOK.read(typed.upper() if loud else typed) == words
    for said in (
        f"Mã biên nhận: {typed}", f"tra ma {typed}.", f"mã của tôi là «{typed}» ạ!",
        f"“{typed}” nhé 🙏🙏", f"1. {words[0]} 2) {words[1]} 3/ {words[2]}",
        " ".join(fold(word).replace(" ", "") for word in words),
    ):  # fmt: skip
        assert BOOK.read(said) == words, said


@pytest.mark.parametrize(("typed", "meant"), TELEX)
def test_what_telex_and_vni_leave_is_read(typed: str, meant: Receipt | None) -> None:
    assert BOOK.read(typed) == meant


def test_a_receipt_of_words_that_are_drawn_no_more_is_still_read() -> None:
    assert len(OLD) > 500
    assert not {fold(word) for word in OLD} & {fold(word) for word in WORDS}
    for first, second, third in zip(OLD, OLD[1:], OLD[2:], strict=False):
        assert BOOK.read(f"{first} {second} {third}") == (first, second, third)
        assert BOOK.read(fold(f"{first}, {second}, {third}")) == (first, second, third)


@given(DRAWS, st.randoms(use_true_random=False))
def test_a_slip_is_asked_about_and_makes_no_other_receipt(
    numbers: list[int], chance: random.Random
) -> None:
    words = drawn(numbers)
    typed = fold(" ".join(words))
    at = chance.choice([n for n, sign in enumerate(typed) if sign != " "])
    slip = typed[:at] + chance.choice("abcdeghiklmnopqrstuvxy") + typed[at + 1 :]
    heard = BOOK.hear(slip)
    if heard is None or slip == typed:
        return
    if heard.how is How.EXACT and heard.words != words:
        assert heard.words is not None
        assert set(heard.words) & set(OLD), "a slip leads at most to a word that is drawn no more"
        assert BOOK.nearest(heard.words) in {None, words}
    else:
        assert heard.words == words


@pytest.mark.parametrize(
    "typed",
    ["bánh bao con rùa hoa xen", "banh bao con rus hoa sen", "banh bao con giua hoa sen",
     "banhbao conruaa hoasen", "mã: bang bao con ruaa hoa sen"],
)  # fmt: skip
def test_a_letter_or_a_sound_off_is_asked_about_and_not_taken(typed: str) -> None:
    words = three("bánh bao", "con rùa", "hoa sen")
    assert BOOK.read(typed) is None
    assert BOOK.hear(typed) == Heard(How.NEAR, words)


def test_a_slip_into_a_word_of_old_leads_back_to_todays() -> None:
    """Some of them are a letter apart; where the old one opens nothing, the new one is meant."""
    typed = three("hoa đào", "con rùa", "hoa sen")
    assert BOOK.read("hoa dao con rua hoa sen") == typed
    assert BOOK.nearest(typed) == ("hoa gạo", "con rùa", "hoa sen")
    assert BOOK.nearest(three("cây cam", "con rùa", "hoa sen")) is None


def test_a_word_said_twice_is_no_receipt_and_is_told_as_such() -> None:
    heard = BOOK.hear("cây cam, con rùa, cây cam")
    assert heard is not None
    assert heard.how is How.TWICE
    assert BOOK.read("cây cam, con rùa, cây cam") is None


def test_what_is_called_a_receipt_and_is_none_is_unclear() -> None:
    assert BOOK.hear("mã biên nhận cây cam con rùa bla bla") == Heard(How.UNCLEAR)
    assert BOOK.hear("cây cam con rùa bla bla") is None
    assert BOOK.hear("mã: cay cao con rua hoa sen") == Heard(How.UNCLEAR), "cây cam, cây táo …?"


def test_another_order_or_another_number_of_words_is_no_receipt() -> None:
    first, second, third = drawn([1, 500, 900])
    assert BOOK.canonical((first, second, third)) != BOOK.canonical((second, first, third))
    assert BOOK.read(f"{second} {first} {third}") == (second, first, third)
    for text in (
        f"{first} {second}", f"{first} {second} {third} {first}", "", "1 2 3", "🙂", "mã",
        f"tôi trồng {first} {second} {third}", f"{first} {second} {third}" * 40,
    ):  # fmt: skip
        assert BOOK.hear(text) is None, text


def test_no_question_is_heard_as_a_receipt() -> None:
    asked = [json.loads(line)["q"] for line in QUESTIONS.read_text("utf-8").splitlines()]
    asked += [
        phrase
        for file in (SHIPPED / "phrases").rglob("*.txt")
        for line in file.read_text("utf-8").splitlines()
        for phrase in line.split(";")
    ]
    assert [text for text in asked if BOOK.hear(text)] == []


def test_a_list_with_two_alike_words_is_refused() -> None:
    with pytest.raises(ValueError, match="without their marks"):
        ReceiptWords(["bến đò", "bên đò"])
