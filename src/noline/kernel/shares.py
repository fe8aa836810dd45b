"""Parts of a whole, how sure they are, and when two of them differ.

Every share that a person is shown is made here: with its interval, and with a word when it rests on too few.
"""

from collections.abc import Sequence
from math import exp, lgamma, sqrt
from statistics import NormalDist
from typing import NamedTuple

FEWEST_PERSONS = 30
FEWEST_CASES = 5

LEVEL = 0.95
"""Of every interval, unless told otherwise."""

Z_95 = NormalDist().inv_cdf((1 + LEVEL) / 2)
"""How many standard errors a 95 % interval reaches."""


class Share(NamedTuple):
    """A part of a whole with its 95 % interval; None where the whole is empty.

    too_few: fewer than 30 people in the whole, or fewer than 5 in the part.
    """

    value: float | None
    low: float | None
    high: float | None
    too_few: bool


class Difference(NamedTuple):
    """How much larger one share is than another, with its interval; None where one of them has no whole."""

    value: float | None
    low: float | None
    high: float | None


def few(cases: int, persons: int) -> bool:
    """Whether a share rests on too few: fewer than 30 people, or fewer than 5 cases among them."""
    return persons < FEWEST_PERSONS or cases < FEWEST_CASES


def share(cases: int, persons: int, *, z: float = Z_95) -> Share:
    """The share of cases among persons. z: how many standard errors the interval reaches; that of 95 % if not told."""
    return wilson(cases, persons, worth=persons, persons=persons, z=z)


def wilson(cases: int, whole: int, *, worth: float, persons: int, z: float = Z_95) -> Share:
    """The share of cases in a whole that is worth so many independent cases; the interval's width follows from it.

    Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    """
    if whole == 0:
        return Share(None, None, None, too_few=True)
    rate = cases / whole
    weight = z * z / worth
    centre = (rate + weight / 2) / (1 + weight)
    reach = z * sqrt(rate * (1 - rate) / worth + weight / (4 * worth)) / (1 + weight)
    low = 0.0 if cases == 0 else centre - reach
    high = 1.0 if cases == whole else centre + reach
    return Share(rate, low, high, few(cases, persons))


def difference(cases: int, persons: int, other_cases: int, other_persons: int, *, z: float = Z_95) -> Difference:
    """How much larger the first share is than the second.

    Source: R. G. Newcombe, Interval Estimation for the Difference between Independent Proportions, 1998, method 10.
    """
    here, other = share(cases, persons, z=z), share(other_cases, other_persons, z=z)
    if here.value is None or here.low is None or here.high is None:
        return Difference(None, None, None)
    if other.value is None or other.low is None or other.high is None:
        return Difference(None, None, None)
    value = here.value - other.value
    return Difference(
        value,
        value - sqrt((here.value - here.low) ** 2 + (other.high - other.value) ** 2),
        value + sqrt((here.high - here.value) ** 2 + (other.value - other.low) ** 2),
    )


def stands_out(cases: int, persons: int, other_cases: int, other_persons: int, *, compared: int) -> bool:
    """Whether a share is higher than that of all others together, beyond chance.

    By Newcombe's interval of the difference, widened because so many parts are compared at once; it holds for few
    people too, but fewer than 5 cases never stand out.
    """
    z = NormalDist().inv_cdf(1 - (1 - LEVEL) / 2 / max(1, compared))
    found = difference(cases, persons, other_cases, other_persons, z=z)
    return cases >= FEWEST_CASES and found.low is not None and found.low > 0


def chance_of(cases: int, persons: int, other_cases: int, other_persons: int) -> float:
    """How likely two shares differ at least so much, either way, if only chance parts the cases among the persons.

    Exact: twice the smaller tail of the hypergeometric distribution, 1 at most. It holds for rare cases too, where
    the usual test by a normal distribution finds far too much.
    Source: R. A. Fisher, The Logic of Inductive Inference, 1935.
    """
    all_cases, everybody = cases + other_cases, persons + other_persons
    if not persons or not other_persons:
        return 1.0
    if cases * everybody < all_cases * persons:
        return chance_of(other_cases, other_persons, cases, persons)
    term = exp(
        _ways(persons, cases) + _ways(other_persons, other_cases) - _ways(everybody, all_cases)
    )  # fmt: skip
    tail = 0.0
    while term > tail * _NEGLIGIBLE:
        tail += term
        term *= (all_cases - cases) * (persons - cases) / ((cases + 1) * (other_persons - all_cases + cases + 1))
        cases += 1
    return min(1.0, 2 * tail)


_NEGLIGIBLE = 1e-16


def _ways(persons: int, cases: int) -> float:
    """The logarithm of in how many ways so many of the persons are cases."""
    return lgamma(persons + 1) - lgamma(cases + 1) - lgamma(persons - cases + 1)


def adjusted(chances: Sequence[float]) -> list[float]:
    """p-values of many comparisons, so that of those below a limit no more than that share is chance alone.

    Source: Y. Benjamini, Y. Hochberg, Controlling the False Discovery Rate, 1995.
    """
    order = sorted(range(len(chances)), key=chances.__getitem__)
    found = [1.0] * len(chances)
    smallest = 1.0
    for rank in range(len(order), 0, -1):
        place = order[rank - 1]
        smallest = min(smallest, chances[place] * len(order) / rank)
        found[place] = smallest
    return found
