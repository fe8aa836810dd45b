"""How sure a ratio is: whole persons are drawn again and again, with all that they did.

Each person counts as often as a Poisson variable of mean 1 says. All sums of a round come from the same draw, so any
ratio of them has its interval.
"""

from collections.abc import Sequence
from math import exp, factorial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from noline.kernel.shares import LEVEL, Z_95
from noline.stores.walks.arrays import Longs

Floats = npt.NDArray[np.float64]

ROUNDS = 500
SEED = 11
_AT_ONCE = 3_000_000
"""Numbers held in memory at a time."""

_CELLS = 1 << 16
_ONE_PERSON = np.searchsorted(
    np.cumsum([exp(-1) / factorial(count) for count in range(9)]), (np.arange(_CELLS) + 0.5) / _CELLS
).astype(np.float64)
"""How often a person counts: a Poisson variable of mean 1, by equally likely cells."""


class Amounts(NamedTuple):
    """What rows add to one column of sums. person: rises. column: from 0. amount: 1 where none is told."""

    person: Longs
    column: Longs
    amount: Floats | None = None


class Drawn(NamedTuple):
    """Sums by column: as they are, and in each round of draws."""

    known: Floats
    rounds: Floats


class Estimate(NamedTuple):
    """A number with its 95 % interval; None where it cannot be told."""

    value: float | None
    low: float | None
    high: float | None


def drawn(parts: Sequence[Amounts], persons: int, columns: int, *, rounds: int = ROUNDS, seed: int = SEED) -> Drawn:
    """The sums of each column over all persons, and over persons drawn.

    Each person draws the same weights however many columns there are.
    """
    chance = np.random.default_rng(seed)
    known, found = np.zeros(columns), np.zeros((rounds, columns))
    at_once = max(1, _AT_ONCE // max(rounds, columns))
    for begin in range(0, persons, at_once):
        end = min(begin + at_once, persons)
        sums = _by_person(parts, begin, end, columns)
        weights = _ONE_PERSON[chance.integers(0, _CELLS, (end - begin, rounds), dtype=np.uint16)]
        known += sums.sum(axis=0)
        found += weights.T @ sums
    return Drawn(known, found)


def _by_person(parts: Sequence[Amounts], begin: int, end: int, columns: int) -> Floats:
    """The sums of some persons by person and column."""
    found = np.zeros((end - begin) * columns)
    for one in parts:
        low, high = np.searchsorted(one.person, [begin, end])
        place = (one.person[low:high] - begin) * columns + one.column[low:high]
        weights = None if one.amount is None else one.amount[low:high]
        found += np.bincount(place, weights=weights, minlength=found.size)
    return found.reshape(end - begin, columns)


def quotient(above: Sequence[Floats], below: Sequence[Floats]) -> Estimate:
    """The product of some sums by the product of others. Each: first as known, then by round.

    The interval is that of the logarithm of the ratio, by the spread of the draws: a ratio is as far from its double as
    from its half. None where one draw of twenty has nothing above or below.
    Source: B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 12.
    """
    top, bottom = np.prod(np.stack(above), axis=0), np.prod(np.stack(below), axis=0)
    if bottom[0] == 0:
        return Estimate(None, None, None)
    value = float(top[0] / bottom[0])
    told = (bottom[1:] > 0) & (top[1:] > 0)
    if value <= 0 or told.mean() <= LEVEL:
        return Estimate(value, None, None)
    reach = exp(Z_95 * float(np.log(top[1:][told] / bottom[1:][told]).std()))
    return Estimate(value, value / reach, value * reach)
