"""A ranking by one weight a feature: the plainer of the two, and quicker to fit."""

from typing import NamedTuple

import numpy as np

from noline.insight.recommend.table import Doubles, Flags, Floats

_STEPS = 12
_RIDGE = 5.0


class Linear(NamedTuple):
    """Weights of each feature's logarithm and of its place among all values, which are kept as cuts.

    cuts: (features, cuts) ascending. weights: of the logarithms, then of the places, then what is always added.
    mean, scale: of the columns before they are weighed.
    """

    cuts: Floats
    mean: Doubles
    scale: Doubles
    weights: Doubles

    def score(self, values: Floats) -> Floats:
        """The log odds of each row of values."""
        columns = (_columns(values, self.cuts) - self.mean) / self.scale
        return (columns @ self.weights[:-1] + self.weights[-1]).astype(np.float32)


def _columns(values: Floats, cuts: Floats) -> Doubles:
    places = [np.searchsorted(one, values[:, row]) for row, one in enumerate(cuts)]
    return np.concatenate([np.log1p(np.maximum(values, 0)), np.stack(places, axis=1) / cuts.shape[1]], axis=1)


def fit(values: Floats, bought: Flags, weight: Doubles) -> Linear:
    """Logistic regression with a little ridge, by Newton's steps."""
    cuts = np.quantile(values, np.linspace(0, 1, 33)[1:-1], axis=0).T.astype(np.float32)
    columns = _columns(values, cuts)
    mean, scale = columns.mean(axis=0), columns.std(axis=0) + 1e-9
    rows = np.column_stack([(columns - mean) / scale, np.ones(len(values))])
    weights = np.zeros(rows.shape[1])
    weights[-1] = np.log((weight @ bought + 1) / (weight @ ~bought + 1))
    ridge = np.full(len(weights), _RIDGE)
    ridge[-1] = 1e-6
    for _ in range(_STEPS):
        weights = weights + _step(rows, bought, weight, weights, ridge)
    return Linear(cuts, mean, scale, weights)


def _step(rows: Doubles, bought: Flags, weight: Doubles, weights: Doubles, ridge: Doubles) -> Doubles:
    chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
    slope = rows.T @ (weight * (bought - chance)) - ridge * weights
    bend = (rows * (weight * chance * (1 - chance))[:, None]).T @ rows + np.diag(ridge)
    step = np.linalg.solve(bend, slope)
    return step * min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-12))
