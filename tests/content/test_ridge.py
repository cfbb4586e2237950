"""The classifier's equations: solved in strips, they give what plain algebra gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from content.understanding.features import Floats, Vector
from content.understanding.ridge import solve

LINES, WIDTH, TARGETS = 1_400, 60, 3  # more lines than a panel has


def _lines() -> tuple[Floats, list[Vector], Floats]:
    """As rows, as the vectors that `solve` takes, and what they should score."""
    source = np.random.default_rng(7)
    rows = source.random((LINES, WIDTH), dtype=np.float32)
    rows[source.random((LINES, WIDTH)) < 0.9] = 0
    rows[:, 0] = 0.2  # one feature that all have
    columns = [np.flatnonzero(row).astype(np.int32) for row in rows]
    vectors = [(here, row[here]) for here, row in zip(columns, rows, strict=True)]
    return rows, vectors, source.random((LINES, TARGETS), dtype=np.float32)


def _plain(rows: Floats, targets: Floats) -> Floats:
    exact = rows.astype(np.float64)
    weights = np.linalg.solve(exact.T @ exact + 0.5 * np.eye(WIDTH), exact.T @ targets)
    return weights.astype(np.float32)


def test_weights_are_those_of_plain_algebra() -> None:
    rows, vectors, targets = _lines()
    weights, _ = solve(vectors, targets, width=WIDTH, unseen=100)
    assert np.allclose(weights, _plain(rows, targets), atol=1e-3)


def test_a_line_left_out_scores_what_it_would_had_it_never_been_learned() -> None:
    rows, vectors, targets = _lines()
    unseen = 500  # from the strip before the last on
    _, left_out = solve(vectors, targets, width=WIDTH, unseen=unseen)
    for line in (LINES - unseen, 1_023, 1_024, LINES - 1):
        others = np.delete(rows, line, axis=0), np.delete(targets, line, axis=0)
        expected = rows[line] @ _plain(*others)
        assert np.allclose(left_out[line - LINES], expected, atol=1e-3)


def test_what_lies_on_disk_meanwhile_gives_the_same_and_leaves_nothing(tmp_path: Path) -> None:
    _, vectors, targets = _lines()
    kept = solve(vectors, targets, width=WIDTH, unseen=100)
    on_disk = solve(vectors, targets, width=WIDTH, unseen=100, scratch=tmp_path)
    for one, other in zip(kept, on_disk, strict=True):
        assert np.array_equal(one, other)
    assert not list(tmp_path.iterdir())
