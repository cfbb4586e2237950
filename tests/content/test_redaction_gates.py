"""What a gate keeps from a rule, the rule would not have found: quick is as safe as thorough."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.redaction.gates import GATED
from content.redaction.page import Page
from content.redaction.words import FAMILIES, WORDS
from content.understanding.vietnamese import fold
from tests.content import test_redaction_hostile as hostile
from tests.content.test_redaction import HIDDEN, KEPT, MIXED

QUESTIONS = Path(__file__).parent.parent / "benchmarks" / "matching" / "questions.jsonl"


def words(*path: str) -> list[str]:
    found = WORDS
    for part in path:
        found = found[part]
    return [*found, *map(fold, found)]


CUES = st.sampled_from(
    [
        *words("numbers", "strong"), *words("numbers", "spoken"), *words("numbers", "household"),
        *("fb", "nick zalo", "chấm com", "[at]", "gmail", "21.3891", "103.0169", "0912", "345"),
        *("A", "Páo", "Giàng"), *words("birth", "cues"),
        *words("address", "cues"), *words("address", "numbered"), *words("address", "places"),
        *words("names", "people"), *words("names", "titles"), *words("names", "selves"),
        *words("names", "signed"), *words("names", "middles"), *FAMILIES,
        *("tên", "là", "H'Bia", "K’Brơi", "a cong", "cham com", "@a", ".vn", "www.a", "http://b"),
        *("12", "3", "0", "1990", "12/3/1990", "27A1", "DN4", "²", "\u0663", "\ue000", "_"),
    ]
)  # fmt: skip
SEPARATED = st.lists(
    st.tuples(CUES, st.sampled_from([" ", "  ", "", ":", ", ", "-", "\n", "\u200b", "'"])),
    max_size=14,
).map(lambda pairs: "".join(part for pair in pairs for part in pair))


def wrongly_shut(text: str) -> list[str]:
    """The rules that would have found something behind a shut gate, on each page of the way."""
    page = Page.read(unicodedata.normalize("NFC", text))
    wrong = []
    for may_find, rule in GATED:
        found = list(rule(page))
        if found and not may_find(page):
            wrong.append(f"{rule.__name__}: {text!r}")
        page = page.without(found)
    return wrong


@given(st.one_of(MIXED, SEPARATED, st.tuples(MIXED, SEPARATED).map("".join)))
@settings(max_examples=400, deadline=None)
def test_no_gate_is_shut_before_what_its_rule_would_find(text: str) -> None:
    assert wrongly_shut(text) == []
    assert wrongly_shut(text.upper()) == []


def test_no_gate_is_shut_on_what_people_write() -> None:
    asked = [json.loads(line)["q"] for line in QUESTIONS.read_text("utf-8").splitlines()]
    told = [*(typed for typed, _ in (*HIDDEN, *hostile.HIDDEN)), *KEPT, *hostile.KEPT, *asked]
    assert [wrong for text in told for wrong in wrongly_shut(text)] == []


def test_gates_keep_most_rules_from_a_message_that_holds_nothing() -> None:
    """Else they would be of no use: this is what makes an export of many cases quick."""
    page = Page.read("Xã đã cho máy xúc vào dọn đất đá trên đường rồi.")
    assert [rule.__name__ for may_find, rule in GATED if may_find(page)] == []


@pytest.mark.parametrize("text", ["", "sđt\u200b 0912", "a\u0301\u0323b", "tôi tên [tên] 12"])
def test_a_page_is_the_same_whether_or_not_signs_are_left_out(text: str) -> None:
    page = Page.read(unicodedata.normalize("NFC", text))
    assert len(page.offsets) == len(page.plain) + 1
    assert page.typed(0, len(page.plain)) == page.text
