"""What a unit is worth at this moment, between two times that prices were made.

Prices are made for a stock and for what a period is expected to take of it. When a place has sold more than it should
have by then, its units are worth more than they were, and less when it has sold less. So a price follows by a step for
each standard deviation (the root of the units that are still expected, as of a Poisson count) that the stock is short
of what is still expected. That is a gradient step on the dual of the programme which made the prices, as in Li, Sun and
Ye (2020), "Simple and fast algorithm for binary integer and online linear programming".
"""

from collections.abc import Mapping
from math import sqrt
from typing import NamedTuple

from noline.insight.sourcing.keeping import Rivals
from noline.insight.sourcing.model import Millionths, Shadow, Stock
from noline.kernel.clock import Micros
from noline.kernel.quantities import Units

_STEP = 0.05
"""The share of a parcel's cost by which a price moves with each standard deviation."""

_FARTHEST = 4.0
"""Standard deviations that count at most."""


class Outlook(NamedTuple):
    """Prices of a period.

    prices: what the last unit of (location, sku) is worth when the period begins. taken: units of it that the period is
    expected to take. scarcity: how much counts of what these prices say an sku is worth wherever it lies, from 0 to 1.
    since, until: the period, on the clock of the orders. rivals: who asks for an sku, and gains how much. protection:
    how much counts of what they make the next unit of it worth, from 0 to 1.
    """

    prices: Shadow
    taken: Mapping[tuple[str, str], float]
    scarcity: float = 1.0
    since: Micros = 0
    until: Micros = 0
    rivals: Mapping[str, Rivals] = {}
    protection: float = 0.0

    def left(self, at: Micros) -> float:
        """The share of the period that is still to come."""
        if self.until <= self.since:
            return 1.0
        return min(1.0, max(0.0, (self.until - at) / (self.until - self.since)))


NO_OUTLOOK = Outlook({}, {})


def followed(outlook: Outlook, free: Stock, at: Micros, parcel: Millionths) -> dict[tuple[str, str], Millionths]:
    """The prices of these cells with what is free in them at that time.

    free: every place where an sku lies, so that it can be said what it is worth everywhere. parcel: what a parcel
    costs, the measure of a wrong place.
    """
    if not outlook.taken:
        return {}
    left, step = outlook.left(at), _STEP * parcel
    worth = {cell: _worth(outlook, cell, units, left, step) for cell, units in free.items() if units > 0}
    everywhere = least_by_sku(worth)
    kept = _kept(outlook, free, left)
    found = {
        cell: round(price - (1 - outlook.scarcity) * everywhere[cell[1]] + kept.get(cell[1], 0.0))
        for cell, price in worth.items()
    }
    return {cell: price for cell, price in found.items() if price > 0}


def _worth(outlook: Outlook, cell: tuple[str, str], units: float, left: float, step: float) -> float:
    expected = outlook.taken.get(cell, 0.0) * left
    short = (expected - units) / sqrt(max(expected, 1.0))
    return max(0.0, outlook.prices.get(cell, 0) + step * max(-_FARTHEST, min(_FARTHEST, short)))


def _kept(outlook: Outlook, free: Stock, left: float) -> dict[str, float]:
    """What the next unit of each sku is worth to those who gain more by it."""
    if not outlook.protection:
        return {}
    everywhere: dict[str, Units] = {}
    for (_, sku), units in free.items():
        everywhere[sku] = everywhere.get(sku, 0) + units
    return {
        sku: outlook.protection * outlook.rivals[sku].worth(left, units)
        for sku, units in everywhere.items()
        if sku in outlook.rivals
    }


def least_by_sku(worth: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """What a unit of each sku is worth at least, wherever there is one."""
    least: dict[str, float] = {}
    for (_, sku), price in worth.items():
        least[sku] = min(price, least.get(sku, price))
    return least
