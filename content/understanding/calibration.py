"""Turns scores into chances that hold, and chooses thresholds for a risk one is ready to take.

Fitted on scores of questions that the scorer had not seen (leave one out), never on its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Chance:
    """A logistic curve over a few measurements: Platt's calibration with more than one input."""

    mean: Doubles
    spread: Doubles
    weights: Doubles
    bias: float

    @classmethod
    def fit(cls, measured: Doubles, happened: Doubles, importance: Doubles) -> Chance:
        """`happened` is 1 or 0 a row; `importance` weighs rows to the share met in real life."""
        mean = np.average(measured, axis=0, weights=importance)
        spread = np.sqrt(np.average((measured - mean) ** 2, axis=0, weights=importance)) + 1e-9
        rows = np.hstack([(measured - mean) / spread, np.ones((len(measured), 1))])
        weights = np.zeros(rows.shape[1])
        penalty = np.diag([1.0] * (rows.shape[1] - 1) + [1e-6])
        for _ in range(25):  # Newton's steps; the curve is convex, so these few suffice
            chance = _sigmoid(rows @ weights)
            slope = rows.T @ (importance * (chance - happened)) + penalty @ weights
            bend = (rows.T * (importance * chance * (1 - chance))) @ rows + penalty
            step = np.linalg.solve(bend, slope)
            weights -= step
            if np.abs(step).max() < 1e-8:
                break
        return cls(mean, spread, weights[:-1], float(weights[-1]))

    def of(self, measured: Doubles) -> Doubles:
        """The chance, 0 to 1, of one row or of each row."""
        scaled = (measured - self.mean) / self.spread
        chance: Doubles = _sigmoid(scaled @ self.weights + self.bias)
        return chance

    def to_array(self) -> Doubles:
        return np.concatenate([self.mean, self.spread, self.weights, [self.bias]])

    @classmethod
    def from_array(cls, numbers: Doubles) -> Chance:
        size = (len(numbers) - 1) // 3
        parts = [numbers[n * size : (n + 1) * size] for n in range(3)]
        return cls(parts[0], parts[1], parts[2], float(numbers[-1]))


def threshold_for_risk(
    chance: Doubles, wrong: Doubles, importance: Doubles, *, risk: float
) -> float:
    """The lowest chance to act on, so that acting wrongly stays a share `risk` of all rows."""
    order = np.argsort(-chance, kind="stable")
    wrong_so_far = np.cumsum((wrong * importance)[order]) / importance.sum()
    fine = np.flatnonzero(wrong_so_far <= risk)
    if not len(fine):
        return 1.0
    return float(chance[order][fine[-1]])


def threshold_for_share(chance: Doubles, *, below: float) -> float:
    """The chance under which a share `below` of the rows lies."""
    return float(np.quantile(chance, below))


def expected_error(chance: Doubles, happened: Doubles, *, bins: int = 10) -> float:
    """How far said chances lie from what happened, on average over bins of equal width."""
    places = np.minimum((chance * bins).astype(int), bins - 1)
    total = 0.0
    for place in range(bins):
        inside = places == place
        if inside.any():
            total += inside.mean() * abs(chance[inside].mean() - happened[inside].mean())
    return float(total)


def _sigmoid(values: Doubles) -> Doubles:
    result: Doubles = 1 / (1 + np.exp(-np.clip(values, -40, 40)))
    return result
