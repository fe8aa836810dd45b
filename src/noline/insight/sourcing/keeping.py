"""What the next unit of an sku is worth wherever it lies: to whom it is kept.

Orders that are still to come differ in what they gain by a unit. One that rides along in a parcel which leaves anyway
gains nearly the whole price of refusing; one that needs a parcel of its own much less. If the units went to those who
gain most, the next of n units would go to the n-th of them, and what that one gains is what the unit is worth:

    worth(n) = sum over k of (gain k - gain k+1) x P(at least n units are asked for by those who gain gain k or more)

with the gains in falling order and demand as a normal approximation of a compound Poisson count. It is known to be a
little too much, because nobody knows who comes: it is the rule of Littlewood (1972) for many classes, with all of them
seen beforehand. So only a share of it counts (`Outlook.protection`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import erf, sqrt
from typing import NamedTuple

import msgspec

from noline.insight.sourcing.choosing import best_two
from noline.insight.sourcing.model import Candidate, Millionths, Need, Order, Shadow, Stock, Waiting, lines_of
from noline.insight.sourcing.offers import offers_of
from noline.insight.sourcing.policy import Policy
from noline.kernel.quantities import Units

_CLASSES = 8
"""So many classes of equal demand, by what they gain."""


class Drop(NamedTuple):
    """How much less the next class gains. units: that a whole period asks for by this class and those above it."""

    gain: float
    units: float


class Rivals(NamedTuple):
    """Who asks for units of one sku, the most gain first. batch: units that are asked for at once, as they vary."""

    drops: tuple[Drop, ...]
    batch: float

    def worth(self, left: float, free: Units) -> float:
        """What the next of so many free units is worth, in millionths. left: the share of the period to come."""
        total = 0.0
        for gain, units in self.drops:
            asked = units * left
            if asked > 0:
                # Half a unit, because a count is compared with a normal variable.
                total += gain * (1 + erf((asked - free + 0.5) / sqrt(2 * self.batch * asked))) / 2
        return total


class _Asked(NamedTuple):
    """A line of an expected order. gain: of each of its units, in millionths."""

    gain: float
    units: Units
    times: float


def rivals_of(
    futures: Sequence[Iterable[Waiting]], stock: Stock, prices: Shadow, policy: Policy
) -> dict[str, Rivals]:  # fmt: skip
    """Who asks for each sku, as the mean of several ways in which a period may go.

    prices: what a unit in one place is worth more than in another. Raises NeedUnreadable, CandidateTwice.
    """
    lines: dict[str, list[_Asked]] = {}
    for expected in futures:
        for one in expected:
            for sku, asked in _gains(one, stock, prices, policy) if one.times else ():
                lines.setdefault(sku, []).append(asked)
    return {sku: _rivals(asked, len(futures)) for sku, asked in lines.items()}


def _gains(one: Waiting, stock: Stock, prices: Shadow, policy: Policy) -> Iterator[tuple[str, _Asked]]:
    """What each line gains by being sent with the rest of the basket, against the rest being sent without it."""
    lines = lines_of(one.needs)
    there = [_as_stocked(candidate, lines, stock) for candidate in one.candidates]
    whole = _gain(lines, there, one.order, prices, policy)
    for sku, units in lines.items():
        rest = {other: some for other, some in lines.items() if other != sku}
        without = _gain(rest, there, one.order, prices, policy) if rest else 0
        yield sku, _Asked((whole - without) / units, units, one.times)


def _as_stocked(candidate: Candidate, lines: Mapping[str, Units], stock: Stock) -> Candidate:
    """The candidate with what it sells, where there is a unit of it at all."""
    sells = {
        sku: candidate.available.get(sku, 0) if stock.get((candidate.location, sku), 0) > 0 else 0 for sku in lines
    }
    return msgspec.structs.replace(candidate, available=sells)


def _gain(
    lines: Mapping[str, Units], candidates: Sequence[Candidate], order: Order, prices: Shadow, policy: Policy
) -> Millionths:  # fmt: skip
    """What the best plan gains against refusing everything."""
    needs = [Need(sku, units) for sku, units in lines.items()]
    best, _ = best_two(offers_of(needs, candidates, policy, order, prices))
    return -best[0]


def _rivals(lines: list[_Asked], periods: int) -> Rivals:
    lines.sort(reverse=True)
    total = sum(line.units * line.times for line in lines)
    classes = list(_classes(lines, total / _CLASSES))
    gains = [gain for gain, _ in classes] + [0.0]
    drops = tuple([
        Drop(gain - below, units / periods) for (gain, units), below in zip(classes, gains[1:], strict=True)
    ])  # fmt: skip
    return Rivals(drops, sum(line.units**2 * line.times for line in lines) / total)


def _classes(lines: Iterable[_Asked], size: float) -> Iterator[tuple[float, float]]:
    """(mean gain, units of it and of all above) of classes that each ask for at least so many units, but the last."""
    above = units = gained = 0.0
    for gain, some, times in lines:
        units += some * times
        gained += gain * some * times
        if units >= size:
            above += units
            yield gained / units, above
            units = gained = 0.0
    if units > 0:
        yield gained / units, above + units
