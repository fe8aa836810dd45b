"""What a unit is worth to the orders that are still to come.

Expected orders (a kind of order, from a region, so many times) are spread over the stock at least cost, in fractions.
How much cheaper all of that would be with one more unit in one place is the dual price of that unit. An order that
takes it now should save at least as much. Orders of several lines are kept whole: a unit is worth more where the rest
of the basket lies too.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from noline.insight.sourcing.following import Outlook, least_by_sku
from noline.insight.sourcing.keeping import rivals_of
from noline.insight.sourcing.model import MINOR, Millionths, Shadow, Stock, Waiting
from noline.insight.sourcing.offers import NO_SHADOW, Offers, offers_of
from noline.insight.sourcing.policy import Policy
from noline.insight.sourcing.programme import programme_of, solve


class Spread(NamedTuple):
    """Expected orders spread over the stock.

    prices: of each (location, sku) whose last unit is worth something. cost: of all, in millionths; when every order is
    known, nobody can serve them for less. used: units of each (location, sku), in fractions. unfilled: units refused.
    """

    prices: dict[tuple[str, str], Millionths]
    cost: Millionths
    used: dict[tuple[str, str], float]
    unfilled: float


def spread(expected: Iterable[Waiting], stock: Stock, policy: Policy) -> Spread:
    """Spread expected orders over a stock.

    What the candidates have available only says whether they sell an sku at all: the stock is what is shared.
    Raises NotSolved, NeedUnreadable, CandidateTwice.
    """
    orders = list(expected)
    asked = [offers_of(one.needs, one.candidates, policy, one.order, NO_SHADOW) for one in orders]
    programme = programme_of(asked, [one.times for one in orders], stock)
    solved = solve(programme)
    used = dict.fromkeys(programme.cells, 0.0)
    for column, value in zip(programme.columns, solved.values, strict=True):
        if column.line is not None:
            used[_cell(asked[column.order], column.offer, column.line)] += value
    prices = {cell: max(0, round(-solved.duals[row] * MINOR)) for cell, row in programme.cells.items()}
    wanted = sum(one.times * units for one, told in zip(orders, asked, strict=True) for _, units in told.lines)
    return Spread(
        {cell: price for cell, price in prices.items() if price}, round(solved.cost * MINOR), used,
        wanted - sum(used.values()),
    )  # fmt: skip


def mean_outlook(
    futures: Sequence[Iterable[Waiting]],
    stock: Stock,
    policy: Policy,
    *,
    scarcity: float = 1.0,
    protection: float = 0.0,
) -> Outlook:
    """The mean of the prices over several ways in which the future may go; nothing when there are none.

    One expected future knows exactly what will run out, and its prices refuse too much; the mean of several does not.

    scarcity: how much counts of what an sku is worth wherever it lies. 1: all, so that a unit may be refused to keep it
    for a later order, which pays when prices are made anew often. 0: only what it is worth in one place more than in
    another, so that prices choose between places and refuse nothing.

    protection: how much counts of what the next unit of an sku is worth to those who gain most by it, at the time and
    with the stock at which prices are asked. It refuses too, but does not grow old as `scarcity` does. Below 1: a unit
    that is worth exactly what an order gains by it would be kept for nobody. Raises as `spread`.
    """
    ways = [list(expected) for expected in futures]
    prices: Counter[tuple[str, str]] = Counter()
    taken: dict[tuple[str, str], float] = defaultdict(float)
    for expected in ways:
        found = spread(expected, stock, policy)
        prices.update(found.prices)
        for cell, units in found.used.items():
            taken[cell] += units
    mean = {cell: round(price / len(ways)) for cell, price in prices.items()}
    rivals = rivals_of(ways, stock, _between_places(mean, stock), policy) if protection else {}
    return Outlook(
        mean, {cell: units / len(ways) for cell, units in taken.items()}, scarcity, rivals=rivals, protection=protection
    )


def _between_places(prices: Shadow, stock: Stock) -> Shadow:
    """What a unit in one place is worth more than where it is worth least."""
    there = {cell: prices.get(cell, 0) for cell, units in stock.items() if units > 0}
    least = least_by_sku(there)
    return {cell: round(price - least[cell[1]]) for cell, price in there.items() if price > least[cell[1]]}


def _cell(asked: Offers, offer: int, line: int) -> tuple[str, str]:
    return asked.offers[offer].candidate.location, asked.lines[line][0]
