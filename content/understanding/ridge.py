"""Ridge regression in its dual form, which gives the score of each line had it been left out.

These are the only honest scores to calibrate on. The lines' likeness to one another is factored in
strips of rows, up to the diagonal; these lie in a file, since together they need a gigabyte.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from io import SEEK_END, BufferedIOBase, BytesIO
from pathlib import Path

import numpy as np
from scipy import linalg, sparse

from content.understanding.features import Floats, Vector

_PENALTY = 0.5
_COMMON = 0.08
"""A feature of a larger share of lines than this is multiplied as dense, which is faster."""

_STRIP, _PANEL, _COLUMNS = 512, 1024, 2048
"""Rows of a strip; rows that are factored, and columns that are inverted, while the strips are read
once: all are a multiple of the first."""

_PIECE = 256
"""Rows whose sparse products are held at once."""


def solve(
    vectors: Sequence[Vector],
    targets: Floats,
    *,
    width: int,
    unseen: int,
    scratch: Path | None = None,
) -> tuple[Floats, Floats]:
    """The weights (`width` × targets), and what each of the last `unseen` lines scores left out.

    Needs two bytes for every pair of lines, on disk in the folder `scratch`, without one in memory;
    and time that grows with the cube of lines. Raises OSError.
    """
    rows = matrix(vectors, width)
    with BytesIO() if scratch is None else tempfile.TemporaryFile(dir=scratch) as file:
        factor = _factored(rows, file)
        dual = _solved(factor, targets)
        own = _inverse_diagonal(factor, len(vectors) - unseen)[:, None]
    left_out: Floats = targets[-unseen:] - dual[-unseen:] / own
    return np.asarray(rows.T @ dual, dtype=np.float32), left_out


class _Strips:
    """Strips of rows of a lower triangle in a file; each ends at its last row's diagonal."""

    def __init__(self, file: BufferedIOBase) -> None:
        self._file = file
        self._kept: list[tuple[int, tuple[int, ...]]] = []  # where it begins, rows × columns

    def extend(self, strips: Sequence[Floats]) -> None:
        for strip in strips:
            self._kept.append((self._file.seek(0, SEEK_END), strip.shape))
            self._file.write(np.ascontiguousarray(strip).data)

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, n: int) -> Floats:
        begin, shape = self._kept[n]
        strip = np.empty(shape, dtype=np.float32)
        self._file.seek(begin)
        self._file.readinto(strip.data.cast("B"))
        return strip

    def __iter__(self) -> Iterator[Floats]:
        return (self[n] for n in range(len(self)))


def matrix(vectors: Sequence[Vector], width: int) -> sparse.csr_matrix:
    """A row for each vector."""
    starts = np.cumsum([0, *(len(columns) for columns, _ in vectors)])
    columns = np.concatenate([columns for columns, _ in vectors])
    values = np.concatenate([values for _, values in vectors])
    return sparse.csr_matrix((values, columns, starts), shape=(len(vectors), width))


def _factored(rows: sparse.csr_matrix, file: BufferedIOBase) -> _Strips:
    """The Cholesky factor of the rows' inner products, penalty added."""
    often = np.bincount(rows.indices, minlength=rows.shape[1]) > rows.shape[0] * _COMMON
    common, rare = rows[:, often].toarray(), rows[:, ~often].tocsr()
    factor = _Strips(file)
    for begin in range(0, rows.shape[0], _PANEL):
        # Said in one, so that a panel is gone before the next one is made.
        factor.extend(_finished(_products(common, rare, begin), factor))
    return factor


def _finished(panel: Floats, factor: _Strips) -> list[Floats]:
    """The strips that the products of the next rows become."""
    begin = panel.shape[1] - panel.shape[0]
    for above in factor:
        _take_away(panel, above)
    done: list[Floats] = []
    for n in range(0, len(panel), _STRIP):
        start, end = begin + n, begin + min(n + _STRIP, len(panel))
        strip = panel[n : n + _STRIP, :end]
        for above in done:
            _take_away(strip, above)
        own = strip[:, start:] - strip[:, :start] @ strip[:, :start].T
        own[np.diag_indices_from(own)] += np.float32(_PENALTY)
        strip[:, start:] = linalg.cholesky(own, lower=True, check_finite=False)
        done.append(strip)
    return done


def _products(common: Floats, rare: sparse.csr_matrix, begin: int) -> Floats:
    """A panel's rows' inner products with all rows up to its last; dense and sparse features."""
    end = min(begin + _PANEL, rare.shape[0])
    panel = common[begin:end] @ common[:end].T
    columns = rare[:end].T.tocsr()
    for n in range(begin, end, _PIECE):
        panel[n - begin : n - begin + _PIECE] += (
            rare[n : min(n + _PIECE, end)] @ columns
        ).toarray()
    return panel


def _take_away(strip: Floats, above: Floats) -> None:
    """Finishes the columns of a strip that belong to the rows of a finished one above it."""
    at, until = above.shape[1] - above.shape[0], above.shape[1]
    strip[:, at:until] -= strip[:, :at] @ above[:, :at].T
    strip[:, at:until] = _triangle(above[:, at:], strip[:, at:until].T).T


def _solved(factor: _Strips, targets: Floats) -> Floats:
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


def _inverse_diagonal(factor: _Strips, first: int) -> Floats:
    """The diagonal of the whole's inverse from the line `first` on: it depends on the strips from
    there on alone."""
    corner, size = first - first % _STRIP, factor[-1].shape[1]
    squares: list[Floats] = []
    for begin in range(corner, size, _COLUMNS):
        end = min(begin + _COLUMNS, size)
        inverse = np.zeros((size - begin, end - begin), dtype=np.float32)  # of the factor
        np.fill_diagonal(inverse, 1)
        for n in range(begin // _STRIP, len(factor)):
            strip = factor[n]
            start, until = strip.shape[1] - strip.shape[0], strip.shape[1]
            found = inverse[start - begin : until - begin]
            found -= strip[:, begin:start] @ inverse[: start - begin]
            found[:] = _triangle(strip[:, start:], found)
        squares.append(np.einsum("ij,ij->j", inverse, inverse))
    return np.concatenate(squares)[first - corner :]


def _triangle(lower: Floats, right: Floats, *, turned: bool = False) -> Floats:
    solved = linalg.solve_triangular(
        lower, right, lower=True, trans=1 if turned else 0, check_finite=False
    )
    return np.asarray(solved, dtype=np.float32)
