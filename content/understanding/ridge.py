"""Ridge regression in its dual form, which gives the score of each line had it been left out.

These are the only honest scores to calibrate on. The lines' likeness to one another is kept and
factored in strips of rows, of which only the part up to the diagonal is ever held.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import linalg, sparse

from content.understanding.features import Floats, Vector

_PENALTY = 0.5
_COMMON = 0.01
"""A feature of a larger share of lines than this is multiplied as dense, which is faster."""

_STRIP = 1024


def solve(
    vectors: Sequence[Vector], targets: Floats, *, width: int, unseen: int
) -> tuple[Floats, Floats]:
    """The weights (`width` × targets), and what each of the last `unseen` lines scores left out.

    Needs two bytes for every pair of lines, and time that grows with their cube.
    """
    rows = _matrix(vectors, width)
    factor = _factored(rows)
    dual = _solved(factor, targets)
    own = _inverse_diagonal(factor, len(vectors) - unseen)[:, None]
    left_out: Floats = targets[-unseen:] - dual[-unseen:] / own
    return np.asarray(rows.T @ dual, dtype=np.float32), left_out


def _matrix(vectors: Sequence[Vector], width: int) -> sparse.csr_matrix:
    starts = np.cumsum([0, *(len(columns) for columns, _ in vectors)])
    columns = np.concatenate([columns for columns, _ in vectors])
    values = np.concatenate([values for _, values in vectors])
    return sparse.csr_matrix((values, columns, starts), shape=(len(vectors), width))


def _factored(rows: sparse.csr_matrix) -> list[Floats]:
    """The Cholesky factor of the rows' inner products, penalty added, in strips that end at the
    diagonal."""
    often = np.bincount(rows.indices, minlength=rows.shape[1]) > rows.shape[0] * _COMMON
    common, rare = rows[:, often].toarray(), rows[:, ~often].tocsr()
    strips: list[Floats] = []
    for start in range(0, rows.shape[0], _STRIP):
        end = min(start + _STRIP, rows.shape[0])
        strip = common[start:end] @ common[:end].T
        strip += (rare[start:end] @ rare[:end].T).toarray()
        at = 0
        for above in strips:
            until = above.shape[1]
            strip[:, at:until] -= strip[:, :at] @ above[:, :at].T
            strip[:, at:until] = _triangle(above[:, at:], strip[:, at:until].T).T
            at = until
        own = strip[:, start:] - strip[:, :start] @ strip[:, :start].T
        own[np.diag_indices_from(own)] += np.float32(_PENALTY)
        strip[:, start:] = linalg.cholesky(own, lower=True, check_finite=False)
        strips.append(strip)
    return strips


def _solved(factor: Sequence[Floats], targets: Floats) -> Floats:
    """What the whole, which the factor is of, makes the targets of."""
    found = targets.astype(np.float32, copy=True)
    for strip in factor:
        start, end = strip.shape[1] - strip.shape[0], strip.shape[1]
        found[start:end] -= strip[:, :start] @ found[:start]
        found[start:end] = _triangle(strip[:, start:], found[start:end])
    for strip in reversed(factor):
        start, end = strip.shape[1] - strip.shape[0], strip.shape[1]
        found[start:end] = _triangle(strip[:, start:], found[start:end], turned=True)
        found[:start] -= strip[:, :start].T @ found[start:end]
    return found


def _inverse_diagonal(factor: Sequence[Floats], first: int) -> Floats:
    """The diagonal of the whole's inverse from the line `first` on: it depends on the strips from
    there on alone."""
    squares: list[Floats] = []
    for n, strip in enumerate(factor):
        start, end = strip.shape[1] - strip.shape[0], strip.shape[1]
        if end <= first:
            continue
        inverse = _triangle(strip[:, start:], np.eye(end - start, dtype=np.float32))
        for below in factor[n + 1 :]:
            at = below.shape[1] - below.shape[0]
            inverse = np.vstack([inverse, -_triangle(below[:, at:], below[:, start:at] @ inverse)])
        squares.append(np.einsum("ij,ij->j", inverse, inverse)[max(0, first - start) :])
    return np.concatenate(squares)


def _triangle(lower: Floats, right: Floats, *, turned: bool = False) -> Floats:
    solved = linalg.solve_triangular(
        lower, right, lower=True, trans=1 if turned else 0, check_finite=False
    )
    return np.asarray(solved, dtype=np.float32)
