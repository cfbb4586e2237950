"""Ridge regression in its dual form, which gives the score of each line had it been left out.

These are the only honest scores to calibrate on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import linalg, sparse

from content.understanding.features import Floats, Vector

_PENALTY = 0.5
_COMMON = 0.01
"""A feature of a larger share of lines than this is multiplied as dense, which is faster."""

_BLOCK = 1024


def solve(
    vectors: Sequence[Vector], targets: Floats, *, width: int, unseen: int
) -> tuple[Floats, Floats]:
    """The weights (`width` × targets), and what each of the last `unseen` lines scores left out.

    Needs four bytes for every pair of lines, and time that grows with their cube.
    """
    rows = _matrix(vectors, width)
    alike = _alikeness(rows)
    alike[np.diag_indices_from(alike)] += np.float32(_PENALTY)
    # As it is symmetric it may be handed over turned, so that it is solved where it stands.
    lower = linalg.cholesky(alike.T, lower=True, overwrite_a=True, check_finite=False)
    dual = linalg.cho_solve((lower, True), targets, check_finite=False)
    # The inverse's diagonal: what stands last depends on the last block of the factor alone.
    last = linalg.lapack.strtri(lower[-unseen:, -unseen:], lower=1)[0]
    own = np.einsum("ij,ij->j", last, last)[:, None]
    left_out: Floats = targets[-unseen:] - dual[-unseen:] / own
    return np.asarray(rows.T @ dual, dtype=np.float32), left_out


def _matrix(vectors: Sequence[Vector], width: int) -> sparse.csr_matrix:
    starts = np.cumsum([0, *(len(columns) for columns, _ in vectors)])
    columns = np.concatenate([columns for columns, _ in vectors])
    values = np.concatenate([values for _, values in vectors])
    return sparse.csr_matrix((values, columns, starts), shape=(len(vectors), width))


def _alikeness(rows: sparse.csr_matrix) -> Floats:
    """The inner product of every two rows."""
    often = np.bincount(rows.indices, minlength=rows.shape[1]) > rows.shape[0] * _COMMON
    common, rare = rows[:, often].toarray(), rows[:, ~often].tocsr()
    alike: Floats = common @ common.T
    others = rare.T.tocsr()
    for start in range(0, rows.shape[0], _BLOCK):
        block = slice(start, start + _BLOCK)
        alike[block] += (rare[block] @ others).toarray()
    return alike
