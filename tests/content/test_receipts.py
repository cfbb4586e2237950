"""Receipts: drawn, shown, typed back in any way, and never mistaken for a question."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.receipts import FILE, ReceiptWords
from content.understanding.vietnamese import fold

BOOK = ReceiptWords.load()
QUESTIONS = Path(__file__).parent.parent / "benchmarks" / "matching" / "questions.jsonl"
DRAWS = st.lists(st.integers(0, len(BOOK) - 3), min_size=3, max_size=3)


def drawn(numbers: list[int]) -> tuple[str, str, str]:
    left = iter(numbers)
    return BOOK.draw(lambda _: next(left))


def test_the_list_is_large_and_each_word_has_two_plain_syllables() -> None:
    assert len(BOOK) >= 2_048
    words = FILE.read_text("utf-8").split("\n")
    for word in words[:-1]:
        assert word == unicodedata.normalize("NFC", word).lower()
        assert len(word.split(" ")) == 2, word
        assert fold(word).replace(" ", "").isalpha(), word
    assert words[:-1] == sorted(words[:-1], key=fold)


def test_no_word_is_another_one_turned_round() -> None:
    folded = {fold(BOOK.draw(lambda n, k=k: k if k < n else 0)[0]) for k in range(len(BOOK))}
    assert len(folded) == len(BOOK)
    assert not {word for word in folded if " ".join(word.split()[::-1]) in folded}


@given(DRAWS, st.sampled_from([" – ", " ", ", ", "-", " / ", "\n"]), st.booleans(), st.booleans())
def test_a_receipt_is_read_however_it_is_typed(
    numbers: list[int], between: str, plain: bool, loud: bool
) -> None:
    words = drawn(numbers)
    typed = between.join(words)
    typed = fold(typed) if plain else unicodedata.normalize("NFD", typed)
    assert BOOK.read(typed.upper() if loud else typed) == words
    assert BOOK.read(f"Mã biên nhận: {typed}") == words
    assert BOOK.read(f"tra ma {typed}.") == words


@given(DRAWS)
def test_a_word_that_is_a_letter_off_is_asked_about_and_not_taken(numbers: list[int]) -> None:
    first, second, third = drawn(numbers)
    typed = f"{first} {second} {third}x"
    assert BOOK.read(typed) is None
    assert BOOK.suggest(typed) in {None, (first, second, third)}


def test_another_order_or_another_number_of_words_is_no_receipt() -> None:
    first, second, third = drawn([1, 500, 900])
    assert BOOK.canonical((first, second, third)) != BOOK.canonical((second, first, third))
    for text in (f"{first} {second}", f"{first} {second} {third} {first}", "", "1 2 3", "🙂"):
        assert BOOK.read(text) is None
        assert BOOK.suggest(text) is None


def test_no_question_is_read_as_a_receipt() -> None:
    asked = [json.loads(line)["q"] for line in QUESTIONS.read_text("utf-8").splitlines()]
    assert not [text for text in asked if BOOK.read(text) or BOOK.suggest(text)]


def test_a_list_with_two_alike_words_is_refused() -> None:
    with pytest.raises(ValueError, match="without their marks"):
        ReceiptWords(["bến đò", "bên đò"])
