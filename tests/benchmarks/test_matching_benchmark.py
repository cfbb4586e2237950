"""The matching benchmark itself, on some lines of the tuning half, so that it cannot rot."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from content.shelf import SHIPPED, Shelf
from content.understanding import Understanding
from content.understanding.training import NONE, TALK, Example
from tests.benchmarks.matching import reliability
from tests.benchmarks.matching.classifier import Classifier
from tests.benchmarks.matching.embedding import Embedding
from tests.benchmarks.matching.measures import Asked, figures, said_chances
from tests.benchmarks.matching.methods import Method
from tests.benchmarks.matching.one import EMBEDDING, METHODS, OURS, Report
from tests.benchmarks.matching.ours import Ours
from tests.benchmarks.matching.questions import Changed, Row, every, lines_of
from tests.benchmarks.matching.run import chances, compared
from tests.benchmarks.matching.scale import Growth, Opened, sheet
from tests.benchmarks.matching.synthetic import noisy, write_cards

SLUGS = ("can-cuoc", "khai-sinh", "so-do", "the-bhyt")


@pytest.fixture(scope="module")
def lines() -> list[Example]:
    """What speaks for four cards, all talk, and some of what is no card's."""
    found = [line for line in lines_of(Shelf.load(SHIPPED)) if line.target in (*SLUGS, *TALK)]
    none = [line for line in found if line.target == NONE]
    return [line for line in found if line.target != NONE] + none[:150]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    tune = every("questions", "tune")
    outside = [row for row in tune if row["topic"] is None]
    return [row for row in tune if row["topic"] in SLUGS][:30] + outside[:10]


@pytest.fixture(scope="module")
def talks() -> list[Row]:
    return [row for row in every("dialogues", "tune") if row["topic"] in SLUGS]


@pytest.fixture(scope="module")
def ours() -> Ours:
    cards = Shelf.load(SHIPPED).cards
    return Ours(Understanding.build({slug: cards[slug] for slug in SLUGS}, folder=SHIPPED))


@pytest.mark.parametrize("name", [name for name in METHODS if name != EMBEDDING])
def test_a_peer_is_measured(
    name: str, lines: list[Example], rows: list[Row], talks: list[Row]
) -> None:
    _measured(METHODS[name](lines, SLUGS), rows, talks)


def test_our_engine_is_measured_and_its_chances_become_bins(
    ours: Ours, rows: list[Row], talks: list[Row], tmp_path: Path
) -> None:
    _measured(ours, rows, talks)
    said = said_chances(ours, rows)
    assert sum(one.count for one in reliability.bins(said)) == len(said) > 30
    assert 0 <= reliability.error(said) < 0.5
    reliability.draw(said, tmp_path / "picture.svg")
    assert f"{len(said)} questions" in (tmp_path / "picture.svg").read_text("utf-8")


def test_a_linear_classifier_refuses_what_no_card_answers(
    lines: list[Example], rows: list[Row]
) -> None:
    classifier = Classifier(lines, SLUGS)
    assert any(classifier.find(row["q"]).card is None for row in rows if not row["topic"])
    assert classifier.find("cho tôi làm thẻ căn cước").card == "can-cuoc"


def test_an_embedding_model_finds_the_nearest_line(lines: list[Example]) -> None:
    found = Embedding(lines, SLUGS, model=LettersCounted()).find(
        next(line.words.text for line in lines if line.target == "so-do" and line.asked)
    )
    assert found.card == "so-do"
    assert found.facet is not None


def test_the_tables_have_a_figure_in_every_place(
    ours: Ours, rows: list[Row], talks: list[Row]
) -> None:
    found = figures(ours, Asked(rows, talks, every("near_misses", "tune")[:10]))
    report = Report(OURS, 1.0, 100.0, found, found, said_chances(ours, rows), "a")
    for table in compared([report], report, report):
        assert all(len(row) == len(table.columns) for row in table.rows)
        assert table.markdown().count("\n| ") == len(table.rows) + 2
    assert "expected calibration error" in chances(report)
    with pytest.raises(Changed):
        compared([replace(report, state="b")], report, report)


def test_made_up_cards_are_good_cards_with_words_of_their_own(tmp_path: Path) -> None:
    asked = write_cards(tmp_path, 55)
    shelf = Shelf.load(tmp_path)
    assert not shelf.faults
    assert sorted(shelf.cards) == sorted(asked)
    assert not set(asked["card-1"]) & set(asked["card-52"])  # both made from the same text
    assert noisy(asked, 20) == noisy(asked, 20)
    assert all(slug in asked and text for text, slug in noisy(asked, 20))


def test_growth_is_told_beside_the_first_figure() -> None:
    first, last = (
        Growth(count, *(Opened(count, 1, 1, 1, 1, 1, "a"),) * 2, ask=1, kept=1)
        for count in (10, 40)
    )
    table = sheet([first, last])
    assert table.rows[0] == ("cold start, s", "10.00", "40.00", "× 4.0")


class LettersCounted:
    """Stands in for an embedding model: a text's pairs of letters, counted."""

    def query(self, text: str) -> np.ndarray:
        counts = np.zeros(4096)
        for pair in pairwise(text):
            counts[(ord(pair[0]) * 64 + ord(pair[1])) % 4096] += 1
        vector: np.ndarray = counts / max(1e-9, float(np.linalg.norm(counts)))
        return vector

    def passage(self, texts: list[str]) -> np.ndarray:
        return np.array([self.query(text) for text in texts])


def _measured(method: Method, rows: list[Row], talks: list[Row]) -> None:
    """Better than chance, and nothing left out but what the method does not do."""
    near = every("near_misses", "tune")[:10]
    found = figures(method, Asked(rows, talks, near))
    assert (found["top-3"] or 0) > 0.5
    assert (found["top-1"] or 0) > 0.4
    assert (found["out of scope refused"] is None) != method.refuses
    assert (found["near miss refused"] is None) != method.refuses
    assert (found["facet"] is None) != method.tells_facets
    assert (found["p99 ms"] or 0) >= (found["p50 ms"] or 0) > 0
