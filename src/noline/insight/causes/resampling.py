"""How sure a number is whose events belong to persons: persons are drawn anew, each with all that is theirs.

Events of one person resemble each other, so an interval that takes each event for itself is too narrow. Here the
unit is the person: a number that can be told from sums over persons is told again from sums over persons drawn with
replacement, and the middle 95 % of what comes out is its interval.

Source: B. Efron, Bootstrap Methods: Another Look at the Jackknife, 1979; A. C. Davison, D. V. Hinkley, Bootstrap
Methods and their Application, 1997, 2.4 and 3.8 (percentiles; whole clusters are drawn).
"""

from collections.abc import Callable
from math import nan
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from noline.kernel.shares import LEVEL
from noline.stores.walks.arrays import Longs

Doubles = npt.NDArray[np.float64]

ROUNDS = 500
MOST_DRAWN = 4_096
"""Above it persons are drawn in so many groups of equal size, made by chance.

The spread of sums over groups is that of sums over persons; with so many groups its own error is about 1 %, less
than that of 500 rounds (3 %), and the cost no longer grows with the persons.
"""


class Draw(NamedTuple):
    """Which persons each round drew.

    homes: the group of each person; persons themselves when they are few. weights: how often each group was drawn,
    as (rounds, groups). For sums by stratum: `weights @ table`, where the table is bincount over (home, stratum).
    """

    homes: Longs
    weights: Doubles

    def sums(self, told: Doubles) -> Doubles:
        """Sums over the drawn, as (rounds, k). told: what each person adds, as (persons, k)."""
        groups, width = self.weights.shape[1], told.shape[1]
        table = np.zeros((groups, width))
        for column in range(width):
            table[:, column] = np.bincount(self.homes, told[:, column], groups)
        found: Doubles = self.weights @ table
        return found


def draw(persons: int, *, rounds: int = ROUNDS, seed: int = 0) -> Draw:
    """Persons drawn anew, whole, with replacement, as many as there are. The same seed draws the same."""
    groups = min(persons, MOST_DRAWN)
    homes = np.arange(persons)
    if persons > MOST_DRAWN:
        # Another stream than that of the draws.
        homes = np.random.default_rng([seed, 1]).permutation(persons) % MOST_DRAWN
    return Draw(homes, bootstrap_weights(groups, seed, rounds))


def bootstrap_weights(persons: int, seed: int = 0, rounds: int = ROUNDS) -> Doubles:
    """How often each person is drawn in each round, as (rounds, persons); every row sums to the persons.

    It takes 8 bytes for each person and round: `draw` is for many persons.
    """
    chance = np.random.default_rng(seed)
    weights = np.zeros((rounds, persons))
    if persons:
        for row in weights:
            row[:] = np.bincount(chance.integers(0, persons, persons), minlength=persons)
    return weights


def resampled(
    sums: Doubles,
    statistic: Callable[[Doubles], Doubles],
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> tuple[float, float]:
    """The 95 % interval of a number that is told from sums over persons.

    sums: what each person adds, as (persons, k). statistic: the number for each row of sums, (rounds, k) to
    (rounds,); NaN where it cannot be told. Not a number (twice) when more than 5 % of the rounds could not be told,
    as without persons.
    """
    drawn = draw(len(sums), rounds=rounds, seed=seed).sums(sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        return middle(statistic(drawn))


def middle(told: Doubles) -> tuple[float, float]:
    """The middle 95 % of what the rounds told; not a number (twice) when more than 5 % of them told nothing."""
    known = told[np.isfinite(told)]
    if not known.size or known.size < LEVEL * told.size:
        return nan, nan
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
