"""Shares with their intervals, and when they rest on too few people to be believed."""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

FEWEST_PERSONS = 30
FEWEST_CASES = 5

Z_95 = NormalDist().inv_cdf(0.975)
"""How many standard errors a 95 % interval reaches."""


class Share(NamedTuple):
    """A part of a whole with its Wilson 95 % interval; None where the whole is empty.

    too_few: fewer than 30 people in the whole, or fewer than 5 in the part.
    """

    value: float | None
    low: float | None
    high: float | None
    too_few: bool


def few(cases: int, persons: int) -> bool:
    """Whether a share rests on too few: fewer than 30 people, or fewer than 5 cases among them."""
    return persons < FEWEST_PERSONS or cases < FEWEST_CASES


def share(cases: int, persons: int) -> Share:
    """The share of cases among persons.

    Source of the interval: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    """
    if persons == 0:
        return Share(None, None, None, too_few=True)
    rate = cases / persons
    weight = Z_95 * Z_95 / persons
    centre = (rate + weight / 2) / (1 + weight)
    reach = Z_95 * sqrt(rate * (1 - rate) / persons + weight / (4 * persons)) / (1 + weight)
    low = 0.0 if cases == 0 else centre - reach
    high = 1.0 if cases == persons else centre + reach
    return Share(rate, low, high, few(cases, persons))
