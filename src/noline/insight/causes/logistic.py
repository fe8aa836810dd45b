"""A logistic regression, small enough to be read: chances between 0 and 1 from columns of numbers."""

from dataclasses import dataclass

import numpy as np

from noline.insight.causes.model import Doubles, Flags

RIDGE = 1.0
"""How strongly coefficients are drawn to 0, in persons: enough that no separation of the groups leads to infinity."""

_ROUNDS = 50
_SETTLED = 1e-10
_LARGEST = 30.0


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model.

    coefficients: of each column. values: the chance of each person, also of those it was not fitted to.
    scores: what each person adds to the equations that the coefficients solve, as (persons, columns). curvature: how
    these move with the coefficients, as a mean over persons.
    """

    columns: Doubles
    coefficients: Doubles
    values: Doubles
    scores: Doubles
    curvature: Doubles

    @property
    def slope(self) -> Doubles:
        """How each chance moves with the linear term under it."""
        return self.values * (1 - self.values)

    def influence(self, weights: Doubles) -> Doubles:
        """What each person adds, through the coefficients, to a mean over persons.

        weights: how the number of each person moves with the model's linear term.
        """
        direction = self.columns.T @ weights / weights.size
        found: Doubles = self.scores @ np.linalg.solve(self.curvature, direction)
        return found


def fitted(columns: Doubles, outcome: Flags, among: Flags) -> Fitted:
    """The model of an outcome, fitted to some persons by Newton's method.

    columns: (persons, columns), of which the first is 1; the others have spread 1 and are drawn to 0 a little.
    """
    here, told = columns[among], outcome[among].astype(np.float64)
    ridge = np.diag([0.0] + [RIDGE] * (columns.shape[1] - 1)) + np.eye(columns.shape[1]) * 1e-9
    coefficients = np.zeros(columns.shape[1])
    best = _loss(here, told, ridge, coefficients)
    for _ in range(_ROUNDS):
        values = _chances(here @ coefficients)
        slope = here.T @ (told - values) - ridge @ coefficients
        step = np.linalg.solve(_bend(here, values) + ridge, slope).astype(np.float64)
        coefficients, best, moved = _stepped(here, told, ridge, coefficients, step, best)
        if moved < _SETTLED:
            break
    values = _chances(columns @ coefficients)
    scores = columns * (among * (outcome - values))[:, None]
    curvature = (_bend(here, values[among]) + ridge) / len(columns)
    return Fitted(columns, coefficients, values, scores, curvature)


def _stepped(
    here: Doubles, told: Doubles, ridge: Doubles, at: Doubles, step: Doubles, best: float
) -> tuple[Doubles, float, float]:
    """Take a step, or as much of it as makes the fit no worse; how much better it became."""
    for _ in range(_ROUNDS):
        loss = _loss(here, told, ridge, at + step)
        if loss <= best:
            return at + step, loss, best - loss
        step = step / 2
    return at, best, 0.0


def _chances(linear: Doubles) -> Doubles:
    found: Doubles = 1 / (1 + np.exp(-np.clip(linear, -_LARGEST, _LARGEST)))
    return found


def _bend(columns: Doubles, values: Doubles) -> Doubles:
    found: Doubles = columns.T @ (columns * (values * (1 - values))[:, None])
    return found


def _loss(columns: Doubles, told: Doubles, ridge: Doubles, coefficients: Doubles) -> float:
    linear = columns @ coefficients
    return float((np.logaddexp(0, linear) - told * linear).sum() + coefficients @ ridge @ coefficients / 2)
